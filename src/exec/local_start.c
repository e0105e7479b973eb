/* Making an attempt's folder and starting its runner; opening one again. */
#include "exec/local.h"

#include "exec/environ.h"
#include "exec/folder.h"
#include "exec/order.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const source_names[FID__N_SOURCES] = {"report", "collected"};

/* What is being started. */
typedef struct {
    fid__local *local;
    fid__local_job *job;
    const fid_job *what;
    fid__paths paths;
    fid__words command, environment, order;
    int lock, control;
    char failure[256];
} launch;

static bool failed(launch *l, const char *what)
{
    snprintf(l->failure, sizeof l->failure, "%s: %s", what, strerror(errno));
    return false;
}

/* --- folders and files */

static bool earlier_attempt_runs(launch *l, int trial)
{
    char name[FID__NAME_SIZE];
    fid__folder_attempt_name(name, l->what->attempt - 1);
    int dir = l->what->attempt > 1 ? fid__folder_enter(trial, name, false) : -1;
    bool runs = dir >= 0 && fid__local_is_locked(dir);
    if (dir >= 0)
        close(dir);
    if (runs) {
        snprintf(l->failure, sizeof l->failure, "%s still runs", name);
        errno = EBUSY;
    }
    return runs;
}

static bool make_folders(launch *l)
{
    char name[FID__NAME_SIZE];
    fid__folder_trial_name(name, l->what->trial);
    int trial = l->what->attempt == 1 ? fid__folder_fresh(l->local->folder, name)
                                      : fid__folder_enter(l->local->folder, name, true);
    if (trial < 0)
        return failed(l, l->paths.trial);
    int checkpoint = fid__folder_enter(trial, "checkpoint", true);
    bool ok = checkpoint >= 0 || failed(l, l->paths.checkpoint);
    if (checkpoint >= 0)
        close(checkpoint);
    fid__folder_attempt_name(name, l->what->attempt);
    if (ok && !earlier_attempt_runs(l, trial)) {
        l->job->dir = fid__folder_fresh(trial, name);
        ok = l->job->dir >= 0 || failed(l, l->paths.attempt);
    }
    close(trial);
    return ok && l->job->dir >= 0;
}

static bool write_params(launch *l)
{
    fid_text json = {0};
    fid_space_config_to_json(l->what->space, l->what->config, &json);
    fid_text_append(&json, "\n");
    errno = ENOMEM;
    int fd = json.failed
                 ? -1
                 : fid__folder_create(l->job->dir, "params.json", json.data, json.len);
    if (fd >= 0)
        close(fd);
    fid_text_deinit(&json);
    return fd >= 0 || failed(l, l->paths.params);
}

static bool make_sources(launch *l)
{
    for (int k = 0; k < FID__N_SOURCES; k++) {
        fid__source *s = &l->job->sources[k];
        if (k == FID__COLLECTED_FILE && !l->local->options.n_collect)
            continue;
        s->fd = fid__folder_create(l->job->dir, source_names[k], "", 0);
        if (s->fd < 0)
            return failed(l, source_names[k]);
    }
    return true;
}

/* The lock is taken here and inherited by the runner, so there is no moment at which the
 * attempt looks dead. The FIFO likewise: a stop that comes early waits in it. */
