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

int main(void)
{
    RUN(log_ei_parts_agree_with_eighty_digit_arithmetic);
    RUN(log_ei_never_dies_however_far_the_improvement);
    RUN(derivatives_agree_with_differences);
    DONE();
}
