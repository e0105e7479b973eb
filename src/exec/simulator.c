/* Virtual time. A running attempt is an entry of a heap, ordered by the instant of its
 * next report (and, among equals, by the order in which attempts started), so that what
 * poll returns depends on nothing but the jobs and the answers of `evaluate`. */
#include <fidelio/exec.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bool stopped;
    fid_job job; /* config points to this slot's copy */
    fid_value *config;
    double time;      /* of its next event */
    uint64_t order;   /* of starting */
    uint64_t round;   /* of the poll in which it last reported */
    double began;     /* instant of its start */
    double origin;    /* instant at which the trial's own clock shows 0 */
    double reached;   /* the trial's own clock at the last step known */
    double next_step; /* first step not evaluated yet; beyond budget: none */
    size_t n, at;     /* evaluated points, and the next one of them */
    double *steps, *seconds, *values;
    fid_end *ends;
} slot;

typedef struct {
    fid_exec_sim_options options;
    slot *slots;  /* [workers] */
    size_t *heap; /* [n_heap] slots, earliest first */
    size_t n_heap;
    size_t *spare; /* [n_spare] slots that are free */
    size_t n_spare;
    double *reached; /* [reached_cap] by trial: its own clock, RESUME and STOP */
    size_t reached_cap;
    double now;
    uint64_t orders, rounds;
} simulator;

/* --- the heap */

static bool before(const simulator *s, size_t a, size_t b)
{
    const slot *x = &s->slots[a], *y = &s->slots[b];
    return x->time < y->time || (x->time == y->time && x->order < y->order);
}

static void swap(size_t *heap, size_t a, size_t b)
{
    size_t t = heap[a];
    heap[a] = heap[b];
    heap[b] = t;
}

static void rise(simulator *s, size_t i)
{
    for (; i > 0 && before(s, s->heap[i], s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(s->heap, i, (i - 1) / 2);
}

static void sink(simulator *s, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->n_heap; child++)
            if (before(s, s->heap[child], s->heap[least]))
                least = child;
        if (least == i)
            return;
        swap(s->heap, i, least);
        i = least;
    }
}

/* --- one attempt */

static size_t n_metrics(const slot *self)
{
    return self->job.outline->n_metrics;
}

static bool every_step(const simulator *s, const slot *self)
{
    const fid_fidelity *f = &self->job.outline->fidelity;
    return s->options.every_step && f->integer &&
           (f->mode == FID_MODE_RESUME || f->mode == FID_MODE_STOP);
}

/* Evaluate the next steps; the trial's own clock never runs backwards. */
static fid_status look_ahead(simulator *s, slot *self, fid_error *err)
{
    bool every = every_step(s, self);
    self->n = self->at = 0;
    while (self->n < s->options.ahead && self->next_step <= self->job.budget) {
        self->steps[self->n++] = every ? self->next_step : self->job.budget;
        self->next_step = every ? self->next_step + 1.0 : HUGE_VAL;
    }
    if (every && self->n < s->options.ahead && self->n > 0 &&
        self->steps[self->n - 1] < self->job.budget) {
        self->steps[self->n++] = self->job.budget; /* a budget between two steps */
        self->next_step = HUGE_VAL;
    }
    if (self->n == 0)
        return FID_OK;
    FID_TRY(s->options.evaluate(s->options.ctx, &self->job, self->steps, self->n,
                                self->values, self->seconds, self->ends, err));
    for (size_t k = 0; k < self->n; k++) {
        if (!(self->seconds[k] >= self->reached)) /* NaN too */
            self->seconds[k] = self->reached;
        self->reached = self->seconds[k];
    }
    return FID_OK;
}

static double *trial_clock(simulator *s, uint64_t trial)
{
    double *grown =
        fid_grow(s->reached, &s->reached_cap, (size_t)trial + 1, sizeof *grown);
    if (!grown)
        return NULL;
    s->reached = grown;
    return &grown[trial];
}

static fid_status begin(simulator *s, slot *self, const fid_job *job, fid_error *err)
{
    double *clock = trial_clock(s, job->trial);
    if (!clock)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    bool anew = job->outline->fidelity.mode == FID_MODE_RESTART ||
                !(job->budget_done > 0.0);
    size_t n_params = fid_space_n_params(job->space);
    memcpy(self->config, job->config, n_params * sizeof *self->config);
    self->job = *job;
    self->job.config = self->config;
    self->stopped = false;
    self->order = s->orders++;
    self->reached = anew ? 0.0 : *clock;
    self->began = s->now;
    self->origin = s->now + s->options.start_seconds - self->reached;
    self->next_step = anew ? 1.0 : floor(job->budget_done) + 1.0;
    if (!every_step(s, self))
        self->next_step = job->budget;
    FID_TRY(look_ahead(s, self, err));
    self->time = self->n ? self->origin + self->seconds[0] : s->now;
    return FID_OK;
}

static void spend_overhead(simulator *s)
{
    if (s->options.overhead)
        s->now += s->options.overhead(s->options.ctx);
}

static fid_status start(void *state, const fid_job *job, fid_error *err)
{
    simulator *s = state;
    if (s->n_spare == 0)
        return fid_error_set(err, FID_LIMIT, "all %zu workers are busy",
                             s->options.workers);
    size_t index = s->spare[s->n_spare - 1];
    spend_overhead(s); /* what it took to decide on this job */
    FID_TRY(begin(s, &s->slots[index], job, err));
    s->n_spare--;
    s->heap[s->n_heap++] = index;
    rise(s, s->n_heap - 1);
    return FID_OK;
}

