#ifndef SAMPLER_DESIGN_H
#define SAMPLER_DESIGN_H

#include <fidelio/sampler.h>

/* A point that asks no model: of the design that comes first, or when no model can be had
 * (level: the rung of the ladder, 0 = it is its turn). A scrambled Sobol sequence, the
 * first point moved to the middle of what is ordered; where the user has beliefs, every
 * second point of the design is drawn from them, and none is moved. */
fid_status fid__design(const fid_space *space, const fid_history *history, uint64_t seed,
                       int32_t level, fid_rng *rng, double *u, fid_suggestion *why);

/* Another one, where fid__steps_suit: the middle, then from the best so far a fifth of the
 * range to one side or the other in one coordinate after the other, like the first simplex
 * of COBYLA (Powell 1994). It shows in which direction everything falls, of which as few
 * points all over the cube say little. Very many dimensions move in groups. Where a step
 * is illegal it is the one above. */
fid_status fid__design_by_steps(const fid_space *space, const fid_history *history,
                                uint64_t seed, fid_rng *rng, double *u, fid_suggestion *why);
/* Trials that it takes. */
size_t fid__design_steps(const fid_space *space);
/* At least so many dimensions, all of them smooth: no choices, conditions or grids of a few
 * levels, of which a step tells little, and no logarithms: over orders of magnitude losses
 * fall off a cliff rather than down a slope (benchmarks/LOG.md); and no beliefs. */
bool fid__steps_suit(const fid_space *space, size_t least);

#endif
