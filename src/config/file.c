/* Files and names of files. */
#include "config/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static fid_status read_open(FILE *file, const char *path, size_t most, char **out,
                            size_t *n, fid_error *err)
{
    struct stat info;
    if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode))
        return fid_error_set(err, FID_IO, "%s is a folder", path);
    size_t cap = 0;
    *out = NULL;
    *n = 0;
    for (size_t got = 1; got; *n += got) {
        enum { CHUNK = 65536 };
        if (*n > most)
            return fid_error_set(err, FID_LIMIT, "%s is larger than %zu KiB", path,
                                 most / 1024);
        char *grown = fid_grow(*out, &cap, *n + CHUNK + 1, 1);
        if (!grown)
            return FID_NOMEM;
        *out = grown;
        got = fread(*out + *n, 1, CHUNK, file);
    }
    if (ferror(file))
        return fid_error_set(err, FID_IO, "cannot read %s: %s", path, strerror(errno));
    (*out)[*n] = '\0';
    return FID_OK;
}

fid_status fid__read_file(const char *path, size_t most, char **out, size_t *n,
                          fid_error *err)
{
    *out = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return fid_error_set(err, FID_IO, "cannot read %s: %s", path, strerror(errno));
    fid_status status = read_open(file, path, most, out, n, err);
    (void)fclose(file);
    if (status != FID_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

const char *fid__folder_of(fid__arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return fid__arena_copy(arena, ".", 1);
    return fid__arena_copy(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *fid__path_under(fid__arena *arena, const char *folder, const char *name)
{
    if (*name == '/')
        return fid__arena_copy(arena, name, strlen(name));
    fid_text text = {0};
    fid_text_printf(&text, "%s/%s", folder, name);
    return fid__arena_take(arena, &text);
}

const char *fid__folder_name(fid__arena *arena, const char *name, size_t n)
{
    enum { MOST = 128 };
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-";
    while (n && (*name == '.' || !strchr(legal, *name) || *name == '-'))
        name++, n--;
    char *fit = fid__arena_copy(arena, n ? name : "sweep", n ? n < MOST ? n : MOST : 5);
    for (char *c = fit; c && *c; c++)
        if (!strchr(legal, *c))
            *c = '-';
    return fit;
}
