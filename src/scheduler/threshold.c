/* Optuna's ThresholdPruner: stop a trial whose latest value is NaN, below `lower` or
 * above `upper` (in the metric's own direction), from step min_step on, at the first
 * report of each interval. */
#include "scheduler/full.h"

#include <math.h>

static fid_status threshold_init(void *state, const fid_scheduler_rules *rules,
                                 fid_error *err)
{
    fid__full_init(state, "threshold", rules);
    if (!rules->has_lower && !rules->has_upper)
        return fid_error_set(err, FID_INVALID, "threshold: needs lower or upper");
    if (rules->has_lower && rules->has_upper && !(rules->lower <= rules->upper))
        return fid_error_set(err, FID_INVALID,
                             "threshold: lower (%g) must not exceed upper (%g)",
                             rules->lower, rules->upper);
    return fid__check_interval("threshold", rules, err);
}

static fid_status threshold_decide(void *state, const fid_history *history,
                                   uint64_t trial, fid_decision *out)
{
    const fid__full *full = state;
    const fid_scheduler_rules *rules = &full->rules;
    if (full->census.failed)
        return FID_NOMEM;
    fid__decide_continue(history, trial, full->name, out);
    size_t last;
    if (!fid__is_check_due(history, trial, rules, &last))
        return FID_OK;
    out->value = fid_history_loss_at(history, trial, last, 0);
    double sign = fid_history_sign(history, 0), value = sign * out->value;
    if (rules->has_lower && value < rules->lower)
        out->threshold = sign * rules->lower;
    if (rules->has_upper && value > rules->upper)
        out->threshold = sign * rules->upper;
    if (isnan(value) || !isnan(out->threshold))
        out->kind = FID_STOP;
    return FID_OK;
}

const fid_scheduler_type fid_scheduler_threshold = {
    .name = "threshold",
    .summary = "stop a trial whose metric leaves the given range",
    .state_size = sizeof(fid__full),
    .init = threshold_init,
    .observe = fid__full_observe,
    .decide = threshold_decide,
    .next = fid__full_next,
    .deinit = fid__full_deinit,
    .compares_none = true,
};
