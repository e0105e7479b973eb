/* A Gaussian process for every objective, every constraint and for whether trials fail;
 * the next point is where the dominated volume (of one objective: the value) is expected
 * to grow most, weighed by the probability that all constraints hold and nothing fails.
 *
 * Objectives: Daulton et al. 2020, Ament et al. 2023; feasibility: Gardner et al. 2014.
 * As long as nothing feasible is known, feasibility is all that counts. */
#include "sampler/multi.h"

#include "sampler/novel.h"
#include "sampler/observations.h"
#include "sampler/pareto.h"
#include "sampler/search.h"
#include "sampler/surrogate.h"
#include "sampler/why.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_FOUND = 16,     /* results of the search to take the first new one from */
    N_ANCHORS = 5,    /* best trials that the search looks around */
    N_INITIAL = 10,
    PENDING_MAX = 64, /* running trials that the models imagine results for */
    BAD_MAX = 300,    /* failures that enter the model of failing */
    MOST_MODELS = FID_MAX_METRICS + 1,
};

enum { LEVEL_SOBOL = 4 }; /* rung of the ladder below those of the surrogate */

struct fid__multi {
    const fid_space *space;
    uint64_t seed;
    size_t dim, width, n_initial;
    size_t m, n_metrics; /* objectives; these and the constraints */
    double user_ref[FID_MAX_OBJECTIVES]; /* as a target; NaN = none given */
    double first_loss[2], first_z[2];    /* extreme values of objective 0 and their targets */
    fid__settings settings;
    fid__features features;
    fid__observations seen;
    fid__surrogate model[MOST_MODELS]; /* the last one: of failing */
    fid__limit limits[MOST_MODELS];
    fid__merit merit;
    fid__volume volume;
    fid__search search;
    fid__effort effort;
    size_t n, n_bad;   /* trials with values; failures, which follow in rows */
    size_t n_feasible, cap;
    uint64_t *trial;   /* [cap] */
    size_t *index, *feasible; /* [cap]; those of the n that keep all constraints */
    double *rows;      /* [cap][width] */
    double *z;         /* [MOST_MODELS][cap] targets */
    double *front;     /* [cap][m] what is known of the feasible ones */
    double *scratch;   /* [cap][m] */
    double *theta;     /* lengthscales of all models, averaged */
    double *found, *found_value, *anchors;
};

bool fid__multi_serves(const fid_outline *outline)
{
    bool limited = false;
    for (size_t m = outline->n_objectives; m < outline->n_metrics; m++)
        limited |= outline->metrics[m].goal == FID_GOAL_AT_MOST ||
                   outline->metrics[m].goal == FID_GOAL_AT_LEAST;
    return limited || outline->n_objectives > 1;
}

void fid__multi_destroy(fid__multi *s)
{
    if (!s)
        return;
    fid__search_deinit(&s->search);
    fid__merit_deinit(&s->merit);
    fid_front_destroy(s->volume.front);
    fid__volume_deinit(&s->volume);
    for (size_t k = 0; k < MOST_MODELS; k++)
        fid__surrogate_deinit(s->model + k);
    fid__observations_deinit(&s->seen);
    fid__features_deinit(&s->features);
    free(s->trial);
    free(s->index);
    free(s->rows);
    free(s->found);
    free(s);
}

static size_t count_metrics(const fid_outline *outline)
{
    size_t n = outline->n_objectives;
    for (size_t m = n; m < outline->n_metrics; m++)
        n += outline->metrics[m].goal == FID_GOAL_AT_MOST ||
             outline->metrics[m].goal == FID_GOAL_AT_LEAST;
    return n;
}

static fid_status prepare(fid__multi *s, const fid_sampler_options *options)
{
    const fid__settings *set = &s->settings;
    FID_TRY(fid__features_init(&s->features, s->space, false));
    s->width = fid__features_width(&s->features);
    for (size_t k = 0; k <= s->n_metrics; k++)
        FID_TRY(fid__surrogate_init(s->model + k, &s->features, set,
                                    options->deterministic && k < s->n_metrics));
    FID_TRY(fid__merit_init(&s->merit, &s->features));
    FID_TRY(fid__volume_init(&s->volume, s->m, FID__MERIT_BATCH, s->features.n_numeric));
    s->effort = (fid__effort){.n_sobol = (size_t)set->n_sobol,
                              .n_local = (size_t)set->n_local,
                              .n_starts = (size_t)set->n_starts,
                              .max_eval = (size_t)set->max_eval,
                              .pull = set->pull};
    FID_TRY(fid__search_init(&s->search, &s->features, &s->effort));
    s->found = fid_alloc((N_FOUND + N_ANCHORS) * s->dim + N_FOUND + s->model->n_theta,
                         sizeof *s->found);
    if (!s->found)
        return FID_NOMEM;
    s->found_value = s->found + N_FOUND * s->dim;
    s->anchors = s->found_value + N_FOUND;
    s->theta = s->anchors + N_ANCHORS * s->dim;
    return FID_OK;
}

