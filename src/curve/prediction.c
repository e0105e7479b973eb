/* A calibrated, bounded mixture of normals. */
#include "curve/curve.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

void fid_prediction_deinit(fid_prediction *p)
{
    free(p->weight);
    *p = (fid_prediction){0};
}

static double mixture_cdf(const fid_prediction *p, double x)
{
    double u = 0;
    for (size_t i = 0; i < p->n; i++)
        u += p->weight[i] * 0.5 * erfc((p->mean[i] - x) / p->sd[i] * M_SQRT1_2);
    return u;
}

double fid__prediction_raw_cdf(const fid_prediction *p, double loss)
{
    return p->diverged || loss < p->lower ? 0
           : loss >= p->upper             ? 1
                                          : mixture_cdf(p, loss);
}

/* The calibrated density in a bin, relative to the mixture's. */
static double slope(const fid_prediction *p, size_t bin)
{
    return (p->calibration[bin + 1] - p->calibration[bin]) /
           (fid__calibration_edge(bin + 1) - fid__calibration_edge(bin));
}

/* From the mixture's probability to the calibrated one, linear within a bin. */
static double calibrate(const fid_prediction *p, double u)
{
    size_t b = fid__calibration_bin(u);
    return p->calibration[b] + slope(p, b) * (u - fid__calibration_edge(b));
}

static double uncalibrate(const fid_prediction *p, double u)
{
    size_t b = 0;
    while (b + 1 < FID__BINS && p->calibration[b + 1] < u)
        b++;
    return fid__calibration_edge(b) + (u - p->calibration[b]) / slope(p, b);
}

double fid_prediction_cdf(const fid_prediction *p, double loss)
{
    if (p->diverged || loss < p->lower)
        return 0;
    return loss >= p->upper ? 1 : calibrate(p, mixture_cdf(p, loss));
}

double fid_prediction_mean(const fid_prediction *p)
{
    if (p->diverged)
        return (double)INFINITY;
    double mean = 0;
    for (size_t i = 0; i < p->n; i++)
        mean += p->weight[i] * p->mean[i];
    return fmin(fmax(mean, p->lower), p->upper);
}

double fid_prediction_log_density(const fid_prediction *p, double loss)
{
    static const double half_log_2pi = 0.91893853320467274178;
    if (p->diverged || loss < p->lower || loss > p->upper)
        return -(double)INFINITY;
    double most = -(double)INFINITY, sum = 0;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < p->n; i++) {
            double z = (loss - p->mean[i]) / p->sd[i];
            double l = log(p->weight[i] / p->sd[i]) - 0.5 * z * z - half_log_2pi;
            if (pass == 0)
                most = fmax(most, l);
            else
                sum += exp(l - most);
        }
    return most + log(sum) + log(slope(p, fid__calibration_bin(mixture_cdf(p, loss))));
}

/* Bisection: 60 halvings of a bracket that holds all the mass a double can name. */
static double mixture_quantile(const fid_prediction *p, double u)
{
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (size_t i = 0; i < p->n; i++) {
        low = fmin(low, p->mean[i] - 9 * p->sd[i]);
        high = fmax(high, p->mean[i] + 9 * p->sd[i]);
    }
    double tolerance = 1e-10 * (high - low);
    while (high - low > tolerance) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if (mixture_cdf(p, middle) < u)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

double fid_prediction_quantile(const fid_prediction *p, double u)
{
    assert(u > 0 && u < 1);
    if (p->diverged)
        return (double)INFINITY;
    double x = mixture_quantile(p, uncalibrate(p, u));
    return fmin(fmax(x, p->lower), p->upper);
}
