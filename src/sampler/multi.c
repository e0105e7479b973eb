/* A Gaussian process for every objective, every constraint and for whether trials fail.
 *
 * Several objectives: two suggestions in three look for the growth of the volume that the
 * feasible trials dominate (Daulton et al. 2020, Ament et al. 2023), which closes the gaps
 * of the front, one for the improvement of the largest objective under random weights
 * (Knowles 2006), which finds its ends; measured in benchmarks/LOG.md. One objective:
 * expected improvement. Each is weighed by the probability that all constraints hold and
 * nothing fails (Gardner et al. 2014); as long as nothing feasible is known, that is all
 * that counts. */
#include "sampler/multi.h"

#include "sampler/data.h"
#include "sampler/design.h"
#include "sampler/novel.h"
#include "sampler/outcomes.h"
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
};

enum { LEVEL_SOBOL = 4 }; /* rung of the ladder below those of the surrogate */

struct fid__multi {
    const fid_space *space;
    uint64_t seed;
    size_t dim, n_initial;
    fid__settings settings;
    fid__features features;
    fid__observations seen;
    fid__outcomes data;
    /* by target: of metrics, of failing, of a weighted sum */
    fid__surrogate model[FID__MOST_TARGETS];
    fid__limit limits[FID__MOST_TARGETS];
    fid__merit merit;
    fid__volume volume;
    fid__search search;
    fid__effort effort;
    size_t n_pending;        /* running trials that are imagined */
    bool hoped[PENDING_MAX]; /* to be feasible */
    double imagined[PENDING_MAX][FID_MAX_OBJECTIVES];
    double *known;           /* [known_cap][m] objectives of the feasible trials, first
                                those that ended, then those that are hoped to be */
    double *front, *scratch; /* [known_cap][m], [known_cap] */
    size_t n_known, known_cap;
    double *theta;           /* lengthscales of all models, averaged */
    double *found, *found_value, *anchors;
};

bool fid__multi_serves(const fid_outline *outline)
{
    fid__outcomes probe;
    fid__outcomes_init(&probe, outline);
    return probe.n_metrics > 1;
}

void fid__multi_destroy(fid__multi *s)
{
    if (!s)
        return;
    fid__search_deinit(&s->search);
    fid__merit_deinit(&s->merit);
    fid_front_destroy(s->volume.front);
    fid__volume_deinit(&s->volume);
    for (size_t k = 0; k < FID__MOST_TARGETS; k++)
        fid__surrogate_deinit(s->model + k);
    fid__outcomes_deinit(&s->data);
    fid__observations_deinit(&s->seen);
    fid__features_deinit(&s->features);
    free(s->known);
    free(s->found);
    free(s);
}

static fid_status prepare(fid__multi *s, const fid_sampler_options *options)
{
    const fid__settings *set = &s->settings;
    size_t n_metrics = s->data.n_metrics;
    FID_TRY(fid__features_init(&s->features, s->space, false));
    for (size_t k = 0; k < n_metrics + 2; k++)
        FID_TRY(fid__surrogate_init(s->model + k, &s->features, set,
                                    options->deterministic && k != n_metrics));
    FID_TRY(fid__merit_init(&s->merit, &s->features));
    FID_TRY(fid__volume_init(&s->volume, s->data.m, FID__MERIT_BATCH,
                             s->features.n_numeric));
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
    s->n_initial = options->n_initial ? options->n_initial : N_INITIAL;
    fid__outcomes_init(&s->data, outline);
    if (s->dim > 0 && prepare(s, options) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "bayes: out of memory");
    return FID_OK;
}

/* --- Models. Those of the metrics, and of failing where something failed, are fitted at
 * every suggestion and have a slot in the memo each as long as there is room. */

static size_t n_lasting(const fid__multi *s)
{
    return s->data.n_metrics + (s->data.n_bad > 0);
}

static size_t n_slots(const fid__multi *s)
{
    size_t room = FID_MAX_MEMO / fid__surrogate_memo_size(s->model);
    return room < n_lasting(s) ? room : n_lasting(s);
}

static size_t n_data(const fid__multi *s, size_t k)
{
    return s->data.n + (k == s->data.n_metrics ? s->data.n_bad : 0);
}

