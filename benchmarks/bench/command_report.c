/* report: tables of what one or several runs left, as text, Markdown or CSV. */
#include "command.h"

#include "gnuplot.h"
#include "html.h"
#include "markdown.h"
#include "numbers.h"
#include "report_json.h"

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
    printf(" %7s %7s %7s %9s  %s\n", "log10r", "area", "p", "ms/ask",
           "median (quartiles) at the end");
    for (size_t i = 0; i < t->n_methods; i++) {
        size_t k = x->sorted[i];
        printf("%-40s", t->methods[k]);
        for (size_t a = 0; a < t->n_at; a++)
            printf(" %11.5f", x->regret[a][k]);
        for (size_t a = 0; a < t->n_at; a++)
            printf(" %9.2f", x->rank[a][k]);
        printf(" %7.3f %7.4f", x->log[k], x->area[k]);
        if (k == x->reference)
            printf("   (ref)");
        else
            printf(" %7.2g", x->p[k]);
        double q[3];
        bench_group_quartiles(t, group, k, t->budget, q);
        printf(" %9.3f  %.5f (%.5f .. %.5f)", x->cpu[k], q[1], q[0], q[2]);
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
    double p_values[BENCH_MAX_METHODS];
    puts("\nper problem at the end: median regret (quartiles), p of the area (Holm)");
    for (size_t p = 0; p < t->n_problems; p++) {
        printf("%s\n", t->problems[p]);
        bench_problem_p(t, p, x->reference, p_values);
        for (size_t i = 0; i < t->n_methods; i++) {
            double q[3];
            bench_quartiles(t, p, x->sorted[i], t->budget, q);
            printf("  %-38s %.5f  (%.5f .. %.5f)  ", t->methods[x->sorted[i]], q[1], q[0],
                   q[2]);
            if (x->sorted[i] == x->reference)
                puts("reference");
            else
                printf("p %.2g\n", p_values[x->sorted[i]]);
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
    void (*print)(const bench_table *, const char *, const bench_numbers *) =
        command->csv ? print_csv : command->markdown ? bench_markdown_table : print_text;
    if (!command->csv)
        printf("\n%s %s, budget %g, %zu workers: %zu problems, %zu cases%s\n",
               command->markdown ? "####" : "===",
               t->whole ? "evaluations" : "full-budget equivalents", t->budget,
               t->workers, t->n_problems, t->n_cases,
               t->n_dropped ? " (incomplete cases left out)" : "");
    bench_numbers_compute(t, NULL, command->reference_method, x);
    print(t, NULL, x);
    if (command->problems_too && !command->csv)
        (command->markdown ? bench_markdown_problems : print_problems)(t, x);
    for (size_t p = 0; p < t->n_problems; p++) {
        if (!bench_is_first_of_group(t, p))
            continue;
        bench_numbers_compute(t, t->groups[p], command->reference_method, x);
        print(t, t->groups[p], x);
    }
    free(x);
}

/* All results of the folders, one after the other. */
static fid_status load(const bench_command *command, bench_result **results, size_t *n,
                       fid_error *err)
{
    char path[4200];
    size_t cap = 0;
    *results = NULL;
    *n = 0;
    for (size_t w = 0; w < command->n_words; w++) {
        bench_result *more;
        size_t n_more, skipped;
        snprintf(path, sizeof path, "%.4096s/results.jsonl", command->words[w]);
        FID_TRY(bench_results_load(path, &more, &n_more, &skipped, err));
        if (skipped)
            fprintf(stderr, "%zu lines of %s were no results\n", skipped, path);
        bench_result *grown = fid_grow(*results, &cap, *n + n_more + 1, sizeof *grown);
        if (grown) {
            *results = grown;
            memcpy(grown + *n, more, n_more * sizeof *more);
            *n += n_more;
        }
        free(more);
        if (!grown)
            return fid_error_set(err, FID_NOMEM, "out of memory");
    }
    return bench_results_fill_references(*results, *n);
}

static bool is_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += n)
        if ((at == list || at[-1] == ',') && (at[n] == '\0' || at[n] == ','))
            return true;
    return false;
}

/* --methods, --workers, and --budget: longer studies count as if they had ended there. */
static size_t keep_wanted(const bench_command *command, bench_result *results, size_t n)
{
    size_t kept = 0;
    size_t workers = command->workers ? strtoul(command->workers, NULL, 10) : 0;
    for (size_t i = 0; i < n; i++) {
        bench_result *r = &results[i];
        bool wanted = (!command->methods || is_listed(command->methods, r->method)) &&
                      (!workers || r->workers == workers) &&
                      (command->budget <= 0.0 || r->budget >= command->budget);
        if (wanted && command->budget > 0.0)
            r->budget = command->budget;
        if (wanted)
            results[kept++] = *r;
        else
            bench_result_deinit(r);
    }
    return kept;
}

/* --json and --curves: nothing but data on stdout. */
static fid_status print_data(const bench_command *command, const bench_table *tables, size_t n)
{
    fid_text text = {0};
    fid_status status =
        command->json ? bench_report_json(tables, n, command->reference_method, &text)
                      : bench_report_curves(tables, n, &text);
    if (!status)
        fputs(text.data, stdout);
    fid_text_deinit(&text);
    return status;
}

static fid_status print_all(const bench_command *command, const bench_result *results,
                            size_t n, fid_error *err)
{
    bench_table *tables;
    size_t n_tables;
    bool data = command->json || command->curves;
    fid_status status = bench_tables_create(&tables, &n_tables, results, n);
    if (!status && data)
        status = print_data(command, tables, n_tables);
    if (command->csv && !command->pairs && !data)
        puts("kind,budget,workers,group,method,at,regret,rank,area,p_area,ms_per_ask");
    if (!status && command->pairs)
        status = bench_markdown_pairs(tables, n_tables, results, n,
                                      command->reference_method);
    for (size_t i = 0; !status && !command->pairs && !data && i < n_tables; i++)
        print_table(&tables[i], command);
    if (!status && command->html)
        status =
            bench_html_write(command->html, tables, n_tables, results, n,
                             command->reference_method, &command->places, err);
    if (!status && command->gnuplot)
        status = bench_gnuplot_write(command->gnuplot, tables, n_tables,
                                     command->reference_method, err);
    bench_tables_destroy(tables, n_tables);
    return status;
}

int bench_command_report(const bench_command *command)
{
    fid_error err = {0};
    bench_result *results;
    size_t n;
    if (command->n_words < 1) {
        fprintf(stderr,
                "usage: fidelio-bench report DIR.. [--against METHOD] [--methods A,B]\n"
                "       [--budget N] [--workers K] [--html FILE] [--per-problem]\n"
                "       [--gnuplot FOLDER] [--pairs] [--markdown] [--csv] [--curves] [--json]\n");
        return 2;
    }
    fid_status status = load(command, &results, &n, &err);
    n = keep_wanted(command, results, n);
    if (!status)
        status = print_all(command, results, n, &err);
    if (!command->csv && !command->json && !command->curves) {
        puts("");
        bench_print_failed_peers(&command->places);
    }
    for (size_t i = 0; i < n; i++)
        bench_result_deinit(&results[i]);
    free(results);
    err.code = status;
    return status ? bench_fail(&err) : 0;
}
