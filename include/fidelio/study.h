/* fidelio/study.h -- the conductor: the one loop that appends events and carries out
 * decisions; sole owner of all that changes, sole reader of the clock.
 *
 *   ask -> (train, report -> decision)* -> end
 *
 * Every call that changes something returns only after its events are durable. When the
 * store refuses (disk full) the call returns FID_IO, the events stay queued in order,
 * and fid_study_flush tries again; nothing new is handed out until it succeeded. */
#ifndef FID_STUDY_H
#define FID_STUDY_H

#include <fidelio/base.h>
#include <fidelio/exec.h>
#include <fidelio/history.h>
#include <fidelio/sampler.h>
#include <fidelio/scheduler.h>
#include <fidelio/space.h>
#include <fidelio/store.h>

typedef struct fid_study fid_study;

typedef struct {
    int64_t (*now_us)(void *ctx); /* NULL: CLOCK_REALTIME */
    void *ctx;
} fid_clock;

/* Which checkpoint folders survive. */
typedef enum {
    FID_KEEP_ALL,
    FID_KEEP_BEST, /* of the n best trials, and of those that may still run; with several
                      objectives of all that are complete */
    FID_KEEP_NONE, /* only of those that may still run */
} fid_keep;

typedef struct {
    const char *name; /* NULL = "study" */
    fid_outline outline;
    const fid_sampler_type *sampler;
    fid_sampler_options sampler_options;     /* seed, n_parallel, max_budget: filled in */
    const fid_scheduler_type *scheduler;
    fid_scheduler_rules rules;               /* fidelity, seed, n_parallel: filled in */
    uint64_t seed;
    size_t parallel;         /* 0 = 1 */
    size_t max_trials;       /* 0 = not limited; enqueued and default trials count */
    double max_seconds;      /* of the study's clock while engines had it open, all
                                sessions together; 0 = not limited */
    double max_cost;         /* sum of fidelity units; 0 = not limited */
    size_t retry;            /* further attempts after a failed one */
    size_t max_failures;     /* failed trials in a row that end the run; 0 = never */
    bool skip_default;       /* do not try the space's defaults first */
    fid_keep keep;
    size_t keep_n;
    bool inherit;            /* a new trial may begin with the checkpoint of the nearest one
                                that has one; see fid_job.parent */
    double grace;            /* seconds; for stop and pause */
    const char *definition;  /* further settings as JSON, stored in event 0 for `show` and
                                `best`; NULL = {} */
    bool extend;             /* a changed space or outline replaces the stored one */
    bool read_only;
    fid_clock clock;
} fid_study_settings;

/* Open or create. `space` is frozen and outlives the study; settings are copied (types
 * and strings in them must outlive the study). An existing study whose definition
 * differs is FID_INVALID with the difference in *err (and in full through `diff`, which
 * may be NULL) unless settings.extend. Replays all events. */
FID_API fid_status fid_study_open(fid_study **out, const fid_space *space,
                                  const fid_study_settings *settings,
                                  const fid_store_type *store,
                                  const fid_store_options *store_options, fid_text *diff,
                                  fid_error *err);
FID_API void fid_study_close(fid_study *study); /* NULL is fine */

/* Append the definition (the text of the last STUDY event) of a stored study: to learn
 * its sampler and scheduler before opening it. FID_NOT_FOUND: there is no study. */
FID_API fid_status fid_study_peek(const fid_store_type *store,
                                  const fid_store_options *store_options,
                                  fid_text *definition, fid_error *err);

/* Open what is in the store with the space and outline of its event 0; settings.outline
 * and `space` are not needed. For commands that have no sweep file. The space belongs to
 * the study. */
FID_API fid_status fid_study_open_stored(fid_study **out,
                                         const fid_study_settings *settings,
                                         const fid_store_type *store,
                                         const fid_store_options *store_options,
                                         fid_error *err);

/* What to train next. Borrowed pointers live until the next call on the study. */
typedef struct {
    uint64_t trial;
    uint32_t attempt;
    uint64_t seed;            /* for the trial's own randomness; the same over attempts */
    double budget, budget_done;
    bool has_checkpoint;      /* an earlier attempt ran */
    const fid_value *config;  /* [n_params] */
} fid_ask;

/* FID_WAIT: nothing until a running trial reports or ends. FID_EXHAUSTED: the study is
 * over (a limit, the target, the schedule or the space is used up). */
FID_API fid_status fid_study_ask(fid_study *study, fid_ask *out, fid_error *err);

