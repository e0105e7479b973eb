/* The objective is a C function. It runs in a thread so that it can wait in the middle of
 * its work for an answer, but never while the caller of poll runs engine code on its
 * behalf: all that both touch is under the lock. */
#include <fidelio/exec.h>

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef enum {
    IDLE,     /* nothing to run */
    WORKING,  /* the objective computes */
    ASKING,   /* it waits in fid_call_report; its report is to be taken */
    TAKEN,    /* it waits; poll has returned the report */
    RETURNED, /* its end is to be taken */
} phase;

struct fid_call {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    phase phase;
    bool stop, told; /* to end; it was told so */
    fid_exec_report report;
    fid_end end;
};

typedef struct {
    fid_exec_call_options options;
    fid_call *call;
    pthread_t thread;
    fid_job job; /* config, outline: copies */
    fid_outline outline;
    fid_value *config;
    double started;
} call_state;

static double clock_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- in the objective's thread */

bool fid_call_report(fid_call *call, double step, const double *values, size_t n_values)
{
    size_t n = n_values < FID_MAX_METRICS ? n_values : FID_MAX_METRICS;
    pthread_mutex_lock(&call->lock);
    if (!call->stop) {
        call->report.step = step;
        call->report.given = (UINT32_C(1) << n) - 1;
        call->report.offset++;
        for (size_t m = 0; m < FID_MAX_METRICS; m++)
            call->report.values[m] = m < n ? values[m] : (double)NAN;
        call->phase = ASKING;
        pthread_cond_broadcast(&call->changed);
        while (call->phase != WORKING)
            pthread_cond_wait(&call->changed, &call->lock);
    }
    bool stop = call->told = call->stop;
    pthread_mutex_unlock(&call->lock);
    return stop;
}

static void *run(void *state)
{
    call_state *s = state;
    fid_end end = s->options.objective(s->options.ctx, &s->job, s->call);
    pthread_mutex_lock(&s->call->lock);
    s->call->end = end;
    s->call->phase = RETURNED;
    pthread_cond_broadcast(&s->call->changed);
    pthread_mutex_unlock(&s->call->lock);
    return NULL;
}

/* --- in the engine's */

static void call_close(void *state);

static fid_status call_open(void *state, const void *options, fid_error *err)
{
    call_state *s = state;
    pthread_condattr_t monotonic;
    *s = (call_state){.options = *(const fid_exec_call_options *)options};
    if (!s->options.objective)
        return fid_error_set(err, FID_INVALID, "exec: no objective");
    s->call = fid_alloc(1, sizeof *s->call);
    if (!s->call)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    (void)pthread_mutex_init(&s->call->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->call->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return FID_OK;
}

static phase phase_of(const call_state *s)
{
    pthread_mutex_lock(&s->call->lock);
    phase now = s->call->phase;
    pthread_mutex_unlock(&s->call->lock);
    return now;
}

static size_t call_free_slots(const void *state)
{
    return phase_of(state) == IDLE;
}

static fid_status call_start(void *state, const fid_job *job, fid_error *err)
{
    call_state *s = state;
    size_t n = fid_space_n_params(job->space);
    if (phase_of(s) != IDLE)
        return fid_error_set(err, FID_LIMIT, "the objective is running");
    fid_value *config = fid_alloc(n, sizeof *config);
    if (!config)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    if (n)
        memcpy(config, job->config, n * sizeof *config);
    free(s->config);
    s->config = config;
    s->outline = *job->outline;
    s->job = *job;
    s->job.config = s->config;
    s->job.outline = &s->outline;
    s->started = clock_now();
    s->call->stop = s->call->told = false;
    s->call->report = (fid_exec_report){
        .kind = FID_EXEC_REPORT, .trial = job->trial, .attempt = job->attempt};
    s->call->phase = WORKING;
    int error = pthread_create(&s->thread, NULL, run, s);
    if (error) {
        s->call->phase = IDLE;
        return fid_error_set(err, FID_IO, "cannot start a thread: %s", strerror(error));
    }
    return FID_OK;
}

static fid_status call_stop(void *state, uint64_t trial, double grace)
{
    call_state *s = state;
    (void)grace;
    pthread_mutex_lock(&s->call->lock);
    bool runs = s->call->phase != IDLE && s->job.trial == trial;
    s->call->stop |= runs;
    pthread_mutex_unlock(&s->call->lock);
    return runs ? FID_OK : FID_NOT_FOUND;
}

static fid_exec_report take_end(call_state *s)
{
    fid_exec_report out = s->call->report;
    (void)pthread_join(s->thread, NULL);
    out.kind = FID_EXEC_ENDED;
    out.step = (double)NAN;
    out.given = 0;
    out.seconds = clock_now() - s->started;
    out.end = s->call->told && s->call->end == FID_END_DONE ? FID_END_STOPPED
                                                            : s->call->end;
    s->call->phase = IDLE;
    return out;
}

static struct timespec deadline_after(double seconds)
{
    double at = clock_now() + seconds;
    return (struct timespec){(time_t)at, (long)((at - floor(at)) * 1e9)};
}

static fid_status call_poll(void *state, double timeout, fid_exec_report *reports,
                            size_t cap, size_t *n, fid_error *err)
{
    call_state *s = state;
    fid_call *c = s->call;
    struct timespec until = deadline_after(timeout > 0 ? fmin(timeout, 1e8) : 0);
    int late = 0;
    (void)err;
    (void)cap;
    *n = 0;
    pthread_mutex_lock(&c->lock);
    if (c->phase == TAKEN) { /* the answer is known now */
        c->phase = WORKING;
        pthread_cond_broadcast(&c->changed);
    }
    while (c->phase == WORKING && !late)
        late = timeout < 0 ? pthread_cond_wait(&c->changed, &c->lock)
                           : pthread_cond_timedwait(&c->changed, &c->lock, &until);
    phase now = c->phase;
    if (now == ASKING) {
        reports[(*n)++] = c->report;
        c->phase = TAKEN;
    }
    pthread_mutex_unlock(&c->lock);
    if (now == RETURNED)
        reports[(*n)++] = take_end(s);
    return FID_OK;
}

/* Waits until the objective returns; it is told to at its next report. */
static void call_close(void *state)
{
    call_state *s = state;
    if (!s->call)
        return;
    if (phase_of(s) != IDLE) {
        pthread_mutex_lock(&s->call->lock);
        s->call->stop = true;
        if (s->call->phase == ASKING || s->call->phase == TAKEN)
            s->call->phase = WORKING;
        pthread_cond_broadcast(&s->call->changed);
        pthread_mutex_unlock(&s->call->lock);
        (void)pthread_join(s->thread, NULL);
    }
    (void)pthread_cond_destroy(&s->call->changed);
    (void)pthread_mutex_destroy(&s->call->lock);
    free(s->call);
    free(s->config);
    *s = (call_state){0};
}

const fid_exec_type fid_exec_call = {
    .name = "call",
    .state_size = sizeof(call_state),
    .open = call_open,
    .start = call_start,
    .stop = call_stop,
    .poll = call_poll,
    .free_slots = call_free_slots,
    .close = call_close,
};