fid_status fid__multi_create(fid__multi **out, const fid_space *space,
                             const fid_outline *outline,
                             const fid_sampler_options *options, fid_error *err)
{
    fid__multi *s = *out = fid_alloc(1, sizeof *s);
    if (!s)
        return fid_error_set(err, FID_NOMEM, "bayes: out of memory");
    FID_TRY(fid__settings_read(&s->settings, options->model, err));
    if (options->acquisition && strcmp(options->acquisition, "ei") != 0)
        return fid_error_set(err, FID_INVALID,
                             "bayes: with several metrics the acquisition is ei, not %s",
                             options->acquisition);
    s->space = space;
    s->seed = options->seed;
    s->dim = fid_space_dim(space);
    s->m = outline->n_objectives;
    s->n_metrics = count_metrics(outline);
    s->n_initial = options->n_initial ? options->n_initial
                   : s->settings.n_initial > 0 ? (size_t)s->settings.n_initial
                                               : N_INITIAL;
    if (s->dim > 0 && prepare(s, options) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "bayes: out of memory");
    return FID_OK;
}

/* The design, half of it where the user believes, and what is left when no model can be
 * had. */
static fid_status fill_space(const fid__multi *s, const fid_history *history,
                             int32_t level, fid_rng *rng, double *u, fid_suggestion *why)
{
    *why = fid__why("sobol");
    why->level = level;
    uint64_t at = fid_history_n_trials(history);
    if (level == 0 && at % 2 == 1 && fid_space_has_prior(s->space)) {
        why->model = "prior";
        fid_space_sample(s->space, rng, true, u);
    } else {
        fid_sobol_point(s->seed, at, s->dim, u);
        fid_space_repair(s->space, rng, u);
    }
    return fid__novel(s->space, history, rng, u);
}

/* --- Data. */

static fid_status reserve(fid__multi *s, size_t n)
{
    if (n <= s->cap)
        return FID_OK;
    n += n / 2;
    free(s->trial);
    free(s->index);
    free(s->rows);
    s->cap = 0;
    s->trial = fid_alloc(n, sizeof *s->trial);
    s->index = fid_alloc(n, 2 * sizeof *s->index);
    s->rows = fid_alloc(n, (s->width + MOST_MODELS + 2 * s->m) * sizeof *s->rows);
    if (!s->trial || !s->index || !s->rows)
        return FID_NOMEM;
    s->feasible = s->index + n;
    s->z = s->rows + n * s->width;
    s->front = s->z + n * MOST_MODELS;
    s->scratch = s->front + n * s->m;
    s->cap = n;
    return FID_OK;
}

static bool keeps_limits(const fid__multi *s, size_t i)
{
    const double *loss = s->seen.loss + i * s->n_metrics;
    for (size_t k = s->m; k < s->n_metrics; k++)
        if (loss[k] > 0)
            return false;
    return true;
}

/* index[0..k) of seen.n: the best feasible ones, at most k; how many. */
static fid_status choose_good(fid__multi *s, size_t *k)
{
    const fid__observations *seen = &s->seen;
    size_t n = 0;
    for (size_t i = 0; i < seen->n; i++)
        if (keeps_limits(s, i)) {
            memcpy(s->scratch + n * s->m, seen->loss + i * s->n_metrics,
                   s->m * sizeof(double));
            s->feasible[n++] = i;
        }
    *k = *k < n ? *k : n;
    FID_TRY(fid__pareto_best(s->scratch, n, s->m, *k, s->index));
    for (size_t i = 0; i < *k; i++)
        s->index[i] = s->feasible[s->index[i]];
    return FID_OK;
}

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Which trials enter the models, to index[0..n): all, or the best and of the others some
 * that lie evenly in time. */
