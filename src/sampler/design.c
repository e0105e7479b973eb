#include "sampler/design.h"

#include "sampler/novel.h"
#include "sampler/why.h"

#include <string.h>

/* Illegal points of the sequence in a row before one is repaired. */
enum { PATIENCE = 1000 };

/* Of a design by steps. */
enum { MOST_STEPS = 40, FEW_LEVELS = 16 };
#define STEP 0.2

/* Who sets ranges sets them around what is likely. */
static void to_middle(const fid_space *space, double *u)
{
    for (size_t c = 0; c < fid_space_dim(space); c++)
        if (fid_space_dims(space)[c].ordered)
            u[c] = 0.5;
}

fid_status fid__design(const fid_space *space, const fid_history *history, uint64_t seed,
                       int32_t level, fid_rng *rng, double *u, fid_suggestion *why)
{
    uint64_t at = fid_history_n_trials(history);
    bool believes = fid_space_has_prior(space), legal = false;
    *why = fid__why("sobol");
    why->level = level;
    if (level == 0 && at % 2 == 1 && believes) {
        why->model = "prior";
        fid_space_sample(space, rng, true, u);
        return fid__novel(space, history, rng, u);
    }
    for (int k = 0; k < PATIENCE && !legal; k++, at += 1 << 20) {
        fid_sobol_point(seed, at, fid_space_dim(space), u);
        if (at == 0 && !believes)
            to_middle(space, u);
        fid_space_snap(space, u);
        legal = fid_space_is_legal(space, u);
    }
    if (!legal)
        fid_space_repair(space, rng, u);
    return fid__novel(space, history, rng, u);
}

size_t fid__design_steps(const fid_space *space)
{
    size_t dim = fid_space_dim(space);
    return 1 + (dim < MOST_STEPS ? dim : MOST_STEPS);
}

bool fid__steps_suit(const fid_space *space, size_t least)
{
    const fid_dim *dims = fid_space_dims(space);
    size_t dim = fid_space_dim(space);
    for (size_t j = 0; j < dim; j++)
        if (!dims[j].ordered || dims[j].conditional || dims[j].scale != FID_SCALE_LINEAR ||
            (dims[j].levels > 0 && dims[j].levels <= FEW_LEVELS))
            return false;
    return dim > 0 && dim >= least && !fid_space_has_prior(space);
}

static double stepped(double from, fid_rng *rng)
{
    double to = from + (fid_rng_uniform(rng) < 0.5 ? -STEP : STEP);
    return to < 0 ? from + STEP : to > 1 ? from - STEP : to;
}

fid_status fid__design_by_steps(const fid_space *space, const fid_history *history,
                                uint64_t seed, fid_rng *rng, double *u, fid_suggestion *why)
{
    uint64_t n = fid_history_n_trials(history), best = 0;
    size_t dim = fid_space_dim(space), n_steps = fid__design_steps(space) - 1;
    if (n == 0)
        return fid__design(space, history, seed, 0, rng, u, why);
    fid_history_incumbent(history, &best);
    memcpy(u, fid_history_point(history, best), dim * sizeof *u);
    for (size_t j = (n - 1) % n_steps; j < dim; j += n_steps)
        u[j] = stepped(u[j], rng);
    fid_space_snap(space, u);
    if (!fid_space_is_legal(space, u))
        return fid__design(space, history, seed, 0, rng, u, why);
    *why = fid__why("steps");
    return fid__novel(space, history, rng, u);
}
