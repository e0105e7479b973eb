/* Several objectives: who is not dominated, and what volume is counted from. */
#include "history/history.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    uint64_t trial;
    double loss[4];
} scored;

/* Feasible, with all objectives: complete, or at the widest budget where none is. */
static bool counts(const fid_history *self, uint64_t id, bool complete, scored *out)
{
    const fid_trial *t = &self->trials[id].pub;
    if (t->state == FID_TRIAL_FAILED || t->n_reports == 0 ||
        (complete ? t->state != FID_TRIAL_COMPLETE : t->step < self->widest) ||
        !fid_history_is_feasible(self, id))
        return false;
    out->trial = id;
    for (size_t m = 0; m < self->outline.n_objectives; m++) {
        out->loss[m] = fid_history_loss(self, id, m);
        if (!isfinite(out->loss[m]))
            return false;
    }
    return true;
}

static size_t collect(const fid_history *self, scored *out)
{
    size_t n = 0;
    for (int complete = 1; complete >= 0 && n == 0; complete--)
        for (uint64_t id = 0; id < self->n_trials; id++)
            n += counts(self, id, complete, out + n);
    return n;
}

static int by_losses(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    for (size_t m = 0; m < 4; m++)
        if (x->loss[m] != y->loss[m])
            return x->loss[m] < y->loss[m] ? -1 : 1;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

/* At least as good everywhere: of equal ones the first stays. */
static bool covers(const scored *a, const scored *b)
{
    for (size_t m = 0; m < 4; m++)
        if (a->loss[m] > b->loss[m])
            return false;
    return true;
}

fid_status fid_history_front(const fid_history *self, uint64_t *trials, size_t *n_front,
                             double *reference)
{
    scored *all =
        fid_alloc(self->n_trials, sizeof *all); /* zeroed beyond n_objectives */
    *n_front = 0;
    if (!all)
        return FID_NOMEM;
    size_t n = collect(self, all), kept = 0;
    for (size_t m = 0; m < self->outline.n_objectives; m++) {
        const fid_metric *metric = &self->outline.metrics[m];
        double worst = -HUGE_VAL;
        for (size_t i = 0; i < n; i++)
            worst = fmax(worst, all[i].loss[m]);
        reference[m] = metric->has_reference
                           ? fid_history_sign(self, m) * metric->reference
                           : worst;
    }
    qsort(all, n, sizeof *all, by_losses);
    for (size_t i = 0; i < n; i++) {
        bool dominated = false;
        for (size_t k = 0; k < kept && !dominated; k++)
            dominated = covers(all + k, all + i);
        if (!dominated)
            all[kept++] = all[i];
    }
    for (size_t k = 0; k < kept; k++)
        trials[k] = all[k].trial;
    *n_front = kept;
    free(all);
    return FID_OK;
}
