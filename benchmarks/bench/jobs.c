#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PARALLEL = 64, WORDS = 500 };

typedef struct {
    bool used, late;
    pid_t pid;
    size_t job;
    int out, err;
    fid_text text, words;
    double deadline;
} worker;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(fd, bytes, n);
        if (wrote < 0 && errno != EINTR)
            _exit(1);
        if (wrote > 0) {
            bytes += wrote;
            n -= (size_t)wrote;
        }
    }
}

static void child_side(const bench_jobs *jobs, size_t job, int out, int err)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the parent decides */
    dup2(err, 2);
    fid_text text = {0};
    jobs->run(jobs->ctx, job, &text);
    if (text.failed || !text.data)
        _exit(1);
    write_all(out, text.data, text.len);
    _exit(0);
}

static bool launch(const bench_jobs *jobs, worker *w, size_t job)
{
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC))
        return false;
    if (pipe2(err, O_CLOEXEC)) {
        close(out[0]);
        close(out[1]);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(out[0]);
        close(err[0]);
        child_side(jobs, job, out[1], err[1]);
    }
    close(out[1]);
    close(err[1]);
    if (pid < 0) {
        close(out[0]);
        close(err[0]);
        return false;
    }
    /* a peer's child that outlives it may hold the other end for ever */
    (void)fcntl(err[0], F_SETFL, O_NONBLOCK);
    *w = (worker){.used = true,
                  .pid = pid,
                  .job = job,
                  .out = out[0],
                  .err = err[0],
                  .deadline = jobs->timeout > 0.0 ? now() + jobs->timeout : 0.0};
    return true;
}

/* false: end of file */
static bool take(int fd, fid_text *text, size_t keep)
{
    char bytes[65536];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0)
        return errno == EINTR;
    fid_text_append_n(text, bytes, (size_t)n);
    if (keep && text->len > 8 * keep) {
        memmove(text->data, text->data + text->len - keep, keep + 1);
        text->len = keep;
    }
    return n > 0;
}

static bool finish(const bench_jobs *jobs, worker *w)
{
    int status = 0;
    char words[WORDS + 200];
    while (take(w->err, &w->words, WORDS))
        ;
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    bool died = status != 0 || !w->text.data;
    if (died) {
        size_t n = w->words.len, skip = n > WORDS ? n - WORDS : 0;
        const char *tail = w->words.data ? w->words.data + skip : "";
        if (w->late)
            snprintf(words, sizeof words, "killed after %g s: %s", jobs->timeout, tail);
        else if (WIFSIGNALED(status))
            snprintf(words, sizeof words, "died of signal %d: %s", WTERMSIG(status),
                     tail);
        else
            snprintf(words, sizeof words, "exited with %d: %s", WEXITSTATUS(status),
                     tail);
    }
    bool go_on = jobs->done(jobs->ctx, w->job, died, died ? words : w->text.data);
    fid_text_deinit(&w->text);
    fid_text_deinit(&w->words);
    close(w->out);
    close(w->err);
    w->used = false;
    return go_on;
}

static bool attend(const bench_jobs *jobs, worker *workers, size_t n)
{
    struct pollfd waits[2 * MAX_PARALLEL];
    size_t n_waits = 0, owner[2 * MAX_PARALLEL];
    for (size_t i = 0; i < n; i++) {
        worker *w = &workers[i];
        if (!w->used)
            continue;
        if (w->deadline > 0.0 && now() > w->deadline) {
            w->late = true;
            kill(w->pid, SIGKILL);
        }
        owner[n_waits] = owner[n_waits + 1] = i;
        waits[n_waits++] = (struct pollfd){.fd = w->out, .events = POLLIN};
        waits[n_waits++] = (struct pollfd){.fd = w->err, .events = POLLIN};
    }
    if (poll(waits, n_waits, 500) <= 0)
        return true;
    for (size_t i = 0; i < n_waits; i += 2) {
        worker *w = &workers[owner[i]];
        /* a silent stderr at its end would wake us for ever: look at it when it has
         * something to read */
        if (waits[i + 1].revents & POLLIN)
            take(w->err, &w->words, WORDS);
        if (waits[i].revents && !take(w->out, &w->text, 0) && !finish(jobs, w))
            return false;
    }
    return true;
}

fid_status bench_jobs_run(const bench_jobs *jobs, fid_error *err)
{
    worker workers[MAX_PARALLEL] = {0};
    size_t parallel = jobs->parallel < 1 ? 1 : jobs->parallel;
    if (parallel > MAX_PARALLEL)
        parallel = MAX_PARALLEL;
    size_t next = 0, running = 0;
    bool ok = true;
    while (ok && (next < jobs->n_jobs || running > 0)) {
        for (size_t i = 0; i < parallel && next < jobs->n_jobs; i++)
            if (!workers[i].used && !launch(jobs, &workers[i], next++))
                return fid_error_set(err, FID_IO, "cannot start a process: %s",
                                     strerror(errno));
        ok = attend(jobs, workers, parallel);
        running = 0;
        for (size_t i = 0; i < parallel; i++)
            running += workers[i].used;
    }
    for (size_t i = 0; i < parallel; i++)
        if (workers[i].used)
            kill(workers[i].pid, SIGKILL);
    return ok ? FID_OK : fid_error_set(err, FID_IO, "ended early");
}
