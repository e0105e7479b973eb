/* Thompson sampling for studies with a fidelity: a Gaussian process of one score per trial
 * (scores.h), one joint draw of it at a few hundred points, and the point where the draw
 * is least.
 *
 * Expected improvement trusts a model of cheap, misleading values too much: on learning
 * curves it loses to random proposals where a joint draw wins (benchmarks/LOG.md). */
#include <fidelio/linalg.h>
#include <fidelio/sampler.h>

#include "sampler/novel.h"
#include "sampler/scores.h"
#include "sampler/search.h"
#include "sampler/surrogate.h"
#include "sampler/why.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_ANCHORS = 10,   /* best trials that points are drawn around */
    PENDING_MAX = 64, /* running trials that the model imagines results for */
};

enum { LEVEL_SOBOL = 4 }; /* rung of the ladder below those of the surrogate */

typedef struct {
    const fid_space *space;
    uint64_t seed;
    size_t dim, width, n_initial;
    fid__settings settings;
    fid__features features;
    fid__scores scores;
    fid__surrogate model;
    fid__search search; /* its pool of points */
    fid__effort effort;
    size_t n, cap;      /* trials in the model */
    size_t *index;      /* [cap] */
    double *rows, *z, *scale; /* [cap][width], [cap], [cap] */
    double *anchors;    /* [N_ANCHORS][dim] */
    size_t ld;          /* of the pool's covariance */
    double *pool, *mean, *draw, *cov, *factor; /* [ld][width], [ld].., [ld][ld].. */
    double *panel, *work;
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
    fid__scores_deinit(&t->scores);
    fid__features_deinit(&t->features);
    free(t->index);
    free(t->rows);
    free(t->anchors);
    free(t->pool);
    free(t->work);
    free(t);
    ((thompson_state *)state)->t = NULL;
}

static fid_status prepare(thompson *t, const fid_outline *outline,
                          const fid_sampler_options *options)
{
    const fid__settings *s = &t->settings;
    fid__score_rules rules = {
        .agreement = s->agreement, .weight = s->agreement_weight, .nugget = s->nugget};
    FID_TRY(fid__features_init(&t->features, t->space));
    t->width = fid__features_width(&t->features);
    fid__scores_init(&t->scores, outline, &rules);
    FID_TRY(fid__surrogate_init(&t->model, &t->features, s, options->deterministic));
    t->effort = (fid__effort){.n_sobol = (size_t)s->pool_sobol,
                              .n_local = (size_t)s->pool_local,
                              .n_starts = 1,
                              .pull = s->pull};
    FID_TRY(fid__search_init(&t->search, &t->features, &t->effort));
    t->ld = fid_pad(t->search.cap);
    t->anchors = fid_alloc(N_ANCHORS, t->dim * sizeof(double));
    t->pool = fid_alloc(t->ld, (t->width + 2 + 2 * t->ld + FID_PANEL) * sizeof(double));
    if (!t->anchors || !t->pool)
        return FID_NOMEM;
    t->mean = t->pool + t->ld * t->width;
    t->draw = t->mean + t->ld;
    t->cov = t->draw + t->ld;
    t->factor = t->cov + t->ld * t->ld;
    t->panel = t->factor + t->ld * t->ld;
    return FID_OK;
}

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    thompson *t = fid_alloc(1, sizeof *t);
    ((thompson_state *)state)->t = t;
    if (!t)
        return fid_error_set(err, FID_NOMEM, "thompson_mf: out of memory");
    FID_TRY(fid__settings_read(&t->settings, options->model, err));
    t->space = space;
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
    t->rows = fid_alloc(n, (t->width + 2) * sizeof *t->rows);
    if (!t->index || !t->rows)
        return FID_NOMEM;
    t->z = t->rows + n * t->width;
    t->scale = t->z + n;
    t->cap = n;
    return FID_OK;
}

/* All trials, or the better half and a sample of the rest. */
static fid_status load(thompson *t, const fid_history *history)
{
    const fid__scores *s = &t->scores;
    size_t most = (size_t)t->settings.pool_data;
    FID_TRY(reserve(t, s->n + 1));
    t->n = s->n < most ? s->n : most;
    for (size_t i = 0; i < s->n; i++)
        t->index[i] = i;
    if (s->n > most)
        fid__thin(s->z, s->n, most, t->index);
    double least = HUGE_VAL;
    for (size_t i = 0; i < t->n; i++)
        least = fmin(least, s->noise[t->index[i]]);
    for (size_t i = 0; i < t->n; i++) {
        size_t from = t->index[i];
        t->z[i] = s->z[from];
        t->scale[i] = s->noise[from] / least;
        fid__features_of(&t->features, fid_history_point(history, s->trial[from]),
                         t->rows + i * t->width);
    }
    return FID_OK;
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
        fid__features_of(&t->features, fid_history_point(history, s->pending[k]), row);
        FID_TRY(need_work(t));
        fid_gp_predict(t->model.model, row, 1, &mean, NULL, t->work);
        fid_status status = fid_gp_append(t->model.model, row, mean, t->scale[0]);
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
    FID_TRY(fid__surrogate_fit(&t->model, t->rows, t->z, t->scale, t->n, memo, level));
    return imagine_pending(t, history);
}

