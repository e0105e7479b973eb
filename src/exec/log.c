#include "exec/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_NAME = 32, COPY_SIZE = 65536 };

static void piece_name(char out[PIECE_NAME], const char *name, uint32_t piece)
{
    if (piece)
        snprintf(out, PIECE_NAME, "%s.%" PRIu32, name, piece);
    else
        snprintf(out, PIECE_NAME, "%s", name);
}

static int open_piece(const fid__log *log, int flags)
{
    char name[PIECE_NAME];
    piece_name(name, log->name, log->piece);
    return openat(log->dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

void fid__log_open(fid__log *log, int dir, const char *name, uint64_t cap)
{
    *log = (fid__log){.dir = dir, .name = name, .head = cap / 2, .piece_size = cap / 4};
    log->fd = open_piece(log, O_WRONLY | O_CREAT | O_TRUNC);
}

static void next_piece(fid__log *log)
{
    char old[PIECE_NAME];
    if (log->piece >= 2) {
        piece_name(old, log->name, log->piece - 1);
        (void)unlinkat(log->dir, old, 0);
    }
    if (log->fd >= 0)
        close(log->fd);
    log->piece++;
    log->in_piece = 0;
    log->fd = open_piece(log, O_WRONLY | O_CREAT | O_TRUNC);
}

static bool write_all(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        data += done;
        n -= (size_t)done;
    }
    return true;
}

void fid__log_write(fid__log *log, const char *data, size_t n)
{
    log->total += n;
    while (n) {
        uint64_t size = log->piece ? log->piece_size : log->head;
        if (log->in_piece >= size && log->piece_size) {
            next_piece(log);
            continue;
        }
        size_t part = n < size - log->in_piece ? n : (size_t)(size - log->in_piece);
        if (part == 0) /* a cap too small for pieces */
            return;
        if (log->fd >= 0)
            (void)write_all(log->fd, data, part);
        log->in_piece += part;
        data += part;
        n -= part;
    }
}

static void copy_file(int from, int to)
{
    char *buffer = malloc(COPY_SIZE);
    for (ssize_t n; buffer && (n = read(from, buffer, COPY_SIZE)) > 0;)
        if (!write_all(to, buffer, (size_t)n))
            break;
    free(buffer);
}

static void append_piece(fid__log *log, uint32_t piece, int to)
{
    char name[PIECE_NAME];
    piece_name(name, log->name, piece);
    int fd = openat(log->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    copy_file(fd, to);
    close(fd);
    (void)unlinkat(log->dir, name, 0);
}

void fid__log_close(fid__log *log)
{
    uint32_t last = log->piece;
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
    if (last == 0)
        return;
    log->piece = 0;
    int fd = open_piece(log, O_WRONLY | O_APPEND);
    if (fd < 0)
        return;
    uint64_t kept = log->head + log->in_piece + (last > 1 ? log->piece_size : 0);
    if (log->total > kept) {
        char words[80];
        int n = snprintf(words, sizeof words,
                         "\n[... %" PRIu64 " bytes left out ...]\n", log->total - kept);
        (void)write_all(fd, words, (size_t)n);
    }
    if (last > 1)
        append_piece(log, last - 1, fd);
    append_piece(log, last, fd);
    close(fd);
}

/* --- reading */

static bool read_piece(int dir, const char *name, size_t tail, fid_text *out)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    char *buffer = malloc(COPY_SIZE);
    if (tail && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size > tail)
        (void)lseek(fd, st.st_size - (off_t)tail, SEEK_SET);
    for (ssize_t n; buffer && (n = read(fd, buffer, COPY_SIZE)) > 0;)
        fid_text_append_n(out, buffer, (size_t)n);
    out->failed |= !buffer;
    free(buffer);
    close(fd);
    return true;
}

/* The number k of an entry NAME.k; 0 = it is something else. */
static uint32_t piece_number(const char *entry, const char *name)
{
    size_t len = strlen(name);
    int64_t piece;
    if (strncmp(entry, name, len) != 0 || entry[len] != '.' ||
        !fid_parse_int(entry + len + 1, strlen(entry + len + 1), &piece) || piece < 1 ||
        piece > UINT32_MAX)
        return 0;
    return (uint32_t)piece;
}

static uint32_t find_last_piece(int dir, const char *name)
{
    uint32_t last = 0;
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(entries));) {
        uint32_t piece = piece_number(entry->d_name, name);
        last = piece > last ? piece : last;
    }
    closedir(entries);
    return last;
}

fid_status fid__log_read(int dir, const char *name, size_t tail, fid_text *out)
{
    char piece[PIECE_NAME];
    size_t start = out->len;
    uint32_t last = find_last_piece(dir, name);
    if (!read_piece(dir, name, last ? 0 : tail, out))
        return FID_NOT_FOUND;
    if (last > 2)
        fid_text_append(out, "\n[...]\n");
    for (uint32_t k = last > 1 ? last - 1 : 1; last && k <= last; k++) {
        piece_name(piece, name, k);
        (void)read_piece(dir, piece, 0, out);
    }
    if (out->failed)
        return FID_NOMEM;
    size_t len = out->len - start;
    if (tail && len > tail) {
        memmove(out->data + start, out->data + out->len - tail, tail + 1);
        out->len = start + tail;
    }
    return FID_OK;
}
