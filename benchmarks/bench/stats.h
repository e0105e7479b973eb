/* The statistics of the reports. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

double bench_mean(const double *x, size_t n); /* NaN when n = 0 */
/* Linear interpolation between order statistics (type 7, as NumPy); sorts x. */
double bench_quantile(double *x, size_t n, double q);

/* ranks[i]: from 1 for the smallest; ties share their mean rank. */
void bench_ranks(const double *x, size_t n, double *ranks);

/* Two-sided p of Wilcoxon's signed-rank test for paired differences. Zeros are dropped;
 * exact for n <= 50 without ties, else normal with the tie and continuity corrections
 * (as SciPy's wilcoxon with correction=True). 1 when nothing differs. */
double bench_wilcoxon(const double *difference, size_t n);

/* Holm 1979: adjusted p values, in place. */
void bench_holm(double *p, size_t n);

#endif
