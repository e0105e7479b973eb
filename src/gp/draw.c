#include "gp/model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* g(x) = sum_f amplitude_f cos(2 pi (frequency_f . x + phase_f)): with frequencies from
 * the kernel's spectrum, Rayleigh amplitudes and uniform phases, g is a draw of the
 * prior, up to the number of features. A level of a Hamming column is a coordinate of its
 * own (one-hot, over sqrt 2: two levels are 1 apart). */
struct fid_gp_draw {
    const fid_gp *gp;
    size_t n_features, ld;
    fid_rng rng;        /* for levels met for the first time */
    double *frequency;  /* [n_numeric][ld], in turns */
    double *stretch;    /* [ld] what makes normal frequencies those of the kernel */
    double *phase, *amplitude, *turn; /* [ld], in turns; scratch */
    double *level;      /* [n_levels][ld] */
    size_t *level_of;   /* [n_levels][2]: Hamming column, level + 1 */
    size_t n_levels, level_cap, level_of_cap;
    double *weight;     /* [gp->n] K^-1 (y - g(X) - e - mean) */
    double *row, *slope; /* [gp->ld] scratch */
    double *ripple;     /* [ld] scratch */
    double mean;
};

void fid_gp_draw_destroy(fid_gp_draw *draw)
{
    if (!draw)
        return;
    free(draw->frequency);
    free(draw->level);
    free(draw->level_of);
    free(draw->weight);
    free(draw);
}

/* A Matern kernel of order nu is a Gaussian mixture of RBF kernels: its spectrum is a
 * multivariate t of 2 nu degrees of freedom. */
static double draw_stretch(fid_kernel kernel, fid_rng *rng)
{
    int freedom = kernel == FID_KERNEL_MATERN52 ? 5 : 3;
    if (kernel == FID_KERNEL_RBF)
        return 1;
    double square = 0;
    for (int k = 0; k < freedom; k++) {
        double z = fid_rng_normal(rng);
        square += z * z;
    }
    return sqrt(freedom / square);
}

static void draw_prior(fid_gp_draw *draw, fid_rng *rng)
{
    const fid_gp *gp = draw->gp;
    const double turns = 0.15915494309189533577; /* 1 / 2 pi */
    double scale = sqrt(gp->s2 / (double)draw->n_features);
    for (size_t f = 0; f < draw->n_features; f++) {
        draw->stretch[f] = turns * draw_stretch(gp->shape.kernel, rng);
        draw->phase[f] = fid_rng_uniform(rng);
        draw->amplitude[f] = scale * sqrt(-2 * log(fid_rng_uniform(rng)));
        for (size_t c = 0; c < gp->shape.n_numeric; c++)
            draw->frequency[c * draw->ld + f] =
                sqrt(gp->weight[c]) * draw->stretch[f] * fid_rng_normal(rng);
    }
    draw->rng = *rng;
    fid_rng_u64(rng); /* who draws on does not draw the same */
}

/* Frequencies of a level, drawn when it is first met. */
static const double *level_row(fid_gp_draw *draw, size_t column, double value)
{
    const fid_gp *gp = draw->gp;
    size_t level = (size_t)(value + 1), k = 0, ld = draw->ld;
    while (k < draw->n_levels &&
           (draw->level_of[2 * k] != column || draw->level_of[2 * k + 1] != level))
        k++;
    if (k < draw->n_levels)
        return draw->level + k * ld;
    double *rows = fid_grow(draw->level, &draw->level_cap, (k + 1) * ld, sizeof *rows);
    if (!rows)
        return NULL;
    draw->level = rows;
    size_t *of =
        fid_grow(draw->level_of, &draw->level_of_cap, 2 * (k + 1), sizeof *of);
    if (!of)
        return NULL;
    draw->level_of = of;
    of[2 * k] = column;
    of[2 * k + 1] = level;
    double scale = sqrt(0.5 * gp->weight[gp->shape.n_numeric + column]);
    for (size_t f = 0; f < ld; f++)
        rows[k * ld + f] = f < draw->n_features ? scale * draw->stretch[f] *
                                                      fid_rng_normal(&draw->rng)
                                                : 0;
    draw->n_levels++;
    return rows + k * ld;
}

static fid_status prior_at(fid_gp_draw *draw, const double *x, double *value)
{
    const fid__gp_ops *ops = fid__gp_rows();
    const fid_gp *gp = draw->gp;
    size_t n = draw->n_features;
    memcpy(draw->turn, draw->phase, draw->ld * sizeof *draw->turn);
    for (size_t c = 0; c < gp->shape.n_numeric; c++)
        ops->gather(x[c], draw->frequency + c * draw->ld, n, draw->turn);
    for (size_t c = 0; c < gp->shape.n_hamming; c++) {
        const double *row = level_row(draw, c, x[gp->shape.n_numeric + c]);
        if (!row)
            return FID_NOMEM;
        ops->gather(1, row, n, draw->turn);
    }
    *value = ops->waves(draw->turn, draw->amplitude, n);
    return FID_OK;
}

