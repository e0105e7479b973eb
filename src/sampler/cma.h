/* CMA-ES on arrays: N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv
 * 1604.00772 (weights, rates and damping of its table 1, positive weights only); points
 * that the distribution did not draw are taken in as in "Injecting External Solutions
 * Into CMA-ES", arXiv 1110.4181. Above FULL dimensions the covariance is diagonal (Ros
 * & Hansen 2008). */
#ifndef SAMPLER_CMA_H
#define SAMPLER_CMA_H

#include <fidelio/base.h>
#include <fidelio/rand.h>

enum { FID__CMA_FULL = 64 };

typedef struct {
    size_t n, lambda, mu;
    bool full; /* a whole covariance matrix, not its diagonal */
    size_t generation;
    double sigma;
    double mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi;
    double *mean;       /* [n] */
    double *covariance; /* [n][n], or [n] */
    double *axes,
        *scale; /* [n][n] eigenvectors in columns (full), [n] their deviations */
    double *path_c, *path_sigma; /* [n] */
    double *weights;             /* [lambda] the first mu of them are positive */
    double *y, *step, *work;     /* [lambda][n], [n], [n][n] or [n] */
} fid__cma;

/* Begin at `mean` with deviation sigma; `cma` is zeroed or an earlier run's. */
fid_status fid__cma_start(fid__cma *cma, size_t n, size_t lambda, const double *mean,
                          double sigma);
void fid__cma_deinit(fid__cma *cma);

/* x[n] <- a draw. */
void fid__cma_draw(const fid__cma *cma, fid_rng *rng, double *x);

/* One generation: x[lambda] points [n], best first. O(lambda n^2 + n^3). */
void fid__cma_update(fid__cma *cma, const double *const *x);

/* Standard deviation of coordinate d. */
double fid__cma_deviation(const fid__cma *cma, size_t d);

#endif
