#include "gp/model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* sum <- U'z: a normal vector of covariance U'U. */
static void draw_normal(const double *u, size_t n, size_t ld, fid_rng *rng, double *sum)
{
    for (size_t i = 0; i < n; i++)
        sum[i] = 0;
    for (size_t k = 0; k < n; k++) {
        double z = fid_rng_normal(rng);
        for (size_t i = k; i < n; i++)
            sum[i] += u[k * ld + i] * z;
    }
}

/* value += K weight, of the upper triangle of K + N. */
static void add_product(const fid_gp *gp, const double *weight, double *value)
{
    for (size_t i = 0; i < gp->n; i++) {
        const double *row = gp->gram + i * gp->ld;
        value[i] += gp->s2 * weight[i];
        for (size_t j = i + 1; j < gp->n; j++) {
            value[i] += row[j] * weight[j];
            value[j] += row[j] * weight[i];
        }
    }
}

/* Matheron's rule: f | y = f0 + K (K + N)^-1 (y - m - f0 - e), where f0 and e are draws of
 * the prior and of the noise. The factor of K that f0 needs is that of the new model. */
fid_status fid_gp_draw_latent(fid_gp *gp, double share, fid_rng *rng, double *value)
{
    assert(gp->conditioned);
    size_t n = gp->n, ld = gp->ld;
    double noise = gp->noise, jitter;
    double *factor = fid_alloc(ld, ld * sizeof *factor);
    if (!factor || fid__gp_need_matrices(gp, false) != FID_OK) {
        free(factor);
        return FID_NOMEM;
    }
    gp->noise = share * gp->s2;
    fid__gp_gram(gp, false);
    fid_status status = fid_chol_factor(gp->gram, n, ld, factor, &jitter, gp->panel);
    if (status != FID_OK) {
        gp->noise = noise;
        free(factor);
        return status;
    }
    double *rest = gp->ones; /* free until the next solution */
    draw_normal(factor, n, ld, rng, value);
    for (size_t i = 0; i < n; i++) {
        double e = sqrt(noise * gp->scale[i]) * fid_rng_normal(rng);
        rest[i] = gp->y[i] - gp->mean - value[i] - e;
    }
    fid_chol_lower(gp->chol, n, ld, rest);
    fid_chol_upper(gp->chol, n, ld, rest);
    add_product(gp, rest, value);
    for (size_t i = 0; i < n; i++)
        gp->y[i] = value[i] += gp->mean;
    free(gp->chol);
    gp->chol = factor;
    gp->jitter = jitter;
    fid__gp_solve(gp);
    return FID_OK;
}
