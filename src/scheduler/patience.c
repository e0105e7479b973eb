/* Optuna's PatientPruner on its own: stop a trial when its best loss before the last
 * patience + 1 reports, plus min_delta, is smaller than the best among them. NaN is
 * left out. */
#include "scheduler/full.h"

#include <math.h>
#include <stdlib.h>

/* The smallest loss of a trial's first n reports. */
typedef struct {
    double best;
    size_t n;
} prefix;

typedef struct {
    fid__full full; /* first: the shared functions see it */
    size_t patience;
    prefix *prefix; /* by trial */
    size_t cap;
} patience;

static fid_status patience_init(void *state, const fid_scheduler_rules *rules,
                                fid_error *err)
{
    patience *p = state;
    *p = (patience){.patience = rules->patience};
    fid__full_init(&p->full, "patience", rules);
    if (!(rules->min_delta >= 0))
        return fid_error_set(err, FID_INVALID,
                             "patience: min_delta cannot be negative, is %g",
                             rules->min_delta);
    return FID_OK;
}

/* How many reports come before the last patience + 1 that name the metric. */
static size_t prefix_length(const patience *p, const fid_history *history,
                            const fid_trial *t)
{
    ptrdiff_t n = (ptrdiff_t)t->n_reports;
    for (size_t i = 0; i <= p->patience && n > 0; i++)
        n = fid__last_given(history, t, (size_t)n);
    return n > 0 ? (size_t)n : 0;
}

static void patience_observe(void *state, const fid_history *history,
                             const fid_event *event)
{
    patience *p = state;
    fid__full_observe(state, history, event);
    if (event->kind != FID_EVENT_REPORT || p->full.census.failed)
        return;
    prefix *grown = fid_grow(p->prefix, &p->cap, event->trial + 1, sizeof *grown);
    if (!grown) {
        p->full.census.failed = true;
        return;
    }
    p->prefix = grown;
    const fid_trial *t = fid_history_trial(history, event->trial);
    prefix *at = &grown[event->trial];
    if (at->n == 0 || event->step < t->step) /* a step out of order: count again */
        *at = (prefix){.best = (double)NAN};
    size_t n = prefix_length(p, history, t);
    for (; at->n < n; at->n++)
        at->best = fmin(at->best, fid_history_loss_at(history, event->trial, at->n, 0));
}

static fid_status patience_decide(void *state, const fid_history *history,
                                  uint64_t trial, fid_decision *out)
{
    const patience *p = state;
    if (p->full.census.failed)
        return FID_NOMEM;
    fid__decide_continue(history, trial, p->full.name, out);
    if (trial >= p->cap || p->prefix[trial].n == 0)
        return FID_OK;
    const fid_trial *t = fid_history_trial(history, trial);
    for (size_t k = p->prefix[trial].n; k < t->n_reports; k++)
        out->value = fmin(out->value, fid_history_loss_at(history, trial, k, 0));
    out->threshold = p->prefix[trial].best + p->full.rules.min_delta;
    if (out->threshold < out->value)
        out->kind = FID_STOP;
    return FID_OK;
}

static void patience_deinit(void *state)
{
    free(((patience *)state)->prefix);
    fid__full_deinit(state);
}

const fid_scheduler_type fid_scheduler_patience = {
    .name = "patience",
    .summary = "stop a trial that has not improved for some reports",
    .state_size = sizeof(patience),
    .init = patience_init,
    .observe = patience_observe,
    .decide = patience_decide,
    .next = fid__full_next,
    .deinit = patience_deinit,
};
