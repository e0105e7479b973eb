/* Against scikit-learn (tests/golden/gp), finite differences, and itself done otherwise. */
#include "check.h"

#include <fidelio/gp.h>

#include "gp/rows.h"

#include <string.h>

static uint32_t state;

static double draw(void)
{
    state = state * 1664525u + 1013904223u;
    return (state + 0.5) / 4294967296.0;
}

static FILE *open_golden(const char *name)
{
    char path[4096];
    const char *source = getenv("FIDELIO_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/gp/%s", source ? source : ".", name);
    return fopen(path, "r");
}

static double next(FILE *f)
{
    double x = NAN;
    CHECK(fscanf(f, "%lf", &x) == 1);
    return x;
}

TEST(likelihood_gradient_mean_and_variance_agree_with_scikit_learn)
{
    FILE *f = open_golden("sklearn.txt");
    CHECK(f);
    if (!f)
        return;
    static const size_t group[] = {0, 1, 2, 3};
    state = 0;
    for (int line = 0; line < 50; line++) {
        int kind = (int)next(f);
        size_t n = (size_t)next(f), d = (size_t)next(f);
        double x[20 * 4], y[20], theta[6], xs[3 * 4], grad[6], mean[3], var[3];
        for (size_t i = 0; i < n * d; i++)
            x[i] = draw();
        for (size_t i = 0; i < n; i++)
            y[i] = draw() * 2 - 1;
        for (size_t c = 0; c < d; c++)
            theta[c] = -2 * (draw() * 3 - 2);
        theta[d] = draw() * 2 - 1;
        theta[d + 1] = draw() * 4 - 6;
        for (size_t i = 0; i < 3 * d; i++)
            xs[i] = draw();
        fid_gp_shape shape = {.kernel = (fid_kernel)kind, .n_numeric = d, .n_groups = d,
                              .group = group, .zero_mean = true};
        fid_gp *gp;
        CHECK(fid_gp_create(&gp, &shape) == FID_OK);
        CHECK(fid_gp_set_data(gp, x, y, NULL, n) == FID_OK);
        CHECK_NEAR(-fid_gp_nlml(gp, theta, grad), next(f), 1e-10);
        for (size_t c = 0; c < d; c++)
            CHECK_NEAR(2 * grad[c], next(f), 1e-10);
        CHECK_NEAR(-grad[d], next(f), 1e-10);
        CHECK_NEAR(-grad[d + 1], next(f), 1e-10);
        double jitter = 1, *work = malloc(fid_gp_work(gp) * sizeof *work);
        CHECK(fid_gp_condition(gp, theta, &jitter) == FID_OK);
        CHECK(jitter == 0);
        fid_gp_predict(gp, xs, 3, mean, var, work);
        for (size_t j = 0; j < 3; j++)
            CHECK_NEAR(mean[j], next(f), 1e-10);
        for (size_t j = 0; j < 3; j++)
            CHECK_NEAR(var[j], next(f), 1e-10);
        free(work);
        fid_gp_destroy(gp);
    }
    fclose(f);
}

/* A mixed model: three numeric columns, two of which share a lengthscale, two Hamming
 * columns. */
static const size_t mixed_group[] = {0, 1, 1, 2, 3};
enum { D = 5, NUMERIC = 3, THETA = 6, N = 45 };

static fid_gp *mixed(fid_kernel kernel, double *x, double *y)
{
    fid_gp_shape shape = {.kernel = kernel, .n_numeric = NUMERIC, .n_hamming = 2,
                          .n_groups = 4, .group = mixed_group};
    fid_gp *gp;
    CHECK(fid_gp_create(&gp, &shape) == FID_OK);
    state = 7;
    for (size_t i = 0; i < N; i++) {
        for (size_t c = 0; c < D; c++)
            x[i * D + c] = c < NUMERIC ? draw() : floor(3 * draw());
        y[i] = sin(5 * x[i * D]) + x[i * D + 1] * x[i * D + 3] + 0.1 * draw();
    }
    CHECK(fid_gp_set_data(gp, x, y, NULL, N) == FID_OK);
    return gp;
}