/* The update from prior to posterior (Wilson et al. 2020, equation 13), with a constant
 * mean by generalised least squares on the drawn residuals. */
static fid_status condition(fid_gp_draw *draw, fid_rng *rng)
{
    const fid_gp *gp = draw->gp;
    size_t n = gp->n;
    double *v = draw->weight;
    for (size_t i = 0; i < n; i++) {
        double g;
        FID_TRY(prior_at(draw, gp->rows + i * gp->n_columns, &g));
        double noise = gp->noise * gp->scale[i] + gp->jitter * (gp->s2 + gp->noise);
        v[i] = gp->y[i] - g - sqrt(noise) * fid_rng_normal(rng);
    }
    fid_chol_lower(gp->chol, n, gp->ld, v);
    if (!gp->shape.zero_mean) { /* gp->ones: U^-T 1 */
        draw->mean = fid_dot(gp->ones, v, n) / fid_dot(gp->ones, gp->ones, n);
        for (size_t i = 0; i < n; i++)
            v[i] -= draw->mean * gp->ones[i];
    }
    fid_chol_upper(gp->chol, n, gp->ld, v);
    return FID_OK;
}

fid_status fid_gp_draw_create(fid_gp_draw **out, const fid_gp *gp, size_t n_features,
                              fid_rng *rng)
{
    assert(gp->conditioned && !gp->shape.oblique);
    size_t ld = (n_features + 7) / 8 * 8, d = gp->shape.n_numeric;
    fid_gp_draw *draw = *out = fid_alloc(1, sizeof *draw);
    if (!draw)
        return FID_NOMEM;
    draw->gp = gp;
    draw->n_features = n_features;
    draw->ld = ld;
    draw->frequency = fid_alloc((d + 5) * ld, sizeof(double));
    draw->weight = fid_alloc(3 * gp->ld, sizeof(double));
    fid_status status = draw->frequency && draw->weight ? FID_OK : FID_NOMEM;
    if (status == FID_OK) {
        draw->stretch = draw->frequency + d * ld;
        draw->phase = draw->stretch + ld;
        draw->amplitude = draw->phase + ld;
        draw->turn = draw->amplitude + ld;
        draw->ripple = draw->turn + ld;
        draw->row = draw->weight + gp->ld;
        draw->slope = draw->row + gp->ld;
        draw_prior(draw, rng);
        status = condition(draw, rng);
    }
    if (status != FID_OK) {
        fid_gp_draw_destroy(draw);
        *out = NULL;
    }
    return status;
}

/* Derivatives by the numeric columns where prior_at was just called and row and slope are
 * those of `at`; overwrites turn. */
static void slopes_at(fid_gp_draw *draw, const double *at, double *dvalue)
{
    const double full_turn = 6.28318530717958647692;
    const fid__gp_ops *ops = fid__gp_rows();
    const fid_gp *gp = draw->gp;
    double total = 0;
    for (size_t f = 0; f < draw->n_features; f++)
        draw->turn[f] += 0.25; /* -sin is cos a quarter later */
    for (size_t i = 0; i < gp->n; i++)
        total += draw->slope[i] *= draw->weight[i];
    for (size_t c = 0; c < gp->shape.n_numeric; c++) {
        const double *frequency = draw->frequency + c * draw->ld;
        for (size_t f = 0; f < draw->n_features; f++)
            draw->ripple[f] = full_turn * draw->amplitude[f] * frequency[f];
        double away = at[c] * total - fid_dot(draw->slope, gp->columns + c * gp->ld, gp->n);
        dvalue[c] = ops->waves(draw->turn, draw->ripple, draw->n_features) +
                    2 * gp->weight[c] * away;
    }
}

static fid_status draw_at(fid_gp_draw *draw, const double *x, size_t m, double *value,
                          double *dvalue)
{
    const fid__gp_ops *ops = fid__gp_rows();
    const fid_gp *gp = draw->gp;
    fid__columns data = fid__gp_columns(gp);
    for (size_t j = 0; j < m; j++) {
        const double *at = x + j * gp->n_columns;
        double g;
        FID_TRY(prior_at(draw, at, &g));
        ops->distance(&data, at, gp->n, draw->row);
        ops->kernel(gp->shape.kernel, gp->s2, draw->row, gp->n, draw->row,
                    dvalue ? draw->slope : NULL);
        value[j] = g + draw->mean + fid_dot(draw->row, draw->weight, gp->n);
        if (dvalue)
            slopes_at(draw, at, dvalue + j * gp->shape.n_numeric);
    }
    return FID_OK;
}

fid_status fid_gp_draw_at(fid_gp_draw *draw, const double *x, size_t m, double *value)
{
    return draw_at(draw, x, m, value, NULL);
}

fid_status fid_gp_draw_gradient(fid_gp_draw *draw, const double *x, size_t m, double *value,
                                double *dvalue)
{
    return draw_at(draw, x, m, value, dvalue);
}