static fid_status fit(fid__multi *s, const fid_history *history, int32_t *level)
{
    size_t n_memo, size = fid__surrogate_memo_size(s->model);
    const double *memo = fid_history_memo(history, &n_memo);
    *level = 0;
    for (size_t k = 0; k < n_lasting(s); k++) {
        bool warm = (k + 1) * size <= n_memo && n_memo % size == 0;
        int32_t here;
        FID_TRY(fid__surrogate_fit(s->model + k, s->data.rows, fid__target(&s->data, k),
                                   NULL, n_data(s, k), warm ? memo + k * size : NULL,
                                   &here));
        *level = here > *level ? here : *level;
    }
    return FID_OK;
}

/* As for one metric: a chance of failing that is put up with. */
static double bearable(const fid__multi *s)
{
    double share = (double)s->data.n_bad / (double)(s->data.n + s->data.n_bad);
    return fmax(s->settings.failures, share);
}

static void set_merit(fid__multi *s)
{
    const fid__outcomes *d = &s->data;
    fid__merit *merit = &s->merit;
    for (size_t k = 0; k < d->m; k++)
        s->volume.objective[k] = s->model[k].model;
    for (size_t k = d->m; k < n_lasting(s); k++)
        s->limits[k - d->m] = (fid__limit){.gp = s->model[k].model,
                                           .bound = k < d->n_metrics ? 0 : bearable(s)};
    merit->volume = NULL;
    merit->objective = s->model[0].model;
    merit->limits = s->limits;
    merit->n_limits = n_lasting(s) - d->m;
    merit->belief = fid_space_has_prior(s->space)
                        ? s->settings.belief / (double)(d->n + d->n_bad)
                        : 0;
}

/* --- Running trials are believed to come out as the models predict. */

/* The row of the i-th of them. */
static const double *pending_row(fid__multi *s, const fid_history *history, size_t i)
{
    const fid__observations *seen = &s->seen;
    uint64_t trial = seen->pending[seen->n_pending - s->n_pending + i];
    fid__features_of(&s->features, fid_history_point(history, trial), s->merit.rows);
    return s->merit.rows;
}

static fid_status imagine(fid__multi *s, size_t k, const double *row, double *mean)
{
    fid_gp_predict(s->model[k].model, row, 1, mean, NULL, s->merit.work);
    fid_status status = fid_gp_append(s->model[k].model, row, *mean, 1);
    return status == FID_NOMEM ? status : FID_OK;
}

static fid_status imagine_pending(fid__multi *s, const fid_history *history)
{
    size_t m = s->data.m;
    s->n_pending = s->seen.n_pending < PENDING_MAX ? s->seen.n_pending : PENDING_MAX;
    for (size_t i = 0; i < s->n_pending; i++) {
        const double *row = pending_row(s, history, i);
        s->hoped[i] = true;
        for (size_t k = 0; k < n_lasting(s); k++) {
            double mean;
            FID_TRY(imagine(s, k, row, &mean));
            if (k < m)
                s->imagined[i][k] = mean;
            else if (mean > s->limits[k - m].bound)
                s->hoped[i] = false;
        }
        FID_TRY(fid__merit_fit_work(&s->merit));
    }
    return FID_OK;
}

/* --- What is to be improved on. */

/* What the trials came to, as seen or where that is noisy as believed. */
static const double *believed(fid__multi *s, size_t k)
{
    const fid_gp *model = s->model[k].model;
    if (!(fid_gp_noise(model) > 0.01 * fid_gp_variance(model)))
        return fid__target(&s->data, k);
    fid_gp_predict(model, s->data.rows, s->data.n, s->scratch, NULL, s->merit.work);
    return s->scratch;
}

static fid_status know_feasible(fid__multi *s)
{
    const fid__outcomes *d = &s->data;
    if (s->known_cap < d->cap + PENDING_MAX) {
        free(s->known);
        s->known_cap = d->cap + PENDING_MAX;
        s->known = fid_alloc(s->known_cap * (2 * d->m + 1), sizeof *s->known);
        if (!s->known)
            return FID_NOMEM;
    }
    s->front = s->known + s->known_cap * d->m;
    s->scratch = s->front + s->known_cap * d->m;
    for (size_t k = 0; k < d->m; k++) {
        const double *value = believed(s, k);
        for (size_t i = 0; i < d->n_feasible; i++)
            s->known[i * d->m + k] = value[d->feasible[i]];
    }
    s->n_known = d->n_feasible;
    for (size_t i = 0; i < s->n_pending; i++)
        if (s->hoped[i])
            memcpy(s->known + s->n_known++ * d->m, s->imagined[i], d->m * sizeof(double));
    return FID_OK;
}

