#include "gp/model.h"

#include <math.h>
#include <string.h>

/* dNLML/dB_ck = 2 L_c sum_{i<j} W_ij (x'_ic - x'_jc) (x_ik - x_jk) with x' mixed and x as
 * given, = 2 L_c sum_i x'_ic (x_ik sum_j W_ij - sum_j W_ij x_jk): the two sums over j are
 * gathered here, row by row of the upper triangle. */
static void gather_oblique(fid_gp *gp, size_t i, const double *w)
{
    size_t d = gp->n_columns, width = d + 1;
    const double *x = gp->given;
    double *own = gp->pulled + i * width;
    for (size_t j = i + 1; j < gp->n; j++) {
        double *other = gp->pulled + j * width;
        for (size_t c = 0; c < d; c++) {
            own[c] += w[j] * x[j * d + c];
            other[c] += w[j] * x[i * d + c];
        }
        own[d] += w[j];
        other[d] += w[j];
    }
}

static void oblique_gradient(const fid_gp *gp, double *grad)
{
    size_t d = gp->n_columns, width = d + 1;
    for (size_t c = 0; c < d; c++)
        for (size_t k = 0; k < d; k++) {
            double sum = 0;
            for (size_t i = 0; i < gp->n && c != k; i++)
                sum += gp->rows[i * d + c] *
                       (gp->pulled[i * width + d] * gp->given[i * d + k] -
                        gp->pulled[i * width + k]);
            if (c != k)
                *grad++ = 2 * gp->weight[c] * sum;
        }
}

/* Rows of the symmetric weight W = (K^-1 - a a') o dk/dr2 drive the gradient by the
 * lengthscales: dNLML/dlog L_c = sum_{i<j} W_ij L_c d_c(i,j) (the 1/2 of the trace and
 * the two triangles cancel). */
static void add_row(fid_gp *gp, size_t i, double *grad)
{
    const fid__gp_ops *ops = fid__gp_rows();
    size_t n = gp->n, ld = gp->ld, from = i / 8 * 8;
    const double *inv = gp->gram + i * ld, *slope = gp->slope + i * ld;
    double *w = gp->tmp, a = gp->alpha[i];
    for (size_t j = from; j <= i; j++)
        w[j] = 0;
    for (size_t j = i + 1; j < n; j++)
        w[j] = (inv[j] - a * gp->alpha[j]) * slope[j];
    for (size_t j = n; j % 8 != 0; j++)
        w[j] = 0;
    if (gp->shape.oblique)
        gather_oblique(gp, i, w);
    fid__columns to = fid__gp_columns(gp);
    to.x += from;
    ops->spread(&to, gp->rows + i * gp->n_columns, w + from, n - from, gp->spread);
    grad[gp->shape.n_groups + 1] += 0.5 * gp->noise * gp->scale[i] * (inv[i] - a * a);
}

/* With dK/dlog s2 = K - N: tr(W dK)/2 = (n - y'a - tr((K^-1 - aa')N))/2. */
static void gradient(fid_gp *gp, double fit, double *grad)
{
    size_t groups = gp->shape.n_groups;
    memset(grad, 0, gp->n_theta * sizeof *grad);
    memset(gp->spread, 0, gp->n_columns * sizeof *gp->spread);
    if (gp->shape.oblique)
        memset(gp->pulled, 0, gp->ld * (gp->n_columns + 1) * sizeof *gp->pulled);
    /* what the factorisation added acts as noise that does not depend on theta */
    double added = gp->jitter * (gp->s2 + gp->noise), trace = 0;
    for (size_t i = 0; i < gp->n; i++) {
        add_row(gp, i, grad);
        trace += gp->gram[i * gp->ld + i] - gp->alpha[i] * gp->alpha[i];
    }
    for (size_t c = 0; c < gp->n_columns; c++)
        grad[gp->group[c]] += gp->weight[c] * gp->spread[c];
    if (gp->shape.oblique)
        oblique_gradient(gp, grad + groups + 2);
    grad[groups] = 0.5 * ((double)gp->n - fit) - grad[groups + 1] - 0.5 * added * trace;
}

double fid_gp_nlml(fid_gp *gp, const double *theta, double *grad)
{
    gp->conditioned = false;
    if (!fid__gp_load_theta(gp, theta) || fid__gp_need_matrices(gp, grad) != FID_OK)
        return HUGE_VAL;
    size_t n = gp->n, ld = gp->ld;
    fid__gp_gram(gp, grad);
    if (fid_chol_factor(gp->gram, n, ld, gp->chol, &gp->jitter, gp->panel) != FID_OK)
        return HUGE_VAL;
    double fit = fid__gp_solve(gp);
    double value = 0.5 * fit + 0.5 * fid_chol_logdet(gp->chol, n, ld) +
                   0.5 * (double)n * 1.83787706640934548356;
    if (grad) {
        fid_chol_inverse(gp->chol, n, ld, gp->gram, gp->inverse, gp->panel);
        gradient(gp, fit, grad);
    }
    return isfinite(value) ? value : HUGE_VAL;
}
