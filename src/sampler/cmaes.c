/* CMA-ES as a fold over the trials in the order in which they ended: every lambda of
 * them are a generation. Restarts double lambda (IPOP: Auger & Hansen 2005).
 * Categorical dimensions keep a probability by choice, drawn towards the better half of
 * each generation (PBIL: Baluja 1994). */
#include <fidelio/sampler.h>

#include "sampler/cma.h"
#include "sampler/novel.h"
#include "sampler/standing.h"
#include "sampler/why.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 100, MOST_LAMBDA = 1024 };
static const double SIGMA = 0.25, TOO_SMALL = 1e-9, LEARN = 0.2, SIGMA_MOST = 0.5;

typedef struct {
    const fid_space *space;
    uint64_t seed;
    size_t dim, n;   /* dimensions of the space; those with an order */
    size_t *ordered; /* [n] */
    size_t *first;   /* [dim] categorical: where its probabilities begin */
    double *chances; /* of all choices */
    size_t n_chances;
    size_t lambda, restarts;
    fid__cma cma;
    uint64_t *generation; /* [lambda] trials ended since the last update */
    size_t n_generation;
    double best;  /* loss of the best of this run ... */
    size_t stale; /* ... and the generations since it came */
    fid_status observed;
    bool *active; /* [dim] work */
    double *x;    /* [n] work */
} cmaes_state;

static bool is_categorical(const cmaes_state *s, size_t d)
{
    return !fid_space_dims(s->space)[d].ordered;
}

static void even_chances(cmaes_state *s)
{
    for (size_t d = 0; d < s->dim; d++) {
        uint64_t levels = is_categorical(s, d) ? fid_space_dims(s->space)[d].levels : 0;
        for (uint64_t k = 0; k < levels; k++)
            s->chances[s->first[d] + k] = 1 / (double)levels;
    }
}

/* The first run begins at the defaults, else the middle; later ones anywhere. */
static fid_status start_run(cmaes_state *s)
{
    double *u = fid_alloc(s->dim, sizeof *u);
    uint64_t *generation = realloc(s->generation, s->lambda * sizeof *generation);
    if (generation)
        s->generation = generation;
    if (!u || !generation) {
        free(u);
        return FID_NOMEM;
    }
    if (s->restarts == 0) {
        fid_space_default_point(s->space, u);
    } else {
        fid_rng rng = fid_rng_stream(s->seed, FID_RNG_INIT, s->restarts);
        fid_space_sample(s->space, &rng, false, u);
    }
    for (size_t i = 0; i < s->n; i++)
        s->x[i] = u[s->ordered[i]];
    free(u);
    even_chances(s);
    s->n_generation = s->stale = 0;
    s->best = HUGE_VAL;
    return s->n ? fid__cma_start(&s->cma, s->n, s->lambda, s->x, SIGMA) : FID_OK;
}

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    cmaes_state *s = state;
    if (outline->n_objectives > 1)
        return fid_error_set(err, FID_UNSUPPORTED,
                             "cmaes follows one objective, and there are %zu; bayes, tpe and "
                             "evolution know several",
                             outline->n_objectives);
    *s = (cmaes_state){
        .space = space, .seed = options->seed, .dim = fid_space_dim(space)};
    s->ordered = fid_alloc(s->dim, sizeof *s->ordered);
    s->first = fid_alloc(s->dim, sizeof *s->first);
    s->active = fid_alloc(s->dim, sizeof *s->active);
    s->x = fid_alloc(s->dim, sizeof *s->x);
    if (!s->ordered || !s->first || !s->active || !s->x)
        return FID_NOMEM;
    for (size_t d = 0; d < s->dim; d++) {
        if (is_categorical(s, d)) {
            s->first[d] = s->n_chances;
            s->n_chances += (size_t)fid_space_dims(space)[d].levels;
        } else {
            s->ordered[s->n++] = d;
        }
    }
    s->chances = fid_alloc(s->n_chances, sizeof *s->chances);
    if (!s->chances)
        return FID_NOMEM;
    s->lambda = 4 + (size_t)(3 * log(s->n ? (double)s->n : 1));
    return start_run(s);
}

