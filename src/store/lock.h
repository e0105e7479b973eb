/* The single-engine lock: a file beside the store, held by an open-file-description lock.
 * A lock that is held is the sign of life; a pid never is. */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <fidelio/store.h>

/* -1 = not held. Zeroed memory is not "not held": set fd. */
typedef struct {
    int fd;
} fid__lock;

/* Take the lock of the store at `path` (the lock file is path + ".lock"; it stays).
 * FID_LOCKED: *err names who has it. Waits up to two seconds for the children of a dead one. */
fid_status fid__lock_take(fid__lock *lock, const char *path, const char *label,
                          fid_error *err);
void fid__lock_release(fid__lock *lock);

#endif
