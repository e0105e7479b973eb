/* How it is known that an attempt is over, and what is said about it. */
#include "exec/local.h"

#include "exec/folder.h"
#include "exec/log.h"
#include "exec/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_SIZE = 1024, WORDS_SIZE = 2000 };
static const double sweep_seconds = 2;

/* A shared lock is asked for, so that two who look do not disturb each other. When it
 * cannot be known, e.g. for want of descriptors, the answer is yes. */
bool fid__local_is_locked(int dir)
{
    int fd = openat(dir, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno != ENOENT && errno != ELOOP;
    bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

bool fid__local_tell_stop(int dir, double grace)
{
    fid_text line = {0};
    fid_text_append(&line, "stop ");
    fid_text_append_double(&line, grace > 0 ? grace : 0);
    fid_text_append(&line, "\n");
    int fd = openat(dir, "control", O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    bool none = fd < 0 && errno == ENXIO;
    bool sent = fd >= 0 && !line.failed && write(fd, line.data, line.len) > 0;
    if (fd >= 0)
        close(fd);
    fid_text_deinit(&line);
    return sent || none;
}

static bool is_runner(const fid__local *local, pid_t pid)
{
    for (size_t i = 0; i < local->n_jobs; i++)
        if (local->jobs[i]->runner == pid)
            return true;
    for (size_t i = 0; i < local->n_leaving; i++)
        if (local->leaving[i] == pid)
            return true;
    return false;
}

/* What a dead runner left has become our child. Rounds, because the children of what is
 * killed come to us too. */
static void kill_strangers(const fid__local *local)
{
    enum { ROUNDS = 200 };
    fid__pids children = {0};
    for (int round = 0; round < ROUNDS; round++) {
        size_t strangers = 0;
        fid__tree_children(getpid(), &children);
        for (size_t i = 0; i < children.n; i++)
            if (!is_runner(local, children.pids[i])) {
                strangers++;
                (void)kill(children.pids[i], SIGKILL);
                (void)waitpid(children.pids[i], NULL, WNOHANG);
            }
        if (!strangers)
            break;
        (void)usleep(1000);
    }
    free(children.pids);
}

/* The runner was killed. Its trial died with it; find what the trial had started. */
static void sweep(const fid__local *local, const fid__local_job *job)
{
    fid_text tag = {0};
    char trial[FID__NAME_SIZE], attempt[FID__NAME_SIZE];
    size_t left;
    fid__folder_trial_name(trial, job->trial);
    fid__folder_attempt_name(attempt, job->attempt);
    fid_text_printf(&tag, "FIDELIO_REPORT=%s/%s/%s/report", local->folder_path, trial,
                    attempt);
    if (!tag.failed)
        (void)fid__tree_sweep(tag.data, sweep_seconds, &left);
    fid_text_deinit(&tag);
    if (local->options.subreaper)
        kill_strangers(local);
}

bool fid__local_is_alive(fid__local *local, fid__local_job *job)
{
    char text[EXIT_SIZE];
    if (job->dir >= 0 && fid__local_is_locked(job->dir))
        return true;
    /* The lock is looked at first: who held it wrote `exit` before letting go. */
    errno = 0;
    long n = job->dir >= 0 ? fid__folder_read(job->dir, "exit", text, sizeof text) : -1;
    if (n < 0 && errno && errno != ENOENT && errno != ELOOP)
        return true; /* look again later */
    job->over = job->dirty = true;
    job->has_ending = n > 0 && fid__ending_read(text, (size_t)n, &job->ending);
    if (!job->has_ending)
        sweep(local, job);
    return false;
}

/* --- what it came to */

static bool is_shortage(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE ||
           error == ENOSPC || error == EDQUOT || error == EFBIG;
}

static fid_end end_of(const fid__local_job *job)
{
    if (!job->has_ending)
        return FID_END_LOST;
    switch (job->ending.why) {
    case FID__WHY_STOPPED:
        return FID_END_STOPPED;
    case FID__WHY_TIMEOUT:
    case FID__WHY_IDLE:
        return FID_END_TIMEOUT;
    case FID__WHY_MEMORY:
        return FID_END_MEMORY;
    case FID__WHY_LAUNCH:
        return is_shortage(job->ending.code) ? FID_END_SHORTAGE : FID_END_LAUNCH;
    case FID__WHY_EXITED:
        break;
    default: /* somebody else ended it */
        return FID_END_LOST;
    }
    if (job->infeasible)
        return FID_END_INFEASIBLE;
    return job->ending.code == 0    ? FID_END_DONE
           : job->ending.code == 75 ? FID_END_AGAIN
                                    : FID_END_CRASHED;
}

static void say_why(const fid__local *local, const fid__local_job *job, fid_text *out)
{
    const fid__ending *e = &job->ending;
    if (!job->has_ending) {
        fid_text_append(out, "its supervisor is gone\n");
        return;
    }
    switch (e->why) {
    case FID__WHY_TIMEOUT:
        fid_text_printf(out, "stopped after %g s: timeout\n", local->options.timeout);
        break;
    case FID__WHY_IDLE:
        fid_text_printf(out, "stopped: neither output nor report for %g s\n",
                        local->options.idle_timeout);
        break;
    case FID__WHY_MEMORY:
        fid_text_printf(out, "stopped: it used %.0f MiB, allowed are %.0f\n",
                        (double)e->peak / 1048576,
                        (double)local->options.mem / 1048576);
        break;
    case FID__WHY_LAUNCH:
        fid_text_printf(out, "could not be started: %s\n",
                        *job->complaint ? job->complaint : strerror(e->code));
        break;
    case FID__WHY_ORPHANED:
        fid_text_append(out, "stopped because the engine had died\n");
        break;
    case FID__WHY_SIGNALLED:
        fid_text_append(out, "its supervisor was told to end by a signal\n");
        break;
    case FID__WHY_EXITED:
        if (e->code < 0)
            fid_text_printf(out, "killed by signal %d (%s)\n", -e->code,
                            strsignal(-e->code));
        else if (e->code != 0 && e->code != 75)
            fid_text_printf(out, "exit code %d\n", e->code);
        break;
    default:
        break;
    }
    if (e->left)
        fid_text_printf(out, "%u of its processes could not be killed\n", e->left);
    if (e->n_dropped)
        fid_text_printf(out, "%llu metrics could not be written: disk full?\n",
                        (unsigned long long)e->n_dropped);
}

static bool is_failure(fid_end end)
{
    return end != FID_END_DONE && end != FID_END_AGAIN && end != FID_END_STOPPED &&
           end != FID_END_INFEASIBLE;
}

/* The tail of what it printed, on whole lines. */
static void add_last_words(const fid__local_job *job, fid_text *out)
{
    fid_text log = {0};
    if (job->dir < 0 || !is_failure(end_of(job)))
        return;
    if (fid__log_read(job->dir, "stderr", WORDS_SIZE, &log) != FID_OK || log.len == 0)
        (void)fid__log_read(job->dir, "stdout", WORDS_SIZE, &log);
    if (log.len && !log.failed) {
        const char *from = log.data;
        if (log.len == WORDS_SIZE) { /* cut at the front */
            const char *newline = memchr(log.data, '\n', log.len - 1);
            from = newline ? newline + 1 : from;
        }
        fid_text_append_n(out, from, (size_t)(log.data + log.len - from));
    }
    fid_text_deinit(&log);
}

static void remove_control_bytes(fid_text *text)
{
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];
        if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7F)
            text->data[i] = c == '\r' ? '\n' : '?';
    }
    while (text->len && text->data[text->len - 1] == '\n')
        text->data[--text->len] = '\0';
}

void fid__local_say_end(fid__local *local, fid__local_job *job, fid_exec_report *out)
{
    fid_text words = {0};
    *out = (fid_exec_report){
        .kind = FID_EXEC_ENDED,
        .trial = job->trial,
        .attempt = job->attempt,
        .step = (double)NAN,
        .end = end_of(job),
        .code = job->has_ending ? job->ending.code : 0,
        .seconds = job->has_ending    ? job->ending.seconds
                   : job->started > 0 ? fid__local_clock() - job->started
                                      : 0,
        .refused = job->refused,
    };
    say_why(local, job, &words);
    if (job->refused)
        fid_text_printf(&words, "%s\n", job->complaint);
    add_last_words(job, &words);
    remove_control_bytes(&words);
    size_t before = local->texts.n;
    if (words.len && !words.failed)
        fid__words_add(&local->texts, words.data, words.len);
    out->text = local->texts.n > before ? local->texts.items[before] : NULL;
    fid_text_deinit(&words);
}
