/* Chooses a sampler by space and outline, and is it from then on. */
#include <fidelio/sampler.h>

#include <stdlib.h>

typedef struct {
    const fid_sampler_type *type;
    void *inner;
} auto_state;

/* The one rule. */
const fid_sampler_type *fid_sampler_chosen(const fid_sampler_type *type,
                                           const fid_space *space,
                                           const fid_outline *outline)
{
    if (type != &fid_sampler_auto)
        return type;
    if (fid_space_dim(space) == 0)
        return &fid_sampler_random;
    if (outline->fidelity.mode != FID_MODE_NONE && outline->n_objectives == 1)
        return &fid_sampler_thompson_mf;
    return &fid_sampler_gp;
}

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    auto_state *s = state;
    s->type = fid_sampler_chosen(&fid_sampler_auto, space, outline);
    s->inner = fid_alloc(1, s->type->state_size);
    if (!s->inner)
        return fid_error_set(err, FID_NOMEM, "auto: out of memory");
    return s->type->init(s->inner, space, outline, options, err);
}

static void observe(void *state, const fid_history *history, const fid_event *event)
{
    auto_state *s = state;
    if (s->type->observe)
        s->type->observe(s->inner, history, event);
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng, double *u,
                          fid_suggestion *why)
{
    auto_state *s = state;
    return s->type->suggest(s->inner, history, rng, u, why);
}

static void deinit(void *state)
{
    auto_state *s = state;
    if (s->inner && s->type->deinit)
        s->type->deinit(s->inner);
    free(s->inner);
    s->inner = NULL;
}

const fid_sampler_type fid_sampler_auto = {
    .name = "auto",
    .summary = "chooses by space, fidelity and number of trials (the default)",
    .state_size = sizeof(auto_state),
    .init = init,
    .observe = observe,
    .suggest = suggest,
    .deinit = deinit,
};
