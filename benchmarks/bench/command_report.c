/* report: tables of results.jsonl, as text or as CSV. */
#include "command.h"

#include "html.h"
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

static void print_text(const bench_table *t, const char *group, const bench_numbers *x)
{
    printf("\n%s (%zu problems)\n%-40s", group ? group : "all", bench_count_in(t, group),
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

static void print_csv(const bench_table *t, const char *group, const bench_numbers *x)
{
    for (size_t k = 0; k < t->n_methods; k++)
        for (size_t a = 0; a < t->n_at; a++)
            printf("%s,%g,%zu,\"%s\",\"%s\",%g,%.8g,%.6g,%.8g,%.8g,%.6g\n",
                   t->whole ? "evaluations" : "equivalents", t->budget, t->workers,
                   group ? group : "all", t->methods[k], t->at[a], x->regret[a][k],
                   x->rank[a][k], x->area[k], x->p[k], x->cpu[k]);
}

/* Median and quartiles of every problem at the end. */
static void print_problems(const bench_table *t, const bench_numbers *x)
{
    puts("\nper problem at the end: median regret (quartiles)");
    for (size_t p = 0; p < t->n_problems; p++) {
        printf("%s\n", t->problems[p]);
        for (size_t i = 0; i < t->n_methods; i++) {
            double q[3];
            bench_quartiles(t, p, x->sorted[i], t->budget, q);
            printf("  %-38s %.5f  (%.5f .. %.5f)\n", t->methods[x->sorted[i]], q[1], q[0],
                   q[2]);
        }
    }
}

static void print_table(const bench_table *t, const bench_command *command)
{
    bench_numbers *x = fid_alloc(1, sizeof *x);
    if (!x || t->n_cases == 0) {
        free(x);
        return;
    }
    if (!command->csv)
        printf("\n=== %s, budget %g, %zu workers: %zu problems, %zu cases%s\n",
               t->whole ? "evaluations" : "full-budget equivalents", t->budget,
               t->workers, t->n_problems, t->n_cases,
               t->n_dropped ? " (incomplete cases left out)" : "");
    bench_numbers_compute(t, NULL, command->reference_method, x);
    (command->csv ? print_csv : print_text)(t, NULL, x);
    if (command->problems_too && !command->csv)
        print_problems(t, x);
    for (size_t p = 0; p < t->n_problems; p++) {
        size_t first = 0;
        while (strcmp(t->groups[first], t->groups[p]) != 0)
            first++;
        if (first != p)
            continue;
        bench_numbers_compute(t, t->groups[p], command->reference_method, x);
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
        fprintf(stderr, "usage: fidelio-bench report DIR [--against METHOD] [--html FILE] "
                        "[--per-problem] [--csv]\n");
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
    if (!status && command->html)
        status = bench_html_write(command->html, tables, n_tables,
                                  command->reference_method, &err);
    bench_tables_destroy(tables, n_tables);
    for (size_t i = 0; i < n; i++)
        bench_result_deinit(&results[i]);
    free(results);
    err.code = status;
    return status ? bench_fail(&err) : 0;
}
