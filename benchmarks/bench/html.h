/* A report as one HTML file that needs nothing else: tables, curves, critical-difference
 * diagrams as inline SVG. */
#ifndef BENCH_HTML_H
#define BENCH_HTML_H

#include "contest.h"
#include "table.h"

/* FID_IO with words. `against`: see bench_numbers_compute. `results`: those that the tables
 * are of. Peers that could not be installed are listed. */
fid_status bench_html_write(const char *path, const bench_table *tables, size_t n,
                            const bench_result *results, size_t n_results,
                            const char *against, const bench_places *places,
                            fid_error *err);

#endif
