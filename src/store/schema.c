#include "store/schema.h"

#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { APPLICATION = 0x66696465 }; /* "fide" */

/* Migration k leads from version k to k + 1; all of them make a new store. What is here
 * never changes again: append. The columns of `events` are read by every version.
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

    /* For people with the sqlite3 command; the engine does not read them. */
    "CREATE VIEW reports AS\n"
    "  SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', time_us / 1e6, 'unixepoch') AS time, trial,\n"
    "    attempt, step, CASE typeof(value) WHEN 'blob' THEN NULL ELSE value END AS value\n"
    "  FROM events WHERE kind = 4;\n"
    "CREATE VIEW trials AS\n"
    "  SELECT life.trial, life.last_event, life.reason, runs.attempts, runs.budget, last.step,\n"
    "    last.value, runs.started, life.changed\n"
    "  FROM (SELECT trial, max(seq),\n"
    "      CASE kind WHEN 2 THEN 'proposed' WHEN 3 THEN 'started' WHEN 6 THEN 'paused'\n"
    "        WHEN 7 THEN 'completed' WHEN 8 THEN 'pruned' WHEN 9 THEN 'failed'\n"
    "        WHEN 10 THEN 'retried' END AS last_event,\n"
    "      CASE reason WHEN 1 THEN 'infeasible' WHEN 2 THEN 'timeout' WHEN 3 THEN 'memory'\n"
    "        WHEN 4 THEN 'crashed' WHEN 5 THEN 'superseded' WHEN 6 THEN 'diverged'\n"
    "        WHEN 7 THEN 'launch' WHEN 8 THEN 'lost' WHEN 9 THEN 'no_metric'\n"
    "        WHEN 10 THEN 'rule' WHEN 11 THEN 'user' WHEN 12 THEN 'ended'\n"
    "        WHEN 13 THEN 'checkpointed' END AS reason,\n"
    "      strftime('%Y-%m-%dT%H:%M:%fZ', time_us / 1e6, 'unixepoch') AS changed\n"
    "    FROM events WHERE kind IN (2, 3, 6, 7, 8, 9, 10) GROUP BY trial) AS life\n"
    "  LEFT JOIN (SELECT trial, max(attempt) AS attempts, max(budget) AS budget,\n"
    "      strftime('%Y-%m-%dT%H:%M:%fZ', min(time_us) / 1e6, 'unixepoch') AS started\n"
    "    FROM events WHERE kind = 3 GROUP BY trial) AS runs ON runs.trial = life.trial\n"
    "  LEFT JOIN (SELECT trial, max(seq), step, value FROM reports GROUP BY trial) AS last\n"
    "    ON last.trial = life.trial;",
};

enum { VERSION = sizeof migrations / sizeof *migrations };

/* --- migrate */

static fid_status set_version(sqlite3 *db, const char *path, int version,
                              fid_error *err)
{
    char sql[96];
    (void)snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d",
                   APPLICATION, version);
    return fid__sqlite_exec(db, path, sql, err);
}

