/* The SQLite store and its surroundings: lock, readers, versions, places. */
#include "check.h"
#include "store_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

static char folder[64], path[96];
static fid_error err;
static fid_status status;

/* The library's statfs, too: the linker prefers the program's. */
static long pretended_file_system;
int statfs(const char *name, struct statfs *out)
{
    long rc = syscall(SYS_statfs, name, out);
    if (pretended_file_system)
        out->f_type = pretended_file_system;
    return (int)rc;
}

static void sql(const char *name, const char *statements)
{
    sqlite3 *db = NULL;
    char *words = NULL;
    CHECK(sqlite3_open(name, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, statements, NULL, NULL, &words) == SQLITE_OK);
    if (words)
        printf("%s\n", words);
    sqlite3_free(words);
    sqlite3_close(db);
}

/* First column of the first row as text. */
static const char *ask(const char *name, const char *question)
{
    static char answer[256];
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    CHECK(sqlite3_open(name, &db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(db, question, -1, &row, NULL) == SQLITE_OK);
    const char *text = sqlite3_step(row) == SQLITE_ROW
                           ? (const char *)sqlite3_column_text(row, 0)
                           : "(none)";
    (void)snprintf(answer, sizeof answer, "%s", text ? text : "(null)");
    sqlite3_finalize(row);
    sqlite3_close(db);
    return answer;
}

static void make_store(size_t n)
{
    void *state = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK);
    CHECK(kit_append(&fid_store_sqlite, state, 0, n, &err) == FID_OK);
    kit_close(state);
}

static void expect_open(bool read_only, fid_status wanted, const char *words)
{
    err = (fid_error){0};
    void *state = kit_open(path, read_only, &status, &err);
    CHECK(status == wanted);
    if (!strstr(err.message, words) || status != wanted)
        printf("status %d: %s\n", (int)status, err.message);
    CHECK(strstr(err.message, words) != NULL);
    kit_close(state);
}

/* --- lock */

TEST(a_second_engine_is_refused_and_told_who_has_it)
{
    void *state = kit_open(path, false, &status, &err);
    char pid[64];
    fid_store_holder who;
    (void)snprintf(pid, sizeof pid, "pid %ld on host ", (long)getpid());
    expect_open(false, FID_LOCKED, pid);
    CHECK(strstr(err.message, "(a test)") && strstr(err.message, "since 2"));
    CHECK(fid_store_find_holder(path, &who) == FID_OK);
    CHECK(who.held && who.pid == getpid() && strcmp(who.label, "a test") == 0 &&
          *who.boot);
    kit_close(state);
    CHECK(fid_store_find_holder(path, &who) == FID_OK && !who.held);
    expect_open(false, FID_OK, "");
    kit_clear(folder);
}

