/* Events: stamped, folded, told to sampler and scheduler, queued, made durable. */
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- memory of queued events: a list of chunks that never move */

struct fid__chunk {
    fid__chunk *next;
    size_t used, size;
    double bytes[];
};

static void *borrow(fid__queue *queue, size_t bytes)
{
    enum { CHUNK = 1 << 14 };
    bytes = (bytes + 7) & ~(size_t)7;
    fid__chunk *chunk = queue->chunks;
    if (!chunk || chunk->size - chunk->used < bytes) {
        size_t size = bytes > CHUNK ? bytes : CHUNK;
        chunk = fid_alloc(1, sizeof *chunk + size);
        if (!chunk)
            return NULL;
        chunk->size = size;
        chunk->next = queue->chunks;
        queue->chunks = chunk;
    }
    char *at = (char *)chunk->bytes + chunk->used;
    chunk->used += bytes;
    return at;
}

static bool keep(fid__queue *queue, const void **pointer, size_t bytes)
{
    if (!*pointer || !bytes)
        return true;
    void *copy = borrow(queue, bytes);
    if (!copy)
        return false;
    memcpy(copy, *pointer, bytes);
    *pointer = copy;
    return true;
}

/* Room for one more event whose pointers are the queue's own. Done before the fold, so
 * that what was folded can always be stored. */
static fid_status enqueue(fid__queue *queue, fid_event *event)
{
    fid_event *events =
        fid_grow(queue->events, &queue->cap, queue->n + 1, sizeof *events);
    if (!events)
        return FID_NOMEM;
    queue->events = events;
    size_t text = event->text ? strlen(event->text) + 1 : 0;
    if (!keep(queue, (const void **)&event->point, event->n_point * sizeof(double)) ||
        !keep(queue, (const void **)&event->values, event->n_values * sizeof(double)) ||
        !keep(queue, (const void **)&event->memo, event->n_memo * sizeof(double)) ||
        !keep(queue, (const void **)&event->text, text))
        return FID_NOMEM;
    events[queue->n] = *event;
    return FID_OK;
}

static void empty(fid__queue *queue)
{
    queue->n = 0;
    while (queue->chunks && queue->chunks->next) {
        fid__chunk *chunk = queue->chunks;
        queue->chunks = chunk->next;
        free(chunk);
    }
    if (queue->chunks)
        queue->chunks->used = 0;
}

void fid__queue_deinit(fid__queue *queue)
{
    empty(queue);
    free(queue->chunks);
    free(queue->events);
    *queue = (fid__queue){0};
}

/* --- time */

