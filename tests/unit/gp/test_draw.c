/* Draws of functions against the joint posterior that they should have. */
#include "check.h"

#include <fidelio/gp.h>

#include "gp/rows.h"

#include <string.h>

enum { N = 12, M = 6, D = 4, DRAWS = 3000 };

static const size_t group[] = {0, 1, 2, 3};

/* Two numeric and two Hamming columns. */
static fid_gp *model(fid_kernel kernel, fid_rng *rng, double *at)
{
    double x[N * D], y[N], scale[N], theta[] = {1.5, 0.5, 0.3, -1, 0.4, -3};
    fid_gp_shape shape = {.kernel = kernel,
                          .n_numeric = 2,
                          .n_hamming = 2,
                          .n_groups = 4,
                          .group = group,
                          .zero_mean = true};
    fid_gp *gp;
    for (size_t i = 0; i < N + M; i++) {
        double *row = i < N ? x + i * D : at + (i - N) * D;
        for (size_t c = 0; c < D; c++)
            row[c] = c < 2 ? fid_rng_uniform(rng) : (double)fid_rng_below(rng, 4) - 1;
    }
    for (size_t i = 0; i < N; i++) {
        y[i] = 2 * fid_rng_normal(rng);
        scale[i] = i % 2 ? 1 : 4;
    }
    CHECK(fid_gp_create(&gp, &shape) == FID_OK);
    CHECK(fid_gp_set_data(gp, x, y, scale, N) == FID_OK);
    CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
    return gp;
}

/* Means to 5 standard errors, covariances to 5 and what the features leave. */
static void compare(fid_kernel kernel)
{
    fid_rng rng = fid_rng_stream(3, FID_RNG_TEST, kernel);
    double at[M * D], mean[M], cov[M * M], value[M], sum[M] = {0}, product[M * M] = {0};
    fid_gp *gp = model(kernel, &rng, at);
    CHECK(fid_gp_predict_joint(gp, at, M, mean, cov) == FID_OK);
    for (int s = 0; s < DRAWS; s++) {
        fid_gp_draw *draw;
        CHECK(fid_gp_draw_create(&draw, gp, 100, &rng) == FID_OK);
        CHECK(fid_gp_draw_at(draw, at, M, value) == FID_OK);
        for (size_t i = 0; i < M; i++) {
            sum[i] += value[i] / DRAWS;
            for (size_t j = 0; j < M; j++)
                product[i * M + j] += (value[i] - mean[i]) * (value[j] - mean[j]) / DRAWS;
        }
        fid_gp_draw_destroy(draw);
    }
    for (size_t i = 0; i < M; i++) {
        CHECK_NEAR(sum[i], mean[i], 5 * sqrt(cov[i * M + i] / DRAWS));
        for (size_t j = 0; j < M; j++) {
            double both = cov[i * M + i] * cov[j * M + j] + cov[i * M + j] * cov[i * M + j];
            CHECK_NEAR(product[i * M + j], cov[i * M + j], 6 * sqrt(both / DRAWS) + 0.01);
        }
    }
    fid_gp_destroy(gp);
}

TEST(draws_have_the_joint_posterior)
{
    compare(FID_KERNEL_MATERN52);
    compare(FID_KERNEL_MATERN32);
    compare(FID_KERNEL_RBF);
}

/* In pieces, in another order, twice: one function. */
TEST(a_draw_is_a_function)
{
    fid_rng rng = fid_rng_stream(4, FID_RNG_TEST, 0), same;
    double at[M * D], all[M], one;
    fid_gp *gp = model(FID_KERNEL_MATERN52, &rng, at);
    fid_gp_draw *draw, *again;
    same = rng;
    CHECK(fid_gp_draw_create(&draw, gp, 50, &rng) == FID_OK);
    CHECK(fid_gp_draw_create(&again, gp, 50, &same) == FID_OK);
    CHECK(fid_gp_draw_at(draw, at, M, all) == FID_OK);
    for (size_t k = 0; k < M; k++) {
        CHECK(fid_gp_draw_at(draw, at + k * D, 1, &one) == FID_OK);
        CHECK(one == all[k]);
        CHECK(fid_gp_draw_at(again, at + k * D, 1, &one) == FID_OK);
        CHECK(one == all[k]);
    }
    CHECK(fid_rng_u64(&rng) == fid_rng_u64(&same));
    fid_gp_draw_destroy(draw);
    fid_gp_draw_destroy(again);
    fid_gp_draw_destroy(NULL);
    fid_gp_destroy(gp);
}

