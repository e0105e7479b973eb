#include "gp/model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

fid_status fid_gp_condition(fid_gp *gp, const double *theta, double *jitter)
{
    gp->conditioned = false;
    if (!fid__gp_load_theta(gp, theta))
        return FID_NOT_PD;
    FID_TRY(fid__gp_need_matrices(gp, false));
    fid__gp_gram(gp, false);
    FID_TRY(fid_chol_factor(gp->gram, gp->n, gp->ld, gp->chol, &gp->jitter, gp->panel));
    fid__gp_solve(gp);
    if (jitter)
        *jitter = gp->jitter;
    gp->conditioned = true;
    return FID_OK;
}

void fid_gp_set_targets(fid_gp *gp, const double *y)
{
    memcpy(gp->y, y, gp->n * sizeof *y);
    if (gp->conditioned)
        fid__gp_solve(gp);
}

/* Move a conditioned model that is full into one with twice the room. */
static fid_status enlarge(fid_gp *gp)
{
    fid_gp *big;
    FID_TRY(fid_gp_create(&big, &gp->shape));
    fid_status status = fid__gp_reserve(big, 2 * gp->n);
    if (status == FID_OK)
        status = fid_gp_set_data(big, gp->shape.oblique ? gp->given : gp->rows, gp->y,
                                 gp->scale, gp->n);
    if (status == FID_OK) {
        for (size_t i = 0; i < gp->n; i++)
            memcpy(big->chol + i * big->ld, gp->chol + i * gp->ld,
                   gp->n * sizeof(double));
        memcpy(big->weight, gp->weight, gp->n_columns * sizeof(double));
        if (gp->shape.oblique) {
            memcpy(big->mix, gp->mix, gp->n_columns * gp->n_columns * sizeof(double));
            fid__gp_mix(big);
        }
        big->s2 = gp->s2;
        big->noise = gp->noise;
        big->jitter = gp->jitter;
        big->conditioned = true;
        fid_gp swap = *gp;
        *gp = *big;
        *big = swap;
    }
    fid_gp_destroy(big);
    return status;
}

fid_status fid_gp_append(fid_gp *gp, const double *x, double y, double scale)
{
    assert(gp->conditioned);
    size_t n = gp->n;
    if (n + 1 > gp->ld)
        FID_TRY(enlarge(gp));
    const fid__gp_ops *ops = fid__gp_rows();
    fid__columns to = fid__gp_columns(gp);
    if (gp->shape.oblique)
        memcpy(gp->given + n * gp->n_columns, x, gp->n_columns * sizeof *x);
    fid__gp_mixed(gp, x, gp->spread, 1);
    ops->distance(&to, gp->spread, n, gp->tmp);
    ops->kernel(gp->shape.kernel, gp->s2, gp->tmp, n, gp->tmp, NULL);
    gp->tmp[n] = gp->s2 + gp->noise * scale + gp->jitter * (gp->s2 + gp->noise);
    FID_TRY(fid_chol_append(gp->chol, n, gp->ld, gp->tmp));
    memcpy(gp->rows + n * gp->n_columns, gp->spread, gp->n_columns * sizeof *x);
    for (size_t c = 0; c < gp->n_columns; c++)
        gp->columns[c * gp->ld + n] = gp->spread[c];
    gp->y[n] = y;
    gp->scale[n] = scale;
    gp->n++;
    fid__gp_solve(gp);
    return FID_OK;
}

void fid_gp_truncate(fid_gp *gp, size_t n)
{
    assert(gp->conditioned && n >= 1 && n <= gp->n);
    gp->n = n;
    fid__gp_solve(gp);
}

/* `work` is: covariances, slopes, solves [n][FID_PANEL] each; then columns of the panel's
 * points and two gradients [n_columns][FID_PANEL] each; then four rows. */
size_t fid_gp_work(const fid_gp *gp)
{
    return (3 * gp->ld + 3 * gp->n_columns + 4) * FID_PANEL;
}

typedef struct {
    double *k, *slope, *solve, *x, *da, *db, *row;
    fid__columns points; /* the panel's points, feature-major */
} panel;