TEST(what_a_killed_engine_was_starting_does_not_keep_its_lock)
{
    int ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    pid_t engine = fork();
    if (engine == 0) {
        (void)kit_open(path, false, &status, &err);
        if (fork() == 0) { /* not yet another program when its engine dies */
            close(ready[1]);
            (void)usleep(200000);
            _exit(0);
        }
        (void)!write(ready[1], "", 1);
        pause();
        _exit(0);
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(kill(engine, SIGKILL) == 0 && waitpid(engine, NULL, 0) == engine);
    fid_store_holder who;
    CHECK(fid_store_find_holder(path, &who) == FID_OK && who.held && who.pid == engine);
    expect_open(false, FID_OK, "");
    close(ready[0]);
    close(ready[1]);
    kit_clear(folder);
}

TEST(one_store_under_two_names_is_one_store)
{
    char link_name[128];
    make_store(1);
    (void)snprintf(link_name, sizeof link_name, "%s/other", folder);
    CHECK(symlink(path, link_name) == 0);
    void *state = kit_open(link_name, false, &status, &err);
    CHECK(status == FID_OK);
    expect_open(false, FID_LOCKED, "in use");
    kit_close(state);
    (void)unlink(link_name);
    kit_clear(folder);
}

TEST(a_lock_file_that_is_a_link_is_not_followed)
{
    char name[128], target[128];
    (void)snprintf(name, sizeof name, "%s.lock", path);
    (void)snprintf(target, sizeof target, "%s/victim", folder);
    CHECK(symlink(target, name) == 0);
    expect_open(false, FID_IO, "cannot open");
    CHECK(access(target, F_OK) != 0);
    kit_clear(folder);
}

TEST(of_engines_that_race_one_wins_and_all_others_name_it)
{
    enum { RACERS = 8, ROUNDS = 15 };
    for (int round = 0; round < ROUNDS; round++) {
        int go[2], end[2], out[2];
        CHECK(pipe(go) == 0 && pipe(end) == 0 && pipe(out) == 0);
        for (int i = 0; i < RACERS; i++)
            if (fork() == 0) {
                struct {
                    long self, named;
                } said = {getpid(), 0};
                char byte;
                close(go[1]);
                close(end[1]);
                (void)!read(go[0], &byte, 1); /* all start at its end */
                (void)kit_open(path, false, &status, &err);
                if (status == FID_OK)
                    said.named = said.self;
                else if (status == FID_LOCKED) {
                    const char *at = strstr(err.message, "pid ");
                    said.named = at ? atol(at + 4) : -1;
                }
                (void)!write(out[1], &said, sizeof said);
                (void)!read(end[0], &byte,
                            1); /* the winner holds it till all have tried */
                _exit(0);       /* without closing */
            }
        close(go[1]);
        long winner = 0, said[RACERS][2];
        for (int i = 0; i < RACERS; i++) {
            CHECK(read(out[0], said[i], sizeof said[i]) == sizeof said[i]);
            if (said[i][0] == said[i][1]) {
                CHECK(winner == 0);
                winner = said[i][0];
            }
        }
        for (int i = 0; i < RACERS; i++)
            CHECK(winner > 0 && said[i][1] == winner);
        close(end[1]);
        while (wait(NULL) > 0)
            ;
        close(go[0]);
        close(end[0]);
        close(out[0]);
        close(out[1]);
    }
    kit_clear(folder);
}

/* Who found no store and then waited for another's lock finds the one that was made. */
TEST(of_engines_that_make_one_store_none_loses_what_another_wrote)
{
    enum { MAKERS = 6, ROUNDS = 40 };
    for (int round = 0; round < ROUNDS; round++) {
        int go[2];
        CHECK(pipe(go) == 0);
        for (int i = 0; i < MAKERS; i++)
            if (fork() == 0) {
                char byte;
                void *state;
                close(go[1]);
                (void)!read(go[0], &byte, 1); /* all start at its end */
                while ((state = kit_open(path, false, &status, &err)) != NULL &&
                       status == FID_LOCKED)
                    kit_close(state);
                if (status)
                    printf("%s\n", err.message);
                size_t n = status ? 0 : kit_count(state, &err);
                status = status ? status
                                : kit_append(&fid_store_sqlite, state, n, 1, &err);
                kit_close(state);
                _exit(status != FID_OK);
            }
        close(go[0]);
        close(go[1]);
        for (int i = 0; i < MAKERS; i++) {
            int rc;
            CHECK(wait(&rc) > 0 && rc == 0);
        }
        void *state = kit_open(path, true, &status, &err);
        CHECK(status == FID_OK && kit_count(state, &err) == MAKERS);
        kit_close(state);
        kit_clear(folder);
        CHECK(mkdir(folder, 0700) == 0 || errno == EEXIST);
    }
    kit_clear(folder);
}

TEST(an_engine_that_was_overtaken_is_fenced)
{
    void *state = kit_open(path, false, &status, &err);
    CHECK(kit_append(&fid_store_sqlite, state, 0, 3, &err) == FID_OK);
    char name[128];
    (void)snprintf(name, sizeof name, "%s.lock", path);
    CHECK(unlink(name) == 0); /* somebody took the lock away by force */
    void *other = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK);
    CHECK(kit_append(&fid_store_sqlite, other, 3, 2, &err) == FID_OK);
    CHECK(kit_append(&fid_store_sqlite, state, 3, 1, &err) == FID_SUPERSEDED);
    CHECK(kit_append(&fid_store_sqlite, other, 5, 2, &err) == FID_OK);
    CHECK(kit_count(other, &err) == 7);
    kit_close(other);
    kit_close(state);
    kit_clear(folder);
}

