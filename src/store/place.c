#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* statfs(2) and linux/magic.h. FUSE may be sshfs: it counts as a network. */
static bool is_network(unsigned long magic)
{
    static const unsigned long networks[] = {
        0x6969,     /* NFS */
        0x517B,     /* SMB */
        0xFE534D42, /* SMB2 */
        0xFF534D42, /* CIFS */
        0x564C,     /* NCP */
        0x5346414F, /* AFS (OpenAFS) */
        0x6B414653, /* AFS */
        0x73757245, /* Coda */
        0x00C36400, /* Ceph */
        0x01021997, /* 9P */
        0x0BD00BD0, /* Lustre */
        0x47504653, /* GPFS */
        0x19830326, /* BeeGFS */
        0x20030528, /* OrangeFS */
        0xAAD7AAEA, /* PanFS */
        0x7461636F, /* OCFS2 */
        0x01161970, /* GFS2 */
        0x65735546, /* FUSE */
    };
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (networks[i] == magic)
            return true;
    return false;
}

char *fid__place_beside(const char *path, const char *suffix)
{
    fid_text text = {0};
    fid_text_append(&text, path);
    fid_text_append(&text, suffix);
    return fid_text_take(&text);
}

int64_t fid__place_size(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
}

fid_status fid__place_touch(const char *path, fid_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fid_error_set(err, FID_IO, "%s: cannot create: %s", path,
                             strerror(errno));
    (void)close(fd);
    return FID_OK;
}

/* The folder's part of an absolute path. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? fid_strdup("/") : fid_strndup(path, (size_t)(slash - path));
}

fid_status fid__place_move(const char *from, const char *to, fid_error *err)
{
    char *folder = folder_of(to);
    if (!folder)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    fid_status status = FID_OK;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems refuse to sync a folder: EINVAL. */
    if (rename(from, to) != 0 || (fd >= 0 && fsync(fd) != 0 && errno != EINVAL))
        status =
            fid_error_set(err, FID_IO, "%s: cannot create: %s", to, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    free(folder);
    return status;
}

/* The name of a file that is not there yet: its folder resolved, its last part as is. */
static char *resolve_new(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (*name == '\0') {
        errno = EISDIR;
        return NULL;
    }
    char *given = slash ? fid_strndup(path, (size_t)(slash - path) + 1)
                        : fid_strdup(".");
    char *folder = given ? realpath(given, NULL) : NULL;
    free(given);
    if (!folder)
        return NULL;
    char *parent = strcmp(folder, "/") == 0 ? fid_strdup("/")
                                            : fid__place_beside(folder, "/");
    char *resolved = parent ? fid__place_beside(parent, name) : NULL;
    free(parent);
    free(folder);
    return resolved;
}

/* A store is never empty, for it is moved to its place when it is whole, and its -wal
 * never outlives it. */
static fid_status check_remains(const fid__place *place, bool empty, fid_error *err)
{
    if (place->exists && empty)
        return fid_error_set(err, FID_CORRUPT,
                             "%s: the file is empty; a store never is", place->path);
    char *wal = fid__place_beside(place->path, "-wal");
    if (!wal)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    /* Another engine may have made both since we looked. */
    bool orphan = !place->exists && fid__place_size(wal) > 0 &&
                  access(place->path, F_OK) != 0;
    free(wal);
    if (orphan)
        return fid_error_set(
            err, FID_CORRUPT,
            "%s: the file is gone, but %s-wal with its latest events is there",
            place->path, place->path);
    return FID_OK;
}

static bool lies_on_network(const char *path)
{
    char *folder = folder_of(path);
    struct statfs info;
    bool network = folder && statfs(folder, &info) == 0 &&
                   is_network((unsigned long)info.f_type & 0xFFFFFFFFUL);
    free(folder);
    return network;
}

fid_status fid__place_look(fid__place *place, fid_error *err)
{
    struct stat info = {0};
    place->exists = stat(place->path, &info) == 0;
    if (!place->exists && errno != ENOENT)
        return fid_error_set(err, FID_IO, "%s: %s", place->path, strerror(errno));
    if (place->exists && !S_ISREG(info.st_mode))
        return fid_error_set(err, FID_INVALID, "%s: not a regular file", place->path);
    return check_remains(place, info.st_size == 0, err);
}

fid_status fid__place_find(fid__place *out, const char *path, fid_error *err)
{
    *out = (fid__place){.path = realpath(path, NULL)};
    if (!out->path && errno == ENOENT)
        out->path = resolve_new(path);
    if (!out->path)
        return fid_error_set(err, errno == ENOMEM ? FID_NOMEM : FID_IO, "%s: %s", path,
                             strerror(errno));
    out->network = lies_on_network(out->path);
    return fid__place_look(out, err);
}

void fid__place_deinit(fid__place *place)
{
    free(place->path);
    *place = (fid__place){0};
}
