#ifndef FID_SCHEDULER_SIGNED_RANK_H
#define FID_SCHEDULER_SIGNED_RANK_H

#include <fidelio/base.h>

enum { FID__SIGNED_EXACT = 50 };

/* The distributions met so far, by n: they cost more than the test. Zero-initialise. */
typedef struct {
    double *tails[FID__SIGNED_EXACT + 1]; /* [n(n+1)/2 + 1] P(sum of ranks <= s) */
} fid__signed_ranks;
void fid__signed_ranks_deinit(fid__signed_ranks *known);

/* Wilcoxon's signed-rank test that the differences d[0..n) tend to be positive: *p is
 * the one-sided p-value, zeros split between the signs. Exact (the distribution over
 * all signs) for n <= 50 without ties and zeros and for n <= 13 with them, else by the
 * normal approximation with tie correction: the choice of
 * scipy.stats.wilcoxon(method="auto", zero_method="zsplit", alternative="greater"). n
 * >= 1; d is reordered. */
fid_status fid__signed_rank_p(fid__signed_ranks *known, double *d, size_t n, double *p);

#endif
