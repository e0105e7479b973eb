/* The whole report as one JSON object. */
#ifndef BENCH_REPORT_JSON_H
#define BENCH_REPORT_JSON_H

#include "table.h"

/* {"arenas": [{"kind", "budget", "workers", "reference", "methods": [..], "groups": [..],
 * "problems": [..], "series": [..]}]}. A group or problem holds for each method median,
 * quartiles and p against the reference; "all" is the group of everything. */
fid_status bench_report_json(const bench_table *tables, size_t n, const char *against,
                             fid_text *out);

/* The curves as CSV: kind,budget,workers,axis,x,method,regret,rank */
fid_status bench_report_curves(const bench_table *tables, size_t n, fid_text *out);

#endif
