/* The transitions: the only place that changes a history or refuses an event. */
#include "history/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *event_word(fid_event_kind kind)
{
    static const char *const words[] = {
        "?",        "study",       "proposal",   "start",   "report",
        "decision", "pause",       "completion", "pruning", "failure",
        "retry",    "late report", "note",       "opening", "exhaustion"};
    return (size_t)kind < sizeof words / sizeof *words ? words[kind] : "?";
}

static fid_status refuse(const fid_event *event, const fid_trial *trial, fid_error *err)
{
    return fid_error_set(err, FID_STATE, "trial %llu is %s: %s refused",
                         (unsigned long long)event->trial,
                         fid_trial_state_name(trial->state), event_word(event->kind));
}

static void set_state(fid_history *self, fid__record *record, fid_trial_state state)
{
    self->count[record->pub.state]--;
    record->pub.state = state;
    self->count[state]++;
    record->pub.inherits &= state == FID_TRIAL_WAITING || state == FID_TRIAL_RUNNING;
}

/* --- proposals */

static fid_status propose(fid_history *self, const fid_event *event, fid_error *err)
{
    if (event->trial != self->n_trials)
        return fid_error_set(err, FID_STATE,
                             "proposal of trial %llu, but the next is %zu",
                             (unsigned long long)event->trial, self->n_trials);
    if (event->n_point != self->dim)
        return fid_error_set(err, FID_INVALID, "a point of %zu coordinates, need %zu",
                             event->n_point, self->dim);
    if (event->visible > self->n_events)
        return fid_error_set(err, FID_INVALID, "a proposal that saw the future");

    size_t n = self->n_trials + 1;
    fid__record *trials = fid_grow(self->trials, &self->trials_cap, n, sizeof *trials);
    if (!trials)
        return FID_NOMEM;
    self->trials = trials;
    double *points =
        fid_grow(self->points, &self->points_cap, n * self->dim + 1, sizeof *points);
    if (!points)
        return FID_NOMEM;
    self->points = points;
    if (event->n_memo) {
        double *memo =
            fid_grow(self->memo, &self->memo_cap, event->n_memo, sizeof *memo);
        if (!memo)
            return FID_NOMEM;
        self->memo = memo;
    }
    if (self->dim)
        memcpy(points + event->trial * self->dim, event->point,
               self->dim * sizeof *points);
    FID_TRY(fid__index_add(self, event->trial));
    if (event->n_memo) {
        memcpy(self->memo, event->memo, event->n_memo * sizeof *self->memo);
        self->n_memo = event->n_memo;
    }
    trials[event->trial] = (fid__record){
        .pub = {.id = event->trial,
                .state = FID_TRIAL_WAITING,
                .origin = event->origin,
                .level = event->level,
                .tag = event->tag,
                .visible = event->visible,
                .proposed_seq = event->seq,
                .proposed_us = event->time_us,
                .parent = -1},
    };
    self->n_trials = n;
    self->count[FID_TRIAL_WAITING]++;
    return FID_OK;
}

/* --- attempts */

static fid_status start(fid_history *self, fid__record *record, const fid_event *event,
                        fid_error *err)
{
    fid_trial *trial = &record->pub;
    if (trial->state != FID_TRIAL_WAITING && trial->state != FID_TRIAL_PAUSED)
        return refuse(event, trial, err);
    if (event->attempt != trial->attempt + 1)
        return fid_error_set(err, FID_INVALID, "trial %llu: attempt %u follows %u",
                             (unsigned long long)event->trial, event->attempt,
                             trial->attempt);
    if (!(event->budget > 0) || !isfinite(event->budget))
        return fid_error_set(err, FID_INVALID, "trial %llu: a budget of %g",
                             (unsigned long long)event->trial, event->budget);
    if (event->attempt == 1 && event->visible > self->n_trials)
        return fid_error_set(err, FID_INVALID, "trial %llu: there is no trial %llu",
                             (unsigned long long)event->trial,
                             (unsigned long long)event->visible - 1);
    set_state(self, record, FID_TRIAL_RUNNING);
    trial->attempt = event->attempt;
    if (event->attempt == 1 && event->visible) {
        trial->parent = (int64_t)event->visible - 1;
        trial->inherits = true;
    }
    trial->budget = event->budget;
    trial->tag = event->tag;
    trial->started_us = event->time_us;
    trial->offset = 0;
    trial->stopping = false;
    trial->decision = FID_CONTINUE;
    fid_fidelity_mode mode = self->outline.fidelity.mode;
    bool goes_on = mode == FID_MODE_RESUME || mode == FID_MODE_STOP;
    record->attempt_step = goes_on ? trial->step : 0;
    return FID_OK;
}

