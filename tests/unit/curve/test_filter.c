/* One expert's filter is exact Gaussian conditioning: the same numbers come from the
 * covariance matrix of all reports. */
#include "check.h"
#include "curve/curve.h"

#include <fidelio/rand.h>

#include <string.h>

enum { N = 24, FIRST = 1 }; /* reports; the first one only sets the level */
static const double SPAN = 100, HEIGHT = 0.6;

/* Reports less the first one: a normal vector. */
typedef struct {
    size_t n;
    double mean[N], cov[N][N];
} normal;

static normal differences(const fid__bank *bank, size_t k, const double *s, size_t n)
{
    double sd = FID__AMPLITUDE_SD * HEIGHT, v = sd * sd,
           m = FID__AMPLITUDE_MEAN * HEIGHT;
    double phi[N + 1][FID__SHAPES + 1];
    normal d = {.n = n - FIRST};
    size_t shape = bank->shape[k];
    if (shape == FID__SHAPES)
        v = m = 0;
    for (size_t i = 0; i < n; i++)
        fid__shapes_at(s[i], SPAN, phi[i]);
    for (size_t i = FIRST; i < n; i++) {
        double rise = phi[i][shape] - phi[0][shape];
        d.mean[i - FIRST] = m * rise;
        for (size_t j = FIRST; j < n; j++)
            d.cov[i - FIRST][j - FIRST] = bank->q2[k] *
                                              (log(fmin(s[i], s[j]) / s[0]) +
                                               6 * (fmin(s[i], s[j]) - s[0]) / SPAN) +
                                          v * rise * (phi[j][shape] - phi[0][shape]) +
                                          bank->r2[k] * (i == j ? 2 : 1);
    }
    return d;
}

/* Log density of y[0..n-1), and mean and variance of y[n-1] given them, by Cholesky. */
static double condition(const normal *d, const double *y, double *mean,
                        double *variance)
{
    static double l[N][N];
    double z[N], log_density = 0;
    size_t n = d->n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = d->cov[i][j];
            for (size_t m = 0; m < j; m++)
                sum -= l[i][m] * l[j][m];
            l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
        }
        double e = y[i] - d->mean[i];
        for (size_t m = 0; m < i; m++)
            e -= l[i][m] * z[m];
        z[i] = e / l[i][i];
        if (i + 1 < n)
            log_density -= 0.5 * z[i] * z[i] + log(l[i][i]) + 0.5 * log(2 * M_PI);
    }
    double *last = l[n - 1];
    *mean = y[n - 1] - z[n - 1] * last[n - 1];
    *variance = last[n - 1] * last[n - 1];
    return log_density;
}

TEST(a_filter_equals_a_multivariate_normal)
{
    static fid__bank bank;
    fid__bank_init(&bank, SPAN);
    for (uint64_t seed = 0; seed < 6; seed++) {
        fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, 1);
        double s[N], y[N], level = fid_rng_uniform(&rng);
        size_t n = 3 + 4 * (size_t)seed;
        for (size_t i = 0; i < n; i++) {
            s[i] = (i ? s[i - 1] : 0) + 1 + 5 * fid_rng_uniform(&rng); /* irregular */
            y[i] = level - 0.4 * (1 - 1 / s[i]) + 0.02 * fid_rng_normal(&rng);
        }
        fid__filter f;
        CHECK(fid__filter_start(&f, &bank, SPAN, s[0], y[0], HEIGHT) == FID_OK);
        for (size_t i = 1; i + 1 < n; i++)
            fid__filter_update(&f, &bank, SPAN, s[i], y[i]);
        fid__filter_flush(&f);
        static double mean[FID__EXPERTS], sd[FID__EXPERTS];
        fid__filter_predict(&f, &bank, SPAN, s[n - 1], mean, sd);
        CHECK(f.n == FID__EXPERTS);
        for (size_t k = 0; k < f.n; k++) {
            if (bank.r2[k] < 1e-9) /* the matrix loses its digits, not the filter */
                continue;
            double d[N], want, variance;
            for (size_t i = FIRST; i < n; i++)
                d[i - FIRST] = y[i] - y[0];
            normal joint = differences(&bank, k, s, n);
            double evidence = condition(&joint, d, &want, &variance);
            CHECK_NEAR(f.evidence[k], evidence, 1e-5);
            CHECK_NEAR(mean[k], y[0] + want, 1e-6);
            CHECK_NEAR(sd[k] / sqrt(variance), 1, 1e-5);
        }
        fid__filter_deinit(&f);
    }
}

/* With the same curve twice as dense the covariance must stay positive. */
TEST(a_long_exact_curve_keeps_its_variances_positive)
{
    static fid__bank bank;
    static double mean[FID__EXPERTS], sd[FID__EXPERTS];
    fid__bank_init(&bank, 1e6);
    fid__filter f;
    CHECK(fid__filter_start(&f, &bank, 1e6, 1, 1, 1) == FID_OK);
    for (double s = 1.02; s < 9e5; s *= 1.02)
        fid__filter_update(&f, &bank, 1e6, s, 1 / sqrt(s));
    fid__filter_predict(&f, &bank, 1e6, 1e6, mean, sd);
    for (size_t k = 0; k < f.n; k++)
        CHECK(isfinite(mean[k]) && isfinite(f.evidence[k]) && sd[k] > 0 &&
              f.vll[k] >= 0 && f.vbb[k] >= 0);
    fid__filter_deinit(&f);
}

int main(void)
{
    RUN(a_filter_equals_a_multivariate_normal);
    RUN(a_long_exact_curve_keeps_its_variances_positive);
    DONE();
}
