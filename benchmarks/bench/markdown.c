#include "markdown.h"

#include "pairs.h"

#include <stdio.h>

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

static void print_loss(void *ctx, size_t k, const char *problem, double lead)
{
    (void)ctx;
    printf("%s%s %+.2f", k ? ", " : "", problem, lead);
}

static void print_pair(const bench_pair *x)
{
    const bench_table *t = x->table;
    const bench_numbers *numbers = &x->numbers;
    size_t a = x->mine, b = x->other;
    printf("| %s | %zu, %zu |", t->methods[b], t->n_problems, t->n_cases);
    for (size_t k = 0; k < t->n_at; k++)
        printf(" %.4f / %.4f |", numbers->regret[k][a], numbers->regret[k][b]);
    printf(" %.2f / %.2f | %.4f / %.4f | %zu-%zu-%zu | %.2g | %.3g / %.3g | ",
           numbers->log[a], numbers->log[b], numbers->area[a], numbers->area[b], x->won,
           t->n_problems - x->won - x->lost, x->lost, x->p, numbers->cpu[a], numbers->cpu[b]);
    bench_pair_losses(x, print_loss, NULL);
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

fid_status bench_markdown_pairs(const bench_table *arenas, size_t n_arenas,
                                const bench_result *results, size_t n,
                                const char *against)
{
    fid_status status = FID_OK;
    for (size_t i = 0; !status && i < n_arenas; i++) {
        bench_pair *pairs;
        size_t n_pairs;
        status = bench_pairs_open(&pairs, &n_pairs, &arenas[i], results, n, against);
        for (size_t k = 0; k < n_pairs; k++) {
            if (k == 0)
                print_head(&arenas[i], pairs[0].table->methods[pairs[0].mine]);
            print_pair(&pairs[k]);
        }
        bench_pairs_close(pairs, n_pairs);
    }
    return status;
}