/* An attempt is over: count its time, and its cost where there is no fidelity. */
static void close_attempt(fid_history *self, fid__record *record,
                          const fid_event *event)
{
    fid_trial *trial = &record->pub;
    double seconds = (double)(event->time_us - trial->started_us) * 1e-6;
    if (seconds > 0) {
        trial->seconds += seconds;
        self->seconds += seconds;
    }
    if (self->outline.fidelity.mode == FID_MODE_NONE) {
        trial->spent += 1;
        self->spent += 1;
    }
    trial->stopping = false;
}

/* --- reports */

static bool make_room(fid__record *record, size_t n_metrics, size_t first)
{
    size_t n = record->pub.n_reports;
    if (n < record->cap)
        return true;
    size_t cap = record->cap ? 2 * record->cap : first, cells;
    if (__builtin_mul_overflow(cap, n_metrics + 1, &cells))
        return false;
    double *rows = fid_alloc(cells, sizeof *rows);
    if (!rows)
        return false;
    if (n) {
        memcpy(rows, record->pub.steps, n * sizeof *rows);
        memcpy(rows + cap, record->pub.values, n * n_metrics * sizeof *rows);
    }
    free(record->rows);
    record->rows = rows;
    record->cap = cap;
    record->pub.steps = rows;
    record->pub.values = rows + cap;
    return true;
}

static void merge(fid_history *self, fid__record *record, size_t k,
                  const fid_event *event)
{
    double *row = record->rows + record->cap + k * self->outline.n_metrics;
    bool conflict = false;
    for (size_t m = 0; m < event->n_values; m++) {
        if (fid_is_absent(event->values[m]))
            continue;
        if (fid_is_absent(row[m]))
            row[m] = event->values[m];
        else
            conflict |= memcmp(&row[m], &event->values[m], sizeof *row) != 0;
    }
    if (conflict && self->outline.fidelity.mode != FID_MODE_RESTART)
        record->pub.n_conflicts++;
}

static void insert(fid_history *self, fid__record *record, size_t k,
                   const fid_event *event)
{
    size_t m = self->outline.n_metrics, later = record->pub.n_reports - k;
    double *steps = record->rows, *row = record->rows + record->cap + k * m;
    memmove(steps + k + 1, steps + k, later * sizeof *steps);
    memmove(row + m, row, later * m * sizeof *row);
    steps[k] = event->step;
    for (size_t i = 0; i < m; i++)
        row[i] = i < event->n_values ? event->values[i] : fid_absent();
    record->pub.n_reports++;
}

static void count_spent(fid_history *self, fid__record *record, double step)
{
    if (self->outline.fidelity.mode == FID_MODE_NONE || step <= record->attempt_step)
        return;
    double more = step - record->attempt_step;
    record->attempt_step = step;
    record->pub.spent += more;
    self->spent += more;
}

static fid_status report(fid_history *self, fid__record *record, const fid_event *event,
                         fid_error *err)
{
    fid_trial *trial = &record->pub;
    if (event->attempt != trial->attempt)
        return fid_error_set(
            err, event->attempt < trial->attempt ? FID_SUPERSEDED : FID_INVALID,
            "trial %llu: report of attempt %u, the present one is %u",
            (unsigned long long)event->trial, event->attempt, trial->attempt);
    if (trial->state != FID_TRIAL_RUNNING)
        return refuse(event, trial, err);
    if (!(event->step >= 0) || !isfinite(event->step) ||
        event->n_values > self->outline.n_metrics)
        return fid_error_set(err, FID_INVALID, "trial %llu: step %g with %zu values",
                             (unsigned long long)event->trial, event->step,
                             event->n_values);
    size_t first = self->outline.fidelity.mode == FID_MODE_NONE ? 1 : 4;
    if (!make_room(record, self->outline.n_metrics, first))
        return FID_NOMEM;

    size_t k = trial->n_reports;
    while (k > 0 && trial->steps[k - 1] > event->step)
        k--;
    if (k > 0 && trial->steps[k - 1] == event->step)
        merge(self, record, k - 1, event);
    else
        insert(self, record, k, event);
    if (event->step > trial->step)
        trial->step = event->step;
    if (event->offset > trial->offset)
        trial->offset = event->offset;
    count_spent(self, record, event->step);
    fid__incumbent_report(self, record);
    return FID_OK;
}

static fid_status decide(fid__record *record, const fid_event *event, fid_error *err)
{
    fid_trial *trial = &record->pub;
    if (trial->state != FID_TRIAL_RUNNING || event->attempt != trial->attempt)
        return refuse(event, trial, err);
    if (event->decision == FID_CONTINUE) {
        if (!(event->budget >= trial->budget) || !isfinite(event->budget))
            return fid_error_set(err, FID_INVALID, "trial %llu: budget %g after %g",
                                 (unsigned long long)event->trial, event->budget,
                                 trial->budget);
        trial->budget = event->budget;
        return FID_OK;
    }
    trial->stopping = true;
    trial->decision = event->decision;
    return FID_OK;
}

