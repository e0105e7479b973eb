/* Collecting complaints and finding the lines they are about. */
#include "config/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEPT = 50 };

/* Bytes of the line break at s, 0 when there is none. As libyaml: CR LF, CR, LF, NEL,
 * LS, PS. */
static size_t break_length(const char *s, size_t n)
{
    const unsigned char *b = (const unsigned char *)s;
    if (*b == '\n')
        return 1;
    if (*b == '\r')
        return n > 1 && b[1] == '\n' ? 2 : 1;
    if (*b == 0xC2 && n > 1 && b[1] == 0x85)
        return 2;
    if (*b == 0xE2 && n > 2 && b[1] == 0x80 && (b[2] == 0xA8 || b[2] == 0xA9))
        return 3;
    return 0;
}

void fid__log_init(fid__log *log, fid_diagnostics *out, const char *text, size_t n)
{
    *log = (fid__log){.out = out, .text = text, .n = n};
    size_t cap = 0, ends;
    for (size_t at = 0, start = 0; at <= n; at += ends ? ends : 1) {
        ends = at < n ? break_length(text + at, n - at) : 1;
        if (!ends)
            continue;
        uint32_t *grown = fid_grow(log->starts, &cap, log->n_lines + 1, sizeof *grown);
        if (!grown) {
            out->failed = true;
            return;
        }
        log->starts = grown;
        log->starts[log->n_lines++] = (uint32_t)start;
        start = at + ends;
    }
}

void fid__log_deinit(fid__log *log)
{
    free(log->starts);
    *log = (fid__log){0};
}

static size_t line_end(const fid__log *log, size_t line)
{
    size_t end = line + 1 < log->n_lines ? log->starts[line + 1] : log->n;
    while (end > log->starts[line] &&
           (log->text[end - 1] == '\n' || log->text[end - 1] == '\r'))
        end--;
    return end;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

fid__mark fid__log_place(const fid__log *log, size_t byte)
{
    size_t line = 0;
    for (size_t high = log->n_lines; high - line > 1;) {
        size_t middle = line + (high - line) / 2;
        if (log->starts[middle] <= byte)
            line = middle;
        else
            high = middle;
    }
    fid__mark mark = {(int)line + 1, 1, 1};
    for (size_t at = log->n_lines ? log->starts[line] : 0; at < byte && at < log->n;
         at++)
        mark.column += !is_continuation(log->text[at]);
    return mark;
}

/* A window of the line around the place: what a terminal can show. *column becomes its
 * place in the window. */
static char *source_window(const fid__log *log, int line, int *column)
{
    enum { BEFORE = 60, WIDTH = 100 };
    if (line < 1 || (size_t)line > log->n_lines)
        return NULL;
    size_t at = log->starts[line - 1], end = line_end(log, (size_t)line - 1);
    for (int skip = *column > BEFORE ? *column - BEFORE : 0; skip > 0 && at < end;
         skip--) {
        at++;
        while (at < end && is_continuation(log->text[at]))
            at++;
        --*column;
    }
    size_t stop = at;
    for (int shown = 0; shown < WIDTH && stop < end; shown++) {
        stop++;
        while (stop < end && is_continuation(log->text[stop]))
            stop++;
    }
    return fid_strndup(log->text + at, stop - at);
}

static void add(fid__log *log, fid_diagnostic item)
{
    fid_diagnostics *out = log->out;
    fid_diagnostic *grown = fid_grow(out->items, &out->cap, out->n + 1, sizeof *grown);
    if (!grown || !item.message) {
        out->failed = true;
        out->items = grown ? grown : out->items;
        free(item.message);
        free(item.remedy);
        free(item.source);
        return;
    }
    out->items = grown;
    out->items[out->n++] = item;
}

void fid__complain(fid__log *log, fid_severity severity, fid__mark at,
                   const char *remedy, const char *format, ...)
{
    fid_diagnostics *out = log->out;
    out->n_errors += severity == FID_SEVERITY_ERROR;
    out->n_warnings += severity == FID_SEVERITY_WARNING;
    if (out->n == MOST_KEPT)
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fid_diagnostic item = {.severity = severity,
                           .line = at.line,
                           .column = at.column,
                           .length = at.length > 1 ? at.length : 1,
                           .message = fid_strdup(message),
                           .remedy = fid_strdup(remedy)};
    int column = at.column;
    item.source = source_window(log, at.line, &column);
    item.window = column;
    add(log, item);
}

static bool comes_before(const fid_diagnostic *a, const fid_diagnostic *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void fid__log_sort(fid__log *log)
{
    fid_diagnostic *items = log->out->items;
    for (size_t i = 1; i < log->out->n; i++)
        for (size_t j = i; j > 0 && comes_before(&items[j], &items[j - 1]); j--) {
            fid_diagnostic keep = items[j];
            items[j] = items[j - 1];
            items[j - 1] = keep;
        }
}

fid__shown fid__show(const char *text, size_t n)
{
    enum { MOST = 60 };
    fid__shown shown = {{0}};
    size_t cut = n <= MOST ? n : MOST;
    while (cut < n && cut > 0 && is_continuation(text[cut]))
        cut--;
    memcpy(shown.text, text, cut);
    if (cut < n)
        memcpy(shown.text + cut, "...", 4);
    return shown;
}
