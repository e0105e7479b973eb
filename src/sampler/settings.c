#include "sampler/settings.h"

#include <string.h>

typedef struct {
    const char *key;
    double usual;
    size_t offset;
} setting;

#define SETTING(name, usual)                                                           \
    {                                                                                  \
        #name, usual, offsetof(fid__settings, name)                                    \
    }

static const setting table[] = {
    SETTING(n_initial, 7),       SETTING(steps, 4),
    SETTING(warp, -1),
    SETTING(kernel, 0),          SETTING(noise_mean, -8),
    SETTING(noise_precision, 0.25), SETTING(noise_low, -18),
    SETTING(n_sobol, 512),       SETTING(n_local, 192),
    SETTING(n_starts, 10),       SETTING(max_eval, 25),
    SETTING(pull, 1),
    SETTING(warm_eval, 12),      SETTING(cold_eval, 50),
    SETTING(growth, 0.02),       SETTING(fit_max, 300),
    SETTING(model_max, 1000),    SETTING(noticed, 0.01),
    SETTING(failures, 0.1),
    SETTING(belief, 10),         SETTING(kappa, 1.8),
    SETTING(share, 0.5),
    SETTING(quadratic, 3),       SETTING(quadratic_error, 0.6),
    SETTING(oblique, 2),         SETTING(oblique_from, 1),
    SETTING(oblique_sd, 0.3),       SETTING(oblique_gain, 0.6),
    SETTING(pool_sobol, 500),
    SETTING(pool_local, 300),    SETTING(rounds, 2),
    SETTING(n_features, 256),    SETTING(pool_data, 500),
    SETTING(level_mean, -2.5),   SETTING(level_precision, 1),
    SETTING(rank_noise_mean, -4), SETTING(rank_noise_precision, 1),
    SETTING(enough, 3),          SETTING(random_share, 0.1),
    SETTING(agreement, 0.8),     SETTING(agreement_weight, 8),
    SETTING(expense, 0.5),       SETTING(design_share, 0.25),
};

enum { N_SETTINGS = sizeof table / sizeof *table };

static double *field(fid__settings *settings, const setting *s)
{
    return (double *)((char *)settings + s->offset);
}

static fid_status read_one(fid__settings *settings, const char *text, size_t n,
                           fid_error *err)
{
    const char *equals = memchr(text, '=', n);
    size_t key = equals ? (size_t)(equals - text) : n;
    for (size_t k = 0; k < N_SETTINGS; k++) {
        if (strlen(table[k].key) != key || memcmp(table[k].key, text, key) != 0)
            continue;
        if (!equals || !fid_parse_double(equals + 1, n - key - 1, field(settings, table + k)))
            return fid_error_set(err, FID_INVALID, "bayes: %s needs a number",
                                 table[k].key);
        return FID_OK;
    }
    return fid_error_set(err, FID_INVALID, "bayes: unknown setting %.*s", (int)key, text);
}

fid_status fid__settings_read(fid__settings *settings, const char *text, fid_error *err)
{
    for (size_t k = 0; k < N_SETTINGS; k++)
        *field(settings, table + k) = table[k].usual;
    while (text && *text) {
        size_t n = strcspn(text, ",;");
        FID_TRY(read_one(settings, text, n, err));
        text += n + (text[n] != 0);
    }
    return FID_OK;
}
