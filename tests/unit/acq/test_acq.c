/* Against mpmath (tests/golden/gp/acq.py) and the values of ALGORITHMS.md section 5. */
#include "check.h"

#include <fidelio/acq.h>

TEST(log_ei_parts_agree_with_eighty_digit_arithmetic)
{
    char path[4096];
    const char *source = getenv("FIDELIO_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/gp/acq.txt", source ? source : ".");
    FILE *f = fopen(path, "r");
    CHECK(f);
    if (!f)
        return;
    double z, log_h, slope, log_cdf, mills, erfcx, got;
    int lines = 0;
    for (; fscanf(f, "%lf %lf %lf %lf %lf %lf", &z, &log_h, &slope, &log_cdf, &mills,
                  &erfcx) == 6; lines++) {
        CHECK_NEAR(fid_log_h(z, &got), log_h, 2e-13);
        CHECK(fabs(got - slope) <= 1e-12 * slope);
        CHECK(fabs(fid_log_normal_cdf(z, &got) - log_cdf) <= 1e-14 * fabs(log_cdf));
        CHECK(fabs(got - mills) <= 2e-14 * mills);
        if (z <= 0)
            CHECK(fabs(fid_erfcx(-z) - erfcx) <= 4e-15 * erfcx);
    }
    CHECK(lines == 21);
    fclose(f);
    CHECK_NEAR(fid_log_h(0, NULL), log(.3989422804014327), 1e-15);
    CHECK_NEAR(fid_log_h(1, NULL), log(1.0833154705876864), 1e-15);
    CHECK_NEAR(fid_log_h(-1, NULL), log(.0833154705876864), 1e-14);
    CHECK_NEAR(fid_log_h(-10, NULL), -55.55312203612, 1e-13);
    CHECK_NEAR(fid_log_h(-3, NULL), -7.86968605960, 1e-12);
}

TEST(log_ei_never_dies_however_far_the_improvement)
{
    static const double far[] = {-1e3, -1e6, -1e8, -1e50, -1e110, -1e150};
    for (size_t k = 0; k < 6; k++) {
        double slope, value = fid_log_h(far[k], &slope);
        CHECK(isfinite(value));
        CHECK(fabs(slope / -far[k] - 1) < 1e-5);
    }
}

TEST(derivatives_agree_with_differences)
{
    typedef double function(double, double, double, double *, double *);
    static function *const all[] = {fid_log_ei, fid_log_pi, fid_ucb};
    for (size_t k = 0; k < 3; k++)
        for (double mean = -2; mean < 30; mean += 0.7)
            for (double sd = 0.5; sd < 3; sd += 0.4) {
                double dm, ds, a, b, h = 1e-5;
                all[k](mean, sd, 0.3, &dm, &ds);
                a = all[k](mean + h, sd, 0.3, NULL, NULL);
                b = all[k](mean - h, sd, 0.3, NULL, NULL);
                CHECK_NEAR(dm, (a - b) / (2 * h), 1e-7);
                a = all[k](mean, sd + h, 0.3, NULL, NULL);
                b = all[k](mean, sd - h, 0.3, NULL, NULL);
                CHECK_NEAR(ds, (a - b) / (2 * h), 1e-6);
            }
}

TEST(max_value_entropy_agrees_with_eighty_digit_arithmetic)
{
    char path[4096];
    const char *source = getenv("FIDELIO_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/gp/mes.txt", source ? source : ".");
    FILE *f = fopen(path, "r");
    CHECK(f);
    if (!f)
        return;
    double g, value, slope, dm, ds, zero = 0;
    int lines = 0;
    for (; fscanf(f, "%lf %lf %lf", &g, &value, &slope) == 3; lines++) {
        CHECK(fabs(fid_log_mes(g, 1, &zero, 1, &dm, &ds) - value) <= 1e-12 * fabs(value));
        CHECK(fabs(dm - slope) <= 1e-11 * fabs(slope));
        CHECK(fabs(ds + g * slope) <= 1e-11 * fabs(g * slope));
    }
    CHECK(lines == 18);
    fclose(f);
    CHECK(isfinite(fid_log_mes(1e8, 1, &zero, 1, &dm, &ds)) && isfinite(dm));
    CHECK(isfinite(fid_log_mes(-1e8, 1, &zero, 1, &dm, &ds)) && isfinite(dm));
}

/* The mean over draws is that of the entropies, not of their logarithms. */
TEST(max_value_entropy_is_a_mean_over_draws)
{
    static const double least[] = {-3, -1, -2.5, 0.2};
    for (double mean = -2; mean < 8; mean += 0.7)
        for (double sd = 0.2; sd < 3; sd += 0.4) {
            double sum = 0, dm, ds, h = 1e-6, a, b;
            for (size_t k = 0; k < 4; k++)
                sum += exp(fid_log_mes(mean, sd, least + k, 1, NULL, NULL)) / 4;
            CHECK_NEAR(fid_log_mes(mean, sd, least, 4, &dm, &ds), log(sum), 1e-11);
            a = fid_log_mes(mean + h, sd, least, 4, NULL, NULL);
            b = fid_log_mes(mean - h, sd, least, 4, NULL, NULL);
            CHECK_NEAR(dm, (a - b) / (2 * h), 1e-5 * (1 + fabs(dm)));
            a = fid_log_mes(mean, sd + h, least, 4, NULL, NULL);
            b = fid_log_mes(mean, sd - h, least, 4, NULL, NULL);
            CHECK_NEAR(ds, (a - b) / (2 * h), 1e-5 * (1 + fabs(ds)));
        }
}

/* Quartiles of the least of n equal normals are known: 1 - (1 - Phi)^n. */
TEST(draws_of_the_least_have_its_quartiles)
{
    enum { N = 50, DRAWS = 20000 };
    double mean[N], sd[N], *least = fid_alloc(DRAWS, sizeof *least);
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    for (size_t n = 1; n <= N; n += 49) {
        for (size_t i = 0; i < n; i++)
            mean[i] = 3, sd[i] = 2;
        fid_draw_least(mean, sd, n, &rng, least, DRAWS);
        for (double p = 0.25; p < 1; p += 0.5) {
            double at = 3 + 2 * fid_normal_quantile(1 - pow(1 - p, 1 / (double)n));
            double below = 0;
            for (size_t k = 0; k < DRAWS; k++)
                below += least[k] < at;
            CHECK_NEAR(below / DRAWS, p, 0.015);
        }
    }
    free(least);
}

int main(void)
{
    RUN(max_value_entropy_agrees_with_eighty_digit_arithmetic);
    RUN(max_value_entropy_is_a_mean_over_draws);
    RUN(draws_of_the_least_have_its_quartiles);
    RUN(log_ei_parts_agree_with_eighty_digit_arithmetic);
    RUN(log_ei_never_dies_however_far_the_improvement);
    RUN(derivatives_agree_with_differences);
    DONE();
}
