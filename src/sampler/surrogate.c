#include "sampler/surrogate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OBLIQUE 30

/* Lengthscales and variance as in Optuna, whatever the dimension: lengthscales that are
 * expected to grow with it (Hvarfner et al. 2024) lose from 20 dimensions on
 * (benchmarks/LOG.md). Of the noise see settings.h. */
static void set_prior(fid__surrogate *s, bool deterministic)
{
    const fid__settings *set = s->settings;
    size_t groups = s->groups;
    for (size_t k = 0; k < groups; k++)
        s->prior[k] = (fid_gp_penalty){
            .low = log(1e-4), .high = log(4e4), .recip = 0.1, .linear = 0.1};
    if (s->has_level)
        s->prior[groups - 1] = (fid_gp_penalty){.low = log(1e-4),
                                                .high = log(1e2),
                                                .mean = set->level_mean,
                                                .precision = set->level_precision};
    s->prior[groups] = (fid_gp_penalty){
        .low = log(1e-2), .high = log(1e2), .linear = 1, .log = -1};
    s->prior[groups + 1] = (fid_gp_penalty){.low = deterministic ? log(1e-6) : set->noise_low,
                                            .high = deterministic ? log(1e-6) : log(2),
                                            .mean = set->noise_mean,
                                            .precision = set->noise_precision};
    for (size_t k = groups + 2; k < s->n_theta; k++)
        s->prior[k] = (fid_gp_penalty){.low = -MOST_OBLIQUE,
                                       .high = MOST_OBLIQUE,
                                       .precision = 1 / (set->oblique_sd * set->oblique_sd)};
}

static fid_status init(fid__surrogate *s, const fid__features *features,
                       const fid__settings *settings, bool deterministic, bool oblique)
{
    s->settings = settings;
    s->has_level = features->has_level;
    s->width = fid__features_width(features);
    fid_gp_shape shape = {.kernel = (fid_kernel)settings->kernel,
                          .n_numeric = features->n_numeric,
                          .n_hamming = features->n_hamming,
                          .n_groups = features->n_groups,
                          .group = features->group,
                          .oblique = oblique};
    FID_TRY(fid_gp_create(&s->model, &shape));
    FID_TRY(fid_gp_create(&s->fitting, &shape));
    s->groups = features->n_groups;
    s->n_theta = fid_gp_n_theta(s->model);
    s->prior = fid_alloc(s->n_theta, sizeof *s->prior);
    s->theta = fid_alloc(2 * s->n_theta, sizeof *s->theta);
    s->rows = fid_alloc((size_t)settings->fit_max, (s->width + 2) * sizeof *s->rows);
    if (!s->prior || !s->theta || !s->rows)
        return FID_NOMEM;
    s->other = s->theta + s->n_theta;
    s->z = s->rows + (size_t)settings->fit_max * s->width;
    s->scale = s->z + (size_t)settings->fit_max;
    set_prior(s, deterministic);
    return FID_OK;
}

fid_status fid__surrogate_init(fid__surrogate *s, const fid__features *features,
                               const fid__settings *settings, bool deterministic)
{
    return init(s, features, settings, deterministic, false);
}

fid_status fid__surrogate_init_oblique(fid__surrogate *s, const fid__features *features,
                                       const fid__settings *settings, bool deterministic)
{
    return init(s, features, settings, deterministic, true);
}

void fid__surrogate_expect_noise(fid__surrogate *s)
{
    s->prior[s->groups + 1] = (fid_gp_penalty){
        .low = log(1e-4), .high = log(2), .mean = -4, .precision = 1};
}

void fid__surrogate_deinit(fid__surrogate *s)
{
    fid_gp_destroy(s->model);
    fid_gp_destroy(s->fitting);
    free(s->prior);
    free(s->theta);
    free(s->rows);
    free(s->index);
    memset(s, 0, sizeof *s);
}

static void default_theta(const fid__surrogate *s, double *theta)
{
    size_t groups = s->groups;
    for (size_t k = 0; k < groups; k++)
        theta[k] = 0;
    if (s->has_level)
        theta[groups - 1] = s->prior[groups - 1].mean;
    theta[groups] = 0;
    const fid_gp_penalty *noise = s->prior + groups + 1;
    theta[groups + 1] = fmax(noise->low, fmin(-5, noise->high));
    for (size_t k = groups + 2; k < s->n_theta; k++)
        theta[k] = 0;
}

void fid__thin(const double *values, size_t n, size_t m, size_t *index)
{
    fid_ranked *order = fid_alloc(n, sizeof *order);
    for (size_t i = 0; i < n; i++)
        index[i] = i; /* all that can be said without memory */
    if (!order)
        return;
    for (size_t i = 0; i < n; i++)
        order[i] = (fid_ranked){values[i], i};
    fid_rank(order, n);
    size_t half = m / 2, rest = m - half;
    for (size_t i = 0; i < half; i++)
        index[i] = order[i].index;
    for (size_t i = 0; i < rest; i++)
        index[half + i] = order[half + i * (n - half) / rest].index;
    free(order);
}

