/* Which trial a model of all believes best. */
#include <fidelio/sampler.h>

#include "sampler/data.h"
#include "sampler/features.h"
#include "sampler/observations.h"
#include "sampler/surrogate.h"

#include <math.h>
#include <stdlib.h>

/* Of the variance: less noise than this does not change who is best. */
#define NOISE_THAT_COUNTS 0.01

typedef struct {
    fid__settings settings;
    fid__features features;
    fid__observations seen;
    fid__data data;
    fid__surrogate model;
    double *work;
} believer;

static fid_status fit(believer *b, const fid_space *space, const fid_history *history)
{
    const fid__data *d = &b->data;
    int32_t level;
    FID_TRY(fid__settings_read(&b->settings, NULL, NULL));
    FID_TRY(fid__features_init(&b->features, space, false));
    FID_TRY(fid__surrogate_init(&b->model, &b->features, &b->settings, false));
    fid__surrogate_expect_noise(&b->model);
    FID_TRY(fid__observe(&b->seen, history, b->features.dim + 1));
    if (b->seen.n == 0)
        return FID_NOT_FOUND;
    FID_TRY(fid__data_load(&b->data, &b->seen, history, &b->features, FID_WARP_STANDARDISE,
                           (size_t)b->settings.model_max));
    FID_TRY(fid__surrogate_fit(&b->model, d->rows, d->z, NULL, d->n, NULL, &level));
    b->work = fid_alloc(fid_gp_work(b->model.model), sizeof *b->work);
    return b->work ? FID_OK : FID_NOMEM;
}

static fid_status choose(believer *b, const fid_history *history, fid_belief *belief)
{
    const fid__data *d = &b->data;
    const fid_gp *gp = b->model.model;
    size_t best = d->n;
    double mean, var;
    belief->noisy = fid_gp_noise(gp) > NOISE_THAT_COUNTS * fid_gp_variance(gp);
    fid_gp_predict(gp, d->rows, d->n, d->scratch, NULL, b->work);
    const double *by = belief->noisy ? d->scratch : d->z;
    for (size_t i = 0; i < d->n; i++)
        if ((best == d->n || by[i] < by[best]) &&
            fid_history_is_feasible(history, d->trial[i]))
            best = i;
    if (best == d->n)
        return FID_NOT_FOUND;
    fid_gp_predict(gp, d->rows + best * b->model.width, 1, &mean, &var, b->work);
    belief->trial = d->trial[best];
    belief->loss = fid__data_unwarp(d, mean);
    belief->sd = 0.5 * (fid__data_unwarp(d, mean + sqrt(var)) -
                        fid__data_unwarp(d, mean - sqrt(var)));
    return FID_OK;
}

fid_status fid_believed_best(const fid_space *space, const fid_history *history,
                             fid_belief *belief)
{
    believer b = {0};
    fid_status status = fit(&b, space, history);
    if (status == FID_OK)
        status = choose(&b, history, belief);
    fid__surrogate_deinit(&b.model);
    fid__data_deinit(&b.data);
    fid__observations_deinit(&b.seen);
    fid__features_deinit(&b.features);
    free(b.work);
    return status;
}