/* A trial reached `step` (NaN: one more than its last; in units of the fidelity) with
 * values[0..n) by metric; NaN is legal and means diverged or not given. The decision is
 * final once it is STOP or PAUSE: end the trial (fid_study_end with STOPPED).
 * FID_SUPERSEDED: an old attempt; FID_STATE: the trial is over. Both are kept as late
 * reports and change nothing. */
FID_API fid_status fid_study_report(fid_study *study, uint64_t trial, uint32_t attempt,
                                    double step, const double *values, size_t n,
                                    fid_decision *out, fid_error *err);

/* The attempt is over. What becomes of the trial follows from `how`, its budget, the
 * decision it was given and the retries left. `words`: last words, may be NULL. */
FID_API fid_status fid_study_end(fid_study *study, uint64_t trial, uint32_t attempt,
                                 fid_end how, const char *words, fid_error *err);

/* Shorthand for a trial without intermediate reports: report at the budget, then end
 * DONE. */
FID_API fid_status fid_study_tell(fid_study *study, uint64_t trial, uint32_t attempt,
                                  const double *values, size_t n, fid_error *err);

/* Put a configuration in the queue; asked before anything the sampler proposes. */
FID_API fid_status fid_study_enqueue(fid_study *study, const fid_value *config,
                                     fid_origin origin, uint64_t *trial, fid_error *err);

/* Add a finished trial from elsewhere, all of it or nothing: values[n_reports][n_metrics]
 * at steps. `how`: DONE, STOPPED (becomes PRUNED by the user), or how it failed. */
FID_API fid_status fid_study_import(fid_study *study, const fid_value *config,
                                    const double *steps, const double *values,
                                    size_t n_reports, fid_end how, uint64_t *trial,
                                    fid_error *err);

FID_API fid_status fid_study_flush(fid_study *study, fid_error *err);
FID_API fid_status fid_study_note(fid_study *study, const char *text, fid_error *err);

FID_API const fid_history *fid_study_history(const fid_study *study);
FID_API const fid_space *fid_study_space(const fid_study *study);
FID_API const fid_study_settings *fid_study_get_settings(const fid_study *study);
/* Words about the place of the store that its user should know; NULL: nothing. */
FID_API const char *fid_study_store_note(const fid_study *study);
/* The text of event 0: {"version":1,"name":..,"space":{..},"outline":{..},
 * "sampler":"..","scheduler":"..","seed":..,"definition":{..}}. */
FID_API const char *fid_study_definition(const fid_study *study);

/* Why a trial was proposed and what was decided about it: recomputed by replaying the
 * events that were visible, with a fresh sampler. `same` says whether the point came out
 * the same, byte for byte. Cost: a replay. */
typedef struct {
    fid_suggestion suggestion;
    bool recomputed; /* the sampler proposed it (not enqueued, not the default) */
    bool same;
    char decided[320]; /* the numbers behind the last decision about it, {"rule":..}; "" =
                          none. Losses, a forecast's mean, low and high (90 %) too */
} fid_explanation;
FID_API fid_status fid_study_explain(const fid_study *study, uint64_t trial,
                                     fid_explanation *out, fid_error *err);

/* --- The loop with an executor. */

typedef enum {
    FID_RUN_FINISHED,   /* a limit, the schedule or the space is used up */
    FID_RUN_TARGET,     /* the metric's target was reached */
    FID_RUN_FAILURES,   /* too many failures in a row */
    FID_RUN_DRAINED,    /* asked to stop; trials ended or were paused */
    FID_RUN_KILLED,     /* asked twice */
} fid_run_outcome;

/* What the loop's owner sees and may say, at least every 0.25 s of real time. Any may be
 * NULL. */
typedef struct {
    void *ctx;
    /* 0 go on, 1 launch nothing new and let trials checkpoint (stop with grace), 2 kill
     * now, 3 launch nothing new and let trials run to their end. Never goes down. */
    int (*stop_requested)(void *ctx);
    /* After events were folded and are durable. */
    void (*on_event)(void *ctx, const fid_study *study, const fid_event *event);
    void (*on_tick)(void *ctx, const fid_study *study);
    /* The store refused; the loop waits and tries again. Return false to give up. */
    bool (*on_store_error)(void *ctx, const fid_error *err);
} fid_run_hooks;

FID_API fid_status fid_study_run(fid_study *study, const fid_exec_type *type, void *exec,
                                 const fid_run_hooks *hooks, fid_run_outcome *outcome,
                                 fid_error *err);

#endif
