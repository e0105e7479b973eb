/* Events in an SQLite file.
 *
 * One connection writes and also makes the checkpoints, whatever the version of SQLite:
 * that is what the WAL-reset race (SQLite 3.7.0 to 3.51.2) needs two of. Readers never
 * checkpoint. WAL with synchronous=FULL: a commit that returned is on the disk. */
#include "store/sqlite.h"

static fid_status fail(fid__sqlite *s, fid_error *err)
{
    return fid__sqlite_error(s->db, s->place.path, err);
}

/* A rollback can fail too (no memory): then the next call begins with it. */
static void leave(fid__sqlite *s)
{
    if (!sqlite3_get_autocommit(s->db))
        (void)fid__sqlite_call(s, FID__ROLLBACK, NULL);
}

static fid_status enter(fid__sqlite *s, int how, fid_error *err)
{
    leave(s);
    return fid__sqlite_call(s, how, err);
}

/* --- append */

static fid_status insert(fid__sqlite *s, const fid_event *event, fid_error *err)
{
    int rc = fid__row_bind(s->calls[FID__INSERT], event, &s->bytes);
    if (rc == SQLITE_TOOBIG)
        return fid_error_set(err, FID_LIMIT, "%s: event %llu is too large",
                             s->place.path, (unsigned long long)event->seq);
    if (rc != SQLITE_OK)
        return fid_error_set(err, FID_NOMEM, "%s: out of memory", s->place.path);
    return fid__sqlite_call(s, FID__INSERT, err);
}

static fid_status advance(fid__sqlite *s, size_t n, fid_error *err)
{
    sqlite3_stmt *row = s->calls[FID__ADVANCE];
    if (sqlite3_bind_int64(row, 1, (sqlite3_int64)s->next) != SQLITE_OK ||
        sqlite3_bind_int64(row, 2, (sqlite3_int64)(s->next + n)) != SQLITE_OK)
        return fail(s, err);
    FID_TRY(fid__sqlite_call(s, FID__ADVANCE, err));
    if (sqlite3_changes(s->db) != 1)
        return fid_error_set(err, FID_SUPERSEDED,
                             "%s: another engine has written to it; this one must stop",
                             s->place.path);
    return FID_OK;
}

static fid_status write_batch(fid__sqlite *s, const fid_event *events, size_t n,
                              fid_error *err)
{
    FID_TRY(enter(s, FID__BEGIN_WRITE, err));
    fid_status status = advance(s, n, err);
    for (size_t i = 0; i < n && !status; i++)
        status = insert(s, &events[i], err);
    if (!status)
        status = fid__sqlite_call(s, FID__COMMIT, err);
    if (status) {
        s->sick = (sqlite3_errcode(s->db) & 0xFF) ==
                  SQLITE_IOERR; /* FULL wrote nothing */
        leave(s);
    }
    return status;
}

/* After a failed sync the kernel may hold pages that it calls clean and that never
 * reached the disk, so another sync of the same file would prove nothing. Frames of the
 * log that were acknowledged had been synced before; copy those to the database, sync
 * that, and start the log anew. The connection must stay the one that failed: a fresh one
 * would find the frames of the failed commit in the log and believe them.
 * (A rollback journal is played back when the next transaction begins.) */
static fid_status heal(fid__sqlite *s, fid_error *err)
{
    int64_t busy = 0;
    if (s->wal)
        FID_TRY(fid__sqlite_int(s->db, s->place.path, "PRAGMA wal_checkpoint(TRUNCATE)",
                                &busy, err));
    if (busy)
        return fid_error_set(err, FID_IO,
                             "%s: writing failed, and a reader keeps the log busy",
                             s->place.path);
    s->sick = false;
    return FID_OK;
}

static fid_status sqlite_append(void *state, const fid_event *events, size_t n,
                                fid_error *err)
{
    fid__sqlite *s = state;
    if (s->read_only)
        return fid_error_set(err, FID_STATE, "%s: opened for reading only",
                             s->place.path);
    if (n == 0)
        return FID_OK;
    FID_TRY(fid__check_seq(events, n, s->next, err));
    if (s->sick)
        FID_TRY(heal(s, err));
    fid_status status = write_batch(s, events, n, err);
    if (!status)
        s->next += n;
    else if (s->sick)
        (void)heal(
            s,
            NULL); /* at once: an engine that is killed now leaves no failed frames */
    return status;
}

/* --- replay */

typedef fid_status (*visitor)(void *ctx, const fid_event *event);

static fid_status damaged(fid__sqlite *s, uint64_t seq, const char *how, fid_error *err)
{
    return fid_error_set(err, FID_CORRUPT, "%s: damaged: event %llu is %s",
                         s->place.path, (unsigned long long)seq, how);
}

static fid_status visit_rows(fid__sqlite *s, sqlite3_stmt *row, uint64_t from,
                             uint64_t end, visitor visit, void *ctx, fid_error *err)
{
    fid__cell cells[FID__N_COLUMNS];
    fid_event event;
    uint64_t expected = from;
    int rc;
    while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
        fid__row_cells(row, cells);
        fid_status status = fid__row_read(cells, &s->room, &s->bytes, &event);
        /* a text or blob that found no memory looks like a damaged one */
        if (status == FID_NOMEM || sqlite3_errcode(s->db) == SQLITE_NOMEM)
            return fid_error_set(err, FID_NOMEM, "%s: out of memory", s->place.path);
        if (event.seq != expected)
            return damaged(s, expected, "missing", err);
        if (status)
            return damaged(s, expected, "not what was written", err);
        FID_TRY(visit(ctx, &event));
        expected++;
    }
    if (rc != SQLITE_DONE)
        return fail(s, err);
    if (expected < end || (from < end && expected > end))
        return damaged(s, expected, expected < end ? "missing" : "one too many", err);
    return FID_OK;
}

static fid_status replay_rows(fid__sqlite *s, uint64_t from, visitor visit, void *ctx,
                              fid_error *err)
{
    static const char sql[] = "SELECT " FID__COLUMNS
                              " FROM events WHERE seq >= ? ORDER BY seq";
    uint64_t end;
    FID_TRY(fid__sqlite_end(s, &end, err));
    if (from > INT64_MAX)
        return FID_OK;
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &rows, NULL) != SQLITE_OK)
        return fail(s, err);
    (void)sqlite3_bind_int64(rows, 1, (sqlite3_int64)from);
    fid_status status = visit_rows(s, rows, from, end, visit, ctx, err);
    (void)sqlite3_finalize(rows);
    return status;
}

static fid_status sqlite_replay(void *state, uint64_t from, visitor visit, void *ctx,
                                fid_error *err)
{
    fid__sqlite *s = state;
    FID_TRY(enter(s, FID__BEGIN_READ,
                  err)); /* the rows and their number as of one moment */
    fid_status status = replay_rows(s, from, visit, ctx, err);
    leave(s);
    return status;
}

static const char *sqlite_note(const void *state)
{
    return ((const fid__sqlite *)state)->note;
}

const fid_store_type fid_store_sqlite = {
    .name = "sqlite",
    .summary = "one file, durable, readable while an engine writes",
    .state_size = sizeof(fid__sqlite),
    .open = fid__sqlite_open,
    .append = sqlite_append,
    .replay = sqlite_replay,
    .close = fid__sqlite_close,
    .note = sqlite_note,
};

const char *fid_store_sqlite_version(bool *wal_reset_fixed)
{
    int v = sqlite3_libversion_number();
    *wal_reset_fixed = v >= 3051003 || (v >= 3050007 && v < 3051000) ||
                       (v >= 3044006 && v < 3045000);
    return sqlite3_libversion();
}
