/* A suite: which methods on which problems with which seeds. YAML:
 *
 *   name: blackbox
 *   whole: true              # problems at full fidelity; false: with their fidelity
 *   budget: 200              # evaluations, or full-budget equivalents
 *   timed: false             # true: the budget is virtual time, in full trainings of a
 *                            # random configuration on average
 *   at: [25, 50, 100, 200]   # where the report looks
 *   workers: [1]
 *   seeds: 1-20
 *   initial: 0               # points of a common initial design
 *   timeout: 3600            # seconds of real time a study may take
 *   methods: [random, auto, optuna:tpe]
 *   problems: [branin, "lcbench/?*", {name: "rbv2_xgboost/?*", every: 8}]
 *   include: [other-suite]   # adds their studies, with their own settings */
#ifndef BENCH_SUITE_H
#define BENCH_SUITE_H

#include "contest.h"

enum { BENCH_CHECKPOINTS = 16 };

typedef struct {
    char name[64];
    bool whole, timed, count_overhead;
    double budget, timeout;
    size_t initial;
    double at[BENCH_CHECKPOINTS];
    size_t n_at;
    size_t workers[8], n_workers;
    unsigned first_seed, last_seed;
    char **methods, **problems;
    size_t n_methods, n_problems, methods_cap, problems_cap;
} bench_suite;

/* Several suites: the one of the file, and those it includes. */
typedef struct {
    bench_suite *suites;
    size_t n, cap;
} bench_suites;

/* `name` is a path, or a name looked up as FOLDER/NAME.yaml. Problems are expanded
 * against what `options` can open; a pattern that matches nothing is left out and
 * counted in *missing. Errors carry file, line and column. */
fid_status bench_suites_load(bench_suites *out, const char *name, const char *folder,
                             const bench_problem_options *options, size_t *missing,
                             fid_error *err);
void bench_suites_deinit(bench_suites *suites);

/* Replace the list by comma-separated items (names of methods may hold commas within
 * braces); "A-B" into two numbers. */
fid_status bench_suite_set_methods(bench_suite *suite, const char *list,
                                   fid_error *err);
fid_status bench_suite_set_problems(bench_suite *suite, const char *list,
                                    const bench_problem_options *options,
                                    size_t *missing, fid_error *err);
fid_status bench_suite_set_seeds(bench_suite *suite, const char *range, fid_error *err);

/* Keep every second problem: half 0 is what defaults are chosen on, half 1 what they
 * are confirmed on. */
void bench_suite_keep_half(bench_suite *suite, unsigned half);

#endif
