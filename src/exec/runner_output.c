/* The trial's output: to the logs, and through the collect rules to `collected`. */
#include "exec/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    BUFFER = 65536,
    PENDING_MAX = 1 << 20, /* collected lines kept in memory while the disk is full */
    ROUNDS_AT_END = 64,    /* a pipe holds at most 1 MiB unless its owner is root */
};
static const double flush_pause = 0.1, flush_patience = 5;

static const char *const log_names[2] = {
    [FID_FROM_STDOUT] = "stdout", [FID_FROM_STDERR] = "stderr"};

void fid__runner_open_output(fid__runner *r, int pipes[2])
{
    for (int from = 0; from < 2; from++) {
        fid__stream *s = &r->streams[from];
        s->pipe = pipes[from];
        (void)fcntl(s->pipe, F_SETFL, O_NONBLOCK);
        s->collected = r->collector &&
                       fid__collector_wants(r->collector, (fid_collect_source)from);
        s->lines.carriage = true;
        fid__log_open(&s->log, FID__FD_DIR, log_names[from], r->order.log_cap);
    }
    r->collected = -1;
    if (r->collector)
        r->collected = openat(FID__FD_DIR, "collected",
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                              0600);
}

/* All but the first line, of which a part may be written. */
static void drop_pending(fid__runner *r)
{
    const char *data = r->pending.data, *newline;
    newline = r->pending.len ? memchr(data, '\n', r->pending.len) : NULL;
    size_t first = newline ? (size_t)(newline - data) + 1 : 0;
    for (size_t i = first; i < r->pending.len; i++)
        r->ending.n_dropped += data[i] == '\n';
    r->pending.len = first;
    r->pending.failed = false;
}

/* A write that stops in the middle of a line is completed by the next one. */
void fid__runner_flush(fid__runner *r)
{
    while (r->pending.len) {
        ssize_t n = write(r->collected, r->pending.data, r->pending.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        r->pending.len -= (size_t)n;
        memmove(r->pending.data, r->pending.data + n, r->pending.len);
    }
    if (r->pending.len > PENDING_MAX)
        drop_pending(r);
    r->next_flush = r->now + flush_pause;
}

static void collect(fid__runner *r, fid_collect_source from, const char *data, size_t n)
{
    fid__stream *s = &r->streams[from];
    fid__line line;
    if (!s->collected)
        return;
    while (fid__lines_next(&s->lines, &data, &n, &line))
        fid__collector_take(r->collector, from, line.data, line.n, &r->pending);
    if (r->pending.failed)
        drop_pending(r);
    fid__runner_flush(r);
}

void fid__runner_read(fid__runner *r, fid_collect_source from, int rounds)
{
    char buffer[BUFFER];
    fid__stream *s = &r->streams[from];
    while (s->pipe >= 0 && rounds-- > 0) {
        ssize_t n = read(s->pipe, buffer, sizeof buffer);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            close(s->pipe);
            s->pipe = -1;
            return;
        }
        r->last_active = r->now;
        fid__log_write(&s->log, buffer, (size_t)n);
        collect(r, from, buffer, (size_t)n);
    }
}

/* A last line without a newline counts when the trial had its say: it ended by itself and
 * nothing of it was killed, so the line is not half a number. */
static void take_rest(fid__runner *r, fid_collect_source from)
{
    fid__line line;
    fid__stream *s = &r->streams[from];
    bool by_itself = r->ending.why == FID__WHY_EXITED && r->ending.code >= 0 &&
                     !r->ending.outlived;
    if (s->collected && by_itself && fid__lines_rest(&s->lines, &line))
        fid__collector_take(r->collector, from, line.data, line.n, &r->pending);
    r->ending.n_cut += s->lines.n_cut;
}

void fid__runner_close_output(fid__runner *r)
{
    for (int k = 0; k < 2; k++) {
        fid_collect_source from = (fid_collect_source)k;
        fid__stream *s = &r->streams[from];
        fid__runner_read(r, from, ROUNDS_AT_END);
        take_rest(r, from);
        fid__log_close(&s->log);
        if (s->pipe >= 0)
            close(s->pipe);
        s->pipe = -1;
    }
    fid__runner_flush(r);
    for (double waited = 0; r->pending.len && waited < flush_patience;
         waited += flush_pause) {
        (void)usleep((unsigned)(flush_pause * 1e6));
        fid__runner_flush(r);
    }
    drop_pending(r);
}
