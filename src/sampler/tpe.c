/* Tree-structured Parzen estimator, multivariate: J. Bergstra et al., "Algorithms for
 * Hyper-Parameter Optimization", NIPS 2011; S. Watanabe, "Tree-Structured Parzen
 * Estimator", arXiv 2304.11127 (the components by name).
 *
 * Good trials make the density l, all others g; of some draws from l the one with the
 * largest l / g is proposed. One mixture spans the whole space, conditional axes
 * included: where an axis does not exist for a kernel, that kernel is uniform on it. */
#include <fidelio/sampler.h>

#include "sampler/columns.h"
#include "sampler/novel.h"
#include "sampler/pareto.h"
#include "sampler/why.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    INITIAL = 10, /* proposals before the model speaks */
    CANDIDATES = 24,
    TRIES = 8, /* draws for each candidate until one is legal */
    MOST_GOOD = 25,
    RECENT = 25, /* trials of full weight, see weigh() */
};
static const double GOOD_SHARE = 0.1;
static const double PRIOR_FADE = 10; /* piBO's beta */

typedef struct {
    fid__columns columns;
    size_t n_initial;
    uint64_t seed;
    fid_status observed; /* first failure of observe */
    bool *active;        /* [dim] work */
    fid__parzen bad;     /* its rooms are kept: fresh pages cost as much as the sums */
    float *bad_weight, *work; /* [stride], [4][stride] */
} tpe_state;

/* What one suggestion needs; all of it is dropped afterwards. */
typedef struct {
    tpe_state *s;
    const fid_history *history;
    fid_rng *rng;
    fid__parzen good;
    size_t n_good;
    size_t *best; /* [n_good] columns of the good trials, ascending */
    float *good_x, *good_floor, *good_weight; /* as in fid__parzen */
    double *cumulative;                       /* [n_good + 1] */
    double *draw;                             /* [dim] */
    double *points;                           /* [CANDIDATES][dim] canonical */
    float *at;                                /* [CANDIDATES][dim] on the axes */
    size_t n_points;
    double score[CANDIDATES]; /* log l - log g */
} round_of;

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    (void)outline, (void)err;
    tpe_state *s = state;
    *s = (tpe_state){.seed = options->seed};
    s->n_initial = options->n_initial ? options->n_initial : INITIAL;
    s->active = fid_alloc(fid_space_dim(space), sizeof *s->active);
    return s->active ? fid__columns_init(&s->columns, space) : FID_NOMEM;
}

static void deinit(void *state)
{
    tpe_state *s = state;
    fid__columns_deinit(&s->columns);
    fid__parzen_deinit(&s->bad);
    free(s->active);
    free(s->bad_weight);
    free(s->work);
}

static void observe(void *state, const fid_history *history, const fid_event *event)
{
    tpe_state *s = state;
    if (s->observed == FID_OK)
        s->observed = fid__columns_observe(&s->columns, history, event);
}

static bool is_better(const fid__standing *standing, size_t a, size_t b)
{
    int order = fid__standing_compare(&standing[a], &standing[b]);
    return order < 0 || (order == 0 && a < b);
}

/* best[k] <- the k best columns with a result. One pass: few of n enter the list. */
static void pick_best(const fid__columns *c, size_t k, size_t *best)
{
    size_t n = 0;
    for (size_t i = 1; i < c->n && k > 0; i++) {
        if (c->standing[i].group > FID__INFEASIBLE)
            continue;
        if (n == k && !is_better(c->standing, i, best[k - 1]))
            continue;
        size_t place = n < k ? n++ : k - 1;
        for (; place > 0 && is_better(c->standing, i, best[place - 1]); place--)
            best[place] = best[place - 1];
        best[place] = i;
    }
}

/* The same for several objectives: fronts among the complete feasible trials, then the
 * others in their order. */
static fid_status pick_best_of_many(const round_of *r, size_t k, size_t *best)
{
    const fid__columns *c = &r->s->columns;
    size_t m = fid_history_outline(r->history)->n_objectives, n = 0;
    size_t *columns = fid_alloc(c->n, sizeof *columns);
    double *loss = fid_alloc(c->n * m, sizeof *loss);
    fid_status status = columns && loss ? FID_OK : FID_NOMEM;
    for (size_t i = 1; i < c->n && status == FID_OK; i++) {
        if (c->standing[i].group != FID__FEASIBLE || c->standing[i].reach < HUGE_VAL)
            continue;
        for (size_t o = 0; o < m; o++)
            loss[n * m + o] = fid_history_loss(r->history, i - 1, o);
        columns[n++] = i;
    }
    if (status == FID_OK && n > k) {
        status = fid__pareto_best(loss, n, m, k, best);
        for (size_t i = 0; i < k && status == FID_OK; i++)
            best[i] = columns[best[i]];
    } else if (status == FID_OK) {
        pick_best(c, k, best); /* takes these n first */
    }
    free(columns);
    free(loss);
    return status;
}

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static size_t count_good(const fid__columns *c)
{
    size_t n = 0;
    for (size_t i = 1; i < c->n; i++)
        n += c->standing[i].group <= FID__INFEASIBLE;
    size_t good = (size_t)ceil(GOOD_SHARE * (double)n);
    return good < MOST_GOOD ? good : MOST_GOOD;
}

