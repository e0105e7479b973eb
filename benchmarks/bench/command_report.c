/* report: tables of results.jsonl, as text or as CSV. */
#include "command.h"

#include "stats.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef double score_function(const bench_result *result, double at);

static double score_regret(const bench_result *r, double at)
{
    return bench_regret_at(r, at);
}

static double score_log(const bench_result *r, double at)
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

/* Holm-corrected p of the difference to `reference`, paired by problem (or, with fewer
 * than eight, by problem and seed). */
static void p_values(const bench_table *t, score_function *score, double at,
                     size_t reference, double *p)
{
    size_t m = t->n_methods, others = 0;
    bool by_problem = t->n_problems >= 8;
    size_t n = by_problem ? t->n_problems : t->n_cases;
    double *means = by_problem ? problem_means(t, score, at) : NULL;
    double *difference = fid_alloc(n, sizeof *difference), adjusted[BENCH_MAX_METHODS];
    for (size_t k = 0; difference && k < m; k++) {
        if (k == reference)
            continue;
        for (size_t i = 0; i < n; i++)
            difference[i] = means ? means[i * m + k] - means[i * m + reference]
                                  : score(t->results[i * m + k], at) -
                                        score(t->results[i * m + reference], at);
        adjusted[others++] = bench_wilcoxon(difference, n);
    }
    bench_holm(adjusted, others);
    for (size_t k = 0, j = 0; k < m; k++)
        p[k] = k == reference ? (double)NAN : adjusted[j++];
    free(difference);
    free(means);
}

static size_t count_in(const bench_table *t, const char *group)
{
    size_t n = 0;
    for (size_t p = 0; p < t->n_problems; p++)
        n += in_group(t, p, group);
    return n;
}

typedef struct {
    double regret[16][BENCH_MAX_METHODS], log[BENCH_MAX_METHODS],
        area[BENCH_MAX_METHODS], rank[16][BENCH_MAX_METHODS], cpu[BENCH_MAX_METHODS],
        p[BENCH_MAX_METHODS];
    size_t reference;
    size_t sorted[BENCH_MAX_METHODS]; /* methods by area */
} numbers;

static void compute(const bench_table *t, const char *group, const char *against,
                    numbers *x)
{
    for (size_t a = 0; a < t->n_at; a++) {
        mean_score(t, group, score_regret, t->at[a], x->regret[a]);
        mean_rank(t, group, t->at[a], x->rank[a]);
    }
    mean_score(t, group, score_log, t->budget, x->log);
    mean_score(t, group, score_area, 0.0, x->area);
    mean_score(t, group, score_cpu, 0.0, x->cpu);
    x->reference = reference_method(t, against, x->area);
    p_values(t, score_area, 0.0, x->reference, x->p);
    for (size_t k = 0; k < t->n_methods; k++) {
        size_t at = k;
        for (; at > 0 && x->area[x->sorted[at - 1]] > x->area[k]; at--)
            x->sorted[at] = x->sorted[at - 1];
        x->sorted[at] = k;
    }
}

static void print_text(const bench_table *t, const char *group, const numbers *x)
{
    printf("\n%s (%zu problems)\n%-40s", group ? group : "all", count_in(t, group),
           "method");
    for (size_t a = 0; a < t->n_at; a++)
        printf(" %7s%-4g", "r@", t->at[a]);
    for (size_t a = 0; a < t->n_at; a++)
        printf(" %5s%-4g", "rank@", t->at[a]);
    printf(" %7s %7s%s %9s\n", "log10r", "area", group ? "" : "       p", "ms/ask");
    for (size_t i = 0; i < t->n_methods; i++) {
        size_t k = x->sorted[i];
        printf("%-40s", t->methods[k]);
        for (size_t a = 0; a < t->n_at; a++)
            printf(" %11.5f", x->regret[a][k]);
        for (size_t a = 0; a < t->n_at; a++)
            printf(" %9.2f", x->rank[a][k]);
        printf(" %7.3f %7.4f", x->log[k], x->area[k]);
        if (!group && k == x->reference)
            printf("   (ref)");
        else if (!group)
            printf(" %7.2g", x->p[k]);
        printf(" %9.3f", x->cpu[k]);
        if (!group && t->n_failed[k])
            printf("  %zu failed", t->n_failed[k]);
        putchar('\n');
    }
}

static void print_csv(const bench_table *t, const char *group, const numbers *x)
{
    for (size_t k = 0; k < t->n_methods; k++)
        for (size_t a = 0; a < t->n_at; a++)
            printf("%s,%g,%zu,\"%s\",\"%s\",%g,%.8g,%.6g,%.8g,%.8g,%.6g\n",
                   t->whole ? "evaluations" : "equivalents", t->budget, t->workers,
                   group ? group : "all", t->methods[k], t->at[a], x->regret[a][k],
                   x->rank[a][k], x->area[k], x->p[k], x->cpu[k]);
}

static void print_table(const bench_table *t, const bench_command *command)
{
    numbers *x = fid_alloc(1, sizeof *x);
    if (!x || t->n_cases == 0) {
        free(x);
        return;
    }
    if (!command->csv)
        printf("\n=== %s, budget %g, %zu workers: %zu problems, %zu cases%s\n",
               t->whole ? "evaluations" : "full-budget equivalents", t->budget,
               t->workers, t->n_problems, t->n_cases,
               t->n_dropped ? " (incomplete cases left out)" : "");
    compute(t, NULL, command->reference_method, x);
    (command->csv ? print_csv : print_text)(t, NULL, x);
    for (size_t p = 0; p < t->n_problems; p++) {
        size_t first = 0;
        while (strcmp(t->groups[first], t->groups[p]) != 0)
            first++;
        if (first != p)
            continue;
        compute(t, t->groups[p], command->reference_method, x);
        (command->csv ? print_csv : print_text)(t, t->groups[p], x);
    }
    free(x);
}

int bench_command_report(const bench_command *command)
{
    char path[4200];
    fid_error err = {0};
    bench_result *results;
    bench_table *tables;
    size_t n, n_tables, skipped;
    if (command->n_words != 1) {
        fprintf(stderr, "usage: fidelio-bench report DIR [--against METHOD] [--csv]\n");
        return 2;
    }
    snprintf(path, sizeof path, "%.4096s/results.jsonl", command->words[0]);
    if (bench_results_load(path, &results, &n, &skipped, &err))
        return bench_fail(&err);
    if (skipped)
        fprintf(stderr, "%zu lines of %s were no results\n", skipped, path);
    fid_status status = bench_tables_create(&tables, &n_tables, results, n);
    if (command->csv)
        puts("kind,budget,workers,group,method,at,regret,rank,area,p_area,ms_per_ask");
    for (size_t i = 0; !status && i < n_tables; i++)
        print_table(&tables[i], command);
    bench_tables_destroy(tables, n_tables);
    for (size_t i = 0; i < n; i++)
        bench_result_deinit(&results[i]);
    free(results);
    return status ? bench_fail(&(fid_error){.code = status}) : 0;
}
