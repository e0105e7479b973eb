/* Reports, decisions, and what becomes of a trial when its attempt is over. */
#include "study/study.h"

#include <math.h>
#include <stdio.h>

/* --- reports */

static fid_status keep_late(fid_study *study, const fid_event *report, fid_error *err)
{
    fid_event late = *report;
    late.kind = FID_EVENT_LATE;
    return fid__emit(study, &late, err);
}

static fid_status decide(fid_study *study, uint64_t id, fid_decision *out,
                         fid_error *err)
{
    FID_TRY(study->settings.scheduler->decide(study->scheduler_state, study->history,
                                              id, out));
    const fid_trial *trial = fid_history_trial(study->history, id);
    if (out->kind == FID_CONTINUE && !(out->budget > trial->budget))
        return FID_OK;
    fid_text text = {0};
    fid__numbers_json(out, &text);
    fid_event event = {.kind = FID_EVENT_DECIDED,
                       .trial = id,
                       .attempt = trial->attempt,
                       .decision = out->kind,
                       .budget = out->budget,
                       .reason = FID_REASON_RULE,
                       .text = text.data};
    fid_status status = text.failed ? FID_NOMEM : fid__emit(study, &event, err);
    fid_text_deinit(&text);
    return status;
}

static bool names_objective(const fid_event *report)
{
    return report->n_values && !fid_is_absent(report->values[0]);
}

fid_status fid__report(fid_study *study, const fid_event *report, fid_decision *out,
                       fid_error *err)
{
    fid_event event = *report;
    event.kind = FID_EVENT_REPORT;
    const fid_trial *trial = fid_history_trial(study->history, event.trial);
    if (!trial)
        return fid_error_set(err, FID_NOT_FOUND, "there is no trial %llu",
                             (unsigned long long)event.trial);
    *out = (fid_decision){.budget = trial->budget,
                          .value = (double)NAN,
                          .threshold = (double)NAN,
                          .mean = (double)NAN,
                          .low = (double)NAN,
                          .high = (double)NAN};
    if (isnan(event.step))
        event.step = floor(trial->step) + 1;
    fid_status status = fid__emit(study, &event, err);
    if (status == FID_STATE || status == FID_SUPERSEDED) {
        FID_TRY(keep_late(study, &event, NULL));
        return status;
    }
    FID_TRY(status);
    trial = fid_history_trial(study->history, event.trial);
    if (trial->stopping) {
        out->kind = trial->decision;
        return FID_OK;
    }
    if (!names_objective(&event))
        return FID_OK;
    return decide(study, event.trial, out, err);
}

fid_status fid_study_report(fid_study *study, uint64_t trial, uint32_t attempt,
                            double step, const double *values, size_t n,
                            fid_decision *out, fid_error *err)
{
    fid_decision ignored;
    FID_TRY(fid__commit(study, err));
    fid_event event = {.trial = trial,
                       .attempt = attempt,
                       .step = step,
                       .values = values,
                       .n_values = n};
    fid_status status = fid__report(study, &event, out ? out : &ignored, err);
    fid_status durable = fid__commit(study, status == FID_OK ? err : NULL);
    return status != FID_OK ? status : durable;
}

/* --- ends */

typedef struct {
    fid_event_kind kind;
    fid_reason reason;
} outcome;

static outcome failed(const fid_study *study, const fid_trial *trial, fid_reason reason)
{
    /* A lost supervisor is not the trial's fault: it is worth more tries. */
    enum { LOST_TRIES = 5 };
    size_t tries = study->settings.retry;
    if (reason == FID_REASON_LOST && tries < LOST_TRIES)
        tries = LOST_TRIES;
    fid_event_kind kind = trial->n_failed < tries ? FID_EVENT_RETRIED
                                                  : FID_EVENT_FAILED;
    return (outcome){kind, reason};
}

