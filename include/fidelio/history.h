/* fidelio/history.h -- events and their fold.
 *
 * A study is a list of events. All that the engine knows is that list, folded by
 * fid_history_apply, which is the only writer and the only place where an illegal
 * transition is refused. Samplers and schedulers read a const history.
 *
 *            PROPOSED          STARTED            REPORT*
 *   (none) ----------> WAITING --------> RUNNING --------> RUNNING
 *   RUNNING --PAUSED--> PAUSED --STARTED--> RUNNING        (promotion, next attempt)
 *   RUNNING --RETRIED--> WAITING                           (run again, same budget)
 *   RUNNING --COMPLETED--> COMPLETE   RUNNING | PAUSED --PRUNED--> PRUNED
 *   WAITING | RUNNING | PAUSED --FAILED--> FAILED */
#ifndef FID_HISTORY_H
#define FID_HISTORY_H

#include <fidelio/base.h>
#include <fidelio/space.h>

enum { FID_MAX_METRICS = 16 };

typedef enum {
    FID_GOAL_MINIMIZE, /* an objective */
    FID_GOAL_MAXIMIZE, /* an objective */
    FID_GOAL_AT_MOST,  /* a constraint known only after the trial: value <= bound */
    FID_GOAL_AT_LEAST, /* value >= bound */
    FID_GOAL_NONE,     /* recorded, not used */
} fid_goal;

typedef struct {
    char name[129];
    fid_goal goal;
    double bound;      /* of AT_MOST, AT_LEAST */
    bool has_target;   /* stop the study when the objective gets there */
    double target;
    bool has_reference; /* of several objectives: only what is better than this counts */
    double reference;
} fid_metric;

typedef enum {
    FID_MODE_NONE,    /* no fidelity: a trial runs once, to its end */
    FID_MODE_RESUME,  /* pause at the budget, go on later from the checkpoint */
    FID_MODE_RESTART, /* train anew at the larger budget */
    FID_MODE_STOP,    /* run towards the maximum until stopped */
} fid_fidelity_mode;

typedef struct {
    fid_fidelity_mode mode;
    char name[129];
    double min, max; /* budgets are in [min, max]; both 1 for MODE_NONE */
    double eta;      /* > 1 */
    bool integer;    /* budgets are whole numbers */
} fid_fidelity;

/* The ladder min, min*eta, ... with max as its last rung, whole numbers where the
 * fidelity is (rounded, duplicates dropped); any non-power ratio. Writes at most cap
 * rungs, returns how many there are. Counted down from max (max/eta^k), as Hyperband
 * does. Without 0 < min < max and eta > 1: one rung, max. */
FID_API size_t fid_ladder(const fid_fidelity *fidelity, double *rungs, size_t cap);

/* What the fold must know about a study: its first event carries it as text. */
typedef struct {
    fid_metric metrics[FID_MAX_METRICS];
    size_t n_metrics; /* >= 1; objectives first, [0] steers pruning */
    size_t n_objectives; /* 1..4 */
    fid_fidelity fidelity;
} fid_outline;

typedef enum {
    FID_TRIAL_WAITING,
    FID_TRIAL_RUNNING,
    FID_TRIAL_PAUSED,
    FID_TRIAL_COMPLETE,
    FID_TRIAL_PRUNED,
    FID_TRIAL_FAILED,
} fid_trial_state;

FID_API const char *fid_trial_state_name(fid_trial_state state); /* "waiting".. */

/* Why a trial or an attempt ended. Append only. */
typedef enum {
    FID_REASON_NONE,
    FID_REASON_INFEASIBLE, /* the trial said so */
    FID_REASON_TIMEOUT,
    FID_REASON_MEMORY,
    FID_REASON_CRASHED,    /* exit code or signal */
    FID_REASON_SUPERSEDED,
    FID_REASON_DIVERGED,   /* NaN or infinity where a number was needed */
    FID_REASON_LAUNCH,     /* could not be started */
    FID_REASON_LOST,       /* its supervisor is gone */
    FID_REASON_NO_METRIC,  /* ended well but never reported the objective */
    FID_REASON_RULE,       /* the scheduler */
    FID_REASON_USER,
    FID_REASON_ENDED,      /* the study ended while it ran */
    FID_REASON_CHECKPOINTED, /* exit 75: run me again */
    FID_REASON_SHORTAGE,   /* no disk, memory, process or file to start it with */
} fid_reason;

