/* The Gaussian process of several objectives and of black-box limits. */
#include "contract/loop.h"

#include "sampler/merit.h"
#include "sampler/outcomes.h"
#include "sampler/pareto.h"

#include <stdlib.h>

/* Gardner et al. 2014, second simulation: a feasible share of about 1.6 %; the optimum by
 * SLSQP from 60 starts (SciPy). */
static const double optimum = 0.2532358974902098;

static void gardner(const double *u, double *out)
{
    double x = 6 * u[0], y = 6 * u[1];
    out[0] = sin(x) + y;
    out[1] = sin(x) * sin(y);
}

static void sphere(const double *u, double *out)
{
    double g = 1, angle = acos(0) * u[0];
    for (int i = 1; i < 4; i++)
        g += (u[i] - 0.5) * (u[i] - 0.5);
    out[0] = g * cos(angle);
    out[1] = g * sin(angle);
}

static fid_outline limited(void)
{
    fid_outline outline = loop_outline(2);
    outline.n_objectives = 1;
    outline.metrics[1].goal = FID_GOAL_AT_MOST;
    outline.metrics[1].bound = -0.95;
    return outline;
}

TEST(the_best_feasible_point_of_a_small_region_is_found)
{
    fid_space *space = loop_cube(2);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        loop l;
        double u[2], values[2], best = HUGE_VAL;
        fid_suggestion why;
        CHECK(loop_open_with(&l, space, &fid_sampler_gp, limited(), seed) == FID_OK);
        for (int k = 0; k < 40; k++) {
            CHECK(loop_suggest(&l, u, &why) == FID_OK);
            gardner(u, values);
            if (values[1] <= -0.95)
                best = fmin(best, values[0]);
            loop_finish(&l, loop_start(&l, u, &why), values);
        }
        CHECK(best < optimum + 0.01);
        loop_close(&l);
    }
    fid_space_destroy(space);
}

/* Where x > 0.6 trials crash; the best lies on the border, which is to be closed in upon
 * without running into it all the time. */
TEST(failures_are_learnt_as_a_limit)
{
    fid_space *space = loop_cube(2);
    loop l;
    size_t n_failed = 0;
    double furthest = 0;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 2, 3) == FID_OK);
    for (int k = 0; k < 40; k++) {
        double u[2];
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        double values[2] = {1 - u[0] + u[1], u[1] * u[1] - u[1]};
        uint64_t trial = loop_start(&l, u, &why);
        if (u[0] > 0.6) {
            n_failed += k >= 10;
            loop_fail(&l, trial, FID_REASON_CRASHED);
        } else {
            furthest = fmax(furthest, u[0]);
            loop_finish(&l, trial, values);
        }
    }
    CHECK(n_failed <= 20); /* of 30 */
    CHECK(furthest > 0.59);
    loop_close(&l);
    fid_space_destroy(space);
}

static double volume_after(const fid_sampler_type *type, const fid_space *space,
                           uint64_t seed)
{
    enum { N = 40 };
    static const double ref[2] = {1.1, 1.1};
    loop l;
    double u[4], losses[2 * N];
    fid_suggestion why;
    fid_front *front;
    CHECK(loop_open(&l, space, type, 2, seed) == FID_OK);
    for (int k = 0; k < N; k++) {
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        sphere(u, losses + (ptrdiff_t)2 * k);
        loop_finish(&l, loop_start(&l, u, &why), losses + (ptrdiff_t)2 * k);
    }
    CHECK(fid_front_create(&front, losses, N, 2, ref) == FID_OK);
    double volume = fid_front_hypervolume(front);
    fid_front_destroy(front);
    loop_close(&l);
    return volume;
}

/* The sphere's front dominates 1.21 - pi/4 of the reference. */
TEST(the_front_of_a_sphere_is_covered)
{
    fid_space *space = loop_cube(4);
    for (uint64_t seed = 1; seed <= 3; seed++)
        CHECK(volume_after(&fid_sampler_gp, space, seed) > 0.85 * (1.21 - acos(0) / 2));
    fid_space_destroy(space);
}