static int64_t read_clock(clockid_t which)
{
    struct timespec now;
    (void)clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The time of day when the study was opened, and from then on a clock that nobody sets. */
void fid__set_clock(fid_study *study)
{
    study->clock_offset_us = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}

int64_t fid__now_us(const fid_study *study)
{
    if (study->settings.clock.now_us)
        return study->settings.clock.now_us(study->settings.clock.ctx);
    return study->clock_offset_us + read_clock(CLOCK_MONOTONIC);
}

/* --- what follows from an event outside the history */

static fid_status push_waiting(fid_study *study, uint64_t trial)
{
    if (study->waiting_head > 64 && study->waiting_head * 2 > study->n_waiting) {
        study->n_waiting -= study->waiting_head;
        memmove(study->waiting, study->waiting + study->waiting_head,
                study->n_waiting * sizeof *study->waiting);
        study->waiting_head = 0;
    }
    uint64_t *waiting = fid_grow(study->waiting, &study->waiting_cap,
                                 study->n_waiting + 1, sizeof *waiting);
    if (!waiting)
        return FID_NOMEM;
    study->waiting = waiting;
    waiting[study->n_waiting++] = trial;
    return FID_OK;
}

static void count_failures(fid_study *study, const fid_event *event)
{
    if (event->kind == FID_EVENT_FAILED && event->reason != FID_REASON_INFEASIBLE &&
        event->reason != FID_REASON_USER)
        study->failures_in_a_row++;
    else if (event->kind == FID_EVENT_PAUSED || event->kind == FID_EVENT_COMPLETED ||
             event->kind == FID_EVENT_PRUNED || event->kind == FID_EVENT_OPENED)
        study->failures_in_a_row = 0;
}

/* All objectives that have a target are there, in one trial. */
static void look_at_target(fid_study *study, const fid_event *event)
{
    const fid_outline *outline = &study->settings.outline;
    bool reached = false;
    if (event->kind != FID_EVENT_REPORT)
        return;
    for (size_t m = 0; m < outline->n_objectives; m++) {
        if (!outline->metrics[m].has_target)
            continue;
        double target = fid_history_sign(study->history, m) *
                        outline->metrics[m].target;
        reached = fid_history_loss(study->history, event->trial, m) <= target;
        if (!reached)
            return;
    }
    if (reached && fid_history_is_feasible(study->history, event->trial))
        study->target_reached = true;
}

/* While a trial runs all time counts. While none does an engine takes a moment for the next
 * decision; a longer pause is one between two sessions. */
int64_t fid__active_until(const fid_study *study, int64_t now_us)
{
    const int64_t moment = 60 * 1000000;
    int64_t gap = study->last_us && now_us > study->last_us ? now_us - study->last_us
                                                            : 0;
    return study->active_us + (study->busy || gap < moment ? gap : moment);
}

/* The events that a session begins with: of an engine, with another sweep file, of
 * `enqueue`. */
static bool begins_session(const fid_event *event)
{
    return event->kind == FID_EVENT_OPENED || event->kind == FID_EVENT_STUDY ||
           (event->kind == FID_EVENT_PROPOSED && event->origin == FID_ORIGIN_USER);
}

static void count_time(fid_study *study, const fid_event *event)
{
    if (!begins_session(event))
        study->active_us = fid__active_until(study, event->time_us);
    study->last_us = event->time_us;
    study->busy = fid_history_count(study->history, FID_TRIAL_RUNNING) > 0;
}

/* As in the schedulers' census: what may bring something new ends it. */
static void look_for_exhaustion(fid_study *study, const fid_event *event)
{
    if (event->kind == FID_EVENT_EXHAUSTED)
        study->exhausted = true;
    else if (event->kind == FID_EVENT_PROPOSED || event->kind == FID_EVENT_STUDY ||
             event->kind == FID_EVENT_OPENED)
        study->exhausted = false;
}

fid_status fid__follow(fid_study *study, const fid_event *event)
{
    look_for_exhaustion(study, event);
    count_time(study, event);
    count_failures(study, event);
    look_at_target(study, event);
    if (event->kind == FID_EVENT_RETRIED || event->kind == FID_EVENT_PROPOSED)
        FID_TRY(push_waiting(study, event->trial));
    const fid_sampler_type *sampler = study->settings.sampler;
    const fid_scheduler_type *scheduler = study->settings.scheduler;
    if (sampler->observe)
        sampler->observe(study->sampler_state, study->history, event);
    if (scheduler->observe)
        scheduler->observe(study->scheduler_state, study->history, event);
    return FID_OK;
}

fid_status fid__emit(fid_study *study, fid_event *event, fid_error *err)
{
    event->seq = fid_history_n_events(study->history);
    event->time_us = fid__now_us(study);
    if (enqueue(&study->queue, event) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    FID_TRY(fid_history_apply(study->history, event, err));
    study->queue.n++;
    return fid__follow(study, event);
}

fid_status fid__commit(fid_study *study, fid_error *err)
{
    fid__queue *queue = &study->queue;
    if (!queue->n)
        return FID_OK;
    FID_TRY(study->store->append(study->store_state, queue->events, queue->n, err));
    const fid_run_hooks *hooks = study->hooks;
    if (hooks && hooks->on_event)
        for (size_t i = 0; i < queue->n; i++)
            hooks->on_event(hooks->ctx, study, &queue->events[i]);
    empty(queue);
    return FID_OK;
}

fid_status fid_study_flush(fid_study *study, fid_error *err)
{
    return fid__commit(study, err);
}

fid_status fid_study_note(fid_study *study, const char *text, fid_error *err)
{
    FID_TRY(fid__commit(study, err));
    fid_event event = {.kind = FID_EVENT_NOTE, .text = text};
    FID_TRY(fid__emit(study, &event, err));
    return fid__commit(study, err);
}
