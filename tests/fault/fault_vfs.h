/* fault_vfs.h -- an SQLite VFS over the default one. It counts the calls that change the
 * disk, and at call N kills the process or fails; and it can tell a recorder about each. */
#ifndef FAULT_VFS_H
#define FAULT_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum { FAULT_WRITE, FAULT_TRUNCATE, FAULT_SYNC, FAULT_DELETE } fault_op;
typedef enum { FAULT_NONE, FAULT_KILL, FAULT_ENOSPC, FAULT_EIO } fault_kind;

typedef struct {
    fault_op op;
    const char *name; /* of the file */
    int64_t at;       /* WRITE: offset; TRUNCATE: new size */
    const void *data;
    int n;
    bool failed; /* the call is made to fail */
} fault_call;

static struct {
    sqlite3_vfs vfs, *real;
    long calls;     /* so far */
    long at;        /* the call to spoil; 0 = none */
    bool sticky;    /* and all that follow */
    bool only_sync; /* only syncs count */
    fault_kind kind;
    void (*record)(const fault_call *call);
} fault;

typedef struct {
    sqlite3_file base;
    const char *name;
    sqlite3_file *real;
} fault_file;

static sqlite3_file *fault_real(sqlite3_file *file)
{
    return ((fault_file *)file)->real;
}

/* Count the call; true when it is to fail. */
static bool fault_strikes(fault_op op)
{
    if (fault.only_sync && op != FAULT_SYNC)
        return false;
    fault.calls++;
    bool now = fault.at &&
               (fault.calls == fault.at || (fault.sticky && fault.calls > fault.at));
    if (now && fault.kind == FAULT_KILL)
        _exit(9);
    return now && !(fault.kind == FAULT_ENOSPC && op != FAULT_WRITE);
}

static void fault_tell(fault_op op, const char *name, int64_t at, const void *data,
                       int n, bool failed)
{
    if (fault.record)
        fault.record(&(fault_call){op, name, at, data, n, failed});
}

static int fault_close(sqlite3_file *file)
{
    sqlite3_file *real = fault_real(file);
    int rc = real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
    free(real);
    return rc;
}

static int fault_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return fault_real(file)->pMethods->xRead(fault_real(file), to, n, at);
}

/* A write that fails gets half of its bytes down. */
static int fault_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    sqlite3_file *real = fault_real(file);
    bool failed = fault_strikes(FAULT_WRITE);
    int rc = real->pMethods->xWrite(real, from, failed ? n / 2 : n, at);
    fault_tell(FAULT_WRITE, ((fault_file *)file)->name, at, from, failed ? n / 2 : n,
               failed);
    if (!failed)
        return rc;
    return fault.kind == FAULT_ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    bool failed = fault_strikes(FAULT_TRUNCATE);
    fault_tell(FAULT_TRUNCATE, ((fault_file *)file)->name, size, NULL, 0, failed);
    return failed ? SQLITE_IOERR_TRUNCATE
                  : fault_real(file)->pMethods->xTruncate(fault_real(file), size);
}

static int fault_sync(sqlite3_file *file, int flags)
{
    bool failed = fault_strikes(FAULT_SYNC);
    fault_tell(FAULT_SYNC, ((fault_file *)file)->name, 0, NULL, 0, failed);
    return failed ? SQLITE_IOERR_FSYNC
                  : fault_real(file)->pMethods->xSync(fault_real(file), flags);
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return fault_real(file)->pMethods->xFileSize(fault_real(file), size);
}

static int fault_lock(sqlite3_file *file, int level)
{
    return fault_real(file)->pMethods->xLock(fault_real(file), level);
}

static int fault_unlock(sqlite3_file *file, int level)
{
    return fault_real(file)->pMethods->xUnlock(fault_real(file), level);
}

static int fault_reserved(sqlite3_file *file, int *out)
{
    return fault_real(file)->pMethods->xCheckReservedLock(fault_real(file), out);
}

static int fault_control(sqlite3_file *file, int op, void *arg)
{
    return fault_real(file)->pMethods->xFileControl(fault_real(file), op, arg);
}

static int fault_sector(sqlite3_file *file)
{
    return fault_real(file)->pMethods->xSectorSize(fault_real(file));
}

static int fault_traits(sqlite3_file *file)
{
    return fault_real(file)->pMethods->xDeviceCharacteristics(fault_real(file));
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend,
                         void volatile **out)
{
    return fault_real(file)->pMethods->xShmMap(fault_real(file), page, size, extend,
                                               out);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return fault_real(file)->pMethods->xShmLock(fault_real(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
    fault_real(file)->pMethods->xShmBarrier(fault_real(file));
}

static int fault_shm_unmap(sqlite3_file *file, int remove)
{
    return fault_real(file)->pMethods->xShmUnmap(fault_real(file), remove);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                      int *out)
{
    static const sqlite3_io_methods methods = {
        2,
        fault_close,
        fault_read,
        fault_write,
        fault_truncate,
        fault_sync,
        fault_size,
        fault_lock,
        fault_unlock,
        fault_reserved,
        fault_control,
        fault_sector,
        fault_traits,
        fault_shm_map,
        fault_shm_lock,
        fault_shm_barrier,
        fault_shm_unmap,
        NULL,
        NULL,
    };
    (void)vfs;
    fault_file *f = (fault_file *)file;
    *f = (fault_file){.name = name ? name : ""};
    f->real = calloc(1, (size_t)fault.real->szOsFile);
    int rc = f->real ? fault.real->xOpen(fault.real, name, f->real, flags, out)
                     : SQLITE_NOMEM;
    if (rc == SQLITE_OK)
        f->base.pMethods = &methods;
    else
        free(f->real);
    return rc;
}

static int fault_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    bool failed = fault_strikes(FAULT_DELETE);
    fault_tell(FAULT_DELETE, name, 0, NULL, sync_folder, failed);
    return failed ? SQLITE_IOERR_DELETE
                  : fault.real->xDelete(fault.real, name, sync_folder);
}

/* Becomes the VFS that everybody gets. */
static inline void fault_install(void)
{
    fault.real = sqlite3_vfs_find(NULL);
    fault.vfs = *fault.real;
    fault.vfs.zName = "fault";
    fault.vfs.pNext = NULL;
    fault.vfs.szOsFile = sizeof(fault_file);
    fault.vfs.xOpen = fault_open;
    fault.vfs.xDelete = fault_delete;
    (void)sqlite3_vfs_register(&fault.vfs, 1);
}

static inline void fault_arm(fault_kind kind, long at, bool sticky)
{
    fault.calls = 0;
    fault.kind = kind;
    fault.at = at;
    fault.sticky = sticky;
}

#endif
