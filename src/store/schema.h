/* The tables of the SQLite store, their version and the way from old ones. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <fidelio/store.h>

#include <sqlite3.h>

/* *err for the present error of `db`; returns the status it amounts to. */
fid_status fid__sqlite_error(sqlite3 *db, const char *path, fid_error *err);

/* Run SQL without results. */
fid_status fid__sqlite_exec(sqlite3 *db, const char *path, const char *sql, fid_error *err);

/* The single integer that `sql` gives. */
fid_status fid__sqlite_int(sqlite3 *db, const char *path, const char *sql, int64_t *out,
                           fid_error *err);

/* Make the tables of the present version in the empty database `db`. */
fid_status fid__schema_create(sqlite3 *db, const char *path, fid_error *err);

/* Look whether `db` has exactly our tables. FID_UNSUPPORTED: made by a newer version.
 * FID_CORRUPT: not a fidelio store, or damaged. An older version is migrated in one
 * transaction, after a backup copy, unless read_only (it can be read as it is). */
fid_status fid__schema_check(sqlite3 *db, const char *path, bool read_only, fid_error *err);

#endif
