/* The store killed at every call that changes the disk, and with each of them failing. */
#include "check.h"
#include "fault_vfs.h"
#include "store_kit.h"

#include <sys/wait.h>

static char folder[64], path[96];
static fid_error err;

enum { BATCHES = 5 };

static size_t size_of_batch(int i)
{
    return 1 + (size_t)(i * 7 % 12);
}

static void make_v1(void)
{
    char name[512];
    const char *source = getenv("FIDELIO_SOURCE");
    (void)snprintf(name, sizeof name, "%s/tests/golden/store_v1.sql",
                   source ? source : ".");
    FILE *file = fopen(name, "r");
    char *text = calloc(1, 1 << 20);
    sqlite3 *db = NULL;
    CHECK(file && fread(text, 1, (1 << 20) - 1, file) > 0);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    if (file)
        fclose(file);
    free(text);
}

/* --- killed */

/* Open (or create, or migrate), append, close; twice. Says what is acknowledged. */
static void scenario(int to)
{
    for (int round = 0; round < 2; round++) {
        fid_status status;
        void *state = kit_open(path, false, &status, &err);
        int64_t next = status ? -1 : kit_count(state, &err);
        if (next < 0)
            _exit(3);
        for (int i = 0; i < BATCHES; i++) {
            size_t n = size_of_batch(i);
            if (kit_append(&fid_store_sqlite, state, (uint64_t)next, n, &err) != FID_OK)
                _exit(4);
            next += (int64_t)n;
            if (write(to, &next, sizeof next) != sizeof next)
                _exit(5);
        }
        kit_close(state);
    }
    _exit(0);
}

/* The scenario killed at call `at`: what it acknowledged; *how it ended. */
static int64_t run_until(long at, int *how)
{
    int pipes[2];
    int64_t said, acked = 0;
    CHECK(pipe(pipes) == 0);
    pid_t child = fork();
    if (child == 0) {
        (void)close(pipes[0]);
        fault_arm(FAULT_KILL, at, false);
        scenario(pipes[1]);
    }
    (void)close(pipes[1]);
    while (read(pipes[0], &said, sizeof said) == sizeof said)
        acked = said;
    (void)close(pipes[0]);
    CHECK(waitpid(child, how, 0) == child && WIFEXITED(*how));
    return acked;
}

static long kill_at_every_point(bool old, bool check_copy)
{
    long at = 1;
    for (int how = 1 << 8; how != 0; at += KIT_LESS > 1 ? 3 : 1) {
        kit_clear(folder);
        if (old)
            make_v1();
        int64_t acked = run_until(at, &how), floor = old ? 12 : 0;
        CHECK(WEXITSTATUS(how) == 0 || WEXITSTATUS(how) == 9);
        acked = acked > floor ? acked : floor;
        fault_arm(FAULT_NONE, 0, false);
        fid_status status;
        void *state = kit_open(path, false, &status, &err);
        int64_t n = status ? -1 : kit_count(state, &err);
        CHECK(n >= acked && n <= acked + 12);
        if (n < acked || n > acked + 12)
            printf("killed at %ld: %lld acknowledged, %lld found: %s\n", at,
                   (long long)acked, (long long)n, status ? err.message : "");
        CHECK(n < 0 ||
              kit_append(&fid_store_sqlite, state, (uint64_t)n, 5, &err) == FID_OK);
        CHECK(n < 0 || kit_count(state, &err) == n + 5);
        kit_close(state);
        if (check_copy) {
            char copy[128];
            (void)snprintf(copy, sizeof copy, "%s.v1.bak", path);
            state = kit_open(copy, true, &status, &err);
            CHECK(status == FID_OK && kit_count(state, &err) == 12);
            kit_close(state);
            (void)unlink(copy);
        }
        if (at > 2000)
            break;
    }
    kit_clear(folder);
    return at - 2;
}

TEST(killed_at_every_call_that_changes_the_disk_nothing_acknowledged_is_lost)
{
    long points = kill_at_every_point(false, false);
    printf("%ld points\n", points);
    CHECK(points > 40);
}

TEST(killed_at_every_point_of_a_migration_the_store_is_old_or_new)
{
    long points = kill_at_every_point(true, true);
    printf("%ld points\n", points);
    CHECK(points > 40);
}

/* --- failing */

/* One run with calls failing from `at` on; true when none did. After the disk has
 * recovered everything must go on as if nothing had happened. */
static bool run_failing(fault_kind kind, long at, bool sticky, bool old)
{
    fid_status status;
    kit_clear(folder);
    if (old)
        make_v1();
    fault_arm(kind, at, sticky);
    void *state = kit_open(path, false, &status, &err);
    if (status) {
        CHECK(status == FID_IO);
        kit_close(state);
        fault_arm(kind, 0, false);
        state = kit_open(path, false, &status, &err);
        CHECK(status == FID_OK);
        if (status)
            printf("opening after failure %ld: %s\n", at, err.message);
    }
    int64_t next = status ? -1 : kit_count(state, &err);
    CHECK(next == (old ? 12 : 0));
    for (int i = 0; i < BATCHES && next >= 0; i++) {
        size_t n = size_of_batch(i);
        for (int tries = 0;
             (status = kit_append(&fid_store_sqlite, state, (uint64_t)next, n, &err));
             tries++) {
            CHECK(status == FID_IO);
            CHECK(kit_count(state, &err) == next); /* none of them is there */
            if (tries == 2)
                fault.at = 0; /* there is room again */
            if (tries == 3)
                break;
        }
        CHECK(status == FID_OK);
        next += (int64_t)n;
        CHECK(kit_count(state, &err) == next);
    }
    bool untouched = fault.at == 0 ? false : fault.calls < at;
    kit_close(state);
    fault_arm(kind, 0, false);
    state = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK && kit_count(state, &err) == next);
    kit_close(state);
    return untouched;
}

static void fail_at_every_point(fault_kind kind, bool sticky, bool old)
{
    long at = 1;
    while (at < 2000 && !run_failing(kind, at, sticky, old))
        at += KIT_LESS > 1 ? 3 : 1;
    printf("%ld points\n", at - 1);
    CHECK(at > 20 && at < 2000);
    kit_clear(folder);
}

TEST(a_disk_that_is_full_once_costs_nothing)
{
    fail_at_every_point(FAULT_ENOSPC, false, false);
}

TEST(a_disk_that_stays_full_for_a_while_costs_nothing)
{
    fail_at_every_point(FAULT_ENOSPC, true, false);
}

TEST(a_write_or_sync_that_fails_once_costs_nothing)
{
    fail_at_every_point(FAULT_EIO, false, false);
}

TEST(a_disk_that_fails_for_a_while_costs_nothing)
{
    fail_at_every_point(FAULT_EIO, true, false);
}

TEST(a_migration_on_a_failing_disk_leaves_the_old_store)
{
    fail_at_every_point(FAULT_EIO, true, true);
}

int main(void)
{
    kit_folder(folder);
    (void)snprintf(path, sizeof path, "%s/study.db", folder);
    fault_install();
    RUN(killed_at_every_call_that_changes_the_disk_nothing_acknowledged_is_lost);
    RUN(killed_at_every_point_of_a_migration_the_store_is_old_or_new);
    RUN(a_disk_that_is_full_once_costs_nothing);
    RUN(a_disk_that_stays_full_for_a_while_costs_nothing);
    RUN(a_write_or_sync_that_fails_once_costs_nothing);
    RUN(a_disk_that_fails_for_a_while_costs_nothing);
    RUN(a_migration_on_a_failing_disk_leaves_the_old_store);
    CHECK(rmdir(folder) == 0);
    DONE();
}
