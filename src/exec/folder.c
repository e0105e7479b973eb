#include "exec/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fid__folder_trial_name(char out[FID__NAME_SIZE], uint64_t trial)
{
    snprintf(out, FID__NAME_SIZE, "%" PRIu64, trial);
}

void fid__folder_attempt_name(char out[FID__NAME_SIZE], uint32_t attempt)
{
    snprintf(out, FID__NAME_SIZE, "attempt-%" PRIu32, attempt);
}

int fid__folder_enter(int dir, const char *name, bool make)
{
    if (make && mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool make_above(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!ok)
            return false;
    }
    return true;
}

fid_status fid__folder_make_path(const char *path, int *out, char **absolute,
                                 bool *made, fid_error *err)
{
    char *copy = fid_strdup(path);
    *out = -1;
    *absolute = NULL;
    if (!copy)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    *made = *path && make_above(copy) && mkdir(path, 0700) == 0;
    if (*made || (*path && errno == EEXIST))
        *absolute = realpath(path, NULL);
    if (*absolute)
        *out = open(*absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (*out >= 0)
        return FID_OK;
    free(*absolute);
    *absolute = NULL;
    return fid_error_set(err, FID_IO, "%s: %s", path, strerror(*path ? errno : ENOENT));
}

int fid__folder_fresh(int dir, const char *name)
{
    char old[FID__NAME_SIZE + 16];
    for (unsigned k = 1; mkdirat(dir, name, 0700) != 0; k++) {
        if (errno != EEXIST || k > 1000000)
            return -1;
        snprintf(old, sizeof old, "%s.old-%u", name, k);
        if (renameat2(dir, name, dir, old, RENAME_NOREPLACE) != 0 && errno != EEXIST &&
            errno != ENOENT)
            return -1;
    }
    return fid__folder_enter(dir, name, false);
}

int fid__folder_create(int dir, const char *name, const char *data, size_t n)
{
    int fd =
        openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd >= 0 && n) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            int error = done < 0 ? errno : EIO;
            close(fd);
            errno = error;
            return -1;
        }
        data += done;
        n -= (size_t)done;
    }
    return fd;
}

long fid__folder_read(int dir, const char *name, char *buffer, size_t size)
{
    size_t n = 0;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    for (ssize_t got; n < size && (got = read(fd, buffer + n, size - n)) > 0;)
        n += (size_t)got;
    close(fd);
    return (long)n;
}

bool fid__folder_is_empty(int dir)
{
    DIR *entries = fdopendir(dir);
    bool empty = true;
    if (!entries) {
        close(dir);
        return true;
    }
    for (struct dirent *entry; empty && (entry = readdir(entries));)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(entries);
    return empty;
}

/* --- removing */

/* A folder that we may change, whatever mode the trial gave it. */
static int enter_forced(int dir, const char *name)
{
    int fd = fid__folder_enter(dir, name, false);
    if (fd < 0 && errno == EACCES &&
        fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
        fd = fid__folder_enter(dir, name, false);
    if (fd >= 0 && fchmod(fd, 0700) != 0)
        errno = 0; /* not ours: what can be removed is removed */
    return fd;
}

/* Empty folder `name` of `top` by moving its folders up to `top`, so that neither the depth
 * nor the length of paths matters; then remove it. false: nothing could be done. */
static bool flatten(int top, const char *name, uint64_t *serial)
{
    char up[FID__NAME_SIZE];
    bool progress = false;
    int fd = enter_forced(top, name);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return unlinkat(top, name, AT_REMOVEDIR) == 0;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *inner = entry->d_name;
        if (strcmp(inner, ".") == 0 || strcmp(inner, "..") == 0)
            continue;
        if (unlinkat(fd, inner, 0) == 0) {
            progress = true;
            continue;
        }
        bool moved;
        do {
            snprintf(up, sizeof up, ".removed-%" PRIu64, (*serial)++);
            moved = renameat2(fd, inner, top, up, RENAME_NOREPLACE) == 0;
        } while (!moved && errno == EEXIST);
        progress |= moved;
    }
    closedir(dir);
    return unlinkat(top, name, AT_REMOVEDIR) == 0 || progress;
}

/* One pass over a folder; whether anything changed. */
static bool remove_entries(int top, uint64_t *serial)
{
    bool changed = false;
    int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return false;
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        changed |= unlinkat(top, name, 0) == 0 || flatten(top, name, serial);
    }
    closedir(dir);
    return changed;
}

void fid__folder_remove(int dir, const char *name)
{
    uint64_t serial = 0;
    int top;
    if (unlinkat(dir, name, 0) == 0 || unlinkat(dir, name, AT_REMOVEDIR) == 0)
        return;
    top = enter_forced(dir, name);
    if (top < 0)
        return;
    while (remove_entries(top, &serial))
        continue;
    close(top);
    (void)unlinkat(dir, name, AT_REMOVEDIR);
}