/* Points of the best trials, best first. */
static size_t find_anchors(thompson *t, const fid_history *history)
{
    const fid__scores *s = &t->scores;
    size_t n = s->n < N_ANCHORS ? s->n : N_ANCHORS;
    for (size_t i = 0; i < s->n; i++)
        t->index[i] = i;
    for (size_t k = 0; k < n; k++) {
        size_t least = k;
        for (size_t i = k + 1; i < s->n; i++)
            if (s->z[t->index[i]] < s->z[t->index[least]])
                least = i;
        size_t pick = t->index[least];
        t->index[least] = t->index[k];
        t->index[k] = pick;
        memcpy(t->anchors + k * t->dim, fid_history_point(history, s->trial[pick]),
               t->dim * sizeof(double));
    }
    return n;
}

/* --- The suggestion. */

/* One joint draw of the posterior at the pool's points. */
static fid_status draw_pool(thompson *t, fid_rng *rng)
{
    size_t n = t->search.n;
    for (size_t i = 0; i < n; i++)
        fid__features_of(&t->features, t->search.points + i * t->dim,
                         t->pool + i * t->width);
    FID_TRY(fid_gp_predict_joint(t->model.model, t->pool, n, t->mean, t->cov));
    for (size_t i = n; i-- > 0;) /* rows to their places, last first */
        memmove(t->cov + i * t->ld, t->cov + i * n, n * sizeof *t->cov);
    double jitter;
    FID_TRY(fid_chol_factor(t->cov, n, t->ld, t->factor, &jitter, t->panel));
    memcpy(t->draw, t->mean, n * sizeof *t->draw);
    for (size_t i = 0; i < n; i++) {
        double e = fid_rng_normal(rng);
        for (size_t j = i; j < n; j++)
            t->draw[j] += t->factor[i * t->ld + j] * e;
    }
    return FID_OK;
}

/* The point of the pool with the least draw that was not proposed yet. */
static size_t pick_point(thompson *t, const fid_history *history)
{
    for (size_t tries = 0; tries < t->search.n; tries++) {
        size_t least = 0;
        for (size_t i = 1; i < t->search.n; i++)
            if (t->draw[i] < t->draw[least])
                least = i;
        const double *u = t->search.points + least * t->dim;
        if (!fid_history_find_point(history, u, NULL))
            return least;
        t->draw[least] = HUGE_VAL;
    }
    return 0;
}

static void explain(thompson *t, size_t pick, fid_suggestion *why)
{
    double var;
    fid_gp_predict(t->model.model, t->pool + pick * t->width, 1, &why->mean, &var,
                   t->work);
    why->sd = sqrt(var);
    why->acquisition = t->draw[pick];
    why->n_memo = fid__surrogate_memo_size(&t->model);
    fid__surrogate_memo(&t->model, why->memo);
}

static fid_status by_draw(thompson *t, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    FID_TRY(model_data(t, history, &why->level));
    size_t n_anchors = find_anchors(t, history);
    fid__search_candidates(&t->search, &t->effort, t->model.theta, t->anchors, n_anchors,
                           rng);
    FID_TRY(draw_pool(t, rng));
    size_t pick = pick_point(t, history);
    memcpy(u, t->search.points + pick * t->dim, t->dim * sizeof *u);
    explain(t, pick, why);
    return FID_OK;
}

/* A point without a model: of the design, or from what the user believes. */
static fid_status without_model(const thompson *t, const fid_history *history,
                                int32_t level, fid_rng *rng, double *u,
                                fid_suggestion *why)
{
    *why = fid__why("sobol");
    why->level = level;
    fid_sobol_point(t->seed, fid_history_n_trials(history), t->dim, u);
    fid_space_repair(t->space, rng, u);
    return fid__novel(t->space, history, rng, u);
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng, double *u,
                          fid_suggestion *why)
{
    thompson *t = ((thompson_state *)state)->t;
    if (t->dim == 0 || fid_history_n_trials(history) < t->n_initial ||
        fid_rng_uniform(rng) < t->settings.random_share)
        return without_model(t, history, 0, rng, u, why);
    FID_TRY(fid__score(&t->scores, history));
    if (t->scores.n < 3 || t->scores.flat)
        return without_model(t, history, LEVEL_SOBOL, rng, u, why);
    *why = fid__why("thompson");
    fid_status status = by_draw(t, history, rng, u, why);
    if (status == FID_NOT_PD)
        return without_model(t, history, LEVEL_SOBOL, rng, u, why);
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
