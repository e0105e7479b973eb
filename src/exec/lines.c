#include "exec/lines.h"

#include <string.h>

void fid__lines_reset(fid__lines *lines, uint64_t offset, bool in_cut)
{
    lines->cut = in_cut;
    lines->n_held = 0;
    lines->taken = offset;
}

static const char *find_end(const fid__lines *lines, const char *data, size_t n)
{
    const char *end = n ? memchr(data, '\n', n) : NULL;
    if (lines->carriage) {
        const char *cr = memchr(data, '\r', end ? (size_t)(end - data) : n);
        end = cr ? cr : end;
    }
    return end;
}

static void hold(fid__lines *lines, const char *data, size_t n)
{
    size_t room = FID__LINE_MAX - lines->n_held;
    if (n > room) {
        lines->cut = true;
        n = room;
    }
    memcpy(lines->held + lines->n_held, data, n);
    lines->n_held += n;
}

static void give(fid__lines *lines, const char *data, size_t n, fid__line *out)
{
    bool cut = lines->cut || n > FID__LINE_MAX;
    *out = (fid__line){data, n > FID__LINE_MAX ? FID__LINE_MAX : n, lines->taken, cut};
    lines->n_cut += cut;
    lines->n_held = 0;
    lines->cut = false;
}

bool fid__lines_next(fid__lines *lines, const char **data, size_t *n, fid__line *out)
{
    if (*n == 0)
        return false;
    const char *start = *data, *end = find_end(lines, start, *n);
    size_t len = end ? (size_t)(end - start) : *n, used = end ? len + 1 : len;
    *data += used;
    *n -= used;
    lines->taken += used;
    bool whole = lines->n_held == 0 && !lines->cut;
    if (end && whole) { /* the usual case: no copy */
        give(lines, start, len, out);
        return true;
    }
    hold(lines, start, len);
    if (end)
        give(lines, lines->held, lines->n_held, out);
    return end != NULL;
}

bool fid__lines_rest(fid__lines *lines, fid__line *out)
{
    if (lines->n_held == 0 && !lines->cut)
        return false;
    give(lines, lines->held, lines->n_held, out);
    return true;
}
