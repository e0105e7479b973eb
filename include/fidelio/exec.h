/* fidelio/exec.h -- runs trials and returns what they say. */
#ifndef FID_EXEC_H
#define FID_EXEC_H

#include <fidelio/base.h>
#include <fidelio/history.h>
#include <fidelio/space.h>

/* One attempt to run. Borrowed for the call to start/adopt, but for the space, which
 * outlives the executor. */
typedef struct {
    uint64_t trial;
    uint32_t attempt;
    uint64_t seed;            /* constant for a trial over its attempts */
    const fid_space *space;
    const fid_value *config;  /* [n_params] */
    const fid_outline *outline;
    double budget;            /* total to reach */
    double budget_done;       /* already spent (0 in RESTART mode) */
    bool has_checkpoint;      /* an earlier attempt ran in this checkpoint folder */
    uint64_t offset;          /* adopt: offset of the last report that was stored; 0 = none */
    int64_t parent;           /* trial whose checkpoint is inherited; -1 = none */
} fid_job;

typedef enum {
    FID_EXEC_REPORT, /* step, values, offset, text */
    FID_EXEC_ENDED,  /* the attempt is over, all its reports were returned before */
} fid_exec_kind;

typedef enum {
    FID_END_DONE,         /* exit 0 */
    FID_END_AGAIN,        /* exit 75 */
    FID_END_STOPPED,      /* after our stop() */
    FID_END_INFEASIBLE,   /* status=infeasible */
    FID_END_TIMEOUT,
    FID_END_MEMORY,
    FID_END_CRASHED,      /* another exit code, or a signal */
    FID_END_LAUNCH,       /* could not be started: errno text */
    FID_END_LOST,         /* supervisor gone, or ended by somebody else */
    FID_END_SHORTAGE,     /* could not be started for want of disk, memory, processes or
                             files: not the trial's fault, worth another try later */
} fid_end;

typedef struct {
    fid_exec_kind kind;
    uint64_t trial;
    uint32_t attempt;
    double step;                     /* NaN: not given (count reports) */
    double values[FID_MAX_METRICS];  /* by metric of the outline; NaN = not given or NaN */
    uint32_t given;                  /* bit m: metric m was given in this report. 0: only
                                        text or a sign of life, not a measurement */
    uint64_t offset;                 /* opaque, never decreases within an attempt; give the
                                        last one that is stored to adopt as job.offset */
    fid_end end;
    int code;                        /* exit code, or -signal; errno for LAUNCH and
                                        SHORTAGE */
    double seconds;                  /* ENDED: wall time of the attempt; 0 = unknown */
    uint64_t refused;                /* ENDED: report lines that were not understood; the
                                        first one is in text */
    const char *text;                /* extra metrics as JSON; ENDED: last words (why; of a
                                        failure also the tail of stderr, or of stdout),
                                        control bytes removed. NULL = none. Lives until the
                                        next poll */
} fid_exec_report;

