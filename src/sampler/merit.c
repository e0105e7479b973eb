#include "sampler/merit.h"

#include <fidelio/acq.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BELIEF_STEP 1e-5
/* Any improvement however small is most probable beside the best: a probability is of one
 * that counts (Kushner 1964), targets having variance 1. */
#define PI_MARGIN 0.1

fid_status fid__merit_init(fid__merit *m, const fid__features *features)
{
    size_t width = fid__features_width(features), numeric = features->n_numeric;
    m->features = features;
    m->rows = fid_alloc(FID__MERIT_BATCH, (width + 3 * numeric + 2) * sizeof(double));
    if (!m->rows)
        return FID_NOMEM;
    m->mean = m->rows + FID__MERIT_BATCH * width;
    m->var = m->mean + FID__MERIT_BATCH;
    m->dmean = m->var + FID__MERIT_BATCH;
    m->dvar = m->dmean + FID__MERIT_BATCH * numeric;
    m->slope = m->dvar + FID__MERIT_BATCH * numeric;
    return FID_OK;
}

fid_status fid__merit_fit_work(fid__merit *m)
{
    size_t need = m->objective ? fid_gp_work(m->objective) : 0;
    for (size_t k = 0; k < m->n_limits; k++) {
        size_t work = fid_gp_work(m->limits[k].gp);
        need = need > work ? need : work;
    }
    if (need <= m->work_size)
        return FID_OK;
    free(m->work);
    m->work = fid_alloc(need, sizeof *m->work);
    m->work_size = m->work ? need : 0;
    return m->work ? FID_OK : FID_NOMEM;
}

void fid__merit_deinit(fid__merit *m)
{
    free(m->rows);
    free(m->work);
    memset(m, 0, sizeof *m);
}

static double acquisition(const fid__merit *m, double mean, double sd, double *d_mean,
                          double *d_sd)
{
    switch (m->kind) {
    case FID__MERIT_EI:
        return fid_log_ei(mean, sd, m->best, d_mean, d_sd);
    case FID__MERIT_PI:
        return fid_log_pi(mean, sd, m->best - PI_MARGIN, d_mean, d_sd);
    case FID__MERIT_UCB:
        return fid_ucb(mean, sd, m->kappa, d_mean, d_sd);
    case FID__MERIT_MES:
        return fid_log_mes(mean, sd, m->least, m->n_least, d_mean, d_sd);
    default:
        *d_mean = *d_sd = 0;
        return 0;
    }
}

static void predict(fid__merit *m, const fid_gp *gp, size_t n, bool gradient)
{
    if (gradient)
        fid_gp_predict_gradient(gp, m->rows, n, m->mean, m->var, m->dmean, m->dvar, m->work);
    else
        fid_gp_predict(gp, m->rows, n, m->mean, m->var, m->work);
}

/* slope (by columns of point i) += the chain rule through mean and sd */
static void chain(fid__merit *m, size_t i, double d_mean, double d_sd, double sd)
{
    size_t numeric = m->features->n_numeric;
    const double *dm = m->dmean + i * numeric, *dv = m->dvar + i * numeric;
    for (size_t c = 0; c < numeric; c++)
        m->slope[i * numeric + c] += d_mean * dm[c] + d_sd * dv[c] / (2 * sd);
}

/* The user's belief as one part in e^10 of nothing known: where it says "never" it can
 * be outvoted, and a wrong one is left behind after some tens of results. */
static double believed(const fid_space *space, const double *u)
{
    const double floor = -10;
    double log_prior = fid_space_log_prior(space, u);
    return fmax(log_prior, floor) + log1p(exp(-fabs(log_prior - floor)));
}

/* Its slope by differences: it is a smooth curve of each coordinate, and nothing hangs on
 * the last digits. */
static void add_belief(const fid__merit *m, const double *u, double *value, double *du)
{
    const fid__features *f = m->features;
    double *at = m->rows; /* no longer needed, and no narrower than a point */
    memcpy(at, u, f->dim * sizeof *u);
    *value += m->belief * believed(f->space, at);
    for (size_t j = 0; du && j < f->dim; j++) {
        if (!f->dims[j].has_prior || !f->dims[j].ordered)
            continue;
        double low = fmax(0, u[j] - BELIEF_STEP), high = fmin(1, u[j] + BELIEF_STEP);
        at[j] = high;
        double up = believed(f->space, at);
        at[j] = low;
        double down = believed(f->space, at);
        at[j] = u[j];
        du[j] += m->belief * (up - down) / (high - low);
    }
}

/* The only failure is that memory for a new level is short: then the point is no good. */
static void follow_draw(fid__merit *m, size_t n, double *value, bool gradient)
{
    size_t width = fid__features_width(m->features), numeric = m->features->n_numeric;
    for (size_t i = 0; i < n; i++) {
        const double *row = m->rows + i * width;
        fid_status status = gradient ? fid_gp_draw_gradient(m->draw, row, 1, value + i,
                                                            m->slope + i * numeric)
                                     : fid_gp_draw_at(m->draw, row, 1, value + i);
        value[i] = status == FID_OK ? -value[i] : -HUGE_VAL;
    }
    for (size_t k = 0; gradient && k < n * numeric; k++)
        m->slope[k] = -m->slope[k];
}

static void improve(fid__merit *m, size_t n, double *value, bool gradient)
{
    predict(m, m->objective, n, gradient);
    for (size_t i = 0; i < n; i++) {
        double d_mean, d_sd, sd = sqrt(m->var[i]);
        value[i] = acquisition(m, m->mean[i], sd, &d_mean, &d_sd);
        if (gradient)
            chain(m, i, d_mean, d_sd, sd);
    }
}

static void batch(fid__merit *m, const double *u, size_t n, double *value, double *du)
{
    const fid__features *f = m->features;
    size_t width = fid__features_width(f), dim = f->dim, numeric = f->n_numeric;
    for (size_t i = 0; i < n; i++) {
        fid__features_of(f, u + i * dim, m->rows + i * width);
        value[i] = 0;
    }
    if (du)
        memset(m->slope, 0, n * numeric * sizeof *m->slope);
    if (m->volume)
        fid__volume_add(m->volume, m->rows, n, value, du ? m->slope : NULL, m->work);
    else if (m->kind == FID__MERIT_DRAW)
        follow_draw(m, n, value, du);
    else if (m->kind != FID__MERIT_FEASIBLE)
        improve(m, n, value, du);
    for (size_t k = 0; k < m->n_limits; k++) {
        predict(m, m->limits[k].gp, n, du);
        for (size_t i = 0; i < n; i++) {
            double d_mean, d_sd, sd = sqrt(m->var[i]);
            value[i] += fid_log_pi(m->mean[i], sd, m->limits[k].bound, &d_mean, &d_sd);
            if (du)
                chain(m, i, d_mean, d_sd, sd);
        }
    }
    for (size_t i = 0; du && i < n; i++)
        fid__features_pull(f, u + i * dim, m->slope + i * numeric, du + i * dim);
    for (size_t i = 0; m->belief > 0 && i < n; i++)
        add_belief(m, u + i * dim, value + i, du ? du + i * dim : NULL);
}

void fid__merit_of(fid__merit *m, const double *u, size_t n, double *value, double *du)
{
    size_t dim = m->features->dim;
    for (size_t at = 0; at < n; at += FID__MERIT_BATCH) {
        size_t now = n - at < FID__MERIT_BATCH ? n - at : FID__MERIT_BATCH;
        batch(m, u + at * dim, now, value + at, du ? du + at * dim : NULL);
    }
}
