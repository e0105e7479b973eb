/* A benchmark problem: what may be searched, what it costs and what comes out.
 *
 * Names. An analytic function has its dimension and its wraps in the name: `branin`,
 * `ackley-d10`, `hartmann6+noise`, `levy-d4+cond`, `bbob-f15-d5`; a surrogate or table
 * is FAMILY/INSTANCE: `lcbench/3945`, `taskset/NAME`; a file of the user's is its path:
 * `./my.hdr` (a table), `./my.hdr/INSTANCE` (a surrogate), `./my.json` (a command),
 * `./my.yaml` (a sweep, really run). `+noise` after a table: each trial meets one of its
 * seeds; `+pool`: only its rows can be chosen. `:METRIC` at the end takes another metric
 * than the usual.
 * Several objectives: `zdt1-d6`, `lcbench/3945:val_accuracy+time`.
 *
 * Every problem can be opened whole (its fidelity fixed at the maximum, MODE_NONE) or
 * with its fidelity. */
#ifndef BENCH_PROBLEM_H
#define BENCH_PROBLEM_H

#include <fidelio/base.h>
#include <fidelio/exec.h>
#include <fidelio/history.h>
#include <fidelio/space.h>

typedef struct bench_problem bench_problem;

enum { BENCH_METRICS = 8 };

/* A point of a trial's curve. */
typedef struct {
    const fid_value *config; /* [n_params] */
    uint64_t seed;           /* the trial's: decides noise and replicates */
    double fidelity;         /* in the fidelity's units; ignored by a whole problem */
} bench_query;

typedef struct {
    double values[BENCH_METRICS]; /* as observed; NaN: diverged */
    double truth;                 /* metric 0 without noise; NaN: a constraint is broken */
    double seconds; /* from the trial's start to here, not yet made monotone */
    fid_end end;    /* DONE; or CRASHED, INFEASIBLE: nothing comes out */
} bench_answer;

/* What a study's regret at an instant is: */
typedef enum {
    /* the truth at the best observed point, whatever its fidelity: for learning curves,
     * whose checkpoints are models like any other */
    BENCH_REGRET_OBSERVED,
    /* the truth at full fidelity of the configuration that is best among those at the
     * highest fidelity seen so far: where low fidelities are another function */
    BENCH_REGRET_INCUMBENT,
} bench_regret;

/* Configurations that a table holds, where it is not a full grid. */
typedef struct {
    size_t n;
    const double *points; /* [n][dim] canonical */
} bench_pool;

typedef struct {
    const char *family;
    /* answers[n] for queries[n]; a failure here is the problem's own (FID_IO), not the
     * trial's. */
    fid_status (*evaluate)(bench_problem *problem, const bench_query *queries, size_t n,
                           bench_answer *answers, fid_error *err);
    void (*destroy)(bench_problem *problem); /* frees `problem` too */
} bench_problem_type;

struct bench_problem {
    const bench_problem_type *type;
    char name[192];
    const char *source, *licence;
    const char *cost;   /* what a trial's seconds are */
    char sidecar[1024]; /* NAME.json beside a table or surrogate, which tells its source and
                           licence; "" = none */
    struct json_object *described; /* as read, NULL = not */
    const char *group; /* smooth | rugged | noisy | categorical | conditional |
                          high-dimensional | surrogate | table | curves | nas */
    fid_space *space;
    fid_outline outline;   /* metric 0 is the objective, or there are several */
    double max_fidelity;   /* what a whole problem is evaluated at */
    size_t evaluate_ahead; /* steps of a curve worth evaluating in one call */
    bench_regret regret;
    bench_pool pool; /* n = 0: the whole space may be searched */
    /* Of the objective as a loss, without noise; regret is normalised by them. NaN
     * where not known. Several objectives: the loss of a study is minus the volume that
     * its feasible trials dominate below `volume_ref` (losses); median 0. */
    double best, median;
    double volume_ref[4];
};

typedef struct {
    const char *data;      /* folder of the public tables, NULL = none */
    const char *tables;    /* folder of the tables that ship with the source, or NULL */
    const char *trained;   /* folder of the commands that ship with it, or NULL */
    const char *reference; /* file of known optima and medians, or NULL */
    unsigned instance;     /* shift of an analytic function; from 1 */
    bool whole;            /* without fidelity */
} bench_problem_options;

/* FID_NOT_FOUND: no such problem, or its data is absent (and words); FID_PARSE, FID_IO,
 * FID_UNSUPPORTED (a fidelity is wanted of a problem that has none). */
fid_status bench_problem_open(bench_problem **out, const char *name,
                              const bench_problem_options *options, fid_error *err);
void bench_problem_close(bench_problem *problem); /* NULL is fine */

fid_status bench_problem_evaluate(bench_problem *problem, const bench_query *queries,
                                  size_t n, bench_answer *answers, fid_error *err);

/* An objective of an answer as a loss (negated where it is maximised). */
double bench_problem_loss(const bench_problem *problem, size_t objective, double value);

/* Whether values[n_metrics] keep all AT_MOST and AT_LEAST bounds. */
bool bench_problem_holds(const bench_problem *problem, const double *values);

/* Names of all problems that can be opened with these options, one a call of `visit`.
 */
fid_status bench_problem_list(const bench_problem_options *options,
                              void (*visit)(void *ctx, const char *name), void *ctx);

/* Fraction of (median - best) by which `loss` misses the optimum, clipped to [0,1]; NaN
 * without reference values. */
double bench_problem_regret(const bench_problem *problem, double loss);

/* --- For the families: fill in what all share. */

/* The objective k; call in order of k. */
void bench__set_objective(bench_problem *problem, size_t k, const char *name,
                          bool maximize);
/* volume_ref: the median of each objective over 2^10 random configurations; best: the
 * volume between it and the least of each, which no front reaches. */
fid_status bench__sample_volume_ref(bench_problem *problem, fid_error *err);
void bench__set_whole(bench_problem *problem);
void bench__set_fidelity(bench_problem *problem, const char *name, double low,
                         double high, fid_fidelity_mode mode, bool integer);
/* best and median from 2^n Sobol points, for problems that cost microseconds. */
fid_status bench__sample_reference(bench_problem *problem, size_t n, fid_error *err);

typedef fid_status bench_opener(bench_problem **out, const char *name,
                                const char *metric,
                                const bench_problem_options *options, fid_error *err);
bench_opener bench__open_analytic, bench__open_bbob, bench__open_yahpo,
    bench__open_table, bench__open_many, bench__open_trained, bench__open_command,
    bench__open_sweep;

#endif
