#include "numbers.h"

#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef double score_function(const bench_result *result, double at);

static double score_regret(const bench_result *r, double at)
{
    return bench_regret_at(r, at);
}

double bench_regret_log(const bench_result *r, double at)
{
    return log10(fmax(bench_regret_at(r, at), 1e-6));
}

static double score_area(const bench_result *r, double at)
{
    (void)at;
    return bench_regret_area(r);
}

static double score_cpu(const bench_result *r, double at)
{
    (void)at;
    return r->trace.asks ? 1e3 * r->trace.cpu / (double)r->trace.asks : (double)NAN;
}

static bool in_group(const bench_table *t, size_t problem, const char *group)
{
    return !group || strcmp(t->groups[problem], group) == 0;
}

/* means[problem][method] over seeds. */
static double *problem_means(const bench_table *t, score_function *score, double at)
{
    size_t m = t->n_methods;
    double *sums = fid_alloc(t->n_problems * m, sizeof *sums);
    double *counts = fid_alloc(t->n_problems, sizeof *counts);
    for (size_t c = 0; sums && counts && c < t->n_cases; c++) {
        counts[t->case_problem[c]] += 1.0;
        for (size_t k = 0; k < m; k++)
            sums[t->case_problem[c] * m + k] += score(t->results[c * m + k], at);
    }
    for (size_t p = 0; sums && counts && p < t->n_problems; p++)
        for (size_t k = 0; k < m; k++)
            sums[p * m + k] /= counts[p];
    free(counts);
    return sums;
}

double *bench_problem_logs(const bench_table *t, double at)
{
    return problem_means(t, bench_regret_log, at);
}

static void mean_score(const bench_table *t, const char *group, score_function *score,
                       double at, double *out)
{
    size_t m = t->n_methods, n = 0;
    double *means = problem_means(t, score, at);
    memset(out, 0, m * sizeof *out);
    for (size_t p = 0; means && p < t->n_problems; p++) {
        if (!in_group(t, p, group))
            continue;
        n++;
        for (size_t k = 0; k < m; k++)
            out[k] += means[p * m + k];
    }
    for (size_t k = 0; k < m; k++)
        out[k] = n ? out[k] / (double)n : (double)NAN;
    free(means);
}

static void mean_rank(const bench_table *t, const char *group, double at, double *out)
{
    size_t m = t->n_methods, n = 0;
    double values[BENCH_MAX_METHODS], ranks[BENCH_MAX_METHODS];
    memset(out, 0, m * sizeof *out);
    for (size_t c = 0; c < t->n_cases; c++) {
        if (!in_group(t, t->case_problem[c], group))
            continue;
        for (size_t k = 0; k < m; k++)
            values[k] = bench_regret_at(t->results[c * m + k], at);
        bench_ranks(values, m, ranks);
        for (size_t k = 0; k < m; k++)
            out[k] += ranks[k];
        n++;
    }
    for (size_t k = 0; k < m; k++)
        out[k] = n ? out[k] / (double)n : (double)NAN;
}

static size_t reference_method(const bench_table *t, const char *wanted,
                               const double *area)
{
    size_t best = 0;
    for (size_t k = 0; k < t->n_methods; k++) {
        if (wanted && strcmp(t->methods[k], wanted) == 0)
            return k;
        if (area[k] < area[best])
            best = k;
    }
    return best;
}

/* --- Tests, on a part of the table: a group (NULL = all), or one problem. */

typedef struct {
    const char *group;
    size_t problem; /* SIZE_MAX: all of the group */
} selection;

static bool is_in(const bench_table *t, const selection *p, size_t problem)
{
    return p->problem == SIZE_MAX ? in_group(t, problem, p->group) : problem == p->problem;
}

/* A method's values to pair by: means of problems, or with fewer than eight of those its
 * studies. values[n_cases]; returns how many. */
static size_t collect(const bench_table *t, const selection *p, score_function *score, double at,
                      size_t method, double *values)
{
    size_t m = t->n_methods, n = 0;
    bool by_problem = p->problem == SIZE_MAX && bench_count_in(t, p->group) >= 8;
    double *means = by_problem ? problem_means(t, score, at) : NULL;
    for (size_t i = 0; means && i < t->n_problems; i++)
        if (is_in(t, p, i))
            values[n++] = means[i * m + method];
    for (size_t c = 0; !by_problem && c < t->n_cases; c++)
        if (is_in(t, p, t->case_problem[c]))
            values[n++] = score(t->results[c * m + method], at);
    free(means);
    return n;
}

