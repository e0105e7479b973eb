/* What every scheduler must do, in random studies with all the mishaps of real ones:
 * parallel trials, NaN, jumps, steps out of order and repeated, reports without the
 * metric, failures, retries, interruptions, enqueued and imported trials. */
#include "sim.h"

static const fid_scheduler_type *const all[] = {
    &fid_scheduler_none,        &fid_scheduler_sha,
    &fid_scheduler_asha,        &fid_scheduler_hyperband,
    &fid_scheduler_pasha,       &fid_scheduler_async_hyperband,
    &fid_scheduler_median,      &fid_scheduler_percentile,
    &fid_scheduler_patience,    &fid_scheduler_threshold,
    &fid_scheduler_wilcoxon,    &fid_scheduler_curve,
    &fid_scheduler_freeze_thaw,
};
enum { N_TYPES = sizeof all / sizeof *all, MOST_WORKERS = 8, N_SEEDS = 12 };

static bool pauses(const fid_scheduler_type *type)
{
    return type == &fid_scheduler_sha || type == &fid_scheduler_hyperband ||
           type == &fid_scheduler_pasha || type == &fid_scheduler_freeze_thaw;
}

/* Fewer where a decision is a computation: sanitizers are slow. */
static uint64_t n_seeds(const fid_scheduler_type *type)
{
    return type == &fid_scheduler_freeze_thaw ? N_SEEDS / 3 : N_SEEDS;
}

static fid_scheduler_rules random_rules(const fid_scheduler_type *type, uint64_t seed,
                                        fid_rng *rng)
{
    static const double max[] = {1, 9, 30, 81};
    static const double eta[] = {3, 2, 4, 2.5};
    static const fid_fidelity_mode mode[] = {FID_MODE_RESUME, FID_MODE_RESTART,
                                             FID_MODE_STOP};
    size_t n_modes = pauses(type) ? 2 : 3;
    return (fid_scheduler_rules){
        .fidelity = sim_fidelity(mode[fid_rng_below(rng, n_modes)], 1,
                                 max[fid_rng_below(rng, 4)],
                                 eta[fid_rng_below(rng, 4)]),
        .seed = seed,
        .max_trials = 40 + fid_rng_below(rng, 200),
        .brackets = fid_rng_below(rng, 4),
        .draw_brackets = fid_rng_below(rng, 2) == 0,
        .ceil_brackets = fid_rng_below(rng, 2) == 0,
        .min_trials = fid_rng_below(rng, 4),
        .min_step = (double)fid_rng_below(rng, 3),
        .interval = (double)fid_rng_below(rng, 3),
        .percentile = (double)fid_rng_below(rng, 101),
        .patience = fid_rng_below(rng, 4),
        .upper = 1.2,
        .has_upper = true,
    };
}