static fid_status stop(void *state, uint64_t trial, double grace)
{
    simulator *s = state;
    (void)grace; /* a simulated trial ends at once */
    for (size_t i = 0; i < s->n_heap; i++) {
        slot *self = &s->slots[s->heap[i]];
        if (self->job.trial != trial)
            continue;
        self->stopped = true;
        self->time = s->now;
        rise(s, i);
        return FID_OK;
    }
    return FID_OK;
}

/* --- what happens */

/* The attempt at the top is over. */
static void end(simulator *s, slot *self, fid_end how, fid_exec_report *out)
{
    *out = (fid_exec_report){.kind = FID_EXEC_ENDED,
                             .trial = self->job.trial,
                             .attempt = self->job.attempt,
                             .end = how,
                             .seconds = s->now - self->began,
                             .text = NULL};
    if (self->at > 0)
        s->reached[self->job.trial] = self->seconds[self->at - 1];
    s->spare[s->n_spare++] = s->heap[0];
    s->heap[0] = s->heap[--s->n_heap];
    sink(s, 0);
}

static void report(const slot *self, fid_exec_report *out)
{
    *out = (fid_exec_report){.kind = FID_EXEC_REPORT,
                             .trial = self->job.trial,
                             .attempt = self->job.attempt,
                             .step = self->steps[self->at]};
    size_t m = n_metrics(self);
    memcpy(out->values, self->values + self->at * m, m * sizeof *out->values);
    out->given = (1u << m) - 1u;
}

/* The event of the attempt at the top: one or two reports. */
static fid_status happen(simulator *s, slot *self, fid_exec_report *out, size_t *n,
                         fid_error *err)
{
    self->round = s->rounds;
    if (self->stopped) {
        end(s, self, FID_END_STOPPED, &out[(*n)++]);
        return FID_OK;
    }
    fid_end how = self->at < self->n ? self->ends[self->at] : FID_END_DONE;
    if (self->at < self->n && how == FID_END_DONE)
        report(self, &out[(*n)++]);
    self->at++;
    if (how == FID_END_DONE && self->at >= self->n) {
        s->reached[self->job.trial] = self->reached;
        FID_TRY(look_ahead(s, self, err));
    }
    if (how != FID_END_DONE || self->at >= self->n) {
        end(s, self, how, &out[(*n)++]);
        return FID_OK;
    }
    self->time = self->origin + self->seconds[self->at];
    sink(s, 0);
    return FID_OK;
}

/* All that happens at the next instant at which anything does; decisions about it can
 * change nothing of the rest of that instant. */
static fid_status poll(void *state, double timeout, fid_exec_report *reports,
                       size_t cap, size_t *n, fid_error *err)
{
    simulator *s = state;
    (void)timeout; /* virtual time passes at once */
    *n = 0;
    spend_overhead(s);
    if (s->n_heap == 0)
        return FID_OK;
    s->rounds++;
    double instant = s->slots[s->heap[0]].time;
    s->now = fmax(s->now, instant);
    while (s->n_heap > 0 && *n + 2 <= cap) {
        slot *top = &s->slots[s->heap[0]];
        if (top->time > instant || top->round == s->rounds)
            return FID_OK;
        FID_TRY(happen(s, top, reports, n, err));
    }
    return FID_OK;
}

static size_t free_slots(const void *state)
{
    return ((const simulator *)state)->n_spare;
}

static int64_t now_us(const void *state)
{
    const simulator *s = state;
    return s->options.start_us + (int64_t)llround(s->now * 1e6);
}

/* --- opening */

static void close_simulator(void *state)
{
    simulator *s = state;
    for (size_t i = 0; s->slots && i < s->options.workers; i++) {
        free(s->slots[i].config);
        free(s->slots[i].steps);
        free(s->slots[i].ends);
    }
    free(s->slots);
    free(s->heap);
    free(s->spare);
    free(s->reached);
    memset(s, 0, sizeof *s);
}

static bool furnish(simulator *s, slot *self)
{
    size_t ahead = s->options.ahead, n_params = fid_space_n_params(s->options.space);
    self->config = fid_alloc(n_params, sizeof *self->config);
    self->steps = fid_alloc(ahead * (2 + FID_MAX_METRICS), sizeof *self->steps);
    self->ends = fid_alloc(ahead, sizeof *self->ends);
    if (!self->config || !self->steps || !self->ends)
        return false;
    self->seconds = self->steps + ahead;
    self->values = self->seconds + ahead;
    return true;
}

static fid_status open_simulator(void *state, const void *options, fid_error *err)
{
    simulator *s = state;
    s->options = *(const fid_exec_sim_options *)options;
    if (s->options.ahead == 0)
        s->options.ahead = 1;
    if (s->options.workers == 0)
        s->options.workers = 1;
    if (!s->options.evaluate || !s->options.space)
        return fid_error_set(err, FID_INVALID,
                             "the simulator needs `evaluate` and `space`");
    size_t n = s->options.workers;
    s->slots = fid_alloc(n, sizeof *s->slots);
    s->heap = fid_alloc(n, sizeof *s->heap);
    s->spare = fid_alloc(n, sizeof *s->spare);
    bool ok = s->slots && s->heap && s->spare;
    for (size_t i = 0; ok && i < n; i++) {
        s->spare[s->n_spare++] = n - 1 - i;
        ok = furnish(s, &s->slots[i]);
    }
    if (ok)
        return FID_OK;
    close_simulator(s);
    return fid_error_set(err, FID_NOMEM, "out of memory");
}

const fid_exec_type fid_exec_sim = {
    .name = "simulator",
    .state_size = sizeof(simulator),
    .open = open_simulator,
    .start = start,
    .stop = stop,
    .poll = poll,
    .free_slots = free_slots,
    .now_us = now_us,
    .close = close_simulator,
};
