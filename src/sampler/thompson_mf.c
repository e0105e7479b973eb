/* Thompson sampling for studies with a fidelity: a Gaussian process of the trials' scores
 * (scores.h) over configuration and level, one function drawn from it, and the point that
 * is best for this function at the highest level that there is something known about.
 * Where nothing but time ends the study, a better point is less so by the root of what
 * its training costs.
 *
 * Expected improvement trusts a model of cheap, misleading values too much: on learning
 * curves it loses to random proposals where a draw wins (benchmarks/LOG.md). */
#include <fidelio/sampler.h>

#include "sampler/design.h"
#include "sampler/expense.h"
#include "sampler/novel.h"
#include "sampler/scores.h"
#include "sampler/search.h"
#include "sampler/surrogate.h"
#include "sampler/why.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_BEST = 10,      /* points that others are drawn around */
    PENDING_MAX = 64, /* running trials that the model imagines results for */
    LEAST_DESIGN = 3, /* trials */
};

enum { LEVEL_SOBOL = 4 }; /* rung of the ladder below those of the surrogate */

typedef struct {
    const fid_space *space;
    uint64_t seed;
    size_t dim, width, n_initial;
    double worker_seconds; /* that the study may take; HUGE_VAL = as many as it likes */
    fid__settings settings;
    fid__features features;
    fid__scores scores;
    fid__surrogate model;
    fid__expense expense;
    bool by_time, priced; /* merits are divided by costs; there is a model of them */
    double reference;     /* least of the draw at trials, when priced */
    fid__search search;   /* of points */
    fid__effort wide, near;
    size_t target;      /* level that the draw is minimised at */
    size_t n, cap;      /* rows of the model */
    size_t *index;      /* [cap] */
    double *rows, *z;   /* [cap][width], [cap] */
    double *best, *best_value; /* [N_BEST][dim], [N_BEST] ascending */
    size_t n_best;
    double *pool, *value, *cost; /* [search.cap][width], [search.cap] each */
    double *work;
    size_t work_size;
} thompson;

typedef struct {
    thompson *t; /* a state of constant size */
} thompson_state;

static void deinit(void *state)
{
    thompson *t = ((thompson_state *)state)->t;
    if (!t)
        return;
    fid__search_deinit(&t->search);
    fid__surrogate_deinit(&t->model);
    fid__expense_deinit(&t->expense);
    fid__scores_deinit(&t->scores);
    fid__features_deinit(&t->features);
    free(t->index);
    free(t->rows);
    free(t->best);
    free(t->pool);
    free(t->work);
    free(t);
    ((thompson_state *)state)->t = NULL;
}

static fid_status prepare(thompson *t, const fid_outline *outline,
                          const fid_sampler_options *options)
{
    const fid__settings *s = &t->settings;
    fid__score_rules rules = {.agreement = s->agreement, .weight = s->agreement_weight};
    FID_TRY(fid__features_init(&t->features, t->space, true));
    t->width = fid__features_width(&t->features);
    fid__scores_init(&t->scores, outline, &rules);
    FID_TRY(fid__surrogate_init(&t->model, &t->features, s, options->deterministic));
    if (t->by_time)
        FID_TRY(fid__expense_init(&t->expense, &t->features, s));
    t->wide = (fid__effort){.n_sobol = (size_t)s->pool_sobol,
                            .n_local = (size_t)s->pool_local,
                            .n_starts = 1,
                            .pull = s->pull};
    t->near = t->wide;
    t->near.n_sobol = 0;
    FID_TRY(fid__search_init(&t->search, &t->features, &t->wide));
    t->best = fid_alloc(N_BEST, (t->dim + 1) * sizeof(double));
    t->pool = fid_alloc(t->search.cap, (t->width + 2) * sizeof(double));
    if (!t->best || !t->pool)
        return FID_NOMEM;
    t->best_value = t->best + N_BEST * t->dim;
    t->value = t->pool + t->search.cap * t->width;
    t->cost = t->value + t->search.cap;
    return FID_OK;
}

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    if (outline->n_objectives > 1)
        return fid_error_set(err, FID_UNSUPPORTED,
                             "thompson_mf follows one objective, and there are %zu; bayes, "
                             "tpe and evolution know several",
                             outline->n_objectives);
    thompson *t = fid_alloc(1, sizeof *t);
    ((thompson_state *)state)->t = t;
    if (!t)
        return fid_error_set(err, FID_NOMEM, "thompson_mf: out of memory");
    FID_TRY(fid__settings_read(&t->settings, options->model, err));
    t->settings.noise_mean = t->settings.rank_noise_mean;
    t->settings.noise_precision = t->settings.rank_noise_precision;
    t->space = space;
    t->by_time = options->only_seconds > 0 && t->settings.expense > 0;
    t->worker_seconds = options->only_seconds > 0 && !options->n_initial
                            ? options->only_seconds * fmax(1, (double)options->n_parallel)
                            : HUGE_VAL;
    t->seed = options->seed;
    t->dim = fid_space_dim(space);
    t->n_initial = options->n_initial ? options->n_initial : 10;
    if (t->dim > 0 && prepare(t, outline, options) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "thompson_mf: out of memory");
    return FID_OK;
}

