/* Schedules that can be followed by hand. */
#include "sim.h"

#include <math.h>

static fid_scheduler_rules rules_for(fid_fidelity_mode mode, double max)
{
    return (fid_scheduler_rules){.fidelity = sim_fidelity(mode, 1, max, 3)};
}

/* Run one worker and count what starts at each of the budgets 1, 3, 9, 27, 81. */
static void count_starts(sim *s, size_t n, size_t *starts)
{
    static const double budgets[5] = {1, 3, 9, 27, 81};
    for (size_t i = 0; i < n; i++) {
        int64_t trial = sim_run(s, (double)(i * 7919 % 1009));
        for (size_t k = 0; k < 5; k++)
            starts[k] += sim_trial(s, (uint64_t)trial)->budget == budgets[k];
    }
}

/* The sums over the brackets of table 1 in Li et al. (2018). */
TEST(one_round_of_hyperband_spends_the_published_table)
{
    sim s = sim_open(&fid_scheduler_hyperband, rules_for(FID_MODE_RESUME, 81),
                     FID_GOAL_MINIMIZE);
    size_t starts[5] = {0}, first[5] = {0};
    count_starts(&s, 121, first); /* bracket s = 4: 81 + 27 + 9 + 3 + 1 */
    CHECK(first[0] == 81 && first[1] == 27 && first[2] == 9 && first[3] == 3 &&
          first[4] == 1);
    count_starts(&s, 40, starts);
    CHECK(starts[0] == 0 && starts[1] == 27 && starts[2] == 9 && starts[3] == 3 &&
          starts[4] == 1);
    count_starts(&s, 13 + 8 + 5, starts);
    CHECK(starts[2] == 9 + 9 && starts[3] == 3 + 3 + 6 && starts[4] == 1 + 1 + 2 + 5);
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW &&
          sim_next(&s).budget == 1); /* around again */
    sim_close(&s);
}

TEST(sha_promotes_the_best_of_a_full_rung_in_order)
{
    sim s =
        sim_open(&fid_scheduler_sha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MINIMIZE);
    static const double loss[9] = {5, 3, 9, 3, 7, 1, 8, 6, 2};
    for (size_t i = 0; i < 9; i++)
        CHECK(sim_run(&s, loss[i]) == (int64_t)i);
    CHECK(sim_run(&s, 1) == 5); /* loss 1, then 2, then the first of the two 3s */
    CHECK(sim_run(&s, 1) == 8);
    CHECK(s.type->is_settled(s.state, s.history, 3) == false);
    CHECK(sim_run(&s, 0.5) == 1);
    CHECK(s.type->is_settled(s.state, s.history, 3));
    CHECK(sim_run(&s, 0) == 1);
    CHECK(sim_trial(&s, 1)->state == FID_TRIAL_COMPLETE);
    CHECK(sim_run(&s, 0) == 9 && sim_trial(&s, 9)->budget == 1); /* the next bracket */
    sim_close(&s);
}

TEST(workers_fill_a_rung_together_and_open_a_bracket_rather_than_idle)
{
    sim s =
        sim_open(&fid_scheduler_sha, rules_for(FID_MODE_RESTART, 9), FID_GOAL_MINIMIZE);
    for (int64_t i = 0; i < 9; i++)
        CHECK(sim_ask(&s) == i);
    CHECK(sim_ask(&s) == 9); /* the first bracket waits, so the second begins */
    for (uint64_t i = 0; i < 8; i++) {
        CHECK(sim_report(&s, i, 1, (double)i));
        sim_finish(&s, i);
        CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    }
    CHECK(
        sim_end(&s, 8, FID_EVENT_FAILED)); /* a failure fills its place as the worst */
    for (int64_t i = 0; i < 3; i++)
        CHECK(sim_ask(&s) == i);
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    sim_close(&s);
}

static double choose(size_t n, size_t k)
{
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
               lgamma((double)(n - k) + 1));
}

/* Chance that r or more of the best m of n are among c of them. */
static double chance(size_t n, size_t m, size_t c, size_t r)
{
    double sum = 0;
    for (size_t j = r; j <= m && j <= c; j++)
        sum += c - j <= n - m ? choose(m, j) * choose(n - m, c - j) / choose(n, c) : 0;
    return sum;
}