TEST(likelihood_gradient_agrees_with_differences)
{
    double x[N * D], y[N], grad[THETA], theta[THETA];
    for (int kernel = 0; kernel < 3; kernel++) {
        fid_gp *gp = mixed((fid_kernel)kernel, x, y);
        for (int round = 0; round < 100; round++) {
            for (size_t k = 0; k < THETA; k++)
                theta[k] = 4 * draw() - 2;
            fid_gp_nlml(gp, theta, grad);
            for (size_t k = 0; k < THETA; k++) {
                double h = 1e-5, at = theta[k];
                theta[k] = at + h;
                double up = fid_gp_nlml(gp, theta, NULL);
                theta[k] = at - h;
                double down = fid_gp_nlml(gp, theta, NULL);
                theta[k] = at;
                CHECK_NEAR(grad[k], (up - down) / (2 * h), 1e-6);
            }
        }
        fid_gp_destroy(gp);
    }
}

TEST(prediction_gradient_agrees_with_differences)
{
    enum { M = 35 };
    double x[N * D], y[N], theta[THETA] = {1, 0, -1, 0.5, 0.2, -4};
    double xs[M * D], mean[M], var[M], up[M], down[M], vup[M], vdown[M];
    double dmean[M * NUMERIC], dvar[M * NUMERIC], mean2[M], var2[M];
    for (int kernel = 0; kernel < 3; kernel++) {
        fid_gp *gp = mixed((fid_kernel)kernel, x, y);
        CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
        double *work = malloc(fid_gp_work(gp) * sizeof *work);
        for (size_t i = 0; i < M * D; i++)
            xs[i] = i % D < NUMERIC ? draw() : floor(3 * draw());
        memcpy(xs, x, D * sizeof *xs); /* on a datum: Matern at r = 0 */
        fid_gp_predict_gradient(gp, xs, M, mean, var, dmean, dvar, work);
        fid_gp_predict(gp, xs, M, mean2, var2, work);
        CHECK(memcmp(mean, mean2, sizeof mean) == 0);
        CHECK(memcmp(var, var2, sizeof var) == 0);
        for (size_t c = 0; c < NUMERIC; c++) {
            double h = 1e-6;
            for (size_t j = 0; j < M; j++)
                xs[j * D + c] += h;
            fid_gp_predict(gp, xs, M, up, vup, work);
            for (size_t j = 0; j < M; j++)
                xs[j * D + c] -= 2 * h;
            fid_gp_predict(gp, xs, M, down, vdown, work);
            for (size_t j = 0; j < M; j++) {
                xs[j * D + c] += h;
                CHECK_NEAR(dmean[j * NUMERIC + c], (up[j] - down[j]) / (2 * h), 1e-6);
                CHECK_NEAR(dvar[j * NUMERIC + c], (vup[j] - vdown[j]) / (2 * h), 1e-6);
            }
        }
        free(work);
        fid_gp_destroy(gp);
    }
}

