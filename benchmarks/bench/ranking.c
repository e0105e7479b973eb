#include "ranking.h"

#include <stdlib.h>
#include <string.h>

static void sort_by_rank(const double *rank, size_t n, size_t *order)
{
    for (size_t k = 0; k < n; k++) {
        size_t at = k;
        for (; at > 0 && rank[order[at - 1]] > rank[k]; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

/* The longest run from `first` on whose members all do not differ from each other. */
static size_t clique_end(const double *p, const size_t *order, size_t m, size_t first)
{
    size_t end = first + 1;
    for (; end < m; end++)
        for (size_t i = first; i < end; i++)
            if (p[order[i] * m + order[end]] < 0.05)
                return end;
    return end;
}

fid_status bench_ranking_compute(const bench_table *t, const bench_numbers *x,
                                 bench_ranking *out)
{
    size_t m = t->n_methods, covered = 0;
    double *p = fid_alloc(m * m, sizeof *p);
    memset(out, 0, sizeof *out);
    if (!p)
        return FID_NOMEM;
    memcpy(out->rank, x->rank[t->n_at - 1], m * sizeof *out->rank);
    sort_by_rank(out->rank, m, out->order);
    bench_pairwise(t, p);
    for (size_t i = 0; i < m; i++) {
        size_t end = clique_end(p, out->order, m, i);
        if (end - i < 2 || end <= covered)
            continue;
        covered = end;
        out->first[out->n_bars] = i;
        out->end[out->n_bars++] = end;
    }
    free(p);
    return FID_OK;
}
