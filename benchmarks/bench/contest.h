/* One study: a method on a problem with a seed. */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include "method.h"
#include "trace.h"

typedef struct {
    const char *method, *problem;
    unsigned seed; /* also the instance of an analytic function */
    size_t workers;
    bool whole;
    double budget;  /* evaluations of a whole problem, else full-budget equivalents */
    size_t initial; /* points of a common Sobol design that all methods start with;
                       0: each has its own */
    bool count_overhead;
    bool timed;     /* the budget is virtual time, in full trainings of a random
                       configuration on average */
    double seconds; /* of one of these; filled in when it is run */
} bench_contest;

/* Where things are. */
typedef struct {
    bench_problem_options problems; /* instance and whole are set by the contest */
    const char *peers;              /* folder of the adapters */
    const char *venvs;              /* folder of their virtual environments */
    double peer_timeout;            /* seconds a peer may take to answer */
} bench_places;

typedef struct {
    fid_status status;
    fid_error error;
    bench_trace trace;
    double best, median;
    char group[32];
} bench_outcome;

/* Runs it in this process. A failure of the method or the problem is in outcome->status
 * with words; the trace up to there is kept. */
void bench_contest_run(const bench_contest *contest, const bench_places *places,
                       bench_outcome *outcome);
/* The same on a problem that is open: `instance` and `whole` were chosen there. */
void bench_contest_run_on(const bench_contest *contest, const bench_places *places,
                          bench_problem *problem, bench_outcome *outcome);
void bench_outcome_deinit(bench_outcome *outcome);

/* The seed of a study: the same for all methods, different for every problem, so that
 * tables which share their rows are searched independently. */
uint64_t bench_contest_seed(const char *problem, unsigned seed);

/* The first `n` points of the common design; in a pool, different rows as far as there
 * are so many. configs[n][n_params]. */
fid_status bench_contest_design(const bench_problem *problem, uint64_t seed, size_t n,
                                fid_value *configs);

/* --- The two kinds of contestants. */
fid_status bench__run_ours(const bench_method *method, bench_problem *problem,
                           const bench_contest *contest, void *stage, fid_error *err);
fid_status bench__run_peer(const bench_method *method, bench_problem *problem,
                           const bench_contest *contest, const bench_places *places,
                           void *stage, const bench_trace *trace, fid_error *err);

#endif
