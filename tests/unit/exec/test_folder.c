/* Trials' folders and kept output, on a real file system. */
#include "check.h"

#include "exec/folder.h"
#include "exec/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int top; /* a fresh folder */
static char top_path[64];

static bool exists(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned mode_of(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & 0777 : 0;
}

TEST(folders_and_files_are_private_whatever_the_umask)
{
    mode_t before = umask(0);
    int a = fid__folder_enter(top, "a", true);
    int fd = fid__folder_create(a, "f", "text", 4);
    char buffer[10];
    CHECK(a >= 0 && fd >= 0 && mode_of(top, "a") == 0700 && mode_of(a, "f") == 0600);
    CHECK(fid__folder_read(a, "f", buffer, sizeof buffer) == 4);
    CHECK(memcmp(buffer, "text", 4) == 0);
    CHECK(fid__folder_create(a, "f", "", 0) < 0 && errno == EEXIST);
    umask(before);
    close(a);
    close(fd);
}

TEST(symbolic_links_are_not_followed)
{
    char buffer[10];
    CHECK(symlinkat("/etc", top, "link") == 0 &&
          symlinkat("/etc/passwd", top, "flink") == 0);
    CHECK(fid__folder_enter(top, "link", true) < 0);
    CHECK(fid__folder_read(top, "flink", buffer, sizeof buffer) < 0);
    CHECK(fid__folder_create(top, "flink", "x", 1) < 0);
    unlinkat(top, "link", 0);
    unlinkat(top, "flink", 0);
}

TEST(an_old_folder_is_put_aside)
{
    for (int i = 0; i < 4; i++) {
        int fd = fid__folder_fresh(top, "7");
        CHECK(fd >= 0);
        CHECK(mkdirat(fd, i == 0 ? "first" : "later", 0700) == 0);
        close(fd);
    }
    CHECK(exists(top, "7.old-1/first") && exists(top, "7.old-3/later"));
    CHECK(!exists(top, "7.old-4"));
}

TEST(removing_takes_everything_and_follows_no_link)
{
    enum {
        DEPTH = 1500
    }; /* the path would be longer than PATH_MAX, and than descriptors go */
    int keep = fid__folder_enter(top, "keep", true);
    close(fid__folder_create(keep, "precious", "x", 1));
    int doomed = fid__folder_enter(top, "doomed", true), deep = dup(doomed);
    CHECK(symlinkat("../keep", doomed, "link") == 0);
    for (int i = 0; i < DEPTH; i++) {
        int next = fid__folder_enter(deep, "deeper-and-deeper", true);
        close(fid__folder_create(next, "file", "", 0));
        CHECK(symlinkat("../../keep", next, "link") == 0);
        close(deep);
        deep = next;
    }
    close(deep);
    int locked = fid__folder_enter(doomed, "locked", true);
    close(fid__folder_create(locked, "file", "", 0));
    CHECK(fchmod(locked, 0) == 0);
    close(locked);
    CHECK(mkfifoat(doomed, "fifo", 0600) == 0);
    close(doomed);
    fid__folder_remove(top, "doomed");
    CHECK(!exists(top, "doomed") && exists(keep, "precious"));
    CHECK(symlinkat("keep", top, "link") == 0);
    fid__folder_remove(top, "link");
    CHECK(!exists(top, "link") && exists(keep, "precious"));
    fid__folder_remove(top, "never-there");
    close(keep);
}

/* --- logs */

static void fill(fid__log *log, size_t from, size_t to, size_t chunk)
{
    char line[32];
    fid_text text = {0};
    for (size_t i = from; i < to; i++) {
        snprintf(line, sizeof line, "%07zu\n", i);
        fid_text_append_n(&text, line, 8);
    }
    for (size_t at = 0; at < text.len; at += chunk)
        fid__log_write(log, text.data + at,
                       text.len - at < chunk ? text.len - at : chunk);
    fid_text_deinit(&text);
}

static void read_log(size_t tail, fid_text *out)
{
    fid_text_clear(out);
    CHECK(fid__log_read(top, "log", tail, out) == FID_OK);
}

TEST(a_short_log_is_kept_whole)
{
    fid__log log;
    fid_text text = {0};
    fid__log_open(&log, top, "log", 4096);
    fill(&log, 0, 512, 100); /* exactly the cap */
    read_log(0, &text);
    CHECK(text.len == 4096);
    fid__log_close(&log);
    read_log(0, &text);
    CHECK(text.len == 4096 && strncmp(text.data + 4088, "0000511\n", 8) == 0);
    CHECK(!strstr(text.data, "left out"));
    read_log(16, &text);
    CHECK(strcmp(text.data, "0000510\n0000511\n") == 0);
    fid_text_deinit(&text);
    CHECK(!exists(top, "log.1") && !exists(top, "log.2"));
}

TEST(a_long_log_keeps_head_and_tail_and_says_what_is_missing)
{
    fid__log log;
    fid_text text = {0};
    const size_t chunks[] = {1, 13, 1000, 100000};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        fid__log_open(&log, top, "log", 4096);
        fill(&log, 0, 5000, chunks[i]);
        read_log(0, &text); /* while it grows */
        CHECK(strncmp(text.data, "0000000\n", 8) == 0 && text.len < 4300);
        CHECK(strcmp(text.data + text.len - 8, "0004999\n") == 0);
        read_log(24, &text);
        CHECK(strcmp(text.data, "0004997\n0004998\n0004999\n") == 0);
        fid__log_close(&log);
        read_log(0, &text);
        CHECK(strncmp(text.data, "0000000\n", 8) == 0 && text.len < 4300);
        CHECK(strstr(text.data, "0000255\n\n[... ") != NULL);
        char *words = strstr(text.data, "[... ");
        long missing = words ? strtol(words + 5, NULL, 10) : 0;
        char *rest = words ? strchr(words, '\n') + 1 : text.data;
        CHECK((size_t)missing + 2048 + strlen(rest) == 40000);
        CHECK(strlen(rest) >= 1024);
        CHECK(strcmp(text.data + text.len - 8, "0004999\n") == 0);
        CHECK(!exists(top, "log.1") && !exists(top, "log.20"));
    }
    fid_text_deinit(&text);
}

TEST(a_log_that_is_not_there_is_not_found)
{
    fid_text text = {0};
    CHECK(fid__log_read(top, "nothing", 0, &text) == FID_NOT_FOUND);
    fid_text_deinit(&text);
}

int main(void)
{
    fid_error err;
    char *absolute = NULL;
    bool made;
    snprintf(top_path, sizeof top_path, "%s/fid-folder-%d/x/y", check_place(),
             (int)getpid());
    CHECK(fid__folder_make_path(top_path, &top, &absolute, &made, &err) == FID_OK);
    CHECK(made && absolute && strcmp(absolute, top_path) == 0);
    free(absolute);
    RUN(folders_and_files_are_private_whatever_the_umask);
    RUN(symbolic_links_are_not_followed);
    RUN(an_old_folder_is_put_aside);
    RUN(removing_takes_everything_and_follows_no_link);
    RUN(a_short_log_is_kept_whole);
    RUN(a_long_log_keeps_head_and_tail_and_says_what_is_missing);
    RUN(a_log_that_is_not_there_is_not_found);
    strstr(top_path, "/x/y")[0] = '\0';
    fid__folder_remove(AT_FDCWD, top_path);
    CHECK(!exists(AT_FDCWD, top_path));
    DONE();
}