/* By the hypergeometric distribution: a place goes as soon as it is sure at four in five. */
TEST(a_rung_that_all_have_started_on_promotes_whom_it_will_likely_promote)
{
    static const struct {
        size_t n, eta;
    } form[] = {{3, 3}, {9, 3}, {27, 3}, {16, 4}, {32, 2}};
    for (size_t i = 0; i < 5; i++) {
        size_t n = form[i].n, m = n / form[i].eta, promoted = 0;
        fid_scheduler_rules rules = rules_for(FID_MODE_RESUME, (double)n);
        rules.fidelity.eta = (double)form[i].eta;
        sim s = sim_open(&fid_scheduler_sha, rules, FID_GOAL_MINIMIZE);
        for (size_t c = 0; c < n; c++)
            CHECK(sim_ask(&s) == (int64_t)c);
        for (size_t c = 1; c <= n; c++) {
            CHECK(sim_report(&s, c - 1, 1, (double)c));
            CHECK(sim_end(&s, c - 1, FID_EVENT_PAUSED));
            for (; promoted < m && chance(n, m, c, promoted + 1) > 0.8; promoted++)
                CHECK(sim_ask(&s) == (int64_t)promoted);
            CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
        }
        CHECK(promoted == m);
        sim_close(&s);
    }
}

/* Of the first 7 of 9 one fails, which counts, and two of the three places above are
 * taken; one of those promoted and an eighth fail, and the rung above still gets its
 * third. */
TEST(a_promotion_before_its_rung_is_full_takes_a_place_for_good)
{
    sim s =
        sim_open(&fid_scheduler_sha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MINIMIZE);
    static const double loss[9] = {5, 6, 7, 8, 4, 3, 9, 1, 2};
    for (uint64_t i = 0; i < 9; i++)
        CHECK(sim_ask(&s) == (int64_t)i);
    for (uint64_t i = 0; i < 7; i++) {
        CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
        CHECK(sim_report(&s, i, 1, loss[i]));
        CHECK(sim_end(&s, i, i == 3 ? FID_EVENT_FAILED : FID_EVENT_PAUSED));
        if (i == 3)
            CHECK(sim_ask(&s) == 0);
    }
    CHECK(sim_ask(&s) == 5);
    CHECK(sim_end(&s, 0, FID_EVENT_FAILED)); /* on the upper rung: its place is gone */
    CHECK(sim_end(&s, 7, FID_EVENT_FAILED)); /* counts as the worst of the lower */
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    CHECK(sim_report(&s, 8, 1, loss[8]));
    sim_finish(&s, 8);
    CHECK(!s.type->is_settled(s.state, s.history, 4));
    CHECK(sim_ask(&s) == 8);
    CHECK(s.type->is_settled(s.state, s.history, 4));
    CHECK(sim_report(&s, 8, 3, 2));
    sim_finish(&s, 8);
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW); /* trial 5 is under way */
    CHECK(sim_report(&s, 5, 3, 1));
    sim_finish(&s, 5);
    CHECK(sim_ask(&s) == 5 && sim_trial(&s, 5)->budget == 9);
    sim_close(&s);
}

TEST(a_rung_that_still_takes_trials_promotes_nobody)
{
    sim s =
        sim_open(&fid_scheduler_sha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MINIMIZE);
    for (uint64_t i = 0; i < 8; i++)
        CHECK(sim_ask(&s) == (int64_t)i);
    for (uint64_t i = 0; i < 8; i++) {
        CHECK(sim_report(&s, i, 1, (double)i));
        sim_finish(&s, i);
        CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    }
    CHECK(sim_ask(&s) == 8);
    CHECK(sim_ask(&s) == 0);
    sim_close(&s);
}

TEST(a_rung_whose_members_all_failed_ends_its_bracket)
{
    sim s =
        sim_open(&fid_scheduler_sha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MINIMIZE);
    for (uint64_t i = 0; i < 9; i++) {
        CHECK(sim_ask(&s) == (int64_t)i);
        CHECK(sim_end(&s, i, FID_EVENT_FAILED));
    }
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    sim_close(&s);
}

