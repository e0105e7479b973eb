#include "markdown.h"

#include "stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_LOSSES = 4 };

/* A difference of the mean log10 of the regret under this is a tie. */
static const double tie = 0.02;

void bench_markdown_table(const bench_table *t, const char *group,
                          const bench_numbers *x)
{
    printf("\n%s, %zu problems\n\n| method |", group ? group : "All groups",
           bench_count_in(t, group));
    for (size_t a = 0; a < t->n_at; a++)
        printf(" regret @%g |", t->at[a]);
    for (size_t a = 0; a < t->n_at; a++)
        printf(" rank @%g |", t->at[a]);
    printf(" log10 @%g | area |%s\n|---|", t->budget,
           group ? "" : " p (area, Holm) | ms/ask |");
    for (size_t a = 0; a < 2 * t->n_at + 2 + (group ? 0 : 2); a++)
        printf("---|");
    for (size_t i = 0; i < t->n_methods; i++) {
        size_t k = x->sorted[i];
        printf("\n| %s |", t->methods[k]);
        for (size_t a = 0; a < t->n_at; a++)
            printf(" %.4f |", x->regret[a][k]);
        for (size_t a = 0; a < t->n_at; a++)
            printf(" %.2f |", x->rank[a][k]);
        printf(" %.2f | %.4f |", x->log[k], x->area[k]);
        if (!group && k == x->reference)
            printf(" reference | %.3g |", x->cpu[k]);
        else if (!group)
            printf(" %.2g | %.3g |", x->p[k], x->cpu[k]);
        if (!group && t->n_failed[k])
            printf(" %zu failed", t->n_failed[k]);
    }
    puts("");
}

void bench_markdown_problems(const bench_table *t, const bench_numbers *x)
{
    printf("\nMedian of the normalised regret at %g (quartiles over seeds)\n\n| problem |",
           t->budget);
    for (size_t i = 0; i < t->n_methods; i++)
        printf(" %s |", t->methods[x->sorted[i]]);
    printf("\n|---|");
    for (size_t i = 0; i < t->n_methods; i++)
        printf("---|");
    for (size_t p = 0; p < t->n_problems; p++) {
        printf("\n| %s |", t->problems[p]);
        for (size_t i = 0; i < t->n_methods; i++) {
            double q[3];
            bench_quartiles(t, p, x->sorted[i], t->budget, q);
            printf(" %.2g (%.2g, %.2g) |", q[1], q[0], q[2]);
        }
    }
    puts("");
}

/* --- pairs */

/* A table of the reference and one other method, on the cases that both have. */
typedef struct {
    bench_result *results; /* copies that share the traces */
    bench_table *table;    /* NULL: no such case */
    size_t mine, other;
    double *logs; /* [n_problems][2] mean log10 of the regret at the end */
} pair;

static void close_pair(pair *x)
{
    bench_tables_destroy(x->table, x->table ? 1 : 0);
    free(x->results);
    free(x->logs);
}

/* arena: of `results`, whose others are left out. */
static fid_status open_pair(const bench_table *arena, const bench_result *results,
                            size_t n, const char *mine, const char *other, pair *out)
{
    size_t kept = 0, n_tables = 0;
    *out = (pair){.results = fid_alloc(n, sizeof *out->results)};
    for (size_t i = 0; out->results && i < n; i++) {
        const bench_result *r = &results[i];
        if (r->whole == arena->whole && r->budget == arena->budget &&
            r->workers == arena->workers &&
            (strcmp(r->method, mine) == 0 || strcmp(r->method, other) == 0))
            out->results[kept++] = *r;
    }
    fid_status status =
        out->results ? bench_tables_create(&out->table, &n_tables, out->results, kept)
                     : FID_NOMEM;
    if (!status && (n_tables == 0 || out->table->n_methods != 2 ||
                    out->table->n_cases == 0)) {
        bench_tables_destroy(out->table, n_tables);
        out->table = NULL;
        return FID_OK;
    }
    if (!status) {
        out->mine = strcmp(out->table->methods[0], mine) == 0 ? 0 : 1;
        out->other = 1 - out->mine;
        out->logs = bench_problem_logs(out->table, out->table->budget);
        status = out->logs ? FID_OK : FID_NOMEM;
    }
    return status;
}

static double lead(const pair *x, size_t problem) /* > 0: the reference is better */
{
    return x->logs[2 * problem + x->other] - x->logs[2 * problem + x->mine];
}