/* --- readers */

TEST(a_reader_follows_an_engine_that_writes)
{
    expect_open(true, FID_NOT_FOUND, "no such store");
    void *engine = kit_open(path, false, &status, &err);
    void *reader = kit_open(path, true, &status, &err);
    CHECK(status == FID_OK && kit_count(reader, &err) == 0);
    for (uint64_t n = 0; n < 40; n += 8) {
        CHECK(kit_append(&fid_store_sqlite, engine, n, 8, &err) == FID_OK);
        CHECK(kit_count(reader, &err) == (int64_t)n + 8);
    }
    CHECK(kit_append(&fid_store_sqlite, reader, 40, 1, &err) == FID_STATE);
    kit_close(engine);
    CHECK(kit_count(reader, &err) == 40);
    kit_close(reader);
    kit_clear(folder);
}

static void leave_a_log(size_t n)
{
    pid_t child = fork();
    if (child == 0) {
        void *state = kit_open(path, false, &status, &err);
        for (size_t i = 0; i < n; i++)
            if (kit_append(&fid_store_sqlite, state, i, 1, &err) != FID_OK)
                _exit(1);
        (void)kill(getpid(), SIGKILL);
    }
    int how;
    CHECK(waitpid(child, &how, 0) == child && WIFSIGNALED(how));
}

TEST(a_reader_of_a_dead_engines_store_changes_nothing_in_it)
{
    leave_a_log(20);
    char wal[128];
    struct stat before, after, db;
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    CHECK(stat(wal, &before) == 0 && before.st_size > 0);
    for (int i = 0; i < 2; i++) {
        void *reader = kit_open(path, true, &status, &err);
        CHECK(status == FID_OK && kit_count(reader, &err) == 20);
        kit_close(reader);
        CHECK(stat(wal, &after) == 0 && after.st_size == before.st_size);
        CHECK(stat(path, &db) == 0 && db.st_mtime <= after.st_mtime);
    }
    void *engine = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK && kit_count(engine, &err) == 20);
    kit_close(engine);
    CHECK(stat(wal, &after) != 0); /* an engine that closes leaves one file */
    kit_clear(folder);
}

TEST(a_closed_store_in_a_folder_without_write_permission_can_be_read)
{
    make_store(5);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 &&
            (chmod(folder, 0555) != 0 || chmod(path, 0444) != 0 || seteuid(65534) != 0))
            _exit(2);
        void *reader = kit_open(path, true, &status, &err);
        bool good = status == FID_OK && kit_count(reader, &err) == 5;
        if (!good)
            printf("%s\n", err.message);
        _exit(!good);
    }
    int how;
    CHECK(waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0);
    CHECK(chmod(folder, 0700) == 0);
    kit_clear(folder);
}

/* --- what is found at the path */

TEST(only_the_owner_may_read_the_files)
{
    (void)umask(0);
    void *state = kit_open(path, false, &status, &err);
    CHECK(kit_append(&fid_store_sqlite, state, 0, 1, &err) == FID_OK);
    static const char *const names[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        struct stat info;
        (void)snprintf(name, sizeof name, "%s%s", path, names[i]);
        CHECK(stat(name, &info) == 0 && (info.st_mode & 0777) == 0600);
    }
    kit_close(state);
    kit_clear(folder);
}