static fid_status choose_trials(fid__multi *s)
{
    size_t n = s->seen.n, most = (size_t)s->settings.model_max, good = most / 2;
    s->n = n < most ? n : most;
    for (size_t i = 0; i < n; i++)
        s->index[i] = i;
    if (n <= most)
        return FID_OK;
    FID_TRY(choose_good(s, &good));
    qsort(s->index, good, sizeof *s->index, ascending);
    size_t rest = n - good, take = most - good, next = 0, seen = 0;
    for (size_t i = 0; i < n; i++) {
        if (next < good && s->index[next] == i) {
            next++;
            continue;
        }
        size_t slot = seen++ * take / rest;
        if (seen * take / rest > slot)
            s->index[good + slot] = i;
    }
    return FID_OK;
}

static double *targets(fid__multi *s, size_t k)
{
    return s->z + k * s->cap;
}

/* A constraint's values, 0 staying where it is: signed logarithms (Eriksson & Poloczek
 * 2021), so that far violations do not drown what is near the limit. */
static void warp_limit(double *z, size_t n)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        mean += fabs(z[i]) / (double)n;
    for (size_t i = 0; i < n; i++) {
        z[i] = mean > 0 ? copysign(log1p(fabs(z[i]) / mean), z[i]) : 0;
        square += z[i] * z[i] / (double)n;
    }
    for (size_t i = 0; i < n && square > 0; i++)
        z[i] /= sqrt(square);
}

static void extremes(const double *x, size_t n, double out[2])
{
    out[0] = out[1] = x[0];
    for (size_t i = 1; i < n; i++) {
        out[0] = fmin(out[0], x[i]);
        out[1] = fmax(out[1], x[i]);
    }
}

/* Other warps than this, which keeps volumes, were no better (benchmarks/LOG.md). A
 * reference that the user gave is warped with the values, as one of them. */
static fid_status warp(fid__multi *s, const fid_history *history)
{
    const fid_metric *metrics = fid_history_outline(history)->metrics;
    for (size_t k = 0; k < s->m; k++) {
        double *z = targets(s, k);
        bool given = s->m > 1 && metrics[k].has_reference;
        z[s->n] = given ? fid_history_sign(history, k) * metrics[k].reference : (double)NAN;
        if (k == 0)
            extremes(z, s->n, s->first_loss);
        FID_TRY(fid_warp_outputs(FID_WARP_STANDARDISE, z, s->n + given, z));
        if (k == 0)
            extremes(z, s->n, s->first_z);
        s->user_ref[k] = z[s->n];
    }
    for (size_t k = s->m; k < s->n_metrics; k++)
        warp_limit(targets(s, k), s->n);
    return FID_OK;
}

static fid_status load(fid__multi *s, const fid_history *history)
{
    const fid__observations *seen = &s->seen;
    FID_TRY(reserve(s, seen->n + BAD_MAX + 1));
    FID_TRY(choose_trials(s));
    size_t skip = seen->n_bad > BAD_MAX ? seen->n_bad - BAD_MAX : 0;
    s->n_bad = seen->n_bad - skip;
    for (size_t i = 0; i < s->n; i++) {
        s->trial[i] = seen->trial[s->index[i]];
        for (size_t k = 0; k < s->n_metrics; k++)
            targets(s, k)[i] = seen->loss[s->index[i] * s->n_metrics + k];
        targets(s, s->n_metrics)[i] = 0;
    }
    for (size_t i = 0; i < s->n_bad; i++) {
        s->trial[s->n + i] = seen->bad[skip + i];
        targets(s, s->n_metrics)[s->n + i] = 1;
    }
    for (size_t i = 0; i < s->n + s->n_bad; i++)
        fid__features_of(&s->features, fid_history_point(history, s->trial[i]),
                         s->rows + i * s->width);
    s->n_feasible = 0;
    for (size_t i = 0; i < s->n; i++)
        if (keeps_limits(s, s->index[i]))
            s->feasible[s->n_feasible++] = i;
    return warp(s, history);
}

/* --- Models. */

/* Models in use; each has a slot in the memo as long as there is room. */
static size_t n_models(const fid__multi *s)
{
    return s->n_metrics + (s->n_bad > 0);
}

static size_t n_slots(const fid__multi *s)
{
    size_t room = FID_MAX_MEMO / fid__surrogate_memo_size(s->model);
    return room < n_models(s) ? room : n_models(s);
}

