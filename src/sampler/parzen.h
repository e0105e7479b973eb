/* Mixture of product kernels over a box of mixed axes, in float: the densities of TPE.
 *
 * A coordinate of an ordered axis is in (0,1); of a categorical one it is the choice's
 * number. INACTIVE marks what a conditional axis has where it does not exist; there a
 * kernel is uniform. */
#ifndef SAMPLER_PARZEN_H
#define SAMPLER_PARZEN_H

#include <fidelio/base.h>
#include <fidelio/rand.h>

static const float FID__INACTIVE = -1;

enum { FID__SMALL_GRID = 64, FID__CELLS = 512 };

/* The cells of an ordered grid of at most FID__SMALL_GRID levels. */
typedef struct {
    size_t levels;
    float centre[FID__SMALL_GRID], width[FID__SMALL_GRID];
    uint8_t
        level_at[FID__CELLS]; /* level whose centre lies in [c, c + 1) / FID__CELLS */
} fid__cells;

typedef struct {
    size_t choices; /* categorical; 0 = ordered */
    bool conditional;
    const fid__cells *cells; /* small ordered grid; NULL = smooth */
} fid__axis;

/* Kernels in columns, structure of arrays: row d, column i is at [d * stride + i].
 * Column 0 is the prior: 0.5 on ordered axes, INACTIVE on categorical ones. Columns
 * from n on are padding and must hold finite numbers. */
typedef struct {
    size_t dim;
    const fid__axis *axes; /* [dim] borrowed */
    size_t n, stride;      /* stride: fid__parzen_stride(n) or more, a multiple of 8 */
    const float *x;        /* [dim][stride] borrowed: centres */
    const float *floor;    /* [dim][stride] borrowed: least bandwidth; NULL = none */
    const float *weight;   /* [n] borrowed: 0 leaves the kernel out */
    float *slope;          /* [dim][stride] 1 / (sqrt(2) bandwidth); 0 = uniform */
    float *norm;           /* [dim][stride] log normaliser of conditional axes */
    float *base;           /* [stride] log weight and the other normalisers */
    float *gain;           /* [dim] categorical: log(same / other) */
    double *product;       /* [stride] work */
    float *mass;           /* [stride] work */
} fid__parzen;

size_t fid__parzen_stride(size_t n);
/* Room for what is not borrowed; the borrowed members and sizes are set.
 * Release with fid__parzen_deinit, also after a failure. */
fid_status fid__parzen_alloc(fid__parzen *p);
void fid__parzen_deinit(fid__parzen *p);

/* Bandwidths and normalisers from x and weight. Bandwidth: the larger gap to the two
 * neighbours on the axis, clipped to [1 / min(100, kernels + 1), 1] (Bergstra et al.
 * 2011; "magic clip"), kernels being those active on the axis, the prior included.
 * O(n dim). */
void fid__parzen_fit(fid__parzen *p);

/* out[m] <- log density at at[m][dim]; a candidate's INACTIVE axes do not count.
 * `work`: [4][stride]. O(m n dim). */
void fid__parzen_log_density(const fid__parzen *p, const float *at, size_t m,
                             float *work, double *out);

/* mass[i] <- the integral over (0,1) of exp(-((t - x[i]) / s)^2 / 2), s = slope[i],
 * which becomes 1 / (sqrt(2) s). s = 0 (no kernel) gives mass 1 and slope 0. */
void fid__parzen_masses(const float *x, size_t n, float *slope, float *mass);

/* Draw from the mixture to at[dim], every axis active. `cumulative`: running sums of
 * weight[0..n). */
void fid__parzen_draw(const fid__parzen *p, const double *cumulative, fid_rng *rng,
                      double *at);

#endif
