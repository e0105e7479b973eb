#include "sampler/observations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void fid__observations_deinit(fid__observations *o)
{
    free(o->trial);
    free(o->bad);
    free(o->pending);
    free(o->loss);
    memset(o, 0, sizeof *o);
}

static fid_status reserve(fid__observations *o, size_t n)
{
    if (n <= o->cap)
        return FID_OK;
    fid__observations_deinit(o);
    n += n / 2;
    o->trial = fid_alloc(n, sizeof *o->trial);
    o->bad = fid_alloc(n, sizeof *o->bad);
    o->pending = fid_alloc(n, sizeof *o->pending);
    o->loss = fid_alloc(n, FID_MAX_METRICS * sizeof *o->loss);
    if (!o->trial || !o->bad || !o->pending || !o->loss) {
        fid__observations_deinit(o);
        return FID_NOMEM;
    }
    o->cap = n;
    return FID_OK;
}

static void choose_metrics(fid__observations *o, const fid_outline *outline)
{
    o->n_metrics = 0;
    for (size_t m = 0; m < outline->n_objectives; m++)
        o->metric[o->n_metrics++] = m;
    for (size_t m = outline->n_objectives; m < outline->n_metrics; m++) {
        fid_goal goal = outline->metrics[m].goal;
        if (goal == FID_GOAL_AT_MOST || goal == FID_GOAL_AT_LEAST)
            o->metric[o->n_metrics++] = m;
    }
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The largest budget that `enough` trials reached; o->loss serves as scratch. */
static double common_budget(fid__observations *o, const fid_history *history,
                            size_t enough)
{
    size_t n = 0, n_trials = fid_history_n_trials(history);
    if (fid_history_outline(history)->fidelity.mode == FID_MODE_NONE)
        return 0;
    for (size_t k = 0; k < n_trials; k++) {
        const fid_trial *t = fid_history_trial(history, k);
        if (t->n_reports > 0)
            o->loss[n++] = t->step;
    }
    if (n == 0)
        return 0;
    qsort(o->loss, n, sizeof *o->loss, descending);
    return o->loss[enough < n ? enough - 1 : n - 1];
}

/* Whether an end says something about the configuration rather than the machine. */
static bool is_own_fault(fid_reason reason)
{
    return reason != FID_REASON_SUPERSEDED && reason != FID_REASON_LAUNCH &&
           reason != FID_REASON_LOST && reason != FID_REASON_USER &&
           reason != FID_REASON_ENDED;
}

/* Values at the last report within the budget; false: not all finite. */
static bool values(const fid__observations *o, const fid_history *history,
                   const fid_trial *t, double *loss)
{
    size_t k = t->n_reports;
    while (o->budget > 0 && k > 1 && t->steps[k - 1] > o->budget)
        k--;
    for (size_t m = 0; m < o->n_metrics; m++) {
        loss[m] = k == 0 ? (double)NAN
                         : fid_history_loss_at(history, t->id, k - 1, o->metric[m]);
        if (!isfinite(loss[m]))
            return false;
    }
    return true;
}

static void sort_in(fid__observations *o, const fid_history *history, const fid_trial *t)
{
    bool ended = t->state == FID_TRIAL_COMPLETE || t->state == FID_TRIAL_PRUNED ||
                 t->state == FID_TRIAL_FAILED;
    if (t->state == FID_TRIAL_FAILED) {
        if (is_own_fault(t->reason))
            o->bad[o->n_bad++] = t->id;
    } else if (!ended && (t->n_reports == 0 || t->step < o->budget)) {
        o->pending[o->n_pending++] = t->id;
    } else if (!ended && o->budget <= 0) {
        /* reports on the way, no fidelity: the end is what counts */
        o->pending[o->n_pending++] = t->id;
    } else if (t->n_reports > 0 && t->step < o->budget) {
        return;
    } else if (values(o, history, t, o->loss + o->n * o->n_metrics)) {
        o->trial[o->n++] = t->id;
    } else {
        o->bad[o->n_bad++] = t->id;
    }
}

fid_status fid__observe(fid__observations *o, const fid_history *history, size_t enough)
{
    size_t n_trials = fid_history_n_trials(history);
    FID_TRY(reserve(o, n_trials + 1));
    choose_metrics(o, fid_history_outline(history));
    o->n = o->n_bad = o->n_pending = 0;
    o->budget = common_budget(o, history, enough);
    for (size_t k = 0; k < n_trials; k++)
        sort_in(o, history, fid_history_trial(history, k));
    return FID_OK;
}
