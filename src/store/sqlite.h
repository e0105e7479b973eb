/* The state of the SQLite store; opening is in sqlite_open.c, the rest in sqlite.c. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/lock.h"
#include "store/place.h"
#include "store/row.h"

#include <sqlite3.h>

/* Statements that are kept ready; ending a transaction must not need memory. */
enum {
    FID__BEGIN_READ,
    FID__BEGIN_WRITE,
    FID__COMMIT,
    FID__ROLLBACK,
    FID__INSERT,
    FID__ADVANCE,
    FID__N_CALLS
};

typedef struct {
    fid__place place;
    fid__lock lock;
    sqlite3 *db;
    sqlite3_stmt *calls[FID__N_CALLS];
    bool opened, read_only;
    bool wal;      /* else a rollback journal */
    bool sick;     /* a write or sync failed: heal before the next one */
    uint64_t next; /* what the next event must be numbered; the writer's */
    fid_text bytes;
    fid_event_room room;
    const char *note;
} fid__sqlite;

/* Make the statements ready. */
fid_status fid__sqlite_prepare(fid__sqlite *s, fid_error *err);
void fid__sqlite_finalize(fid__sqlite *s);

/* Run one that gives no rows. */
fid_status fid__sqlite_call(fid__sqlite *s, int call, fid_error *err);

fid_status fid__sqlite_open(void *state, const fid_store_options *options,
                            fid_error *err);
void fid__sqlite_close(void *state);

/* *err for the present error of `db`; returns the status it amounts to. */
fid_status fid__sqlite_error(sqlite3 *db, const char *path, fid_error *err);

/* Run SQL without results. */
fid_status fid__sqlite_exec(sqlite3 *db, const char *path, const char *sql,
                            fid_error *err);

/* The single integer that `sql` gives. */
fid_status fid__sqlite_int(sqlite3 *db, const char *path, const char *sql, int64_t *out,
                           fid_error *err);

/* How many events there must be. */
fid_status fid__sqlite_end(const fid__sqlite *s, uint64_t *end, fid_error *err);

#endif
