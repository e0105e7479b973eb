/* A way out for a search that is stuck with a choice. A model whose data lie close together
 * around the best has a small variance and believes that nothing can be gained elsewhere,
 * though it has hardly been there (benchmarks/LOG.md). Private to the room. */
#ifndef SAMPLER_NEGLECT_H
#define SAMPLER_NEGLECT_H

#include "sampler/observations.h"

typedef struct {
    size_t dim; /* of a choice without order */
    double at;  /* canonical coordinate of one of its levels */
} fid__choice;

/* Where the last results gained next to nothing, every second time: *found, and the level
 * that lacks most of its `share` of the trials, where 1 is as many as every other level
 * has. A level where random points (of a copy of `rng`) find nothing legal and new, as there
 * is where it has few configurations, lacks nothing. FID_NOMEM. */
fid_status fid__neglected(const fid_space *space, const fid_history *history,
                          const fid__observations *seen, double share, const fid_rng *rng,
                          fid__choice *choice, bool *found);

static inline bool fid__chooses(const fid__choice *choice, const double *u)
{
    return u[choice->dim] == choice->at;
}

#endif