static double least_known(const fid__multi *s)
{
    double least = HUGE_VAL;
    for (size_t i = 0; i < s->n_known; i++)
        least = fmin(least, s->known[i * s->data.m]);
    return least;
}

/* A tenth of its range behind the front's worst (Ishibuchi et al. 2018; BoTorch's rule);
 * of a front without range, behind the worst of all. */
static double usual_reference(const fid__multi *s, size_t k, size_t n_front)
{
    const fid__outcomes *d = &s->data;
    double best = HUGE_VAL, worst = -HUGE_VAL, worst_of_all = -HUGE_VAL;
    for (size_t i = 0; i < n_front; i++) {
        best = fmin(best, s->front[i * d->m + k]);
        worst = fmax(worst, s->front[i * d->m + k]);
    }
    for (size_t i = 0; i < d->n; i++)
        worst_of_all = fmax(worst_of_all, fid__target(d, k)[i]);
    worst = worst > best ? worst : worst_of_all;
    return worst + 0.1 * fmax(worst - best, 0.1);
}

/* Boxes grow with a power of the points, and so does the time of a suggestion: of large
 * fronts those that lie far apart count. */
static fid_status choose_front(fid__multi *s, size_t *n)
{
    static const size_t most[FID_MAX_OBJECTIVES + 1] = {0, 500, 500, 150, 50};
    fid__outcomes *d = &s->data;
    FID_TRY(fid__pareto_front(s->known, s->n_known, d->m, d->index, n));
    if (*n > most[d->m]) {
        *n = most[d->m];
        FID_TRY(fid__pareto_best(s->known, s->n_known, d->m, *n, d->index));
    }
    for (size_t i = 0; i < *n; i++)
        memcpy(s->front + i * d->m, s->known + d->index[i] * d->m, d->m * sizeof(double));
    return FID_OK;
}

static fid_status aim_at_volume(fid__multi *s)
{
    fid__outcomes *d = &s->data;
    size_t n_front;
    double ref[FID_MAX_OBJECTIVES];
    FID_TRY(choose_front(s, &n_front));
    for (size_t k = 0; k < d->m; k++)
        ref[k] = isnan(d->reference[k]) ? usual_reference(s, k, n_front)
                                        : d->reference[k];
    fid_front_destroy(s->volume.front);
    s->volume.front = NULL;
    s->merit.volume = &s->volume;
    return fid_front_create(&s->volume.front, s->front, n_front, d->m, ref);
}

/* The augmented Chebyshev norm of the objectives, each in units of its range, with weights
 * uniform on the simplex. */
static void weigh(fid__multi *s, fid_rng *rng, double *y)
{
    const fid__outcomes *d = &s->data;
    double weight[FID_MAX_OBJECTIVES], low[FID_MAX_OBJECTIVES], total = 0;
    for (size_t k = 0; k < d->m; k++)
        total += weight[k] = -log1p(-fid_rng_uniform(rng));
    for (size_t k = 0; k < d->m; k++) {
        const double *z = fid__target(d, k);
        double high = low[k] = z[0];
        for (size_t i = 1; i < d->n; i++) {
            low[k] = fmin(low[k], z[i]);
            high = fmax(high, z[i]);
        }
        weight[k] *= high > low[k] ? 1 / (total * (high - low[k])) : 0;
    }
    for (size_t i = 0; i < d->n; i++) {
        double most = 0, sum = 0;
        for (size_t k = 0; k < d->m; k++) {
            double t = weight[k] * (fid__target(d, k)[i] - low[k]);
            most = fmax(most, t);
            sum += t;
        }
        y[i] = most + 0.05 * sum;
    }
}

static fid_status aim_at_weighted(fid__multi *s, const fid_history *history, fid_rng *rng)
{
    fid__outcomes *d = &s->data;
    size_t k = d->n_metrics + 1;
    double *y = fid__target(d, k);
    int32_t level;
    weigh(s, rng, y);
    FID_TRY(fid_warp_outputs(FID_WARP_STANDARDISE, y, d->n, y));
    FID_TRY(fid__surrogate_fit(s->model + k, d->rows, y, NULL, d->n, NULL, &level));
    s->merit.objective = s->model[k].model;
    FID_TRY(fid__merit_fit_work(&s->merit));
    const double *value = believed(s, k);
    s->merit.best = HUGE_VAL;
    for (size_t i = 0; i < d->n_feasible; i++)
        s->merit.best = fmin(s->merit.best, value[d->feasible[i]]);
    for (size_t i = 0; i < s->n_pending; i++) {
        double mean;
        FID_TRY(imagine(s, k, pending_row(s, history, i), &mean));
        FID_TRY(fid__merit_fit_work(&s->merit));
        if (s->hoped[i])
            s->merit.best = fmin(s->merit.best, mean);
    }
    return FID_OK;
}

