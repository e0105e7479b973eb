#include "store/lock.h"

#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Byte 0 is the lock. Byte 1 is held while byte 0 is tried and the holder's words are
 * written, so whoever is refused reads settled words. */
enum { THE_LOCK = 0, THE_WORDS = 1 };
enum { LONGEST_WORDS = 1024 };

static bool try_byte(int fd, short type, off_t byte)
{
    struct flock range = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int rc;
    do
        rc = fcntl(fd, F_OFD_SETLK, &range);
    while (rc != 0 && errno == EINTR);
    return rc == 0;
}

static bool was_refused(void)
{
    return errno == EAGAIN || errno == EACCES;
}

/* Others hold byte 1 for microseconds; after a second somebody is stopped in between. */
static bool take_words(int fd)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    for (int i = 0; i < 200; i++) {
        if (try_byte(fd, F_WRLCK, THE_WORDS))
            return true;
        if (!was_refused())
            return false;
        (void)nanosleep(&pause, NULL);
    }
    errno = EAGAIN;
    return false;
}

static void append_line(fid_text *words, const char *key, const char *value)
{
    fid_text_printf(words, "%s=", key);
    for (; *value; value++)
        fid_text_append_n(
            words, (unsigned char)*value < 0x20 || *value == 0x7F ? " " : value, 1);
    fid_text_append(words, "\n");
}

static void read_boot_id(char out[64])
{
    out[0] = '\0';
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (!file)
        return;
    if (!fgets(out, 64, file))
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    (void)fclose(file);
}

static void describe_us(fid_text *words, const char *label)
{
    char host[256] = "", boot[64], since[32] = "", pid[32];
    (void)gethostname(host, sizeof host - 1);
    read_boot_id(boot);
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc))
        (void)strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &utc);
    (void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
    append_line(words, "pid", pid);
    append_line(words, "host", host);
    append_line(words, "boot", boot);
    append_line(words, "since", since);
    append_line(words, "label", label ? label : "");
}

static bool write_words(int fd, const char *label)
{
    fid_text words = {0};
    describe_us(&words, label);
    bool ok = !words.failed && ftruncate(fd, 0) == 0 &&
              pwrite(fd, words.data, words.len, 0) == (ssize_t)words.len;
    fid_text_deinit(&words);
    return ok;
}

/* The value of `key` in the words, "" when it is not there. */
static void find_word(const char *words, const char *key, char *out, size_t cap)
{
    size_t n = strlen(key);
    out[0] = '\0';
    for (const char *line = words; *line;
         line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, key, n) == 0 && line[n] == '=') {
            size_t len = strcspn(line + n + 1, "\n");
            (void)snprintf(out, cap, "%.*s", (int)(len < cap ? len : cap - 1),
                           line + n + 1);
            return;
        }
}

static void read_holder(int fd, fid_store_holder *out)
{
    char words[LONGEST_WORDS + 1], pid[32];
    ssize_t n = pread(fd, words, LONGEST_WORDS, 0);
    words[n > 0 ? n : 0] = '\0';
    *out = (fid_store_holder){0};
    find_word(words, "pid", pid, sizeof pid);
    find_word(words, "host", out->host, sizeof out->host);
    find_word(words, "boot", out->boot, sizeof out->boot);
    find_word(words, "since", out->since, sizeof out->since);
    find_word(words, "label", out->label, sizeof out->label);
    (void)fid_parse_int(pid, strlen(pid), &out->pid);
}

static fid_status refuse(int fd, const char *path, fid_error *err)
{
    fid_store_holder who;
    read_holder(fd, &who);
    if (who.pid <= 0)
        return fid_error_set(err, FID_LOCKED, "%s: in use by another engine", path);
    return fid_error_set(
        err, FID_LOCKED,
        "%s: in use by the engine with pid %lld on host %s since %s%s%s%s", path,
        (long long)who.pid, who.host, who.since, *who.label ? " (" : "", who.label,
        *who.label ? ")" : "");
}

/* An engine that was killed while it started a trial leaves its lock with the child until
 * that becomes another program: a moment. */
