/* The simulator by hand: two workers, trial t's step k takes t + 1 seconds. */
#include "check.h"

#include <fidelio/exec.h>

#include <string.h>

static size_t calls;

static fid_status evaluate(void *ctx, const fid_job *job, const double *steps, size_t n,
                           double *values, double *seconds, fid_end *ends,
                           fid_error *err)
{
    (void)ctx;
    (void)err;
    calls++;
    for (size_t k = 0; k < n; k++) {
        values[k] = 100.0 * (double)job->trial + steps[k];
        seconds[k] = steps[k] * ((double)job->trial + 1.0);
        if (job->trial == 3 && steps[k] == 2.0)
            seconds[k] = 0.0; /* a cost model that runs backwards */
        ends[k] = job->trial == 2 && steps[k] >= 2.0 ? FID_END_CRASHED : FID_END_DONE;
    }
    return FID_OK;
}

/* What the engine used since the last call: set by a test. */
static double thought;
static bool counts_overhead;

static double overhead(void *ctx)
{
    double seconds = thought;
    (void)ctx;
    thought = 0.0;
    return seconds;
}

static fid_space *space;
static fid_outline outline;
static void *sim;

static void open_simulator(size_t workers, size_t ahead, fid_fidelity_mode mode)
{
    fid_exec_sim_options options = {
        .evaluate = evaluate, .workers = workers, .every_step = true, .ahead = ahead};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 0.0, 1.0, FID_SCALE_LINEAR, 0.0, NULL) ==
          FID_OK);
    CHECK(fid_space_freeze(space, NULL) == FID_OK);
    memset(&outline, 0, sizeof outline);
    outline.n_metrics = outline.n_objectives = 1;
    outline.fidelity =
        (fid_fidelity){.mode = mode, .min = 1, .max = 9, .eta = 3, .integer = true};
    options.space = space;
    options.overhead = counts_overhead ? overhead : NULL;
    sim = calloc(1, fid_exec_sim.state_size);
    calls = 0;
    CHECK(fid_exec_sim.open(sim, &options, NULL) == FID_OK);
}

static void close_simulator(void)
{
    fid_exec_sim.close(sim);
    free(sim);
    fid_space_destroy(space);
}

static fid_status begin(uint64_t trial, uint32_t attempt, double done, double budget)
{
    static const fid_value config[1] = {{.active = true, .f = 0.5}};
    fid_job job = {.trial = trial,
                   .attempt = attempt,
                   .space = space,
                   .config = config,
                   .outline = &outline,
                   .budget = budget,
                   .budget_done = done,
                   .parent = -1};
    return fid_exec_sim.start(sim, &job, NULL);
}

static size_t look(fid_exec_report *reports)
{
    size_t n = 99;
    CHECK(fid_exec_sim.poll(sim, 0.0, reports, 8, &n, NULL) == FID_OK);
    return n;
}

static double clock_seconds(void)
{
    return 1e-6 * (double)fid_exec_sim.now_us(sim);
}

TEST(reports_come_in_the_order_of_time)
{
    fid_exec_report r[8];
    open_simulator(2, 2, FID_MODE_RESUME);
    CHECK(begin(0, 1, 0, 3) == FID_OK);
    CHECK(begin(1, 1, 0, 2) == FID_OK);
    CHECK(begin(2, 1, 0, 2) == FID_LIMIT);
    CHECK(look(r) == 1 && r[0].trial == 0 && r[0].step == 1.0 &&
          clock_seconds() == 1.0);
    /* at 2 s both report; neither of them can answer twice at one instant */
    CHECK(look(r) == 2 && r[0].trial == 0 && r[1].trial == 1 &&
          r[1].values[0] == 101.0);
    CHECK(look(r) == 2 && r[0].step == 3.0 && r[1].kind == FID_EXEC_ENDED &&
          r[1].end == FID_END_DONE);
    CHECK(fid_exec_sim.free_slots(sim) == 1);
    CHECK(look(r) == 2 && r[0].trial == 1 && r[1].end == FID_END_DONE);
    CHECK(clock_seconds() == 4.0);
    CHECK(look(r) == 0);
    close_simulator();
}

