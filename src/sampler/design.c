#include "sampler/design.h"

#include "sampler/novel.h"
#include "sampler/why.h"

/* Illegal points of the sequence in a row before one is repaired. */
enum { PATIENCE = 1000 };

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
