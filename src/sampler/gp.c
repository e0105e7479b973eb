/* The Gaussian-process sampler: a scrambled Sobol design, then at every suggestion a model
 * of all values so far and the point of largest expected improvement, or of another
 * acquisition that the user names.
 *
 * All is computed afresh from the history; only hyperparameters walk from suggestion to
 * suggestion, through the memo. */
#include <fidelio/sampler.h>

#include "sampler/acquisition.h"
#include "sampler/data.h"
#include "sampler/design.h"
#include "sampler/merit.h"
#include "sampler/multi.h"
#include "sampler/novel.h"
#include "sampler/observations.h"
#include "sampler/surrogate.h"
#include "sampler/why.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_FOUND = 16,     /* results of the search to take the first new one from */
    N_ANCHORS = 5,    /* best trials that the search looks around */
    PENDING_MAX = 64, /* running trials that the model imagines results for */
};

#define NOISE_OF_DRAW 1e-4 /* part of the variance */

/* Rungs of the ladder below those of the surrogate. */
enum { LEVEL_SOBOL = 4 };

typedef struct {
    const fid_space *space;
    uint64_t seed;
    size_t dim, n_initial;
    bool by_steps; /* the design */
    fid__acquisition acquisition;
    fid__settings settings;
    fid__features features;
    fid__observations seen;
    fid__data data;
    fid__surrogate objective;
    fid__surrogate failing; /* 0: has a value, 1: failed */
    fid__limit lives;       /* that it does not fail */
    bool drawn; /* the objective's values are not those that were seen */
    fid__merit merit;
    fid__search search;
    fid__effort effort;
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
    fid__surrogate_deinit(&b->failing);
    fid__data_deinit(&b->data);
    fid__observations_deinit(&b->seen);
    fid__features_deinit(&b->features);
    free(b->found);
    free(b);
    ((gp_state *)state)->b = NULL;
}

static fid_status prepare(bayes *b, const fid_sampler_options *options)
{
    const fid__settings *s = &b->settings;
    FID_TRY(fid__features_init(&b->features, b->space, false));
    FID_TRY(fid__surrogate_init(&b->objective, &b->features, s, options->deterministic));
    if (options->noisy)
        fid__surrogate_expect_noise(&b->objective);
    FID_TRY(fid__surrogate_init(&b->failing, &b->features, s, false));
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
    FID_TRY(fid__acquisition_read(&b->acquisition, options->acquisition, err));
    b->space = space;
    b->seed = options->seed;
    b->dim = fid_space_dim(space);
    b->by_steps = fid__steps_suit(space, (size_t)b->settings.steps);
    b->n_initial = options->n_initial ? options->n_initial
                   : b->by_steps      ? fid__design_steps(space)
                                      : (size_t)b->settings.n_initial;
    if (b->dim > 0 && prepare(b, options) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "bayes: out of memory");
    return FID_OK;
}

/* --- Models. */

/* No warp is best everywhere, and a model that is wrong about the scale stays wrong: the
 * suggestions take them in turn (measured in benchmarks/LOG.md). */
static fid_warp choose_warp(const bayes *b, size_t n_trials)
{
    static const fid_warp in_turn[] = {FID_WARP_STANDARDISE, FID_WARP_POWER, FID_WARP_LOG};
    if (b->settings.warp >= 0)
        return (fid_warp)b->settings.warp;
    return in_turn[n_trials % (sizeof in_turn / sizeof *in_turn)];
}

/* A memo is that of the objective, then that of failing where there is room. */
static bool remembers_failing(const bayes *b)
{
    return 2 * fid__surrogate_memo_size(&b->objective) <= FID_MAX_MEMO;
}

static const double *remembered(const bayes *b, const fid_history *history, bool failing)
{
    size_t n_memo, size = fid__surrogate_memo_size(&b->objective);
    const double *memo = fid_history_memo(history, &n_memo);
    if (n_memo != (remembers_failing(b) ? 2 : 1) * size || (failing && n_memo == size))
        return NULL;
    memo += failing ? size : 0;
    return memo[0] > 0 ? memo : NULL;
}

/* The chance of failing that is put up with grows where failures are common: they may
 * have nothing to do with the configuration. */