static panel split(const fid_gp *gp, double *work)
{
    size_t block = gp->ld * FID_PANEL, part = gp->n_columns * FID_PANEL;
    panel p = {.k = work, .slope = work + block, .solve = work + 2 * block};
    p.x = work + 3 * block;
    p.da = p.x + part;
    p.db = p.da + part;
    p.row = p.db + part;
    p.points = fid__gp_columns(gp);
    p.points.x = p.x;
    p.points.ld = FID_PANEL;
    return p;
}

/* Covariances of all data with up to FID_PANEL points, one datum a row. */
static void covariances(const fid_gp *gp, const double *x, size_t m, panel *p,
                        bool with_slope)
{
    const fid__gp_ops *ops = fid__gp_rows();
    size_t d = gp->n_columns, m8 = (m + 7) / 8 * 8;
    for (size_t j = 0; j < m8; j++)
        fid__gp_mixed(gp, x + (j < m ? j : 0) * d, p->x + j, FID_PANEL);
    for (size_t i = 0; i < gp->n; i++) {
        double *row = p->k + i * FID_PANEL;
        ops->distance(&p->points, gp->rows + i * d, m, row);
        ops->kernel(gp->shape.kernel, gp->s2, row, m, row,
                    with_slope ? p->slope + i * FID_PANEL : NULL);
        memset(row + m8, 0, (FID_PANEL - m8) * sizeof *row);
    }
}

