#include "sampler/standing.h"

#include <math.h>

static bool is_own_fault(fid_reason reason)
{
    switch (reason) {
    case FID_REASON_SUPERSEDED:
    case FID_REASON_LAUNCH:
    case FID_REASON_LOST:
    case FID_REASON_USER:
    case FID_REASON_ENDED:
        return false;
    default:
        return true;
    }
}

static double violation(const fid_history *history, uint64_t trial)
{
    const fid_outline *outline = fid_history_outline(history);
    double sum = 0;
    for (size_t m = 0; m < outline->n_metrics; m++) {
        fid_goal goal = outline->metrics[m].goal;
        if (goal != FID_GOAL_AT_MOST && goal != FID_GOAL_AT_LEAST)
            continue;
        double excess = fid_history_loss(history, trial, m);
        if (isnan(excess))
            sum = HUGE_VAL;
        else if (excess > 0)
            sum += excess;
    }
    return sum;
}

static bool all_finite(const fid_history *history, uint64_t trial)
{
    size_t n = fid_history_outline(history)->n_objectives;
    for (size_t m = 0; m < n; m++) {
        if (!isfinite(fid_history_loss(history, trial, m)))
            return false;
    }
    return true;
}

fid__standing fid__standing_of(const fid_history *history, uint64_t trial)
{
    const fid_trial *t = fid_history_trial(history, trial);
    bool over = t->state == FID_TRIAL_COMPLETE || t->state == FID_TRIAL_PRUNED;
    if (t->state == FID_TRIAL_FAILED)
        return (fid__standing){.group = is_own_fault(t->reason) ? FID__BAD : FID__VOID};
    if (t->n_reports == 0)
        return (fid__standing){.group = over ? FID__BAD : FID__PENDING};
    if (!all_finite(history, trial))
        return (fid__standing){.group = FID__BAD};
    fid__standing s = {.group = FID__FEASIBLE,
                       .reach = t->state == FID_TRIAL_COMPLETE ? HUGE_VAL : t->step,
                       .loss = fid_history_loss(history, trial, 0)};
    double excess = violation(history, trial);
    if (excess > 0) {
        s.group = FID__INFEASIBLE;
        s.loss = excess;
    }
    return s;
}

int fid__standing_compare(const fid__standing *a, const fid__standing *b)
{
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->group == FID__FEASIBLE && a->reach != b->reach)
        return a->reach > b->reach ? -1 : 1;
    return (a->loss > b->loss) - (a->loss < b->loss);
}
