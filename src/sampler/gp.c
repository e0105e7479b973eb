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
#include "sampler/quadratic.h"
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
    fid__surrogate oblique; /* of the objective too, where it is of use */
    const fid__surrogate *used; /* one of the two */
    bool turns;             /* there is an oblique one */
    fid__surrogate failing; /* 0: has a value, 1: failed */
    fid__limit lives;       /* that it does not fail */
    bool drawn; /* the objective's values are not those that were seen */
    fid__merit merit;
    fid__search search;
    fid__effort effort;
    double *found, *found_value, *anchors, *scale;
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
    fid__surrogate_deinit(&b->oblique);
    fid__surrogate_deinit(&b->failing);
    fid__data_deinit(&b->data);
    fid__observations_deinit(&b->seen);
    fid__features_deinit(&b->features);
    free(b->found);
    free(b);
    ((gp_state *)state)->b = NULL;
}

/* Where the axes may be any, and its memo has room beside the others. */
static fid_status prepare_oblique(bayes *b, const fid_sampler_options *options)
{
    size_t n_theta = 2 + b->dim * b->dim;
    b->turns = b->by_steps && b->settings.oblique >= 1 &&
               n_theta + 1 + 2 * (b->dim + 3) <= FID_MAX_MEMO;
    if (!b->turns)
        return FID_OK;
    FID_TRY(fid__surrogate_init_oblique(&b->oblique, &b->features, &b->settings,
                                        options->deterministic));
    if (options->noisy)
        fid__surrogate_expect_noise(&b->oblique);
    return FID_OK;
}

static fid_status prepare(bayes *b, const fid_sampler_options *options)
{
    const fid__settings *s = &b->settings;
    FID_TRY(fid__features_init(&b->features, b->space, false));
    FID_TRY(fid__surrogate_init(&b->objective, &b->features, s, options->deterministic));
    if (options->noisy)
        fid__surrogate_expect_noise(&b->objective);
    FID_TRY(prepare_oblique(b, options));
    FID_TRY(fid__surrogate_init(&b->failing, &b->features, s, false));
    FID_TRY(fid__merit_init(&b->merit, &b->features));
    b->effort = (fid__effort){.n_sobol = (size_t)s->n_sobol,
                              .n_local = (size_t)s->n_local,
                              .n_starts = (size_t)s->n_starts,
                              .max_eval = (size_t)s->max_eval,
                              .pull = s->pull};
    FID_TRY(fid__search_init(&b->search, &b->features, &b->effort));
    b->found = fid_alloc((N_FOUND + N_ANCHORS) * (b->dim + 1) + b->features.n_groups,
                         sizeof *b->found);
    if (!b->found)
        return FID_NOMEM;
    b->found_value = b->found + N_FOUND * b->dim;
    b->anchors = b->found_value + N_FOUND;
    b->scale = b->anchors + N_ANCHORS * b->dim;
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

/* A memo is that of the objective, then that of failing where there is room, then that of
 * the oblique model where there is one; 0 stands first in what was not fitted yet. */
typedef enum { OBJECTIVE, FAILING, OBLIQUE, N_PARTS } part;

static size_t part_size(const bayes *b, part which)
{
    size_t size = fid__surrogate_memo_size(&b->objective);
    if (which == FAILING)
        return 2 * size <= FID_MAX_MEMO ? size : 0;
    if (which == OBLIQUE)
        return b->turns ? fid__surrogate_memo_size(&b->oblique) : 0;
    return size;
}

static size_t part_begin(const bayes *b, part which)
{
    size_t begin = 0;
    for (part p = OBJECTIVE; p < which; p++)
        begin += part_size(b, p);
    return begin;
}

static const double *remembered(const bayes *b, const fid_history *history, part which)
{
    size_t n_memo;
    const double *memo = fid_history_memo(history, &n_memo);
    if (n_memo != part_begin(b, N_PARTS) || part_size(b, which) == 0)
        return NULL;
    memo += part_begin(b, which);
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
                           remembered(b, history, FAILING), &level);
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
        fid_gp_predict(b->used->model, row, 1, &mean, NULL, b->merit.work);
        if (counts(b, fid_history_point(history, seen->pending[k])))
            b->merit.best = fmin(b->merit.best, mean);
        fid_status status = fid_gp_append(b->used->model, row, mean, 1);
        if (status == FID_NOMEM)
            return status;
        FID_TRY(fid__merit_fit_work(&b->merit));
    }
    return FID_OK;
}

static bool is_noisy(const bayes *b)
{
    const fid_gp *model = b->used->model;
    return fid_gp_noise(model) > b->settings.noticed * fid_gp_variance(model);
}

/* What was seen, without its noise: by turns what the model believes of it, and a draw of
 * that which the model takes for the truth (Letham et al. 2019, "Constrained Bayesian
 * optimization with noisy experiments", with one draw for a suggestion). */
