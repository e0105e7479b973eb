/* ASHA against a reference that keeps plain lists and sorts them at every question. */
#include "sim.h"

enum { MOST_TRIALS = 400, MOST_RUNGS = 8, WORKERS = 6 };

/* --- the reference: algorithm 2 of Li et al., MLSys 2020, read literally */

typedef struct {
    double loss[MOST_RUNGS][MOST_TRIALS]; /* by arrival */
    uint64_t who[MOST_RUNGS][MOST_TRIALS];
    size_t n[MOST_RUNGS];
    bool promoted[MOST_RUNGS][MOST_TRIALS]; /* by trial */
} reference;

static size_t rank_of(const reference *r, size_t k, size_t i)
{
    size_t rank = 1;
    for (size_t j = 0; j < r->n[k]; j++)
        rank += r->loss[k][j] < r->loss[k][i] ||
                (r->loss[k][j] == r->loss[k][i] && j < i);
    return rank;
}

/* The trial to promote, -1 for none; its rung in *rung. */
static int64_t reference_next(const reference *r, const sim *s, size_t n_rungs,
                              size_t *rung)
{
    for (size_t k = n_rungs - 1; k-- > 0;) {
        size_t top = (size_t)floor((double)r->n[k] / s->rules.fidelity.eta),
               best = top + 1;
        int64_t who = -1;
        for (size_t i = 0; i < r->n[k]; i++) {
            uint64_t trial = r->who[k][i];
            if (r->promoted[k][trial] || sim_trial(s, trial)->state != FID_TRIAL_PAUSED)
                continue;
            size_t rank = rank_of(r, k, i);
            if (rank < best) {
                best = rank;
                who = (int64_t)trial;
            }
        }
        if (who >= 0) {
            *rung = k;
            return who;
        }
    }
    return -1;
}

static void reference_enter(reference *r, size_t k, uint64_t trial, double loss)
{
    r->loss[k][r->n[k]] = isfinite(loss) ? loss : INFINITY;
    r->who[k][r->n[k]++] = trial;
}

/* --- a study in which trials take random turns */

typedef struct {
    sim s;
    reference ref;
    double rungs[MOST_RUNGS];
    size_t n_rungs, at[MOST_TRIALS]; /* the rung a trial runs to */
    uint64_t running[WORKERS];
    size_t n_running, n_promotions;
    fid_rng rng;
} trace;

static void start_one(trace *t)
{
    size_t k = 0;
    int64_t want = reference_next(&t->ref, &t->s, t->n_rungs, &k);
    fid_assign a = sim_next(&t->s);
    if (want < 0) {
        CHECK(a.kind == FID_ASSIGN_NEW && a.budget == t->rungs[0]);
    } else {
        CHECK(a.kind == FID_ASSIGN_PROMOTE && a.trial == (uint64_t)want);
        CHECK(a.budget == t->rungs[k + 1]);
        t->ref.promoted[k][want] = true;
        t->n_promotions++;
    }
    int64_t trial = sim_ask(&t->s);
    t->at[trial] = want < 0 ? 0 : k + 1;
    t->running[t->n_running++] = (uint64_t)trial;
}

static void end_one(trace *t)
{
    size_t i = (size_t)fid_rng_below(&t->rng, t->n_running);
    uint64_t trial = t->running[i];
    t->running[i] = t->running[--t->n_running];
    if (fid_rng_below(&t->rng, 20) == 0) {
        CHECK(sim_end(&t->s, trial, FID_EVENT_FAILED));
        return;
    }
    double loss = (double)fid_rng_below(&t->rng, 40) - 20; /* ties abound */
    if (fid_rng_below(&t->rng, 25) == 0)
        loss = fid_rng_below(&t->rng, 2) ? (double)NAN : (double)INFINITY;
    CHECK(sim_report(&t->s, trial, t->rungs[t->at[trial]], loss));
    double sign = fid_history_sign(t->s.history, 0);
    reference_enter(&t->ref, t->at[trial], trial, sign * loss);
    sim_finish(&t->s, trial);
}

