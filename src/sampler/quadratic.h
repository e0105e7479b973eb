/* A local step: where a quadratic through the trials next to the best one is least.
 *
 * A Gaussian process with a kernel along the axes and lengthscales for the whole cube needs many trials to
 * follow a narrow valley that lies across the axes; a quadratic of a few neighbours has that
 * valley at once, and says itself by leaving out trials whether it can be trusted. Private
 * to the room. */
#ifndef SAMPLER_QUADRATIC_H
#define SAMPLER_QUADRATIC_H

#include <fidelio/base.h>

/* n losses at rows[n][dim] of the unit cube. u[dim] <- the least point of a ridge regression
 * by a full quadratic, in a box around the best trial as wide as its 2 dim nearest
 * neighbours reach. *error <- root mean square of the errors at trials left out, each in
 * parts of its own height over the best: 0 fits exactly, 1 knows nothing; HUGE_VAL when
 * there is no quadratic, and u is untouched. At most FID__QUADRATIC_MAX neighbours count.
 * FID_NOMEM. O(n log n) and nine Cholesky factors of the neighbours. */
enum { FID__QUADRATIC_MAX = 100 };

fid_status fid__quadratic_step(const double *rows, const double *loss, size_t n, size_t dim,
                               double *u, double *error);

double fid__squared_distance(const double *a, const double *b, size_t dim);

#endif