TEST(a_promoted_trial_pays_only_for_the_rest)
{
    fid_exec_report r[8];
    open_simulator(1, 4, FID_MODE_RESUME);
    CHECK(begin(1, 1, 0, 1) == FID_OK);
    CHECK(look(r) == 2 && clock_seconds() == 2.0);
    CHECK(begin(1, 2, 1, 3) == FID_OK);
    CHECK(look(r) == 1 && r[0].step == 2.0 && clock_seconds() == 4.0);
    CHECK(look(r) == 2 && r[0].step == 3.0 && clock_seconds() == 6.0);
    close_simulator();
}

TEST(restart_mode_pays_for_all_and_reports_once)
{
    fid_exec_report r[8];
    open_simulator(1, 4, FID_MODE_RESTART);
    CHECK(begin(0, 1, 0, 3) == FID_OK);
    CHECK(look(r) == 2 && r[0].step == 3.0 && clock_seconds() == 3.0);
    CHECK(begin(0, 2, 3, 9) == FID_OK);
    CHECK(look(r) == 2 && r[0].step == 9.0 && clock_seconds() == 12.0);
    close_simulator();
}

TEST(a_stopped_attempt_ends_at_once)
{
    fid_exec_report r[8];
    open_simulator(2, 1, FID_MODE_STOP);
    CHECK(begin(0, 1, 0, 9) == FID_OK);
    CHECK(begin(4, 1, 0, 9) == FID_OK);
    CHECK(look(r) == 1 && r[0].trial == 0);
    CHECK(fid_exec_sim.stop(sim, 4, 10.0) == FID_OK);
    CHECK(look(r) == 1 && r[0].trial == 4 && r[0].end == FID_END_STOPPED &&
          clock_seconds() == 1.0);
    CHECK(fid_exec_sim.stop(sim, 17, 10.0) == FID_OK); /* never heard of */
    CHECK(look(r) == 1 && r[0].step == 2.0);
    CHECK(calls <= 5); /* one step ahead, not nine */
    close_simulator();
}

TEST(a_crash_ends_the_attempt_without_a_report)
{
    fid_exec_report r[8];
    open_simulator(1, 4, FID_MODE_RESUME);
    CHECK(begin(2, 1, 0, 3) == FID_OK);
    CHECK(look(r) == 1 && r[0].step == 1.0);
    CHECK(look(r) == 1 && r[0].kind == FID_EXEC_ENDED && r[0].end == FID_END_CRASHED &&
          clock_seconds() == 6.0);
    CHECK(fid_exec_sim.free_slots(sim) == 1);
    close_simulator();
}

TEST(time_never_runs_backwards)
{
    fid_exec_report r[8];
    open_simulator(1, 4, FID_MODE_RESUME);
    CHECK(begin(3, 1, 0, 3) == FID_OK);
    double before = 0.0;
    for (int k = 0; k < 3; k++) {
        CHECK(look(r) >= 1);
        CHECK(clock_seconds() >= before);
        before = clock_seconds();
    }
    CHECK(before == 12.0);
    close_simulator();
}

/* The worker waits while the engine thinks about its next job, and a report that came
 * meanwhile is handled late. */
TEST(the_engines_own_time_passes_too)
{
    fid_exec_report r[8];
    counts_overhead = true;
    open_simulator(2, 2, FID_MODE_RESUME);
    counts_overhead = false;
    thought = 0.5;
    CHECK(begin(0, 1, 0, 1) == FID_OK); /* from 0.5 s to 1.5 s */
    CHECK(look(r) == 2 && clock_seconds() == 1.5);
    thought = 0.25;
    CHECK(begin(1, 1, 0, 1) == FID_OK); /* from 1.75 s to 3.75 s */
    thought = 3.0;
    CHECK(begin(0, 2, 1, 2) == FID_OK); /* from 4.75 s to 5.75 s */
    CHECK(look(r) == 2 && r[0].trial == 1 && clock_seconds() == 4.75);
    CHECK(look(r) == 2 && r[0].trial == 0 && clock_seconds() == 5.75);
    close_simulator();
}

int main(void)
{
    RUN(reports_come_in_the_order_of_time);
    RUN(a_promoted_trial_pays_only_for_the_rest);
    RUN(restart_mode_pays_for_all_and_reports_once);
    RUN(a_stopped_attempt_ends_at_once);
    RUN(a_crash_ends_the_attempt_without_a_report);
    RUN(time_never_runs_backwards);
    RUN(the_engines_own_time_passes_too);
    DONE();
}
