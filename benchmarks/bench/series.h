/* Curves of a report: mean regret and mean rank along an axis, and what a decision costs
 * as a study grows. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include "numbers.h"

enum { BENCH_POINTS = 60, BENCH_EFFORTS = 24 };

typedef struct {
    bench_axis axis;
    /* Ascending, evenly spaced on a logarithmic axis. Evaluations and full-budget
     * equivalents as they are; seconds as a share of the shortest study on the problem, so
     * that problems can be averaged. */
    double x[BENCH_POINTS];
    double regret[BENCH_POINTS][BENCH_MAX_METHODS], rank[BENCH_POINTS][BENCH_MAX_METHODS];
} bench_series;

fid_status bench_series_compute(const bench_table *t, bench_axis axis, bench_series *out);
const char *bench_axis_name(bench_axis axis); /* "evaluations", "spent", "seconds" */
const char *bench_axis_words(bench_axis axis);

/* Mean CPU milliseconds of an ask between n[i-1] and n[i] asks, over a method's studies;
 * returns how many points there are. */
size_t bench_efforts(const bench_table *t, size_t method, double n[BENCH_EFFORTS],
                     double ms[BENCH_EFFORTS]);

#endif
