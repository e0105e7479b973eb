/* SQLite ends a write-ahead log at the first frame whose checksum is wrong, and drops what
 * follows without a word. */
#ifndef STORE_WAL_H
#define STORE_WAL_H

#include <fidelio/store.h>

enum { FID__PAGE = 4096, FID__WAL_HEADER = 32, FID__FRAME_HEADER = 24 };

static inline uint32_t fid__get_be32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* FID_CORRUPT: the log of the store at `path` is damaged before batches that had been
 * committed. A torn end, as a power cut leaves it, is fine, and so is no log at all. Only
 * while no engine writes. (Damage within the very last batch looks like a torn end.) */
fid_status fid__wal_check(const char *path, fid_error *err);

#endif
