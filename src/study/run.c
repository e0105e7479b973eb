/* The loop with an executor: poll, fold, decide, ask, commit, carry out. One commit a
 * round, and nothing leaves for the executor before it. */
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { REPORTS = 4096 };
#define LOOK_EVERY 0.1 /* seconds between looks at the owner's wishes and the clock */

typedef struct {
    uint64_t trial;
    uint32_t attempt;
    uint64_t seed;
    double budget, budget_done;
    bool has_checkpoint;
} launch;

typedef struct {
    fid_study *study;
    const fid_exec_type *type;
    void *exec;
    const fid_run_hooks *hooks;
    fid_error *err;

    fid_exec_report *reports; /* [REPORTS] */
    launch *launches;         /* to start after the commit */
    size_t n_launches, launches_cap;
    uint64_t *stops; /* to stop after the commit */
    size_t n_stops, stops_cap;
    uint64_t
        *changed; /* trials whose state changed: candidates for garbage collection */
    size_t n_changed, changed_cap;

    double wait,
        until; /* after a shortage nothing starts for `wait` seconds, until then */

    int request;   /* what the owner wants */
    int announced; /* what running trials were told of it */
    bool over;     /* nothing new will start */
    bool virtual_time;
    uint64_t n_rounds; /* and when requests were looked at last, in virtual time */
    double looked;
} loop;

