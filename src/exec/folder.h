/* folder.h -- trials' folders. Folders are 0700 and files 0600 whatever the umask; the last
 * component of a path is never followed when it is a symbolic link. Descriptors are
 * close-on-exec. */
#ifndef EXEC_FOLDER_H
#define EXEC_FOLDER_H

#include <fidelio/base.h>

enum { FID__NAME_SIZE = 48 };

void fid__folder_trial_name(char out[FID__NAME_SIZE], uint64_t trial);
void fid__folder_attempt_name(char out[FID__NAME_SIZE], uint32_t attempt);

/* Make `path` and what is above it, open it, and say its absolute path, to be freed, and
 * whether it was not there. */
fid_status fid__folder_make_path(const char *path, int *out, char **absolute,
                                 bool *made, fid_error *err);
/* A folder in `dir`; -1 and errno. make: where there is none. */
int fid__folder_enter(int dir, const char *name, bool make);
/* A new folder; one of that name is renamed NAME.old-1, .. ; -1 and errno. */
int fid__folder_fresh(int dir, const char *name);
/* A new file with n bytes; the descriptor, open for reading and writing, or -1 and
 * errno. */
int fid__folder_create(int dir, const char *name, const char *data, size_t n);
/* What is in a file, at most `size` bytes; -1 and errno. */
long fid__folder_read(int dir, const char *name, char *buffer, size_t size);
/* Whether nothing is in the folder; closes it. */
bool fid__folder_is_empty(int dir);
/* Remove a folder and all that is in it. Links are removed, not followed. Best effort. */
void fid__folder_remove(int dir, const char *name);

#endif