static fid_status see_through_noise(bayes *b, const fid_history *history, fid_rng *rng,
                                    const double **value)
{
    fid_gp *model = b->used->model;
    const fid__data *d = &b->data;
    *value = d->z;
    if (!is_noisy(b))
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

static bool is_oblique_turn(const bayes *b, uint64_t n_trials)
{
    double numbers = 0.5 * (double)(b->dim * (b->dim + 1));
    return b->turns && n_trials % (uint64_t)b->settings.oblique == 0 &&
           (double)b->data.n >= b->settings.oblique_from * numbers &&
           b->data.n <= (size_t)b->settings.fit_max &&
           fid__acquisition_improves(&b->acquisition);
}

/* A valley across the axes takes a metric of its own. Its many numbers fit anything, so it
 * needs as many results, and to say of each, left out, more than the usual one does. */
static fid_status model_obliquely(bayes *b, const fid_history *history)
{
    const fid__data *d = &b->data;
    const double *memo = remembered(b, history, OBLIQUE);
    double begin[FID_MAX_MEMO], density, usual;
    int32_t level;
    if (!memo)
        fid__surrogate_begin(&b->oblique, &b->objective, begin);
    fid_status status = fid__surrogate_fit(&b->oblique, d->rows, d->z, NULL, d->n,
                                           memo ? memo : begin, &level);
    if (status != FID_OK)
        return status == FID_NOT_PD ? FID_OK : status; /* goes without */
    FID_TRY(fid__surrogate_density(&b->oblique, d->z, d->n, &density));
    FID_TRY(fid__surrogate_density(&b->objective, d->z, d->n, &usual));
    if (density - usual > b->settings.oblique_gain)
        b->used = &b->oblique;
    return FID_OK;
}

static fid_status model_data(bayes *b, const fid_history *history, fid_rng *rng,
                             int32_t *level)
{
    const fid__data *d = &b->data;
    const double *value;
    size_t n_trials = fid_history_n_trials(history);
    FID_TRY(fid__data_load(&b->data, &b->seen, history, &b->features,
                           choose_warp(b, n_trials), (size_t)b->settings.model_max));
    FID_TRY(fid__surrogate_fit(&b->objective, d->rows, d->z, NULL, d->n,
                               remembered(b, history, OBJECTIVE), level));
    b->used = &b->objective;
    if (is_oblique_turn(b, n_trials))
        FID_TRY(model_obliquely(b, history));
    b->merit.objective = b->used->model;
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
    const fid__surrogate *fitted[N_PARTS] = {&b->objective};
    if (b->merit.n_limits > 0)
        fitted[FAILING] = &b->failing;
    if (is_oblique_turn(b, fid_history_n_trials(history)))
        fitted[OBLIQUE] = &b->oblique;
    why->n_memo = part_begin(b, N_PARTS);
    for (part p = OBJECTIVE; p < N_PARTS; p++) {
        double *memo = why->memo + part_begin(b, p);
        const double *old = remembered(b, history, p);
        if (part_size(b, p) == 0)
            continue;
        memset(memo, 0, part_size(b, p) * sizeof *memo);
        if (fitted[p])
            fid__surrogate_memo(fitted[p], memo);
        else if (old)
            memcpy(memo, old, part_size(b, p) * sizeof *memo);
    }
}

static fid_status explain(bayes *b, const double *u, double value, fid_suggestion *why)
{
    double *row = b->merit.rows, mean, var;
    if (b->drawn) { /* back to what was seen */
        FID_TRY(fid_gp_set_data(b->used->model, b->data.rows, b->data.z, NULL, b->data.n));
        FID_TRY(fid_gp_condition(b->used->model, b->used->theta, NULL));
    }
    fid__features_of(&b->features, u, row);
    fid_gp_predict(b->used->model, row, 1, &mean, &var, b->merit.work);
    why->mean = fid__data_unwarp(&b->data, mean);
    why->sd = 0.5 * (fid__data_unwarp(&b->data, mean + sqrt(var)) -
                     fid__data_unwarp(&b->data, mean - sqrt(var)));
    why->acquisition = value;
    return FID_OK;
}

/* Running trials that are nearer than the best one ended were proposed for the same reason. */
static bool is_wanted(const bayes *b, const fid_history *history, const double *u)
{
    const fid__observations *seen = &b->seen;
    const double *best = fid_history_point(history, b->data.trial[b->data.index[0]]);
    double own = fid__squared_distance(u, best, b->dim);
    for (size_t k = 0; k < seen->n_pending; k++)
        if (fid__squared_distance(u, fid_history_point(history, seen->pending[k]), b->dim) < own)
            return false;
    return fid_space_is_legal(b->space, u) && !fid_history_find_point(history, u, NULL);
}

/* Every third suggestion is where a quadratic of the best trial's neighbours is least, as
 * long as that predicts them. data.index has the best trial first. */
static fid_status step(bayes *b, const fid_history *history, double *u, bool *stepped)
{
    const fid__settings *s = &b->settings;
    const fid__data *d = &b->data;
    double error;
    *stepped = false;
    if (!b->by_steps || s->quadratic < 1 || d->n < 3 * (b->dim + 1) || d->n_bad > 0 ||
        fid_history_n_trials(history) % (uint64_t)s->quadratic != 0 || is_noisy(b) ||
        !fid__acquisition_improves(&b->acquisition))
        return FID_OK;
    FID_TRY(fid__quadratic_step(d->rows, d->y, d->n, b->dim, u, &error));
    if (!(error < s->quadratic_error))
        return FID_OK;
    fid_space_snap(b->space, u);
    *stepped = is_wanted(b, history, u);
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
    bool stepped;
    FID_TRY(step(b, history, u, &stepped));
    if (stepped) {
        why->model = "quadratic";
        remember(b, history, why);
        return explain(b, u, NAN, why);
    }
    fid__surrogate_scale(b->used, b->scale);
    status = fid__acquisition_search(&b->acquisition, fid_history_n_trials(history),
                                     &b->search, &b->merit, &b->effort, b->scale,
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