static double monotonic(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static fid_status push(uint64_t **list, size_t *n, size_t *cap, uint64_t trial)
{
    uint64_t *grown = fid_grow(*list, cap, *n + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    *list = grown;
    grown[(*n)++] = trial;
    return FID_OK;
}

static size_t n_running(const loop *self)
{
    return fid_history_count(self->study->history, FID_TRIAL_RUNNING);
}

/* --- what came from the executor */

static fid_status take_report(loop *self, const fid_exec_report *report)
{
    fid_study *study = self->study;
    double values[FID_MAX_METRICS];
    size_t n = study->settings.outline.n_metrics;
    for (size_t m = 0; m < n; m++)
        values[m] = report->given >> m & 1 ? report->values[m] : fid_absent();
    fid_event event = {.trial = report->trial,
                       .attempt = report->attempt,
                       .step = report->step,
                       .values = values,
                       .n_values = n,
                       .offset = report->offset,
                       .text = report->text};
    fid_decision decision;
    bool was_stopping = fid_history_trial(study->history, report->trial)->stopping;
    fid_status status = fid__report(study, &event, &decision, self->err);
    if (status == FID_STATE || status == FID_SUPERSEDED)
        return FID_OK; /* kept as a late report */
    if (status == FID_INVALID)
        return FID_OK; /* a step below zero and the like: the trial's mistake, not ours */
    FID_TRY(status);
    if (decision.kind != FID_CONTINUE && !was_stopping)
        return push(&self->stops, &self->n_stops, &self->stops_cap, report->trial);
    return FID_OK;
}

/* A shortage does not end because one asks again at once. */
static void back_off(loop *self, fid_end end)
{
    const double least = 0.25, most = 30;
    if (end != FID_END_SHORTAGE) {
        self->wait = 0;
        return;
    }
    self->wait = self->wait > 0 ? fmin(2 * self->wait, most) : least;
    self->until = monotonic() + self->wait;
}

static fid_status take(loop *self, const fid_exec_report *report)
{
    if (!fid_history_trial(self->study->history, report->trial))
        return FID_OK;
    if (report->kind == FID_EXEC_REPORT)
        return take_report(self, report);
    back_off(self, report->end);
    fid_status status = fid__end(self->study, report->trial, report->attempt,
                                 report->end, report->text, self->err);
    if (status == FID_STATE || status == FID_SUPERSEDED)
        return FID_OK;
    FID_TRY(status);
    return push(&self->changed, &self->n_changed, &self->changed_cap, report->trial);
}

/* --- what goes to the executor, once durable */

static fid_job job_of(loop *self, const launch *what)
{
    fid_study *study = self->study;
    fid_space_decode(study->space, fid_history_point(study->history, what->trial),
                     study->config);
    return (fid_job){
        .trial = what->trial,
        .attempt = what->attempt,
        .seed = what->seed,
        .space = study->space,
        .config = study->config,
        .outline = &study->settings.outline,
        .budget = what->budget,
        .budget_done = what->budget_done,
        .has_checkpoint = what->has_checkpoint,
        .parent = fid__parent_of(study, what->trial),
    };
}

static fid_status carry_out(loop *self)
{
    fid_study *study = self->study;
    for (size_t i = 0; i < self->n_stops; i++)
        (void)self->type->stop(self->exec, self->stops[i], study->settings.grace);
    self->n_stops = 0;
    for (size_t i = 0; i < self->n_launches; i++) {
        fid_job job = job_of(self, &self->launches[i]);
        FID_TRY(self->type->start(self->exec, &job, self->err));
    }
    self->n_launches = 0;
    for (size_t i = 0; i < self->n_changed; i++)
        fid__collect_garbage(study, self->type, self->exec, self->changed[i]);
    self->n_changed = 0;
    return FID_OK;
}

/* --- asking */

static fid_status ask_for_free_slots(loop *self)
{
    if (self->wait > 0 && monotonic() < self->until)
        return FID_OK;
    size_t slots = self->type->free_slots(self->exec);
    while (self->n_launches < slots && !self->request && !self->over) {
        fid_ask ask;
        fid_status status = fid__ask(self->study, &ask, self->err);
        if (status == FID_WAIT)
            break;
        if (status == FID_EXHAUSTED) {
            self->over = true;
            break;
        }
        FID_TRY(status);
        launch *grown = fid_grow(self->launches, &self->launches_cap,
                                 self->n_launches + 1, sizeof *grown);
        if (!grown)
            return FID_NOMEM;
        self->launches = grown;
        grown[self->n_launches++] = (launch){ask.trial,       ask.attempt,
                                             ask.seed,        ask.budget,
                                             ask.budget_done, ask.has_checkpoint};
    }
    return FID_OK;
}

/* --- stopping */

/* Tell all that run to end, once for each kind of request. */
static void announce(loop *self, int kind, double grace)
{
    if (self->announced >= kind)
        return;
    self->announced = kind;
    const fid_history *history = self->study->history;
    for (uint64_t t = 0; t < fid_history_n_trials(history); t++)
        if (fid_history_trial(history, t)->state == FID_TRIAL_RUNNING)
            (void)self->type->stop(self->exec, t, grace);
}

static void take_request(loop *self)
{
    const fid_run_hooks *hooks = self->hooks;
    int asked = hooks->stop_requested ? hooks->stop_requested(hooks->ctx) : 0;
    if (asked == 3 && !self->request)
        self->request = 3;
    else if (asked == 1 || asked == 2)
        self->request = asked == 2 || self->request == 2 ? 2 : 1;
    if (self->request == 1)
        announce(self, 1, self->study->settings.grace);
    if (self->request == 2)
        announce(self, 2, 0);
}

static void look_at_requests(loop *self)
{
    const fid_run_hooks *hooks = self->hooks;
    take_request(self);
    /* The study's own end: time is up, the target is reached, too many failures. */
    if (!self->request && fid__over(self->study)) {
        self->over = true;
        announce(self, 1, self->study->settings.grace);
    }
    if (hooks->on_tick)
        hooks->on_tick(hooks->ctx, self->study);
}

/* --- the round */

static fid_status commit_or_wait(loop *self)
{
    for (;;) {
        fid_status status = fid__commit(self->study, self->err);
        if (status != FID_IO)
            return status;
        const fid_run_hooks *hooks = self->hooks;
        take_request(self); /* trials can be told to end without the store */
        if (!hooks->on_store_error || !hooks->on_store_error(hooks->ctx, self->err))
            return status;
        struct timespec nap = {.tv_nsec = 250000000};
        (void)nanosleep(&nap, NULL);
    }
}

static fid_status poll_and_fold(loop *self, double timeout)
{
    size_t n = 0;
    FID_TRY(
        self->type->poll(self->exec, timeout, self->reports, REPORTS, &n, self->err));
    for (size_t i = 0; i < n; i++)
        FID_TRY(take(self, &self->reports[i]));
    return FID_OK;
}

/* In virtual time a round takes a microsecond, and a look at the clock a tenth of it. */
static bool is_time_to_look(loop *self)
{
    enum { ROUNDS = 64 };
    if (!self->virtual_time)
        return true;
    if (self->n_rounds++ % ROUNDS)
        return false;
    double now = monotonic();
    if (now - self->looked <= 0.05)
        return false;
    self->looked = now;
    return true;
}

static fid_status rounds(loop *self)
{
    for (;;) {
        if (is_time_to_look(self))
            look_at_requests(self);
        FID_TRY(ask_for_free_slots(self));
        FID_TRY(commit_or_wait(self));
        FID_TRY(carry_out(self));
        if (!n_running(self) && (self->over || self->request))
            return FID_OK;
        if (!n_running(self) && !(self->wait > 0))
            return fid_error_set(self->err, FID_STATE,
                                 "the executor has no free slot and nothing runs");
        FID_TRY(poll_and_fold(self, LOOK_EVERY));
        if (fid__over(self->study))
            look_at_requests(self);
    }
}

/* --- before the first round: trials that were running when the last engine ended */

static fid_status adopt_running(loop *self)
{
    fid_study *study = self->study;
    for (uint64_t t = 0; t < fid_history_n_trials(study->history); t++) {
        const fid_trial *trial = fid_history_trial(study->history, t);
        if (trial->state != FID_TRIAL_RUNNING)
            continue;
        launch what = {.trial = t, .attempt = trial->attempt, .budget = trial->budget};
        fid_job job = job_of(self, &what);
        job.offset = trial->offset;
        fid_status status = self->type->adopt
                                ? self->type->adopt(self->exec, &job, self->err)
                                : FID_NOT_FOUND;
        if (status == FID_NOT_FOUND)
            status = fid__end(study, t, what.attempt, FID_END_LOST, "the engine ended",
                              self->err);
        FID_TRY(status);
    }
    return FID_OK;
}

/* Trials that were told to stop before the last engine ended still have to be. */
static fid_status stop_again(loop *self)
{
    const fid_history *history = self->study->history;
    for (uint64_t t = 0; t < fid_history_n_trials(history); t++) {
        const fid_trial *trial = fid_history_trial(history, t);
        if (trial->state == FID_TRIAL_RUNNING && trial->stopping)
            FID_TRY(push(&self->stops, &self->n_stops, &self->stops_cap, t));
    }
    return FID_OK;
}

static int64_t exec_clock(void *ctx)
{
    const loop *self = ctx;
    return self->type->now_us(self->exec);
}

static fid_run_outcome outcome_of(const loop *self)
{
    const fid_study *study = self->study;
    if (study->target_reached)
        return FID_RUN_TARGET;
    if (study->settings.max_failures &&
        study->failures_in_a_row >= study->settings.max_failures)
        return FID_RUN_FAILURES;
    if (self->request == 2)
        return FID_RUN_KILLED;
    return self->request ? FID_RUN_DRAINED : FID_RUN_FINISHED;
}

static fid_status run(loop *self)
{
    fid_study *study = self->study;
    FID_TRY(fid__commit(study, self->err));
    fid_event opened = {.kind = FID_EVENT_OPENED, .text = self->type->name};
    FID_TRY(fid__emit(study, &opened, self->err));
    FID_TRY(adopt_running(self));
    FID_TRY(stop_again(self));
    fid__collect_all(study, self->type, self->exec);
    FID_TRY(rounds(self));
    return commit_or_wait(self);
}

fid_status fid_study_run(fid_study *study, const fid_exec_type *type, void *exec,
                         const fid_run_hooks *hooks, fid_run_outcome *outcome,
                         fid_error *err)
{
    static const fid_run_hooks none;
    loop self = {.study = study,
                 .type = type,
                 .exec = exec,
                 .hooks = hooks ? hooks : &none,
                 .err = err,
                 .virtual_time = type->now_us != NULL};
    fid_clock clock = study->settings.clock;
    self.reports = fid_alloc(REPORTS, sizeof *self.reports);
    if (!self.reports)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    if (self.virtual_time)
        study->settings.clock = (fid_clock){exec_clock, &self};
    study->hooks = self.hooks;
    study->exec_type = type;
    study->exec = exec;

    fid_status status = run(&self);
    if (status == FID_OK)
        fid__sweep_garbage(study, type, exec);
    if (outcome)
        *outcome = outcome_of(&self);

    study->hooks = NULL;
    study->exec_type = NULL;
    study->exec = NULL;
    study->settings.clock = clock;
    free(self.reports);
    free(self.launches);
    free(self.stops);
    free(self.changed);
    return status;
}
