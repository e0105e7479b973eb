/* What a report says about an arena: means over problems (each problem counts the same),
 * ranks, tests. */
#ifndef BENCH_NUMBERS_H
#define BENCH_NUMBERS_H

#include "table.h"

typedef struct {
    double regret[16][BENCH_MAX_METHODS], log[BENCH_MAX_METHODS],
        area[BENCH_MAX_METHODS], rank[16][BENCH_MAX_METHODS], cpu[BENCH_MAX_METHODS],
        p[BENCH_MAX_METHODS]; /* Wilcoxon, Holm, against `reference`, by the area; paired
                                 by problem, with fewer than eight by problem and seed */
    size_t reference;
    size_t sorted[BENCH_MAX_METHODS]; /* methods by area */
} bench_numbers;

/* `group` NULL: all problems. `against`: name of the reference, NULL = the least area. */
void bench_numbers_compute(const bench_table *t, const char *group, const char *against,
                           bench_numbers *out);
size_t bench_count_in(const bench_table *t, const char *group); /* problems */

/* log10 of the regret, of which less than 1e-6 counts as 1e-6. */
double bench_regret_log(const bench_result *result, double at);
/* [n_problems][n_methods], means over seeds; the caller frees it; NULL: no memory. */
double *bench_problem_logs(const bench_table *t, double at);
/* out[n_methods]: mean normalised regret at a checkpoint. */
void bench_mean_regret(const bench_table *t, const char *group, double at, double *out);

/* p[n_methods][n_methods] of all pairs, by the area, with Holm's correction; paired by
 * problem, with fewer than eight problems by problem and seed. */
void bench_pairwise(const bench_table *t, double *p);

/* p[n_methods] against `reference` on one problem, paired by seed, Holm; by the area. */
void bench_problem_p(const bench_table *t, size_t problem, size_t reference, double *p);

/* q: lower quartile, median, upper quartile over seeds of the regret on one problem. */
void bench_quartiles(const bench_table *t, size_t problem, size_t method, double at,
                     double q[3]);
/* The same over the problems and seeds of a group. */
void bench_group_quartiles(const bench_table *t, const char *group, size_t method, double at,
                           double q[3]);
/* For walks over the groups: by their first problem. */
bool bench_is_first_of_group(const bench_table *t, size_t problem);

#endif
