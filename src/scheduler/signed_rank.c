#include "scheduler/signed_rank.h"

#include <math.h>
#include <stdlib.h>

enum { EXACT_WITH_TIES = 13, FEW = 64 };

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
    size_t rank[EXACT_WITH_TIES]; /* of the first differences that are not zero */
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
        if (r->n_ranks < EXACT_WITH_TIES)
            r->rank[r->n_ranks++] = doubled;
    }
}

static void sort_few(double *d, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double moved = d[i];
        size_t k = i;
        for (; k > 0 && fabs(d[k - 1]) > fabs(moved); k--)
            d[k] = d[k - 1];
        d[k] = moved;
    }
}

static void rank_all(ranking *r, double *d, size_t n)
{
    if (n <= FEW)
        sort_few(d, n);
    else
        qsort(d, n, sizeof *d, by_magnitude);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && fabs(d[to]) == fabs(d[from]);)
            to++;
        rank_group(r, d, from, to);
    }
}

/* P(sum of randomly signed ranks <= s) for s = 0 .. most, by the number of sign patterns
 * for each sum; NULL: no memory. */
static double *distribution(const size_t *rank, size_t n, size_t most)
{
    double *chance = fid_alloc(most + 1, sizeof *chance);
    if (!chance)
        return NULL;
    chance[0] = 1;
    for (size_t i = 0; i < n; i++) {
        for (size_t s = most + 1; s-- > 0;)
            chance[s] = 0.5 * (chance[s] + (s >= rank[i] ? chance[s - rank[i]] : 0));
    }
    for (size_t s = 1; s <= most; s++)
        chance[s] += chance[s - 1];
    return chance;
}

/* P(sum >= plus) = P(sum <= total - plus). */
static fid_status exact_with_ties(const ranking *r, double *p)
{
    size_t total = 0;
    for (size_t i = 0; i < r->n_ranks; i++)
        total += r->rank[i];
    double *tail = distribution(r->rank, r->n_ranks, total - r->plus);
    if (!tail)
        return FID_NOMEM;
    *p = tail[total - r->plus];
    free(tail);
    return FID_OK;
}

static fid_status exact_p(fid__signed_ranks *known, const ranking *r, size_t n,
                          double *p)
{
    size_t total = n * (n + 1) / 2, rank[FID__SIGNED_EXACT];
    for (size_t i = 0; i < n; i++)
        rank[i] = i + 1;
    if (!known->tails[n])
        known->tails[n] = distribution(rank, n, total);
    if (!known->tails[n])
        return FID_NOMEM;
    *p = known->tails[n][total - r->plus / 2];
    return FID_OK;
}

void fid__signed_ranks_deinit(fid__signed_ranks *known)
{
    for (size_t n = 0; n <= FID__SIGNED_EXACT; n++)
        free(known->tails[n]);
    *known = (fid__signed_ranks){0};
}

static double normal_p(const ranking *r, double n)
{
    double w = 0.5 * ((double)r->plus + 0.5 * (double)r->zero);
    double mean = 0.25 * n * (n + 1);
    double se = sqrt((n * (n + 1) * (2 * n + 1) - 0.5 * r->tie_sum) / 24);
    return 0.5 * erfc((w - mean) / se * 0.70710678118654752440);
}

fid_status fid__signed_rank_p(fid__signed_ranks *known, double *d, size_t n, double *p)
{
    ranking r = {0};
    rank_all(&r, d, n);
    bool plain = !r.has_ties && !r.has_zeros;
    if (plain && n <= FID__SIGNED_EXACT)
        return exact_p(known, &r, n, p);
    if (n <= EXACT_WITH_TIES)
        return exact_with_ties(&r, p);
    *p = normal_p(&r, (double)n);
    return FID_OK;
}
