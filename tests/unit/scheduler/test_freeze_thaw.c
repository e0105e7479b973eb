/* Freeze-thaw: what training is worth, computed two ways, and what a study makes of it. */
#include "sim.h"

#include "scheduler/price.h"

/* --- the price */

static double normal_density(double z)
{
    return exp(-0.5 * z * z) / sqrt(2 * M_PI);
}

/* The same recursion by plain integration, for small ladders. */
static double value(const fid__prospect *p, size_t k, double mean, double price)
{
    if (k + 1 == p->n)
        return fmax(0, p->goal - mean);
    const double h = 0.05;
    double sum = 0;
    for (double z = -7; z <= 7; z += h)
        sum += h * normal_density(z) *
               value(p, k + 1, mean + p->shift[k] + z * p->sd[k], price);
    return fmax(0, sum - price * p->cost[k + 1]);
}

TEST(with_one_rung_to_go_the_price_is_expected_improvement_by_cost)
{
    static const double z[] = {0, 1, -1.5};
    /* phi(z) + z Phi(z): SciPy 1.16, norm.pdf and norm.cdf */
    static const double gain[] = {0.39894228040143, 1.08331547058769, 0.02930678669961};
    for (size_t i = 0; i < 3; i++) {
        fid__prospect p = {.n = 2, .cost = {1, 5}, .sd = {2}, .goal = 10};
        double mean[] = {10 - 2 * z[i], INFINITY}, price;
        CHECK(fid__price_best(&p, mean, NULL, 0, &price) == 0);
        CHECK_NEAR(price, 2 * gain[i] / 5, 0.01 * gain[i]);
    }
}

TEST(with_more_rungs_it_agrees_with_plain_integration)
{
    fid__prospect p = {
        .n = 3, .cost = {1, 2, 6}, .shift = {0.3, -0.2}, .sd = {1.5, 0.8}, .goal = 0};
    for (double m = -1; m < 3; m += 0.7) {
        double mean[] = {m, INFINITY, INFINITY}, price;
        CHECK(fid__price_best(&p, mean, NULL, 0, &price) == 0);
        CHECK(value(&p, 0, m, price * 0.96) > 0);
        CHECK(value(&p, 0, m, price * 1.04) == 0);
    }
}

TEST(a_new_one_is_worth_the_mean_of_what_the_last_came_to)
{
    fid__prospect p = {.n = 2, .cost = {2, 5}, .sd = {1}, .goal = 0};
    double nobody[] = {INFINITY, INFINITY}, offers[] = {-3, 100}, price;
    CHECK(fid__price_best(&p, nobody, offers, 2, &price) == FID__NEW);
    /* Half of them are worth 3 - 5 price, to be paid for with 2 price each. */
    CHECK_NEAR(price, 3 / 9.0, 0.01);
    double near[] = {-2, INFINITY}; /* is worth 2 / 5 */
    CHECK(fid__price_best(&p, near, offers, 2, &price) == 0);
    double far[] = {-1, INFINITY};
    CHECK(fid__price_best(&p, far, offers, 2, &price) == FID__NEW);
    CHECK(fid__price_best(&p, far, offers, 0, &price) == 0);
    CHECK(fid__price_best(&p, nobody, NULL, 0, &price) == FID__NOTHING);
}

/* --- the scheduler */

enum { STEPS = 27 };

static sim open_sim(fid_fidelity_mode mode, size_t max_trials)
{
    return sim_open(&fid_scheduler_freeze_thaw,
                    (fid_scheduler_rules){.fidelity = sim_fidelity(mode, 1, STEPS, 3),
                                          .max_trials = max_trials},
                    FID_GOAL_MINIMIZE);
}

/* Falls from 1 towards the trial's limit. */
static double limit_of(uint64_t trial)
{
    return 0.1 + 0.8 * (double)(trial * 37 % 101) / 101;
}

/* Trains what is asked for, in one worker; the trial, or -1 when the study is over. */
static int64_t train(sim *s)
{
    int64_t id = sim_ask(s);
    if (id < 0)
        return id;
    const fid_trial *t = sim_trial(s, (uint64_t)id);
    bool anew = s->rules.fidelity.mode == FID_MODE_RESTART;
    double limit = limit_of((uint64_t)id);
    for (double step = anew ? 1 : t->step + 1; step <= t->budget; step++)
        CHECK(sim_report(s, (uint64_t)id, step, limit + (1 - limit) * pow(step, -0.8)));
    sim_finish(s, (uint64_t)id);
    return id;
}