static bool make_lock_and_control(launch *l)
{
    char text[64];
    int n = snprintf(text, sizeof text, "slot=%zu\n", l->job->slot);
    l->lock = fid__folder_create(l->job->dir, "lock", text, (size_t)n);
    if (l->lock < 0 || flock(l->lock, LOCK_EX) != 0)
        return failed(l, "lock");
    if (mkfifoat(l->job->dir, "control", 0600) == 0)
        l->control = openat(l->job->dir, "control",
                            O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    return l->control >= 0 || failed(l, "control");
}

/* --- watching */

static void watch(fid__local *local, fid__local_job *job)
{
    char path[64];
    if (local->inotify < 0)
        return;
    for (int k = 0; k < FID__N_SOURCES; k++) {
        fid__source *s = &job->sources[k];
        snprintf(path, sizeof path, "/proc/self/fd/%d", s->fd);
        if (s->fd >= 0)
            s->watch = inotify_add_watch(local->inotify, path, IN_MODIFY);
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", job->dir);
    job->dir_watch = inotify_add_watch(local->inotify, path,
                                       IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
}

/* --- the process */

/* A copy above the numbers that the runner gets, so that none is overwritten. */
static int move_up(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

static int spawn_with(launch *l, const int fds[3])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return ENOMEM;
    }
    int error = 0;
    for (int k = 0; k < 3 && !error; k++) {
        error = posix_spawn_file_actions_addopen(&files, k, "/dev/null",
                                                 k ? O_WRONLY : O_RDONLY, 0);
        if (!error)
            error = posix_spawn_file_actions_adddup2(&files, fds[k], FID__FD_LOCK + k);
    }
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSID);
    if (!error)
        error = posix_spawn(&l->job->runner, l->local->options.runner, &files,
                            &attributes, l->order.items, l->environment.items);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static bool spawn_runner(launch *l)
{
    int fds[3] = {move_up(l->lock), move_up(l->control), move_up(l->job->dir)};
    int error = fds[0] < 0 || fds[1] < 0 || fds[2] < 0 ? errno : spawn_with(l, fds);
    for (int k = 0; k < 3; k++)
        if (fds[k] >= 0)
            close(fds[k]);
    if (!error)
        return true;
    l->job->runner = 0;
    errno = error;
    return failed(l, l->local->options.runner);
}

static bool write_order(launch *l)
{
    const fid_exec_local_options *o = &l->local->options;
    fid__order order = {
        .timeout = o->timeout,
        .idle_timeout = o->idle_timeout,
        .grace = o->grace,
        .mem = o->mem,
        .log_cap = o->log_cap,
        .engine = o->orphans_kill ? (int64_t)getpid() : 0,
        .budget_done = l->what->budget_done,
        .workdir = o->workdir,
        .collect = l->local->collect,
        .n_collect = o->n_collect,
        .command = l->command.items,
    };
    fid__words_add(&l->order, o->runner, strlen(o->runner));
    fid__order_write(&order, &l->order);
    errno = ENOMEM;
    return !l->order.failed || failed(l, "runner");
}

static const char *own_devices(const fid__local *local)
{
    const char *const *e = fid__local_environment(local);
    static const char name[] = "CUDA_VISIBLE_DEVICES=";
    for (; e && *e; e++)
        if (strncmp(*e, name, sizeof name - 1) == 0)
            return *e + sizeof name - 1;
    return NULL;
}

static bool write_words(launch *l)
{
    fid_error err = {0};
    fid_text devices = {0};
    const fid_exec_local_options *o = &l->local->options;
    const char *const *inherited = fid__local_environment(l->local);
    if (o->gpus)
        (void)fid__environ_devices(own_devices(l->local), l->job->slot, o->gpus,
                                   &devices);
    fid_status status =
        fid__command_expand(o, l->what, &l->paths, inherited, &l->command, &err);
    if (status == FID_OK)
        status = fid__environ_build(o, l->what, &l->paths, inherited, devices.data,
                                    &l->environment, &err);
    fid_text_deinit(&devices);
    if (status != FID_OK) {
        snprintf(l->failure, sizeof l->failure, "%.250s", err.message);
        errno = status == FID_NOMEM ? ENOMEM : EINVAL;
    }
    return status == FID_OK;
}

static bool make_paths(launch *l)
{
    errno = ENOMEM;
    return fid__paths_init(&l->paths, l->local->folder_path, l->what, NULL) == FID_OK ||
           failed(l, "start");
}

static void fail_job(launch *l)
{
    fid__local_job *job = l->job;
    job->over = job->dirty = job->has_ending = true;
    job->ending = (fid__ending){.why = FID__WHY_LAUNCH, .code = errno};
    snprintf(job->complaint, sizeof job->complaint, "%s", l->failure);
}

void fid__local_launch(fid__local *local, fid__local_job *job, const fid_job *what)
{
    launch l = {.local = local, .job = job, .what = what, .lock = -1, .control = -1};
    errno = 0;
    bool ok = make_paths(&l) && write_words(&l) && make_folders(&l) &&
              write_params(&l) && make_sources(&l) && make_lock_and_control(&l) &&
              write_order(&l);
    if (ok) {
        watch(local, job);
        ok = spawn_runner(&l);
    }
    if (!ok)
        fail_job(&l);
    if (l.lock >= 0)
        close(l.lock);
    if (l.control >= 0)
        close(l.control);
    fid__paths_deinit(&l.paths);
    fid__words_deinit(&l.command);
    fid__words_deinit(&l.environment);
    fid__words_deinit(&l.order);
}

/* --- once more */

static size_t slot_of(int dir)
{
    char text[64];
    int64_t slot;
    long n = fid__folder_read(dir, "lock", text, sizeof text);
    if (n < 7 || memcmp(text, "slot=", 5) != 0 || text[n - 1] != '\n' ||
        !fid_parse_int(text + 5, (size_t)n - 6, &slot) || slot < 0)
        return SIZE_MAX;
    return (size_t)slot;
}

void fid__local_reopen(fid__local *local, fid__local_job *job, const fid_job *what)
{
    char name[FID__NAME_SIZE];
    fid__folder_trial_name(name, what->trial);
    int trial = fid__folder_enter(local->folder, name, false);
    if (trial < 0)
        return;
    fid__folder_attempt_name(name, what->attempt);
    job->dir = fid__folder_enter(trial, name, false);
    close(trial);
    if (job->dir < 0)
        return;
    for (int k = 0; k < FID__N_SOURCES; k++)
        job->sources[k].fd = openat(job->dir, source_names[k],
                                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    job->slot = slot_of(job->dir);
    watch(local, job);
    fid__local_seek(local, job, what->offset);
}
