/* Events in an SQLite file.
 *
 * One connection writes and also makes the checkpoints, whatever the version of SQLite:
 * that is what the WAL-reset race (SQLite 3.7.0 to 3.51.2) needs two of. Readers never
 * checkpoint. WAL with synchronous=FULL: a commit that returned is on the disk. */
#include "store/lock.h"
#include "store/row.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    sqlite3 *db;
    sqlite3_stmt *insert, *advance;
    char *path;
    fid__lock lock;
    bool opened, read_only;
    uint64_t next; /* what the next event must be numbered; the writer's */
    fid_text bytes;
    fid_event_room room;
} sqlite_store;

static const char insert_sql[] = "INSERT INTO events(" FID__COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, "
                                 "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char select_sql[] = "SELECT " FID__COLUMNS " FROM events WHERE seq >= ? ORDER BY seq";
/* Changes nothing when another engine has written. */
static const char advance_sql[] = "UPDATE progress SET next_seq = ?2 WHERE one = 1 AND next_seq = ?1";
static const char next_sql[] = "SELECT next_seq FROM progress WHERE one = 1";
static const char last_sql[] = "SELECT ifnull(max(seq) + 1, 0) FROM events";

static fid_status fail(sqlite_store *s, fid_error *err)
{
    return fid__sqlite_error(s->db, s->path, err);
}

static fid_status run(sqlite_store *s, const char *sql, fid_error *err)
{
    return fid__sqlite_exec(s->db, s->path, sql, err);
}

/* --- open and close */

static void sqlite_close(void *state)
{
    sqlite_store *s = state;
    if (!s->opened)
        return;
    (void)sqlite3_finalize(s->insert);
    (void)sqlite3_finalize(s->advance);
    (void)sqlite3_close(s->db);
    fid__lock_release(&s->lock);
    fid_text_deinit(&s->bytes);
    fid_event_room_deinit(&s->room);
    free(s->path);
    *s = (sqlite_store){0};
}

/* Nothing in a file may make us run what somebody else wrote. */
static void harden(sqlite3 *db)
{
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 64 << 20);
    (void)sqlite3_extended_result_codes(db, 1);
}

static fid_status connect(sqlite_store *s, const char *path, int flags, fid_error *err)
{
    int rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!s->db)
        return fid_error_set(err, FID_NOMEM, "%s: out of memory", s->path);
    if (rc != SQLITE_OK)
        return fail(s, err);
    harden(s->db);
    (void)sqlite3_busy_timeout(s->db, 5000);
    return run(s, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY", err);
}

/* A new store is made beside its place and then moved there: what is found at `path` is
 * never half of one. */
static fid_status create(sqlite_store *s, fid_error *err)
{
    fid_text fresh = {0}, journal = {0};
    fid_text_printf(&fresh, "%s.new", s->path);
    fid_text_printf(&journal, "%s.new-journal", s->path);
    fid_status status = FID_OK;
    int fd = -1;
    if (fresh.failed || journal.failed) {
        status = fid_error_set(err, FID_NOMEM, "%s: out of memory", s->path);
        goto done;
    }
    (void)unlink(fresh.data);
    (void)unlink(journal.data);
    fd = open(fresh.data, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        status = fid_error_set(err, FID_IO, "%s: cannot create: %s", s->path, strerror(errno));
        goto done;
    }
    (void)close(fd);
    status = connect(s, fresh.data, SQLITE_OPEN_READWRITE, err);
    if (!status)
        status = fid__schema_create(s->db, s->path, err);
    (void)sqlite3_close(s->db);
    s->db = NULL;
    if (!status && rename(fresh.data, s->path) != 0)
        status = fid_error_set(err, FID_IO, "%s: cannot create: %s", s->path, strerror(errno));
done:
    fid_text_deinit(&fresh);
    fid_text_deinit(&journal);
    return status;
}

static fid_status prepare(sqlite_store *s, const char *sql, sqlite3_stmt **out, fid_error *err)
{
    if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
        return fail(s, err);
    return FID_OK;
}

static fid_status check_end(sqlite_store *s, fid_error *err)
{
    int64_t next, last;
    FID_TRY(fid__sqlite_int(s->db, s->path, next_sql, &next, err));
    FID_TRY(fid__sqlite_int(s->db, s->path, last_sql, &last, err));
    if (next != last)
        return fid_error_set(err, FID_CORRUPT, "%s: damaged: it should end at event %lld, but ends at %lld",
                             s->path, (long long)next, (long long)last);
    s->next = (uint64_t)next;
    return FID_OK;
}

