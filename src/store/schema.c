#include "store/schema.h"

#include <string.h>

enum { APPLICATION = 0x66696465 }; /* "fide" */

/* Migration k leads from version k to k + 1; all of them make a new store. What is here
 * never changes again: append.
 *
 * SQLite has no NaN and writes -0.0 as 0.0: these doubles are stored as blobs of 8 bytes,
 * little-endian. `value` is the first metric; `further` the others, and point and memo,
 * are arrays of such doubles. `sum` is the CRC-32C of the encoded event. */
static const char *const migrations[] = {
    "CREATE TABLE events(\n"
    "  seq INTEGER PRIMARY KEY,\n"
    "  time_us INTEGER, kind INTEGER, trial INTEGER, attempt INTEGER, reason INTEGER,\n"
    "  decision INTEGER, origin INTEGER, level INTEGER, tag INTEGER, visible INTEGER,\n"
    "  read_to INTEGER, budget REAL, step REAL, value REAL, further BLOB, point BLOB,\n"
    "  memo BLOB, text TEXT, sum INTEGER);\n"
    /* How many events there must be: a lost tail would leave no gap. */
    "CREATE TABLE progress(one INTEGER PRIMARY KEY CHECK(one = 1), next_seq INTEGER);\n"
    "INSERT INTO progress VALUES(1, 0);",
};

enum { VERSION = sizeof migrations / sizeof *migrations };

fid_status fid__sqlite_error(sqlite3 *db, const char *path, fid_error *err)
{
    fid_status status = FID_IO;
    switch (sqlite3_errcode(db) & 0xFF) {
    case SQLITE_NOMEM:
        status = FID_NOMEM;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* our SQL is fixed: the tables are not what they were */
    case SQLITE_SCHEMA:
        status = FID_CORRUPT;
        break;
    case SQLITE_TOOBIG:
        status = FID_LIMIT;
        break;
    }
    return fid_error_set(err, status, "%s: %s", path, sqlite3_errmsg(db));
}

fid_status fid__sqlite_exec(sqlite3 *db, const char *path, const char *sql, fid_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fid__sqlite_error(db, path, err);
    return FID_OK;
}

fid_status fid__sqlite_int(sqlite3 *db, const char *path, const char *sql, int64_t *out,
                           fid_error *err)
{
    sqlite3_stmt *stmt = NULL;
    fid_status status = FID_OK;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        *out = sqlite3_column_int64(stmt, 0);
    else if (sqlite3_errcode(db) == SQLITE_DONE)
        status = fid_error_set(err, FID_CORRUPT, "%s: a row is missing", path);
    else
        status = fid__sqlite_error(db, path, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

static fid_status migrate(sqlite3 *db, const char *path, int from, int to, fid_error *err)
{
    FID_TRY(fid__sqlite_exec(db, path, "BEGIN IMMEDIATE", err));
    fid_status status = FID_OK;
    for (int v = from; v < to && !status; v++)
        status = fid__sqlite_exec(db, path, migrations[v], err);
    if (!status) {
        char *sql = sqlite3_mprintf("PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
                                    APPLICATION, to);
        status = sql ? fid__sqlite_exec(db, path, sql, err)
                     : fid_error_set(err, FID_NOMEM, "%s: out of memory", path);
        sqlite3_free(sql);
    }
    if (status && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

fid_status fid__schema_create(sqlite3 *db, const char *path, fid_error *err)
{
    return migrate(db, path, 0, VERSION, err);
}

static fid_status check_version(sqlite3 *db, const char *path, int64_t *version, fid_error *err)
{
    int64_t application;
    FID_TRY(fid__sqlite_int(db, path, "PRAGMA application_id", &application, err));
    FID_TRY(fid__sqlite_int(db, path, "PRAGMA user_version", version, err));
    if (application != APPLICATION || *version < 1)
        return fid_error_set(err, FID_CORRUPT, "%s: an SQLite file, but not a fidelio store", path);
    if (*version > VERSION)
        return fid_error_set(err, FID_UNSUPPORTED,
                             "%s: written by a newer fidelio (format %lld, this one knows %d)",
                             path, (long long)*version, VERSION);
    return FID_OK;
}

fid_status fid__schema_check(sqlite3 *db, const char *path, bool read_only, fid_error *err)
{
    int64_t version;
    FID_TRY(check_version(db, path, &version, err));
    if (version < VERSION && !read_only)
        FID_TRY(migrate(db, path, (int)version, VERSION, err));
    return FID_OK;
}
