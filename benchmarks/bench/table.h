/* Results laid out as a table: methods x cases (a problem with a seed), regret at each
 * checkpoint. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "result.h"

enum { BENCH_MAX_METHODS = 64 };

/* One arena: the same kind of budget and number of workers, so that methods compare. */
typedef struct {
    bool whole;
    double budget;
    size_t workers;
    const char *methods[BENCH_MAX_METHODS];
    size_t n_methods;
    const char **problems, **groups; /* [n_problems] */
    size_t n_problems;
    size_t n_seeds_max;
    /* cases that every method has: */
    size_t n_cases, n_dropped, n_failed[BENCH_MAX_METHODS];
    size_t *case_problem; /* [n_cases] */
    unsigned *case_seed;
    const bench_result **results; /* [n_cases][n_methods] */
    double at[16];
    size_t n_at;
} bench_table;

/* The arenas of a set of results; they point into it. */
fid_status bench_tables_create(bench_table **out, size_t *n,
                               const bench_result *results, size_t n_results);
void bench_tables_destroy(bench_table *tables, size_t n);

/* Normalised regret in [0,1] when so much was used; 1 before its first value. */
double bench_regret_along(const bench_result *result, bench_axis axis, double amount);
/* The same over what the budget counts. */
double bench_regret_at(const bench_result *result, double at);
/* Area under the regret over (0, budget], divided by the budget. */
double bench_regret_area(const bench_result *result);

#endif