/* By problem; with fewer than eight of them by problem and seed. */
static double wilcoxon(const pair *x)
{
    const bench_table *t = x->table;
    bool by_problem = t->n_problems >= 8;
    size_t n = by_problem ? t->n_problems : t->n_cases;
    double *difference = fid_alloc(n, sizeof *difference);
    for (size_t i = 0; difference && i < n; i++)
        difference[i] =
            by_problem ? lead(x, i)
                       : bench_regret_log(t->results[2 * i + x->other], t->budget) -
                             bench_regret_log(t->results[2 * i + x->mine], t->budget);
    double p = difference ? bench_wilcoxon(difference, n) : (double)NAN;
    free(difference);
    return p;
}

static void print_losses(const pair *x)
{
    double above = (double)-INFINITY;
    for (size_t shown = 0; shown < SHOWN_LOSSES; shown++) {
        size_t n = x->table->n_problems, worst = n;
        for (size_t p = 0; p < n; p++)
            if (lead(x, p) > above && (worst == n || lead(x, p) < lead(x, worst)))
                worst = p;
        if (worst == n || lead(x, worst) > -tie)
            return;
        above = lead(x, worst);
        printf("%s%s %+.2f", shown ? ", " : "", x->table->problems[worst], above);
    }
}

static void print_pair(const pair *x, double p, bench_numbers *numbers)
{
    const bench_table *t = x->table;
    size_t won = 0, lost = 0, a = x->mine, b = x->other;
    bench_numbers_compute(t, NULL, t->methods[a], numbers);
    for (size_t i = 0; i < t->n_problems; i++) {
        won += lead(x, i) >= tie;
        lost += lead(x, i) <= -tie;
    }
    printf("| %s | %zu, %zu |", t->methods[b], t->n_problems, t->n_cases);
    for (size_t k = 0; k < t->n_at; k++)
        printf(" %.4f / %.4f |", numbers->regret[k][a], numbers->regret[k][b]);
    printf(" %.2f / %.2f | %.4f / %.4f | %zu-%zu-%zu | %.2g | %.3g / %.3g | ",
           numbers->log[a], numbers->log[b], numbers->area[a], numbers->area[b], won,
           t->n_problems - won - lost, lost, p, numbers->cpu[a], numbers->cpu[b]);
    print_losses(x);
    if (t->n_failed[b])
        printf(" (%zu of its studies failed)", t->n_failed[b]);
    puts(" |");
}

static void print_head(const bench_table *t, const char *mine)
{
    printf("\n%s (left) against each (right), %g %s, %zu worker%s\n\n"
           "| method | problems, cases |",
           mine, t->budget, t->whole ? "evaluations" : "full-budget equivalents",
           t->workers, t->workers == 1 ? "" : "s");
    for (size_t a = 0; a < t->n_at; a++)
        printf(" regret @%g |", t->at[a]);
    printf(" log10 @%g | area | won-tied-lost | p (log10, Holm) | ms/ask | %s loses on "
           "(log10) |\n|---|",
           t->budget, mine);
    for (size_t a = 0; a < t->n_at + 7; a++)
        printf("---|");
    puts("");
}

static fid_status arena_pairs(const bench_table *arena, const bench_result *results,
                              size_t n, const char *mine)
{
    double p[BENCH_MAX_METHODS];
    size_t n_pairs = 0, at = 0;
    fid_status status = FID_OK;
    bench_numbers *numbers = fid_alloc(1, sizeof *numbers);
    for (int round = 0; numbers && round < 2; round++) { /* Holm needs all p first */
        for (size_t k = 0; !status && k < arena->n_methods; k++) {
            pair x;
            if (strcmp(arena->methods[k], mine) == 0)
                continue;
            status = open_pair(arena, results, n, mine, arena->methods[k], &x);
            if (!status && x.table && round == 0)
                p[n_pairs++] = wilcoxon(&x);
            else if (!status && x.table)
                print_pair(&x, p[at++], numbers);
            close_pair(&x);
        }
        if (round == 0 && n_pairs > 0) {
            bench_holm(p, n_pairs);
            print_head(arena, mine);
        }
    }
    free(numbers);
    return numbers ? status : FID_NOMEM;
}

fid_status bench_markdown_pairs(const bench_table *arenas, size_t n_arenas,
                                const bench_result *results, size_t n,
                                const char *against)
{
    fid_status status = FID_OK;
    for (size_t i = 0; !status && i < n_arenas; i++)
        status = arena_pairs(&arenas[i], results, n, against ? against : "auto");
    return status;
}
