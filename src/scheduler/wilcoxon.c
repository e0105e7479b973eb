/* Optuna's WilcoxonPruner: steps are instances (folds, data sets), reported in any
 * order; a trial is stopped when the signed-rank test says that it is worse than the
 * best COMPLETE trial on the steps they share, unless its own mean is better. The best
 * trial is that with the smallest mean over its steps (in Optuna the user returns this
 * mean). Nothing is stopped while either has a value that is not finite, or with fewer
 * than min_trials (n_startup_steps, 2) shared steps. p_threshold defaults to 0.1. */
#include "scheduler/full.h"
#include "scheduler/signed_rank.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    fid__full full; /* first: the shared functions see it */
    double p_threshold;
    size_t min_steps;
    bool has_best;
    uint64_t best;
    double best_mean; /* NaN when it has a value that is not finite */
    double *differences;
    size_t cap;
    fid__signed_ranks known;
} wilcoxon;

static fid_status wilcoxon_init(void *state, const fid_scheduler_rules *rules,
                                fid_error *err)
{
    wilcoxon *w = state;
    *w = (wilcoxon){.p_threshold = rules->p_threshold > 0 ? rules->p_threshold : 0.1,
                    .min_steps = rules->min_trials > 2 ? rules->min_trials : 2};
    fid__full_init(&w->full, "wilcoxon", rules);
    if (!(rules->p_threshold >= 0 && rules->p_threshold <= 1))
        return fid_error_set(err, FID_INVALID,
                             "wilcoxon: p_threshold must be in 0..1, is %g",
                             rules->p_threshold);
    return FID_OK;
}

/* The mean of a trial's given losses; NaN when there is none. */
static double mean_loss(const fid_history *history, const fid_trial *trial)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < trial->n_reports; k++) {
        double loss = fid_history_loss_at(history, trial->id, k, 0);
        if (fid_is_absent(loss))
            continue;
        sum += loss;
        n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

static void wilcoxon_observe(void *state, const fid_history *history,
                             const fid_event *event)
{
    wilcoxon *w = state;
    fid__full_observe(state, history, event);
    if (event->kind != FID_EVENT_COMPLETED)
        return;
    double mean = mean_loss(history, fid_history_trial(history, event->trial));
    if (isnan(mean) || (w->has_best && !(mean < w->best_mean)))
        return;
    w->has_best = true;
    w->best = event->trial;
    w->best_mean = mean;
}

/* The differences in loss on the steps that both have. */
static fid_status differences(wilcoxon *w, const fid_history *history,
                              const fid_trial *trial, size_t *n)
{
    const fid_trial *best = fid_history_trial(history, w->best);
    double *grown = fid_grow(w->differences, &w->cap, trial->n_reports, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    w->differences = grown;
    *n = 0;
    for (size_t i = 0, j = 0; i < trial->n_reports; i++) {
        while (j < best->n_reports && best->steps[j] < trial->steps[i])
            j++;
        if (j == best->n_reports || best->steps[j] != trial->steps[i])
            continue;
        double a = fid_history_loss_at(history, trial->id, i, 0);
        double b = fid_history_loss_at(history, best->id, j, 0);
        if (!fid_is_absent(a) && !fid_is_absent(b))
            grown[(*n)++] = a - b;
    }
    return FID_OK;
}

static fid_status wilcoxon_decide(void *state, const fid_history *history,
                                  uint64_t trial, fid_decision *out)
{
    wilcoxon *w = state;
    if (w->full.census.failed)
        return FID_NOMEM;
    fid__decide_continue(history, trial, w->full.name, out);
    if (!w->has_best || !isfinite(w->best_mean))
        return FID_OK;
    const fid_trial *t = fid_history_trial(history, trial);
    double mean = mean_loss(history, t);
    size_t n;
    if (!isfinite(mean))
        return FID_OK;
    FID_TRY(differences(w, history, t, &n));
    if (n < w->min_steps)
        return FID_OK;
    double p;
    FID_TRY(fid__signed_rank_p(&w->known, w->differences, n, &p));
    out->value = p;
    out->threshold = w->p_threshold;
    if (p < w->p_threshold && !(w->best_mean >= mean))
        out->kind = FID_STOP;
    return FID_OK;
}

static void wilcoxon_deinit(void *state)
{
    wilcoxon *w = state;
    free(w->differences);
    fid__signed_ranks_deinit(&w->known);
    fid__full_deinit(state);
}

const fid_scheduler_type fid_scheduler_wilcoxon = {
    .name = "wilcoxon",
    .summary = "stop a trial that is significantly worse than the best, step by step",
    .state_size = sizeof(wilcoxon),
    .init = wilcoxon_init,
    .observe = wilcoxon_observe,
    .decide = wilcoxon_decide,
    .next = fid__full_next,
    .deinit = wilcoxon_deinit,
};
