/* A user's belief over one parameter, seen along its axis. */
#include "space/model.h"

#include <math.h>

/* Beliefs stay finite: what the user calls impossible is only very unlikely, so that a
 * wrong belief cannot trap a search. */
#define LOG_LEAST        (-1e6)
#define LOG_WEIGHT_LEAST (-50.0)

typedef struct {
    double mean, sd;  /* on the axis, which has length 1 */
    double low, high; /* the coordinates that occur */
} belief;

static belief belief_of(const fid__param *param)
{
    const fid__axis *axis = &param->axis;
    belief b = {.mean = fid__axis_position(axis, param->prior.mean), .high = 1};
    b.sd = fmax(param->prior.sd / fid__axis_length(axis), 1e-12);
    if (axis->levels) {
        b.low = fid__axis_centre(axis, 0);
        b.high = fid__axis_centre(axis, axis->levels - 1);
    }
    return b;
}

/* The coordinate believed in most. */
static double peak_of(const fid__param *param, const belief *b)
{
    return fid__axis_snap(&param->axis, fmin(fmax(b->mean, b->low), b->high));
}

static double weight_log(const fid__param *param, double x)
{
    const double *w = param->prior.weights;
    double most = 0;
    for (size_t c = 0; c < param->n_choices; c++)
        most = fmax(most, w[c]);
    return fmax(log(w[fid__axis_level(&param->axis, x)] / most), LOG_WEIGHT_LEAST);
}

double fid__prior_log(const fid__param *param, double x)
{
    if (param->prior.kind == FID__PRIOR_NONE)
        return 0;
    if (param->prior.kind == FID__PRIOR_WEIGHTS)
        return weight_log(param, x);
    belief b = belief_of(param);
    double z = (fid__unit_clamp(x) - b.mean) / b.sd;
    double top = (peak_of(param, &b) - b.mean) / b.sd;
    return fmin(0, fmax(LOG_LEAST, 0.5 * (top - z) * (top + z)));
}

static double lower_tail(double z)
{
    return 0.5 * erfc(-z * 0x1.6a09e667f3bcdp-1); /* 1/sqrt(2) */
}

/* Inversion of the normal cut to (a, b), in its lower tail where probabilities keep
 * their precision; NaN where even that has none. */
static double cut_normal(double a, double b, double p)
{
    bool flip = a > 0;
    double low = lower_tail(flip ? -b : a), high = lower_tail(flip ? -a : b);
    double at = low + p * (high - low);
    if (!(at > 0 && at < 1 && high > low))
        return (double)NAN;
    double z = fid_normal_quantile(at);
    return flip ? -z : z;
}

static double draw_weighted(const fid__param *param, double p)
{
    const double *w = param->prior.weights;
    double sum = 0, most = 0, upto = 0;
    for (size_t c = 0; c < param->n_choices; c++)
        most = fmax(most, w[c]);
    for (size_t c = 0; c < param->n_choices; c++)
        sum += w[c] / most; /* cannot overflow */
    size_t last = 0;
    for (size_t c = 0; c < param->n_choices; c++) {
        if (!(w[c] > 0))
            continue;
        last = c;
        upto += w[c] / most;
        if (p * sum < upto)
            break;
    }
    return fid__axis_centre(&param->axis, last);
}

double fid__prior_draw(const fid__param *param, fid_rng *rng)
{
    double p = fid_rng_uniform(rng);
    if (param->prior.kind == FID__PRIOR_NONE)
        return p;
    if (param->prior.kind == FID__PRIOR_WEIGHTS)
        return draw_weighted(param, p);
    belief b = belief_of(param);
    double z = cut_normal((0 - b.mean) / b.sd, (1 - b.mean) / b.sd, p);
    return isnan(z) ? peak_of(param, &b) : fid__unit_clamp(b.mean + b.sd * z);
}
