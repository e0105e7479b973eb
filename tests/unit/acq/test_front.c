/* Boxes, hypervolume and its expected improvement, each computed a second way. */
#include "check.h"

#include <fidelio/acq.h>

#include <string.h>

static uint32_t state;

static double draw(void)
{
    state = state * 1664525u + 1013904223u;
    return (state + 0.5) / 4294967296.0;
}

/* Inclusion and exclusion over all subsets. */
static double volume_by_subsets(const double *points, size_t n, size_t m,
                                const double *ref)
{
    double sum = 0;
    for (size_t set = 1; set < (size_t)1 << n; set++) {
        double volume = 1, sign = -1;
        for (size_t j = 0; j < m; j++) {
            double corner = -INFINITY;
            for (size_t i = 0; i < n; i++)
                if (set >> i & 1)
                    corner = fmax(corner, points[i * m + j]);
            volume *= fmax(0, ref[j] - corner);
        }
        for (size_t i = 0; i < n; i++)
            if (set >> i & 1)
                sign = -sign;
        sum += sign * volume;
    }
    return sum;
}

static double hypervolume(const double *points, size_t n, size_t m, const double *ref)
{
    fid_front *front;
    CHECK(fid_front_create(&front, points, n, m, ref) == FID_OK);
    double volume = fid_front_hypervolume(front);
    fid_front_destroy(front);
    return volume;
}

TEST(the_hypervolume_is_that_of_inclusion_and_exclusion)
{
    const double ref[4] = {1, 0.9, 1.1, 0.8};
    state = 3;
    for (size_t m = 1; m <= 4; m++)
        for (size_t n = 0; n <= 9; n++)
            for (int round = 0; round < 10; round++) {
                double points[9 * 4];
                for (size_t i = 0; i < n * m; i++)
                    points[i] = round % 2 ? draw() : floor(4 * draw()) / 4; /* ties */
                CHECK_NEAR(hypervolume(points, n, m, ref),
                           volume_by_subsets(points, n, m, ref), 1e-13);
            }
}

TEST(two_objectives_need_a_box_more_than_points)
{
    double points[50][2];
    const double ref[2] = {2, 2};
    for (size_t i = 0; i < 50; i++) {
        points[i][0] = (double)(i * 17 % 50) / 50;
        points[i][1] = 1 - points[i][0];
    }
    fid_front *front;
    CHECK(fid_front_create(&front, *points, 50, 2, ref) == FID_OK);
    CHECK(fid_front_n_boxes(front) == 51);
    fid_front_destroy(front);
}

static double density(double x, double mean, double sd)
{
    double z = (x - mean) / sd;
    return exp(-0.5 * z * z) / sd * 0.39894228040143267794;
}

/* Midpoint rule over both objectives of what one more point would add. */
static double improvement_by_quadrature(const double *points, size_t n, const double *ref,
                                        const double *mean, const double *sd)
{
    enum { STEPS = 160 };
    double more[2 * 10], sum = 0, before = hypervolume(points, n, 2, ref);
    memcpy(more, points, 2 * n * sizeof *more);
    for (int a = 0; a < STEPS; a++)
        for (int b = 0; b < STEPS; b++) {
            double h[2] = {14 * sd[0] / STEPS, 14 * sd[1] / STEPS};
            more[2 * n] = mean[0] - 7 * sd[0] + (a + 0.5) * h[0];
            more[2 * n + 1] = mean[1] - 7 * sd[1] + (b + 0.5) * h[1];
            double p = density(more[2 * n], mean[0], sd[0]) * h[0] *
                       density(more[2 * n + 1], mean[1], sd[1]) * h[1];
            if (p > 1e-12)
                sum += p * (hypervolume(more, n + 1, 2, ref) - before);
        }
    return sum;
}

TEST(expected_improvement_of_two_objectives_agrees_with_quadrature)
{
    const double points[] = {0.1, 0.8, 0.35, 0.5, 0.7, 0.2, 0.8, 0.9}, ref[] = {1, 1};
    const double means[][2] = {{0.3, 0.3}, {0.9, 0.9}, {-0.5, 0.6}, {1.2, 0.1}};
    fid_front *front;
    CHECK(fid_front_create(&front, points, 4, 2, ref) == FID_OK);
    for (size_t k = 0; k < 4; k++) {
        const double sd[] = {0.2, 0.35};
        double got = fid_log_ehvi(front, means[k], sd, NULL, NULL);
        double want = improvement_by_quadrature(points, 4, ref, means[k], sd);
        CHECK_NEAR(exp(got), want, 2e-4);
    }
    fid_front_destroy(front);
}

TEST(one_objective_is_expected_improvement)
{
    const double points[] = {0.7, 0.4, 0.9}, ref[] = {2};
    fid_front *front;
    CHECK(fid_front_create(&front, points, 3, 1, ref) == FID_OK);
    for (double mean = -3; mean < 300; mean = mean * 1.5 + 4) {
        double sd = 0.3, dm, ds, wm, ws;
        double got = fid_log_ehvi(front, &mean, &sd, &dm, &ds);
        CHECK_NEAR(got, fid_log_ei(mean, sd, 0.4, &wm, &ws), 1e-13);
        CHECK_NEAR(dm, wm, 1e-13);
        CHECK_NEAR(ds, ws, 1e-13);
    }
    fid_front_destroy(front);
}

TEST(derivatives_agree_with_differences_also_far_away)
{
    state = 11;
    for (size_t m = 2; m <= 4; m++) {
        double points[12 * 4], ref[4] = {1, 1, 1, 1}, mean[4], sd[4], dm[4], ds[4];
        for (size_t i = 0; i < 12 * m; i++)
            points[i] = draw();
        fid_front *front;
        CHECK(fid_front_create(&front, points, 12, m, ref) == FID_OK);
        for (int round = 0; round < 100; round++) {
            for (size_t j = 0; j < m; j++) {
                mean[j] = (round % 3 == 2 ? 40 : 1) * draw() - 0.3;
                sd[j] = 0.05 + draw();
            }
            CHECK(isfinite(fid_log_ehvi(front, mean, sd, dm, ds)));
            for (size_t j = 0; j < 2 * m; j++) {
                double *x = j < m ? mean + j : sd + j - m, at = *x, h = 1e-6 * sd[j % m];
                *x = at + h;
                double up = fid_log_ehvi(front, mean, sd, NULL, NULL);
                *x = at - h;
                double down = fid_log_ehvi(front, mean, sd, NULL, NULL);
                *x = at;
                double slope = j < m ? dm[j] : ds[j - m];
                CHECK(fabs(slope - (up - down) / (2 * h)) < 1e-4 * (1 + fabs(slope)));
            }
        }
        fid_front_destroy(front);
    }
}

int main(void)
{
    RUN(the_hypervolume_is_that_of_inclusion_and_exclusion);
    RUN(two_objectives_need_a_box_more_than_points);
    RUN(expected_improvement_of_two_objectives_agrees_with_quadrature);
    RUN(one_objective_is_expected_improvement);
    RUN(derivatives_agree_with_differences_also_far_away);
    DONE();
}
