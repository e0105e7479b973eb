/* The tables of the SQLite store, their version and the way from old ones. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <fidelio/store.h>

#include <sqlite3.h>

/* Make the tables of the present version in the empty database `db`. */
fid_status fid__schema_create(sqlite3 *db, const char *path, fid_error *err);

/* Look whether `db` has exactly our tables. FID_UNSUPPORTED: made by a newer version.
 * FID_CORRUPT: not a fidelio store, or damaged. An older version is migrated in one
 * transaction, after a backup to path + ".v1.bak" (its version), unless read_only: it can
 * be read as it is. */
fid_status fid__schema_check(sqlite3 *db, const char *path, bool read_only,
                             fid_error *err);

#endif
