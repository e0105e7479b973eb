/* fidelio/acq.h -- acquisition functions of a normal prediction (mean, sd) of a loss that
 * is minimised; larger is better. Numbers in, numbers out. */
#ifndef FID_ACQ_H
#define FID_ACQ_H

#include <fidelio/base.h>

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

#endif