static bool same_number(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_assign(const fid_assign *a, const fid_assign *b)
{
    return a->kind == b->kind && a->trial == b->trial &&
           same_number(a->budget, b->budget) && a->tag == b->tag &&
           same_number(a->value, b->value) && same_number(a->threshold, b->threshold) &&
           a->rank == b->rank && a->of == b->of;
}

static bool same_decision(const fid_decision *a, const fid_decision *b)
{
    return a->kind == b->kind && same_number(a->budget, b->budget) &&
           same_number(a->value, b->value) && same_number(a->threshold, b->threshold) &&
           a->rank == b->rank && a->of == b->of;
}

/* --- a random study */

typedef struct {
    sim s;
    fid_rng rng;
    uint64_t running[MOST_WORKERS];
    size_t n_running, workers;
    double rungs[64];
    size_t n_rungs;
} world;

static double random_loss(world *w, uint64_t trial, double step)
{
    if (fid_rng_below(&w->rng, 50) == 0)
        return fid_absent();
    if (fid_rng_below(&w->rng, 60) == 0)
        return NAN;
    double x = (double)(trial * 7919 % 101) / 101 + 1 / (1 + step);
    return floor(20 * (x + 0.2 * fid_rng_uniform(&w->rng))) / 20; /* ties abound */
}

static void leave(world *w, size_t i)
{
    w->running[i] = w->running[--w->n_running];
}

static void check_decision(world *w, uint64_t trial, size_t i)
{
    fid_decision a = sim_decide(&w->s, trial), b = sim_decide(&w->s, trial);
    CHECK(same_decision(&a, &b));
    CHECK(a.rule != NULL);
    if (a.kind == FID_CONTINUE)
        CHECK(a.budget == sim_trial(&w->s, trial)->budget);
    if (a.kind != FID_STOP)
        return;
    CHECK(sim_fold(&w->s, (fid_event){.kind = FID_EVENT_DECIDED,
                                      .trial = trial,
                                      .attempt = sim_trial(&w->s, trial)->attempt,
                                      .decision = FID_STOP}));
    CHECK(sim_end(&w->s, trial, FID_EVENT_PRUNED));
    leave(w, i);
}

static void interrupt(world *w, size_t i)
{
    uint64_t trial = w->running[i];
    CHECK(sim_fold(&w->s, (fid_event){.kind = FID_EVENT_DECIDED,
                                      .trial = trial,
                                      .attempt = sim_trial(&w->s, trial)->attempt,
                                      .decision = FID_PAUSE}));
    CHECK(sim_end(&w->s, trial, FID_EVENT_PAUSED));
    leave(w, i);
}

/* One thing happens to a running trial. */
static void live(world *w, size_t i)
{
    uint64_t trial = w->running[i];
    const fid_trial *t = sim_trial(&w->s, trial);
    double step = t->step < t->budget ? t->step + 1 : t->budget;
    switch (fid_rng_below(&w->rng, 60)) {
    case 0:
        CHECK(sim_end(&w->s, trial, FID_EVENT_FAILED));
        leave(w, i);
        return;
    case 1:
        CHECK(sim_end(&w->s, trial, FID_EVENT_RETRIED));
        sim_start(&w->s, trial, t->budget, t->tag);
        return;
    case 2:
        interrupt(w, i);
        return;
    case 3:
        step = fmin(step + (double)fid_rng_below(&w->rng, 20), t->budget);
        break;
    case 4: /* out of order, or once more */
        step = 1 + (double)fid_rng_below(&w->rng, (uint64_t)step);
        break;
    default:
        break;
    }
    if (t->step >= t->budget && t->n_reports) {
        sim_finish(&w->s, trial);
        leave(w, i);
        return;
    }
    double loss = random_loss(w, trial, step);
    CHECK(sim_report(&w->s, trial, step, loss));
    if (!fid_is_absent(loss))
        check_decision(w, trial, i);
}

static bool is_rung(const world *w, double budget)
{
    for (size_t k = 0; k < w->n_rungs; k++)
        if (w->rungs[k] == budget)
            return true;
    return false;
}

static void check_assign(world *w, const fid_assign *a)
{
    const fid_trial *t = sim_trial(&w->s, a->trial);
    CHECK(a->rule != NULL);
    switch (a->kind) {
    case FID_ASSIGN_NEW:
        CHECK(is_rung(w, a->budget));
        break;
    case FID_ASSIGN_PROMOTE:
        CHECK(is_rung(w, a->budget));
        CHECK(t && t->state == FID_TRIAL_PAUSED);
        CHECK(t && (a->budget > t->budget ||
                    (a->budget == t->budget && t->step < t->budget)));
        CHECK(!w->s.type->is_settled ||
              !w->s.type->is_settled(w->s.state, w->s.history, a->trial));
        break;
    case FID_ASSIGN_WAIT:
        CHECK(w->n_running > 0);
        break;
    case FID_ASSIGN_DONE:
        CHECK(w->n_running == 0 ||
              fid_history_n_trials(w->s.history) >= w->s.rules.max_trials);
        break;
    }
}

static bool ask(world *w)
{
    fid_assign a = sim_next(&w->s), b = sim_next(&w->s);
    CHECK(same_assign(&a, &b));
    check_assign(w, &a);
    if (a.kind == FID_ASSIGN_NEW && fid_rng_below(&w->rng, 30) == 0)
        (void)sim_propose(&w->s, 0); /* enqueued: taken below */
    if (a.kind == FID_ASSIGN_WAIT || a.kind == FID_ASSIGN_DONE)
        return false;
    uint64_t n = fid_history_n_trials(w->s.history), trial = a.trial;
    if (a.kind == FID_ASSIGN_NEW) {
        bool waits = n && sim_trial(&w->s, n - 1)->state == FID_TRIAL_WAITING;
        trial = waits ? n - 1 : sim_propose(&w->s, a.tag);
    }
    sim_start(&w->s, trial, a.budget, a.tag);
    w->running[w->n_running++] = trial;
    return true;
}

static void import(world *w)
{
    uint64_t trial = sim_propose(&w->s, 0);
    sim_start(&w->s, trial, w->s.rules.fidelity.max, 0);
    for (double step = 1; step <= w->s.rules.fidelity.max; step++)
        CHECK(sim_report(&w->s, trial, step, 1 / step));
    CHECK(sim_end(&w->s, trial, FID_EVENT_COMPLETED));
}

/* A trial that was paused is given up by its user, or fails. */
static void lose_a_paused_trial(world *w)
{
    uint64_t n = fid_history_n_trials(w->s.history);
    uint64_t trial = fid_rng_below(&w->rng, n ? n : 1);
    if (n && sim_trial(&w->s, trial)->state == FID_TRIAL_PAUSED)
        CHECK(sim_end(&w->s, trial,
                      fid_rng_below(&w->rng, 2) ? FID_EVENT_FAILED : FID_EVENT_PRUNED));
}

/* Returns false when there is nothing left to do. */
static bool turn(world *w)
{
    if (fid_rng_below(&w->rng, 200) == 0)
        import(w);
    if (fid_rng_below(&w->rng, 100) == 0)
        lose_a_paused_trial(w);
    bool asked = w->n_running < w->workers && ask(w);
    if (asked)
        return true;
    if (w->n_running)
        live(w, (size_t)fid_rng_below(&w->rng, w->n_running));
    return w->n_running > 0 || sim_next(&w->s).kind != FID_ASSIGN_DONE;
}

static world open_world(const fid_scheduler_type *type, uint64_t seed)
{
    world w = {.rng = fid_rng_stream(seed, FID_RNG_TEST, 7)};
    w.workers = 1 + (size_t)fid_rng_below(&w.rng, MOST_WORKERS);
    fid_goal goal = fid_rng_below(&w.rng, 2) ? FID_GOAL_MINIMIZE : FID_GOAL_MAXIMIZE;
    w.s = sim_open(type, random_rules(type, seed, &w.rng), goal);
    w.n_rungs = fid_ladder(&w.s.rules.fidelity, w.rungs, 64);
    return w;
}

static world run_world(const fid_scheduler_type *type, uint64_t seed)
{
    world w = open_world(type, seed);
    size_t turns = 0;
    while (turn(&w) && turns < 200000)
        turns++;
    CHECK(turns < 200000);
    return w;
}

TEST(a_bounded_study_ends_with_nothing_left_to_run)
{
    for (size_t i = 0; i < N_TYPES; i++)
        for (uint64_t seed = 0; seed < n_seeds(all[i]); seed++) {
            world w = run_world(all[i], seed);
            CHECK(fid_history_count(w.s.history, FID_TRIAL_RUNNING) == 0);
            CHECK(fid_history_n_trials(w.s.history) >= w.s.rules.max_trials);
            sim_close(&w.s);
        }
}

/* A fresh state that observes the same events, asked nothing on the way, answers as the
 * one that was asked all the time: after any prefix. */
TEST(a_replayed_state_decides_the_same)
{
    for (size_t i = 0; i < N_TYPES; i++)
        for (uint64_t seed = 0; seed < n_seeds(all[i]); seed++) {
            world w = run_world(all[i], seed);
            sim asked = sim_open(all[i], w.s.rules, w.s.outline.metrics[0].goal);
            sim fresh = sim_open(all[i], w.s.rules, w.s.outline.metrics[0].goal);
            fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, 8);
            for (size_t k = 1; k < w.s.n; k++) { /* after the study's own event */
                fid_event event = sim_event(&w.s, k);
                CHECK(sim_fold(&asked, event));
                CHECK(sim_fold(&fresh, event));
                fid_assign a = sim_next(&asked);
                if (event.kind == FID_EVENT_REPORT && !fid_is_absent(event.values[0]))
                    (void)sim_decide(&asked, event.trial);
                if (fid_rng_below(&rng, 10))
                    continue;
                fid_assign b = sim_next(&fresh);
                CHECK(same_assign(&a, &b));
                if (event.kind == FID_EVENT_REPORT && !fid_is_absent(event.values[0])) {
                    fid_decision x = sim_decide(&asked, event.trial);
                    fid_decision y = sim_decide(&fresh, event.trial);
                    CHECK(same_decision(&x, &y));
                }
            }
            sim_close(&asked);
            sim_close(&fresh);
            sim_close(&w.s);
        }
}