static void deinit(void *state)
{
    cmaes_state *s = state;
    fid__cma_deinit(&s->cma);
    free(s->ordered);
    free(s->first);
    free(s->chances);
    free(s->generation);
    free(s->active);
    free(s->x);
}

typedef struct {
    uint64_t trial;
    fid__standing standing;
} ranked;

static int better_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    int order = fid__standing_compare(&x->standing, &y->standing);
    return order ? order : (x->trial > y->trial) - (x->trial < y->trial);
}

/* Coordinates that are not active say nothing: they stay at the mean. */
static void ordered_part(const cmaes_state *s, const double *u, double *x)
{
    fid_space_activity(s->space, u, s->active);
    for (size_t i = 0; i < s->n; i++) {
        size_t d = s->ordered[i];
        x[i] = s->active[d] ? u[d] : s->cma.mean[i];
    }
}

/* No choice's chance falls below 0.1 over their number. */
static void learn_choices(cmaes_state *s, const fid_history *history, const ranked *r)
{
    for (size_t k = 0; k < s->lambda / 2; k++) {
        const double *u = fid_history_point(history, r[k].trial);
        fid_space_activity(s->space, u, s->active);
        for (size_t d = 0; d < s->dim; d++) {
            if (!is_categorical(s, d) || !s->active[d])
                continue;
            uint64_t own = fid_space_level(s->space, d, u[d]);
            uint64_t levels = fid_space_dims(s->space)[d].levels;
            double rate = LEARN / ((double)s->lambda / 2) * 2,
                   spread = 0.1 / (double)levels;
            for (uint64_t c = 0; c < levels; c++) {
                double *chance = &s->chances[s->first[d] + c];
                double want = (c == own) * 0.9 + spread;
                *chance += rate * (want - *chance);
            }
        }
    }
}

static fid_status update_ordered(cmaes_state *s, const fid_history *history,
                                 const ranked *r)
{
    double *points = fid_alloc(s->lambda * s->n, sizeof *points);
    const double **x = fid_alloc(s->lambda, sizeof *x);
    if (points && x) {
        for (size_t k = 0; k < s->lambda; k++) {
            ordered_part(s, fid_history_point(history, r[k].trial), points + k * s->n);
            x[k] = points + k * s->n;
        }
        fid__cma_update(&s->cma, x);
        s->cma.sigma = fmin(s->cma.sigma, SIGMA_MOST);
    }
    fid_status status = points && x ? FID_OK : FID_NOMEM;
    free(points);
    free(x);
    return status;
}

/* Converged, stuck, or every member of the generation alike. */
static bool is_over(const cmaes_state *s, const ranked *r)
{
    double widest = s->n ? 0 : 1;
    for (size_t i = 0; i < s->n; i++)
        widest = fmax(widest, fid__cma_deviation(&s->cma, i));
    size_t patience = 10 + 30 * s->n / s->lambda;
    bool flat = r[0].standing.group == r[s->lambda - 1].standing.group &&
                r[0].standing.loss == r[s->lambda - 1].standing.loss;
    return !(widest > TOO_SMALL) || s->stale > patience || flat;
}

static fid_status next_generation(cmaes_state *s, const fid_history *history)
{
    ranked *r = fid_alloc(s->lambda, sizeof *r);
    if (!r)
        return FID_NOMEM;
    for (size_t k = 0; k < s->lambda; k++) {
        r[k].trial = s->generation[k];
        r[k].standing = fid__standing_of(history, r[k].trial);
    }
    qsort(r, s->lambda, sizeof *r, better_first);
    learn_choices(s, history, r);
    fid_status status = s->n ? update_ordered(s, history, r) : FID_OK;
    s->n_generation = 0;
    s->stale++;
    if (r[0].standing.group == FID__FEASIBLE && r[0].standing.loss < s->best) {
        s->best = r[0].standing.loss;
        s->stale = 0;
    }
    if (status == FID_OK && is_over(s, r)) {
        s->restarts++;
        s->lambda = s->lambda < MOST_LAMBDA / 2 ? 2 * s->lambda : MOST_LAMBDA;
        status = start_run(s);
    }
    free(r);
    return status;
}

