#include "gp/model.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const fid__gp_ops *fid__gp_rows(void)
{
#if defined(__x86_64__)
    static _Atomic(const fid__gp_ops *) chosen;
    const fid__gp_ops *ops = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (ops)
        return ops;
    ops = &fid__gp_base;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        ops = &fid__gp_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        ops = &fid__gp_avx512;
    atomic_store_explicit(&chosen, ops, memory_order_relaxed);
    return ops;
#else
    return &fid__gp_base;
#endif
}

fid_status fid_gp_create(fid_gp **out, const fid_gp_shape *shape)
{
    *out = NULL;
    fid_gp *gp = fid_alloc(1, sizeof *gp);
    if (!gp)
        return FID_NOMEM;
    gp->shape = *shape;
    gp->n_columns = shape->n_numeric + shape->n_hamming;
    size_t d = gp->n_columns;
    gp->n_theta = shape->n_groups + 2 + (shape->oblique ? d * (d - 1) : 0);
    gp->mix = shape->oblique ? fid_alloc(d, d * sizeof *gp->mix) : NULL;
    gp->group = fid_alloc(gp->n_columns, sizeof *gp->group);
    gp->weight = fid_alloc(2 * gp->n_columns, sizeof *gp->weight);
    if (!gp->group || !gp->weight || (shape->oblique && !gp->mix)) {
        fid_gp_destroy(gp);
        return FID_NOMEM;
    }
    gp->spread = gp->weight + gp->n_columns;
    memcpy(gp->group, shape->group, gp->n_columns * sizeof *gp->group);
    gp->shape.group = gp->group;
    *out = gp;
    return FID_OK;
}

static void drop_matrices(fid_gp *gp)
{
    double **all[] = {&gp->block, &gp->chol, &gp->gram, &gp->slope, &gp->inverse};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        free(*all[k]);
        *all[k] = NULL;
    }
    gp->ld = gp->n = 0;
    gp->conditioned = false;
}

void fid_gp_destroy(fid_gp *gp)
{
    if (!gp)
        return;
    drop_matrices(gp);
    free(gp->weight);
    free(gp->mix);
    free(gp->group);
    free(gp);
}

fid_status fid__gp_reserve(fid_gp *gp, size_t n)
{
    /* A few free places: pending points are appended. */
    size_t ld = fid_pad(n + 8), d = gp->n_columns;
    if (ld <= gp->ld)
        return FID_OK;
    drop_matrices(gp);
    size_t vectors = 5 + 2 * d + FID_PANEL + (gp->shape.oblique ? 2 * d + 1 : 0);
    gp->block = fid_alloc(ld, vectors * sizeof(double));
    gp->chol = fid_alloc(ld, ld * sizeof(double));
    if (!gp->block || !gp->chol) {
        drop_matrices(gp);
        return FID_NOMEM;
    }
    gp->ld = ld;
    double *at = gp->block;
    double **part[] = {&gp->y, &gp->scale, &gp->alpha, &gp->ones, &gp->tmp};
    for (size_t k = 0; k < 5; k++, at += ld)
        *part[k] = at;
    gp->rows = at;
    gp->columns = at + d * ld;
    gp->panel = at + 2 * d * ld;
    gp->given = gp->panel + FID_PANEL * ld;
    gp->pulled = gp->given + d * ld;
    return FID_OK;
}

void fid__gp_mixed(const fid_gp *gp, const double *x, double *out, size_t stride)
{
    size_t d = gp->n_columns;
    for (size_t c = 0; c < d; c++)
        out[c * stride] = gp->shape.oblique ? 0 : x[c];
    for (size_t c = 0; gp->shape.oblique && c < d; c++)
        for (size_t k = 0; k < d; k++)
            out[c * stride] += gp->mix[c * d + k] * x[k];
}

void fid__gp_mix(fid_gp *gp)
{
    size_t d = gp->n_columns;
    for (size_t i = 0; i < gp->n; i++) {
        fid__gp_mixed(gp, gp->given + i * d, gp->rows + i * d, 1);
        for (size_t c = 0; c < d; c++)
            gp->columns[c * gp->ld + i] = gp->rows[i * d + c];
    }
}

static void load_mix(fid_gp *gp, const double *b)
{
    size_t d = gp->n_columns;
    for (size_t c = 0; c < d; c++)
        for (size_t k = 0; k < d; k++)
            gp->mix[c * d + k] = c == k ? 1 : *b++;
    fid__gp_mix(gp);
}

