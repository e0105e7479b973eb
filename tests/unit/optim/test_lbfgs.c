/* Minima known in closed form. */
#include "check.h"

#include <fidelio/optim.h>

static const fid_lbfgs_options options = {
    .gtol = 1e-8, .ftol = 0, .first_step = 0.1, .max_iter = 500, .max_eval = 2000};

static double rosenbrock(void *ctx, const double *x, double *g)
{
    size_t n = *(size_t *)ctx;
    double f = 0;
    for (size_t i = 0; i < n; i++)
        g[i] = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        f += 100 * a * a + b * b;
        g[i] += -400 * a * x[i] - 2 * b;
        g[i + 1] += 200 * a;
    }
    return f;
}

TEST(it_walks_down_the_valley_of_rosenbrock)
{
    size_t n = 6;
    double x[6] = {-1.2, 1, -1.2, 1, -1.2, 1};
    fid_lbfgs s;
    CHECK(fid_lbfgs_init(&s, n) == FID_OK);
    double f = fid_minimize(&s, &options, rosenbrock, &n, x, NULL, NULL);
    CHECK(s.outcome == FID_LBFGS_CONVERGED);
    CHECK(f < 1e-12);
    for (size_t i = 0; i < n; i++)
        CHECK_NEAR(x[i], 1, 1e-6);
    CHECK(s.n_eval < 200);
    fid_lbfgs_deinit(&s);
}

TEST(a_minimum_on_the_bounds_is_found)
{
    /* In the box [-2,0.5]x[..]: x1 = 0.5, x2 = x1^2, then x3 = x2^2. */
    size_t n = 3;
    double x[3] = {-1, -1, -1}, lo[3] = {-2, -2, -2}, hi[3] = {0.5, 2, 2};
    fid_lbfgs s;
    CHECK(fid_lbfgs_init(&s, n) == FID_OK);
    fid_minimize(&s, &options, rosenbrock, &n, x, lo, hi);
    double g[3];
    rosenbrock(&n, x, g);
    CHECK(x[0] == 0.5);
    CHECK(g[0] < 0);
    CHECK(fabs(g[1]) < 1e-6 && fabs(g[2]) < 1e-6);
    fid_lbfgs_deinit(&s);
}

static double pole(void *ctx, const double *x, double *g)
{
    (void)ctx;
    g[0] = 1 - 1 / x[0];
    return x[0] - log(x[0]); /* NaN below 0 */
}

TEST(values_that_are_not_finite_only_shorten_the_step)
{
    double x = 5;
    fid_lbfgs s;
    fid_lbfgs_options far = options;
    far.first_step = 100;
    CHECK(fid_lbfgs_init(&s, 1) == FID_OK);
    double f = fid_minimize(&s, &far, pole, NULL, &x, NULL, NULL);
    CHECK_NEAR(x, 1, 1e-7);
    CHECK_NEAR(f, 1, 1e-12);
    x = -1;
    f = fid_minimize(&s, &far, pole, NULL, &x, NULL, NULL);
    CHECK(s.outcome == FID_LBFGS_STUCK && f == INFINITY && x == -1);
    fid_lbfgs_deinit(&s);
}

int main(void)
{
    RUN(it_walks_down_the_valley_of_rosenbrock);
    RUN(a_minimum_on_the_bounds_is_found);
    RUN(values_that_are_not_finite_only_shorten_the_step);
    DONE();
}