/* Once is_settled says so, no later event makes the trial run again. */
TEST(a_settled_trial_is_never_promoted)
{
    for (size_t i = 0; i < N_TYPES; i++) {
        if (!all[i]->is_settled)
            continue;
        size_t n_settled = 0;
        for (uint64_t seed = 0; seed < n_seeds(all[i]); seed++) {
            world w = run_world(all[i], seed);
            sim s = sim_open(all[i], w.s.rules, w.s.outline.metrics[0].goal);
            bool *settled =
                calloc(fid_history_n_trials(w.s.history) + 1, sizeof *settled);
            for (size_t k = 1; k < w.s.n; k++) { /* after the study's own event */
                fid_event event = sim_event(&w.s, k);
                CHECK(!(event.kind == FID_EVENT_STARTED && settled[event.trial]));
                CHECK(sim_fold(&s, event));
                for (uint64_t t = 0; t < fid_history_n_trials(s.history); t++)
                    if (!settled[t] && all[i]->is_settled(s.state, s.history, t)) {
                        settled[t] = true;
                        n_settled++;
                        CHECK(sim_trial(&s, t)->state == FID_TRIAL_PAUSED);
                    }
            }
            free(settled);
            sim_close(&s);
            sim_close(&w.s);
        }
        CHECK(n_settled > 100 * n_seeds(all[i]) / N_SEEDS);
    }
}

TEST(a_scheduler_without_fidelity_says_that_it_needs_one)
{
    for (size_t i = 0; i < N_TYPES; i++) {
        fid_scheduler_rules rules = {
            .fidelity = {.mode = FID_MODE_NONE, .min = 1, .max = 1},
            .percentile = 25,
            .has_upper = true};
        fid_error err = {0};
        void *state = calloc(1, all[i]->state_size);
        fid_status status = all[i]->init(state, &rules, &err);
        bool needs = pauses(all[i]) || all[i] == &fid_scheduler_asha ||
                     all[i] == &fid_scheduler_async_hyperband ||
                     all[i] == &fid_scheduler_curve;
        CHECK((status == FID_OK) == !needs);
        if (needs)
            CHECK(strstr(err.message, "fidelity") != NULL);
        all[i]->deinit(state);
        free(state);
    }
}

int main(void)
{
    RUN(a_bounded_study_ends_with_nothing_left_to_run);
    RUN(a_replayed_state_decides_the_same);
    RUN(a_settled_trial_is_never_promoted);
    RUN(a_scheduler_without_fidelity_says_that_it_needs_one);
    DONE();
}
