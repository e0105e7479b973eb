#include "space/model.h"

#include <string.h>

static void draw(const fid_space *space, fid_rng *rng, bool from_prior, double *u)
{
    for (size_t d = 0; d < space->dim; d++)
        u[d] = from_prior ? fid__prior_draw(&space->params[space->dims[d].param], rng)
                          : fid_rng_uniform(rng);
    fid_space_snap(space, u);
}

void fid_space_sample(const fid_space *space, fid_rng *rng, bool from_prior, double *u)
{
    enum { TRIES = 1000 };
    for (int i = 0; i < TRIES; i++) {
        draw(space, rng, from_prior, u);
        if (fid_space_is_legal(space, u))
            return;
    }
    fid_space_repair(space, rng, u);
}
