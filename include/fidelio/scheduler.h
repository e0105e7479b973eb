/* fidelio/scheduler.h -- contract of everything that gives trials their budgets.
 *
 * A scheduler's state is a fold of the events it observed: a fresh state that observes
 * the same events decides the same. Losses are minimised (fid_history_loss_at). */
#ifndef FID_SCHEDULER_H
#define FID_SCHEDULER_H

#include <fidelio/base.h>
#include <fidelio/history.h>
#include <fidelio/rand.h>

/* One structure for all kinds; 0 (or NULL) in a member means the kind's default. */
typedef struct {
    fid_fidelity fidelity;
    uint64_t seed;
    size_t n_parallel;
    size_t max_trials;     /* 0 = not limited */
    size_t brackets;       /* of (asynchronous) Hyperband */
    bool draw_brackets;    /* asynchronous Hyperband: a new trial's bracket is drawn, else
                              in turn so that the shares are kept */
    bool stopping;         /* ASHA in its stopping form */
    bool ceil_brackets;    /* Hyperband: n = ceil(...) as in the JMLR text and SMAC3, else
                              floor as in the table and HpBandSter */
    size_t min_trials;     /* n_startup_trials of the median family */
    double min_step;       /* n_warmup_steps */
    double interval;       /* interval_steps */
    double percentile;     /* 0..100, of the percentile rule */
    size_t patience;       /* reports without improvement */
    double min_delta;
    double lower, upper;   /* threshold rule, in the metric's own direction */
    bool has_lower, has_upper;
    double p_threshold;    /* Wilcoxon */
    double risk;           /* of losing the winner, for curve-based stopping */
} fid_scheduler_rules;

typedef struct {
    fid_decision_kind kind;
    double budget;       /* CONTINUE: go on to this total (>= the present one) */
    const char *rule;    /* static text: "asha", "median", ... */
    double value;        /* the trial's loss or score that was compared */
    double threshold;    /* with what; NaN when nothing */
    size_t rank, of;     /* rank (from 1) among how many; 0 when not ranked */
    double mean, low, high; /* forecast of the loss at the full budget and its central
                               90 %; NaN when the rule makes none */
} fid_decision;

typedef enum {
    FID_ASSIGN_NEW,     /* start a new configuration at `budget` */
    FID_ASSIGN_PROMOTE, /* start the next attempt of paused `trial`, up to `budget` */
    FID_ASSIGN_WAIT,    /* nothing until a running trial reports or ends */
    FID_ASSIGN_DONE,    /* the schedule is finished (a bounded one) */
} fid_assign_kind;

typedef struct {
    fid_assign_kind kind;
    uint64_t trial;
    double budget;
    int64_t tag;         /* for PROPOSED: comes back as trial.tag */
    const char *rule;
    double value, threshold;
    size_t rank, of;
} fid_assign;

typedef struct fid_scheduler_type {
    const char *name;
    const char *summary;
    size_t state_size;

    /* FID_INVALID / FID_UNSUPPORTED with words, e.g. "asha needs a fidelity". */
    fid_status (*init)(void *state, const fid_scheduler_rules *rules, fid_error *err);
    /* Told of every event in order, after it was folded. O(log n) at most. */
    void (*observe)(void *state, const fid_history *history, const fid_event *event);
    /* After a report of `trial` was folded and observed. Target: under 0.5 us. */
    fid_status (*decide)(void *state, const fid_history *history, uint64_t trial,
                         fid_decision *out);
    /* A worker is free: what now? Does not change the state: calling it twice answers
     * the same; what was assigned comes back through observe. */
    fid_status (*next)(void *state, const fid_history *history, fid_rng *rng,
                       fid_assign *out);
    /* PAUSED trials that can never be promoted any more (their checkpoints may go). May
     * be NULL: none is ever sure. */
    bool (*is_settled)(const void *state, const fid_history *history, uint64_t trial);
    void (*deinit)(void *state);
    /* Does not compare trials, so that studies of several objectives may use it. */
    bool compares_none;
} fid_scheduler_type;

FID_API_DATA const fid_scheduler_type fid_scheduler_none;
FID_API_DATA const fid_scheduler_type fid_scheduler_sha;
FID_API_DATA const fid_scheduler_type fid_scheduler_asha;
FID_API_DATA const fid_scheduler_type fid_scheduler_hyperband;       /* synchronous */
FID_API_DATA const fid_scheduler_type fid_scheduler_async_hyperband;
FID_API_DATA const fid_scheduler_type fid_scheduler_pasha;
FID_API_DATA const fid_scheduler_type fid_scheduler_median;
FID_API_DATA const fid_scheduler_type fid_scheduler_percentile;
FID_API_DATA const fid_scheduler_type fid_scheduler_patience;
FID_API_DATA const fid_scheduler_type fid_scheduler_threshold;
FID_API_DATA const fid_scheduler_type fid_scheduler_wilcoxon;
FID_API_DATA const fid_scheduler_type fid_scheduler_curve;
FID_API_DATA const fid_scheduler_type fid_scheduler_freeze_thaw;

#endif
