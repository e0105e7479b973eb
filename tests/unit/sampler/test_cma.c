#include "check.h"
#include "sampler/cma.h"

#include <string.h>

/* The `cmaes` package of Python (CyberAgent, 0.13.1): CMA(mean=zeros(n), sigma=1). */
static const struct {
    size_t n, lambda;
    double want[7]; /* mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi_n */
} known[] = {
    {2,
     6,
     {2.02861146461006, 0.446204987378317, 1.44620498737832, 0.624554539026826,
      0.154815399896414, 0.0578590850719163, 1.254272742819}},
    {10,
     10,
     {3.1672992814107, 0.284428587946367, 1.28442858794637, 0.294990383035622,
      0.0152838245247517, 0.0201542827612084, 3.08472656516901}},
};

TEST(rates_are_those_of_the_reference)
{
    const double zero[10] = {0};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        fid__cma c = {0};
        CHECK(fid__cma_start(&c, known[k].n, known[k].lambda, zero, 1) == FID_OK);
        const double got[7] = {c.mu_eff, c.c_sigma, c.d_sigma, c.c_c,
                               c.c_1,    c.c_mu,    c.chi};
        for (int i = 0; i < 7; i++)
            CHECK_NEAR(got[i], known[k].want[i], 1e-13);
        fid__cma_deinit(&c);
    }
}

/* A narrow ellipsoid whose axes are not the coordinates': condition 1e4. */
static double ellipsoid(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double z = x[i] - 0.3 - (i ? x[i - 1] - 0.3 : 0);
        sum += pow(1e4, (double)i / (double)(n - 1)) * z * z;
    }
    return sum;
}

/* The same along the coordinates; 0.36 times the sum of the factors at 0.9. */
static double straight(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow(1e4, (double)i / (double)(n - 1)) * (x[i] - 0.3) * (x[i] - 0.3);
    return sum;
}

static double minimise(double (*loss)(const double *, size_t), size_t n, size_t lambda,
                       size_t generations, fid__cma *c)
{
    double mean[80], best = INFINITY;
    double *x = fid_alloc(lambda * n, sizeof *x);
    const double **order = fid_alloc(lambda, sizeof *order);
    fid_rng rng = fid_rng_stream(4, FID_RNG_TEST, n);
    for (size_t i = 0; i < n; i++)
        mean[i] = 0.9;
    CHECK(fid__cma_start(c, n, lambda, mean, 0.3) == FID_OK);
    for (size_t g = 0; g < generations; g++) {
        for (size_t k = 0; k < lambda; k++) {
            fid__cma_draw(c, &rng, x + k * n);
            size_t place = k;
            double own = loss(x + k * n, n);
            for (; place > 0 && loss(order[place - 1], n) > own; place--)
                order[place] = order[place - 1];
            order[place] = x + k * n;
        }
        best = fmin(best, loss(order[0], n));
        fid__cma_update(c, order);
    }
    free(x);
    free(order);
    return best;
}

TEST(it_finds_the_bottom_of_a_rotated_ellipsoid)
{
    fid__cma c = {0};
    CHECK(minimise(ellipsoid, 6, 9, 300, &c) < 1e-12);
    fid__cma_deinit(&c);
}

/* B diag(scale^2) B' is the covariance, and B' B is the identity. */
TEST(the_factors_multiply_to_the_covariance)
{
    enum { N = 6 };
    fid__cma c = {0};
    minimise(ellipsoid, N, 9, 60, &c);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            double sum = 0, dot = 0;
            for (size_t k = 0; k < N; k++) {
                sum += c.axes[i * N + k] * c.axes[j * N + k] * c.scale[k] * c.scale[k];
                dot += c.axes[k * N + i] * c.axes[k * N + j];
            }
            double want = c.covariance[i * N + j];
            double unit = sqrt(c.covariance[i * N + i] * c.covariance[j * N + j]);
            CHECK(fabs(sum - want) < 1e-10 * unit);
            CHECK_NEAR(dot, i == j, 1e-12);
        }
    }
    fid__cma_deinit(&c);
}

TEST(many_dimensions_use_the_diagonal_and_still_descend)
{
    fid__cma c = {0};
    double best = minimise(straight, 80, 17, 1000, &c);
    CHECK(!c.full && best < 1e-3); /* it begins near 2.5e4 */
    fid__cma_deinit(&c);
}

int main(void)
{
    RUN(rates_are_those_of_the_reference);
    RUN(it_finds_the_bottom_of_a_rotated_ellipsoid);
    RUN(the_factors_multiply_to_the_covariance);
    RUN(many_dimensions_use_the_diagonal_and_still_descend);
    DONE();
}
