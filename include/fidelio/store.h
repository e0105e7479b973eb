/* fidelio/store.h -- keeps events in order. */
#ifndef FID_STORE_H
#define FID_STORE_H

#include <fidelio/base.h>
#include <fidelio/history.h>

typedef struct {
    const char *path;    /* NULL for the memory store */
    bool read_only;      /* look at a study that may be running; takes no lock */
    const char *holder;  /* who holds the lock, for the other engine's message */
} fid_store_options;

typedef struct fid_store_type {
    const char *name;
    const char *summary;
    size_t state_size;
    /* FID_LOCKED: another engine has it, *err names pid, host and since when.
     * FID_CORRUPT, FID_UNSUPPORTED (newer schema), FID_IO. */
    fid_status (*open)(void *state, const fid_store_options *options, fid_error *err);
    /* Add events, in order, in one transaction; durable when it returns FID_OK, and none
     * of them there otherwise. FID_IO leaves the store usable: the same events may be
     * tried again (disk full). */
    fid_status (*append)(void *state, const fid_event *events, size_t n, fid_error *err);
    /* Visit events seq >= from in order. Pointers live during the visit. A visit that
     * fails ends the replay with its status. */
    fid_status (*replay)(void *state, uint64_t from,
                         fid_status (*visit)(void *ctx, const fid_event *event), void *ctx,
                         fid_error *err);
    void (*close)(void *state);
} fid_store_type;

FID_API extern const fid_store_type fid_store_memory;
FID_API extern const fid_store_type fid_store_sqlite;

/* Event <-> bytes: little-endian, exact for NaN payloads and infinities. What SQLite
 * stores in its blobs, what the journal export hashes, what replay is compared by. */
FID_API void fid_event_encode(const fid_event *event, fid_text *out);

/* Version of the SQLite library in use, and whether it is free of the WAL-reset race
 * (fixed in 3.51.3, 3.50.7, 3.44.6): for `doctor`. */
FID_API const char *fid_store_sqlite_version(bool *wal_reset_fixed);

#endif
