/* Every method against one, on the problems and seeds that both have, so that slow methods
 * with few seeds take nothing from the others. */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include "numbers.h"

typedef struct {
    bench_result *results; /* copies that share the traces */
    bench_table *table;    /* of the two */
    size_t mine, other;    /* in `table` */
    double *logs;          /* [n_problems][2] mean log10 of the regret at the end */
    double p;              /* Wilcoxon by that, Holm over all pairs; by problem, with fewer
                              than eight of them by problem and seed */
    bench_numbers numbers;
    size_t won, lost; /* problems; the rest are tied */
} bench_pair;

/* Those that have a case in common, in the order of the arena's methods. `mine`: NULL is
 * `auto`. arena: of `results`, which must live as long. */
fid_status bench_pairs_open(bench_pair **out, size_t *n_pairs, const bench_table *arena,
                            const bench_result *results, size_t n, const char *mine);
void bench_pairs_close(bench_pair *pairs, size_t n_pairs);

/* The problems on which `mine` is worse, worst first, at most four; `visit` with the
 * difference of the log10, below 0. */
void bench_pair_losses(const bench_pair *pair,
                       void (*visit)(void *ctx, size_t k, const char *problem, double lead),
                       void *ctx);

#endif