/* Targets of 20 trials: objective 0 is their number, `last` of the last one. */
static void targets(const fid_space *space, double last, double *z)
{
    fid__observations seen = {0};
    fid__features features;
    fid__outcomes data;
    fid_suggestion why = {.model = "user"};
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_random, 2, 1) == FID_OK);
    for (int k = 0; k < 20; k++) {
        double u[2] = {0.025 + 0.05 * k, 0.5}, values[2] = {k < 19 ? k : last, -k};
        loop_finish(&l, loop_start(&l, u, &why), values);
    }
    CHECK(fid__features_init(&features, space, false) == FID_OK);
    CHECK(fid__observe(&seen, l.history, 3) == FID_OK);
    fid__outcomes_init(&data, &l.outline);
    CHECK(fid__outcomes_load(&data, &seen, l.history, &features, FID_WARP_LOG, 100) == FID_OK);
    CHECK(data.n == 20 && data.n_feasible == 20);
    memcpy(z, fid__target(&data, 0), 20 * sizeof *z);
    fid__outcomes_deinit(&data);
    fid__features_deinit(&features);
    fid__observations_deinit(&seen);
    loop_close(&l);
}

TEST(several_objectives_stay_straight_unless_one_diverges)
{
    fid_space *space = loop_cube(2);
    double z[20], mean = 0, square = 0;
    targets(space, 60, z); /* far, but not out of sight */
    for (int i = 0; i < 20; i++) {
        mean += z[i] / 20;
        square += z[i] * z[i] / 20;
    }
    CHECK_NEAR(mean, 0, 1e-12);
    CHECK_NEAR(square, 1, 1e-12);
    CHECK_NEAR((z[19] - z[0]) / (z[1] - z[0]), 60, 1e-9);
    static const double wild[] = {1e30, 1.7e308};
    for (int k = 0; k < 2; k++) {
        targets(space, wild[k], z);
        CHECK(z[18] - z[0] > 0.5);
        CHECK(z[19] > z[18] && isfinite(z[19]));
    }
    fid_space_destroy(space);
}

/* More trials than models take, some failed, some infeasible, one running. */
TEST(a_choice_of_many_trials_is_enough)
{
    fid_space *space = loop_cube(2);
    fid_rng rng = fid_rng_stream(8, FID_RNG_TEST, 0);
    fid_outline outline = loop_outline(3);
    outline.n_objectives = 2;
    outline.metrics[2].goal = FID_GOAL_AT_MOST;
    loop l = {0};
    double u[2], again[2];
    fid_suggestion why = {.model = "user"};
    CHECK(loop_open_with(&l, space, &fid_sampler_gp, outline, 1) == FID_OK);
    loop_drop_sampler(&l);
    l.options.model = "model_max=30,fit_max=20";
    CHECK(loop_init_sampler(&l) == FID_OK);
    for (int k = 0; k < 100; k++) {
        fid_space_sample(space, &rng, false, u);
        double values[3] = {u[0] + u[1], 1 - u[0], u[1] - 0.7};
        uint64_t trial = loop_start(&l, u, &why);
        if (k % 9 == 0)
            loop_fail(&l, trial, FID_REASON_CRASHED);
        else if (k < 99)
            loop_finish(&l, trial, values);
    }
    CHECK(loop_suggest(&l, u, &why) == FID_OK);
    CHECK(why.level == 0 && strcmp(why.model, "gp") == 0);
    CHECK(isfinite(why.mean) && why.sd > 0);
    CHECK(loop_suggest(&l, again, &why) == FID_OK);
    CHECK(memcmp(u, again, sizeof u) == 0);
    loop_close(&l);
    fid_space_destroy(space);
}

TEST(other_acquisitions_are_refused)
{
    fid_space *space = loop_cube(2);
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 2, 1) == FID_OK);
    loop_drop_sampler(&l);
    l.options.acquisition = "ucb";
    CHECK(loop_init_sampler(&l) == FID_INVALID);
    loop_close(&l);
    fid_space_destroy(space);
}

