/* Rules that give every trial the full budget and at most stop it: the state's first
 * member is a fid__full, and these are their next and, where nothing more is needed,
 * observe and deinit. */
#ifndef FID_SCHEDULER_FULL_H
#define FID_SCHEDULER_FULL_H

#include "scheduler/census.h"

typedef struct {
    fid_scheduler_rules rules;
    fid__census census;
    const char *name;
} fid__full;

void fid__full_init(fid__full *full, const char *name,
                    const fid_scheduler_rules *rules);
void fid__full_observe(void *state, const fid_history *history, const fid_event *event);
fid_status fid__full_next(void *state, const fid_history *history, fid_rng *rng,
                          fid_assign *out);
void fid__full_deinit(void *state);

/* Optuna's n_warmup_steps and interval_steps: whether the trial's last step is the
 * first one reported in its interval, at or after the warm-up; then *last is its index.
 * The interval defaults to 1. */
bool fid__is_check_due(const fid_history *history, uint64_t trial,
                       const fid_scheduler_rules *rules, size_t *last);
/* FID_INVALID with words when min_step or interval make no sense. */
fid_status fid__check_interval(const char *name, const fid_scheduler_rules *rules,
                               fid_error *err);

#endif
