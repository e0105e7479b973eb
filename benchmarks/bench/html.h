/* A report as one HTML file that needs nothing else: tables, curves, critical-difference
 * diagrams as inline SVG. */
#ifndef BENCH_HTML_H
#define BENCH_HTML_H

#include "table.h"

/* FID_IO with words. `against`: see bench_numbers_compute. */
fid_status bench_html_write(const char *path, const bench_table *tables, size_t n,
                            const char *against, fid_error *err);

#endif
