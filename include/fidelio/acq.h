/* fidelio/acq.h -- acquisition functions of a normal prediction (mean, sd) of a loss that
 * is minimised; larger is better. Numbers in, numbers out. */
#ifndef FID_ACQ_H
#define FID_ACQ_H

#include <fidelio/base.h>
#include <fidelio/rand.h>

/* erfc(x) exp(x^2), relative error below 1e-14 for x >= 0 (NaN is NaN). */
FID_API double fid_erfcx(double x);
/* log of the standard normal distribution function, full accuracy in the tail, and its
 * derivative phi/Phi when not NULL. */
FID_API double fid_log_normal_cdf(double z, double *slope);

/* log(phi(z) + z Phi(z)), finite and accurate to z = -1e150, and its derivative
 * Phi/(phi + z Phi) when not NULL (Ament et al. 2023). */
FID_API double fid_log_h(double z, double *slope);

/* log expected improvement below `best`; sd > 0. Derivatives by mean and sd unless
 * NULL. */
FID_API double fid_log_ei(double mean, double sd, double best, double *d_mean,
                          double *d_sd);
/* log probability of being below `best`. */
FID_API double fid_log_pi(double mean, double sd, double best, double *d_mean,
                          double *d_sd);
/* Upper confidence: -(mean - kappa sd). */
FID_API double fid_ucb(double mean, double sd, double kappa, double *d_mean, double *d_sd);

/* Log of what the point would tell about the least value of the function: the mean over n
 * draws of it of the entropy that the prediction loses (Wang & Jegelka 2017). Finite for
 * |mean - least| up to 1e8 sd. n >= 1. */
FID_API double fid_log_mes(double mean, double sd, const double *least, size_t n,
                           double *d_mean, double *d_sd);
/* least[m] <- draws of the least of independent normals, from the Gumbel law that has its
 * quartiles (section 3.1 there). O(n), about 60 normal distribution functions each. */
FID_API void fid_draw_least(const double *mean, const double *sd, size_t n, fid_rng *rng,
                            double *least, size_t m);

/* --- Several objectives, all minimised. What lies below the reference point and is not
 * dominated is cut into boxes; points that are not below it in every objective count for
 * nothing. n = 0 is fine. */
enum { FID_MAX_OBJECTIVES = 4 };
typedef struct fid_front fid_front;

/* points: [n][m], finite, in any order, dominated ones allowed; ref: [m]. O(n * boxes);
 * boxes are n + 1 for m = 2 and a small multiple of n for m = 3. */
FID_API fid_status fid_front_create(fid_front **out, const double *points, size_t n,
                                    size_t m, const double *ref);
FID_API void fid_front_destroy(fid_front *front); /* NULL is fine */
FID_API size_t fid_front_n_boxes(const fid_front *front);
/* Volume that the points dominate. */
FID_API double fid_front_hypervolume(const fid_front *front);
/* log of the expected growth of that volume by one more point whose objectives are
 * independent normals, exact and finite far away (Ament et al. 2023 for one objective;
 * the boxes are those of Emmerich et al. 2011). mean, sd and the derivatives, unless
 * NULL, are [m]. O(boxes). */
FID_API double fid_log_ehvi(fid_front *front, const double *mean, const double *sd,
                            double *d_mean, double *d_sd);

#endif