/* --- Data. */

static fid_status reserve(thompson *t, size_t n)
{
    if (n <= t->cap)
        return FID_OK;
    n += n / 2;
    free(t->index);
    free(t->rows);
    t->cap = 0;
    t->index = fid_alloc(n, sizeof *t->index);
    t->rows = fid_alloc(n, (t->width + 1) * sizeof *t->rows);
    if (!t->index || !t->rows)
        return FID_NOMEM;
    t->z = t->rows + n * t->width;
    t->cap = n;
    return FID_OK;
}

static void row_of(const thompson *t, const double *u, size_t level, double *row)
{
    fid__features_of(&t->features, u, row);
    row[t->features.level_column] = (double)level;
}

/* The scores at all levels of all trials, or of the better half and a sample of the
 * rest. */
static fid_status load(thompson *t, const fid_history *history)
{
    const fid__scores *s = &t->scores;
    size_t n = s->n, total = 0, most = (size_t)t->settings.pool_data;
    for (size_t i = 0; i < n * s->n_levels; i++)
        total += isnan(s->score[i]) ? 0 : 1;
    FID_TRY(reserve(t, total + 1));
    for (size_t i = 0; i < n; i++)
        t->index[i] = i;
    if (total > most) {
        n = n * most / total;
        fid__thin(s->best, s->n, n, t->index);
    }
    t->n = 0;
    for (size_t i = 0; i < n; i++) {
        const double *u = fid_history_point(history, s->trial[t->index[i]]);
        for (size_t k = 0; k < s->n_levels; k++) {
            t->z[t->n] = s->score[t->index[i] * s->n_levels + k];
            if (isnan(t->z[t->n]))
                continue;
            row_of(t, u, k, t->rows + t->n * t->width);
            t->n++;
        }
    }
    return FID_OK;
}

/* The highest level with enough trials. */
static void choose_target(thompson *t)
{
    t->target = 0;
    for (size_t k = 0; k < t->scores.n_levels; k++)
        if ((double)t->scores.count[k] >= t->settings.enough)
            t->target = k;
}

static fid_status need_work(thompson *t)
{
    size_t need = fid_gp_work(t->model.model);
    if (need <= t->work_size)
        return FID_OK;
    free(t->work);
    t->work_size = 0;
    t->work = fid_alloc(need + need / 2, sizeof *t->work);
    if (!t->work)
        return FID_NOMEM;
    t->work_size = need + need / 2;
    return FID_OK;
}

/* Running trials are believed to come out as the model predicts. */
static fid_status imagine_pending(thompson *t, const fid_history *history)
{
    const fid__scores *s = &t->scores;
    size_t from = s->n_pending > PENDING_MAX ? s->n_pending - PENDING_MAX : 0;
    double *row = t->pool, mean;
    for (size_t k = from; k < s->n_pending; k++) {
        row_of(t, fid_history_point(history, s->pending[k]), 0, row);
        FID_TRY(need_work(t));
        fid_gp_predict(t->model.model, row, 1, &mean, NULL, t->work);
        fid_status status = fid_gp_append(t->model.model, row, mean, 1);
        if (status == FID_NOMEM)
            return status;
    }
    return need_work(t);
}

