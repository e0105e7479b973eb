/* Max-value entropy search (Wang & Jegelka 2017, "Max-value entropy search for efficient
 * Bayesian optimization"), for a minimum: what a point would tell about the least value. */
#include <fidelio/acq.h>

#include <math.h>

#define LOG_ROOT_2PI 0.91893853320467274178

/* log of h(g) = g phi(g) / (2 Phi(g)) - log Phi(g), the entropy that a normal loses when it
 * is cut off g standard deviations below its mean, and its derivative. Far below 0 with
 * phi / Phi = -g + t, t = 1 / (s - g), s = 2 / (-g + 3 / (-g + ..)). */
static double log_loss(double g, double *slope)
{
    if (g < -4) {
        double s = -g;
        for (int n = 60; n >= 2; n--)
            s = n / (s - g);
        double t = 1 / (s - g);
        double loss = 0.5 * g * t - log(0.5 * fid_erfcx(-g * 0.70710678118654752440));
        *slope = -0.5 * (t - g) * s * t / loss; /* 1 + g t = s t */
        return log(loss);
    }
    if (g > 30) { /* Phi is 1, 1 - Phi is phi times Mills' ratio */
        double mills = 1.25331413731550025121 * fid_erfcx(g * 0.70710678118654752440);
        double rest = 0.5 * g + mills;
        *slope = -0.5 * (1 + g * g) / rest;
        return -0.5 * g * g - LOG_ROOT_2PI + log(rest);
    }
    double r, log_cdf = fid_log_normal_cdf(g, &r), loss = 0.5 * g * r - log_cdf;
    *slope = -0.5 * r * (1 + g * (g + r)) / loss;
    return log(loss);
}

double fid_log_mes(double mean, double sd, const double *least, size_t n,
                   double *d_mean, double *d_sd)
{
    double top = -HUGE_VAL, sum = 0, by_mean = 0, by_sd = 0;
    for (size_t k = 0; k < n; k++) {
        double g = (mean - least[k]) / sd, slope, value = log_loss(g, &slope);
        if (value > top) { /* the sums are relative to the largest term */
            double less = exp(top - value);
            sum *= less, by_mean *= less, by_sd *= less;
            top = value;
        }
        double weight = exp(value - top);
        sum += weight;
        by_mean += weight * slope / sd;
        by_sd -= weight * slope * g / sd;
    }
    if (d_mean)
        *d_mean = by_mean / sum;
    if (d_sd)
        *d_sd = by_sd / sum;
    return top + log(sum / (double)n);
}

/* log of the chance that independent normals all lie above y. */
static double log_all_above(const double *mean, const double *sd, size_t n, double y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double z = (mean[i] - y) / sd[i];
        if (z < 6) /* else less than 1e-9, and that of most */
            sum += fid_log_normal_cdf(z, NULL);
    }
    return sum;
}

/* Where the least of independent normals lies with this chance below or at it. */
static double quantile(const double *mean, const double *sd, size_t n, double p)
{
    double low = HUGE_VAL, high = HUGE_VAL, target = log1p(-p);
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, mean[i] - 10 * sd[i]);
        high = fmin(high, mean[i] + 10 * sd[i]);
    }
    for (int halving = 0; halving < 30; halving++) {
        double middle = 0.5 * (low + high);
        if (log_all_above(mean, sd, n, middle) > target)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* log(-log(chance of being above)) of a Gumbel law is (y - location) / scale: the quartiles
 * give both. */
void fid_draw_least(const double *mean, const double *sd, size_t n, fid_rng *rng,
                    double *least, size_t m)
{
    double q1 = quantile(mean, sd, n, 0.25), q3 = quantile(mean, sd, n, 0.75);
    double at1 = log(-log(0.75)), at3 = log(-log(0.25));
    double scale = (q3 - q1) / (at3 - at1), location = q1 - scale * at1;
    for (size_t k = 0; k < m; k++)
        least[k] = location + scale * log(-log(fid_rng_uniform(rng)));
}
