/* The Gaussian-process sampler: a scrambled Sobol design, then at every suggestion a model
 * of all values so far and the point of largest expected improvement.
 *
 * All is computed afresh from the history; only hyperparameters walk from suggestion to
 * suggestion, through the memo. */
#include <fidelio/sampler.h>

#include "sampler/merit.h"
#include "sampler/multi.h"
#include "sampler/novel.h"
#include "sampler/observations.h"
#include "sampler/search.h"
#include "sampler/surrogate.h"
#include "sampler/why.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_FOUND = 16,     /* results of the search to take the first new one from */
    N_ANCHORS = 5,    /* best trials that the search looks around */
    PENDING_MAX = 64, /* running trials that the model imagines results for */
    BAD_MAX = 300,    /* failures that enter the model */
    PATIENCE = 1000,  /* illegal points of the design in a row before one is repaired */
};

/* Rungs of the ladder below those of the surrogate. */
enum { LEVEL_SOBOL = 4 };

typedef struct {
    const fid_space *space;
    uint64_t seed;
    size_t dim, width, n_initial;
    fid__settings settings;
    fid__features features;
    fid__observations seen;
    fid__surrogate objective;
    fid__merit merit;
    fid__search search;
    fid__effort effort;
    size_t n;              /* trials in the model, n_bad of them failures, the last */
    size_t n_bad, cap;
    uint64_t *trial;       /* [cap] */
    double *rows, *y, *z;  /* [cap][width], [cap], [cap] */
    size_t *index;         /* [cap] */
    double *found, *found_value, *anchors;
} bayes;

typedef struct {
    bayes *b;          /* a state of constant size */
    fid__multi *multi; /* does it all where there is more than one metric to learn */
} gp_state;

static void deinit(void *state)
{
    bayes *b = ((gp_state *)state)->b;
    fid__multi_destroy(((gp_state *)state)->multi);
    if (!b)
        return;
    fid__search_deinit(&b->search);
    fid__merit_deinit(&b->merit);
    fid__surrogate_deinit(&b->objective);
    fid__observations_deinit(&b->seen);
    fid__features_deinit(&b->features);
    free(b->trial);
    free(b->rows);
    free(b->index);
    free(b->found);
    free(b);
    ((gp_state *)state)->b = NULL;
}

static size_t usual_design(size_t dim)
{
    (void)dim;
    return 10;
}

static fid_status prepare(bayes *b, const fid_sampler_options *options)
{
    const fid__settings *s = &b->settings;
    FID_TRY(fid__features_init(&b->features, b->space, false));
    b->width = fid__features_width(&b->features);
    FID_TRY(fid__surrogate_init(&b->objective, &b->features, s, options->deterministic));
    FID_TRY(fid__merit_init(&b->merit, &b->features));
    b->effort = (fid__effort){.n_sobol = (size_t)s->n_sobol,
                              .n_local = (size_t)s->n_local,
                              .n_starts = (size_t)s->n_starts,
                              .max_eval = (size_t)s->max_eval,
                              .pull = s->pull};
    FID_TRY(fid__search_init(&b->search, &b->features, &b->effort));
    b->found = fid_alloc((N_FOUND + N_ANCHORS) * (b->dim + 1), sizeof *b->found);
    if (!b->found)
        return FID_NOMEM;
    b->found_value = b->found + N_FOUND * b->dim;
    b->anchors = b->found_value + N_FOUND;
    return FID_OK;
}

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    if (fid__multi_serves(outline))
        return fid__multi_create(&((gp_state *)state)->multi, space, outline, options, err);
    bayes *b = fid_alloc(1, sizeof *b);
    ((gp_state *)state)->b = b;
    if (!b)
        return fid_error_set(err, FID_NOMEM, "bayes: out of memory");
    FID_TRY(fid__settings_read(&b->settings, options->model, err));
    b->space = space;
    b->seed = options->seed;
    b->dim = fid_space_dim(space);
    b->n_initial = options->n_initial          ? options->n_initial
                   : b->settings.n_initial > 0 ? (size_t)b->settings.n_initial
                                               : usual_design(b->dim);
    if (b->dim > 0 && prepare(b, options) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "bayes: out of memory");
    return FID_OK;
}

/* --- Space-filling points: the design, and what is left when no model can be had. */