TEST(what_is_not_a_store_is_refused_with_words)
{
    static const char *const strangers[] = {
        "CREATE TABLE t(a)",
        "PRAGMA application_id=1718183013; PRAGMA user_version=1; CREATE TABLE t(a)",
        /* hostile: a view in the place of the table */
        ("PRAGMA application_id=1718183013; PRAGMA user_version=2; CREATE TABLE progress(one,next_seq);"
         "CREATE VIEW events AS SELECT * FROM progress"),
    };
    for (size_t i = 0; i < 3; i++) {
        sql(path, strangers[i]);
        expect_open(false, FID_CORRUPT, "fidelio store");
        expect_open(true, FID_CORRUPT, "fidelio store");
        kit_clear(folder);
    }
    make_store(1);
    sql(path,
        "CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM events; END");
    expect_open(false, FID_CORRUPT, "fidelio store");
    kit_clear(folder);

    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    expect_open(false, FID_CORRUPT, "empty");
    expect_open(true, FID_CORRUPT, "empty");
    fd = open(path, O_WRONLY);
    CHECK(write(fd, "name: sweep\nmethod: bayes\n", 26) == 26);
    close(fd);
    expect_open(false, FID_CORRUPT, "not a database");
    kit_clear(folder);

    CHECK(mkdir(path, 0700) == 0);
    expect_open(false, FID_INVALID, "not a regular file");
    CHECK(rmdir(path) == 0);
    CHECK(mkfifo(path, 0600) == 0);
    expect_open(true, FID_INVALID, "not a regular file");
    kit_clear(folder);
}

TEST(a_log_without_its_store_is_not_taken_for_a_new_study)
{
    leave_a_log(3);
    CHECK(unlink(path) == 0);
    expect_open(false, FID_CORRUPT, "-wal");
    kit_clear(folder);
}

TEST(a_folder_that_is_not_there_is_named)
{
    char whole[sizeof path];
    (void)snprintf(whole, sizeof whole, "%s", path);
    (void)snprintf(path, sizeof path, "%s/absent/study.db", folder);
    expect_open(false, FID_IO, "absent");
    (void)snprintf(path, sizeof path, "%s", whole);
}

TEST(on_a_network_file_system_there_is_no_shared_memory)
{
    pretended_file_system = 0x6969; /* NFS */
    void *state = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK &&
          kit_append(&fid_store_sqlite, state, 0, 9, &err) == FID_OK);
    const char *note = fid_store_sqlite.note(state);
    CHECK(note && strstr(note, "network"));
    CHECK(strcmp(ask(path, "PRAGMA journal_mode"), "delete") == 0);
    void *reader = kit_open(path, true, &status, &err);
    CHECK(status == FID_OK && kit_count(reader, &err) == 9);
    kit_close(reader);
    kit_close(state);
    pretended_file_system = 0;
    state = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK && fid_store_sqlite.note(state) == NULL &&
          kit_count(state, &err) == 9);
    CHECK(strcmp(ask(path, "PRAGMA journal_mode"), "wal") == 0);
    kit_close(state);
    kit_clear(folder);
}

/* --- versions */

TEST(a_newer_format_is_refused)
{
    make_store(2);
    sql(path, "PRAGMA user_version=3");
    expect_open(false, FID_UNSUPPORTED, "newer fidelio (format 3");
    expect_open(true, FID_UNSUPPORTED, "newer");
    kit_clear(folder);
}

static void make_v1(void)
{
    char name[512];
    const char *source = getenv("FIDELIO_SOURCE");
    (void)snprintf(name, sizeof name, "%s/tests/golden/store_v1.sql",
                   source ? source : ".");
    FILE *file = fopen(name, "r");
    char *text = calloc(1, 1 << 20);
    CHECK(file && fread(text, 1, (1 << 20) - 1, file) > 0);
    if (file)
        fclose(file);
    sql(path, text);
    free(text);
}

TEST(an_old_format_is_read_as_it_is_and_migrated_with_a_copy_kept)
{
    make_v1();
    char copy[128];
    (void)snprintf(copy, sizeof copy, "%s.v1.bak", path);
    void *reader = kit_open(path, true, &status, &err);
    CHECK(status == FID_OK && kit_count(reader, &err) == 12);
    kit_close(reader);
    CHECK(strcmp(ask(path, "PRAGMA user_version"), "1") == 0 &&
          access(copy, F_OK) != 0);

    void *engine = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK && kit_count(engine, &err) == 12);
    CHECK(kit_append(&fid_store_sqlite, engine, 12, 5, &err) == FID_OK);
    kit_close(engine);
    CHECK(strcmp(ask(path, "PRAGMA user_version"), "2") == 0);
    CHECK(strcmp(ask(path, "SELECT count(*) FROM events"), "17") == 0);
    CHECK(strcmp(ask(copy, "PRAGMA user_version"), "1") == 0);
    CHECK(strcmp(ask(copy, "SELECT count(*) FROM events"), "12") == 0);
    kit_clear(folder);
}

