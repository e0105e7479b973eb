/* fidelio/gp.h -- exact Gaussian-process regression on arrays. Knows no trials.
 *
 *   y_i = m + f(x_i) + e_i,  f ~ GP(0, s2 k(r)),  e_i ~ N(0, noise * scale_i)
 *   r^2 = sum_c L_group(c) d_c,  d_c = (x_c - x'_c)^2 for numeric columns, and
 *                                      [x_c != x'_c] for Hamming columns
 *   Matern-5/2 (1 + sqrt5 r + 5 r^2/3) exp(-sqrt5 r), Matern-3/2, RBF exp(-r^2/2)
 *
 * A constant mean m is profiled out by generalised least squares, or 0. Hyperparameters
 * are theta = (log L_0 .. log L_{n_groups-1}, log s2, log noise), L = 1/lengthscale^2.
 * Rasmussen & Williams 2006, equations 2.25-2.30, 5.8-5.12.
 *
 * Oblique: numeric columns only, and x stands for (I + B) x, so that the metric may have any
 * axes. B's entries off its diagonal (row by row; the diagonal is 0) follow in theta. Without
 * fid_gp_predict_joint and draws.
 *
 * Points are row-major, one a row, n_numeric + n_hamming columns. */
#ifndef FID_GP_H
#define FID_GP_H

#include <fidelio/base.h>
#include <fidelio/rand.h>

typedef enum { FID_KERNEL_MATERN52, FID_KERNEL_MATERN32, FID_KERNEL_RBF } fid_kernel;

typedef struct {
    fid_kernel kernel;
    size_t n_numeric;     /* columns that come first */
    size_t n_hamming;     /* columns that follow */
    size_t n_groups;      /* lengthscales */
    const size_t *group;  /* [n_numeric + n_hamming] which one a column has */
    bool zero_mean;
    bool oblique;
} fid_gp_shape;

typedef struct fid_gp fid_gp;

/* The shape is copied. */
FID_API fid_status fid_gp_create(fid_gp **out, const fid_gp_shape *shape);
FID_API void fid_gp_destroy(fid_gp *gp); /* NULL is fine */

/* Replace the data; all is copied. scale NULL = all 1. n >= 1. */
FID_API fid_status fid_gp_set_data(fid_gp *gp, const double *x, const double *y,
                                   const double *scale, size_t n);
/* Replace y only (n as before); a conditioned model stays conditioned. O(n^2). */
FID_API void fid_gp_set_targets(fid_gp *gp, const double *y);

FID_API size_t fid_gp_n(const fid_gp *gp);
FID_API size_t fid_gp_n_theta(const fid_gp *gp);

/* Negative log marginal likelihood, and its gradient when grad is not NULL ([n_theta]).
 * +infinity when the matrix cannot be factored. 4n^3/3 flop with gradient. */
FID_API double fid_gp_nlml(fid_gp *gp, const double *theta, double *grad);

/* --- Fit. */

/* Penalty on one hyperparameter t (a logarithm), kept in [low, high]:
 *   recip e^-t + linear e^t + log t + precision (t - mean)^2 / 2.
 * Gamma(a, rate b) on e^t is {linear = b, log = 1 - a}; a normal of t is {mean,
 * precision}; Optuna's prior of L is {recip = .1, linear = .1}. Densities are those of
 * e^t, without the Jacobian of the logarithm, as in GPyTorch. */
typedef struct {
    double low, high;
    double recip, linear, log, mean, precision;
} fid_gp_penalty;

typedef struct {
    double nlml;      /* at the result */
    double objective; /* nlml + penalties */
    size_t n_eval;
    bool converged;
} fid_gp_fit_result;

/* Maximum a posteriori by L-BFGS from theta, which becomes the result (the best seen).
 * prior: [n_theta]. FID_NOT_PD when no value was finite; theta is then untouched. Leaves
 * the model unconditioned. */
FID_API fid_status fid_gp_fit(fid_gp *gp, const fid_gp_penalty *prior, double *theta,
                              size_t max_eval, fid_gp_fit_result *result);
/* Sum of the penalties; adds their gradient to grad unless NULL. */
FID_API double fid_gp_penalty_value(const fid_gp_penalty *prior, const double *theta,
                                    size_t n, double *grad);

/* --- Predict. */

/* Make ready to predict with these hyperparameters. *jitter (may be NULL) <- what the
 * factorisation added, relative to the mean diagonal. n^3/3 flop. */