/* Weight of the k-th of n trials in order of age: the last RECENT count in full, those
 * before less and less (Optuna's and hyperopt's default). */
static float weigh(size_t k, size_t n)
{
    if (n < RECENT || k + RECENT >= n)
        return 1;
    double first = 1 / (double)n, steps = (double)(n - RECENT - 1);
    return (float)(steps > 0 ? first + (1 - first) * (double)k / steps : first);
}

static fid_status fit_good(round_of *r)
{
    const fid__columns *c = &r->s->columns;
    size_t n = r->n_good + 1, stride = fid__parzen_stride(n);
    r->good_x = fid_alloc(c->dim * stride, sizeof *r->good_x);
    r->good_floor = fid_alloc(c->dim * stride, sizeof *r->good_floor);
    r->good_weight = fid_alloc(n, sizeof *r->good_weight);
    r->cumulative = fid_alloc(n, sizeof *r->cumulative);
    r->good = (fid__parzen){.dim = c->dim,
                            .axes = c->axes,
                            .n = n,
                            .stride = stride,
                            .x = r->good_x,
                            .floor = r->good_floor,
                            .weight = r->good_weight};
    FID_TRY(fid__parzen_alloc(&r->good));
    if (!r->good_x || !r->good_floor || !r->good_weight || !r->cumulative)
        return FID_NOMEM;
    for (size_t k = 0; k < n; k++) {
        size_t column = k == 0 ? 0 : r->best[k - 1];
        r->good_weight[k] = k == 0 ? 1 : weigh(k - 1, r->n_good);
        r->cumulative[k] = (double)r->good_weight[k] + (k ? r->cumulative[k - 1] : 0);
        for (size_t d = 0; d < c->dim; d++) {
            r->good_x[d * stride + k] = c->x[d * c->stride + column];
            r->good_floor[d * stride + k] = c->floor[d * c->stride + column];
        }
    }
    fid__parzen_fit(&r->good);
    return FID_OK;
}

static fid_status room_for_bad(tpe_state *s)
{
    const fid__columns *c = &s->columns;
    if (s->bad.stride != c->stride) {
        size_t stride = c->stride; /* at least 64: `work` serves the good ones too */
        fid__parzen_deinit(&s->bad);
        free(s->bad_weight);
        free(s->work);
        s->bad_weight = fid_alloc(stride, sizeof *s->bad_weight);
        s->work = fid_alloc(4 * stride, sizeof *s->work);
        s->bad = (fid__parzen){.dim = c->dim, .axes = c->axes, .stride = stride};
        fid_status status = fid__parzen_alloc(&s->bad);
        if (status != FID_OK || !s->bad_weight || !s->work) {
            s->bad.stride = 0;
            return FID_NOMEM;
        }
    }
    s->bad.n = c->n;
    s->bad.x = c->x;
    s->bad.floor = c->floor;
    s->bad.weight = s->bad_weight;
    return FID_OK;
}

/* Everything else, pending trials included (so that parallel workers keep away from
 * each other's points), is bad. */
static fid_status fit_bad(round_of *r)
{
    const fid__columns *c = &r->s->columns;
    FID_TRY(room_for_bad(r->s));
    float *weight = r->s->bad_weight;
    size_t total = 0, k = 0, next = 0;
    for (size_t i = 1; i < c->n; i++)
        total += c->standing[i].group != FID__VOID;
    total -= r->n_good;
    weight[0] = 1;
    for (size_t i = 1; i < c->n; i++) {
        weight[i] = 0;
        if (next < r->n_good && r->best[next] == i)
            next++;
        else if (c->standing[i].group != FID__VOID)
            weight[i] = weigh(k++, total);
    }
    fid__parzen_fit(&r->s->bad);
    return FID_OK;
}

/* From coordinates on the axes to a canonical point. */
static void settle(const fid__columns *c, const double *at, double *u)
{
    for (size_t d = 0; d < c->dim; d++)
        u[d] = c->axes[d].choices ? fid_space_level_u(c->space, d, (uint64_t)at[d])
                                  : at[d];
    fid_space_snap(c->space, u);
}