static fid_status model_failing(bayes *b, const fid_history *history)
{
    const fid__data *d = &b->data;
    int32_t level;
    fid_status status =
        fid__surrogate_fit(&b->failing, d->rows, d->label, NULL, d->n + d->n_bad,
                           remembered(b, history, true), &level);
    if (status != FID_OK)
        return status == FID_NOT_PD ? FID_OK : status; /* goes without */
    double share = (double)d->n_bad / (double)(d->n + d->n_bad);
    b->lives = (fid__limit){.gp = b->failing.model, .bound = fmax(b->settings.failures, share)};
    b->merit.limits = &b->lives;
    b->merit.n_limits = 1;
    return FID_OK;
}

/* While the search stays with a choice only what has it is improved on. */
static bool counts(const bayes *b, const double *u)
{
    return !b->effort.choice || fid__chooses(b->effort.choice, u);
}

/* Running trials are believed to come out as the model predicts, and the next one has to
 * improve on that too: else it repeats what is on its way. */
static fid_status imagine_pending(bayes *b, const fid_history *history)
{
    const fid__observations *seen = &b->seen;
    size_t from = seen->n_pending > PENDING_MAX ? seen->n_pending - PENDING_MAX : 0;
    double *row = b->merit.rows, mean;
    for (size_t k = from; k < seen->n_pending; k++) {
        fid__features_of(&b->features, fid_history_point(history, seen->pending[k]), row);
        fid_gp_predict(b->objective.model, row, 1, &mean, NULL, b->merit.work);
        if (counts(b, fid_history_point(history, seen->pending[k])))
            b->merit.best = fmin(b->merit.best, mean);
        fid_status status = fid_gp_append(b->objective.model, row, mean, 1);
        if (status == FID_NOMEM)
            return status;
        FID_TRY(fid__merit_fit_work(&b->merit));
    }
    return FID_OK;
}

/* What was seen, without its noise: by turns what the model believes of it, and a draw of
 * that which the model takes for the truth (Letham et al. 2019, "Constrained Bayesian
 * optimization with noisy experiments", with one draw for a suggestion). */
static fid_status see_through_noise(bayes *b, const fid_history *history, fid_rng *rng,
                                    const double **value)
{
    fid_gp *model = b->objective.model;
    const fid__data *d = &b->data;
    *value = d->z;
    if (fid_gp_noise(model) <= b->settings.noticed * fid_gp_variance(model))
        return FID_OK;
    *value = d->scratch;
    if (fid__acquisition_improves(&b->acquisition) && fid_history_n_trials(history) % 2 == 1) {
        fid_status status = fid_gp_draw_latent(model, NOISE_OF_DRAW, rng, d->scratch);
        b->drawn = status == FID_OK;
        if (status != FID_NOT_PD)
            return status;
    }
    fid_gp_predict(model, d->rows, d->n, d->scratch, NULL, b->merit.work);
    return FID_OK;
}

/* What to improve on: the least of these values. */
static double incumbent_value(const bayes *b, const fid_history *history,
                              const double *value)
{
    const fid__data *d = &b->data;
    double least = value[0], least_counted = HUGE_VAL;
    for (size_t i = 0; i < d->n; i++) {
        least = fmin(least, value[i]);
        if (counts(b, fid_history_point(history, d->trial[i])))
            least_counted = fmin(least_counted, value[i]);
    }
    return least_counted < HUGE_VAL ? least_counted : least;
}

/* Points of the best trials that count, best first. */
static size_t find_anchors(bayes *b, const fid_history *history)
{
    const fid__data *d = &b->data;
    size_t n = 0, most = d->n < N_ANCHORS || b->effort.choice ? d->n : N_ANCHORS;
    fid__data_best(d, most);
    for (size_t k = 0; k < most && n < N_ANCHORS; k++) {
        const double *u = fid_history_point(history, d->trial[d->index[k]]);
        if (counts(b, u))
            memcpy(b->anchors + n++ * b->dim, u, b->dim * sizeof *u);
    }
    return n;
}

/* --- The suggestion. */