FID_API fid_status fid_gp_condition(fid_gp *gp, const double *theta, double *jitter);
/* Add one observation to a conditioned model. O(n^2). FID_NOT_PD: nothing changed. */
FID_API fid_status fid_gp_append(fid_gp *gp, const double *x, double y, double scale);
/* Forget the last observations of a conditioned model: n >= 1 stay. O(n^2). */
FID_API void fid_gp_truncate(fid_gp *gp, size_t n);

/* Mean and variance of f + m at m points (no noise); var may be NULL. O(n^2) a point. */
FID_API void fid_gp_predict(const fid_gp *gp, const double *x, size_t m, double *mean,
                            double *var, double *work);
/* The same with derivatives by the numeric columns, [m][n_numeric] each. */
FID_API void fid_gp_predict_gradient(const fid_gp *gp, const double *x, size_t m,
                                     double *mean, double *var, double *dmean,
                                     double *dvar, double *work);
/* Doubles that `work` above must hold. */
FID_API size_t fid_gp_work(const fid_gp *gp);
/* Joint mean [m] and covariance [m][m] of f + m. */
FID_API fid_status fid_gp_predict_joint(const fid_gp *gp, const double *x, size_t m,
                                        double *mean, double *cov);
/* A function drawn from a conditioned model's posterior (f + m, no noise), to be asked
 * anywhere, any number of times: a prior draw of random Fourier features (Rahimi & Recht
 * 2007) and its update by the data (Wilson et al. 2020, "Efficiently sampling functions
 * from Gaussian process posteriors"). Covariances of the prior are right to about
 * s2 / sqrt(n_features). Borrows the model, which must not change meanwhile. */
typedef struct fid_gp_draw fid_gp_draw;
FID_API fid_status fid_gp_draw_create(fid_gp_draw **out, const fid_gp *gp,
                                      size_t n_features, fid_rng *rng);
FID_API void fid_gp_draw_destroy(fid_gp_draw *draw); /* NULL is fine */
/* value[m] <- the function at m points. O(n + n_features) a point. Levels of Hamming
 * columns may be any integer from -1 on. */
FID_API fid_status fid_gp_draw_at(fid_gp_draw *draw, const double *x, size_t m,
                                  double *value);
/* The same with derivatives by the numeric columns, [m][n_numeric]. */
FID_API fid_status fid_gp_draw_gradient(fid_gp_draw *draw, const double *x, size_t m,
                                        double *value, double *dvalue);
/* Replace the values of a conditioned model by a joint draw of what they are without noise,
 * value[n] <- the same; from then on their noise is `share` of the variance. FID_NOT_PD,
 * FID_NOMEM: nothing changed. n^3/3 flop. */
FID_API fid_status fid_gp_draw_latent(fid_gp *gp, double share, fid_rng *rng,
                                      double *value);
/* Leave-one-out mean and variance of each y (noise included), in closed form. O(n^3). */
FID_API fid_status fid_gp_loo(const fid_gp *gp, double *mean, double *var);

FID_API double fid_gp_mean(const fid_gp *gp);     /* m, of a conditioned model */
FID_API double fid_gp_variance(const fid_gp *gp); /* s2 */
FID_API double fid_gp_noise(const fid_gp *gp);

/* --- Output warps: monotone maps of losses to something a stationary model likes, with
 * mean 0 and variance 1 (all 0 when y is constant). All but the ranks first bring what
 * lies farther above the median than three times the distance from it to the best to under
 * four times. Any finite y, to 1e308 and down to denormals. z may be y. n >= 1;
 * O(n log n). FID_NOMEM is the only failure. */
typedef enum {
    FID_WARP_STANDARDISE,
    FID_WARP_HALF_RANK, /* what is worse than the median by normal scores (Vizier) */
    FID_WARP_POWER,     /* Yeo-Johnson by maximum likelihood (as HEBO) */
    FID_WARP_LOG,       /* log of the distance to a little below the best */
    FID_WARP_RANK,      /* normal scores */
} fid_warp;
FID_API fid_status fid_warp_outputs(fid_warp warp, const double *y, size_t n, double *z);

/* Bring n values to mean 0 and variance 1, in place; all 0 where they are equal. Returns
 * what their standard deviation was. O(n). */
FID_API double fid_standardise(double *z, size_t n);

/* Yeo & Johnson 2000, and its lambda of largest likelihood in [-4, 4]. */
FID_API double fid_yeo_johnson(double x, double lambda);
FID_API double fid_yeo_johnson_fit(const double *x, size_t n);

#endif