static bool died_here(int fd)
{
    fid_store_holder who;
    char host[128] = "", boot[64];
    read_holder(fd, &who);
    (void)gethostname(host, sizeof host - 1);
    read_boot_id(boot);
    return who.pid > 0 && strcmp(who.host, host) == 0 && strcmp(who.boot, boot) == 0 &&
           kill((pid_t)who.pid, 0) != 0 && errno == ESRCH;
}

static bool take_lock(int fd)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    for (int i = 0; i < 200; i++) {
        if (try_byte(fd, F_WRLCK, THE_LOCK))
            return true;
        if (!died_here(fd))
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static fid_status take(int fd, const char *path, const char *label, fid_error *err)
{
    if (!take_words(fd)) {
        if (was_refused())
            return refuse(fd, path, err);
        return fid_error_set(err, FID_UNSUPPORTED,
                             "%s: its file system has no file locks: %s", path,
                             strerror(errno));
    }
    fid_status status = FID_OK;
    if (!take_lock(fd))
        status = refuse(fd, path, err);
    else if (!write_words(fd, label))
        status = fid_error_set(err, FID_IO, "%s.lock: cannot write: %s", path,
                               strerror(errno));
    (void)try_byte(fd, F_UNLCK, THE_WORDS);
    return status;
}

/* Who had the lock may have moved the folder, and the lock with it. */
static bool is_still_there(int fd, const char *name)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && stat(name, &there) == 0 &&
           ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

static fid_status take_at(fid__lock *lock, const char *name, const char *path,
                          const char *label, fid_error *err)
{
    lock->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (lock->fd < 0)
        return fid_error_set(err, FID_IO, "%s: cannot open: %s", name, strerror(errno));
    fid_status status = take(lock->fd, path, label, err);
    if (status) {
        (void)close(lock->fd);
        lock->fd = -1;
    }
    return status;
}

fid_status fid__lock_take(fid__lock *lock, const char *path, const char *label,
                          fid_error *err)
{
    char *name = fid__place_beside(path, ".lock");
    fid_status status;
    *lock = (fid__lock){-1};
    if (!name)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    do {
        fid__lock_release(lock);
        status = take_at(lock, name, path, label, err);
    } while (status == FID_OK && !is_still_there(lock->fd, name));
    free(name);
    return status;
}

void fid__lock_release(fid__lock *lock)
{
    if (lock->fd < 0)
        return;
    (void)!ftruncate(lock->fd, 0);
    (void)close(lock->fd);
    lock->fd = -1;
}

struct fid_store_hold {
    fid__lock lock;
};

fid_status fid_store_hold_take(fid_store_hold **out, const char *path,
                               const char *holder, fid_error *err)
{
    fid__place place;
    *out = fid_alloc(1, sizeof **out);
    if (!*out)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    fid_status status = fid__place_find(&place, path, err);
    if (place.path) /* whatever state the store is in */
        status = fid__lock_take(&(*out)->lock, place.path, holder, err);
    fid__place_deinit(&place);
    if (status) {
        free(*out);
        *out = NULL;
    }
    return status;
}

void fid_store_hold_release(fid_store_hold *hold)
{
    if (hold)
        fid__lock_release(&hold->lock);
    free(hold);
}

/* Who has just taken the lock writes its words a moment later. */
static void read_settled_holder(int fd, fid_store_holder *out)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    for (int i = 0; i < 100; i++) {
        struct flock range = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = THE_LOCK, .l_len = 1};
        if (fcntl(fd, F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK)
            return;
        read_holder(fd, out);
        out->held = true;
        if (out->pid > 0)
            return;
        (void)nanosleep(&pause, NULL);
        *out = (fid_store_holder){0};
    }
    out->held = true;
}

fid_status fid_store_find_holder(const char *path, fid_store_holder *out)
{
    *out = (fid_store_holder){0};
    fid__place place;
    fid_status status = fid__place_find(&place, path, NULL);
    char *name = place.path ? fid__place_beside(place.path, ".lock") : NULL;
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    if (fd >= 0) {
        read_settled_holder(fd, out);
        (void)close(fd);
    }
    free(name);
    fid__place_deinit(&place);
    return status == FID_NOMEM ? FID_NOMEM : FID_OK;
}