TEST(leave_one_out_equals_refitting_without_the_point)
{
    double x[N * D], y[N], theta[THETA] = {1, 0, -1, 0.5, 0.2, -3}, mean[N], var[N];
    fid_gp *gp = mixed(FID_KERNEL_MATERN52, x, y);
    fid_gp_destroy(gp);
    fid_gp_shape shape = {.n_numeric = NUMERIC, .n_hamming = 2, .n_groups = 4,
                          .group = mixed_group, .zero_mean = true};
    CHECK(fid_gp_create(&gp, &shape) == FID_OK);
    CHECK(fid_gp_set_data(gp, x, y, NULL, N) == FID_OK);
    CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
    CHECK(fid_gp_loo(gp, mean, var) == FID_OK);
    for (size_t out = 0; out < N; out += 4) {
        double px[N * D], py[N], m, v, at[D];
        memcpy(px, x, sizeof px);
        memcpy(py, y, sizeof py);
        memcpy(at, x + out * D, sizeof at);
        memmove(px + out * D, px + (out + 1) * D, (N - 1 - out) * sizeof at);
        memmove(py + out, py + out + 1, (N - 1 - out) * sizeof *py);
        CHECK(fid_gp_set_data(gp, px, py, NULL, N - 1) == FID_OK);
        CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
        double *work = malloc(fid_gp_work(gp) * sizeof *work);
        fid_gp_predict(gp, at, 1, &m, &v, work);
        CHECK_NEAR(mean[out], m, 1e-9);
        CHECK_NEAR(var[out], v + exp(-3), 1e-9);
        free(work);
    }
    fid_gp_destroy(gp);
}

TEST(appended_points_give_the_model_made_at_once_and_can_be_taken_back)
{
    double x[N * D], y[N], theta[THETA] = {1, 0, -1, 0.5, 0.2, -3};
    double m1, v1, m2, v2, m3, v3, at[D] = {0.3, 0.4, 0.5, 1, 2};
    fid_gp *whole = mixed(FID_KERNEL_MATERN32, x, y), *grown = mixed(FID_KERNEL_MATERN32, x, y);
    CHECK(fid_gp_condition(whole, theta, NULL) == FID_OK);
    CHECK(fid_gp_set_data(grown, x, y, NULL, 5) == FID_OK);
    CHECK(fid_gp_condition(grown, theta, NULL) == FID_OK);
    double *work = malloc(fid_gp_work(grown) * sizeof *work);
    fid_gp_predict(grown, at, 1, &m1, &v1, work);
    for (size_t i = 5; i < N; i++)
        CHECK(fid_gp_append(grown, x + i * D, y[i], 1) == FID_OK);
    free(work);
    work = malloc((fid_gp_work(whole) + fid_gp_work(grown)) * sizeof *work);
    fid_gp_predict(grown, at, 1, &m2, &v2, work);
    fid_gp_predict(whole, at, 1, &m3, &v3, work);
    CHECK(m2 == m3 && v2 == v3);
    fid_gp_truncate(grown, 5);
    fid_gp_predict(grown, at, 1, &m2, &v2, work);
    CHECK(m1 == m2 && v1 == v2);
    free(work);
    fid_gp_destroy(whole);
    fid_gp_destroy(grown);
}

TEST(joint_prediction_has_the_marginals_on_its_diagonal)
{
    double x[N * D], y[N], theta[THETA] = {1, 0, -1, 0.5, 0.2, -3};
    double mean[11], var[11], jmean[11], cov[121], xs[11 * D];
    fid_gp *gp = mixed(FID_KERNEL_MATERN52, x, y);
    CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
    for (size_t i = 0; i < 11 * D; i++)
        xs[i] = i % D < NUMERIC ? draw() : floor(3 * draw());
    double *work = malloc(fid_gp_work(gp) * sizeof *work);
    fid_gp_predict(gp, xs, 11, mean, var, work);
    CHECK(fid_gp_predict_joint(gp, xs, 11, jmean, cov) == FID_OK);
    for (size_t j = 0; j < 11; j++) {
        CHECK_NEAR(jmean[j], mean[j], 1e-11);
        CHECK_NEAR(cov[j * 12], var[j], 1e-11);
        for (size_t i = 0; i < j; i++)
            CHECK_NEAR(cov[i * 11 + j], cov[j * 11 + i], 1e-12);
    }
    free(work);
    fid_gp_destroy(gp);
}

