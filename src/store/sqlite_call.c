/* Small calls on a connection. */
#include "store/sqlite.h"

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

fid_status fid__sqlite_exec(sqlite3 *db, const char *path, const char *sql,
                            fid_error *err)
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
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(stmt, 0);
    else if (rc == SQLITE_DONE)
        status = fid_error_set(err, FID_CORRUPT, "%s: damaged: a row is missing", path);
    else
        status = fid__sqlite_error(db, path, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

fid_status fid__sqlite_end(const fid__sqlite *s, uint64_t *end, fid_error *err)
{
    int64_t next;
    FID_TRY(fid__sqlite_int(s->db, s->place.path,
                            "SELECT next_seq FROM progress WHERE one = 1", &next, err));
    *end = (uint64_t)next;
    return FID_OK;
}

fid_status fid__sqlite_prepare(fid__sqlite *s, fid_error *err)
{
    static const char *const sql[FID__N_CALLS] = {
        [FID__BEGIN_READ] = "BEGIN",
        [FID__BEGIN_WRITE] = "BEGIN IMMEDIATE",
        [FID__COMMIT] = "COMMIT",
        [FID__ROLLBACK] = "ROLLBACK",
        [FID__INSERT] = "INSERT INTO events(" FID__COLUMNS
                        ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        /* changes nothing when another engine has written */
        [FID__ADVANCE] =
            "UPDATE progress SET next_seq = ?2 WHERE one = 1 AND next_seq = ?1",
    };
    for (int i = 0; i < FID__N_CALLS; i++)
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &s->calls[i], NULL) != SQLITE_OK)
            return fid__sqlite_error(s->db, s->place.path, err);
    return FID_OK;
}

void fid__sqlite_finalize(fid__sqlite *s)
{
    for (int i = 0; i < FID__N_CALLS; i++) {
        (void)sqlite3_finalize(s->calls[i]);
        s->calls[i] = NULL;
    }
}

fid_status fid__sqlite_call(fid__sqlite *s, int call, fid_error *err)
{
    (void)sqlite3_step(s->calls[call]);
    /* reset repeats the step's error */
    if (sqlite3_reset(s->calls[call]) != SQLITE_OK)
        return fid__sqlite_error(s->db, s->place.path, err);
    return FID_OK;
}