TEST(a_front_is_what_nobody_dominates)
{
    const double loss[] = {1, 4, 2, 2, 4, 1, 2, 3, 2, 2, 5, 5};
    size_t out[6], n;
    CHECK(fid__pareto_front(loss, 6, 2, out, &n) == FID_OK);
    CHECK(n == 4 && out[0] == 0 && out[1] == 1 && out[2] == 4 && out[3] == 2);
    CHECK(fid__pareto_front(loss, 0, 2, out, &n) == FID_OK && n == 0);
}

/* --- The merit's derivatives against central differences. */

typedef struct {
    fid__features features;
    fid_gp *gp[3];
    fid__merit merit;
    fid__volume volume;
    fid__limit limit;
} bench;

static fid_gp *some_model(const fid__features *f, fid_rng *rng)
{
    enum { N = 12 };
    double rows[3 * N], y[N], theta[5] = {1, 0.5, 1.5, 0, -8};
    fid_gp_shape shape = {.n_numeric = f->n_numeric,
                          .n_hamming = f->n_hamming,
                          .n_groups = f->n_groups,
                          .group = f->group};
    fid_gp *gp;
    CHECK(fid_gp_create(&gp, &shape) == FID_OK);
    for (int i = 0; i < 3 * N; i++)
        rows[i] = fid_rng_uniform(rng);
    for (int i = 0; i < N; i++)
        y[i] = fid_rng_normal(rng);
    CHECK(fid_gp_set_data(gp, rows, y, NULL, N) == FID_OK);
    CHECK(fid_gp_condition(gp, theta, NULL) == FID_OK);
    return gp;
}

TEST(derivatives_of_the_volume_and_of_limits_are_right)
{
    static const double points[] = {0, 0.5, -0.5, 0.7}, ref[] = {1, 1};
    fid_rng rng = fid_rng_stream(4, FID_RNG_TEST, 0);
    fid_space *space = loop_cube(3);
    bench b = {0};
    CHECK(fid__features_init(&b.features, space, false) == FID_OK);
    CHECK(fid__merit_init(&b.merit, &b.features) == FID_OK);
    CHECK(fid__volume_init(&b.volume, 2, FID__MERIT_BATCH, 3) == FID_OK);
    CHECK(fid_front_create(&b.volume.front, points, 2, 2, ref) == FID_OK);
    for (int k = 0; k < 3; k++)
        b.gp[k] = some_model(&b.features, &rng);
    b.volume.objective[0] = b.gp[0];
    b.volume.objective[1] = b.gp[1];
    b.limit = (fid__limit){.gp = b.gp[2], .bound = -0.3};
    b.merit.volume = &b.volume;
    b.merit.objective = b.gp[0];
    b.merit.limits = &b.limit;
    b.merit.n_limits = 1;
    CHECK(fid__merit_fit_work(&b.merit) == FID_OK);
    for (int round = 0; round < 10; round++) {
        double u[3], value, slope[3];
        for (int i = 0; i < 3; i++)
            u[i] = 0.1 + 0.8 * fid_rng_uniform(&rng);
        fid__merit_of(&b.merit, u, 1, &value, slope);
        for (int i = 0; i < 3; i++) {
            double at = u[i], high, low;
            u[i] = at + 1e-6;
            fid__merit_of(&b.merit, u, 1, &high, NULL);
            u[i] = at - 1e-6;
            fid__merit_of(&b.merit, u, 1, &low, NULL);
            u[i] = at;
            CHECK_NEAR(slope[i], (high - low) / 2e-6, 1e-5 * (1 + fabs(slope[i])));
        }
    }
    fid__merit_deinit(&b.merit);
    fid_front_destroy(b.volume.front);
    fid__volume_deinit(&b.volume);
    fid__features_deinit(&b.features);
    for (int k = 0; k < 3; k++)
        fid_gp_destroy(b.gp[k]);
    fid_space_destroy(space);
}

int main(void)
{
    RUN(the_best_feasible_point_of_a_small_region_is_found);
    RUN(failures_are_learnt_as_a_limit);
    RUN(the_front_of_a_sphere_is_covered);
    RUN(several_objectives_stay_straight_unless_one_diverges);
    RUN(a_choice_of_many_trials_is_enough);
    RUN(other_acquisitions_are_refused);
    RUN(a_front_is_what_nobody_dominates);
    RUN(derivatives_of_the_volume_and_of_limits_are_right);
    DONE();
}
