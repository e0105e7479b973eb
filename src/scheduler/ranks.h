/* An insert-only ordered set with ranks: a B+ tree whose inner nodes count. 10^6 keys
 * are four levels deep, so a rank costs a few cache misses. */
#ifndef FID_SCHEDULER_RANKS_H
#define FID_SCHEDULER_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ordered by value, equal values by `id` (an arrival number: first come, first). */
typedef struct {
    double value; /* never NaN */
    uint64_t id;
} fid__key;

/* Zero-initialise. */
typedef struct {
    void *root;
    unsigned height; /* of the root; 0 = a leaf */
    size_t n;
} fid__ranks;

/* *below (may be NULL): how many keys are smaller. false: out of memory; then only
 * fid__ranks_deinit may follow. */
bool fid__ranks_insert(fid__ranks *ranks, fid__key key, size_t *below);
/* How many keys are smaller than `key` (which need not be in the set). */
size_t fid__ranks_below(const fid__ranks *ranks, fid__key key);
/* The k-th smallest, k from 0 to n - 1. */
fid__key fid__ranks_at(const fid__ranks *ranks, size_t k);
/* NumPy's percentile (linear interpolation), percent in 0..100; n > 0. */
double fid__ranks_percentile(const fid__ranks *ranks, double percent);
void fid__ranks_deinit(fid__ranks *ranks);

#endif