static fid_status open_writer(sqlite_store *s, const char *label, fid_error *err)
{
    struct stat info;
    FID_TRY(fid__lock_take(&s->lock, s->path, label, err));
    if (stat(s->path, &info) != 0)
        FID_TRY(create(s, err));
    FID_TRY(connect(s, s->path, SQLITE_OPEN_READWRITE, err));
    FID_TRY(fid__schema_check(s->db, s->path, false, err));
    FID_TRY(run(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", err));
    FID_TRY(prepare(s, insert_sql, &s->insert, err));
    FID_TRY(prepare(s, advance_sql, &s->advance, err));
    return check_end(s, err);
}

static fid_status open_reader(sqlite_store *s, fid_error *err)
{
    struct stat info;
    if (stat(s->path, &info) != 0)
        return fid_error_set(err, FID_NOT_FOUND, "%s: no such store", s->path);
    FID_TRY(connect(s, s->path, SQLITE_OPEN_READONLY, err));
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    FID_TRY(run(s, "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=ON", err));
    return fid__schema_check(s->db, s->path, true, err);
}

static fid_status sqlite_open(void *state, const fid_store_options *options, fid_error *err)
{
    sqlite_store *s = state;
    if (!options->path || !*options->path)
        return fid_error_set(err, FID_INVALID, "the sqlite store needs a path");
    *s = (sqlite_store){.lock.fd = -1, .opened = true, .read_only = options->read_only};
    s->path = fid_strdup(options->path);
    fid_status status = s->path ? FID_OK : fid_error_set(err, FID_NOMEM, "out of memory");
    if (!status)
        status = s->read_only ? open_reader(s, err) : open_writer(s, options->holder, err);
    if (status)
        sqlite_close(s);
    return status;
}

/* --- append */

static fid_status insert_all(sqlite_store *s, const fid_event *events, size_t n, fid_error *err)
{
    for (size_t i = 0; i < n; i++) {
        int rc = fid__row_bind(s->insert, &events[i], &s->bytes);
        if (rc == SQLITE_OK)
            (void)sqlite3_step(s->insert);
        /* reset gives the step's error */
        int stepped = sqlite3_reset(s->insert);
        if (rc == SQLITE_TOOBIG)
            return fid_error_set(err, FID_LIMIT, "%s: event %llu is too large", s->path,
                                 (unsigned long long)events[i].seq);
        if (rc != SQLITE_OK)
            return fid_error_set(err, FID_NOMEM, "%s: out of memory", s->path);
        if (stepped != SQLITE_OK)
            return fail(s, err);
    }
    return FID_OK;
}

static fid_status advance(sqlite_store *s, size_t n, fid_error *err)
{
    (void)sqlite3_bind_int64(s->advance, 1, (sqlite3_int64)s->next);
    (void)sqlite3_bind_int64(s->advance, 2, (sqlite3_int64)(s->next + n));
    (void)sqlite3_step(s->advance);
    if (sqlite3_reset(s->advance) != SQLITE_OK)
        return fail(s, err);
    if (sqlite3_changes(s->db) != 1)
        return fid_error_set(err, FID_SUPERSEDED,
                             "%s: another engine has written to it; this one must stop", s->path);
    return FID_OK;
}

static fid_status sqlite_append(void *state, const fid_event *events, size_t n, fid_error *err)
{
    sqlite_store *s = state;
    if (s->read_only)
        return fid_error_set(err, FID_STATE, "%s: opened for reading only", s->path);
    if (n == 0)
        return FID_OK;
    FID_TRY(fid__check_seq(events, n, s->next, err));
    FID_TRY(run(s, "BEGIN IMMEDIATE", err));
    fid_status status = advance(s, n, err);
    if (!status)
        status = insert_all(s, events, n, err);
    if (!status)
        status = run(s, "COMMIT", err);
    if (status && !sqlite3_get_autocommit(s->db))
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (!status)
        s->next += n;
    return status;
}

/* --- replay */

static fid_status damaged(sqlite_store *s, uint64_t seq, const char *how, fid_error *err)
{
    return fid_error_set(err, FID_CORRUPT, "%s: event %llu is %s", s->path,
                         (unsigned long long)seq, how);
}

static fid_status visit_rows(sqlite_store *s, sqlite3_stmt *row, uint64_t from, uint64_t end,
                             fid_status (*visit)(void *ctx, const fid_event *event), void *ctx,
                             fid_error *err)
{
    fid_event event;
    uint64_t expected = from;
    int rc;
    while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
        fid_status status = fid__row_read(row, &s->room, &s->bytes, &event);
        if (status == FID_NOMEM)
            return fid_error_set(err, FID_NOMEM, "%s: out of memory", s->path);
        if (event.seq != expected)
            return damaged(s, expected, "missing", err);
        if (status)
            return damaged(s, expected, "damaged", err);
        FID_TRY(visit(ctx, &event));
        expected++;
    }
    if (rc != SQLITE_DONE)
        return fail(s, err);
    if (expected < end)
        return damaged(s, expected, "missing", err);
    return FID_OK;
}

static fid_status sqlite_replay(void *state, uint64_t from,
                                fid_status (*visit)(void *ctx, const fid_event *event), void *ctx,
                                fid_error *err)
{
    sqlite_store *s = state;
    sqlite3_stmt *rows = NULL;
    int64_t end = 0;
    FID_TRY(run(s, "BEGIN", err));
    fid_status status = fid__sqlite_int(s->db, s->path, next_sql, &end, err);
    if (!status)
        status = prepare(s, select_sql, &rows, err);
    if (!status) {
        (void)sqlite3_bind_int64(rows, 1, (sqlite3_int64)from);
        status = visit_rows(s, rows, from, (uint64_t)end, visit, ctx, err);
    }
    (void)sqlite3_finalize(rows);
    (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

const fid_store_type fid_store_sqlite = {
    .name = "sqlite",
    .summary = "one file, durable, readable while an engine writes",
    .state_size = sizeof(sqlite_store),
    .open = sqlite_open,
    .append = sqlite_append,
    .replay = sqlite_replay,
    .close = sqlite_close,
};

const char *fid_store_sqlite_version(bool *wal_reset_fixed)
{
    int v = sqlite3_libversion_number();
    *wal_reset_fixed = v >= 3051003 || (v >= 3050007 && v < 3051000) ||
                       (v >= 3044006 && v < 3045000);
    return sqlite3_libversion();
}
