#include "sampler/volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

fid_status fid__volume_init(fid__volume *v, size_t m, size_t batch, size_t n_numeric)
{
    *v = (fid__volume){.m = m, .batch = batch, .n_numeric = n_numeric};
    v->mean = fid_alloc(m * batch, (2 + 2 * n_numeric) * sizeof *v->mean);
    if (!v->mean)
        return FID_NOMEM;
    v->var = v->mean + m * batch;
    v->dmean = v->var + m * batch;
    v->dvar = v->dmean + m * batch * n_numeric;
    return FID_OK;
}

void fid__volume_deinit(fid__volume *v)
{
    free(v->mean);
    memset(v, 0, sizeof *v);
}

static void predict(fid__volume *v, const double *rows, size_t n, bool gradient,
                    double *work)
{
    for (size_t j = 0; j < v->m; j++) {
        size_t at = j * v->batch, wide = at * v->n_numeric;
        if (gradient)
            fid_gp_predict_gradient(v->objective[j], rows, n, v->mean + at, v->var + at,
                                    v->dmean + wide, v->dvar + wide, work);
        else
            fid_gp_predict(v->objective[j], rows, n, v->mean + at, v->var + at, work);
    }
}

/* slope += the chain rule through mean and sd of objective j at point i */
static void chain(const fid__volume *v, size_t j, size_t i, double d_mean, double d_sd,
                  double sd, double *slope)
{
    size_t wide = (j * v->batch + i) * v->n_numeric;
    const double *dm = v->dmean + wide, *dv = v->dvar + wide;
    for (size_t c = 0; c < v->n_numeric; c++)
        slope[c] += d_mean * dm[c] + d_sd * dv[c] / (2 * sd);
}

void fid__volume_add(fid__volume *v, const double *rows, size_t n, double *value,
                     double *slope, double *work)
{
    double mean[FID_MAX_OBJECTIVES], sd[FID_MAX_OBJECTIVES];
    double d_mean[FID_MAX_OBJECTIVES], d_sd[FID_MAX_OBJECTIVES];
    predict(v, rows, n, slope, work);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < v->m; j++) {
            mean[j] = v->mean[j * v->batch + i];
            sd[j] = sqrt(v->var[j * v->batch + i]);
        }
        value[i] += fid_log_ehvi(v->front, mean, sd, d_mean, d_sd);
        for (size_t j = 0; slope && j < v->m; j++)
            chain(v, j, i, d_mean[j], d_sd[j], sd[j], slope + i * v->n_numeric);
    }
}