/* --- ends */

static fid_status pause_or_retry(fid_history *self, fid__record *record,
                                 const fid_event *event, fid_error *err)
{
    fid_trial *trial = &record->pub;
    if (trial->state != FID_TRIAL_RUNNING)
        return refuse(event, trial, err);
    close_attempt(self, record, event);
    trial->reason = event->reason;
    if (event->kind == FID_EVENT_PAUSED) {
        set_state(self, record, FID_TRIAL_PAUSED);
        return FID_OK;
    }
    set_state(self, record, FID_TRIAL_WAITING);
    if (event->reason != FID_REASON_CHECKPOINTED && event->reason != FID_REASON_ENDED &&
        event->reason != FID_REASON_SHORTAGE)
        trial->n_failed++;
    return FID_OK;
}

static fid_status finish(fid_history *self, fid__record *record, const fid_event *event,
                         fid_error *err)
{
    fid_trial *trial = &record->pub;
    bool running = trial->state == FID_TRIAL_RUNNING;
    bool paused = trial->state == FID_TRIAL_PAUSED,
         waiting = trial->state == FID_TRIAL_WAITING;
    bool legal = event->kind == FID_EVENT_COMPLETED ? running
                 : event->kind == FID_EVENT_PRUNED  ? running || paused
                                                    : running || paused || waiting;
    if (!legal)
        return refuse(event, trial, err);
    uint64_t *ended =
        fid_grow(self->ended, &self->ended_cap, self->n_ended + 1, sizeof *ended);
    if (!ended)
        return FID_NOMEM;
    self->ended = ended;
    ended[self->n_ended++] = event->trial;
    if (running)
        close_attempt(self, record, event);
    trial->reason = event->reason;
    trial->ended_us = event->time_us;
    trial->ended_seq = event->seq;
    set_state(self, record,
              event->kind == FID_EVENT_COMPLETED ? FID_TRIAL_COMPLETE
              : event->kind == FID_EVENT_PRUNED  ? FID_TRIAL_PRUNED
                                                 : FID_TRIAL_FAILED);
    fid__incumbent_end(self, record);
    return FID_OK;
}

static fid_status apply_to_trial(fid_history *self, const fid_event *event,
                                 fid_error *err)
{
    if (event->trial >= self->n_trials)
        return fid_error_set(err, FID_NOT_FOUND, "there is no trial %llu: %s refused",
                             (unsigned long long)event->trial, event_word(event->kind));
    fid__record *record = &self->trials[event->trial];
    switch (event->kind) {
    case FID_EVENT_STARTED:
        return start(self, record, event, err);
    case FID_EVENT_REPORT:
        return report(self, record, event, err);
    case FID_EVENT_DECIDED:
        return decide(record, event, err);
    case FID_EVENT_PAUSED:
    case FID_EVENT_RETRIED:
        return pause_or_retry(self, record, event, err);
    case FID_EVENT_COMPLETED:
    case FID_EVENT_PRUNED:
    case FID_EVENT_FAILED:
        return finish(self, record, event, err);
    case FID_EVENT_LATE:
        record->pub.n_late++;
        if (event->attempt == record->pub.attempt && event->offset > record->pub.offset)
            record->pub.offset = event->offset;
        return FID_OK;
    case FID_EVENT_STUDY:
    case FID_EVENT_PROPOSED:
    case FID_EVENT_NOTE:
    case FID_EVENT_OPENED:
    case FID_EVENT_EXHAUSTED:
        break;
    }
    return fid_error_set(err, FID_INVALID, "unknown kind of event (%d)",
                         (int)event->kind);
}

fid_status fid_history_apply(fid_history *self, const fid_event *event, fid_error *err)
{
    if (event->seq != self->n_events)
        return fid_error_set(err, FID_INVALID, "event %llu where %llu was due",
                             (unsigned long long)event->seq,
                             (unsigned long long)self->n_events);
    if (event->seq == 0 && event->kind != FID_EVENT_STUDY)
        return fid_error_set(err, FID_INVALID,
                             "a study must begin with its definition");
    fid_status status = FID_OK;
    if (event->kind == FID_EVENT_PROPOSED)
        status = propose(self, event, err);
    else if (event->kind != FID_EVENT_STUDY && event->kind != FID_EVENT_NOTE &&
             event->kind != FID_EVENT_OPENED && event->kind != FID_EVENT_EXHAUSTED)
        status = apply_to_trial(self, event, err);
    if (status == FID_NOMEM)
        (void)fid_error_set(err, FID_NOMEM, "out of memory");
    if (status == FID_OK)
        self->n_events++;
    return status;
}
