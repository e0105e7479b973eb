/* What every scheduler keeps: how far each trial's life has come, and the answers to
 * next() that do not depend on the rule. */
#ifndef FID_SCHEDULER_CENSUS_H
#define FID_SCHEDULER_CENSUS_H

#include "scheduler/heap.h"

#include <fidelio/scheduler.h>

typedef enum {
    FID__UNSTARTED,
    FID__LIVE,        /* started; also while a failed attempt waits to be run again */
    FID__INTERRUPTED, /* told to pause before it reached its budget: must be continued
                       */
    FID__PAUSED,      /* reached its budget */
    FID__ENDED,
} fid__life;

/* Zero-initialise. */
typedef struct {
    uint8_t *life; /* fid__life, | TOLD_TO_PAUSE */
    size_t cap;
    size_t n_started;      /* trials that left UNSTARTED */
    size_t n_live;         /* LIVE and INTERRUPTED */
    fid__heap interrupted; /* by trial number; the top entry is still INTERRUPTED */
    bool exhausted;        /* nothing new will come */
    bool failed;           /* out of memory: the state is useless */
} fid__census;

/* Fold one event; to be called first. Returns the trial's life before it, in `before`
 * when that is not NULL. */
void fid__census_observe(fid__census *census, const fid_history *history,
                         const fid_event *event, fid__life *before);
fid__life fid__census_life(const fid__census *census, uint64_t trial);
void fid__census_deinit(fid__census *census);

/* Whether `event` starts a trial for the first time, when `before` was its life. */
bool fid__is_first_start(const fid_event *event, fid__life before);

/* Whether a REPORT event names metric 0. One that does not is no report to a scheduler.
 */
bool fid__names_objective(const fid_event *event);
/* Metric 0 of such an event as a loss: what is not finite is the worst there is,
 * INFINITY; a trial that breaks bounds on other metrics is from 1e300 on, by how much. */
double fid__event_loss(const fid_history *history, const fid_event *event);
/* The same of a trial's last report; INFINITY when it has none. */
double fid__last_loss(const fid_history *history, uint64_t trial);
/* Of the trial's first n reports, the last one that names metric 0; -1 when none does.
 */
ptrdiff_t fid__last_given(const fid_history *history, const fid_trial *trial, size_t n);

/* An interrupted trial comes before everything else: true when *out is its
 * continuation. */
bool fid__assign_interrupted(const fid__census *census, const fid_history *history,
                             const char *rule, fid_assign *out);
/* A new trial at `budget`; WAIT or DONE when none may be started. */
void fid__assign_new(const fid__census *census, const fid_scheduler_rules *rules,
                     const char *rule, double budget, int64_t tag, fid_assign *out);
/* No more trials may be started: rules.max_trials were, or the sampler has none. */
bool fid__is_full(const fid__census *census, const fid_scheduler_rules *rules);

/* Go on to the budget that the trial has. */
void fid__decide_continue(const fid_history *history, uint64_t trial, const char *rule,
                          fid_decision *out);

#endif
