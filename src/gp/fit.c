#include "gp/model.h"

#include <fidelio/optim.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

double fid_gp_penalty_value(const fid_gp_penalty *prior, const double *theta, size_t n,
                            double *grad)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        const fid_gp_penalty *p = prior + k;
        double t = theta[k], up = p->linear * exp(t), down = p->recip * exp(-t);
        double off = t - p->mean;
        sum += up + down + p->log * t + 0.5 * p->precision * off * off;
        if (grad)
            grad[k] += up - down + p->log + p->precision * off;
    }
    return sum;
}

typedef struct {
    fid_gp *gp;
    const fid_gp_penalty *prior;
    double best, nlml; /* objective and likelihood of the best point */
} target;

static double objective(void *ctx, const double *theta, double *grad)
{
    target *t = ctx;
    double nlml = fid_gp_nlml(t->gp, theta, grad);
    if (!isfinite(nlml))
        return nlml;
    double value = nlml + fid_gp_penalty_value(t->prior, theta, t->gp->n_theta, grad);
    if (value < t->best) {
        t->best = value;
        t->nlml = nlml;
    }
    return value;
}

fid_status fid_gp_fit(fid_gp *gp, const fid_gp_penalty *prior, double *theta,
                      size_t max_eval, fid_gp_fit_result *result)
{
    size_t n = gp->n_theta;
    fid_lbfgs search;
    double *bounds = fid_alloc(3 * n, sizeof *bounds);
    if (!bounds || fid_lbfgs_init(&search, n) != FID_OK) {
        free(bounds);
        return FID_NOMEM;
    }
    double *at = bounds + 2 * n;
    for (size_t k = 0; k < n; k++) {
        bounds[k] = prior[k].low;
        bounds[n + k] = prior[k].high;
    }
    memcpy(at, theta, n * sizeof *at);
    target t = {.gp = gp, .prior = prior, .best = HUGE_VAL};
    const fid_lbfgs_options options = {.gtol = 1e-2,
                                       .ftol = 1e-6,
                                       .first_step = 0.5,
                                       .max_step = 3,
                                       .max_iter = max_eval,
                                       .max_eval = max_eval};
    double best = fid_minimize(&search, &options, objective, &t, at, bounds, bounds + n);
    *result = (fid_gp_fit_result){.nlml = t.nlml,
                                  .objective = best,
                                  .n_eval = search.n_eval,
                                  .converged = search.outcome == FID_LBFGS_CONVERGED};
    if (isfinite(best))
        memcpy(theta, at, n * sizeof *at);
    fid_lbfgs_deinit(&search);
    free(bounds);
    return isfinite(best) ? FID_OK : FID_NOT_PD;
}
