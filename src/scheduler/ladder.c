#include "scheduler/ladder.h"

#include <math.h>

/* Powers of eta are exact only to rounding: 81 * 3^-4 must count as one. */
#define SLACK 1e-9

size_t fid__bracket_size(size_t s_max, size_t s, double eta, bool ceil_form)
{
    double power = pow(eta, (double)s), n;
    if (ceil_form)
        n = ceil((double)(s_max + 1) * power / (double)(s + 1) - SLACK);
    else
        n = floor((double)((s_max + 1) / (s + 1)) * power + SLACK);
    return (size_t)n;
}

size_t fid__rung_size(size_t n, size_t k, double eta)
{
    double size = floor((double)n * pow(eta, -(double)k) + SLACK);
    return size < 1 ? 1 : (size_t)size;
}

size_t fid__top_size(size_t n, double eta)
{
    return (size_t)((double)n / eta);
}

fid_status fid__ladder_init(const char *name, const fid_scheduler_rules *rules,
                            double *rungs, size_t *n, fid_error *err)
{
    const fid_fidelity *f = &rules->fidelity;
    if (f->mode == FID_MODE_NONE)
        return fid_error_set(err, FID_INVALID, "scheduler %s needs a fidelity", name);
    if (!(f->min > 0 && f->min <= f->max && isfinite(f->max)))
        return fid_error_set(err, FID_INVALID,
                             "fidelity: needs 0 < min <= max, has %g and %g", f->min,
                             f->max);
    if (!(f->eta > 1))
        return fid_error_set(err, FID_INVALID, "fidelity.eta: must exceed 1, is %g",
                             f->eta);
    *n = fid_ladder(f, rungs, FID__MAX_RUNGS);
    if (*n > FID__MAX_RUNGS)
        return fid_error_set(
            err, FID_INVALID,
            "fidelity.eta: %g gives %zu rungs, more than %d; choose a larger one",
            f->eta, *n, FID__MAX_RUNGS);
    return FID_OK;
}