static fid_status model_data(thompson *t, const fid_history *history, int32_t *level)
{
    size_t n_memo;
    const double *memo = fid_history_memo(history, &n_memo);
    if (n_memo != fid__surrogate_memo_size(&t->model))
        memo = NULL;
    FID_TRY(load(t, history));
    choose_target(t);
    FID_TRY(fid__surrogate_fit(&t->model, t->rows, t->z, NULL, t->n, memo, level));
    return imagine_pending(t, history);
}

/* --- The least of the draw. */

/* Take a point among the best, which are kept in order and distinct. */
static void keep(thompson *t, const double *u, double value)
{
    size_t k = t->n_best, bytes = t->dim * sizeof *u;
    if (k == N_BEST && !(value < t->best_value[k - 1]))
        return;
    for (size_t i = 0; i < k; i++)
        if (!memcmp(t->best + i * t->dim, u, bytes))
            return;
    k = k < N_BEST ? k : k - 1;
    t->n_best = k + 1;
    for (; k > 0 && value < t->best_value[k - 1]; k--) {
        memcpy(t->best + k * t->dim, t->best + (k - 1) * t->dim, bytes);
        t->best_value[k] = t->best_value[k - 1];
    }
    memcpy(t->best + k * t->dim, u, bytes);
    t->best_value[k] = value;
}

/* The trials that the model believes best at the target. */
static void find_anchors(thompson *t, const fid_history *history)
{
    const fid__scores *s = &t->scores;
    size_t step = t->search.cap;
    t->n_best = 0;
    for (size_t from = 0; from < s->n; from += step) {
        size_t n = s->n - from < step ? s->n - from : step;
        for (size_t i = 0; i < n; i++)
            row_of(t, fid_history_point(history, s->trial[from + i]), t->target,
                   t->pool + i * t->width);
        fid_gp_predict(t->model.model, t->pool, n, t->value, NULL, t->work);
        for (size_t i = 0; i < n; i++)
            keep(t, fid_history_point(history, s->trial[from + i]), t->value[i]);
    }
}

static fid_status learn_costs(thompson *t, const fid_history *history)
{
    t->priced = false;
    if (!t->by_time || t->n_best == 0)
        return FID_OK;
    fid_status status = fid__expense_fit(&t->expense, history);
    t->priced = status == FID_OK;
    return status == FID_NOMEM ? status : FID_OK;
}

/* From values to improvements over the trials by cost, negated; what does not improve
 * comes after what does. */
static void price(thompson *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        t->pool[i * t->width + t->features.level_column] = 0;
    fid__expense_at(&t->expense, t->pool, n, t->cost);
    for (size_t i = 0; i < n; i++) {
        t->value[i] -= t->reference;
        if (t->value[i] < 0)
            t->value[i] /= pow(t->cost[i], t->settings.expense);
    }
}

/* The least of the draw at the anchors. */
static fid_status refer(thompson *t, fid_gp_draw *draw)
{
    for (size_t i = 0; i < t->n_best; i++)
        row_of(t, t->best + i * t->dim, t->target, t->pool + i * t->width);
    FID_TRY(fid_gp_draw_at(draw, t->pool, t->n_best, t->value));
    t->reference = HUGE_VAL;
    for (size_t i = 0; i < t->n_best; i++)
        t->reference = fmin(t->reference, t->value[i]);
    return FID_OK;
}

static fid_status look(thompson *t, const fid_history *history, fid_gp_draw *draw,
                       const fid__effort *effort, bool first, fid_rng *rng)
{
    const fid__search *s = &t->search;
    fid__search_candidates(&t->search, effort, t->model.theta, t->best, t->n_best, rng);
    for (size_t i = 0; i < s->n; i++)
        row_of(t, s->points + i * t->dim, t->target, t->pool + i * t->width);
    FID_TRY(fid_gp_draw_at(draw, t->pool, s->n, t->value));
    if (t->priced)
        price(t, s->n);
    if (first)
        t->n_best = 0; /* anchors had values of another kind, and are not new */
    for (size_t i = 0; i < s->n; i++)
        if (!fid_history_find_point(history, s->points + i * t->dim, NULL))
            keep(t, s->points + i * t->dim, t->value[i]);
    return FID_OK;
}

