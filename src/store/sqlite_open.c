#include "store/schema.h"
#include "store/sqlite.h"
#include "store/wal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char network_note[] =
    "the store lies on a network file system: one host at a time may use it, and reports are "
    "slower to become durable than on a local disk";

static fid_status run(fid__sqlite *s, const char *sql, fid_error *err)
{
    return fid__sqlite_exec(s->db, s->place.path, sql, err);
}

static void disconnect(fid__sqlite *s)
{
    fid__sqlite_finalize(s);
    (void)sqlite3_close(s->db);
    s->db = NULL;
}

void fid__sqlite_close(void *state)
{
    fid__sqlite *s = state;
    if (!s->opened)
        return;
    disconnect(s);
    fid__lock_release(&s->lock);
    fid__place_deinit(&s->place);
    fid_text_deinit(&s->bytes);
    fid_event_room_deinit(&s->room);
    *s = (fid__sqlite){0};
}

/* The file may come from somebody else: nothing in it makes us run what it says. */
static void harden(sqlite3 *db)
{
    static const struct {
        int limit, value;
    } limits[] = {
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_LENGTH, 64 << 20},
        {SQLITE_LIMIT_SQL_LENGTH, 100000},
        {SQLITE_LIMIT_COLUMN, 100},
        {SQLITE_LIMIT_EXPR_DEPTH, 20},
        {SQLITE_LIMIT_COMPOUND_SELECT, 3},
        {SQLITE_LIMIT_VDBE_OP, 25000},
        {SQLITE_LIMIT_FUNCTION_ARG, 8},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    };
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        (void)sqlite3_limit(db, limits[i].limit, limits[i].value);
    (void)sqlite3_extended_result_codes(db, 1);
}

static fid_status connect(fid__sqlite *s, const char *name, int flags, fid_error *err)
{
    int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!s->db)
        return fid_error_set(err, FID_NOMEM, "%s: out of memory", s->place.path);
    if (rc != SQLITE_OK)
        return fid__sqlite_error(s->db, s->place.path, err);
    harden(s->db);
    (void)sqlite3_busy_timeout(s->db, 5000);
    return run(
        s, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY",
        err);
}

/* --- the writer */

/* A new store is made beside its place and moved there: what is found at its place is
 * never half of one. */
static fid_status create(fid__sqlite *s, fid_error *err)
{
    char *fresh = fid__place_beside(s->place.path, ".new");
    char *journal = fid__place_beside(s->place.path, ".new-journal");
    fid_status status = FID_OK;
    if (!fresh || !journal) {
        status = fid_error_set(err, FID_NOMEM, "out of memory");
        goto done;
    }
    (void)unlink(fresh);
    (void)unlink(journal);
    status = fid__place_touch(fresh, err);
    if (!status)
        status = connect(s, fresh, SQLITE_OPEN_READWRITE, err);
    if (!status)
        status = run(
            s,
            "PRAGMA page_size=4096; PRAGMA encoding='UTF-8'; PRAGMA synchronous=FULL",
            err);
    if (!status)
        status = fid__schema_create(s->db, s->place.path, err);
    disconnect(s);
    if (!status)
        status = fid__place_move(fresh, s->place.path, err);
done:
    free(fresh);
    free(journal);
    return status;
}

static int read_mode(void *wal, int n, char **row, char **names)
{
    (void)n;
    (void)names;
    *(bool *)wal = row[0] && strcmp(row[0], "wal") == 0;
    return 0;
}

/* A rollback journal needs EXTRA: with FULL, a journal whose removal was not yet durable
 * would undo an acknowledged commit after a power cut. */
