/* sim.h -- a study in miniature for scheduler tests: a history, a scheduler, and a log
 * of what was folded, so that it can be replayed. No clock, no sampler, no files. */
#ifndef SIM_H
#define SIM_H

#include "check.h"

#include <fidelio/history.h>
#include <fidelio/rand.h>
#include <fidelio/scheduler.h>

#include <string.h>

typedef struct {
    fid_event event;
    double value; /* of a REPORT */
} sim_entry;

typedef struct {
    fid_space *space;
    fid_outline outline;
    fid_scheduler_rules rules;
    const fid_scheduler_type *type;
    fid_history *history;
    void *state;
    sim_entry *log;
    size_t n, cap;
} sim;

static const double sim_point[1] = {0.5};

static inline fid_fidelity sim_fidelity(fid_fidelity_mode mode, double min, double max,
                                        double eta)
{
    return (fid_fidelity){.mode = mode,
                          .name = "epochs",
                          .min = min,
                          .max = max,
                          .eta = eta,
                          .integer = true};
}

static inline void sim_close(sim *s)
{
    s->type->deinit(s->state);
    free(s->state);
    fid_history_destroy(s->history);
    fid_space_destroy(s->space);
    free(s->log);
}

/* --- events */

/* Fold, observe, keep. false: the history refused it, and says why. */
static inline bool sim_fold(sim *s, fid_event event)
{
    event.seq = s->n;
    fid_error err;
    if (fid_history_apply(s->history, &event, &err) != FID_OK) {
        printf("%s\n", err.message);
        return false;
    }
    s->type->observe(s->state, s->history, &event);
    s->log = fid_grow(s->log, &s->cap, s->n + 1, sizeof *s->log);
    s->log[s->n] = (sim_entry){.event = event};
    if (event.n_values)
        s->log[s->n].value = event.values[0];
    s->n++;
    return true;
}

static inline sim sim_open(const fid_scheduler_type *type, fid_scheduler_rules rules,
                           fid_goal goal)
{
    sim s = {.type = type, .rules = rules};
    setbuf(stdout, NULL); /* what went wrong is said before a crash */
    fid_error err;
    s.outline.n_metrics = s.outline.n_objectives = 1;
    strcpy(s.outline.metrics[0].name, "loss");
    s.outline.metrics[0].goal = goal;
    s.outline.fidelity = rules.fidelity;
    CHECK(fid_space_create(&s.space) == FID_OK);
    CHECK(fid_space_add_float(s.space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_freeze(s.space, &err) == FID_OK);
    CHECK(fid_history_create(&s.history, s.space, &s.outline) == FID_OK);
    s.state = calloc(1, type->state_size);
    err.message[0] = '\0';
    if (type->init(s.state, &rules, &err) != FID_OK) {
        printf("%s: %s\n", type->name, err.message);
        CHECK(0);
    }
    fid_event study = {.kind = FID_EVENT_STUDY, .text = "{}"};
    CHECK(sim_fold(&s, study));
    return s;
}

/* The k-th kept event, ready to be folded again. */
static inline fid_event sim_event(const sim *s, size_t k)
{
    fid_event event = s->log[k].event;
    if (event.n_values)
        event.values = &s->log[k].value;
    return event;
}

static inline const fid_trial *sim_trial(const sim *s, uint64_t trial)
{
    return fid_history_trial(s->history, trial);
}

static inline fid_assign sim_next(sim *s)
{
    fid_assign out = {0};
    fid_rng rng = fid_rng_stream(s->rules.seed, FID_RNG_SCHEDULE, s->n);
    CHECK(s->type->next(s->state, s->history, &rng, &out) == FID_OK);
    return out;
}

static inline fid_decision sim_decide(sim *s, uint64_t trial)
{
    fid_decision out = {0};
    CHECK(s->type->decide(s->state, s->history, trial, &out) == FID_OK);
    return out;
}

static inline uint64_t sim_propose(sim *s, int64_t tag)
{
    uint64_t trial = fid_history_n_trials(s->history);
    CHECK(sim_fold(s, (fid_event){.kind = FID_EVENT_PROPOSED,
                                  .trial = trial,
                                  .tag = tag,
                                  .point = sim_point,
                                  .n_point = 1}));
    return trial;
}

static inline void sim_start(sim *s, uint64_t trial, double budget, int64_t tag)
{
    uint32_t attempt = sim_trial(s, trial)->attempt + 1;
    CHECK(sim_fold(s, (fid_event){.kind = FID_EVENT_STARTED,
                                  .trial = trial,
                                  .attempt = attempt,
                                  .budget = budget,
                                  .tag = tag}));
}

/* Carry out what next() says: the trial that runs now, or -1 for WAIT and DONE. */
static inline int64_t sim_ask(sim *s)
{
    fid_assign a = sim_next(s);
    if (a.kind == FID_ASSIGN_WAIT || a.kind == FID_ASSIGN_DONE)
        return -1;
    uint64_t trial = a.kind == FID_ASSIGN_NEW ? sim_propose(s, a.tag) : a.trial;
    sim_start(s, trial, a.budget, a.tag);
    return (int64_t)trial;
}

static inline bool sim_report(sim *s, uint64_t trial, double step, double value)
{
    return sim_fold(s, (fid_event){.kind = FID_EVENT_REPORT,
                                   .trial = trial,
                                   .attempt = sim_trial(s, trial)->attempt,
                                   .step = step,
                                   .values = &value,
                                   .n_values = 1});
}

static inline bool sim_end(sim *s, uint64_t trial, fid_event_kind kind)
{
    return sim_fold(s,
                    (fid_event){.kind = kind,
                                .trial = trial,
                                .attempt = sim_trial(s, trial)->attempt,
                                .reason = kind == FID_EVENT_FAILED ? FID_REASON_CRASHED
                                                                   : FID_REASON_NONE});
}

/* The attempt ends well: paused below the full budget, complete there. */
static inline void sim_finish(sim *s, uint64_t trial)
{
    bool full = sim_trial(s, trial)->budget >= s->rules.fidelity.max;
    CHECK(sim_end(s, trial, full ? FID_EVENT_COMPLETED : FID_EVENT_PAUSED));
}

/* Ask, report once at the budget, finish: a trial whose loss is always `loss`. */
static inline int64_t sim_run(sim *s, double loss)
{
    int64_t trial = sim_ask(s);
    if (trial >= 0) {
        CHECK(sim_report(s, (uint64_t)trial, sim_trial(s, (uint64_t)trial)->budget,
                         loss));
        sim_finish(s, (uint64_t)trial);
    }
    return trial;
}

#endif