static fid_status model_data(bayes *b, const fid_history *history, fid_rng *rng,
                             int32_t *level)
{
    const fid__data *d = &b->data;
    const double *value;
    size_t n_trials = fid_history_n_trials(history);
    FID_TRY(fid__data_load(&b->data, &b->seen, history, &b->features,
                           choose_warp(b, n_trials), (size_t)b->settings.model_max));
    FID_TRY(fid__surrogate_fit(&b->objective, d->rows, d->z, NULL, d->n,
                               remembered(b, history, false), level));
    b->merit.objective = b->objective.model;
    b->merit.kappa = b->settings.kappa;
    b->merit.n_limits = 0;
    if (d->n_bad > 0)
        FID_TRY(model_failing(b, history));
    FID_TRY(fid__merit_fit_work(&b->merit));
    b->drawn = false;
    FID_TRY(see_through_noise(b, history, rng, &value));
    b->merit.best = incumbent_value(b, history, value);
    FID_TRY(imagine_pending(b, history));
    b->merit.belief = fid_space_has_prior(b->space)
                          ? b->settings.belief / (double)(d->n + d->n_bad)
                          : 0;
    return FID_OK;
}

static void remember(const bayes *b, const fid_history *history, fid_suggestion *why)
{
    size_t size = fid__surrogate_memo_size(&b->objective);
    why->n_memo = size;
    fid__surrogate_memo(&b->objective, why->memo);
    if (!remembers_failing(b))
        return;
    why->n_memo = 2 * size;
    const double *old = remembered(b, history, true);
    if (b->merit.n_limits > 0)
        fid__surrogate_memo(&b->failing, why->memo + size);
    else if (old)
        memcpy(why->memo + size, old, size * sizeof *old);
    else
        memset(why->memo + size, 0, size * sizeof *why->memo);
}

static fid_status explain(bayes *b, const double *u, double value, fid_suggestion *why)
{
    double *row = b->merit.rows, mean, var;
    if (b->drawn) { /* back to what was seen */
        FID_TRY(fid_gp_set_data(b->objective.model, b->data.rows, b->data.z, NULL, b->data.n));
        FID_TRY(fid_gp_condition(b->objective.model, b->objective.theta, NULL));
    }
    fid__features_of(&b->features, u, row);
    fid_gp_predict(b->objective.model, row, 1, &mean, &var, b->merit.work);
    why->mean = fid__data_unwarp(&b->data, mean);
    why->sd = 0.5 * (fid__data_unwarp(&b->data, mean + sqrt(var)) -
                     fid__data_unwarp(&b->data, mean - sqrt(var)));
    why->acquisition = value;
    return FID_OK;
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
        return b->by_steps
                   ? fid__design_by_steps(b->space, history, b->seed, rng, u, why)
                   : fid__design(b->space, history, b->seed, 0, rng, u, why);
    FID_TRY(fid__observe(&b->seen, history, b->dim + 1));
    if (is_flat(b))
        return fid__design(b->space, history, b->seed, LEVEL_SOBOL, rng, u, why);
    *why = fid__why("gp");
    fid__choice choice;
    bool neglected;
    FID_TRY(fid__neglected(b->space, history, &b->seen, b->settings.share, rng,
                           &choice, &neglected));
    b->effort.choice = neglected ? &choice : NULL;
    fid_status status = model_data(b, history, rng, &why->level);
    if (status == FID_NOT_PD)
        return fid__design(b->space, history, b->seed, LEVEL_SOBOL, rng, u, why);
    FID_TRY(status);
    size_t n, n_anchors = find_anchors(b, history);
    status = fid__acquisition_search(&b->acquisition, fid_history_n_trials(history),
                                     &b->search, &b->merit, &b->effort, b->objective.theta,
                                     b->anchors, n_anchors, rng, b->found, b->found_value,
                                     N_FOUND, &n);
    if (status == FID_NOT_PD)
        return fid__design(b->space, history, b->seed, LEVEL_SOBOL, rng, u, why);
    FID_TRY(status);
    size_t pick = 0;
    while (pick + 1 < n && fid_history_find_point(history, b->found + pick * b->dim, NULL))
        pick++;
    memcpy(u, b->found + pick * b->dim, b->dim * sizeof *u);
    FID_TRY(explain(b, u, b->found_value[pick], why));
    remember(b, history, why);
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