TEST(a_fit_ends_where_the_gradient_of_the_posterior_vanishes)
{
    double x[N * D], y[N], theta[THETA] = {0, 0, 0, 0, 0, -3}, grad[THETA];
    fid_gp_penalty prior[THETA];
    for (size_t k = 0; k < THETA; k++)
        prior[k] = (fid_gp_penalty){.low = -12, .high = 9, .recip = 0.1, .linear = 0.1};
    prior[THETA - 1] = (fid_gp_penalty){.low = -14, .high = 2, .mean = -4, .precision = 1};
    fid_gp *gp = mixed(FID_KERNEL_MATERN52, x, y);
    fid_gp_fit_result result;
    double before = fid_gp_nlml(gp, theta, NULL);
    before += fid_gp_penalty_value(prior, theta, THETA, NULL);
    CHECK(fid_gp_fit(gp, prior, theta, 200, &result) == FID_OK);
    CHECK(result.objective < before - 1);
    CHECK_NEAR(fid_gp_nlml(gp, theta, grad), result.nlml, 1e-12);
    fid_gp_penalty_value(prior, theta, THETA, grad);
    for (size_t k = 0; k < THETA; k++)
        CHECK(fabs(grad[k]) < 0.1);
    fid_gp_destroy(gp);
}

/* --- Oblique: the metric's axes are hyperparameters. */

enum { OBLIQUE_D = 3, OBLIQUE_N = 14, OBLIQUE_THETA = OBLIQUE_D + 2 + OBLIQUE_D * (OBLIQUE_D - 1) };
static const size_t oblique_group[] = {0, 1, 2};

static fid_gp *oblique(bool is, const double *x, const double *y)
{
    fid_gp *gp;
    fid_gp_shape shape = {.n_numeric = OBLIQUE_D, .n_groups = OBLIQUE_D,
                          .group = oblique_group, .oblique = is};
    CHECK(fid_gp_create(&gp, &shape) == FID_OK);
    CHECK(fid_gp_n_theta(gp) == (is ? OBLIQUE_THETA : OBLIQUE_D + 2));
    CHECK(fid_gp_set_data(gp, x, y, NULL, OBLIQUE_N) == FID_OK);
    return gp;
}

static void draw_oblique(double *x, double *y, double *theta)
{
    state = 11;
    for (size_t i = 0; i < (OBLIQUE_N + 4) * OBLIQUE_D; i++)
        x[i] = draw();
    for (size_t i = 0; i < OBLIQUE_N; i++)
        y[i] = draw() * 2 - 1;
    for (size_t k = 0; k < OBLIQUE_THETA; k++)
        theta[k] = draw() * 2 - 1;
    theta[OBLIQUE_D + 1] = -6;
}

/* (I + B) x of n points */
static void mix(const double *theta, const double *x, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        const double *b = theta + OBLIQUE_D + 2;
        for (size_t c = 0; c < OBLIQUE_D; c++) {
            out[i * OBLIQUE_D + c] = 0;
            for (size_t k = 0; k < OBLIQUE_D; k++)
                out[i * OBLIQUE_D + c] += (c == k ? 1 : *b++) * x[i * OBLIQUE_D + k];
        }
    }
}

TEST(an_oblique_model_is_the_usual_one_of_mixed_columns)
{
    double x[(OBLIQUE_N + 4) * OBLIQUE_D], y[OBLIQUE_N], theta[OBLIQUE_THETA];
    double mixed_x[(OBLIQUE_N + 4) * OBLIQUE_D], mean[2][4], var[2][4];
    draw_oblique(x, y, theta);
    mix(theta, x, OBLIQUE_N + 4, mixed_x);
    const double *rows[] = {x, mixed_x};
    for (int plain = 0; plain < 2; plain++) {
        fid_gp *gp = oblique(!plain, rows[plain], y);
        const double *new = rows[plain] + OBLIQUE_N * OBLIQUE_D;
        CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
        for (size_t i = 0; i < 12; i++) /* more than the places that are left free */
            CHECK(fid_gp_append(gp, new + i % 2 * OBLIQUE_D, 0.3, 1) == FID_OK);
        fid_gp_truncate(gp, OBLIQUE_N + 2);
        double *work = malloc(fid_gp_work(gp) * sizeof *work);
        fid_gp_predict(gp, new, 4, mean[plain], var[plain], work);
        free(work);
        fid_gp_destroy(gp);
    }
    for (size_t j = 0; j < 4; j++) {
        CHECK_NEAR(mean[0][j], mean[1][j], 1e-10);
        CHECK_NEAR(var[0][j], var[1][j], 1e-10);
    }
}

