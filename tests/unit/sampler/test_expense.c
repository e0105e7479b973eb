/* What configurations cost, and proposals that mind it. */
#include "contract/loop.h"

#include "sampler/expense.h"

#include <math.h>

/* The first coordinate decides the cost and the second the loss. */
static void run_trial(loop *l, const double *u, const fid_suggestion *why)
{
    uint64_t trial = loop_start(l, u, why);
    double loss = fabs(u[1] - 0.6);
    l->now_us += (int64_t)(1e6 * exp(3 * u[0]));
    loop_finish(l, trial, &loss);
}

TEST(costs_are_learnt_from_trials)
{
    fid_space *space = loop_cube(2);
    fid_suggestion why = {0};
    fid__features features;
    fid__settings settings;
    fid__expense expense = {0};
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_random, 1, 1) == FID_OK);
    CHECK(fid__features_init(&features, space, true) == FID_OK);
    CHECK(fid__settings_read(&settings, NULL, NULL) == FID_OK);
    CHECK(fid__expense_init(&expense, &features, &settings) == FID_OK);
    for (int i = 0; i < 12; i++) {
        CHECK((fid__expense_fit(&expense, l.history) == FID_OK) == (i >= 5));
        run_trial(&l, (double[]){(i + 0.5) / 12, (i * 5 % 12) / 12.0}, &why);
    }
    CHECK(fid__expense_fit(&expense, l.history) == FID_OK);
    double u[4] = {0.25, 0.3, 0.75, 0.6}, rows[6] = {0}, cost[2];
    for (size_t i = 0; i < 2; i++)
        fid__features_of(&features, u + 2 * i, rows + 3 * i);
    fid__expense_at(&expense, rows, 2, cost);
    CHECK_NEAR(log(cost[1] / cost[0]), 1.5, 0.05);
    fid__expense_deinit(&expense);
    fid__features_deinit(&features);
    loop_close(&l);
    fid_space_destroy(space);
}

/* Mean x of what the model proposes. */
static double mean_x(double only_seconds)
{
    enum { TRIALS = 40 };
    fid_space *space = loop_cube(2);
    double sum = 0, n = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        loop l;
        CHECK(loop_open(&l, space, &fid_sampler_thompson_mf, 1, seed) == FID_OK);
        loop_drop_sampler(&l);
        l.options.only_seconds = only_seconds;
        CHECK(loop_init_sampler(&l) == FID_OK);
        for (int k = 0; k < TRIALS; k++) {
            double u[2];
            fid_suggestion why;
            CHECK(loop_suggest(&l, u, &why) == FID_OK);
            bool model = strcmp(why.model, "thompson") == 0;
            sum += model ? u[0] : 0;
            n += model;
            run_trial(&l, u, &why);
        }
        loop_close(&l);
    }
    fid_space_destroy(space);
    return sum / n;
}

TEST(a_study_that_time_ends_prefers_what_is_cheap)
{
    double minded = mean_x(1e6), careless = mean_x(0);
    printf("mean x %.2f, %.2f when time does not count\n", minded, careless);
    CHECK(minded < careless - 0.05);
}

/* Trials before the first that asks a model, each of which takes a second. */
static size_t design(double only_seconds, size_t n_parallel, size_t n_initial)
{
    fid_space *space = loop_cube(2);
    fid_suggestion why = {0};
    size_t n = 0;
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_thompson_mf, 1, 1) == FID_OK);
    loop_drop_sampler(&l);
    l.options.only_seconds = only_seconds;
    l.options.n_parallel = n_parallel;
    l.options.n_initial = n_initial;
    l.options.model = "random_share=0";
    CHECK(loop_init_sampler(&l) == FID_OK);
    for (double u[2]; n < 30; n++) {
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        if (strcmp(why.model, "thompson") == 0)
            break;
        uint64_t trial = loop_start(&l, u, &why);
        double loss = fabs(u[1] - 0.6);
        l.now_us += 1000000;
        loop_finish(&l, trial, &loss);
    }
    loop_close(&l);
    fid_space_destroy(space);
    return n;
}

TEST(a_design_takes_a_quarter_of_what_the_time_pays_for)
{
    CHECK(design(0, 1, 0) == 10);
    CHECK(design(1000, 1, 0) == 10);
    CHECK(design(20, 1, 0) == 5);
    CHECK(design(20, 2, 0) == 10);
    CHECK(design(5, 1, 0) == 3);
    CHECK(design(20, 1, 8) == 8); /* as the user said */
}

int main(void)
{
    RUN(costs_are_learnt_from_trials);
    RUN(a_design_takes_a_quarter_of_what_the_time_pays_for);
    RUN(a_study_that_time_ends_prefers_what_is_cheap);
    DONE();
}
