#include "exec/local.h"

#include "exec/collect.h"
#include "exec/environ.h"
#include "exec/folder.h"
#include "exec/log.h"
#include "exec/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Notifications tell what changed. A look at everything from time to time makes up for
 * lost ones, and for a system that has none to give. */
static const double look_interval = 1, blind_interval = 0.02, first_pause = 0.0002;
static const double sweep_seconds = 2;

double fid__local_clock(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

const char *const *fid__local_environment(const fid__local *local)
{
    return local->options.environment ? local->options.environment
                                      : (const char *const *)environ;
}

/* --- opening */

static const char *keep(fid__local *l, const char *s)
{
    if (!s)
        return NULL;
    fid__words_add(&l->kept, s, strlen(s));
    return l->kept.failed ? NULL : l->kept.items[l->kept.n - 1];
}

static const char *const *keep_list(fid__local *l, const char *const *list, size_t n)
{
    const char **copy = fid_alloc(n + 1, sizeof *copy);
    l->kept.failed |= !copy;
    for (size_t i = 0; copy && i < n; i++)
        copy[i] = keep(l, list[i]);
    return copy;
}

static fid_status copy_options(fid__local *l, const fid_exec_local_options *from)
{
    fid_exec_local_options *o = &l->options;
    size_t n_environment = 0;
    *o = *from;
    while (from->environment && from->environment[n_environment])
        n_environment++;
    o->runner = keep(l, from->runner);
    o->folder = keep(l, from->folder);
    o->workdir = keep(l, from->workdir);
    o->study = keep(l, from->study);
    o->program = keep(l, from->program);
    o->interpreter = keep(l, from->interpreter);
    o->command = keep_list(l, from->command, from->n_command);
    o->resume_args = keep_list(l, from->resume_args, from->n_resume_args);
    if (from->environment)
        o->environment = keep_list(l, from->environment, n_environment);
    l->collect = fid_alloc(from->n_collect, sizeof *l->collect);
    for (size_t i = 0; l->collect && i < from->n_collect; i++) {
        l->collect[i] = from->collect[i];
        l->collect[i].regex = keep(l, from->collect[i].regex);
    }
    o->collect = l->collect;
    l->slots = fid_alloc(from->parallel, sizeof *l->slots);
    l->buffer = fid_alloc(FID__READ_SIZE, 1);
    l->lines = fid_alloc(1, sizeof *l->lines);
    bool ok = !l->kept.failed && l->collect && l->slots && l->buffer && l->lines;
    return ok ? FID_OK : FID_NOMEM;
}

static fid_status check_options(const fid_exec_local_options *o, fid_error *err)
{
    fid__collector *collector;
    if (!o->runner || !o->folder || o->parallel < 1 || o->parallel > 100000)
        return fid_error_set(err, FID_INVALID,
                             "exec: runner, folder and parallel must be given");
    if (!(o->timeout >= 0) || !(o->idle_timeout >= 0) || !(o->grace >= 0) ||
        o->mem > INT64_MAX || o->log_cap > INT64_MAX)
        return fid_error_set(err, FID_INVALID,
                             "exec: timeout, grace and mem must not be negative");
    if (access(o->runner, X_OK) != 0)
        return fid_error_set(err, FID_INVALID, "exec: %s: %s", o->runner,
                             strerror(errno));
    FID_TRY(fid__collector_create(&collector, o->collect, o->n_collect, 0, err));
    fid__collector_destroy(collector);
    return FID_OK;
}

static void local_close(void *state);

/* Trials of a study that was removed while they ran would write into the new one's. */
static void end_trials_of_removed(const fid__local *l)
{
    fid_text tag = {0};
    size_t left;
    fid_text_printf(&tag, "FIDELIO_REPORT=%s/", l->folder_path);
    if (!tag.failed)
        (void)fid__tree_sweep(tag.data, sweep_seconds, &left);
    fid_text_deinit(&tag);
}

static fid_status local_open(void *state, const void *options, fid_error *err)
{
    fid__local *l = state;
    *l = (fid__local){.folder = -1, .inotify = -1};
    bool made = false;
    FID_TRY(check_options(options, err));
    fid_status status = copy_options(l, options);
    if (status != FID_OK)
        (void)fid_error_set(err, status, "exec: out of memory");
    else
        status = fid__folder_make_path(l->options.folder, &l->folder, &l->folder_path,
                                       &made, err);
    if (status != FID_OK) {
        local_close(l);
        return status;
    }
    if (made)
        end_trials_of_removed(l);
    l->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (l->options.subreaper)
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    return FID_OK;
}

/* --- jobs */

static fid__local_job *find_job(const fid__local *l, uint64_t trial)
{
    for (size_t i = 0; i < l->n_jobs; i++)
        if (l->jobs[i]->trial == trial)
            return l->jobs[i];
    return NULL;
}

static void close_job(fid__local *l, fid__local_job *job)
{
    for (int k = 0; k < FID__N_SOURCES; k++) {
        if (job->sources[k].fd >= 0)
            close(job->sources[k].fd);
        if (job->sources[k].watch >= 0)
            (void)inotify_rm_watch(l->inotify, job->sources[k].watch);
    }
    if (job->dir_watch >= 0)
        (void)inotify_rm_watch(l->inotify, job->dir_watch);
    if (job->dir >= 0)
        close(job->dir);
    if (job->slot < l->options.parallel)
        l->slots[job->slot] = false;
    free(job);
}

/* The runner has let go of its lock and exits; it is waited for when it has. */
static void let_go(fid__local *l, fid__local_job *job)
{
    pid_t *grown = NULL;
    if (job->runner)
        grown =
            fid_grow(l->leaving, &l->cap_leaving, l->n_leaving + 1, sizeof *l->leaving);
    if (grown) {
        l->leaving = grown;
        l->leaving[l->n_leaving++] = job->runner;
    }
    job->runner = 0;
}

static void wait_for_leaving(fid__local *l)
{
    for (size_t i = 0; i < l->n_leaving;)
        if (waitpid(l->leaving[i], NULL, WNOHANG) != 0)
            l->leaving[i] = l->leaving[--l->n_leaving];
        else
            i++;
}

static void remove_job(fid__local *l, size_t index)
{
    fid__local_job *job = l->jobs[index];
    let_go(l, job);
    l->jobs[index] = l->jobs[--l->n_jobs];
    close_job(l, job);
}

static fid_status add_job(fid__local *l, const fid_job *what, fid__local_job **out,
                          fid_error *err)
{
    if (find_job(l, what->trial))
        return fid_error_set(err, FID_STATE, "trial %llu runs already",
                             (unsigned long long)what->trial);
    fid__local_job **grown =
        fid_grow(l->jobs, &l->cap_jobs, l->n_jobs + 1, sizeof *l->jobs);
    if (!grown)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    l->jobs = grown;
    fid__local_job *job = fid_alloc(1, sizeof *job);
    if (!job)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    job->trial = what->trial;
    job->attempt = what->attempt;
    job->outline = *what->outline;
    job->slot = SIZE_MAX;
    job->dir = job->dir_watch = -1;
    for (int k = 0; k < FID__N_SOURCES; k++)
        job->sources[k] = (fid__source){.fd = -1, .watch = -1};
    job->sources[FID__COLLECTED_FILE].loose = true;
    job->look_at = fid__local_clock() +
                   (l->inotify < 0 ? blind_interval : look_interval);
    job->dirty = true;
    l->jobs[l->n_jobs++] = job;
    *out = job;
    return FID_OK;
}

static size_t local_free_slots(const void *state)
{
    const fid__local *l = state;
    return l->n_jobs < l->options.parallel ? l->options.parallel - l->n_jobs : 0;
}

static fid_status local_start(void *state, const fid_job *what, fid_error *err)
{
    fid__local *l = state;
    fid__local_job *job;
    size_t slot = 0;
    while (slot < l->options.parallel && l->slots[slot])
        slot++;
    if (local_free_slots(l) == 0 || slot == l->options.parallel)
        return fid_error_set(err, FID_LIMIT, "all %zu slots are taken",
                             l->options.parallel);
    FID_TRY(add_job(l, what, &job, err));
    job->slot = slot;
    l->slots[slot] = true;
    job->started = fid__local_clock();
    fid__local_launch(l, job, what);
    return FID_OK;
}

static fid_status local_adopt(void *state, const fid_job *what, fid_error *err)
{
    fid__local *l = state;
    fid__local_job *job;
    FID_TRY(add_job(l, what, &job, err));
    fid__local_reopen(l, job, what);
    if (job->slot >= l->options.parallel || l->slots[job->slot])
        job->slot = SIZE_MAX;
    else
        l->slots[job->slot] = true;
    (void)fid__local_is_alive(l, job);
    return FID_OK;
}

static fid_status local_stop(void *state, uint64_t trial, double grace)
{
    fid__local *l = state;
    fid__local_job *job = find_job(l, trial);
    if (!job)
        return FID_NOT_FOUND;
    if (job->over)
        return FID_OK;
    job->look_at = 0; /* where nobody listens: see why */
    if (job->runner)
        (void)kill(job->runner, SIGCONT); /* somebody may have stopped it */
    return fid__local_tell_stop(job->dir, grace) ? FID_OK : FID_IO;
}

/* --- poll */

static void take_notice(fid__local *l, const struct inotify_event *event)
{
    for (size_t i = 0; i < l->n_jobs; i++) {
        fid__local_job *job = l->jobs[i];
        bool all = event->mask & IN_Q_OVERFLOW;
        bool mine = all || event->wd == job->dir_watch;
        for (int k = 0; k < FID__N_SOURCES; k++)
            if (event->wd == job->sources[k].watch)
                job->dirty = true;
        job->dirty |= all;
        if (mine && (all || !event->len || strcmp(event->name, "exit") == 0 ||
                     strcmp(event->name, "lock") == 0)) {
            job->look_at = 0;
            job->pause = first_pause;
        }
    }
}

static void read_notices(fid__local *l)
{
    union {
        char bytes[16384];
        struct inotify_event align;
    } buffer;
    ssize_t n;
    while (l->inotify >= 0 && (n = read(l->inotify, buffer.bytes, sizeof buffer)) > 0)
        for (char *at = buffer.bytes; at < buffer.bytes + n;) {
            const struct inotify_event *event = (const void *)at;
            take_notice(l, event);
            at += sizeof *event + event->len;
        }
}

/* `exit` is seen a moment before the lock is free: look again soon, then less and less
 * often. */
static void look(fid__local *l, fid__local_job *job, double now)
{
    double usual = l->inotify < 0 ? blind_interval : look_interval;
    if (job->over || now < job->look_at)
        return;
    job->dirty = true;
    if (!fid__local_is_alive(l, job))
        return;
    if (job->pause > 0 && job->pause < usual) {
        job->look_at = now + job->pause;
        job->pause *= 2;
    } else {
        job->look_at = now + usual;
        job->pause = 0;
    }
}

/* One buffer a job in turn, until nothing is new or the sink is full. */
static bool gather(fid__local *l, fid__sink *sink)
{
    bool more = false;
    for (size_t turns = l->n_jobs; turns > 0 && sink->n < sink->cap; turns--) {
        size_t index = l->next_job < l->n_jobs ? l->next_job : 0;
        fid__local_job *job = l->jobs[index];
        l->next_job = index + 1;
        if (!job->dirty)
            continue;
        job->dirty = fid__local_read(l, job, sink);
        more |= job->dirty;
        if (!job->dirty && job->over) {
            if (sink->n == sink->cap) {
                job->dirty = true;
                break;
            }
            fid__local_say_end(l, job, &sink->reports[sink->n++]);
            remove_job(l, index);
            l->next_job = index;
        }
    }
    return more;
}

/* How long until the next look, at most until `deadline`. */
static bool wait_for_notice(const fid__local *l, double deadline)
{
    double until = deadline;
    for (size_t i = 0; i < l->n_jobs; i++)
        until = fmin(until, l->jobs[i]->look_at);
    double seconds = fmax(0, until - fid__local_clock());
    if (seconds > 3600)
        seconds = 3600;
    struct timespec t = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    struct pollfd fd = {l->inotify, POLLIN, 0};
    return ppoll(&fd, 1, &t, NULL) >= 0 || errno != EINTR;
}

static fid_status local_poll(void *state, double timeout, fid_exec_report *reports,
                             size_t cap, size_t *n, fid_error *err)
{
    fid__local *l = state;
    fid__sink sink = {reports, cap, 0};
    double start = fid__local_clock();
    double deadline = timeout < 0 ? (double)INFINITY : start + timeout;
    (void)err;
    fid__words_deinit(&l->texts);
    wait_for_leaving(l);
    for (;;) {
        double now = fid__local_clock();
        read_notices(l);
        for (size_t i = 0; i < l->n_jobs; i++)
            look(l, l->jobs[i], now);
        bool more = gather(l, &sink);
        if (sink.n || (l->n_jobs == 0 && timeout < 0) || now >= deadline)
            break;
        if (!more && !wait_for_notice(l, deadline))
            break;
    }
    *n = sink.n;
    return FID_OK;
}

/* --- the rest */

static void local_discard(void *state, uint64_t trial)
{
    const fid__local *l = state;
    char name[FID__NAME_SIZE];
    fid__folder_trial_name(name, trial);
    int dir = fid__folder_enter(l->folder, name, false);
    if (dir < 0)
        return;
    fid__folder_remove(dir, "checkpoint");
    close(dir);
}

static bool local_has_checkpoint(const void *state, uint64_t trial)
{
    const fid__local *l = state;
    char name[FID__NAME_SIZE];
    fid__folder_trial_name(name, trial);
    int dir = fid__folder_enter(l->folder, name, false);
    if (dir < 0)
        return false;
    int checkpoint = fid__folder_enter(dir, "checkpoint", false);
    close(dir);
    return checkpoint >= 0 && !fid__folder_is_empty(checkpoint);
}

static void local_close(void *state)
{
    fid__local *l = state;
    wait_for_leaving(l);
    while (l->n_jobs)
        close_job(l, l->jobs[--l->n_jobs]);
    free(l->jobs);
    free(l->leaving);
    fid__words_deinit(&l->texts);
    fid__report_deinit(&l->report);
    if (l->inotify >= 0)
        close(l->inotify);
    if (l->folder >= 0)
        close(l->folder);
    free((void *)l->options.command);
    free((void *)l->options.resume_args);
    if (l->collect) /* the options were copied */
        free((void *)l->options.environment);
    free(l->collect);
    free(l->slots);
    free(l->buffer);
    free(l->lines);
    free(l->folder_path);
    fid__words_deinit(&l->kept);
    *l = (fid__local){.folder = -1, .inotify = -1};
}

const fid_exec_type fid_exec_local = {
    .name = "local",
    .state_size = sizeof(fid__local),
    .open = local_open,
    .start = local_start,
    .adopt = local_adopt,
    .stop = local_stop,
    .poll = local_poll,
    .free_slots = local_free_slots,
    .now_us = NULL,
    .discard = local_discard,
    .has_checkpoint = local_has_checkpoint,
    .close = local_close,
};