TEST(gradients_of_an_oblique_model_agree_with_differences)
{
    double x[(OBLIQUE_N + 4) * OBLIQUE_D], y[OBLIQUE_N], theta[OBLIQUE_THETA];
    double grad[OBLIQUE_THETA], mean[4], var[4], up[2], down[2];
    double dmean[4 * OBLIQUE_D], dvar[4 * OBLIQUE_D];
    const double h = 1e-5;
    draw_oblique(x, y, theta);
    fid_gp *gp = oblique(true, x, y);
    fid_gp_nlml(gp, theta, grad);
    for (size_t k = 0; k < OBLIQUE_THETA; k++) {
        double at = theta[k];
        theta[k] = at + h;
        double above = fid_gp_nlml(gp, theta, NULL);
        theta[k] = at - h;
        double below = fid_gp_nlml(gp, theta, NULL);
        theta[k] = at;
        CHECK_NEAR(grad[k], (above - below) / (2 * h), 1e-6 * fmax(1, fabs(grad[k])));
    }
    CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
    double *work = malloc(fid_gp_work(gp) * sizeof *work), *new = x + OBLIQUE_N * OBLIQUE_D;
    fid_gp_predict_gradient(gp, new, 4, mean, var, dmean, dvar, work);
    for (size_t c = 0; c < 4 * OBLIQUE_D; c++) {
        double at = new[c], *point = new + c / OBLIQUE_D * OBLIQUE_D;
        new[c] = at + h;
        fid_gp_predict(gp, point, 1, up, up + 1, work);
        new[c] = at - h;
        fid_gp_predict(gp, point, 1, down, down + 1, work);
        new[c] = at;
        CHECK_NEAR(dmean[c], (up[0] - down[0]) / (2 * h), 1e-6);
        CHECK_NEAR(dvar[c], (up[1] - down[1]) / (2 * h), 1e-6);
    }
    free(work);
    fid_gp_destroy(gp);
}

TEST(the_vector_exponential_is_good_to_the_last_bits)
{
    double r2[8], k[8];
    const fid__gp_ops *ops = fid__gp_rows();
    for (double at = 0; at < 1400; at = at * 1.01 + 1e-5) {
        for (int l = 0; l < 8; l++)
            r2[l] = at * (1 + 0.001 * l);
        ops->kernel(FID_KERNEL_RBF, 1, r2, 8, k, NULL);
        for (int l = 0; l < 8; l++)
            CHECK(fabs(k[l] - exp(-0.5 * r2[l])) <= 4e-16 * k[l]);
    }
    for (int l = 0; l < 8; l++)
        r2[l] = 1e300;
    ops->kernel(FID_KERNEL_MATERN52, 1, r2, 8, k, NULL);
    CHECK(k[0] == 0);
}

int main(void)
{
    RUN(likelihood_gradient_mean_and_variance_agree_with_scikit_learn);
    RUN(likelihood_gradient_agrees_with_differences);
    RUN(prediction_gradient_agrees_with_differences);
    RUN(leave_one_out_equals_refitting_without_the_point);
    RUN(appended_points_give_the_model_made_at_once_and_can_be_taken_back);
    RUN(joint_prediction_has_the_marginals_on_its_diagonal);
    RUN(a_fit_ends_where_the_gradient_of_the_posterior_vanishes);
    RUN(an_oblique_model_is_the_usual_one_of_mixed_columns);
    RUN(gradients_of_an_oblique_model_agree_with_differences);
    RUN(the_vector_exponential_is_good_to_the_last_bits);
    DONE();
}
