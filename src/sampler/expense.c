#include "sampler/expense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST = 300,   /* the last trials that predict */
    FITTED = 64,  /* that hyperparameters are fitted on, afresh each time */
    FIT_EVAL = 20,
    ENOUGH = 5,
};

fid_status fid__expense_init(fid__expense *e, const fid__features *features,
                             const fid__settings *settings)
{
    e->features = features;
    e->settings = *settings;
    e->settings.fit_max = FITTED;
    e->settings.cold_eval = FIT_EVAL;
    e->width = fid__features_width(features);
    e->rows = fid_alloc(MOST, (e->width + 1) * sizeof *e->rows);
    if (!e->rows)
        return FID_NOMEM;
    e->z = e->rows + MOST * e->width;
    return fid__surrogate_init(&e->model, features, &e->settings, false);
}

void fid__expense_deinit(fid__expense *e)
{
    if (e->features)
        fid__surrogate_deinit(&e->model);
    free(e->rows);
    free(e->work);
    memset(e, 0, sizeof *e);
}

static size_t load(fid__expense *e, const fid_history *history)
{
    size_t n = 0;
    for (size_t k = fid_history_n_trials(history); k-- > 0 && n < MOST;) {
        const fid_trial *t = fid_history_trial(history, k);
        if (!(t->seconds > 0 && t->spent > 0))
            continue;
        double *row = e->rows + n * e->width;
        fid__features_of(e->features, fid_history_point(history, k), row);
        row[e->features->level_column] = 0;
        e->z[n++] = log(t->seconds / t->spent);
    }
    return n;
}

fid_status fid__expense_fit(fid__expense *e, const fid_history *history)
{
    int32_t level;
    size_t n = load(e, history);
    if (n < ENOUGH)
        return FID_NOT_FOUND;
    e->sd = fid_standardise(e->z, n);
    if (!(e->sd > 1e-3))
        return FID_NOT_FOUND;
    FID_TRY(fid__surrogate_fit(&e->model, e->rows, e->z, NULL, n, NULL, &level));
    size_t need = fid_gp_work(e->model.model);
    if (need <= e->work_size)
        return FID_OK;
    free(e->work);
    e->work = fid_alloc(need, sizeof *e->work);
    e->work_size = e->work ? need : 0;
    return e->work ? FID_OK : FID_NOMEM;
}

void fid__expense_at(fid__expense *e, const double *rows, size_t m, double *cost)
{
    fid_gp_predict(e->model.model, rows, m, cost, NULL, e->work);
    for (size_t i = 0; i < m; i++)
        cost[i] = exp(e->sd * cost[i]);
}