static fid_status fit(fid__multi *s, const fid_history *history, int32_t *level)
{
    size_t n_memo, size = fid__surrogate_memo_size(s->model);
    const double *memo = fid_history_memo(history, &n_memo);
    *level = 0;
    for (size_t k = 0; k < n_models(s); k++) {
        bool failing = k == s->n_metrics;
        bool warm = (k + 1) * size <= n_memo && n_memo % size == 0;
        int32_t here;
        FID_TRY(fid__surrogate_fit(s->model + k, s->rows, targets(s, k), NULL,
                                   s->n + (failing ? s->n_bad : 0),
                                   warm ? memo + k * size : NULL, &here));
        *level = here > *level ? here : *level;
    }
    return FID_OK;
}

/* As for one objective: a chance of failing that is put up with. */
static double bearable(const fid__multi *s)
{
    return fmax(s->settings.failures, (double)s->n_bad / (double)(s->n + s->n_bad));
}

static void set_merit(fid__multi *s)
{
    for (size_t k = 0; k < s->m; k++)
        s->volume.objective[k] = s->model[k].model;
    for (size_t k = s->m; k < n_models(s); k++)
        s->limits[k - s->m] = (fid__limit){.gp = s->model[k].model};
    if (s->n_bad > 0)
        s->limits[s->n_metrics - s->m].bound = bearable(s);
    s->merit.belief = fid_space_has_prior(s->space)
                          ? s->settings.belief / (double)(s->n + s->n_bad)
                          : 0;
    s->merit.limits = s->limits;
    s->merit.n_limits = n_models(s) - s->m;
    s->merit.objective = s->model[0].model;
}

/* Running trials are believed to come out as the models predict. */
static fid_status imagine_pending(fid__multi *s, const fid_history *history)
{
    const fid__observations *seen = &s->seen;
    size_t from = seen->n_pending > PENDING_MAX ? seen->n_pending - PENDING_MAX : 0;
    double *row = s->merit.rows, mean;
    for (size_t i = from; i < seen->n_pending; i++) {
        fid__features_of(&s->features, fid_history_point(history, seen->pending[i]), row);
        for (size_t k = 0; k < n_models(s); k++) {
            fid_gp_predict(s->model[k].model, row, 1, &mean, NULL, s->merit.work);
            if (fid_gp_append(s->model[k].model, row, mean, 1) == FID_NOMEM)
                return FID_NOMEM;
        }
        FID_TRY(fid__merit_fit_work(&s->merit));
    }
    return FID_OK;
}

/* --- What is to be improved on. */

/* Objectives of the feasible trials: as seen, or where that is noisy as believed. */
static void know_feasible(fid__multi *s)
{
    for (size_t k = 0; k < s->m; k++) {
        const fid_gp *model = s->model[k].model;
        const double *value = targets(s, k);
        if (fid_gp_noise(model) > 0.01 * fid_gp_variance(model)) {
            fid_gp_predict(model, s->rows, s->n, s->scratch, NULL, s->merit.work);
            value = s->scratch;
        }
        for (size_t i = 0; i < s->n_feasible; i++)
            s->front[i * s->m + k] = value[s->feasible[i]];
    }
}

/* The reference: what the user gave, else a tenth of its range behind the front's worst (Ishibuchi et al. 2018;
 * BoTorch's rule); of a front without range, behind the worst of all. */
static void choose_reference(const fid__multi *s, const size_t *front, size_t n_front,
                             double *ref)
{
    for (size_t k = 0; k < s->m; k++) {
        double best = HUGE_VAL, worst = -HUGE_VAL, worst_of_all = -HUGE_VAL;
        for (size_t i = 0; i < n_front; i++) {
            best = fmin(best, s->front[front[i] * s->m + k]);
            worst = fmax(worst, s->front[front[i] * s->m + k]);
        }
        for (size_t i = 0; i < s->n; i++)
            worst_of_all = fmax(worst_of_all, s->z[k * s->cap + i]);
        if (!(worst > best)) {
            best = fmin(best, worst_of_all);
            worst = worst_of_all;
        }
        ref[k] = worst + 0.1 * fmax(worst - best, 0.1);
        if (!isnan(s->user_ref[k]))
            ref[k] = s->user_ref[k];
    }
}

static fid_status aim_at_volume(fid__multi *s)
{
    size_t n_front;
    double ref[FID_MAX_OBJECTIVES];
    FID_TRY(fid__pareto_front(s->front, s->n_feasible, s->m, s->index, &n_front));
    choose_reference(s, s->index, n_front, ref);
    fid_front_destroy(s->volume.front);
    s->volume.front = NULL;
    s->merit.volume = &s->volume;
    return fid_front_create(&s->volume.front, s->front, s->n_feasible, s->m, ref);
}

