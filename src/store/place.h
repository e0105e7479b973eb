/* Where a store lies. */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include <fidelio/store.h>

typedef struct {
    char *path; /* absolute, symbolic links resolved: two names of a store are one */
    bool exists;
    bool network; /* several hosts may see it, shared memory is not to be trusted */
} fid__place;

/* FID_INVALID: not a regular file. FID_IO: its folder is not there. FID_CORRUPT: it is
 * empty, or gone while its -wal is still there. */
fid_status fid__place_find(fid__place *out, const char *path, fid_error *err);
/* Look again, as another engine may have made the store meanwhile: `exists` and the errors
 * as of now. */
fid_status fid__place_look(fid__place *place, fid_error *err);

void fid__place_deinit(fid__place *place);

/* path + suffix; NULL when out of memory. */
char *fid__place_beside(const char *path, const char *suffix);

/* Make an empty file of mode 0600 that was not there. */
fid_status fid__place_touch(const char *path, fid_error *err);

/* Move, and make the new name durable. */
fid_status fid__place_move(const char *from, const char *to, fid_error *err);

/* Size of the file, 0 when it is not there. */
int64_t fid__place_size(const char *path);

#endif
