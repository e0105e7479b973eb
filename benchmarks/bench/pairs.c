#include "pairs.h"

#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_LOSSES = 4 };

/* A difference of the mean log10 of the regret under this is a tie. */
static const double tie = 0.02;

static double lead(const bench_pair *x, size_t problem) /* > 0: `mine` is better */
{
    return x->logs[2 * problem + x->other] - x->logs[2 * problem + x->mine];
}

static double wilcoxon(const bench_pair *x)
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

static void close_pair(bench_pair *x)
{
    bench_tables_destroy(x->table, x->table ? 1 : 0);
    free(x->results);
    free(x->logs);
    *x = (bench_pair){0};
}

static fid_status compare(bench_pair *x, const char *mine)
{
    const bench_table *t = x->table;
    x->mine = strcmp(t->methods[0], mine) == 0 ? 0 : 1;
    x->other = 1 - x->mine;
    x->logs = bench_problem_logs(t, t->budget);
    if (!x->logs)
        return FID_NOMEM;
    x->p = wilcoxon(x);
    bench_numbers_compute(t, NULL, mine, &x->numbers);
    for (size_t i = 0; i < t->n_problems; i++) {
        x->won += lead(x, i) >= tie;
        x->lost += lead(x, i) <= -tie;
    }
    return FID_OK;
}

/* Without a case in common *x is closed and its table NULL. */
static fid_status open_pair(const bench_table *arena, const bench_result *results,
                            size_t n, const char *mine, const char *other, bench_pair *x)
{
    size_t kept = 0, n_tables = 0;
    *x = (bench_pair){.results = fid_alloc(n, sizeof *x->results)};
    if (!x->results)
        return FID_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const bench_result *r = &results[i];
        if (r->whole == arena->whole && r->budget == arena->budget &&
            r->workers == arena->workers &&
            (strcmp(r->method, mine) == 0 || strcmp(r->method, other) == 0))
            x->results[kept++] = *r;
    }
    fid_status status = bench_tables_create(&x->table, &n_tables, x->results, kept);
    bool comparable = !status && n_tables > 0 && x->table->n_methods == 2 &&
                      x->table->n_cases > 0;
    if (comparable)
        status = compare(x, mine);
    if (comparable && !status)
        return FID_OK;
    bench_tables_destroy(x->table, n_tables);
    x->table = NULL;
    close_pair(x);
    return status;
}

static void correct(bench_pair *pairs, size_t n)
{
    double p[BENCH_MAX_METHODS];
    for (size_t i = 0; i < n; i++)
        p[i] = pairs[i].p;
    bench_holm(p, n);
    for (size_t i = 0; i < n; i++)
        pairs[i].p = p[i];
}

fid_status bench_pairs_open(bench_pair **out, size_t *n_pairs, const bench_table *arena,
                            const bench_result *results, size_t n, const char *mine)
{
    bench_pair *pairs = fid_alloc(arena->n_methods + 1, sizeof *pairs);
    fid_status status = pairs ? FID_OK : FID_NOMEM;
    const char *name = mine ? mine : "auto";
    *n_pairs = 0;
    for (size_t k = 0; !status && k < arena->n_methods; k++) {
        if (strcmp(arena->methods[k], name) == 0)
            continue;
        status = open_pair(arena, results, n, name, arena->methods[k], &pairs[*n_pairs]);
        *n_pairs += !status && pairs[*n_pairs].table;
    }
    if (!status && *n_pairs)
        correct(pairs, *n_pairs);
    if (status) {
        bench_pairs_close(pairs, *n_pairs);
        *n_pairs = 0;
        pairs = NULL;
    }
    *out = pairs;
    return status;
}

void bench_pairs_close(bench_pair *pairs, size_t n_pairs)
{
    for (size_t i = 0; i < n_pairs; i++)
        close_pair(&pairs[i]);
    free(pairs);
}

void bench_pair_losses(const bench_pair *x,
                       void (*visit)(void *ctx, size_t k, const char *problem, double lead),
                       void *ctx)
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
        visit(ctx, shown, x->table->problems[worst], above);
    }
}
