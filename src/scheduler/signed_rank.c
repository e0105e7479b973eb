#include "scheduler/signed_rank.h"

#include <math.h>
#include <stdlib.h>

enum { EXACT = 50, EXACT_WITH_TIES = 13 };

static int by_magnitude(const void *x, const void *y)
{
    double a = fabs(*(const double *)x), b = fabs(*(const double *)y);
    return (a > b) - (a < b);
}

/* Ranks are doubled, so that a mean of two is whole too. */
typedef struct {
    size_t plus, zero; /* doubled rank sums */
    double tie_sum;    /* sum of t^3 - t over groups of t equal magnitudes */
    bool has_ties, has_zeros;
    size_t rank[EXACT]; /* of the first differences that are not zero */
    size_t n_ranks;
} ranking;

static void rank_group(ranking *r, const double *d, size_t from, size_t to)
{
    size_t doubled = from + 1 + to; /* the mean of from+1 .. to, doubled */
    double t = (double)(to - from);
    r->tie_sum += t * t * t - t;
    r->has_ties |= to - from > 1;
    for (size_t i = from; i < to; i++) {
        if (d[i] == 0) {
            r->has_zeros = true;
            r->zero += doubled;
            continue;
        }
        if (d[i] > 0)
            r->plus += doubled;
        if (r->n_ranks < EXACT)
            r->rank[r->n_ranks++] = doubled;
    }
}

static void rank_all(ranking *r, double *d, size_t n)
{
    qsort(d, n, sizeof *d, by_magnitude);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && fabs(d[to]) == fabs(d[from]);)
            to++;
        rank_group(r, d, from, to);
    }
}

/* P(sum of randomly signed ranks >= plus) = P(sum <= total - plus), by the number of
 * sign patterns for each sum up to there. */
static fid_status exact_p(const ranking *r, double *p)
{
    size_t total = 0;
    for (size_t i = 0; i < r->n_ranks; i++)
        total += r->rank[i];
    size_t most = total - r->plus;
    double *chance = fid_alloc(most + 1, sizeof *chance);
    if (!chance)
        return FID_NOMEM;
    chance[0] = 1;
    for (size_t i = 0; i < r->n_ranks; i++) {
        for (size_t s = most + 1; s-- > 0;)
            chance[s] = 0.5 *
                        (chance[s] + (s >= r->rank[i] ? chance[s - r->rank[i]] : 0));
    }
    *p = 0;
    for (size_t s = 0; s <= most; s++)
        *p += chance[s];
    free(chance);
    return FID_OK;
}

static double normal_p(const ranking *r, double n)
{
    double w = 0.5 * ((double)r->plus + 0.5 * (double)r->zero);
    double mean = 0.25 * n * (n + 1);
    double se = sqrt((n * (n + 1) * (2 * n + 1) - 0.5 * r->tie_sum) / 24);
    return 0.5 * erfc((w - mean) / se * 0.70710678118654752440);
}

fid_status fid__signed_rank_p(double *d, size_t n, double *p)
{
    ranking r = {0};
    rank_all(&r, d, n);
    if (n <= (r.has_ties || r.has_zeros ? EXACT_WITH_TIES : EXACT))
        return exact_p(&r, p);
    *p = normal_p(&r, (double)n);
    return FID_OK;
}
