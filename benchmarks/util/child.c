#include "child.h"

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

enum { TAIL = 2000, LINE_LIMIT = 16 << 20 };

struct bench_child {
    pid_t pid;
    int in, out, err; /* ends of the pipes on our side; -1: closed */
    fid_text buffer;  /* read, not handed out */
    size_t used;      /* of the buffer: the line handed out last */
    char tail[TAIL + 1];
    size_t tail_length;
    bool reaped;
    int wait_status;
};

static void child_side(char *const argv[], const char *folder, const int in[2],
                       const int out[2], const int err[2])
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a busy peer would not see its stdin end */
    signal(SIGPIPE, SIG_DFL);
    if (folder && chdir(folder)) {
        dprintf(err[1], "%s: %s\n", folder, strerror(errno));
        _exit(126);
    }
    if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(err[1], 2) < 0)
        _exit(126);
    execvp(argv[0], argv);
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void close_pair(const int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

fid_status bench_child_start(bench_child **out, char *const argv[], const char *folder,
                             fid_error *err)
{
    int in[2], from[2], words[2];
    *out = NULL;
    bench_child *child = fid_alloc(1, sizeof *child);
    if (!child)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    bool have_in = pipe2(in, O_CLOEXEC) == 0, have_out = pipe2(from, O_CLOEXEC) == 0,
         have_err = pipe2(words, O_CLOEXEC) == 0;
    signal(SIGPIPE, SIG_IGN);
    child->pid = have_in && have_out && have_err ? fork() : -1;
    if (child->pid == 0)
        child_side(argv, folder, in, from, words);
    if (child->pid < 0) {
        fid_error_set(err, FID_IO, "%s: %s", argv[0], strerror(errno));
        if (have_in)
            close_pair(in);
        if (have_out)
            close_pair(from);
        if (have_err)
            close_pair(words);
        free(child);
        return FID_IO;
    }
    close(in[0]);
    close(from[1]);
    close(words[1]);
    child->in = in[1];
    child->out = from[0];
    child->err = words[0];
    fcntl(child->out, F_SETFL, O_NONBLOCK);
    fcntl(child->err, F_SETFL, O_NONBLOCK);
    *out = child;
    return FID_OK;
}

static void keep_tail(bench_child *child, const char *bytes, size_t n)
{
    if (n > TAIL) {
        bytes += n - TAIL;
        n = TAIL;
    }
    if (child->tail_length + n > TAIL) {
        size_t drop = child->tail_length + n - TAIL;
        memmove(child->tail, child->tail + drop, child->tail_length - drop);
        child->tail_length -= drop;
    }
    memcpy(child->tail + child->tail_length, bytes, n);
    child->tail_length += n;
    child->tail[child->tail_length] = '\0';
}

static void drain_stderr(bench_child *child)
{
    char bytes[4096];
    ssize_t n;
    while (child->err >= 0 && (n = read(child->err, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        keep_tail(child, bytes, (size_t)n);
    }
    if (child->err >= 0)
        close(child->err);
    child->err = -1;
}

const char *bench_child_last_words(bench_child *child)
{
    drain_stderr(child);
    while (child->tail_length && strchr("\r\n ", child->tail[child->tail_length - 1]))
        child->tail[--child->tail_length] = '\0';
    return child->tail;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Wait for the end, at most `seconds`. */
static bool reap(bench_child *child, double seconds)
{
    double until = now() + seconds;
    while (!child->reaped) {
        pid_t got = waitpid(child->pid, &child->wait_status, WNOHANG);
        if (got == child->pid || (got < 0 && errno == ECHILD)) {
            child->reaped = true;
            break;
        }
        if (now() >= until)
            return false;
        usleep(2000);
    }
    return true;
}

static fid_status gone(bench_child *child, fid_error *err)
{
    char how[64] = "closed its output";
    if (reap(child, 1.0)) {
        if (WIFSIGNALED(child->wait_status))
            snprintf(how, sizeof how, "died of signal %d",
                     WTERMSIG(child->wait_status));
        else
            snprintf(how, sizeof how, "exited with %d",
                     WEXITSTATUS(child->wait_status));
    }
    const char *words = bench_child_last_words(child);
    size_t n = strlen(words);
    return fid_error_set(err, FID_IO, "%s: %s", how, n > 400 ? words + n - 400 : words);
}

fid_status bench_child_send(bench_child *child, const char *line, fid_error *err)
{
    size_t n = strlen(line), done = 0;
    char newline = '\n';
    while (done <= n) {
        ssize_t wrote = done < n ? write(child->in, line + done, n - done)
                                 : write(child->in, &newline, 1);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return gone(child, err);
        done += (size_t)wrote;
    }
    return FID_OK;
}

/* false: end of file */
static bool read_more(bench_child *child)
{
    char bytes[65536];
    ssize_t n = read(child->out, bytes, sizeof bytes);
    if (n > 0)
        fid_text_append_n(&child->buffer, bytes, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

fid_status bench_child_receive(bench_child *child, double timeout, const char **line,
                               fid_error *err)
{
    double until = now() + timeout;
    fid_text *b = &child->buffer;
    if (child->used) {
        memmove(b->data, b->data + child->used, b->len - child->used);
        b->len -= child->used;
        child->used = 0;
    }
    size_t looked = 0;
    for (;;) {
        char *end = b->len > looked ? memchr(b->data + looked, '\n', b->len - looked)
                                    : NULL;
        if (end) {
            *end = '\0';
            *line = b->data;
            child->used = (size_t)(end - b->data) + 1;
            return FID_OK;
        }
        looked = b->len;
        if (b->failed || b->len > LINE_LIMIT)
            return fid_error_set(err, FID_PARSE, "answered a line of over %zu bytes",
                                 b->len);
        double left = until - now();
        if (left <= 0.0)
            return fid_error_set(err, FID_LIMIT,
                                 "no answer within %g s; last words: %.300s", timeout,
                                 bench_child_last_words(child));
        struct pollfd wait[2] = {{.fd = child->out, .events = POLLIN},
                                 {.fd = child->err, .events = POLLIN}};
        poll(wait, 2, (int)(left * 1000.0) + 1);
        if (wait[1].revents)
            drain_stderr(child);
        if (wait[0].revents && !read_more(child))
            return gone(child, err);
    }
}

double bench_child_cpu(const bench_child *child)
{
    clockid_t clock;
    struct timespec t;
    if (child->reaped || clock_getcpuclockid(child->pid, &clock) ||
        clock_gettime(clock, &t))
        return 0.0;
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void bench_child_stop(bench_child *child)
{
    if (!child)
        return;
    close(child->in);
    if (!reap(child, 0.2)) {
        kill(-child->pid, SIGKILL);
        kill(child->pid, SIGKILL);
        reap(child, 10.0);
    } else {
        kill(-child->pid, SIGKILL); /* what it left behind */
    }
    close(child->out);
    if (child->err >= 0)
        close(child->err);
    fid_text_deinit(&child->buffer);
    free(child);
}
