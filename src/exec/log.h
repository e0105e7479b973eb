/* log.h -- the kept output of a trial: the first half of the cap and, at least, its last
 * quarter.
 *
 * While it grows: NAME holds the head, NAME.1, NAME.2, .. the pieces after it, of which
 * the last two survive. At the end the pieces are joined to NAME with a line that says how
 * much is missing. Failed writes (disk full) lose output, never the trial. */
#ifndef EXEC_LOG_H
#define EXEC_LOG_H

#include <fidelio/base.h>

typedef struct {
    int dir;          /* borrowed */
    const char *name; /* static text */
    int fd;           /* -1: could not be opened */
    uint64_t head, piece_size;
    uint64_t in_piece, total;
    uint32_t piece; /* 0 = the head */
} fid__log;

void fid__log_open(fid__log *log, int dir, const char *name, uint64_t cap);
void fid__log_write(fid__log *log, const char *data, size_t n);
void fid__log_close(fid__log *log);

/* Append the last `tail` bytes that are kept (0 = all) to `out`, also while the log grows.
 * FID_NOT_FOUND: there is no such log. */
fid_status fid__log_read(int dir, const char *name, size_t tail, fid_text *out);

#endif
