/* Which checkpoints are discarded while a study runs, and that none is missed later. */
#include "check.h"

#include <fidelio/study.h>

#include <stdlib.h>
#include <string.h>

enum { TRIALS = 40 };

/* The simulator, with checkpoints that can be missed. */
typedef struct {
    void *simulator;
    bool gone[TRIALS], started[TRIALS];
    size_t n_resumed, n_lost;
} shelf;

static fid_status evaluate(void *ctx, const fid_job *job, const double *steps, size_t n,
                           double *values, double *seconds, fid_end *ends,
                           fid_error *err)
{
    (void)ctx, (void)err;
    for (size_t k = 0; k < n; k++) {
        values[k] = job->config[0].f +
                    sin(3 * (double)job->trial + steps[k]) / steps[k];
        seconds[k] = 1 + job->config[0].f;
        ends[k] = FID_END_DONE;
    }
    return FID_OK;
}

static fid_status shelf_start(void *state, const fid_job *job, fid_error *err)
{
    shelf *s = state;
    CHECK(job->trial < TRIALS);
    s->started[job->trial] = true;
    s->n_resumed += job->has_checkpoint;
    s->n_lost += job->has_checkpoint && s->gone[job->trial];
    return fid_exec_sim.start(s->simulator, job, err);
}

static fid_status shelf_stop(void *state, uint64_t trial, double grace)
{
    return fid_exec_sim.stop(((shelf *)state)->simulator, trial, grace);
}

static fid_status shelf_poll(void *state, double timeout, fid_exec_report *reports,
                             size_t cap, size_t *n, fid_error *err)
{
    return fid_exec_sim.poll(((shelf *)state)->simulator, timeout, reports, cap, n,
                             err);
}

static size_t shelf_free_slots(const void *state)
{
    return fid_exec_sim.free_slots(((const shelf *)state)->simulator);
}

static int64_t shelf_now_us(const void *state)
{
    return fid_exec_sim.now_us(((const shelf *)state)->simulator);
}

static void shelf_discard(void *state, uint64_t trial)
{
    ((shelf *)state)->gone[trial] = true;
}

static const fid_exec_type shelf_type = {
    .name = "shelf",
    .start = shelf_start,
    .stop = shelf_stop,
    .poll = shelf_poll,
    .free_slots = shelf_free_slots,
    .now_us = shelf_now_us,
    .discard = shelf_discard,
};

static int64_t clock_of(void *ctx)
{
    return shelf_now_us(ctx);
}

static void run(shelf *s, const fid_scheduler_type *scheduler, fid_keep keep,
                size_t max_trials, size_t *n_kept)
{
    fid_error err = {0};
    fid_space *space;
    fid_study *study;
    fid_run_outcome outcome;
    fid_run_hooks hooks = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    *s = (shelf){.simulator = calloc(1, fid_exec_sim.state_size)};
    fid_exec_sim_options sim = {
        .evaluate = evaluate, .space = space, .workers = 3, .every_step = true};
    CHECK(fid_exec_sim.open(s->simulator, &sim, &err) == FID_OK);
    fid_study_settings settings = {
        .outline = {.metrics = {{.name = "loss"}},
                    .n_metrics = 1,
                    .n_objectives = 1,
                    .fidelity = {.mode = FID_MODE_RESUME,
                                 .name = "epoch",
                                 .min = 1,
                                 .max = 27,
                                 .eta = 3,
                                 .integer = true}},
        .sampler = &fid_sampler_random,
        .scheduler = scheduler,
        .seed = 3,
        .parallel = 3,
        .max_trials = max_trials,
        .max_cost = max_trials ? 0 : 90,
        .keep = keep,
        .keep_n = 2,
        .clock = {clock_of, s},
    };
    fid_store_options options = {0};
    CHECK(fid_study_open(&study, space, &settings, &fid_store_memory, &options, NULL,
                         &err) == FID_OK);
    CHECK(fid_study_run(study, &shelf_type, s, &hooks, &outcome, &err) == FID_OK);
    *n_kept = 0;
    for (size_t k = 0; k < TRIALS; k++)
        *n_kept += s->started[k] && !s->gone[k];
    fid_study_close(study);
    fid_space_destroy(space);
    fid_exec_sim.close(s->simulator);
    free(s->simulator);
}

/* At the end of a bounded study nothing can be promoted: what is left is the best two, or
 * nothing; all of it by policy `all`. On the way none was missed. */
TEST(no_checkpoint_that_is_needed_is_discarded_and_the_others_are)
{
    static const fid_scheduler_type *const schedulers[] = {
        &fid_scheduler_asha, &fid_scheduler_sha, &fid_scheduler_hyperband,
        &fid_scheduler_async_hyperband};
    for (size_t k = 0; k < 4; k++) {
        shelf s;
        size_t n_kept;
        run(&s, schedulers[k], FID_KEEP_ALL, TRIALS, &n_kept);
        CHECK(n_kept == TRIALS && s.n_resumed > 5);
        run(&s, schedulers[k], FID_KEEP_NONE, TRIALS, &n_kept);
        CHECK(n_kept == 0 && s.n_resumed > 5 && s.n_lost == 0);
        run(&s, schedulers[k], FID_KEEP_BEST, TRIALS, &n_kept);
        CHECK(n_kept == 2 && s.n_resumed > 5 && s.n_lost == 0);
    }
}

/* Without a bound any paused trial may come back. */
TEST(a_study_without_end_keeps_every_paused_trial)
{
    shelf s;
    size_t n_kept;
    run(&s, &fid_scheduler_asha, FID_KEEP_NONE, 0, &n_kept);
    CHECK(n_kept > TRIALS / 4 && s.n_resumed > 5 && s.n_lost == 0);
}

int main(void)
{
    RUN(no_checkpoint_that_is_needed_is_discarded_and_the_others_are);
    RUN(a_study_without_end_keeps_every_paused_trial);
    DONE();
}
