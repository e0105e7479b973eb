/* The curve rule: hopeless trials go, the rest stays, and the word about risk is kept
 * in its own accounts. How often it is kept in truth: fidelio-bench calibrate pruner.
 */
#include "sim.h"

#include <fidelio/rand.h>

enum { STEPS = 40 };

static fid_scheduler_rules rules_with(double risk)
{
    return (fid_scheduler_rules){.fidelity = sim_fidelity(FID_MODE_STOP, 1, STEPS, 3),
                                 .risk = risk};
}

/* Falls from 1 towards `limit`, by a power law. */
static double loss_at(double limit, double step)
{
    return limit + (1 - limit) * pow(step, -0.8);
}

/* Trains a trial until it is stopped or complete; returns its last step. */
static double train(sim *s, double limit, fid_decision *last)
{
    uint64_t trial = (uint64_t)sim_ask(s);
    *last = (fid_decision){0};
    for (double step = 1; step <= STEPS; step++) {
        CHECK(sim_report(s, trial, step, loss_at(limit, step)));
        if (step == STEPS)
            break;
        *last = sim_decide(s, trial);
        if (last->kind == FID_STOP) {
            CHECK(sim_fold(s, (fid_event){.kind = FID_EVENT_DECIDED,
                                          .trial = trial,
                                          .attempt = 1,
                                          .decision = FID_STOP}));
            CHECK(sim_end(s, trial, FID_EVENT_PRUNED));
            return step;
        }
    }
    sim_finish(s, trial);
    return STEPS;
}

TEST(hopeless_trials_are_stopped_and_better_ones_never)
{
    sim s = sim_open(&fid_scheduler_curve, rules_with(0.05), FID_GOAL_MINIMIZE);
    fid_decision d;
    for (int i = 0; i < 3; i++)
        CHECK(train(&s, 0.2 + 0.1 * i, &d) == STEPS); /* nothing to compare with yet */
    double spent = 0;
    for (int i = 0; i < 12; i++) {
        double step = train(&s, 0.7 + 0.01 * i, &d);
        spent += step;
        CHECK(step == STEPS || (d.kind == FID_STOP && d.value < d.threshold));
        CHECK(strcmp(d.rule, "curve") == 0);
    }
    CHECK(spent < 0.5 * 12 * STEPS);
    for (int i = 0; i < 5; i++)
        CHECK(train(&s, 0.15 - 0.02 * i, &d) == STEPS);
    sim_close(&s);
}

/* The sum over the stopped of n P stays below risk N for every N. */
TEST(the_accounts_of_risk_are_kept)
{
    static const double risks[] = {0.01, 0.1, 0.4};
    for (size_t r = 0; r < 3; r++) {
        sim s = sim_open(&fid_scheduler_curve, rules_with(risks[r]), FID_GOAL_MINIMIZE);
        fid_rng rng = fid_rng_stream(3, FID_RNG_TEST, r);
        double spent = 0;
        size_t stops = 0;
        for (int n = 1; n <= 60; n++) {
            fid_decision d;
            (void)train(&s, fid_rng_uniform(&rng), &d);
            if (d.kind == FID_STOP) {
                spent += n * d.value;
                stops++;
            }
            CHECK(spent <= risks[r] * n * (1 + 1e-9));
        }
        CHECK(stops > 10);
        sim_close(&s);
    }
}

TEST(more_risk_saves_more)
{
    double spent[2] = {0};
    for (size_t r = 0; r < 2; r++) {
        sim s = sim_open(&fid_scheduler_curve, rules_with(r ? 0.2 : 0.01),
                         FID_GOAL_MINIMIZE);
        fid_rng rng = fid_rng_stream(4, FID_RNG_TEST, 0);
        fid_decision d;
        for (int n = 0; n < 40; n++)
            spent[r] += train(&s, fid_rng_uniform(&rng), &d);
        sim_close(&s);
    }
    CHECK(spent[1] < spent[0] && spent[0] < 0.5 * 40 * STEPS);
}

/* Losses of noise alone: whoever is stopped is as good as each that has finished, and is
 * paid for as such. */
TEST(on_noise_a_stop_has_its_price)
{
    sim s = sim_open(&fid_scheduler_curve, rules_with(0.4), FID_GOAL_MINIMIZE);
    fid_rng rng = fid_rng_stream(6, FID_RNG_TEST, 0);
    size_t stops = 0, complete = 0;
    for (int n = 0; n < 60; n++) {
        uint64_t trial = (uint64_t)sim_ask(&s);
        fid_decision d = {0};
        for (double step = 1; step <= STEPS && d.kind != FID_STOP; step++) {
            CHECK(sim_report(&s, trial, step, 0.5 + 0.1 * fid_rng_normal(&rng)));
            d = step < STEPS ? sim_decide(&s, trial) : d;
        }
        if (d.kind == FID_STOP) {
            CHECK(complete < 20 || d.value > 0.7 / (double)(complete + 1));
            CHECK(sim_fold(&s, (fid_event){.kind = FID_EVENT_DECIDED,
                                           .trial = trial,
                                           .attempt = 1,
                                           .decision = FID_STOP}));
            CHECK(sim_end(&s, trial, FID_EVENT_PRUNED));
            stops++;
        } else {
            sim_finish(&s, trial);
            complete++;
        }
    }
    CHECK(complete > 20 && stops > 2);
    sim_close(&s);
}

TEST(what_makes_no_sense_is_refused)
{
    fid_error err = {0};
    void *state = calloc(1, fid_scheduler_curve.state_size);
    fid_scheduler_rules rules = rules_with(0.7);
    CHECK(fid_scheduler_curve.init(state, &rules, &err) == FID_INVALID);
    CHECK(strstr(err.message, "risk"));
    rules =
        (fid_scheduler_rules){.fidelity = {.mode = FID_MODE_NONE, .min = 1, .max = 1}};
    CHECK(fid_scheduler_curve.init(state, &rules, &err) == FID_INVALID);
    CHECK(strstr(err.message, "fidelity"));
    free(state);
}

int main(void)
{
    RUN(hopeless_trials_are_stopped_and_better_ones_never);
    RUN(the_accounts_of_risk_are_kept);
    RUN(more_risk_saves_more);
    RUN(on_noise_a_stop_has_its_price);
    RUN(what_makes_no_sense_is_refused);
    DONE();
}