FID_API const char *fid_reason_name(fid_reason reason); /* "infeasible".. */

/* Append only: the numbers are stored. */
typedef enum {
    FID_EVENT_STUDY = 1,   /* text: the study's definition as JSON. Event 0, once; later
                              ones (an extended space) replace it */
    FID_EVENT_PROPOSED = 2,/* a new trial. trial = n_trials so far; point; visible; origin;
                              level; tag; memo; text: name of the model that proposed */
    FID_EVENT_STARTED = 3, /* attempt (one more than before), budget (total to reach), tag;
                              text: the numbers behind a promotion, JSON; visible: of the
                              first attempt, 1 + the parent, or 0 */
    FID_EVENT_REPORT = 4,  /* attempt, step, values, offset; text: extra metrics, JSON */
    FID_EVENT_DECIDED = 5, /* attempt, decision STOP or PAUSE, or CONTINUE with a new
                              budget; text: the numbers behind it, JSON */
    FID_EVENT_PAUSED = 6,
    FID_EVENT_COMPLETED = 7,
    FID_EVENT_PRUNED = 8,  /* reason */
    FID_EVENT_FAILED = 9,  /* reason; text: last words */
    FID_EVENT_RETRIED = 10,/* reason; text: last words */
    FID_EVENT_LATE = 11,   /* a report after the end or from an old attempt: kept, no
                              effect. As REPORT */
    FID_EVENT_NOTE = 12,   /* text for people */
    FID_EVENT_OPENED = 13, /* an engine begins to run the study: the time since the event
                              before does not count. text: who */
    FID_EVENT_EXHAUSTED = 14, /* the sampler has nothing new: who waits for more trials
                              waits in vain, until a session begins or one is enqueued */
} fid_event_kind;

typedef enum { FID_CONTINUE, FID_PAUSE, FID_STOP } fid_decision_kind;

/* A NaN of its own bits: "this report did not name the metric", as opposed to a metric
 * that was reported as NaN. Survives the store. */
FID_API double fid_absent(void);
FID_API bool fid_is_absent(double x);

typedef enum {
    FID_ORIGIN_SAMPLER,
    FID_ORIGIN_USER,    /* enqueued */
    FID_ORIGIN_DEFAULT, /* the space's defaults */
    FID_ORIGIN_IMPORT,
} fid_origin;

/* One event. Pointers are borrowed for the call. Members that a kind does not name are
 * zero. */
typedef struct {
    uint64_t seq;       /* 0, 1, 2, ... without a gap */
    int64_t time_us;    /* the study's clock, microseconds since 1970; for display and
                           cost, never for a decision about order */
    fid_event_kind kind;
    uint64_t trial;
    uint32_t attempt;   /* from 1 */
    fid_reason reason;
    fid_decision_kind decision;
    fid_origin origin;
    int32_t level;      /* which rung of the sampler's fallback ladder; 0 = the first */
    int64_t tag;        /* the scheduler's own word (a bracket) */
    uint64_t visible;   /* events folded when the point was asked for */
    uint64_t offset;    /* bytes of the report file read, this line included */
    double budget, step;
    const double *point;  /* [n_point] canonical */
    size_t n_point;
    const double *values; /* [n_values], by metric; NaN = diverged, fid_absent() = not
                             given. Metrics beyond n_values are absent */
    size_t n_values;
    const double *memo;   /* what the sampler wants to read back at the next suggestion
                             (fitted hyperparameters), so that warm starts are a function
                             of the history */
    size_t n_memo;
    const char *text;     /* NULL or terminated */
} fid_event;

/* A trial as folded. Read only; arrays belong to the history and move when it changes. */
typedef struct {
    uint64_t id;
    fid_trial_state state;
    fid_reason reason;      /* of the end, or of the last failed attempt */
    uint32_t attempt;       /* attempts started; 0 = never */
    uint32_t n_failed;      /* attempts that ended in RETRIED by their own fault */
    fid_origin origin;
    int32_t level;
    int64_t tag;
    uint64_t visible;
    uint64_t proposed_seq, ended_seq; /* ended_seq: 0 until a final state */
    double budget;          /* total that the present or last attempt is to reach */
    double step;            /* largest step reported over all attempts; 0 = none */
    bool stopping;          /* told to STOP or PAUSE, not ended yet */
    fid_decision_kind decision; /* when stopping */
    uint64_t offset;        /* report bytes read in this attempt */
    size_t n_reports;       /* distinct steps */
    size_t n_late, n_conflicts; /* reports kept aside; repeated steps that disagreed */
    const double *steps;    /* [n_reports] ascending */
    const double *values;   /* [n_reports][n_metrics] */
    int64_t proposed_us, started_us, ended_us; /* started: the present attempt */
    double seconds;         /* running time over all ended attempts */
    double spent;           /* fidelity units trained over all attempts (RESTART pays
                               again) */
    int64_t parent;         /* trial whose checkpoint it begins with; -1 = none */
    bool inherits;          /* it may still need that: no attempt has come to an end but for
                               RETRIED */
} fid_trial;

