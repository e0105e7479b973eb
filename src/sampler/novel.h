#ifndef SAMPLER_NOVEL_H
#define SAMPLER_NOVEL_H

#include <fidelio/history.h>
#include <fidelio/rand.h>
#include <fidelio/space.h>

/* Make sure that u, a legal canonical point, is not one that the history proposed: it
 * is replaced by one a step away, else by a random one, else (a finite space of up to
 * 2^20 points) by any that is left. FID_EXHAUSTED: none is left. In a larger or
 * infinite space a point that cannot be told apart after 200 attempts is left as it is.
 */
fid_status fid__novel(const fid_space *space, const fid_history *history, fid_rng *rng,
                      double *u);

#endif