static fid_status load_fitting(fid__surrogate *s, const double *rows, const double *z,
                               const double *scale, size_t n)
{
    size_t most = (size_t)s->settings->fit_max;
    if (n <= most)
        return fid_gp_set_data(s->fitting, rows, z, scale, n);
    size_t *index = fid_grow(s->index, &s->index_cap, n, sizeof *index);
    if (!index)
        return FID_NOMEM;
    s->index = index;
    fid__thin(z, n, most, index);
    for (size_t i = 0; i < most; i++) {
        memcpy(s->rows + i * s->width, rows + index[i] * s->width, s->width * sizeof *rows);
        s->z[i] = z[index[i]];
        s->scale[i] = scale ? scale[index[i]] : 1;
    }
    return fid_gp_set_data(s->fitting, s->rows, s->z, s->scale, most);
}

/* Whether the data passed 5, 10, 20, .. since the last fit: time to look elsewhere. */
static bool doubled(const fid__surrogate *s, size_t n)
{
    for (size_t k = 5; k <= n; k *= 2)
        if (s->fitted_at < k)
            return true;
    return false;
}

static fid_status fit(fid__surrogate *s, size_t n, bool warm, int32_t *level)
{
    fid_gp_fit_result first = {.objective = HUGE_VAL}, second;
    fid_status status = FID_NOT_PD;
    if (warm)
        status = fid_gp_fit(s->fitting, s->prior, s->theta,
                            (size_t)s->settings->warm_eval, &first);
    if (warm && status == FID_OK && !doubled(s, n))
        return FID_OK;
    if (status == FID_NOMEM)
        return status;
    default_theta(s, s->other);
    fid_status again = fid_gp_fit(s->fitting, s->prior, s->other,
                                  (size_t)s->settings->cold_eval, &second);
    if (again == FID_OK && (status != FID_OK || second.objective < first.objective)) {
        memcpy(s->theta, s->other, s->n_theta * sizeof *s->theta);
        *level = warm && status != FID_OK ? FID__LEVEL_AFRESH : *level;
        status = FID_OK;
    }
    return status;
}

fid_status fid__surrogate_fit(fid__surrogate *s, const double *rows, const double *z,
                              const double *scale, size_t n, const double *memo, int32_t *level)
{
    *level = FID__LEVEL_WARM;
    s->fitted_at = memo ? (size_t)memo[0] : 0;
    if (memo)
        memcpy(s->theta, memo + 1, s->n_theta * sizeof *memo);
    double due = (double)s->fitted_at * (1 + s->settings->growth);
    if (!memo || (double)n >= fmax(due, 1) || n < s->fitted_at) {
        FID_TRY(load_fitting(s, rows, z, scale, n));
        fid_status status = fit(s, n, memo, level);
        if (status == FID_NOMEM)
            return status;
        if (status != FID_OK) {
            *level = FID__LEVEL_DEFAULT;
            default_theta(s, s->theta);
            s->theta[s->groups + 1] = log(1e-2);
        }
        s->fitted_at = n;
    }
    FID_TRY(fid_gp_set_data(s->model, rows, z, scale, n));
    fid_status status = fid_gp_condition(s->model, s->theta, NULL);
    if (status != FID_NOT_PD)
        return status;
    *level = FID__LEVEL_DEFAULT;
    default_theta(s, s->theta);
    s->theta[s->groups + 1] = log(1e-2);
    return fid_gp_condition(s->model, s->theta, NULL);
}

void fid__surrogate_begin(const fid__surrogate *s, const fid__surrogate *usual, double *memo)
{
    default_theta(s, memo + 1);
    memcpy(memo + 1, usual->theta, usual->n_theta * sizeof *memo);
    memo[0] = 1; /* long ago: time to fit */
}

fid_status fid__surrogate_density(const fid__surrogate *s, const double *z, size_t n,
                                  double *density)
{
    double *mean = fid_alloc(n, 2 * sizeof *mean);
    if (!mean)
        return FID_NOMEM;
    double *var = mean + n;
    fid_status status = fid_gp_loo(s->model, mean, var);
    *density = 0;
    for (size_t i = 0; status == FID_OK && i < n; i++) {
        double off = z[i] - mean[i];
        *density -= 0.5 * (log(2 * M_PI * var[i]) + off * off / var[i]) / (double)n;
    }
    free(mean);
    return status;
}

void fid__surrogate_scale(const fid__surrogate *s, double *scale)
{
    size_t groups = s->groups;
    memcpy(scale, s->theta, groups * sizeof *scale);
    for (size_t j = 0; s->n_theta > groups + 2 && j < groups; j++) {
        double sum = exp(s->theta[j]);
        const double *b = s->theta + groups + 2;
        for (size_t c = 0; c < groups; c++)
            for (size_t k = 0; k < groups; k++)
                if (k != c) {
                    sum += k == j ? exp(s->theta[c]) * *b * *b : 0;
                    b++;
                }
        scale[j] = log(sum);
    }
}

size_t fid__surrogate_memo_size(const fid__surrogate *s)
{
    return s->n_theta + 1;
}

void fid__surrogate_memo(const fid__surrogate *s, double *memo)
{
    memo[0] = (double)s->fitted_at;
    memcpy(memo + 1, s->theta, s->n_theta * sizeof *memo);
}
