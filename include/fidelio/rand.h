/* fidelio/rand.h -- counter-based random streams and low-discrepancy points.
 *
 * A stream is a pure function of (seed, purpose, id): it is not stored, not locked and
 * not advanced by anyone else, so suggestion 17 is the same whether it was computed
 * first, last, on another thread or after a resume.
 *
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as
 * 1, 2, 3", SC11, https://doi.org/10.1145/2063384.2063405. */
#ifndef FID_RAND_H
#define FID_RAND_H

#include <stddef.h>
#include <stdint.h>

#include <fidelio/base.h>

/* Which decision the numbers are for. Append only: values are part of the journal. */
typedef enum {
    FID_RNG_INIT = 0,
    FID_RNG_SUGGEST = 1,
    FID_RNG_FIT = 2,
    FID_RNG_SCHEDULE = 3,
    FID_RNG_DESIGN = 4,
    FID_RNG_TRIAL = 5, /* FIDELIO_SEED of a trial */
    FID_RNG_PROBLEM = 6,
    FID_RNG_TEST = 7,
} fid_rng_purpose;

typedef struct {
    uint32_t key[2];
    uint32_t ctr[4]; /* block index, purpose, id low, id high */
    uint32_t out[4];
    unsigned left; /* unread words of out */
} fid_rng;

/* The stream for one decision; `id` is a trial or event number. */
FID_API fid_rng fid_rng_stream(uint64_t seed, fid_rng_purpose purpose, uint64_t id);

FID_API uint32_t fid_rng_u32(fid_rng *rng);
FID_API uint64_t fid_rng_u64(fid_rng *rng);

/* Uniform on the open interval (0,1), on a grid of 2^52. */
FID_API double fid_rng_uniform(fid_rng *rng);

/* Uniform integer in 0..n-1, without bias (Lemire 2019); n >= 1. */
FID_API uint64_t fid_rng_below(fid_rng *rng, uint64_t n);

/* Standard normal, by inversion of one uniform: monotone in it, no rejection. */
FID_API double fid_rng_normal(fid_rng *rng);

/* Fisher-Yates shuffle of index[0..n). */
FID_API void fid_rng_shuffle(fid_rng *rng, size_t *index, size_t n);

/* Quantile of the standard normal, p in (0,1); relative error below 1e-15
 * (Wichura 1988, AS 241 PPND16). */
FID_API double fid_normal_quantile(double p);

/* Scrambled Sobol points (Joe & Kuo 2008 direction numbers; hash-based Owen scrambling
 * after Burley 2020). Point `index` is a pure function of (seed, index, dimension): it
 * needs no state and can be asked for in any order. */
enum { FID_SOBOL_MAX_DIM = 1111 };

/* Write point `index` to u[0..dim), each in the open interval (0,1). Dimensions from
 * FID_SOBOL_MAX_DIM on are filled with a counter-based uniform. Cost O(dim log index).
 */
FID_API void fid_sobol_point(uint64_t seed, uint64_t index, size_t dim, double *u);

/* Points first .. first + n - 1, one a row of u[n][dim]: the same numbers, for about
 * 4 ns a coordinate. */
FID_API void fid_sobol_points(uint64_t seed, uint64_t first, size_t n, size_t dim,
                              double *u);

/* Without scrambling: index 0 is the origin (so [0,1)); dim <= FID_SOBOL_MAX_DIM, and
 * the low 32 bits of index count. For tests. */
FID_API void fid_sobol_point_raw(uint64_t index, size_t dim, double *u);

#endif
