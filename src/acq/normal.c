#include <fidelio/acq.h>

#include <math.h>

#define LOG_ROOT_2PI 0.91893853320467274178

/* Continued fraction of Laplace, evaluated backwards; n levels are enough for x >= 2. */
static double fraction(double x)
{
    double t = x;
    for (int n = 60; n >= 1; n--)
        t = x + 0.5 * n / t;
    return 0.56418958354775628695 / t; /* 1/sqrt(pi) */
}

double fid_erfcx(double x)
{
    if (x < 3)
        return exp(x * x) * erfc(x);
    return fraction(x);
}

double fid_log_normal_cdf(double z, double *slope)
{
    const double inv_root2 = 0.70710678118654752440;
    if (z > -5) {
        double cdf = 0.5 * erfc(-z * inv_root2);
        if (slope)
            *slope = exp(-0.5 * z * z - LOG_ROOT_2PI) / cdf;
        return z > 5 ? log1p(-0.5 * erfc(z * inv_root2)) : log(cdf);
    }
    double scaled = fid_erfcx(-z * inv_root2);
    if (slope)
        *slope = 0.79788456080286535588 / scaled; /* sqrt(2/pi) */
    return -0.5 * z * z + log(0.5 * scaled);
}

/* With R(z) = Phi(z)/phi(z) = sqrt(pi/2) erfcx(-z/sqrt2): h = phi (1 + z R). For z far
 * below, 1 + zR = 1/z^2 - 3/z^4 + 15/z^6 - .. loses all digits when computed as it
 * stands, so the series takes over. */
double fid_log_h(double z, double *slope)
{
    if (z > -1) {
        double cdf = 0.5 * erfc(-z * 0.70710678118654752440);
        double h = exp(-0.5 * z * z - LOG_ROOT_2PI) + z * cdf;
        if (slope)
            *slope = cdf / h;
        return log(h);
    }
    double ratio = 1.25331413731550025121 * fid_erfcx(-z * 0.70710678118654752440), rest;
    if (z > -1e3) {
        rest = 1 + z * ratio;
        if (z < -4) {
            /* 1 + zR = t/(z + t), t the tail 1/(z+2/(z+3/(z+..))) of R's fraction */
            double u = -z, t = u;
            for (int n = 60; n >= 2; n--)
                t = u + n / t;
            t = 1 / t;
            rest = t / (u + t);
        }
    } else {
        double v = 1 / (z * z);
        rest = v * (1 - v * (3 - v * (15 - v * 105)));
    }
    if (slope)
        *slope = ratio / rest;
    if (z < -1e100) /* z^2 v underflows: log rest = -2 log|z| */
        return -0.5 * z * z - LOG_ROOT_2PI - 2 * log(-z);
    return -0.5 * z * z - LOG_ROOT_2PI + log(rest);
}

double fid_log_ei(double mean, double sd, double best, double *d_mean, double *d_sd)
{
    double z = (best - mean) / sd, slope;
    double value = fid_log_h(z, &slope) + log(sd);
    if (d_mean)
        *d_mean = -slope / sd;
    if (d_sd)
        *d_sd = (1 - slope * z) / sd;
    return value;
}

double fid_log_pi(double mean, double sd, double best, double *d_mean, double *d_sd)
{
    double z = (best - mean) / sd, slope;
    double value = fid_log_normal_cdf(z, &slope);
    if (d_mean)
        *d_mean = -slope / sd;
    if (d_sd)
        *d_sd = -slope * z / sd;
    return value;
}

double fid_ucb(double mean, double sd, double kappa, double *d_mean, double *d_sd)
{
    if (d_mean)
        *d_mean = -1;
    if (d_sd)
        *d_sd = kappa;
    return kappa * sd - mean;
}