static fid_status set_mode(fid__sqlite *s, fid_error *err)
{
    const char *sql = s->place.network ? "PRAGMA journal_mode=DELETE"
                                       : "PRAGMA journal_mode=WAL";
    if (sqlite3_exec(s->db, sql, read_mode, &s->wal, NULL) != SQLITE_OK)
        return fid__sqlite_error(s->db, s->place.path, err);
    if (!s->wal)
        s->note = network_note;
    return run(s, s->wal ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=EXTRA", err);
}

static fid_status check_end(fid__sqlite *s, fid_error *err)
{
    int64_t last;
    FID_TRY(fid__sqlite_end(s, &s->next, err));
    FID_TRY(fid__sqlite_int(s->db, s->place.path,
                            "SELECT ifnull(max(seq) + 1, 0) FROM events", &last, err));
    if (s->next != (uint64_t)last)
        return fid_error_set(
            err, FID_CORRUPT,
            "%s: damaged: it should end before event %llu, but ends before %lld",
            s->place.path, (unsigned long long)s->next, (long long)last);
    return FID_OK;
}

static fid_status open_writer(fid__sqlite *s, const char *label, fid_error *err)
{
    FID_TRY(fid__lock_take(&s->lock, s->place.path, label, err));
    FID_TRY(fid__place_look(&s->place, err)); /* who held the lock may have made it */
    if (!s->place.exists)
        FID_TRY(create(s, err));
    FID_TRY(fid__wal_check(s->place.path, err));
    FID_TRY(connect(s, s->place.path, SQLITE_OPEN_READWRITE, err));
    FID_TRY(fid__schema_check(s->db, s->place.path, false, err));
    FID_TRY(set_mode(s, err));
    FID_TRY(fid__sqlite_prepare(s, err));
    return check_end(s, err);
}

/* --- the reader */

static fid_status read_setup(fid__sqlite *s, const char *name, int flags,
                             fid_error *err)
{
    FID_TRY(connect(s, name, flags | SQLITE_OPEN_READONLY, err));
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    FID_TRY(run(s, "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=ON", err));
    FID_TRY(fid__schema_check(s->db, s->place.path, true, err));
    return fid__sqlite_prepare(s, err);
}

/* In a folder that we may not write to SQLite cannot read a file in WAL mode, unless it is
 * told that nobody changes it. Without a -wal nobody does. */
static fid_status read_immutable(fid__sqlite *s, fid_error *err)
{
    fid_text uri = {0};
    fid_text_append(&uri, "file:");
    for (const char *c = s->place.path; *c; c++)
        if (strchr("?#%", *c))
            fid_text_printf(&uri, "%%%02X", (unsigned)*c);
        else
            fid_text_append_n(&uri, c, 1);
    fid_text_append(&uri, "?immutable=1");
    char *name = fid_text_take(&uri);
    fid_status status = name ? read_setup(s, name, SQLITE_OPEN_URI, err)
                             : fid_error_set(err, FID_NOMEM, "out of memory");
    free(name);
    return status;
}

/* An engine that starts meanwhile may restart the log, and a short one end as well: what
 * is damaged is so three times in a row. */
static fid_status check_wal_at_rest(const fid__sqlite *s, fid_error *err)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    fid_status status = FID_OK;
    for (int looks = 0; looks < 3; looks++) {
        fid_store_holder holder;
        if (fid_store_find_holder(s->place.path, &holder) || holder.held)
            return FID_OK;
        status = fid__wal_check(s->place.path, err);
        if (status != FID_CORRUPT)
            return status;
        (void)nanosleep(&pause, NULL);
    }
    return status;
}

static fid_status open_reader(fid__sqlite *s, fid_error *err)
{
    if (!s->place.exists)
        return fid_error_set(err, FID_NOT_FOUND, "%s: no such store", s->place.path);
    FID_TRY(check_wal_at_rest(s, err));
    char *wal = fid__place_beside(s->place.path, "-wal");
    if (!wal)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    fid_status status = read_setup(s, s->place.path, 0, err);
    if (status == FID_IO && fid__place_size(wal) == 0) {
        disconnect(s);
        status = read_immutable(s, err);
    }
    free(wal);
    return status;
}

fid_status fid__sqlite_open(void *state, const fid_store_options *options,
                            fid_error *err)
{
    fid__sqlite *s = state;
    if (!options->path || !*options->path)
        return fid_error_set(err, FID_INVALID, "the sqlite store needs a path");
    *s = (fid__sqlite){.lock.fd = -1, .opened = true, .read_only = options->read_only};
    fid_status status = fid__place_find(&s->place, options->path, err);
    if (!status)
        status = s->read_only ? open_reader(s, err)
                              : open_writer(s, options->holder, err);
    if (status)
        fid__sqlite_close(s);
    return status;
}