static bool is_reference_given(const fid__outcomes *d)
{
    for (size_t k = 0; k < d->m; k++)
        if (!isnan(d->reference[k]))
            return true;
    return false;
}

static fid_status aim(fid__multi *s, const fid_history *history, fid_rng *rng)
{
    const fid__outcomes *d = &s->data;
    FID_TRY(know_feasible(s));
    s->merit.kind = s->n_known ? FID__MERIT_EI : FID__MERIT_FEASIBLE;
    s->merit.best = least_known(s);
    if (d->m == 1 || s->n_known == 0)
        return FID_OK;
    bool at_volume = fid_history_n_trials(history) % 3 != 2 || is_reference_given(d);
    return at_volume ? aim_at_volume(s) : aim_at_weighted(s, history, rng);
}

/* Points of the best feasible trials, else of those that violate least. */
static fid_status find_anchors(fid__multi *s, const fid_history *history, size_t *n)
{
    const fid__outcomes *d = &s->data;
    size_t best[N_ANCHORS], total = d->n_feasible ? d->n_feasible : d->n;
    for (size_t i = 0; d->n_feasible == 0 && i < d->n; i++)
        s->scratch[i] = fid__violation(d, i);
    *n = total < N_ANCHORS ? total : N_ANCHORS;
    FID_TRY(fid__pareto_best(d->n_feasible ? s->known : s->scratch, total,
                             d->n_feasible ? d->m : 1, *n, best));
    for (size_t k = 0; k < *n; k++) {
        size_t i = d->n_feasible ? d->feasible[best[k]] : best[k];
        memcpy(s->anchors + k * s->dim, fid_history_point(history, d->trial[i]),
               s->dim * sizeof(double));
    }
    return FID_OK;
}

/* --- The suggestion. */

static void average_theta(fid__multi *s)
{
    for (size_t t = 0; t < s->model->n_theta; t++) {
        s->theta[t] = 0;
        for (size_t k = 0; k < n_lasting(s); k++)
            s->theta[t] += s->model[k].theta[t] / (double)n_lasting(s);
    }
}

/* Of one objective: several in turn, as without constraints. */
static fid_warp choose_warp(size_t turn)
{
    static const fid_warp in_turn[] = {FID_WARP_STANDARDISE, FID_WARP_POWER, FID_WARP_LOG};
    return in_turn[turn % (sizeof in_turn / sizeof *in_turn)];
}

static fid_status learn(fid__multi *s, const fid_history *history, fid_rng *rng,
                        int32_t *level)
{
    size_t turn = fid_history_n_trials(history);
    FID_TRY(fid__outcomes_load(&s->data, &s->seen, history, &s->features,
                               choose_warp(turn), (size_t)s->settings.model_max));
    FID_TRY(fit(s, history, level));
    set_merit(s);
    FID_TRY(fid__merit_fit_work(&s->merit));
    FID_TRY(imagine_pending(s, history));
    average_theta(s);
    return aim(s, history, rng);
}

static void explain(fid__multi *s, const double *u, double value, fid_suggestion *why)
{
    double *row = s->merit.rows, mean, var;
    const fid__outcomes *d = &s->data;
    const fid__data first = {.n = d->n, .y = d->y, .z = fid__target(d, 0)};
    fid__features_of(&s->features, u, row);
    fid_gp_predict(s->model[0].model, row, 1, &mean, &var, s->merit.work);
    why->mean = fid__data_unwarp(&first, mean);
    why->sd = 0.5 * (fid__data_unwarp(&first, mean + sqrt(var)) -
                     fid__data_unwarp(&first, mean - sqrt(var)));
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
        return fid__design(s->space, history, s->seed, 0, rng, u, why);
    FID_TRY(fid__observe(&s->seen, history, s->dim + 1));
    if (s->seen.n == 0)
        return fid__design(s->space, history, s->seed, LEVEL_SOBOL, rng, u, why);
    *why = fid__why("gp");
    fid_status status = learn(s, history, rng, &why->level);
    if (status == FID_NOT_PD)
        return fid__design(s->space, history, s->seed, LEVEL_SOBOL, rng, u, why);
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