/* A trial counts once, at the end of its first attempt that leads anywhere. */
static bool ends_first_attempt(const fid_event *event)
{
    return event->kind == FID_EVENT_FAILED ||
           (event->attempt <= 1 &&
            (event->kind == FID_EVENT_PAUSED || event->kind == FID_EVENT_COMPLETED ||
             event->kind == FID_EVENT_PRUNED));
}

static void observe(void *state, const fid_history *history, const fid_event *event)
{
    cmaes_state *s = state;
    if (s->observed != FID_OK || !ends_first_attempt(event) ||
        fid__standing_of(history, event->trial).group == FID__VOID)
        return;
    s->generation[s->n_generation++] = event->trial;
    if (s->n_generation == s->lambda)
        s->observed = next_generation(s, history);
}

static double pick_choice(const cmaes_state *s, size_t d, fid_rng *rng)
{
    uint64_t levels = fid_space_dims(s->space)[d].levels, k = 0;
    const double *chance = s->chances + s->first[d];
    double t = fid_rng_uniform(rng), sum = chance[0];
    while (t > sum && k + 1 < levels)
        sum += chance[++k];
    return fid_space_level_u(s->space, d, k);
}

/* A grid whose cells are wider than the distribution would never be left again: now and
 * then it moves by a level (the idea of CMA-ES with margin, Hamano et al. 2022). */
static void loosen(const cmaes_state *s, size_t i, fid_rng *rng, double *u)
{
    size_t d = s->ordered[i];
    uint64_t levels = fid_space_dims(s->space)[d].levels;
    if (levels == 0 || fid__cma_deviation(&s->cma, i) > 0.5 / (double)levels ||
        fid_rng_uniform(rng) > 1 / (double)s->lambda)
        return;
    uint64_t level = fid_space_level(s->space, d, u[d]);
    bool up = level == 0 || (level + 1 < levels && fid_rng_below(rng, 2));
    u[d] = fid_space_level_u(s->space, d, up ? level + 1 : level - 1);
}

static void draw(const cmaes_state *s, fid_rng *rng, double *u)
{
    if (s->n)
        fid__cma_draw(&s->cma, rng, s->x);
    for (size_t i = 0; i < s->n; i++) {
        double x = s->x[i];
        for (int k = 0; k < TRIES && !(x > 0 && x < 1); k++)
            x = s->cma.mean[i] + fid__cma_deviation(&s->cma, i) * fid_rng_normal(rng);
        u[s->ordered[i]] = fmin(1, fmax(0, x));
        loosen(s, i, rng, u);
    }
    for (size_t d = 0; d < s->dim; d++) {
        if (is_categorical(s, d))
            u[d] = pick_choice(s, d, rng);
    }
    fid_space_snap(s->space, u);
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    cmaes_state *s = state;
    FID_TRY(s->observed);
    *why = fid__why("cmaes");
    bool legal = false;
    for (int k = 0; k < TRIES && !legal; k++) {
        draw(s, rng, u);
        legal = fid_space_is_legal(s->space, u);
    }
    if (!legal)
        fid_space_repair(s->space, rng, u);
    return fid__novel(s->space, history, rng, u);
}

const fid_sampler_type fid_sampler_cmaes = {
    .name = "cmaes",
    .summary = "CMA-ES with restarts: for hundreds of trials of a numerical space",
    .state_size = sizeof(cmaes_state),
    .init = init,
    .observe = observe,
    .suggest = suggest,
    .deinit = deinit,
};