static outcome done(const fid_study *study, const fid_trial *trial)
{
    double loss = fid_history_loss(study->history, trial->id, 0);
    if (fid_is_absent(loss))
        return (outcome){FID_EVENT_FAILED, FID_REASON_NO_METRIC};
    if (!isfinite(loss))
        return (outcome){FID_EVENT_FAILED, FID_REASON_DIVERGED};
    if (trial->stopping)
        return trial->decision == FID_STOP
                   ? (outcome){FID_EVENT_PRUNED, FID_REASON_RULE}
                   : (outcome){FID_EVENT_PAUSED, FID_REASON_RULE};
    const fid_fidelity *fidelity = &study->settings.outline.fidelity;
    bool pauses = fidelity->mode == FID_MODE_RESUME ||
                  fidelity->mode == FID_MODE_RESTART;
    if (pauses && trial->budget < fidelity->max)
        return (outcome){FID_EVENT_PAUSED, FID_REASON_NONE};
    return (outcome){FID_EVENT_COMPLETED, FID_REASON_NONE};
}

static outcome stopped(const fid_trial *trial)
{
    if (!trial->stopping) /* not by a rule: the study ends, it may go on later */
        return (outcome){FID_EVENT_RETRIED, FID_REASON_ENDED};
    if (trial->decision == FID_STOP)
        return (outcome){FID_EVENT_PRUNED, FID_REASON_RULE};
    return (outcome){FID_EVENT_PAUSED, FID_REASON_RULE};
}

static outcome settle(const fid_study *study, const fid_trial *trial, fid_end how)
{
    enum { MOST_ATTEMPTS = 10000 }; /* a trial that only ever asks for another go */
    switch (how) {
    case FID_END_DONE:
        return done(study, trial);
    case FID_END_STOPPED:
        return stopped(trial);
    case FID_END_AGAIN:
        if (trial->stopping)
            return stopped(trial);
        return trial->attempt < MOST_ATTEMPTS
                   ? (outcome){FID_EVENT_RETRIED, FID_REASON_CHECKPOINTED}
                   : (outcome){FID_EVENT_FAILED, FID_REASON_CRASHED};
    case FID_END_INFEASIBLE:
        return (outcome){FID_EVENT_FAILED, FID_REASON_INFEASIBLE};
    case FID_END_TIMEOUT:
        return failed(study, trial, FID_REASON_TIMEOUT);
    case FID_END_MEMORY:
        return failed(study, trial, FID_REASON_MEMORY);
    case FID_END_LAUNCH:
        return failed(study, trial, FID_REASON_LAUNCH);
    case FID_END_SHORTAGE:
        return trial->attempt < MOST_ATTEMPTS
                   ? (outcome){FID_EVENT_RETRIED, FID_REASON_SHORTAGE}
                   : (outcome){FID_EVENT_FAILED, FID_REASON_SHORTAGE};
    case FID_END_CRASHED:
        /* Told to stop and left with a bad code: it was stopped. */
        return trial->stopping ? stopped(trial)
                               : failed(study, trial, FID_REASON_CRASHED);
    case FID_END_LOST:
        return trial->stopping ? stopped(trial) : failed(study, trial, FID_REASON_LOST);
    }
    return failed(study, trial, FID_REASON_CRASHED);
}

fid_status fid__end(fid_study *study, uint64_t id, uint32_t attempt, fid_end how,
                    const char *words, fid_error *err)
{
    const fid_trial *trial = fid_history_trial(study->history, id);
    if (!trial)
        return fid_error_set(err, FID_NOT_FOUND, "there is no trial %llu",
                             (unsigned long long)id);
    if (attempt != trial->attempt)
        return fid_error_set(err, FID_SUPERSEDED,
                             "trial %llu: attempt %u is over, %u runs",
                             (unsigned long long)id, attempt, trial->attempt);
    if (trial->state != FID_TRIAL_RUNNING)
        return fid_error_set(err, FID_STATE, "trial %llu is %s", (unsigned long long)id,
                             fid_trial_state_name(trial->state));
    outcome what = settle(study, trial, how);
    char explained[300];
    if (what.reason == FID_REASON_NO_METRIC && !(words && *words)) {
        (void)snprintf(explained, sizeof explained,
                       "it ended well, but never reported '%s'",
                       study->settings.outline.metrics[0].name);
        words = explained;
    }
    fid_event event = {.kind = what.kind,
                       .trial = id,
                       .attempt = attempt,
                       .reason = what.reason,
                       .text = words && *words ? words : NULL};
    return fid__emit(study, &event, err);
}

