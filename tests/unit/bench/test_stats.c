/* Golden values from SciPy 1.16 (stats.wilcoxon) and NumPy (quantile). */
#include "check.h"

#include "bench/stats.h"

TEST(wilcoxon_agrees_with_scipy)
{
    const double a[] = {2.389, 1.037,  0.696, -1.263, 0.323,  0.245,
                        0.517, -0.027, 0.556, 0.123,  -0.714, 1.485};
    const double b[] = {2.2,  3.8,  0.5,  -0.4, -0.7, -2.7, 2.4,  -1.8, -2.0, -0.0,
                        3.4,  0.9,  -1.6, -1.0, 1.7,  0.1,  -1.1, -0.1, 1.9,  4.4,
                        -2.1, -0.9, -1.2, -4.4, -1.4, -1.6, 2.6,  0.1,  -2.8, 1.7,
                        -0.3, -3.1, -0.8, -0.8, -1.3, 0.5,  -4.1, -0.1, 2.4,  2.1,
                        2.6,  2.6,  3.4,  -1.8, 2.1,  -3.3, -0.8, -3.4, 2.5,  3.1,
                        0.0,  3.9,  -0.9, 0.7,  0.7,  -1.7, 1.3,  4.3,  -1.6, 2.2};
    CHECK_NEAR(bench_wilcoxon(a, 12), 0.12939453125, 1e-15);
    CHECK_NEAR(bench_wilcoxon(b, 60), 0.5692427633124875, 1e-12);
    CHECK(bench_wilcoxon(a, 0) == 1.0);
}

TEST(ranks_share_ties)
{
    const double x[] = {3.0, 1.0, 3.0, 2.0};
    double ranks[4];
    bench_ranks(x, 4, ranks);
    CHECK(ranks[0] == 3.5 && ranks[1] == 1.0 && ranks[2] == 3.5 && ranks[3] == 2.0);
}

TEST(quantiles_interpolate)
{
    double x[] = {3, 1, 4, 1, 5, 9, 2, 6};
    CHECK_NEAR(bench_quantile(x, 8, 0.25), 1.75, 1e-15);
    CHECK_NEAR(bench_quantile(x, 8, 0.5), 3.5, 1e-15);
    CHECK_NEAR(bench_quantile(x, 8, 0.9), 6.9, 1e-15);
}

/* Holm 1979 by hand: 0.01*4, max(.04, .02*3), max(.06, .03*2), .06 vs .04 */
TEST(holm_steps_down)
{
    double p[] = {0.04, 0.01, 0.03, 0.02};
    bench_holm(p, 4);
    CHECK_NEAR(p[1], 0.04, 1e-15);
    CHECK_NEAR(p[3], 0.06, 1e-15);
    CHECK_NEAR(p[2], 0.06, 1e-15);
    CHECK_NEAR(p[0], 0.06, 1e-15);
}

int main(void)
{
    RUN(wilcoxon_agrees_with_scipy);
    RUN(ranks_share_ties);
    RUN(quantiles_interpolate);
    RUN(holm_steps_down);
    DONE();
}
