/* Mean ranks in order, and which neighbours do not differ: a critical-difference diagram
 * without its drawing. */
#ifndef BENCH_RANKING_H
#define BENCH_RANKING_H

#include "numbers.h"

typedef struct {
    size_t order[BENCH_MAX_METHODS]; /* methods by mean rank at the end */
    double rank[BENCH_MAX_METHODS];  /* by method */
    /* Bars: runs order[first..end) of which no two differ (Wilcoxon, Holm, 5 %). */
    size_t n_bars, first[BENCH_MAX_METHODS], end[BENCH_MAX_METHODS];
} bench_ranking;

fid_status bench_ranking_compute(const bench_table *t, const bench_numbers *x,
                                 bench_ranking *out);

#endif