static fid_status aim(fid__multi *s)
{
    know_feasible(s);
    s->merit.volume = NULL;
    s->merit.kind = s->n_feasible ? FID__MERIT_EI : FID__MERIT_FEASIBLE;
    if (s->m > 1 && s->n_feasible > 0)
        return aim_at_volume(s);
    s->merit.best = HUGE_VAL;
    for (size_t i = 0; i < s->n_feasible; i++)
        s->merit.best = fmin(s->merit.best, s->front[i * s->m]);
    return FID_OK;
}

static double violation(fid__multi *s, size_t i)
{
    double sum = 0;
    for (size_t k = s->m; k < s->n_metrics; k++)
        sum += fmax(0, targets(s, k)[i]);
    return sum;
}

/* Points of the best feasible trials, else of those that violate least. */
static fid_status find_anchors(fid__multi *s, const fid_history *history, size_t *n)
{
    size_t best[N_ANCHORS];
    size_t total = s->n_feasible ? s->n_feasible : s->n;
    for (size_t i = 0; s->n_feasible == 0 && i < s->n; i++)
        s->scratch[i] = violation(s, i);
    *n = total < N_ANCHORS ? total : N_ANCHORS;
    FID_TRY(fid__pareto_best(s->n_feasible ? s->front : s->scratch, total,
                             s->n_feasible ? s->m : 1, *n, best));
    for (size_t k = 0; k < *n; k++) {
        size_t i = s->n_feasible ? s->feasible[best[k]] : best[k];
        memcpy(s->anchors + k * s->dim, fid_history_point(history, s->trial[i]),
               s->dim * sizeof(double));
    }
    return FID_OK;
}

/* --- The suggestion. */

static void average_theta(fid__multi *s)
{
    for (size_t t = 0; t < s->model->n_theta; t++) {
        s->theta[t] = 0;
        for (size_t k = 0; k < n_models(s); k++)
            s->theta[t] += s->model[k].theta[t] / (double)n_models(s);
    }
}

static fid_status learn(fid__multi *s, const fid_history *history, int32_t *level)
{
    FID_TRY(load(s, history));
    FID_TRY(fit(s, history, level));
    set_merit(s);
    FID_TRY(fid__merit_fit_work(&s->merit));
    FID_TRY(aim(s));
    average_theta(s);
    return imagine_pending(s, history);
}

static void explain(fid__multi *s, const double *u, double value, fid_suggestion *why)
{
    double *row = s->merit.rows, mean, var;
    fid__features_of(&s->features, u, row);
    fid_gp_predict(s->model[0].model, row, 1, &mean, &var, s->merit.work);
    double range = s->first_z[1] - s->first_z[0];
    double unit = range > 0 ? (s->first_loss[1] - s->first_loss[0]) / range : 0;
    why->mean = s->first_loss[0] + unit * (mean - s->first_z[0]);
    why->sd = unit * sqrt(var);
    why->acquisition = value;
    size_t size = fid__surrogate_memo_size(s->model);
    why->n_memo = n_slots(s) * size;
    for (size_t k = 0; k < n_slots(s); k++)
        fid__surrogate_memo(s->model + k, why->memo + k * size);
}

fid_status fid__multi_suggest(fid__multi *s, const fid_history *history, fid_rng *rng,
                              double *u, fid_suggestion *why)
{
    if (s->dim == 0 || fid_history_n_trials(history) < s->n_initial)
        return fill_space(s, history, 0, rng, u, why);
    FID_TRY(fid__observe(&s->seen, history, s->dim + 1));
    if (s->seen.n == 0)
        return fill_space(s, history, LEVEL_SOBOL, rng, u, why);
    *why = fid__why("gp");
    fid_status status = learn(s, history, &why->level);
    if (status == FID_NOT_PD)
        return fill_space(s, history, LEVEL_SOBOL, rng, u, why);
    FID_TRY(status);
    size_t n_anchors, pick = 0;
    FID_TRY(find_anchors(s, history, &n_anchors));
    size_t n = fid__search_run(&s->search, &s->merit, &s->effort, s->theta, s->anchors,
                               n_anchors, rng, s->found, s->found_value, N_FOUND);
    while (pick + 1 < n && fid_history_find_point(history, s->found + pick * s->dim, NULL))
        pick++;
    memcpy(u, s->found + pick * s->dim, s->dim * sizeof *u);
    explain(s, u, s->found_value[pick], why);
    return fid__novel(s->space, history, rng, u);
}