typedef struct fid_exec_type {
    const char *name;
    size_t state_size;
    /* `options` is the kind's own structure, see below. */
    fid_status (*open)(void *state, const void *options, fid_error *err);
    /* Start an attempt. A trial that cannot start is reported by poll as ENDED/LAUNCH,
     * never by the return value; FID_LIMIT: no free slot. */
    fid_status (*start)(void *state, const fid_job *job, fid_error *err);
    /* After a restart of the engine: take over an attempt that may still run. Its
     * remaining reports and its end will come from poll (ENDED/LOST when nothing is
     * there). NULL: nothing can be adopted. */
    fid_status (*adopt)(void *state, const fid_job *job, fid_error *err);
    /* Ask an attempt to end: SIGTERM, `grace` seconds, SIGKILL to the whole tree. Returns
     * at once; ENDED/STOPPED follows, or what the attempt came to by itself just before.
     * grace 0 = kill now; a second call can only shorten the grace. FID_NOT_FOUND: no such
     * trial runs here. */
    fid_status (*stop)(void *state, uint64_t trial, double grace);
    /* Wait up to `timeout` seconds (0 = look only, < 0 = until something comes) and return
     * what happened, in order per trial. Also returns, with *n = 0, when a signal handler
     * ran, or when timeout < 0 and nothing runs. cap >= 1. */
    fid_status (*poll)(void *state, double timeout, fid_exec_report *reports, size_t cap,
                       size_t *n, fid_error *err);
    size_t (*free_slots)(const void *state);
    /* The executor's time in microseconds; NULL: real time. The simulator has its own. */
    int64_t (*now_us)(const void *state);
    /* The trial is over for good: its checkpoint may be removed. May be NULL. */
    void (*discard)(void *state, uint64_t trial);
    /* Whether the trial has saved something. NULL: trials save nothing that another could
     * begin with. */
    bool (*has_checkpoint)(const void *state, uint64_t trial);
    /* Stop watching. Trials that still run are left to their supervisors. */
    void (*close)(void *state);
} fid_exec_type;

/* --- In-process callback: the objective is a C function, one attempt at a time. It runs
 * in a thread of its own that takes turns with the caller of poll: while poll waits, it
 * computes; while it waits in fid_call_report, it gets the answer at the next poll. That
 * is true when it should return. It cannot be forced to. A callback thread that wants more
 * than the usual stack must start its own. */
typedef struct fid_call fid_call;
typedef fid_end (*fid_objective)(void *ctx, const fid_job *job, fid_call *call);
FID_API bool fid_call_report(fid_call *call, double step, const double *values,
                             size_t n_values);
typedef struct {
    fid_objective objective;
    void *ctx;
} fid_exec_call_options;
FID_API_DATA const fid_exec_type fid_exec_call;

/* --- Simulator: virtual time, for benchmarks and rehearsals. Attempts run on `workers`
 * workers; what they report and how long they take comes from `evaluate`. poll returns
 * at once with all that happens at the next instant; now_us is the virtual clock. The
 * same jobs give the same reports, bit for bit. */
typedef struct {
    /* A trial's curve at steps[0..n), ascending: values[n][n_metrics of the job's
     * outline] (NaN: diverged), seconds[n] of training from the trial's start to the step
     * (over all attempts in RESUME mode; a running maximum is taken), ends[n]: DONE, or
     * how the attempt ends there instead of reporting. */
    fid_status (*evaluate)(void *ctx, const fid_job *job, const double *steps, size_t n,
                           double *values, double *seconds, fid_end *ends,
                           fid_error *err);
    /* Seconds that the engine used since the last call, to be added to the virtual clock;
     * NULL: decisions take no time. */
    double (*overhead)(void *ctx);
    void *ctx;
    const fid_space *space;
    size_t workers;       /* 0 = 1 */
    bool every_step;      /* report at each whole step (RESUME and STOP with an integer
                             fidelity), else at the budget only */
    size_t ahead;         /* steps evaluated in one call; 0 = 1 */
    double start_seconds; /* that starting an attempt takes */
    int64_t start_us;     /* the clock's first reading */
} fid_exec_sim_options;
FID_API_DATA const fid_exec_type fid_exec_sim;

/* --- Local processes, one supervisor ("runner") each.
 *
 * FOLDER/N/                     a trial; folders are 0700, files 0600
 *   checkpoint/                 FIDELIO_CHECKPOINT_DIR, the same for all attempts
 *   attempt-K/params.json       FIDELIO_PARAMS
 *             report            FIDELIO_REPORT
 *             stdout, stderr    kept output; stdout.1.. while a long one grows
 *             collected         what the collect rules found
 *             lock, control     held and listened to by the runner while it lives
 *             exit              how it ended, written at once
 * A folder of an earlier study in the way of a first attempt is renamed N.old-1, ...
 *
 * collect, slots: a slot s of `parallel` gets devices s*gpus.. of CUDA_VISIBLE_DEVICES as
 * the engine was given it (gpus 0: left as it is), and OMP_NUM_THREADS = cpus (0: left).
 * mem is the resident size of the whole process tree (shared pages once), looked at every
 * 0.25 s, every 0.02 s from three quarters of the limit on: a fast one can overshoot. */
