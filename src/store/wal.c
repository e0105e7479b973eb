/* File format: https://www.sqlite.org/fileformat2.html, section 4. */
#include "store/wal.h"

#include "store/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    FILE *file;
    bool big_endian; /* of the checksummed words */
    uint32_t salt1, salt2, sum1, sum2;
    unsigned char frame[FID__FRAME_HEADER + FID__PAGE];
} log_reader;

static uint32_t word_at(const log_reader *log, const unsigned char *at)
{
    uint32_t big = fid__get_be32(at);
    return log->big_endian ? big : __builtin_bswap32(big);
}

static void add(log_reader *log, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        log->sum1 += word_at(log, bytes + i) + log->sum2;
        log->sum2 += word_at(log, bytes + i + 4) + log->sum1;
    }
}

static bool sums_are(const log_reader *log, const unsigned char *at)
{
    return fid__get_be32(at) == log->sum1 && fid__get_be32(at + 4) == log->sum2;
}

static bool header_is_whole(log_reader *log, const unsigned char *header)
{
    uint32_t magic = fid__get_be32(header);
    log->big_endian = magic & 1;
    add(log, header, 24);
    log->salt1 = fid__get_be32(header + 16);
    log->salt2 = fid__get_be32(header + 20);
    return (magic | 1) == 0x377F0683 && fid__get_be32(header + 8) == FID__PAGE &&
           sums_are(log, header + 24);
}

static bool next_frame(log_reader *log)
{
    return fread(log->frame, sizeof log->frame, 1, log->file) == 1;
}

static bool
is_ours(const log_reader *log) /* not left over from before the log restarted */
{
    return fid__get_be32(log->frame + 8) == log->salt1 &&
           fid__get_be32(log->frame + 12) == log->salt2;
}

static bool frame_is_whole(log_reader *log)
{
    if (!is_ours(log))
        return false;
    add(log, log->frame, 8);
    add(log, log->frame + FID__FRAME_HEADER, FID__PAGE);
    return sums_are(log, log->frame + 16);
}

static bool is_commit(const log_reader *log)
{
    return fid__get_be32(log->frame + 4) != 0;
}

/* Commits that SQLite would not see. A commit is synced before the next one is written:
 * what a power cut tears holds one at most, and two or more mean damage. The header is
 * synced before the first frame. */
static bool is_damaged(log_reader *log)
{
    unsigned char header[FID__WAL_HEADER];
    if (fread(header, sizeof header, 1, log->file) != 1)
        return false;
    if (!header_is_whole(log, header))
        return next_frame(log);
    while (next_frame(log))
        if (!frame_is_whole(log)) {
            size_t hidden = is_ours(log) && is_commit(log);
            while (hidden < 2 && next_frame(log))
                hidden += is_ours(log) && is_commit(log);
            return hidden >= 2;
        }
    return false;
}

fid_status fid__wal_check(const char *path, fid_error *err)
{
    char *name = fid__place_beside(path, "-wal");
    log_reader *log = fid_alloc(1, sizeof *log);
    fid_status status = FID_OK;
    if (!name || !log) {
        status = fid_error_set(err, FID_NOMEM, "out of memory");
        goto done;
    }
    log->file = fopen(name, "rbe");
    if (!log->file && errno != ENOENT)
        status =
            fid_error_set(err, FID_IO, "%s: cannot open: %s", name, strerror(errno));
    else if (log->file && is_damaged(log))
        status = fid_error_set(err, FID_CORRUPT,
                               "%s: damaged; events that follow would be lost", name);
done:
    if (log && log->file)
        (void)fclose(log->file);
    free(log);
    free(name);
    return status;
}