TEST(the_first_trials_are_new_and_then_the_best_goes_on)
{
    sim s = open_sim(FID_MODE_RESUME, 0);
    uint64_t best = 0;
    for (uint64_t i = 0; i < 27; i++) {
        CHECK(train(&s) == (int64_t)i);
        CHECK(sim_trial(&s, i)->budget == 1);
        best = limit_of(i) < limit_of(best) ? i : best;
    }
    /* After one step all stand at 1: nothing tells them apart, and one that was there
     * goes on. The best is found without training every other one. */
    for (int i = 0; i < 150 && sim_trial(&s, best)->state != FID_TRIAL_COMPLETE; i++)
        CHECK(train(&s) >= 0);
    CHECK(sim_trial(&s, best)->state == FID_TRIAL_COMPLETE);
    sim_close(&s);
}

TEST(of_those_that_wait_the_most_promising_goes_on)
{
    sim s = open_sim(FID_MODE_RESUME, 0);
    uint64_t best = 0;
    for (uint64_t i = 0; i < 27; i++) {
        CHECK(sim_run(&s, limit_of(i)) == (int64_t)i);
        best = limit_of(i) < limit_of(best) ? i : best;
    }
    fid_assign next = sim_next(&s);
    CHECK(next.kind == FID_ASSIGN_PROMOTE && next.trial == best && next.budget == 3);
    CHECK(next.value < next.threshold);
    sim_close(&s);
}

/* Every trial is looked at, few are trained to the end, and the best is one of them. */
static void check_bounded(fid_fidelity_mode mode)
{
    enum { N = 90 };
    sim s = open_sim(mode, N);
    while (train(&s) >= 0)
        continue;
    uint64_t best = 0, incumbent;
    CHECK(fid_history_n_trials(s.history) == N);
    for (uint64_t i = 0; i < N; i++)
        best = limit_of(i) < limit_of(best) ? i : best;
    CHECK(fid_history_incumbent(s.history, &incumbent));
    CHECK(limit_of(incumbent) < limit_of(best) + 0.02);
    CHECK(fid_history_spent(s.history) < 0.3 * N * STEPS);
    sim_close(&s);
}

TEST(a_bounded_study_ends_when_what_is_left_promises_little)
{
    check_bounded(FID_MODE_RESUME);
    check_bounded(FID_MODE_RESTART);
}

TEST(of_many_paused_trials_the_least_promising_are_given_up)
{
    sim s = open_sim(FID_MODE_RESUME, 0);
    size_t n_settled = 0;
    while (fid_history_n_trials(s.history) < 400)
        (void)sim_run(&s, limit_of(fid_history_n_trials(s.history)));
    for (uint64_t i = 0; i < 400; i++)
        n_settled += fid_scheduler_freeze_thaw.is_settled(s.state, s.history, i);
    CHECK(n_settled > 200 && n_settled <= 336);
    sim_close(&s);
}

TEST(trials_that_run_towards_the_end_are_not_for_it)
{
    fid_scheduler_rules rules = {.fidelity = sim_fidelity(FID_MODE_STOP, 1, 27, 3)};
    fid_error err = {0};
    void *state = calloc(1, fid_scheduler_freeze_thaw.state_size);
    CHECK(fid_scheduler_freeze_thaw.init(state, &rules, &err) == FID_UNSUPPORTED);
    CHECK(strstr(err.message, "resume"));
    fid_scheduler_freeze_thaw.deinit(state);
    free(state);
}

int main(void)
{
    RUN(with_one_rung_to_go_the_price_is_expected_improvement_by_cost);
    RUN(with_more_rungs_it_agrees_with_plain_integration);
    RUN(a_new_one_is_worth_the_mean_of_what_the_last_came_to);
    RUN(the_first_trials_are_new_and_then_the_best_goes_on);
    RUN(of_those_that_wait_the_most_promising_goes_on);
    RUN(a_bounded_study_ends_when_what_is_left_promises_little);
    RUN(of_many_paused_trials_the_least_promising_are_given_up);
    RUN(trials_that_run_towards_the_end_are_not_for_it);
    DONE();
}
