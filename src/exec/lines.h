/* lines.h -- bytes in, lines out. Pure: no I/O, no allocation.
 *
 * Lines may come in pieces of any size; the result does not depend on how they were
 * cut. A line longer than FID__LINE_MAX is given once, shortened to its first
 * FID__LINE_MAX bytes, with `cut` set; the rest of it is skipped. NUL is a byte like any
 * other. A last line without its newline waits. */
#ifndef EXEC_LINES_H
#define EXEC_LINES_H

#include <fidelio/base.h>

enum { FID__LINE_MAX = 65536 };

typedef struct {
    bool carriage; /* '\r' ends a line too (progress bars) */
    bool cut;      /* the unfinished line is longer than FID__LINE_MAX */
    size_t n_held;
    uint64_t taken;           /* bytes fed so far, from where `reset` said */
    uint64_t n_cut;           /* lines shortened */
    char held[FID__LINE_MAX]; /* the unfinished line */
} fid__lines;

typedef struct {
    const char *data; /* without its newline; lives until the next call */
    size_t n;
    uint64_t end; /* offset just after the newline */
    bool cut;
} fid__line;

/* Start at `offset`. in_cut: in the middle of a line that is already too long. */
void fid__lines_reset(fid__lines *lines, uint64_t offset, bool in_cut);

/* The next whole line of what is held and (*data)[0..*n); *data and *n move past what
 * was taken. false: everything was taken and no line is complete. */
bool fid__lines_next(fid__lines *lines, const char **data, size_t *n, fid__line *out);

/* The unfinished last line, when nothing more will come; false when there is none. */
bool fid__lines_rest(fid__lines *lines, fid__line *out);

#endif