fid_status fid_study_end(fid_study *study, uint64_t trial, uint32_t attempt,
                         fid_end how, const char *words, fid_error *err)
{
    FID_TRY(fid__commit(study, err));
    FID_TRY(fid__end(study, trial, attempt, how, words, err));
    return fid__commit(study, err);
}

fid_status fid_study_tell(fid_study *study, uint64_t id, uint32_t attempt,
                          const double *values, size_t n, fid_error *err)
{
    FID_TRY(fid__commit(study, err));
    const fid_trial *trial = fid_history_trial(study->history, id);
    double step = trial ? trial->budget : 0;
    fid_event report = {
        .trial = id, .attempt = attempt, .step = step, .values = values, .n_values = n};
    fid_decision decision;
    fid_status status = fid__report(study, &report, &decision, err);
    if (status == FID_OK)
        status = fid__end(study, id, attempt, FID_END_DONE, NULL, err);
    fid_status durable = fid__commit(study, status == FID_OK ? err : NULL);
    return status != FID_OK ? status : durable;
}

/* --- trials from elsewhere */

/* A final state, whatever retries are left here. */
static outcome imported(const fid_study *study, const fid_trial *trial, fid_end how)
{
    if (how == FID_END_STOPPED)
        return (outcome){FID_EVENT_PRUNED, FID_REASON_USER};
    outcome what = settle(study, trial, how);
    return what.kind == FID_EVENT_RETRIED ? (outcome){FID_EVENT_FAILED, what.reason}
                                          : what;
}

/* Nothing may be refused half way. */
static fid_status check_steps(const double *steps, size_t n, fid_error *err)
{
    for (size_t k = 0; k < n; k++)
        if (!isfinite(steps[k]) || steps[k] < 0)
            return fid_error_set(err, FID_INVALID, "a report's step must not be %g",
                                 steps[k]);
    return FID_OK;
}

static fid_status import_trial(fid_study *study, uint64_t id, const double *steps,
                               const double *values, size_t n_reports, fid_end how,
                               fid_error *err)
{
    size_t m = study->settings.outline.n_metrics;
    double budget = study->settings.outline.fidelity.max;
    fid_event start = {
        .kind = FID_EVENT_STARTED, .trial = id, .attempt = 1, .budget = budget};
    FID_TRY(fid__emit(study, &start, err));
    for (size_t k = 0; k < n_reports; k++) {
        fid_event report = {.kind = FID_EVENT_REPORT,
                            .trial = id,
                            .attempt = 1,
                            .step = steps[k],
                            .values = values + k * m,
                            .n_values = m};
        FID_TRY(fid__emit(study, &report, err));
    }
    outcome what = imported(study, fid_history_trial(study->history, id), how);
    fid_event end = {
        .kind = what.kind, .trial = id, .attempt = 1, .reason = what.reason};
    return fid__emit(study, &end, err);
}

fid_status fid_study_import(fid_study *study, const fid_value *config,
                            const double *steps, const double *values, size_t n_reports,
                            fid_end how, uint64_t *out, fid_error *err)
{
    uint64_t id;
    FID_TRY(fid__commit(study, err));
    FID_TRY(check_steps(steps, n_reports, err));
    FID_TRY(fid__enqueue(study, config, FID_ORIGIN_IMPORT, &id, err));
    FID_TRY(import_trial(study, id, steps, values, n_reports, how, err));
    if (out)
        *out = id;
    return fid__commit(study, err);
}