static void draw_candidates(round_of *r)
{
    const fid__columns *c = &r->s->columns;
    bool believes = fid_space_has_prior(c->space);
    for (int i = 0; i < CANDIDATES * TRIES && r->n_points < CANDIDATES; i++) {
        double *u = r->points + r->n_points * c->dim;
        if (believes && i % 4 == 3) {
            fid_space_sample(c->space, r->rng, true, u);
        } else {
            fid__parzen_draw(&r->good, r->cumulative, r->rng, r->draw);
            settle(c, r->draw, u);
            if (!fid_space_is_legal(c->space, u))
                continue;
        }
        r->n_points++;
    }
    if (r->n_points == 0) { /* the last draw, made legal */
        fid_space_repair(c->space, r->rng, r->points);
        r->n_points = 1;
    }
}

/* piBO's weighting of the acquisition (Hvarfner et al. 2022), in logs. */
static double belief(const round_of *r, const double *u)
{
    double n = (double)(r->s->columns.n - 1);
    return PRIOR_FADE / n * fid_space_log_prior(r->s->columns.space, u);
}

static void score_candidates(round_of *r)
{
    const fid__columns *c = &r->s->columns;
    double log_bad[CANDIDATES];
    for (size_t i = 0; i < r->n_points; i++)
        fid__columns_locate(c, r->points + i * c->dim, r->s->active,
                            r->at + i * c->dim);
    fid__parzen_log_density(&r->good, r->at, r->n_points, r->s->work, r->score);
    fid__parzen_log_density(&r->s->bad, r->at, r->n_points, r->s->work, log_bad);
    for (size_t i = 0; i < r->n_points; i++) {
        r->score[i] -= log_bad[i];
        if (fid_space_has_prior(c->space))
            r->score[i] += belief(r, r->points + i * c->dim);
    }
}

/* The best candidate that is new, else the best. */
static size_t choose(const round_of *r)
{
    size_t best = 0, best_new = r->n_points, dim = r->s->columns.dim;
    for (size_t i = 0; i < r->n_points; i++) {
        if (r->score[i] > r->score[best])
            best = i;
        if ((best_new == r->n_points || r->score[i] > r->score[best_new]) &&
            !fid_history_find_point(r->history, r->points + i * dim, NULL))
            best_new = i;
    }
    return best_new < r->n_points ? best_new : best;
}

static fid_status prepare(round_of *r)
{
    const fid__columns *c = &r->s->columns;
    r->n_good = count_good(c);
    r->best = fid_alloc(r->n_good, sizeof *r->best);
    r->draw = fid_alloc(c->dim, sizeof *r->draw);
    r->points = fid_alloc(CANDIDATES * c->dim, sizeof *r->points);
    r->at = fid_alloc(CANDIDATES * c->dim, sizeof *r->at);
    if (!r->best || !r->draw || !r->points || !r->at)
        return FID_NOMEM;
    if (fid_history_outline(r->history)->n_objectives > 1)
        FID_TRY(pick_best_of_many(r, r->n_good, r->best));
    else
        pick_best(c, r->n_good, r->best);
    qsort(r->best, r->n_good, sizeof *r->best, ascending);
    FID_TRY(fit_good(r));
    return fit_bad(r);
}

static void release(round_of *r)
{
    fid__parzen_deinit(&r->good);
    free(r->best);
    free(r->good_x);
    free(r->good_floor);
    free(r->good_weight);
    free(r->cumulative);
    free(r->draw);
    free(r->points);
    free(r->at);
}

static void initial(const tpe_state *s, uint64_t n, fid_rng *rng, double *u)
{
    const fid_space *space = s->columns.space;
    if (fid_space_has_prior(space)) {
        fid_space_sample(space, rng, true, u);
        return;
    }
    fid_sobol_point(s->seed, n, fid_space_dim(space), u);
    fid_space_repair(space, rng, u);
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    tpe_state *s = state;
    const fid_space *space = s->columns.space;
    uint64_t n = fid_history_n_trials(history);
    FID_TRY(s->observed);
    assert(s->columns.n == n + 1); /* told of every event */
    *why = fid__why(n < s->n_initial ? "sobol" : "tpe");
    if (n < s->n_initial) {
        initial(s, n, rng, u);
        return fid__novel(space, history, rng, u);
    }
    round_of r = {.s = s, .history = history, .rng = rng};
    fid_status status = prepare(&r);
    if (status == FID_OK) {
        draw_candidates(&r);
        score_candidates(&r);
        size_t chosen = choose(&r);
        memcpy(u, r.points + chosen * s->columns.dim, s->columns.dim * sizeof *u);
        why->acquisition = r.score[chosen];
    }
    release(&r);
    return status == FID_OK ? fid__novel(space, history, rng, u) : status;
}

const fid_sampler_type fid_sampler_tpe = {
    .name = "tpe",
    .summary =
        "densities of good and of bad configurations (multivariate TPE); any space",
    .state_size = sizeof(tpe_state),
    .init = init,
    .observe = observe,
    .suggest = suggest,
    .deinit = deinit,
};