TEST(only_those_still_there_are_promoted)
{
    sim s =
        sim_open(&fid_scheduler_sha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MINIMIZE);
    for (uint64_t i = 0; i < 9; i++)
        CHECK(sim_ask(&s) == (int64_t)i);
    for (uint64_t i = 0; i < 9; i++) { /* 0, 1, 2 arrive, the others fail */
        if (i < 3)
            CHECK(sim_report(&s, i, 1, (double)i));
        CHECK(sim_end(&s, i, i < 3 ? FID_EVENT_PAUSED : FID_EVENT_FAILED));
    }
    CHECK(sim_end(&s, 1, FID_EVENT_PRUNED)); /* while it waits to be promoted */
    CHECK(sim_ask(&s) == 0);
    CHECK(sim_ask(&s) == 2);
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    CHECK(sim_end(&s, 2, FID_EVENT_FAILED));
    CHECK(sim_report(&s, 0, 3, 7));
    sim_finish(&s, 0);
    CHECK(sim_ask(&s) == 0 && sim_trial(&s, 0)->budget == 9);
    sim_close(&s);
}

TEST(a_bounded_sha_waits_and_then_is_done)
{
    fid_scheduler_rules rules = rules_for(FID_MODE_RESTART, 9);
    rules.max_trials = 6;
    sim s = sim_open(&fid_scheduler_sha, rules, FID_GOAL_MAXIMIZE);
    for (uint64_t i = 0; i < 6; i++)
        CHECK(sim_ask(&s) == (int64_t)i);
    CHECK(sim_next(&s).kind == FID_ASSIGN_WAIT);
    for (uint64_t i = 0; i < 6; i++) {
        CHECK(sim_report(&s, i, 1, (double)i));
        sim_finish(&s, i);
    }
    CHECK(sim_run(&s, 5) == 5 && sim_run(&s, 4) == 4); /* 6 / 3, the largest values */
    CHECK(sim_run(&s, 5) == 5);
    CHECK(sim_next(&s).kind == FID_ASSIGN_DONE);
    sim_close(&s);
}

/* The last place of a bounded study goes to an enqueued trial that ends unstarted,
 * while nobody runs: the rung is full all the same. */
TEST(a_bounded_sha_goes_on_when_the_last_trial_never_starts)
{
    fid_scheduler_rules rules = rules_for(FID_MODE_RESUME, 9);
    rules.max_trials = 4;
    sim s = sim_open(&fid_scheduler_sha, rules, FID_GOAL_MINIMIZE);
    for (uint64_t i = 0; i < 3; i++)
        CHECK(sim_run(&s, (double)i) == (int64_t)i);
    CHECK(sim_propose(&s, 0) == 3);
    CHECK(sim_end(&s, 3, FID_EVENT_FAILED));
    CHECK(sim_run(&s, 0) == 0 && sim_trial(&s, 0)->budget == 3);
    sim_close(&s);
}

/* Stopping form: of n arrivals the first max(1, floor(n / 3)) go on. */
TEST(asha_in_stopping_form_stops_at_rungs_only)
{
    sim s =
        sim_open(&fid_scheduler_asha, rules_for(FID_MODE_STOP, 9), FID_GOAL_MINIMIZE);
    static const double loss[] = {5, 4, 6, 4, 3};
    static const fid_decision_kind want[] = {FID_CONTINUE, FID_CONTINUE, FID_STOP,
                                             FID_STOP, FID_CONTINUE};
    for (uint64_t i = 0; i < 5; i++) {
        CHECK(sim_ask(&s) == (int64_t)i);
        CHECK(sim_trial(&s, i)->budget == 9);
        CHECK(sim_report(&s, i, 1, loss[i]));
        CHECK(sim_decide(&s, i).kind == want[i]);
    }
    CHECK(sim_report(&s, 0, 2, 99)); /* between rungs nothing is decided */
    CHECK(sim_decide(&s, 0).kind == FID_CONTINUE);
    CHECK(sim_report(&s, 0, 9, 99)); /* jumps over rung 3, the only arrival there */
    CHECK(sim_decide(&s, 0).kind == FID_CONTINUE);
    CHECK(sim_report(&s, 1, 3, 100));
    CHECK(sim_decide(&s, 1).kind == FID_STOP);
    sim_close(&s);
}

