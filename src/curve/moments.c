/* Mean and variance of many curves at once: what a model of the final losses takes. */
#include "curve/curve.h"

#include <math.h>

/* Of the experts alone: the component for surprises is about tails, and would drown the
 * variance of a curve that has nearly ended. */
static void mixture_moments(const fid_curves *curves, const fid__filter *f, double s,
                            double *mean, double *variance)
{
    double weight[FID__EXPERTS], m[FID__EXPERTS], sd[FID__EXPERTS];
    fid__filter_weights(f, curves->prior, weight);
    fid__filter_predict(f, &curves->bank, curves->span, s, m, sd);
    double first = 0, second = 0;
    for (size_t i = 0; i < f->n; i++)
        first += weight[i] * m[i];
    for (size_t i = 0; i < f->n; i++) {
        double d = m[i] - first;
        second += weight[i] * (sd[i] * sd[i] + d * d);
    }
    *mean = first;
    *variance = second;
}

static void curve_moments(const fid_curves *curves, const fid__curve *curve,
                          double step, double *mean, double *variance)
{
    *mean = curve->diverged ? (double)INFINITY
            : curve->n      ? curve->loss[curve->n - 1]
                            : (double)NAN;
    *variance = curve->n || curve->diverged ? 0 : (double)NAN;
    if (!curve->filter.n || step <= curve->step[curve->n - 1])
        return;
    double s = fid__curves_position(curves, step);
    mixture_moments(curves, &curve->filter, s, mean, variance);
    *mean = curve->loss[0] + curves->scale * *mean;
    *mean = fmin(fmax(*mean, curves->settings.lower), curves->settings.upper);
    *variance *= curves->scale * curves->scale;
}

void fid_curves_moment(const fid_curves *curves, size_t id, double step, double *mean,
                       double *variance)
{
    static const fid__curve unknown = {0};
    curve_moments(curves, id < curves->n ? &curves->curve[id] : &unknown, step, mean,
                  variance);
}

void fid_curves_moments(const fid_curves *curves, double step, size_t n, double *mean,
                        double *variance)
{
    for (size_t i = 0; i < n; i++)
        fid_curves_moment(curves, i, step, &mean[i], &variance[i]);
}

static fid_status report_all(fid_curves *curves, const fid_curve_view *views, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < views[i].n; k++)
            FID_TRY(fid_curves_report(curves, i, views[i].step[k], views[i].loss[k]));
    return FID_OK;
}

fid_status fid_curves_extrapolate(const fid_curve_settings *settings,
                                  const fid_curve_view *views, size_t n, double step,
                                  double *mean, double *variance, fid_error *err)
{
    fid_curves *curves;
    FID_TRY(fid_curves_create(&curves, settings, err));
    fid_status status = report_all(curves, views, n);
    if (status == FID_OK)
        fid_curves_moments(curves, step, n, mean, variance);
    fid_curves_destroy(curves);
    return status;
}
