/* How sure it is that losses on the way say nothing about final ones. */
#include "sim.h"

#include "scheduler/blindness.h"

#include <fidelio/rand.h>

enum { STEPS = 8 };

typedef struct {
    sim s;
    fid__finished finished;
} study;

static study open_study(void)
{
    fid_scheduler_rules rules = {.fidelity = sim_fidelity(FID_MODE_STOP, 1, STEPS, 3)};
    return (study){.s = sim_open(&fid_scheduler_none, rules, FID_GOAL_MINIMIZE)};
}

/* A trial with `early` at step 2 (and the step after it) and `last` in the end. */
static void finish(study *t, double early, double last)
{
    uint64_t trial = (uint64_t)sim_ask(&t->s);
    CHECK(sim_report(&t->s, trial, 2, early));
    CHECK(sim_report(&t->s, trial, 3, -early));
    CHECK(sim_report(&t->s, trial, STEPS, last));
    sim_finish(&t->s, trial);
    fid__finished_add(&t->finished, trial, last);
}

static double blindness(const study *t, double step)
{
    return fid__blindness(&t->finished, t->s.history, step);
}

/* tau = 4/7, then -4/7, is scipy.stats.kendalltau of these two lists (SciPy 1.17); then
 * 0.3 L(0) / (0.3 L(0) + 0.7 mean L(0.05, .., 0.95)) with L(t) =
 * exp(-(atanh(4/7) - atanh(t))^2 4 / 0.874), in Python. */
TEST(the_figure_is_that_of_scipy)
{
    static const double early[] = {3, 1, 4, 1.5, 5, 9, 2.6, 5.5};
    static const double last[] = {2, 1, 3, 5, 4, 8, 6, 7};
    study t = open_study();
    for (size_t i = 0; i < 8; i++)
        finish(&t, early[i], last[i]);
    CHECK_NEAR(blindness(&t, 2), 0.10469675301260198, 1e-9);
    CHECK_NEAR(blindness(&t, 2.5), 0.10469675301260198,
               1e-9); /* the report before it counts */
    CHECK_NEAR(blindness(&t, 3), 0.7605577173873495, 1e-9);
    sim_close(&t.s);
}

TEST(order_and_its_absence_are_told_apart)
{
    study order = open_study(), noise = open_study(), ties = open_study();
    fid_rng rng = fid_rng_stream(5, FID_RNG_TEST, 0);
    double before = blindness(&order, 2);
    for (int i = 0; i < 90; i++) { /* more than are kept */
        double u = fid_rng_uniform(&rng), v = fid_rng_uniform(&rng);
        finish(&order, u, u + 0.2 * v);
        finish(&noise, u, v);
        finish(&ties, 1, v);
        if (i < 4)
            CHECK(blindness(&order, 2) == before); /* too few to say */
    }
    CHECK(blindness(&order, 2) < 1e-6);
    CHECK(blindness(&noise, 2) > 0.6);
    CHECK(blindness(&ties, 2) > 0.6);
    sim_close(&order.s);
    sim_close(&noise.s);
    sim_close(&ties.s);
}

int main(void)
{
    RUN(the_figure_is_that_of_scipy);
    RUN(order_and_its_absence_are_told_apart);
    DONE();
}
