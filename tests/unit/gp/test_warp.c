/* Against SciPy (tests/golden/gp/warp.py), and the promises of gp.h. */
#include "check.h"

#include <fidelio/gp.h>

#include <string.h>

TEST(yeo_johnson_agrees_with_scipy)
{
    char path[4096];
    const char *source = getenv("FIDELIO_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/gp/warp.txt", source ? source : ".");
    FILE *f = fopen(path, "r");
    CHECK(f);
    if (!f)
        return;
    double x, lambda, want; /* SciPy cancels near 0: 12 digits there */
    for (int k = 0; k < 49; k++) {
        CHECK(fscanf(f, "%lf %lf %lf", &x, &lambda, &want) == 3);
        CHECK(fabs(fid_yeo_johnson(x, lambda) - want) <= 2e-12 * fabs(want));
    }
    double sample[40];
    uint32_t state = 0;
    for (int k = 0; k < 40; k++) {
        state = state * 1664525u + 1013904223u;
        sample[k] = exp(2 * (state + 0.5) / 4294967296.0);
    }
    CHECK(fscanf(f, "%lf", &want) == 1);
    CHECK(fabs(fid_yeo_johnson_fit(sample, 40) - want) < 2e-4);
    fclose(f);
}

static const fid_warp all[] = {FID_WARP_STANDARDISE, FID_WARP_HALF_RANK, FID_WARP_POWER,
                               FID_WARP_LOG, FID_WARP_RANK};

static void check_warp(fid_warp warp, const double *y, size_t n)
{
    double z[64], mean = 0, square = 0;
    CHECK(fid_warp_outputs(warp, y, n, z) == FID_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(isfinite(z[i]));
        mean += z[i] / (double)n;
        square += z[i] * z[i] / (double)n;
        for (size_t j = 0; j < n; j++) {
            CHECK(y[i] != y[j] || z[i] == z[j]);
            CHECK(!(y[i] < y[j]) || z[i] <= z[j]);
        }
    }
    CHECK(fabs(mean) < 1e-12);
    CHECK(square == 0 || fabs(square - 1) < 1e-10);
}

TEST(warps_are_monotone_and_standard_on_any_finite_values)
{
    double y[40];
    for (size_t w = 0; w < 5; w++) {
        static const double scales[] = {1, 1e-310, 1e-160, 1e150, 1e308};
        for (size_t s = 0; s < 5; s++) {
            for (size_t i = 0; i < 40; i++)
                y[i] = scales[s] * cos((double)(i * i % 37));
            check_warp(all[w], y, 40);
            check_warp(all[w], y, 2);
            check_warp(all[w], y, 1);
        }
        for (size_t i = 0; i < 40; i++)
            y[i] = 3;
        check_warp(all[w], y, 40);
        for (size_t i = 0; i < 10; i++)
            y[i] = i % 2 ? 1e300 : -1e300;
        check_warp(all[w], y, 40);
        for (size_t i = 0; i < 40; i++)
            y[i] = i < 30 ? 0.693 : (double)i;
        check_warp(all[w], y, 40);
    }
}

/* One training in five diverged: the good ones must stay as far apart as they were. */
TEST(a_diverged_loss_does_not_hide_the_others)
{
    enum { N = 20 };
    const fid_warp warps[] = {FID_WARP_STANDARDISE, FID_WARP_POWER, FID_WARP_LOG};
    for (size_t w = 0; w < 3; w++) {
        double y[N], z[N];
        for (size_t i = 0; i < N; i++)
            y[i] = i % 5 == 0 ? pow(10, 10 + (double)i) : 0.05 + 0.01 * (double)i;
        CHECK(fid_warp_outputs(warps[w], y, N, z) == FID_OK);
        CHECK(z[19] - z[1] > 0.3); /* 0.24 and 0.06 */
        for (size_t i = 0; i < N; i++)
            CHECK(i % 5 == 0 || i % 5 == 1 || z[i] > z[i - 1]);
    }
}

/* What is not far out is not touched: a linear map of the values. */
TEST(values_without_a_tail_are_only_standardised)
{
    double y[50], z[50];
    for (size_t i = 0; i < 50; i++)
        y[i] = fid_normal_quantile(((double)i + 0.5) / 50);
    CHECK(fid_warp_outputs(FID_WARP_STANDARDISE, y, 50, z) == FID_OK);
    for (size_t i = 1; i < 49; i++)
        CHECK_NEAR((z[i] - z[0]) / (z[49] - z[0]), (y[i] - y[0]) / (y[49] - y[0]), 1e-12);
}

TEST(half_rank_keeps_the_better_half_and_forgets_how_bad_the_worse_is)
{
    double y[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8}, z[9], far[9];
    CHECK(fid_warp_outputs(FID_WARP_HALF_RANK, y, 9, z) == FID_OK);
    CHECK_NEAR((z[1] - z[0]) / (z[4] - z[3]), 1, 1e-12);
    y[8] = 1e200;
    CHECK(fid_warp_outputs(FID_WARP_HALF_RANK, y, 9, far) == FID_OK);
    for (size_t i = 0; i < 9; i++)
        CHECK_NEAR(far[i], z[i], 1e-12);
}

int main(void)
{
    RUN(yeo_johnson_agrees_with_scipy);
    RUN(warps_are_monotone_and_standard_on_any_finite_values);
    RUN(a_diverged_loss_does_not_hide_the_others);
    RUN(values_without_a_tail_are_only_standardised);
    RUN(half_rank_keeps_the_better_half_and_forgets_how_bad_the_worse_is);
    DONE();
}
