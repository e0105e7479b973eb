#include <fidelio/sampler.h>

#include "sampler/novel.h"
#include "sampler/why.h"

typedef struct {
    const fid_space *space;
} random_state;

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    (void)outline, (void)options, (void)err;
    ((random_state *)state)->space = space;
    return FID_OK;
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    const fid_space *space = ((random_state *)state)->space;
    *why = fid__why("random");
    fid_space_sample(space, rng, fid_space_has_prior(space), u);
    return fid__novel(space, history, rng, u);
}

const fid_sampler_type fid_sampler_random = {
    .name = "random",
    .summary = "independent draws: uniform, or from the priors where they are given",
    .state_size = sizeof(random_state),
    .init = init,
    .suggest = suggest,
};