static trace run_trace(uint64_t seed, double max, double eta, fid_goal goal)
{
    trace t = {.rng = fid_rng_stream(seed, FID_RNG_TEST, 3)};
    fid_scheduler_rules rules = {
        .fidelity = sim_fidelity(FID_MODE_RESUME, 1, max, eta)};
    t.s = sim_open(&fid_scheduler_asha, rules, goal);
    t.n_rungs = fid_ladder(&rules.fidelity, t.rungs, MOST_RUNGS);
    while (fid_history_n_trials(t.s.history) < MOST_TRIALS - 1) {
        bool start = t.n_running < WORKERS && fid_rng_below(&t.rng, 2);
        if (start || t.n_running == 0)
            start_one(&t);
        else
            end_one(&t);
    }
    return t;
}

TEST(asha_promotes_what_the_reference_promotes)
{
    static const double max[] = {9, 27, 81, 100}, eta[] = {3, 2.5, 4};
    for (uint64_t seed = 0; seed < 12; seed++) {
        trace t = run_trace(seed, max[seed % 4], eta[seed % 3],
                            seed % 2 ? FID_GOAL_MAXIMIZE : FID_GOAL_MINIMIZE);
        CHECK(t.n_promotions > 50);
        sim_close(&t.s);
    }
}

/* Whoever is in the top floor(n / eta) of its rung when the trace ends was promoted or
 * is handed out before any new trial. */
TEST(nobody_in_the_top_of_a_rung_starves)
{
    trace t = run_trace(5, 81, 3, FID_GOAL_MINIMIZE);
    while (t.n_running)
        end_one(&t);
    for (fid_assign a = sim_next(&t.s); a.kind == FID_ASSIGN_PROMOTE;
         a = sim_next(&t.s)) {
        start_one(&t);
        end_one(&t);
    }
    for (size_t k = 0; k + 1 < t.n_rungs; k++)
        for (size_t i = 0; i < t.ref.n[k]; i++)
            if ((double)rank_of(&t.ref, k, i) <= floor((double)t.ref.n[k] / 3)) {
                uint64_t trial = t.ref.who[k][i];
                CHECK(t.ref.promoted[k][trial] ||
                      sim_trial(&t.s, trial)->state != FID_TRIAL_PAUSED);
            }
    sim_close(&t.s);
}

/* With distinct losses, who may be promoted out of a full rung does not depend on the
 * order of arrival. */
TEST(the_promoted_of_a_finished_rung_do_not_depend_on_the_order)
{
    enum { N = 81 };
    for (uint64_t seed = 0; seed < 5; seed++) {
        fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, 4);
        size_t loss[N];
        for (size_t i = 0; i < N; i++)
            loss[i] = i;
        fid_rng_shuffle(&rng, loss, N);
        fid_scheduler_rules rules = {
            .fidelity = sim_fidelity(FID_MODE_RESUME, 1, 3, 3)};
        sim s = sim_open(&fid_scheduler_asha, rules, FID_GOAL_MINIMIZE);
        for (size_t i = 0; i < N; i++) { /* all start before any reports */
            uint64_t trial = sim_propose(&s, 0);
            sim_start(&s, trial, 1, 0);
        }
        for (size_t i = 0; i < N; i++) {
            CHECK(sim_report(&s, i, 1, (double)loss[i]));
            sim_finish(&s, i);
        }
        for (size_t i = 0; i < N / 3; i++) { /* best first */
            fid_assign a = sim_next(&s);
            CHECK(a.kind == FID_ASSIGN_PROMOTE && loss[a.trial] == i);
            sim_start(&s, a.trial, a.budget, a.tag);
        }
        CHECK(sim_next(&s).kind == FID_ASSIGN_NEW);
        sim_close(&s);
    }
}

int main(void)
{
    RUN(asha_promotes_what_the_reference_promotes);
    RUN(nobody_in_the_top_of_a_rung_starves);
    RUN(the_promoted_of_a_finished_rung_do_not_depend_on_the_order);
    DONE();
}