/* Holm-corrected p of the difference to `reference`, by the area. */
static void p_values(const bench_table *t, const selection *part, size_t reference, double *p)
{
    size_t m = t->n_methods, others = 0;
    double *own = fid_alloc(t->n_cases, sizeof *own);
    double *theirs = fid_alloc(t->n_cases, sizeof *theirs), adjusted[BENCH_MAX_METHODS];
    size_t n = own && theirs ? collect(t, part, score_area, 0.0, reference, theirs) : 0;
    for (size_t k = 0; k < m; k++) {
        if (k == reference)
            continue;
        if (n)
            collect(t, part, score_area, 0.0, k, own);
        for (size_t i = 0; i < n; i++)
            own[i] -= theirs[i];
        adjusted[others++] = n ? bench_wilcoxon(own, n) : 1.0;
    }
    bench_holm(adjusted, others);
    for (size_t k = 0, j = 0; k < m; k++)
        p[k] = k == reference ? (double)NAN : adjusted[j++];
    free(own);
    free(theirs);
}

void bench_problem_p(const bench_table *t, size_t problem, size_t reference, double *p)
{
    p_values(t, &(selection){NULL, problem}, reference, p);
}

size_t bench_count_in(const bench_table *t, const char *group)
{
    size_t n = 0;
    for (size_t p = 0; p < t->n_problems; p++)
        n += in_group(t, p, group);
    return n;
}

void bench_numbers_compute(const bench_table *t, const char *group, const char *against,
                           bench_numbers *x)
{
    for (size_t a = 0; a < t->n_at; a++) {
        mean_score(t, group, score_regret, t->at[a], x->regret[a]);
        mean_rank(t, group, t->at[a], x->rank[a]);
    }
    mean_score(t, group, bench_regret_log, t->budget, x->log);
    mean_score(t, group, score_area, 0.0, x->area);
    mean_score(t, group, score_cpu, 0.0, x->cpu);
    x->reference = reference_method(t, against, x->area);
    p_values(t, &(selection){group, SIZE_MAX}, x->reference, x->p);
    for (size_t k = 0; k < t->n_methods; k++) {
        size_t at = k;
        for (; at > 0 && x->area[x->sorted[at - 1]] > x->area[k]; at--)
            x->sorted[at] = x->sorted[at - 1];
        x->sorted[at] = k;
    }
}

void bench_mean_regret(const bench_table *t, const char *group, double at, double *out)
{
    mean_score(t, group, score_regret, at, out);
}

void bench_pairwise(const bench_table *t, double *p)
{
    size_t m = t->n_methods, pairs = m * (m - 1) / 2, at = 0, n = 0;
    const selection all = {NULL, SIZE_MAX};
    double *values = fid_alloc(m * t->n_cases, sizeof *values);
    double *difference = fid_alloc(t->n_cases, sizeof *difference);
    double *flat = fid_alloc(pairs, sizeof *flat);
    for (size_t k = 0; values && k < m; k++)
        n = collect(t, &all, score_area, 0.0, k, values + k * t->n_cases);
    for (size_t a = 0; values && difference && flat && a < m; a++)
        for (size_t b = a + 1; b < m; b++) {
            for (size_t i = 0; i < n; i++)
                difference[i] = values[a * t->n_cases + i] - values[b * t->n_cases + i];
            flat[at++] = bench_wilcoxon(difference, n);
        }
    if (flat)
        bench_holm(flat, at);
    for (size_t a = 0, k = 0; a < m; a++)
        for (size_t b = a; b < m; b++)
            p[a * m + b] = p[b * m + a] = a == b || k >= at ? 1.0 : flat[k++];
    free(values);
    free(difference);
    free(flat);
}

static void quartiles(const bench_table *t, const selection *part, size_t method, double at,
                      double q[3])
{
    double *values = fid_alloc(t->n_cases, sizeof *values);
    size_t n = 0;
    for (size_t c = 0; values && c < t->n_cases; c++)
        if (is_in(t, part, t->case_problem[c]))
            values[n++] = bench_regret_at(t->results[c * t->n_methods + method], at);
    for (size_t k = 0; k < 3; k++)
        q[k] = bench_quantile(values, n, 0.25 * (double)(k + 1));
    free(values);
}

void bench_quartiles(const bench_table *t, size_t problem, size_t method, double at,
                     double q[3])
{
    quartiles(t, &(selection){NULL, problem}, method, at, q);
}

void bench_group_quartiles(const bench_table *t, const char *group, size_t method, double at,
                           double q[3])
{
    quartiles(t, &(selection){group, SIZE_MAX}, method, at, q);
}

bool bench_is_first_of_group(const bench_table *t, size_t problem)
{
    size_t first = 0;
    while (strcmp(t->groups[first], t->groups[problem]) != 0)
        first++;
    return first == problem;
}