/* --- for people */

static void append_one(void *state, fid_event event)
{
    static uint64_t seq;
    event.seq = seq++;
    event.time_us = 1700000000000000 + (int64_t)event.seq * 1000000;
    CHECK(fid_store_sqlite.append(state, &event, 1, &err) == FID_OK);
}

TEST(people_find_trials_and_reports_by_sql)
{
    void *state = kit_open(path, false, &status, &err);
    double value = 0.5, nan = NAN;
    append_one(state, (fid_event){.kind = FID_EVENT_STUDY, .text = "{}"});
    append_one(state, (fid_event){.kind = FID_EVENT_PROPOSED, .trial = 0});
    append_one(
        state,
        (fid_event){.kind = FID_EVENT_STARTED, .trial = 0, .attempt = 1, .budget = 9});
    append_one(state, (fid_event){.kind = FID_EVENT_REPORT,
                                  .trial = 0,
                                  .attempt = 1,
                                  .step = 1,
                                  .values = &nan,
                                  .n_values = 1});
    append_one(state, (fid_event){.kind = FID_EVENT_REPORT,
                                  .trial = 0,
                                  .attempt = 1,
                                  .step = 2,
                                  .values = &value,
                                  .n_values = 1});
    append_one(
        state,
        (fid_event){.kind = FID_EVENT_PRUNED, .trial = 0, .reason = FID_REASON_RULE});
    append_one(state, (fid_event){.kind = FID_EVENT_PROPOSED, .trial = 1});
    kit_close(state);
    CHECK(
        strcmp(
            ask(path,
                "SELECT trial || ' ' || last_event || ' ' || reason || ' ' || attempts || ' ' ||"
                " budget || ' ' || step || ' ' || value || ' ' || started FROM trials"),
            "0 pruned rule 1 9.0 2.0 0.5 2023-11-14T22:13:22.000Z") == 0);
    CHECK(
        strcmp(
            ask(path,
                "SELECT last_event || ifnull(value, '-') FROM trials WHERE trial = 1"),
            "proposed-") == 0);
    CHECK(strcmp(ask(path, "SELECT group_concat(ifnull(value, '-')) FROM reports"),
                 "-,0.5") == 0);
    kit_clear(folder);
}

TEST(the_version_of_sqlite_is_told)
{
    bool fixed;
    const char *version = fid_store_sqlite_version(&fixed);
    CHECK(strcmp(version, sqlite3_libversion()) == 0);
    CHECK(!fixed || sqlite3_libversion_number() >= 3044006);
}

int main(void)
{
    kit_folder(folder);
    (void)snprintf(path, sizeof path, "%s/study.db", folder);
    RUN(a_second_engine_is_refused_and_told_who_has_it);
    RUN(what_a_killed_engine_was_starting_does_not_keep_its_lock);
    RUN(one_store_under_two_names_is_one_store);
    RUN(a_lock_file_that_is_a_link_is_not_followed);
    RUN(of_engines_that_race_one_wins_and_all_others_name_it);
    RUN(of_engines_that_make_one_store_none_loses_what_another_wrote);
    RUN(an_engine_that_was_overtaken_is_fenced);
    RUN(a_reader_follows_an_engine_that_writes);
    RUN(a_reader_of_a_dead_engines_store_changes_nothing_in_it);
    RUN(a_closed_store_in_a_folder_without_write_permission_can_be_read);
    RUN(only_the_owner_may_read_the_files);
    RUN(what_is_not_a_store_is_refused_with_words);
    RUN(a_log_without_its_store_is_not_taken_for_a_new_study);
    RUN(a_folder_that_is_not_there_is_named);
    RUN(on_a_network_file_system_there_is_no_shared_memory);
    RUN(a_newer_format_is_refused);
    RUN(an_old_format_is_read_as_it_is_and_migrated_with_a_copy_kept);
    RUN(people_find_trials_and_reports_by_sql);
    RUN(the_version_of_sqlite_is_told);
    CHECK(rmdir(folder) == 0);
    DONE();
}
