/* The SQLite store with every allocation that SQLite makes failing once, and from there on.
 * Every seventh, `test_store_memory 1` takes each. */
#include "check.h"
#include "store_kit.h"

#include <sqlite3.h>

static char folder[64], path[96];
static fid_error err;

static sqlite3_mem_methods real;
static long n_calls, fail_at;
static bool sticky;
static long stride = 7 * KIT_LESS;

static bool strikes(void)
{
    n_calls++;
    return fail_at && (n_calls == fail_at || (sticky && n_calls > fail_at));
}

static void *spoiled_malloc(int n)
{
    return strikes() ? NULL : real.xMalloc(n);
}

static void *spoiled_realloc(void *at, int n)
{
    return strikes() ? NULL : real.xRealloc(at, n);
}

static void arm(long at, bool for_good)
{
    n_calls = 0;
    fail_at = at;
    sticky = for_good;
}

/* True when no allocation failed. */
static bool run(long at, bool for_good)
{
    fid_status status;
    bool untouched;
    kit_clear(folder);
    arm(at, for_good);
    void *state = kit_open(path, false, &status, &err);
    if (status) {
        CHECK(status == FID_NOMEM);
        if (status != FID_NOMEM)
            printf("allocation %ld: open: %s\n", at, err.message);
        kit_close(state);
        arm(0, false);
        state = kit_open(path, false, &status, &err);
        CHECK(status == FID_OK);
    }
    int64_t next = 0;
    for (int i = 0; i < 4 && !status; i++) {
        size_t n = 1 + (size_t)(i * 7 % 12);
        while (
            (status = kit_append(&fid_store_sqlite, state, (uint64_t)next, n, &err))) {
            CHECK(status == FID_NOMEM && fail_at);
            if (status != FID_NOMEM || !fail_at) {
                printf("allocation %ld: append: %s\n", at, err.message);
                break;
            }
            fail_at = 0;
            CHECK(kit_count(state, &err) == next);
        }
        next += (int64_t)n;
    }
    kit_comparison c = {0};
    status = fid_store_sqlite.replay(state, 0, kit_compare, &c, &err);
    if (status) {
        CHECK(status == FID_NOMEM);
        if (status != FID_NOMEM)
            printf("allocation %ld: replay: %s\n", at, err.message);
    }
    untouched = fail_at && n_calls < at;
    arm(0, false);
    CHECK(kit_count(state, &err) == next);
    kit_close(state);
    state = kit_open(path, false, &status, &err);
    CHECK(status == FID_OK && kit_count(state, &err) == next);
    kit_close(state);
    return untouched;
}

static void fail_everywhere(bool for_good)
{
    long at = 1;
    while (at < 100000 && !run(at, for_good))
        at += stride;
    printf("%ld allocations\n", at);
    CHECK(at > 100);
    kit_clear(folder);
}

TEST(an_allocation_that_fails_once_costs_nothing)
{
    fail_everywhere(false);
}

TEST(memory_that_is_used_up_for_a_while_costs_nothing)
{
    fail_everywhere(true);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        stride = atol(argv[1]);
    (void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
    sqlite3_mem_methods spoiled = real;
    spoiled.xMalloc = spoiled_malloc;
    spoiled.xRealloc = spoiled_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &spoiled) != SQLITE_OK)
        return EXIT_FAILURE;
    kit_folder(folder);
    (void)snprintf(path, sizeof path, "%s/study.db", folder);
    RUN(an_allocation_that_fails_once_costs_nothing);
    RUN(memory_that_is_used_up_for_a_while_costs_nothing);
    CHECK(rmdir(folder) == 0);
    DONE();
}
