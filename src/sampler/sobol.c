/* Proposal k is the k-th legal point of a scrambled Sobol sequence, whoever made the k
 * proposals before it. */
#include <fidelio/sampler.h>

#include "sampler/novel.h"
#include "sampler/why.h"

enum { PATIENCE = 1000 }; /* illegal points in a row before one is repaired */

typedef struct {
    const fid_space *space;
    uint64_t seed;
    uint64_t n;    /* a cache: the first n legal points lie ... */
    uint64_t next; /* ... below this index */
} sobol_state;

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    (void)outline, (void)err;
    *(sobol_state *)state = (sobol_state){.space = space, .seed = options->seed};
    return FID_OK;
}

/* Write the next legal point of the sequence to u; false: out of patience, and u is
 * canonical but not legal. */
static bool advance(sobol_state *s, double *u)
{
    bool legal = false;
    for (int i = 0; i < PATIENCE && !legal; i++) {
        fid_sobol_point(s->seed, s->next++, fid_space_dim(s->space), u);
        fid_space_snap(s->space, u);
        legal = fid_space_is_legal(s->space, u);
    }
    s->n++;
    return legal;
}

/* Without constraints every point is legal, and the n-th is at index n. */
static void forward(sobol_state *s, uint64_t n, double *u)
{
    if (!fid_space_has_constraints(s->space)) {
        s->n = s->next = n;
        return;
    }
    if (s->n > n)
        s->n = s->next = 0;
    while (s->n < n)
        advance(s, u);
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    sobol_state *s = state;
    *why = fid__why("sobol");
    forward(s, fid_history_n_trials(history), u);
    if (!advance(s, u))
        fid_space_repair(s->space, rng, u);
    return fid__novel(s->space, history, rng, u);
}

const fid_sampler_type fid_sampler_sobol = {
    .name = "sobol",
    .summary =
        "a low-discrepancy sequence (Owen-scrambled Sobol) that fills the space evenly",
    .state_size = sizeof(sobol_state),
    .init = init,
    .suggest = suggest,
};