static void place(fid_gp *gp, size_t i, const double *x, double y, double scale)
{
    size_t d = gp->n_columns;
    memcpy((gp->shape.oblique ? gp->given : gp->rows) + i * d, x, d * sizeof *x);
    for (size_t c = 0; c < d; c++)
        gp->columns[c * gp->ld + i] = x[c];
    gp->y[i] = y;
    gp->scale[i] = scale;
}

fid_status fid_gp_set_data(fid_gp *gp, const double *x, const double *y,
                           const double *scale, size_t n)
{
    FID_TRY(fid__gp_reserve(gp, n));
    gp->n = n;
    gp->conditioned = false;
    for (size_t i = 0; i < n; i++)
        place(gp, i, x + i * gp->n_columns, y[i], scale ? scale[i] : 1);
    return FID_OK;
}

size_t fid_gp_n(const fid_gp *gp)
{
    return gp->n;
}

size_t fid_gp_n_theta(const fid_gp *gp)
{
    return gp->n_theta;
}

double fid_gp_mean(const fid_gp *gp)
{
    return gp->mean;
}

double fid_gp_variance(const fid_gp *gp)
{
    return gp->s2;
}

double fid_gp_noise(const fid_gp *gp)
{
    return gp->noise;
}

fid__columns fid__gp_columns(const fid_gp *gp)
{
    return (fid__columns){.x = gp->columns,
                          .ld = gp->ld,
                          .weight = gp->weight,
                          .n_numeric = gp->shape.n_numeric,
                          .n_hamming = gp->shape.n_hamming};
}

bool fid__gp_load_theta(fid_gp *gp, const double *theta)
{
    for (size_t k = 0; k < gp->n_theta; k++)
        if (!(fabs(theta[k]) < 300))
            return false;
    for (size_t c = 0; c < gp->n_columns; c++)
        gp->weight[c] = exp(theta[gp->group[c]]);
    if (gp->shape.oblique)
        load_mix(gp, theta + gp->shape.n_groups + 2);
    gp->s2 = exp(theta[gp->shape.n_groups]);
    gp->noise = exp(theta[gp->shape.n_groups + 1]);
    return true;
}

fid_status fid__gp_need_matrices(fid_gp *gp, bool for_gradient)
{
    size_t size = gp->ld * sizeof(double);
    if (!gp->gram)
        gp->gram = fid_alloc(gp->ld, size);
    if (for_gradient && !gp->slope)
        gp->slope = fid_alloc(gp->ld, size);
    if (for_gradient && !gp->inverse)
        gp->inverse = fid_alloc(gp->ld, size);
    bool ok = gp->gram && (!for_gradient || (gp->slope && gp->inverse));
    return ok ? FID_OK : FID_NOMEM;
}

void fid__gp_gram(fid_gp *gp, bool with_slope)
{
    const fid__gp_ops *ops = fid__gp_rows();
    for (size_t i = 0; i < gp->n; i++) {
        size_t from = i / 8 * 8;
        double *row = gp->gram + i * gp->ld + from;
        fid__columns to = fid__gp_columns(gp);
        to.x += from;
        ops->distance(&to, gp->rows + i * gp->n_columns, gp->n - from, row);
        ops->kernel(gp->shape.kernel, gp->s2, row, gp->n - from, row,
                    with_slope ? gp->slope + i * gp->ld + from : NULL);
        gp->gram[i * gp->ld + i] = gp->s2 + gp->noise * gp->scale[i];
    }
}

double fid__gp_solve(fid_gp *gp)
{
    size_t n = gp->n;
    gp->mean = 0;
    if (!gp->shape.zero_mean) {
        for (size_t i = 0; i < n; i++)
            gp->ones[i] = 1;
        fid_chol_lower(gp->chol, n, gp->ld, gp->ones);
        memcpy(gp->tmp, gp->y, n * sizeof(double));
        fid_chol_lower(gp->chol, n, gp->ld, gp->tmp);
        gp->mean = fid_dot(gp->ones, gp->tmp, n) / fid_dot(gp->ones, gp->ones, n);
    }
    for (size_t i = 0; i < n; i++)
        gp->alpha[i] = gp->y[i] - gp->mean;
    fid_chol_lower(gp->chol, n, gp->ld, gp->alpha);
    double fit = fid_dot(gp->alpha, gp->alpha, n);
    fid_chol_upper(gp->chol, n, gp->ld, gp->alpha);
    return fit;
}
