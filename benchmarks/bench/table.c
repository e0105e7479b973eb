#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double regret(const bench_result *r, double loss)
{
    double width = r->median - r->best;
    if (isnan(loss) || isnan(width))
        return 1.0;
    double value = (loss - r->best) / fmax(width, 1e-300);
    return isnan(value) ? 1.0 : fmin(fmax(value, 0.0), 1.0);
}

static bench_axis budget_axis(const bench_result *result)
{
    return result->whole ? BENCH_BY_EVALUATIONS : BENCH_BY_SPENT;
}

double bench_regret_along(const bench_result *result, bench_axis axis, double amount)
{
    return regret(result, bench_trace_loss(&result->trace, axis, amount));
}

double bench_regret_at(const bench_result *result, double at)
{
    return bench_regret_along(result, budget_axis(result), at);
}

double bench_regret_area(const bench_result *result)
{
    const bench_trace *t = &result->trace;
    double area = 0.0, from = 0.0, level = 1.0;
    for (size_t i = 0; i < t->n_moments; i++) {
        const bench_moment *m = &t->moments[i];
        double at =
            fmin(result->whole ? (double)m->evaluations : m->spent, result->budget);
        area += level * (at - from);
        from = at;
        level = regret(result, m->loss);
    }
    return (area + level * (result->budget - from)) / result->budget;
}

/* --- laying out */

static int order(const bench_result *a, const bench_result *b)
{
    if (a->whole != b->whole)
        return a->whole ? -1 : 1;
    if (a->budget != b->budget)
        return a->budget < b->budget ? -1 : 1;
    if (a->workers != b->workers)
        return a->workers < b->workers ? -1 : 1;
    int by_problem = strcmp(a->problem, b->problem);
    if (by_problem)
        return by_problem;
    return (a->seed > b->seed) - (a->seed < b->seed);
}

static int by_order(const void *a, const void *b)
{
    return order(*(const bench_result *const *)a, *(const bench_result *const *)b);
}

static bool same_arena(const bench_result *a, const bench_result *b)
{
    return a->whole == b->whole && a->budget == b->budget && a->workers == b->workers;
}

static size_t method_index(bench_table *t, const char *name)
{
    size_t i = 0;
    while (i < t->n_methods && strcmp(t->methods[i], name) != 0)
        i++;
    if (i == t->n_methods && i < BENCH_MAX_METHODS)
        t->methods[t->n_methods++] = name;
    return i;
}

static void set_checkpoints(bench_table *t)
{
    static const double whole[] = {10, 25, 50, 100, 200, 500, 1000};
    static const double spent[] = {1, 3, 10, 30, 100, 300};
    const double *at = t->whole ? whole : spent;
    size_t n = t->whole ? 7 : 6;
    for (size_t i = 0; i < n && at[i] < t->budget; i++)
        t->at[t->n_at++] = at[i];
    t->at[t->n_at++] = t->budget;
}

/* One case: the results of one problem and seed, rows[0..n). */
static void add_case(bench_table *t, const bench_result *const *rows, size_t n)
{
    const bench_result **cell = t->results + t->n_cases * t->n_methods;
    size_t found = 0;
    const char *group = "";
    for (size_t m = 0; m < t->n_methods; m++)
        cell[m] = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t m = method_index(t, rows[i]->method);
        if (m < t->n_methods && !cell[m]) {
            cell[m] = rows[i];
            found++;
        }
        if (rows[i]->group[0])
            group = rows[i]->group;
    }
    if (found < t->n_methods) {
        t->n_dropped++;
        return;
    }
    for (size_t m = 0; m < t->n_methods; m++)
        t->n_failed[m] += !cell[m]->ok;
    if (t->n_problems == 0 ||
        strcmp(t->problems[t->n_problems - 1], rows[0]->problem) != 0) {
        t->groups[t->n_problems] = group;
        t->problems[t->n_problems++] = rows[0]->problem;
    }
    t->case_problem[t->n_cases] = t->n_problems - 1;
    t->case_seed[t->n_cases++] = rows[0]->seed;
}

static fid_status lay_out(bench_table *t, const bench_result *const *rows, size_t n)
{
    *t = (bench_table){.whole = rows[0]->whole,
                       .budget = rows[0]->budget,
                       .workers = rows[0]->workers};
    for (size_t i = 0; i < n; i++)
        method_index(t, rows[i]->method);
    set_checkpoints(t);
    t->problems = fid_alloc(n, sizeof *t->problems);
    t->groups = fid_alloc(n, sizeof *t->groups);
    t->case_problem = fid_alloc(n, sizeof *t->case_problem);
    t->case_seed = fid_alloc(n, sizeof *t->case_seed);
    t->results = fid_alloc(n * t->n_methods, sizeof *t->results);
    if (!t->problems || !t->groups || !t->case_problem || !t->case_seed || !t->results)
        return FID_NOMEM;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && strcmp(rows[end]->problem, rows[i]->problem) == 0 &&
               rows[end]->seed == rows[i]->seed)
            end++;
        add_case(t, rows + i, end - i);
        i = end;
    }
    return FID_OK;
}

fid_status bench_tables_create(bench_table **out, size_t *n,
                               const bench_result *results, size_t n_results)
{
    const bench_result **rows = fid_alloc(n_results, sizeof *rows);
    fid_status status = rows ? FID_OK : FID_NOMEM;
    size_t cap = 0;
    *out = NULL;
    *n = 0;
    for (size_t i = 0; rows && i < n_results; i++)
        rows[i] = &results[i];
    if (rows)
        qsort(rows, n_results, sizeof *rows, by_order);
    for (size_t i = 0; !status && i < n_results;) {
        size_t end = i;
        while (end < n_results && same_arena(rows[end], rows[i]))
            end++;
        bench_table *grown = fid_grow(*out, &cap, *n + 1, sizeof *grown);
        if (grown) {
            *out = grown;
            status = lay_out(&grown[(*n)++], rows + i, end - i);
        } else {
            status = FID_NOMEM;
        }
        i = end;
    }
    free(rows);
    return status;
}

void bench_tables_destroy(bench_table *tables, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(tables[i].problems);
        free(tables[i].groups);
        free(tables[i].case_problem);
        free(tables[i].case_seed);
        free(tables[i].results);
    }
    free(tables);
}
