/* From the files of an attempt to reports.
 *
 * The offset of a report holds where both files were when it was taken: 36 bits of bytes
 * of `report` (64 GiB; more is not read) and 27 bits of lines of `collected`. */
#include "exec/local.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES_MAX ((UINT64_C(1) << 36) - 1)
#define LINES_MAX ((UINT64_C(1) << 27) - 1)

static uint64_t offset_of(const fid__local_job *job)
{
    return job->sources[FID__COLLECTED_FILE].n_lines << 36 |
           job->sources[FID__REPORT_FILE].position;
}

static bool is_full(const fid__source *s)
{
    return s->loose ? s->n_lines >= LINES_MAX
                    : s->position > BYTES_MAX - FID__READ_SIZE;
}

static void complain(fid__local_job *job, const char *why, const char *line, size_t n)
{
    if (job->refused++ == 0) {
        int shown = n > 80 ? 80 : (int)n;
        snprintf(job->complaint, sizeof job->complaint,
                 "report not understood: %s%s%.*s", why, n ? ": " : "", shown, line);
    }
}

static const char *keep_text(fid__local *local, const fid_text *text)
{
    size_t before = local->texts.n;
    if (text->len && !text->failed)
        fid__words_add(&local->texts, text->data, text->len);
    return local->texts.n > before ? local->texts.items[before] : NULL;
}

/* true: the line says something, which is in local->report. */
static bool understand(fid__local *local, fid__local_job *job, const fid__source *s,
                       const fid__line *line)
{
    const char *why = NULL;
    fid__report *said = &local->report;
    fid__report_kind kind = FID__REPORT_REFUSED;
    if (line->cut)
        why = "the line is longer than 64 KiB";
    else
        kind =
            fid__report_parse(line->data, line->n, &job->outline, s->loose, said, &why);
    if (kind == FID__REPORT_REFUSED)
        complain(job, why, line->data, line->n);
    job->infeasible |= kind == FID__REPORT_SAYS && said->infeasible;
    return kind == FID__REPORT_SAYS;
}

/* true: the line became a report. */
static bool take_line(fid__local *local, fid__local_job *job, const fid__source *s,
                      const fid__line *line, fid_exec_report *out)
{
    const fid__report *said = &local->report;
    if (!understand(local, job, s, line))
        return false;
    *out = (fid_exec_report){
        .kind = FID_EXEC_REPORT,
        .trial = job->trial,
        .attempt = job->attempt,
        .step = said->step,
        .given = said->given,
        .offset = offset_of(job),
        .text = keep_text(local, &said->extra),
    };
    memcpy(out->values, said->values, sizeof out->values);
    return true;
}

/* A file that became shorter was written with > where >> was meant. */
static void check_shrunk(fid__local_job *job, const fid__source *s)
{
    struct stat st;
    if (fstat(s->fd, &st) == 0 && (uint64_t)st.st_size < s->position && !job->refused)
        complain(job, "the file was truncated (append to it, with >>)", "", 0);
}

static void advance(fid__source *s, uint64_t end)
{
    s->position = end;
    s->n_lines++;
    s->in_cut = false;
}

/* The unfinished last line counts when the trial ended by itself and nothing of it was
 * left, so that it is not half a number. */
static bool last_line_counts(const fid__local_job *job, const fid__source *s)
{
    const fid__ending *e = &job->ending;
    return job->over && job->has_ending && e->why == FID__WHY_EXITED && e->code >= 0 &&
           !e->outlived && !s->loose;
}

static bool read_source(fid__local *local, fid__local_job *job, fid__source *s,
                        fid__sink *sink)
{
    fid__line line;
    if (s->fd < 0 || is_full(s))
        return false;
    ssize_t got = pread(s->fd, local->buffer, FID__READ_SIZE, (off_t)s->position);
    if (got <= 0) {
        if (got == 0)
            check_shrunk(job, s);
        return got < 0 && errno == EINTR;
    }
    const char *data = local->buffer;
    size_t n = (size_t)got;
    fid__lines_reset(local->lines, s->position, s->in_cut);
    while (sink->n < sink->cap) {
        if (!fid__lines_next(local->lines, &data, &n, &line)) {
            bool ended = got < FID__READ_SIZE && last_line_counts(job, s);
            if (local->lines->cut) { /* too long: go on in the middle of it */
                s->in_cut = true;
                s->position = local->lines->taken;
            } else if (ended && fid__lines_rest(local->lines, &line)) {
                advance(s, line.end);
                sink->n += take_line(local, job, s, &line, &sink->reports[sink->n]);
            }
            return got == FID__READ_SIZE;
        }
        advance(s, line.end);
        sink->n += take_line(local, job, s, &line, &sink->reports[sink->n]);
    }
    return true;
}

bool fid__local_read(fid__local *local, fid__local_job *job, fid__sink *sink)
{
    bool more = false;
    for (int k = 0; k < FID__N_SOURCES; k++)
        more |= read_source(local, job, &job->sources[k], sink);
    return more;
}

/* --- after a restart */

/* Go over lines that were read before, to byte `end` or to their number `n_lines`; with a
 * job they are understood again. */
static void go_over(fid__local *local, fid__local_job *job, fid__source *s,
                    uint64_t end, uint64_t n_lines)
{
    fid__line line;
    fid__lines_reset(local->lines, 0, false);
    while (s->position < end && s->n_lines < n_lines) {
        ssize_t got =
            pread(s->fd, local->buffer, FID__READ_SIZE, (off_t)local->lines->taken);
        if (got <= 0)
            return;
        const char *data = local->buffer;
        size_t n = (size_t)got;
        while (s->position < end && s->n_lines < n_lines &&
               fid__lines_next(local->lines, &data, &n, &line)) {
            advance(s, line.end);
            if (job)
                (void)understand(local, job, s, &line);
        }
    }
}

void fid__local_seek(fid__local *local, fid__local_job *job, uint64_t offset)
{
    fid__source *report = &job->sources[FID__REPORT_FILE];
    fid__source *collected = &job->sources[FID__COLLECTED_FILE];
    if (report->fd >= 0)
        go_over(local, job, report, offset & BYTES_MAX, UINT64_MAX);
    report->position = offset &
                       BYTES_MAX; /* also where the file is shorter than it was */
    if (collected->fd >= 0)
        go_over(local, NULL, collected, UINT64_MAX, offset >> 36);
}