static fid_status minimise(thompson *t, const fid_history *history, fid_gp_draw *draw,
                           fid_rng *rng)
{
    if (t->priced)
        FID_TRY(refer(t, draw));
    FID_TRY(look(t, history, draw, &t->wide, true, rng));
    t->near.pull = t->wide.pull;
    for (size_t round = 0; round < (size_t)t->settings.rounds && t->n_best > 0; round++) {
        FID_TRY(look(t, history, draw, &t->near, false, rng));
        t->near.pull *= 0.5;
    }
    return FID_OK;
}

/* --- The suggestion. */

/* When trials are few, a design that takes most of them leaves the model nothing to do:
 * it gets its share of what the time will pay for, by what trials took so far. */
static size_t design_size(const thompson *t, const fid_history *history)
{
    double seconds = 0, n = 0;
    for (size_t k = 0; k < fid_history_n_trials(history); k++) {
        const fid_trial *trial = fid_history_trial(history, k);
        n += trial->seconds > 0;
        seconds += trial->seconds;
    }
    double share = t->settings.design_share * t->worker_seconds / (seconds / n);
    return n > 0 && share < (double)t->n_initial ? (size_t)fmax(share, LEAST_DESIGN)
                                                 : t->n_initial;
}

static bool is_design(const thompson *t, const fid_history *history)
{
    size_t n = fid_history_n_trials(history);
    return n < t->n_initial && n < design_size(t, history);
}

static void explain(thompson *t, const double *u, double value, fid_suggestion *why)
{
    double var;
    row_of(t, u, t->target, t->pool);
    fid_gp_predict(t->model.model, t->pool, 1, &why->mean, &var, t->work);
    why->sd = sqrt(var);
    why->acquisition = value;
    why->n_memo = fid__surrogate_memo_size(&t->model);
    fid__surrogate_memo(&t->model, why->memo);
}

static fid_status by_draw(thompson *t, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    fid_gp_draw *draw;
    FID_TRY(model_data(t, history, &why->level));
    find_anchors(t, history);
    FID_TRY(learn_costs(t, history));
    FID_TRY(fid_gp_draw_create(&draw, t->model.model, (size_t)t->settings.n_features, rng));
    fid_status status = minimise(t, history, draw, rng);
    fid_gp_draw_destroy(draw);
    FID_TRY(status);
    const double *pick = t->n_best > 0 ? t->best : t->search.points;
    memcpy(u, pick, t->dim * sizeof *u);
    explain(t, u, t->n_best > 0 ? t->best_value[0] : (double)NAN, why);
    return FID_OK;
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng, double *u,
                          fid_suggestion *why)
{
    thompson *t = ((thompson_state *)state)->t;
    if (t->dim == 0 || is_design(t, history) ||
        fid_rng_uniform(rng) < t->settings.random_share)
        return fid__design(t->space, history, t->seed, 0, rng, u, why);
    FID_TRY(fid__score(&t->scores, history));
    if (t->scores.n < 3 || t->scores.flat)
        return fid__design(t->space, history, t->seed, LEVEL_SOBOL, rng, u, why);
    *why = fid__why("thompson");
    fid_status status = by_draw(t, history, rng, u, why);
    if (status == FID_NOT_PD)
        return fid__design(t->space, history, t->seed, LEVEL_SOBOL, rng, u, why);
    FID_TRY(status);
    return fid__novel(t->space, history, rng, u);
}

const fid_sampler_type fid_sampler_thompson_mf = {
    .name = "thompson_mf",
    .summary = "draws from a Gaussian process of ranks over all fidelities (the default "
               "with a fidelity)",
    .state_size = sizeof(thompson_state),
    .init = init,
    .suggest = suggest,
    .deinit = deinit,
};
