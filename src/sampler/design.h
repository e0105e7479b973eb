#ifndef SAMPLER_DESIGN_H
#define SAMPLER_DESIGN_H

#include <fidelio/sampler.h>

/* A point that asks no model: of the design that comes first, or when no model can be had
 * (level: the rung of the ladder, 0 = it is its turn). A scrambled Sobol sequence, the
 * first point moved to the middle of what is ordered; where the user has beliefs, every
 * second point of the design is drawn from them, and none is moved. */
fid_status fid__design(const fid_space *space, const fid_history *history, uint64_t seed,
                       int32_t level, fid_rng *rng, double *u, fid_suggestion *why);

#endif