typedef enum { FID_FROM_STDOUT, FID_FROM_STDERR } fid_collect_source;
typedef enum { FID_STEP_TOTAL, FID_STEP_ATTEMPT } fid_step_origin;
/* Take metrics from the output by a regular expression with named groups; a group named
 * `step` is the step, others are metrics. step_from attempt: counts within the attempt,
 * budget_done is added. step_offset is added too. */
typedef struct {
    fid_collect_source from;
    const char *regex;
    fid_step_origin step_from;
    double step_offset;
} fid_collect;

typedef struct {
    const char *runner;        /* path of fidelio-runner, or of any program whose main calls
                                  fid_runner_main when argv[1] is "runner" */
    const char *folder;        /* trials' folders lie under here (runs/NAME/trials) */
    const char *workdir;       /* where commands start; NULL = the present one */
    const char *study;         /* FIDELIO_STUDY */
    const char *const *command;      /* [n_command] templates with ${...} macros */
    size_t n_command;
    bool shell;                /* command[0] is a line for sh -c */
    const char *const *resume_args;  /* [n_resume_args] added when a checkpoint exists */
    size_t n_resume_args;
    const char *program;       /* for ${program}; NULL = none */
    const char *interpreter;   /* for ${interpreter}; NULL = "python3" */
    const fid_collect *collect;      /* [n_collect] */
    size_t n_collect;
    size_t parallel;           /* slots, >= 1 */
    size_t cpus, gpus;         /* per trial */
    uint64_t mem;              /* bytes per trial; 0 = no limit */
    double timeout;            /* seconds per attempt; 0 = none */
    double idle_timeout;       /* seconds without output or report; 0 = none */
    double grace;              /* seconds between SIGTERM and SIGKILL */
    uint64_t log_cap;          /* bytes kept per log, head and tail; 0 = 8 MiB */
    bool orphans_kill;         /* runner kills its trial when the engine dies */
    const char *const *environment;  /* "NAME=value".., NULL at the end: what trials inherit
                                        (without PG* and FIDELIO_*). NULL = the process's */
    bool subreaper;            /* this process has no children but ours: become the parent
                                  of what a killed runner leaves behind, and kill it even
                                  where it cleared its environment. For the command */
} fid_exec_local_options;
FID_API_DATA const fid_exec_type fid_exec_local;

/* FID_INVALID with the words of PCRE2, err->column being the place in the regex. */
FID_API fid_status fid_collect_check(const fid_collect *rule, fid_error *err);

/* Append what is kept of an attempt's output (also while it runs): the last `tail` bytes,
 * 0 = all. attempt 0 = the latest. FID_NOT_FOUND: there is none. */
FID_API fid_status fid_exec_local_log(const char *folder, uint64_t trial, uint32_t attempt,
                                      fid_collect_source from, size_t tail, fid_text *out);

/* Without an engine: tell all attempts that still run below `folder` to end, as `stop` does
 * with this grace, and wait until they have. *n: how many there were. FID_IO: some would
 * not end. */
FID_API fid_status fid_exec_local_end_all(const char *folder, double grace, size_t *n,
                                          fid_error *err);

/* What main() of the program named by options.runner calls when argv[1] is "runner".
 * Returns the exit code. */
FID_API int fid_runner_main(int argc, char **argv);

/* The argv that a job gets, macros filled in: for `check` and `best --command`.
 * out[*n] pointers and the strings are one block that the caller frees with free(*out). */
FID_API fid_status fid_exec_local_argv(const fid_exec_local_options *options,
                                       const fid_job *job, char ***out, size_t *n,
                                       fid_error *err);

#endif
