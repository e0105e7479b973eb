/* fidelio/store.h -- keeps events in order.
 *
 * A store holds events seq 0, 1, 2, ... without a gap. One engine writes; any number of
 * processes may look. What `append` acknowledged is there after kill -9 and after a power
 * cut. */
#ifndef FID_STORE_H
#define FID_STORE_H

#include <fidelio/base.h>
#include <fidelio/history.h>

typedef struct {
    const char *path;    /* NULL for the memory store */
    bool read_only;      /* look at a study that may be running; takes no lock */
    const char *holder;  /* what holds the lock ("run sweep.yaml"), for the other engine's
                            message; may be NULL */
} fid_store_options;

typedef struct fid_store_type {
    const char *name;
    const char *summary;
    size_t state_size;
    /* `state` is state_size zeroed bytes. Writing creates the store when it is not there;
     * reading only is FID_NOT_FOUND then.
     * FID_LOCKED: another engine has it, *err names pid, host and since when.
     * FID_CORRUPT, FID_UNSUPPORTED (newer schema), FID_IO. A failed open leaves nothing to
     * close (but close is fine). */
    fid_status (*open)(void *state, const fid_store_options *options, fid_error *err);
    /* Add events, in order, in one transaction; durable when it returns FID_OK, and none
     * of them there otherwise. FID_IO leaves the store usable: the same events may be
     * tried again (disk full). FID_INVALID: seq is not the next one. FID_SUPERSEDED:
     * somebody else wrote to the file; this engine must stop. FID_STATE: read only. */
    fid_status (*append)(void *state, const fid_event *events, size_t n, fid_error *err);
    /* Visit events seq >= from in order, as of one moment. Pointers live during the visit,
     * which must not append. A visit that fails ends the replay with its status (*err is
     * then the visitor's). FID_CORRUPT: an event is damaged or missing; those before it
     * were visited. */
    fid_status (*replay)(void *state, uint64_t from,
                         fid_status (*visit)(void *ctx, const fid_event *event), void *ctx,
                         fid_error *err);
    void (*close)(void *state);
    /* Words about the place of an open store that its user should know ("the store lies on
     * a network file system: ..."); NULL when there is nothing to say. */
    const char *(*note)(const void *state);
} fid_store_type;

FID_API_DATA const fid_store_type fid_store_memory;
FID_API_DATA const fid_store_type fid_store_sqlite;

/* Who has the lock of a store. A lock that is held is the sign of life; the pid is for
 * people, and for a signal when host and boot are our own. */
typedef struct {
    bool held;
    int64_t pid;
    char host[128], boot[64]; /* boot: the kernel's boot id */
    char since[32];           /* 2026-01-31T12:00:00Z */
    char label[128];          /* fid_store_options.holder */
} fid_store_holder;

/* Takes no lock. Not held (and FID_OK) where there is no such store. */
FID_API fid_status fid_store_find_holder(const char *path, fid_store_holder *out);

/* Its lock without the store, which need not be there or sound: to move it, to mend it.
 * FID_LOCKED as for open. */
typedef struct fid_store_hold fid_store_hold;
FID_API fid_status fid_store_hold_take(fid_store_hold **out, const char *path,
                                       const char *holder, fid_error *err);
FID_API void fid_store_hold_release(fid_store_hold *hold);

/* For a store that is FID_CORRUPT: read every event whose checksum is right out of the
 * bytes of the file and its -wal, whatever else is damaged, and visit them in order. The
 * files are not changed; no engine should be writing. */
typedef struct {
    uint64_t n_intact; /* visited */
    uint64_t n_prefix; /* events 0 .. n_prefix-1 are all there */
    uint64_t end;      /* the last one's seq + 1 */
} fid_rescue;
FID_API fid_status fid_store_rescue(const char *path,
                                    fid_status (*visit)(void *ctx, const fid_event *event),
                                    void *ctx, fid_rescue *out, fid_error *err);

/* Event <-> bytes: little-endian, exact for NaN payloads and infinities, and canonical:
 * equal events give equal bytes. What checksums are taken over, what replay is compared
 * by. Appends to `out`. */
FID_API void fid_event_encode(const fid_event *event, fid_text *out);

/* Room for the arrays of a decoded event. Zero-initialise. */
typedef struct {
    double *numbers;
    size_t cap;
} fid_event_room;
FID_API void fid_event_room_deinit(fid_event_room *room);

/* The inverse. bytes[0..n) may be anything: FID_CORRUPT unless they are exactly what
 * fid_event_encode gives for some event. Arrays of *out lie in `room` (and live until its
 * next use), its text in `bytes`. */
FID_API fid_status fid_event_decode(const char *bytes, size_t n, fid_event_room *room,
                                    fid_event *out);

/* Version of the SQLite library in use, and whether it is free of the WAL-reset race
 * (fixed in 3.51.3, 3.50.7, 3.44.6): for `doctor`. Ours is safe with either: one
 * connection writes and checkpoints. */
FID_API const char *fid_store_sqlite_version(bool *wal_reset_fixed);

#endif