static fid_status fill_space(const bayes *b, const fid_history *history, int32_t level,
                             fid_rng *rng, double *u, fid_suggestion *why)
{
    *why = fid__why("sobol");
    why->level = level;
    uint64_t at = fid_history_n_trials(history);
    bool legal = false;
    for (int k = 0; k < PATIENCE && !legal; k++, at += 1 << 20) {
        fid_sobol_point(b->seed, at, b->dim, u);
        fid_space_snap(b->space, u);
        legal = fid_space_is_legal(b->space, u);
    }
    if (!legal)
        fid_space_repair(b->space, rng, u);
    return fid__novel(b->space, history, rng, u);
}

/* --- Data. */

static fid_status reserve(bayes *b, size_t n)
{
    if (n <= b->cap)
        return FID_OK;
    n += n / 2;
    free(b->trial);
    free(b->rows);
    free(b->index);
    b->cap = 0;
    b->trial = fid_alloc(n, sizeof *b->trial);
    b->rows = fid_alloc(n, (b->width + 2) * sizeof(double));
    b->index = fid_alloc(n, sizeof *b->index);
    if (!b->trial || !b->rows || !b->index)
        return FID_NOMEM;
    b->y = b->rows + n * b->width;
    b->z = b->y + n;
    b->cap = n;
    return FID_OK;
}

/* Which trials enter the model: all, or the better half and a sample of the rest. */
static void choose_trials(bayes *b)
{
    const fid__observations *seen = &b->seen;
    size_t most = (size_t)b->settings.model_max;
    for (size_t i = 0; i < seen->n; i++) {
        b->y[i] = seen->loss[i * seen->n_metrics];
        b->index[i] = i;
    }
    b->n = seen->n;
    if (seen->n > most) {
        fid__thin(b->y, seen->n, most, b->index);
        b->n = most;
    }
    for (size_t i = 0; i < b->n; i++) {
        b->trial[i] = seen->trial[b->index[i]];
        b->y[i] = seen->loss[b->index[i] * seen->n_metrics];
    }
}

/* Failures get a value somewhat worse than the worst. */
static void add_failures(bayes *b)
{
    const fid__observations *seen = &b->seen;
    double worst = b->z[0], best = b->z[0];
    for (size_t i = 1; i < b->n; i++) {
        worst = fmax(worst, b->z[i]);
        best = fmin(best, b->z[i]);
    }
    size_t skip = seen->n_bad > BAD_MAX ? seen->n_bad - BAD_MAX : 0;
    b->n_bad = seen->n_bad - skip;
    for (size_t i = 0; i < b->n_bad; i++, b->n++) {
        b->trial[b->n] = seen->bad[skip + i];
        b->z[b->n] = worst + 0.25 * (worst - best);
    }
}

/* No warp is best everywhere, and a model that is wrong about the scale stays wrong: the
 * suggestions take them in turn (measured in benchmarks/LOG.md). */
static fid_warp choose_warp(const bayes *b, size_t n_trials)
{
    static const fid_warp in_turn[] = {FID_WARP_STANDARDISE, FID_WARP_POWER, FID_WARP_LOG};
    if (b->settings.warp >= 0)
        return (fid_warp)b->settings.warp;
    return in_turn[n_trials % (sizeof in_turn / sizeof *in_turn)];
}

static fid_status load(bayes *b, const fid_history *history)
{
    const fid__observations *seen = &b->seen;
    FID_TRY(reserve(b, seen->n + BAD_MAX + 1));
    choose_trials(b);
    fid_warp warp = choose_warp(b, fid_history_n_trials(history));
    FID_TRY(fid_warp_outputs(warp, b->y, b->n, b->z));
    add_failures(b);
    for (size_t i = 0; i < b->n; i++)
        fid__features_of(&b->features, fid_history_point(history, b->trial[i]),
                         b->rows + i * b->width);
    return FID_OK;
}

/* Running trials are believed to come out as the model predicts. */
static fid_status imagine_pending(bayes *b, const fid_history *history)
{
    const fid__observations *seen = &b->seen;
    size_t from = seen->n_pending > PENDING_MAX ? seen->n_pending - PENDING_MAX : 0;
    double *row = b->merit.rows, mean;
    for (size_t k = from; k < seen->n_pending; k++) {
        fid__features_of(&b->features, fid_history_point(history, seen->pending[k]), row);
        fid_gp_predict(b->objective.model, row, 1, &mean, NULL, b->merit.work);
        fid_status status = fid_gp_append(b->objective.model, row, mean, 1);
        if (status == FID_NOMEM)
            return status;
        FID_TRY(fid__merit_fit_work(&b->merit));
    }
    return FID_OK;
}