TEST(nan_counts_as_the_worst_and_stops_nothing_by_itself)
{
    sim s =
        sim_open(&fid_scheduler_asha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MAXIMIZE);
    static const double value[] = {NAN, INFINITY, -1e9};
    for (uint64_t i = 0; i < 3; i++) {
        CHECK(sim_ask(&s) == (int64_t)i);
        CHECK(sim_report(&s, i, 1, value[i]));
        CHECK(sim_decide(&s, i).kind == FID_CONTINUE);
        sim_finish(&s, i);
    }
    fid_assign a = sim_next(&s);
    CHECK(a.kind == FID_ASSIGN_PROMOTE && a.trial == 2 && a.rank == 1 && a.of == 3);
    sim_close(&s);
}

TEST(steps_that_count_from_zero_reach_their_rung_when_the_attempt_ends_well)
{
    sim s =
        sim_open(&fid_scheduler_asha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MINIMIZE);
    for (uint64_t i = 0; i < 3; i++) {
        CHECK(sim_ask(&s) == (int64_t)i);
        CHECK(sim_report(&s, i, 0, (double)i));
        sim_finish(&s, i);
    }
    CHECK(sim_next(&s).kind == FID_ASSIGN_PROMOTE && sim_next(&s).trial == 0);
    sim_close(&s);
}

TEST(an_interrupted_trial_is_continued_first)
{
    sim s =
        sim_open(&fid_scheduler_asha, rules_for(FID_MODE_RESUME, 9), FID_GOAL_MINIMIZE);
    for (uint64_t i = 0; i < 3; i++)
        CHECK(sim_run(&s, (double)i) == (int64_t)i);
    CHECK(sim_ask(&s) == 0); /* promoted to 3 */
    CHECK(sim_report(&s, 0, 2, 0));
    CHECK(sim_fold(&s, (fid_event){.kind = FID_EVENT_DECIDED,
                                   .trial = 0,
                                   .attempt = 2,
                                   .decision = FID_PAUSE}));
    CHECK(sim_end(&s, 0, FID_EVENT_PAUSED));
    fid_assign a = sim_next(&s);
    CHECK(a.kind == FID_ASSIGN_PROMOTE && a.trial == 0 && a.budget == 3);
    CHECK(sim_run(&s, 0) == 0);
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    sim_close(&s);
}

/* Shares (s_max + 1) / (s + 1) eta^s: 81 : 135/4 : 15 : 15/2 : 5. */
TEST(asynchronous_hyperband_keeps_the_shares_of_its_brackets)
{
    for (int drawn = 0; drawn < 2; drawn++) {
        fid_scheduler_rules rules = rules_for(FID_MODE_RESUME, 81);
        rules.draw_brackets = drawn;
        sim s = sim_open(&fid_scheduler_async_hyperband, rules, FID_GOAL_MINIMIZE);
        enum { N = 1000 };
        static const double share[5] = {81, 33.75, 15, 7.5, 5};
        double n[5] = {0};
        for (size_t i = 0; i < N; i++) {
            CHECK(sim_ask(&s) == (int64_t)i); /* nobody reports: all are new */
            n[sim_trial(&s, i)->tag]++;
        }
        for (size_t b = 0; b < 5; b++) {
            double want = N * share[b] / 142.25;
            CHECK(fabs(n[b] - want) <= (drawn ? 4 * sqrt(want) : 2));
        }
        sim_close(&s);
    }
}

/* Losses that rank alike on every rung: two rungs are enough. */
TEST(pasha_stays_low_while_rankings_agree)
{
    sim s = sim_open(&fid_scheduler_pasha, rules_for(FID_MODE_RESUME, 81),
                     FID_GOAL_MINIMIZE);
    double highest = 0;
    for (size_t i = 0; i < 3000; i++) {
        int64_t trial = sim_ask(&s);
        double budget = sim_trial(&s, (uint64_t)trial)->budget;
        double loss = (double)((uint64_t)trial * 7919 % 1009);
        CHECK(sim_report(&s, (uint64_t)trial, budget, loss + 1 / budget));
        sim_finish(&s, (uint64_t)trial);
        highest = fmax(highest, budget);
    }
    CHECK(highest == 3);
    sim_close(&s);
}

/* Straight lines over log(budget) cross once and do not come back: no noise. */
TEST(pasha_climbs_while_rankings_disagree)
{
    sim s = sim_open(&fid_scheduler_pasha, rules_for(FID_MODE_RESUME, 81),
                     FID_GOAL_MINIMIZE);
    double highest = 0;
    for (size_t i = 0; i < 3000; i++) {
        int64_t trial = sim_ask(&s);
        double budget = sim_trial(&s, (uint64_t)trial)->budget;
        double loss = (double)((uint64_t)trial * 7919 % 1009) +
                      (double)((uint64_t)trial * 104729 % 997) * log(budget);
        CHECK(sim_report(&s, (uint64_t)trial, budget, loss));
        sim_finish(&s, (uint64_t)trial);
        highest = fmax(highest, budget);
    }
    CHECK(highest == 81);
    sim_close(&s);
}