TEST(waves_are_sums_of_cosines)
{
    const fid__gp_ops *tables[] = {&fid__gp_base, fid__gp_rows()};
    fid_rng rng = fid_rng_stream(5, FID_RNG_TEST, 0);
    for (int t = 0; t < 2; t++) {
        for (int k = 0; k < 1000; k++) {
            double turn[8] = {0}, a[8] = {0}, sum = 0;
            for (int j = 0; j < 3; j++) {
                turn[j] = k < 9 ? 0.125 * (k - 4) * (j + 1) : 50 * fid_rng_normal(&rng);
                a[j] = fid_rng_normal(&rng);
                sum += a[j] * cos(6.28318530717958647693 * turn[j]);
            }
            CHECK_NEAR(tables[t]->waves(turn, a, 3), sum, 2e-12);
        }
    }
}

TEST(slopes_of_a_draw_agree_with_differences)
{
    for (int kernel = 0; kernel < 3; kernel++) {
        fid_rng rng = fid_rng_stream(6, FID_RNG_TEST, (uint64_t)kernel);
        double at[M * D], value[M], slope[M * 2], up, down;
        fid_gp *gp = model((fid_kernel)kernel, &rng, at);
        fid_gp_draw *draw;
        CHECK(fid_gp_draw_create(&draw, gp, 100, &rng) == FID_OK);
        CHECK(fid_gp_draw_gradient(draw, at, M, value, slope) == FID_OK);
        for (size_t i = 0; i < M; i++) {
            CHECK(fid_gp_draw_at(draw, at + i * D, 1, &up) == FID_OK && up == value[i]);
            for (size_t c = 0; c < 2; c++) {
                double x = at[i * D + c];
                at[i * D + c] = x + 1e-5;
                CHECK(fid_gp_draw_at(draw, at + i * D, 1, &up) == FID_OK);
                at[i * D + c] = x - 1e-5;
                CHECK(fid_gp_draw_at(draw, at + i * D, 1, &down) == FID_OK);
                at[i * D + c] = x;
                CHECK_NEAR(slope[2 * i + c], (up - down) / 2e-5, 1e-6);
            }
        }
        fid_gp_draw_destroy(draw);
        fid_gp_destroy(gp);
    }
}

/* Values without noise against the joint posterior at the data; the model goes through
 * them afterwards. */
TEST(latent_values_have_the_joint_posterior)
{
    static double sum[N], product[N][N];
    double at[M * D], mean[N], cov[N * N], value[N], after[N], *work;
    for (uint64_t s = 0; s < DRAWS; s++) {
        fid_rng same = fid_rng_stream(4, FID_RNG_TEST, 0);
        fid_rng rng = fid_rng_stream(5, FID_RNG_TEST, s);
        double x[N * D];
        fid_rng again = same;
        fid_gp *gp = model(FID_KERNEL_MATERN52, &same, at);
        for (size_t k = 0; k < N * D; k++) /* as model() has them */
            x[k] = k % D < 2 ? fid_rng_uniform(&again) : (double)fid_rng_below(&again, 4) - 1;
        CHECK(s > 0 || fid_gp_predict_joint(gp, x, N, mean, cov) == FID_OK);
        CHECK(fid_gp_draw_latent(gp, 1e-8, &rng, value) == FID_OK);
        CHECK((work = fid_alloc(fid_gp_work(gp), sizeof *work)));
        fid_gp_predict(gp, x, N, after, NULL, work);
        for (size_t i = 0; i < N; i++) {
            CHECK_NEAR(after[i], value[i], 1e-3);
            sum[i] += value[i] / DRAWS;
            for (size_t j = 0; j < N; j++)
                product[i][j] += (value[i] - mean[i]) * (value[j] - mean[j]) / DRAWS;
        }
        free(work);
        fid_gp_destroy(gp);
    }
    for (size_t i = 0; i < N; i++) {
        CHECK_NEAR(sum[i], mean[i], 5 * sqrt(cov[i * N + i] / DRAWS));
        for (size_t j = 0; j < N; j++) {
            double both = cov[i * N + i] * cov[j * N + j] + cov[i * N + j] * cov[i * N + j];
            CHECK_NEAR(product[i][j], cov[i * N + j], 6 * sqrt(both / DRAWS));
        }
    }
}

int main(void)
{
    RUN(slopes_of_a_draw_agree_with_differences);
    RUN(draws_have_the_joint_posterior);
    RUN(a_draw_is_a_function);
    RUN(waves_are_sums_of_cosines);
    RUN(latent_values_have_the_joint_posterior);
    DONE();
}
