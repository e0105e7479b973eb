/* Regularised evolution: E. Real, A. Aggarwal, Y. Huang, Q. V. Le, "Regularized
 * Evolution for Image Classifier Architecture Search", AAAI 2019. The population is the
 * latest trials with a result; the best of a random sample of them is changed in one
 * place. Keeps nothing: a proposal reads the end of the history. */
#include <fidelio/sampler.h>

#include "sampler/novel.h"
#include "sampler/standing.h"
#include "sampler/why.h"

#include <stdlib.h>
#include <string.h>

enum { POPULATION = 30, SAMPLE = 10, TRIES = 100 };
static const double STEP = 0.15; /* of a mutated coordinate that has an order */

typedef struct {
    const fid_space *space;
    uint64_t seed;
    size_t n_initial;
    bool *active; /* [dim] work */
} evolution_state;

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    (void)outline, (void)err;
    evolution_state *s = state;
    *s = (evolution_state){.space = space, .seed = options->seed};
    s->n_initial = options->n_initial ? options->n_initial : POPULATION;
    s->active = fid_alloc(fid_space_dim(space), sizeof *s->active);
    return s->active ? FID_OK : FID_NOMEM;
}

static void deinit(void *state)
{
    free(((evolution_state *)state)->active);
}

/* The latest trials that have a result; how many (at most POPULATION). */
static size_t population(const fid_history *history, uint64_t member[POPULATION],
                         fid__standing standing[POPULATION])
{
    size_t n = 0;
    for (uint64_t t = fid_history_n_trials(history); t-- > 0 && n < POPULATION;) {
        fid__standing s = fid__standing_of(history, t);
        if (s.group > FID__INFEASIBLE)
            continue;
        member[n] = t;
        standing[n++] = s;
    }
    return n;
}

/* With several objectives, each tournament is about one of them, drawn at random. */
static uint64_t tournament(const fid_history *history, fid_rng *rng,
                           const uint64_t *member, fid__standing *standing, size_t n)
{
    size_t objective =
        (size_t)fid_rng_below(rng, fid_history_outline(history)->n_objectives);
    size_t best = n;
    for (int i = 0; i < SAMPLE; i++) {
        size_t k = (size_t)fid_rng_below(rng, n);
        if (standing[k].group == FID__FEASIBLE)
            standing[k].loss = fid_history_loss(history, member[k], objective);
        if (best == n || fid__standing_compare(&standing[k], &standing[best]) < 0)
            best = k;
    }
    return member[best];
}

static double other_level(const fid_space *space, size_t d, double x, fid_rng *rng)
{
    uint64_t levels = fid_space_dims(space)[d].levels,
             level = fid_space_level(space, d, x);
    uint64_t other = fid_rng_below(rng, levels - 1);
    return fid_space_level_u(space, d, other + (other >= level));
}

/* A normal step, reflected at the ends; a grid moves by at least one level. */
static double near(const fid_space *space, size_t d, double x, fid_rng *rng)
{
    double t = x + STEP * fid_rng_normal(rng);
    while (t < 0 || t > 1)
        t = t < 0 ? -t : 2 - t;
    uint64_t levels = fid_space_dims(space)[d].levels;
    if (levels == 0 || fid_space_level(space, d, t) != fid_space_level(space, d, x))
        return t;
    uint64_t level = fid_space_level(space, d, x);
    bool up = level == 0 || (level + 1 < levels && t > x);
    return fid_space_level_u(space, d, up ? level + 1 : level - 1);
}

/* Change one active coordinate of the parent; children that become active are drawn. */
static void mutate(const evolution_state *s, const double *parent, fid_rng *rng,
                   double *u)
{
    const fid_dim *dims = fid_space_dims(s->space);
    size_t dim = fid_space_dim(s->space), n_active = 0, d = 0;
    fid_space_activity(s->space, parent, s->active);
    for (size_t i = 0; i < dim; i++) {
        n_active += s->active[i];
        u[i] = s->active[i] ? parent[i] : fid_rng_uniform(rng);
    }
    if (n_active == 0)
        return;
    uint64_t pick = fid_rng_below(rng, n_active);
    while (!s->active[d] || pick-- > 0)
        d++;
    u[d] = dims[d].ordered ? near(s->space, d, parent[d], rng)
                           : other_level(s->space, d, parent[d], rng);
    fid_space_snap(s->space, u);
}

static void breed(const evolution_state *s, const double *parent, fid_rng *rng,
                  double *u)
{
    for (int i = 0; i < TRIES; i++) {
        mutate(s, parent, rng, u);
        if (fid_space_is_legal(s->space, u))
            return;
    }
    fid_space_repair(s->space, rng, u);
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    evolution_state *s = state;
    uint64_t member[POPULATION], n = fid_history_n_trials(history);
    fid__standing standing[POPULATION];
    size_t size = n < s->n_initial ? 0 : population(history, member, standing);
    *why = fid__why(size ? "evolution" : "sobol");
    if (size) {
        uint64_t parent = tournament(history, rng, member, standing, size);
        breed(s, fid_history_point(history, parent), rng, u);
    } else {
        fid_sobol_point(s->seed, n, fid_space_dim(s->space), u);
        fid_space_repair(s->space, rng, u);
    }
    return fid__novel(s->space, history, rng, u);
}

const fid_sampler_type fid_sampler_evolution = {
    .name = "evolution",
    .summary = "regularised evolution: one mutation of a recent winner; any space",
    .state_size = sizeof(evolution_state),
    .init = init,
    .suggest = suggest,
    .deinit = deinit,
};
