#ifndef SAMPLER_PARETO_H
#define SAMPLER_PARETO_H

#include <fidelio/base.h>

/* out[k] <- the k <= n best of loss[n][m] (finite, minimised): front by front, and from
 * the front that does not fit as a whole those that lie far apart (extremes first, then
 * always the one farthest from those taken, after scaling the front to a unit box).
 * O(n k' m) for fronts of size k'. */
fid_status fid__pareto_best(const double *loss, size_t n, size_t m, size_t k,
                            size_t *out);

/* out[0..*n_front) <- those of loss[n][m] that no other dominates, in lexicographic
 * order; of equal ones all. out has room for n. */
fid_status fid__pareto_front(const double *loss, size_t n, size_t m, size_t *out,
                             size_t *n_front);

#endif