/* Two curves that cross and cross back swap by noise: their distance is epsilon, and a
 * swap within it opens no rung. */
TEST(pasha_takes_its_tolerance_from_curves_that_cross_back)
{
    sim s = sim_open(&fid_scheduler_pasha, rules_for(FID_MODE_RESUME, 27),
                     FID_GOAL_MINIMIZE);
    static const double curve[2][3] = {{1.0, 1.2, 1.05}, {1.1, 1.0, 1.12}};
    for (uint64_t i = 0; i < 9; i++)
        CHECK(sim_ask(&s) == (int64_t)i);
    for (uint64_t i = 0; i < 9; i++) {
        CHECK(sim_report(&s, i, 1, i < 2 ? curve[i][0] : i == 2 ? 1.03 : 5));
        sim_finish(&s, i);
    }
    static const uint64_t order[3] = {0, 2, 1}; /* as they are promoted */
    for (size_t i = 0; i < 3; i++)
        CHECK(sim_ask(&s) == (int64_t)order[i]);
    for (uint64_t i = 0; i < 2;
         i++) { /* 0 and 1 cross at 2, and back at 3: 0.07 apart */
        CHECK(sim_report(&s, i, 2, curve[i][1]));
        CHECK(sim_report(&s, i, 3, curve[i][2]));
        sim_finish(&s, i);
    }
    /* Trial 2 falls from the second place to the last. At 1 it was 0.07 from the last.
     */
    CHECK(sim_report(&s, 2, 3, 1.2));
    sim_finish(&s, 2);
    CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
    sim_close(&s);
}

TEST(pasha_opens_a_rung_for_a_swap_beyond_its_tolerance)
{
    sim s = sim_open(&fid_scheduler_pasha, rules_for(FID_MODE_RESUME, 27),
                     FID_GOAL_MINIMIZE);
    for (uint64_t i = 0; i < 9; i++)
        CHECK(sim_ask(&s) == (int64_t)i);
    for (uint64_t i = 0; i < 9; i++) {
        CHECK(sim_report(&s, i, 1, (double)i));
        sim_finish(&s, i);
    }
    for (uint64_t i = 0; i < 3; i++)
        CHECK(sim_run(&s, -(double)i) == (int64_t)i);
    fid_assign a = sim_next(&s);
    CHECK(a.kind == FID_ASSIGN_PROMOTE && a.trial == 2 && a.budget == 9);
    sim_close(&s);
}

int main(void)
{
    RUN(one_round_of_hyperband_spends_the_published_table);
    RUN(sha_promotes_the_best_of_a_full_rung_in_order);
    RUN(workers_fill_a_rung_together_and_open_a_bracket_rather_than_idle);
    RUN(a_rung_that_all_have_started_on_promotes_whom_it_will_likely_promote);
    RUN(a_promotion_before_its_rung_is_full_takes_a_place_for_good);
    RUN(a_rung_that_still_takes_trials_promotes_nobody);
    RUN(a_rung_whose_members_all_failed_ends_its_bracket);
    RUN(only_those_still_there_are_promoted);
    RUN(a_bounded_sha_waits_and_then_is_done);
    RUN(a_bounded_sha_goes_on_when_the_last_trial_never_starts);
    RUN(asha_in_stopping_form_stops_at_rungs_only);
    RUN(nan_counts_as_the_worst_and_stops_nothing_by_itself);
    RUN(steps_that_count_from_zero_reach_their_rung_when_the_attempt_ends_well);
    RUN(an_interrupted_trial_is_continued_first);
    RUN(asynchronous_hyperband_keeps_the_shares_of_its_brackets);
    RUN(pasha_stays_low_while_rankings_agree);
    RUN(pasha_climbs_while_rankings_disagree);
    RUN(pasha_takes_its_tolerance_from_curves_that_cross_back);
    RUN(pasha_opens_a_rung_for_a_swap_beyond_its_tolerance);
    DONE();
}
