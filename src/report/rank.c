/* Which trials are shown, in what order. */
#include <fidelio/report.h>

#include <math.h>
#include <stdlib.h>

typedef struct {
    uint64_t id;
    int tier; /* complete, with a result, without */
    double loss;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->tier != y->tier)
        return x->tier < y->tier ? -1 : 1;
    if (x->loss < y->loss || x->loss > y->loss)
        return x->loss < y->loss ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static ranked rank(const fid_history *history, uint64_t id)
{
    const fid_trial *t = fid_history_trial(history, id);
    double loss = t->n_reports ? fid_history_loss(history, id, 0) : (double)NAN;
    if (!isfinite(loss) || t->state == FID_TRIAL_FAILED ||
        !fid_history_is_feasible(history, id))
        return (ranked){id, 2, 0};
    return (ranked){id, t->state == FID_TRIAL_COMPLETE ? 0 : 1, loss};
}

uint64_t *fid_report_rank(const fid_history *history, size_t top, size_t *n)
{
    size_t all = fid_history_n_trials(history);
    ranked *list = fid_alloc(all + 1, sizeof *list);
    uint64_t *chosen = fid_alloc(all + 1, sizeof *chosen);
    *n = top && top < all ? top : all;
    if (!list || !chosen) {
        free(list);
        free(chosen);
        return NULL;
    }
    for (size_t i = 0; i < all; i++)
        list[i] = rank(history, i);
    if (top)
        qsort(list, all, sizeof *list, by_rank);
    for (size_t i = 0; i < *n; i++)
        chosen[i] = list[i].id;
    free(list);
    return chosen;
}
