#include "scheduler/census.h"

#include <math.h>
#include <stdlib.h>

enum { LIFE_BITS = 7, TOLD_TO_PAUSE = 8 };

fid__life fid__census_life(const fid__census *census, uint64_t trial)
{
    return trial < census->cap ? (fid__life)(census->life[trial] & LIFE_BITS)
                               : FID__UNSTARTED;
}

static bool is_counted_live(fid__life life)
{
    return life == FID__LIVE || life == FID__INTERRUPTED;
}

/* A paused trial has reached its budget unless it was told to pause on the way. */
static fid__life life_after_pause(const fid__census *census, const fid_history *history,
                                  uint64_t trial)
{
    const fid_trial *t = fid_history_trial(history, trial);
    bool told = census->life[trial] & TOLD_TO_PAUSE;
    return told && t && t->step < t->budget ? FID__INTERRUPTED : FID__PAUSED;
}

static fid__life life_after(const fid__census *census, const fid_history *history,
                            const fid_event *event, fid__life before)
{
    switch (event->kind) {
    case FID_EVENT_STARTED:
        return FID__LIVE;
    case FID_EVENT_PAUSED:
        return life_after_pause(census, history, event->trial);
    case FID_EVENT_COMPLETED:
    case FID_EVENT_PRUNED:
    case FID_EVENT_FAILED:
        return FID__ENDED;
    default: /* RETRIED: still under way, study runs it again */
        return before;
    }
}

static void settle_interrupted(fid__census *census)
{
    fid__heap *heap = &census->interrupted;
    while (heap->n &&
           fid__census_life(census, heap->entry[0].trial) != FID__INTERRUPTED)
        fid__heap_pop(heap);
}

void fid__census_observe(fid__census *census, const fid_history *history,
                         const fid_event *event, fid__life *before)
{
    fid__life old = fid__census_life(census, event->trial);
    if (before)
        *before = old;
    if (event->kind == FID_EVENT_EXHAUSTED)
        census->exhausted = true;
    else if (event->kind == FID_EVENT_PROPOSED || event->kind == FID_EVENT_STUDY ||
             event->kind == FID_EVENT_OPENED)
        census->exhausted = false;
    if (event->kind == FID_EVENT_DECIDED && old == FID__LIVE &&
        event->decision == FID_PAUSE)
        census->life[event->trial] |= TOLD_TO_PAUSE;
    if (event->kind < FID_EVENT_STARTED || event->kind > FID_EVENT_FAILED ||
        event->kind == FID_EVENT_REPORT || event->kind == FID_EVENT_DECIDED)
        return;
    uint8_t *grown = fid_grow(census->life, &census->cap, event->trial + 1, 1);
    if (!grown) {
        census->failed = true;
        return;
    }
    census->life = grown;
    fid__life life = life_after(census, history, event, old);
    census->life[event->trial] = (uint8_t)life;
    census->n_started += old == FID__UNSTARTED;
    census->n_live += is_counted_live(life);
    census->n_live -= is_counted_live(old);
    if (life == FID__INTERRUPTED && old != FID__INTERRUPTED)
        census->failed |= !fid__heap_push(&census->interrupted,
                                          (fid__entry){0, event->trial, event->trial});
    settle_interrupted(census);
}

void fid__census_deinit(fid__census *census)
{
    free(census->life);
    fid__heap_deinit(&census->interrupted);
    *census = (fid__census){0};
}

bool fid__is_first_start(const fid_event *event, fid__life before)
{
    return event->kind == FID_EVENT_STARTED && before == FID__UNSTARTED;
}

/* By how much a trial breaks its bounds, as far as it has reported their metrics. */
static double violation(const fid_history *history, uint64_t trial)
{
    const fid_outline *outline = fid_history_outline(history);
    double sum = 0;
    for (size_t m = outline->n_objectives; m < outline->n_metrics; m++) {
        fid_goal goal = outline->metrics[m].goal;
        if (goal != FID_GOAL_AT_MOST && goal != FID_GOAL_AT_LEAST)
            continue;
        double excess = fid_history_loss(history, trial, m);
        sum += excess > 0 ? excess : 0;
    }
    return sum;
}

/* Who breaks a bound comes behind all who do not, the further the more; behind it only
 * what is no number. */
static double ranked(const fid_history *history, uint64_t trial, double loss)
{
    static const double behind = 1e300;
    double excess = violation(history, trial);
    if (!isfinite(loss))
        return (double)INFINITY;
    return excess > 0 ? behind * (2 - 1 / (1 + excess)) : loss;
}

bool fid__names_objective(const fid_event *event)
{
    return event->kind == FID_EVENT_REPORT && event->n_values &&
           !fid_is_absent(event->values[0]);
}

double fid__event_loss(const fid_history *history, const fid_event *event)
{
    return ranked(history, event->trial,
                  fid_history_sign(history, 0) * event->values[0]);
}

double fid__last_loss(const fid_history *history, uint64_t trial)
{
    return ranked(history, trial, fid_history_loss(history, trial, 0));
}

ptrdiff_t fid__last_given(const fid_history *history, const fid_trial *trial, size_t n)
{
    while (n > 0 && fid_is_absent(fid_history_loss_at(history, trial->id, n - 1, 0)))
        n--;
    return (ptrdiff_t)n - 1;
}

bool fid__assign_interrupted(const fid__census *census, const fid_history *history,
                             const char *rule, fid_assign *out)
{
    if (!census->interrupted.n)
        return false;
    uint64_t trial = census->interrupted.entry[0].trial;
    const fid_trial *t = fid_history_trial(history, trial);
    *out = (fid_assign){.kind = FID_ASSIGN_PROMOTE,
                        .trial = trial,
                        .budget = t->budget,
                        .tag = t->tag,
                        .rule = rule,
                        .value = fid__last_loss(history, trial),
                        .threshold = (double)NAN};
    return true;
}

bool fid__is_full(const fid__census *census, const fid_scheduler_rules *rules)
{
    return census->exhausted ||
           (rules->max_trials && census->n_started >= rules->max_trials);
}

void fid__assign_new(const fid__census *census, const fid_scheduler_rules *rules,
                     const char *rule, double budget, int64_t tag, fid_assign *out)
{
    *out = (fid_assign){.rule = rule, .value = (double)NAN, .threshold = (double)NAN};
    if (fid__is_full(census, rules)) {
        out->kind = census->n_live ? FID_ASSIGN_WAIT : FID_ASSIGN_DONE;
        return;
    }
    out->kind = FID_ASSIGN_NEW;
    out->budget = budget;
    out->tag = tag;
}

void fid__decide_continue(const fid_history *history, uint64_t trial, const char *rule,
                          fid_decision *out)
{
    const fid_trial *t = fid_history_trial(history, trial);
    *out = (fid_decision){.kind = FID_CONTINUE,
                          .budget = t ? t->budget : 0,
                          .rule = rule,
                          .value = (double)NAN,
                          .threshold = (double)NAN,
                          .mean = (double)NAN,
                          .low = (double)NAN,
                          .high = (double)NAN};
}
