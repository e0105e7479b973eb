/* The median and percentile rules, with Optuna's semantics (MedianPruner,
 * PercentilePruner): a trial is stopped at a check when its best loss so far is worse
 * than the percentile of the losses that COMPLETE trials had at the same step. Not
 * before min_trials (n_startup_trials, 5) are complete, nor before step min_step
 * (n_warmup_steps), and only at the first report of each interval (interval_steps, 1).
 * NaN among the others is left out; a trial with nothing but NaN is stopped. */
#include "scheduler/full.h"
#include "scheduler/ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double step;
    fid__ranks losses; /* of COMPLETE trials at this step */
} step_losses;

typedef struct {
    fid__full full; /* first: the shared functions see it */
    double percentile;
    size_t min_trials;
    size_t n_complete;
    step_losses *steps; /* ascending */
    size_t n_steps, steps_cap;
    double *best; /* [cap] smallest loss so far by trial; NaN = none */
    size_t cap, n_best;
} percentile;

static fid_status rule_init(percentile *p, const char *name, double percent,
                            const fid_scheduler_rules *rules, fid_error *err)
{
    *p = (percentile){.percentile = percent,
                      .min_trials = rules->min_trials ? rules->min_trials : 5};
    fid__full_init(&p->full, name, rules);
    return fid__check_interval(name, rules, err);
}

static fid_status median_init(void *state, const fid_scheduler_rules *rules,
                              fid_error *err)
{
    return rule_init(state, "median", 50, rules, err);
}

static fid_status percentile_init(void *state, const fid_scheduler_rules *rules,
                                  fid_error *err)
{
    if (!(rules->percentile >= 0 && rules->percentile <= 100))
        return fid_error_set(err, FID_INVALID, "percentile: must be in 0..100, is %g",
                             rules->percentile);
    return rule_init(state, "percentile",
                     rules->percentile > 0 ? rules->percentile : 25, rules, err);
}

static size_t lower_bound(const percentile *p, double step)
{
    size_t first = 0, n = p->n_steps;
    while (n > 0) {
        size_t half = n / 2;
        if (p->steps[first + half].step < step) {
            first += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return first;
}

static fid__ranks *losses_at(percentile *p, double step)
{
    size_t i = lower_bound(p, step);
    if (i < p->n_steps && p->steps[i].step == step)
        return &p->steps[i].losses;
    step_losses *grown =
        fid_grow(p->steps, &p->steps_cap, p->n_steps + 1, sizeof *grown);
    if (!grown)
        return NULL;
    p->steps = grown;
    memmove(grown + i + 1, grown + i, (p->n_steps - i) * sizeof *grown);
    grown[i] = (step_losses){.step = step};
    p->n_steps++;
    return &grown[i].losses;
}

static bool add_curve(percentile *p, const fid_history *history, uint64_t trial)
{
    const fid_trial *t = fid_history_trial(history, trial);
    for (size_t k = 0; k < t->n_reports; k++) {
        double loss = fid_history_loss_at(history, trial, k, 0);
        if (isnan(loss))
            continue;
        fid__ranks *losses = losses_at(p, t->steps[k]);
        if (!losses || !fid__ranks_insert(losses, (fid__key){loss, 0}, NULL))
            return false;
    }
    p->n_complete++;
    return true;
}

/* The fold decides what a report counts for (a repeated step keeps its first value), so
 * the loss is read from there. */
static bool add_report(percentile *p, const fid_history *history,
                       const fid_event *event)
{
    double *grown = fid_grow(p->best, &p->cap, event->trial + 1, sizeof *grown);
    if (!grown)
        return false;
    p->best = grown;
    for (; p->n_best <= event->trial; p->n_best++)
        grown[p->n_best] = (double)NAN;
    const fid_trial *t = fid_history_trial(history, event->trial);
    size_t k = t->n_reports;
    while (k > 0 && t->steps[k - 1] > event->step)
        k--;
    if (k > 0)
        grown[event->trial] = fmin(
            grown[event->trial], fid_history_loss_at(history, event->trial, k - 1, 0));
    return true;
}

static void rule_observe(void *state, const fid_history *history,
                         const fid_event *event)
{
    percentile *p = state;
    if (p->full.census.failed)
        return;
    fid__full_observe(state, history, event);
    bool ok = true;
    if (event->kind == FID_EVENT_REPORT)
        ok = add_report(p, history, event);
    else if (event->kind == FID_EVENT_COMPLETED)
        ok = add_curve(p, history, event->trial);
    p->full.census.failed |= !ok;
}

static fid_status rule_decide(void *state, const fid_history *history, uint64_t trial,
                              fid_decision *out)
{
    const percentile *p = state;
    size_t last;
    if (p->full.census.failed)
        return FID_NOMEM;
    fid__decide_continue(history, trial, p->full.name, out);
    if (trial >= p->n_best || p->n_complete == 0 || p->n_complete < p->min_trials ||
        !fid__is_check_due(history, trial, &p->full.rules, &last))
        return FID_OK;
    out->value = p->best[trial];
    if (isnan(out->value)) {
        out->kind = FID_STOP;
        return FID_OK;
    }
    double step = fid_history_trial(history, trial)->steps[last];
    size_t i = lower_bound(p, step);
    if (i == p->n_steps || p->steps[i].step != step)
        return FID_OK;
    out->threshold = fid__ranks_percentile(&p->steps[i].losses, p->percentile);
    if (out->value > out->threshold)
        out->kind = FID_STOP;
    return FID_OK;
}

static void rule_deinit(void *state)
{
    percentile *p = state;
    for (size_t i = 0; i < p->n_steps; i++)
        fid__ranks_deinit(&p->steps[i].losses);
    free(p->steps);
    free(p->best);
    fid__full_deinit(state);
}

const fid_scheduler_type fid_scheduler_median = {
    .name = "median",
    .summary = "stop a trial whose best is worse than the median at its step",
    .state_size = sizeof(percentile),
    .init = median_init,
    .observe = rule_observe,
    .decide = rule_decide,
    .next = fid__full_next,
    .deinit = rule_deinit,
};

const fid_scheduler_type fid_scheduler_percentile = {
    .name = "percentile",
    .summary = "stop a trial whose best is not in the best percentile at its step",
    .state_size = sizeof(percentile),
    .init = percentile_init,
    .observe = rule_observe,
    .decide = rule_decide,
    .next = fid__full_next,
    .deinit = rule_deinit,
};
