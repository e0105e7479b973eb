#include "scheduler/full.h"

#include <math.h>

void fid__full_init(fid__full *full, const char *name, const fid_scheduler_rules *rules)
{
    *full = (fid__full){.rules = *rules, .name = name};
}

void fid__full_observe(void *state, const fid_history *history, const fid_event *event)
{
    fid__census_observe(&((fid__full *)state)->census, history, event, NULL);
}

fid_status fid__full_next(void *state, const fid_history *history, fid_rng *rng,
                          fid_assign *out)
{
    (void)rng;
    const fid__full *full = state;
    if (full->census.failed)
        return FID_NOMEM;
    if (!fid__assign_interrupted(&full->census, history, full->name, out))
        fid__assign_new(&full->census, &full->rules, full->name,
                        full->rules.fidelity.max, 0, out);
    return FID_OK;
}

void fid__full_deinit(void *state)
{
    fid__census_deinit(&((fid__full *)state)->census);
}

bool fid__is_check_due(const fid_history *history, uint64_t trial,
                       const fid_scheduler_rules *rules, size_t *last)
{
    const fid_trial *t = fid_history_trial(history, trial);
    ptrdiff_t at = fid__last_given(history, t, t->n_reports);
    if (at < 0)
        return false;
    *last = (size_t)at;
    double step = t->steps[at], warmup = rules->min_step;
    double interval = rules->interval > 0 ? rules->interval : 1;
    if (step < warmup)
        return false;
    double nearest = floor((step - warmup) / interval) * interval + warmup;
    ptrdiff_t before = fid__last_given(history, t, *last);
    return before < 0 || t->steps[before] < nearest;
}

fid_status fid__check_interval(const char *name, const fid_scheduler_rules *rules,
                               fid_error *err)
{
    if (!(rules->min_step >= 0))
        return fid_error_set(err, FID_INVALID,
                             "%s: warm-up steps cannot be negative, are %g", name,
                             rules->min_step);
    if (!(rules->interval >= 0 && isfinite(rules->interval)))
        return fid_error_set(err, FID_INVALID,
                             "%s: the interval must be positive, is %g", name,
                             rules->interval);
    return FID_OK;
}

static fid_status none_init(void *state, const fid_scheduler_rules *rules,
                            fid_error *err)
{
    (void)err;
    fid__full_init(state, "none", rules);
    return FID_OK;
}

static fid_status none_decide(void *state, const fid_history *history, uint64_t trial,
                              fid_decision *out)
{
    fid__decide_continue(history, trial, ((const fid__full *)state)->name, out);
    return FID_OK;
}

const fid_scheduler_type fid_scheduler_none = {
    .name = "none",
    .summary = "every trial gets the full budget",
    .state_size = sizeof(fid__full),
    .init = none_init,
    .observe = fid__full_observe,
    .decide = none_decide,
    .next = fid__full_next,
    .deinit = fid__full_deinit,
    .compares_none = true,
};