static void predict_panel(const fid_gp *gp, size_t m, panel *p, double *mean, double *var)
{
    const fid__gp_ops *ops = fid__gp_rows();
    double *sum = p->row, *square = p->row + FID_PANEL;
    memset(sum, 0, 2 * FID_PANEL * sizeof *sum);
    for (size_t i = 0; i < gp->n; i++)
        ops->gather(gp->alpha[i], p->k + i * FID_PANEL, m, sum);
    for (size_t j = 0; j < m; j++)
        mean[j] = gp->mean + sum[j];
    if (!var)
        return;
    memcpy(p->solve, p->k, gp->n * FID_PANEL * sizeof *p->k);
    fid_chol_lower_panel(gp->chol, gp->n, gp->ld, p->solve);
    for (size_t i = 0; i < gp->n; i++)
        ops->squares(p->solve + i * FID_PANEL, m, square);
    for (size_t j = 0; j < m; j++)
        var[j] = fmax(gp->s2 - square[j], 1e-14 * gp->s2);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void fid_gp_predict(const fid_gp *gp, const double *x, size_t m, double *mean, double *var,
                    double *work)
{
    assert(gp->conditioned);
    panel p = split(gp, work);
    for (size_t at = 0; at < m; at += FID_PANEL) {
        size_t width = least(FID_PANEL, m - at);
        covariances(gp, x + at * gp->n_columns, width, &p, false);
        predict_panel(gp, width, &p, mean + at, var ? var + at : NULL);
    }
}

/* From derivatives by the mixed columns to those by the given ones. */
static void pull_back(const fid_gp *gp, const double *mixed, size_t m, double *out,
                      double factor)
{
    size_t d = gp->n_columns, m8 = (m + 7) / 8 * 8;
    memset(out, 0, m * d * sizeof *out);
    for (size_t c = 0; c < d; c++)
        for (size_t j = 0; j < m; j++) {
            double slope = factor * gp->weight[c] * mixed[c * m8 + j];
            for (size_t k = 0; k < d; k++)
                out[j * d + k] += slope * gp->mix[c * d + k];
        }
}

/* dmean/dx_c = sum_i alpha_i slope_i 2 L_c (x_c - x_ic); dvar/dx_c the same with
 * -2 (K^-1 k)_i in place of alpha_i. */
static void gradient_panel(const fid_gp *gp, size_t m, panel *p, double *dmean,
                           double *dvar)
{
    const fid__gp_ops *ops = fid__gp_rows();
    size_t d = gp->shape.n_numeric, m8 = (m + 7) / 8 * 8;
    double *a = p->row + 2 * FID_PANEL, *b = p->row + 3 * FID_PANEL;
    memset(p->da, 0, d * FID_PANEL * sizeof *p->da);
    memset(p->db, 0, d * FID_PANEL * sizeof *p->db);
    fid_chol_upper_panel(gp->chol, gp->n, gp->ld, p->solve);
    for (size_t i = 0; i < gp->n; i++) {
        const double *slope = p->slope + i * FID_PANEL, *q = p->solve + i * FID_PANEL;
        for (size_t j = 0; j < m8; j++) {
            a[j] = gp->alpha[i] * slope[j];
            b[j] = q[j] * slope[j];
        }
        ops->pull(&p->points, gp->rows + i * gp->n_columns, a, b, m, p->da, p->db);
    }
    if (gp->shape.oblique) {
        pull_back(gp, p->da, m, dmean, 2);
        pull_back(gp, p->db, m, dvar, -4);
        return;
    }
    for (size_t j = 0; j < m; j++)
        for (size_t c = 0; c < d; c++) {
            dmean[j * d + c] = 2 * gp->weight[c] * p->da[c * m8 + j];
            dvar[j * d + c] = -4 * gp->weight[c] * p->db[c * m8 + j];
        }
}

void fid_gp_predict_gradient(const fid_gp *gp, const double *x, size_t m, double *mean,
                             double *var, double *dmean, double *dvar, double *work)
{
    assert(gp->conditioned);
    panel p = split(gp, work);
    size_t d = gp->shape.n_numeric;
    for (size_t at = 0; at < m; at += FID_PANEL) {
        size_t width = least(FID_PANEL, m - at);
        covariances(gp, x + at * gp->n_columns, width, &p, true);
        predict_panel(gp, width, &p, mean + at, var + at);
        gradient_panel(gp, width, &p, dmean + at * d, dvar + at * d);
    }
}

fid_status fid_gp_predict_joint(const fid_gp *gp, const double *x, size_t m, double *mean,
                                double *cov)
{
    assert(gp->conditioned && !gp->shape.oblique);
    const fid__gp_ops *ops = fid__gp_rows();
    size_t n = gp->n, d = gp->n_columns, mld = (m + 7) / 8 * 8, ld = (n + 7) / 8 * 8;
    double *block = fid_alloc(d * mld + mld + m * ld, sizeof *block);
    if (!block)
        return FID_NOMEM;
    double *columns = block, *row = block + d * mld, *solved = row + mld;
    for (size_t c = 0; c < d; c++)
        for (size_t j = 0; j < m; j++)
            columns[c * mld + j] = x[j * d + c];
    fid__columns data = fid__gp_columns(gp), points = data;
    points.x = columns;
    points.ld = mld;
    for (size_t j = 0; j < m; j++) {
        double *k = solved + j * ld;
        ops->distance(&data, x + j * d, n, k);
        ops->kernel(gp->shape.kernel, gp->s2, k, n, k, NULL);
        mean[j] = gp->mean + fid_dot(k, gp->alpha, n);
        fid_chol_lower(gp->chol, n, gp->ld, k);
    }
    for (size_t i = 0; i < m; i++) {
        ops->distance(&points, x + i * d, m, row);
        ops->kernel(gp->shape.kernel, gp->s2, row, m, row, NULL);
        for (size_t j = 0; j < m; j++)
            cov[i * m + j] = row[j] - fid_dot(solved + i * ld, solved + j * ld, n);
    }
    free(block);
    return FID_OK;
}

fid_status fid_gp_loo(const fid_gp *gp, double *mean, double *var)
{
    assert(gp->conditioned);
    size_t n = gp->n, ld = gp->ld;
    double *block = fid_alloc(2 * n + FID_PANEL, ld * sizeof *block);
    if (!block)
        return FID_NOMEM;
    double *inverse = block, *scratch = block + n * ld, *work = scratch + n * ld;
    fid_chol_inverse(gp->chol, n, ld, inverse, scratch, work);
    for (size_t i = 0; i < n; i++) {
        var[i] = 1 / inverse[i * ld + i];
        mean[i] = gp->y[i] - gp->alpha[i] * var[i];
    }
    free(block);
    return FID_OK;
}
