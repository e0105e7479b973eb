/* A small study for the tests of samplers: a history, and events made by hand. */
#ifndef CONTRACT_LOOP_H
#define CONTRACT_LOOP_H

#include "check.h"

#include <fidelio/history.h>
#include <fidelio/sampler.h>

#include <string.h>

typedef struct {
    const fid_space *space;
    fid_outline outline;
    fid_sampler_options options;
    const fid_sampler_type *type;
    void *state;
    fid_history *history;
    uint64_t seq;
    int64_t now_us; /* the clock of the events */
} loop;

static fid_outline loop_outline(size_t n_objectives)
{
    fid_outline outline = {.n_metrics = n_objectives, .n_objectives = n_objectives};
    for (size_t m = 0; m < n_objectives; m++)
        snprintf(outline.metrics[m].name, sizeof outline.metrics[m].name, "loss%zu", m);
    outline.fidelity =
        (fid_fidelity){.mode = FID_MODE_NONE, .min = 1, .max = 1, .eta = 3};
    return outline;
}

/* [0,1]^dim; the caller destroys it. */
static inline fid_space *loop_cube(size_t dim)
{
    fid_space *space;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    for (size_t d = 0; d < dim; d++) {
        char name[24];
        snprintf(name, sizeof name, "x%zu", d);
        CHECK(fid_space_add_float(space, name, 0, 1, FID_SCALE_LINEAR, 0, &err) ==
              FID_OK);
    }
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

static fid_status loop_init_sampler(loop *l)
{
    fid_error err = {0};
    l->state = fid_alloc(1, l->type->state_size);
    fid_status status =
        l->type->init(l->state, l->space, &l->outline, &l->options, &err);
    if (status != FID_OK && err.message[0])
        printf("%s: %s\n", l->type->name, err.message);
    return status;
}

static void loop_drop_sampler(loop *l)
{
    if (l->type->deinit)
        l->type->deinit(l->state);
    free(l->state);
    l->state = NULL;
}

static void loop_apply(loop *l, fid_event event)
{
    fid_error err = {0};
    event.seq = l->seq;
    event.time_us = l->now_us;
    fid_status status = fid_history_apply(l->history, &event, &err);
    if (status != FID_OK) {
        check_failures++;
        printf("event %d refused: %s\n", (int)event.kind, err.message);
        return;
    }
    l->seq++;
    if (l->state && l->type->observe)
        l->type->observe(l->state, l->history, &event);
}

static fid_status loop_open_with(loop *l, const fid_space *space,
                                 const fid_sampler_type *type, fid_outline outline,
                                 uint64_t seed)
{
    *l = (loop){.space = space, .type = type, .outline = outline};
    l->options = (fid_sampler_options){.seed = seed, .n_parallel = 1, .max_budget = 1};
    CHECK(fid_history_create(&l->history, space, &l->outline) == FID_OK);
    fid_status status = loop_init_sampler(l);
    loop_apply(l, (fid_event){.kind = FID_EVENT_STUDY, .text = "{}"});
    return status;
}

static inline fid_status loop_open(loop *l, const fid_space *space,
                                   const fid_sampler_type *type, size_t n_objectives,
                                   uint64_t seed)
{
    return loop_open_with(l, space, type, loop_outline(n_objectives), seed);
}

static void loop_close(loop *l)
{
    loop_drop_sampler(l);
    fid_history_destroy(l->history);
}

static fid_status loop_suggest(loop *l, double *u, fid_suggestion *why)
{
    fid_rng rng = fid_rng_stream(l->options.seed, FID_RNG_SUGGEST,
                                 fid_history_n_trials(l->history));
    memset(why, 0, sizeof *why);
    return l->type->suggest(l->state, l->history, &rng, u, why);
}

/* Propose u and start it; the trial's number. */
static uint64_t loop_start(loop *l, const double *u, const fid_suggestion *why)
{
    uint64_t trial = fid_history_n_trials(l->history);
    loop_apply(l, (fid_event){.kind = FID_EVENT_PROPOSED,
                              .trial = trial,
                              .point = u,
                              .n_point = fid_space_dim(l->space),
                              .visible = fid_history_n_events(l->history),
                              .memo = why->memo,
                              .n_memo = why->n_memo,
                              .text = why->model});
    loop_apply(
        l, (fid_event){
               .kind = FID_EVENT_STARTED, .trial = trial, .attempt = 1, .budget = 1});
    return trial;
}

static void loop_report(loop *l, uint64_t trial, const double *values)
{
    loop_apply(l, (fid_event){.kind = FID_EVENT_REPORT,
                              .trial = trial,
                              .attempt = 1,
                              .step = 1,
                              .values = values,
                              .n_values = l->outline.n_metrics});
}

static void loop_finish(loop *l, uint64_t trial, const double *values)
{
    loop_report(l, trial, values);
    loop_apply(l,
               (fid_event){.kind = FID_EVENT_COMPLETED, .trial = trial, .attempt = 1});
}

static inline void loop_fail(loop *l, uint64_t trial, fid_reason reason)
{
    loop_apply(l, (fid_event){.kind = FID_EVENT_FAILED,
                              .trial = trial,
                              .attempt = 1,
                              .reason = reason});
}

/* One trial, start to end. */
static inline fid_status
loop_turn(loop *l, double *u, double (*loss)(const double *u, void *ctx), void *ctx)
{
    fid_suggestion why;
    FID_TRY(loop_suggest(l, u, &why));
    double value = loss(u, ctx);
    loop_finish(l, loop_start(l, u, &why), &value);
    return FID_OK;
}

#endif