static fid_status migrate(sqlite3 *db, const char *path, int from, int to,
                          fid_error *err)
{
    FID_TRY(fid__sqlite_exec(db, path, "BEGIN IMMEDIATE", err));
    fid_status status = FID_OK;
    for (int v = from; v < to && !status; v++)
        status = fid__sqlite_exec(db, path, migrations[v], err);
    if (!status)
        status = set_version(db, path, to, err);
    if (!status)
        status = fid__sqlite_exec(db, path, "COMMIT", err);
    if (status && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

fid_status fid__schema_create(sqlite3 *db, const char *path, fid_error *err)
{
    return migrate(db, path, 0, VERSION, err);
}

static fid_status copy(sqlite3 *db, const char *path, const char *to, fid_error *err)
{
    sqlite3 *copied = NULL;
    fid_status status = FID_OK;
    (void)unlink(to);
    FID_TRY(fid__place_touch(to, err));
    if (sqlite3_open_v2(to, &copied, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        (void)sqlite3_close(copied);
        return fid_error_set(err, FID_IO, "%s: cannot open", to);
    }
    sqlite3_backup *backup = sqlite3_backup_init(copied, "main", db, "main");
    if (backup)
        (void)sqlite3_backup_step(backup, -1);
    if (!backup || sqlite3_backup_finish(backup) != SQLITE_OK)
        status = fid__sqlite_error(copied, path, err);
    (void)sqlite3_close(copied);
    return status;
}

/* A copy that is there is whole: it was moved there. */
static fid_status back_up(sqlite3 *db, const char *path, int version, fid_error *err)
{
    char suffix[32];
    (void)snprintf(suffix, sizeof suffix, ".v%d.bak", version);
    char *to = fid__place_beside(path, suffix);
    char *half = to ? fid__place_beside(to, ".new") : NULL;
    fid_status status = half ? copy(db, path, half, err)
                             : fid_error_set(err, FID_NOMEM, "out of memory");
    if (!status)
        status = fid__place_move(half, to, err);
    free(half);
    free(to);
    return status;
}

/* --- check */

static fid_status list(sqlite3 *db, const char *path, fid_text *out, fid_error *err)
{
    static const char sql[] =
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name";
    sqlite3_stmt *row = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    if (rc == SQLITE_OK)
        while ((rc = sqlite3_step(row)) == SQLITE_ROW)
            for (int c = 0; c < 4; c++) {
                const char *text = (const char *)sqlite3_column_text(row, c);
                fid_text_append(out, text ? text : "");
                fid_text_append(out, "\n");
            }
    fid_status status = rc == SQLITE_DONE ? FID_OK : fid__sqlite_error(db, path, err);
    (void)sqlite3_finalize(row);
    if (!status && out->failed)
        status = fid_error_set(err, FID_NOMEM, "%s: out of memory", path);
    return status;
}

/* What list gives for a store of that version: of one made in memory. */
static fid_status list_ours(const char *path, int version, fid_text *out,
                            fid_error *err)
{
    sqlite3 *ours = NULL;
    fid_status status =
        sqlite3_open_v2(":memory:", &ours, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
            ? FID_OK
            : fid_error_set(err, FID_NOMEM, "%s: out of memory", path);
    if (!status)
        status = migrate(ours, path, 0, version, err);
    if (!status)
        status = list(ours, path, out, err);
    (void)sqlite3_close(ours);
    return status;
}

static fid_status check_tables(sqlite3 *db, const char *path, int version,
                               fid_error *err)
{
    fid_text found = {0}, ours = {0};
    fid_status status = list(db, path, &found, err);
    if (!status)
        status = list_ours(path, version, &ours, err);
    if (!status &&
        (found.len != ours.len || memcmp(found.data, ours.data, ours.len) != 0))
        status = fid_error_set(err, FID_CORRUPT,
                               "%s: its tables are not those of a fidelio store", path);
    fid_text_deinit(&found);
    fid_text_deinit(&ours);
    return status;
}

static fid_status check_version(sqlite3 *db, const char *path, int64_t *version,
                                fid_error *err)
{
    int64_t application;
    FID_TRY(fid__sqlite_int(db, path, "PRAGMA application_id", &application, err));
    FID_TRY(fid__sqlite_int(db, path, "PRAGMA user_version", version, err));
    if (application != APPLICATION || *version < 1)
        return fid_error_set(err, FID_CORRUPT,
                             "%s: an SQLite file, but not a fidelio store", path);
    if (*version > VERSION)
        return fid_error_set(
            err, FID_UNSUPPORTED,
            "%s: written by a newer fidelio (format %lld, this one knows %d)", path,
            (long long)*version, VERSION);
    return FID_OK;
}

fid_status fid__schema_check(sqlite3 *db, const char *path, bool read_only,
                             fid_error *err)
{
    int64_t version;
    FID_TRY(check_version(db, path, &version, err));
    FID_TRY(check_tables(db, path, (int)version, err));
    if (version == VERSION || read_only)
        return FID_OK;
    FID_TRY(back_up(db, path, (int)version, err));
    return migrate(db, path, (int)version, VERSION, err);
}