/* What to improve on: the least value seen, or with noise the least that the model
 * believes of what was seen. */
static double incumbent_value(bayes *b)
{
    const fid_gp *model = b->objective.model;
    size_t n = b->n - b->n_bad;
    const double *value = b->z;
    if (fid_gp_noise(model) > 0.01 * fid_gp_variance(model)) {
        fid_gp_predict(model, b->rows, n, b->y, NULL, b->merit.work);
        value = b->y;
    }
    double least = value[0];
    for (size_t i = 1; i < n; i++)
        least = fmin(least, value[i]);
    return least;
}

/* Points of the best trials, best first. */
static size_t find_anchors(bayes *b, const fid_history *history)
{
    size_t n = b->n - b->n_bad, n_anchors = n < N_ANCHORS ? n : N_ANCHORS;
    for (size_t i = 0; i < n; i++)
        b->index[i] = i;
    for (size_t k = 0; k < n_anchors; k++) {
        size_t least = k;
        for (size_t i = k + 1; i < n; i++)
            if (b->z[b->index[i]] < b->z[b->index[least]])
                least = i;
        size_t pick = b->index[least];
        b->index[least] = b->index[k];
        b->index[k] = pick;
        memcpy(b->anchors + k * b->dim, fid_history_point(history, b->trial[pick]),
               b->dim * sizeof(double));
    }
    return n_anchors;
}

/* --- The suggestion. */

static fid_status model_data(bayes *b, const fid_history *history, int32_t *level)
{
    size_t n_memo;
    const double *memo = fid_history_memo(history, &n_memo);
    if (n_memo != fid__surrogate_memo_size(&b->objective))
        memo = NULL;
    FID_TRY(load(b, history));
    FID_TRY(fid__surrogate_fit(&b->objective, b->rows, b->z, NULL, b->n, memo, level));
    b->merit.objective = b->objective.model;
    FID_TRY(fid__merit_fit_work(&b->merit));
    b->merit.kind = FID__MERIT_EI;
    FID_TRY(imagine_pending(b, history));
    b->merit.best = incumbent_value(b);
    return FID_OK;
}

static void explain(bayes *b, const double *u, double value, fid_suggestion *why)
{
    double *row = b->merit.rows, var;
    fid__features_of(&b->features, u, row);
    fid_gp_predict(b->objective.model, row, 1, &why->mean, &var, b->merit.work);
    why->sd = sqrt(var);
    why->acquisition = value;
    why->n_memo = fid__surrogate_memo_size(&b->objective);
    fid__surrogate_memo(&b->objective, why->memo);
}

static bool is_flat(const bayes *b)
{
    const fid__observations *seen = &b->seen;
    for (size_t i = 1; i < seen->n; i++)
        if (seen->loss[i * seen->n_metrics] != seen->loss[0])
            return false;
    return true;
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng, double *u,
                          fid_suggestion *why)
{
    bayes *b = ((gp_state *)state)->b;
    if (!b)
        return fid__multi_suggest(((gp_state *)state)->multi, history, rng, u, why);
    if (b->dim == 0 || fid_history_n_trials(history) < b->n_initial)
        return fill_space(b, history, 0, rng, u, why);
    FID_TRY(fid__observe(&b->seen, history, b->dim + 1));
    if (is_flat(b))
        return fill_space(b, history, LEVEL_SOBOL, rng, u, why);
    *why = fid__why("gp");
    fid_status status = model_data(b, history, &why->level);
    if (status == FID_NOT_PD)
        return fill_space(b, history, LEVEL_SOBOL, rng, u, why);
    FID_TRY(status);
    size_t n_anchors = find_anchors(b, history);
    size_t n = fid__search_run(&b->search, &b->merit, &b->effort, b->objective.theta,
                               b->anchors, n_anchors, rng, b->found, b->found_value,
                               N_FOUND);
    size_t pick = 0;
    while (pick + 1 < n && fid_history_find_point(history, b->found + pick * b->dim, NULL))
        pick++;
    memcpy(u, b->found + pick * b->dim, b->dim * sizeof *u);
    explain(b, u, b->found_value[pick], why);
    return fid__novel(b->space, history, rng, u);
}

const fid_sampler_type fid_sampler_gp = {
    .name = "bayes",
    .summary = "a Gaussian process of all trials and the point of largest expected "
               "improvement",
    .state_size = sizeof(gp_state),
    .init = init,
    .suggest = suggest,
    .deinit = deinit,
};