typedef struct fid_history fid_history;

/* The space is borrowed and must outlive the history; the outline is copied. */
FID_API fid_status fid_history_create(fid_history **out, const fid_space *space,
                                      const fid_outline *outline);
FID_API void fid_history_destroy(fid_history *history);

/* Fold one event. FID_STATE: the event is not legal now (and nothing changed; *err says
 * "trial 7 is complete: report refused"); FID_SUPERSEDED: its attempt is old;
 * FID_INVALID: malformed; FID_NOMEM: nothing changed. A repeated step keeps the first
 * value of each metric, takes what was absent, and counts a conflict when values differ
 * (not in RESTART mode, where every attempt passes the same steps). Cost O(1) amortised;
 * a step out of order costs a shift of the later ones. */
FID_API fid_status fid_history_apply(fid_history *history, const fid_event *event,
                                     fid_error *err);

FID_API const fid_space *fid_history_space(const fid_history *history);
FID_API const fid_outline *fid_history_outline(const fid_history *history);
FID_API uint64_t fid_history_n_events(const fid_history *history);
FID_API size_t fid_history_n_trials(const fid_history *history);
FID_API size_t fid_history_count(const fid_history *history, fid_trial_state state);
/* NULL when there is no such trial. */
FID_API const fid_trial *fid_history_trial(const fid_history *history, uint64_t trial);
FID_API const double *fid_history_point(const fid_history *history, uint64_t trial);
/* Memo of the latest PROPOSED event that had one; *n = 0 and NULL when none. */
FID_API const double *fid_history_memo(const fid_history *history, size_t *n);
/* Sum of trial.spent, and of the running time in seconds. */
FID_API double fid_history_spent(const fid_history *history);
FID_API double fid_history_seconds(const fid_history *history);

/* Trials in the order in which they reached COMPLETE, PRUNED or FAILED:
 * ended[0..n_ended). Append-only, so a sampler can keep a cursor into it. */
FID_API size_t fid_history_n_ended(const fid_history *history);
FID_API uint64_t fid_history_ended(const fid_history *history, size_t k);

/* The last given value by step of a metric, as a loss (MAXIMIZE is negated, AT_MOST is
 * value - bound, AT_LEAST is bound - value: feasible <= 0); NaN when there is none. */
FID_API double fid_history_loss(const fid_history *history, uint64_t trial, size_t metric);
/* The same at the k-th report; fid_absent() when it did not name the metric. */
FID_API double fid_history_loss_at(const fid_history *history, uint64_t trial, size_t k,
                                   size_t metric);
/* +1 or -1: loss = sign * value for an objective. */
FID_API double fid_history_sign(const fid_history *history, size_t metric);
/* All AT_MOST and AT_LEAST metrics hold at the last report. */
FID_API bool fid_history_is_feasible(const fid_history *history, uint64_t trial);

/* The incumbent: the feasible trial with the smallest finite loss of metric 0 among
 * those COMPLETE at the full budget; when there is none, among all at the largest budget
 * that any reached. First come wins ties. Kept up to date by apply: cost O(1) but for
 * the first call after a change of the largest budget. false: no trial has a value. */
FID_API bool fid_history_incumbent(const fid_history *history, uint64_t *trial);

/* Several objectives: the trials that no other dominates among those that the incumbent
 * is chosen from, in order of the first objective; of equal ones the first. trials has
 * room for n_trials. reference[n_objectives] <- as losses, what the volume that they
 * dominate is counted from: the user's, else the worst among those trials (-HUGE_VAL
 * without any). O(n log n + n front). */
FID_API fid_status fid_history_front(const fid_history *history, uint64_t *trials,
                                     size_t *n_front, double *reference);

/* Whether a canonical point was already proposed (hash lookup), and by whom. */
FID_API bool fid_history_find_point(const fid_history *history, const double *u,
                                    uint64_t *trial);

#endif
