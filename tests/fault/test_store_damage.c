/* Damaged files: noticed, never a crash, and rescue finds what is whole.
 * `test_store_damage N` makes N damages of each kind of store instead of 450. */
#include "check.h"
#include "store_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

enum { EVENTS = 120, LAST = 3 };
static char folder[64], path[96], wal[104];
static fid_error err;
static int n_damages = 450 / KIT_LESS;

typedef struct {
    char *bytes;
    size_t size;
} content;

static content load(const char *name)
{
    content out = {0};
    struct stat info;
    FILE *file = fopen(name, "rb");
    if (file && stat(name, &info) == 0) {
        out.size = (size_t)info.st_size;
        out.bytes = malloc(out.size + 1);
        CHECK(fread(out.bytes, 1, out.size, file) == out.size);
    }
    if (file)
        (void)fclose(file);
    return out;
}

static void save(const char *name, const content *what)
{
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(what->bytes, 1, what->size, file) != what->size)
        abort();
    (void)fclose(file);
}

static void write_store(void)
{
    fid_status status;
    void *state = kit_open(path, false, &status, &err);
    for (uint64_t n = 0; n < EVENTS; n += LAST)
        if (status || kit_append(&fid_store_sqlite, state, n, LAST, &err) != FID_OK)
            abort();
    kit_close(state);
}

static void damage(content *what, fid_rng *rng)
{
    size_t page = (size_t)fid_rng_below(rng, what->size / 4096 + 1) * 4096;
    size_t n = what->size - page < 4096 ? what->size - page : 4096;
    switch (fid_rng_below(rng, 6)) {
    case 0: /* cut */
        what->size = (size_t)fid_rng_below(rng, what->size);
        return;
    case 1: /* a page of zeros */
        memset(what->bytes + page, 0, n);
        return;
    case 2: /* a page twice */
        memmove(what->bytes + page,
                what->bytes + (size_t)fid_rng_below(rng, what->size / 4096) * 4096,
                n < 4096 ? 0 : n);
        return;
    case 3: /* a run of junk */
        for (size_t at = (size_t)fid_rng_below(rng, what->size), i = 0;
             i < 64 && at + i < what->size; i++)
            what->bytes[at + i] = (char)fid_rng_below(rng, 256);
        return;
    case 4: /* a bit, where it hurts: heads of pages */
        what->bytes[page + (n ? (size_t)fid_rng_below(rng, n < 100 ? n : 100) : 0)] ^=
            (char)(1 << fid_rng_below(rng, 8));
        return;
    default: /* a bit */
        what->bytes[fid_rng_below(rng, what->size)] ^=
            (char)(1 << fid_rng_below(rng, 8));
    }
}

static size_t detected, harmless;

/* `least`: as many events there must be when nothing is said. */
static void look(bool read_only, int64_t least)
{
    fid_status status;
    kit_comparison c = {0};
    void *state = kit_open(path, read_only, &status, &err);
    if (!status)
        status = fid_store_sqlite.replay(state, 0, kit_compare, &c, &err);
    kit_close(state);
    CHECK(c.different == 0); /* what is shown is what was written */
    CHECK(status != FID_OK || (int64_t)c.next >= least);
    CHECK(status == FID_OK || strlen(err.message) > 10);
    detected += status != FID_OK;
    harmless += status == FID_OK;
}

static fid_rescue rescue_all(void)
{
    kit_comparison c = {.any_order = true};
    fid_rescue found = {0};
    CHECK(fid_store_rescue(path, kit_compare, &c, &found, &err) == FID_OK);
    CHECK(c.different == 0 && found.n_intact == c.next &&
          found.n_prefix <= found.n_intact);
    return found;
}

static void damage_many(const content *db, const content *log)
{
    fid_rng rng = fid_rng_stream(2, FID_RNG_TEST, log != NULL);
    const content *victim = log ? log : db;
    size_t fewest = EVENTS;
    detected = harmless = 0;
    for (int i = 0; i < n_damages; i++) {
        content broken = {.bytes = malloc(victim->size + 1), .size = victim->size};
        memcpy(broken.bytes, victim->bytes, victim->size);
        damage(&broken, &rng);
        for (int read_only = 1; read_only >= 0; read_only--) {
            kit_clear(folder);
            save(path, log ? db : &broken);
            if (log)
                save(wal, &broken);
            if (read_only) {
                fid_rescue found = rescue_all();
                /* a cut may take all; anything else spares all but a page or two */
                if (broken.size == victim->size)
                    fewest = found.n_intact < fewest ? (size_t)found.n_intact : fewest;
            }
            /* of a log a torn end may be cut off without a word: the last batch, or two where
             * the damage took the head of the one before */
            look(read_only,
                 log && broken.size != log->size ? 0 : EVENTS - (log ? 2 * LAST : 0));
        }
        free(broken.bytes);
    }
    printf("%zu noticed, %zu without effect, at worst %zu of %d events rescued\n",
           detected, harmless, fewest, EVENTS);
    CHECK(detected > (size_t)n_damages / 2);
    CHECK(fewest >= EVENTS - 40);
    kit_clear(folder);
}

TEST(a_damaged_store_is_noticed_and_its_whole_rows_rescued)
{
    write_store();
    content db = load(path);
    damage_many(&db, NULL);
    free(db.bytes);
}

TEST(a_damaged_log_is_noticed_and_its_whole_rows_rescued)
{
    int how;
    kit_clear(folder);
    pid_t child = fork();
    if (child == 0) {
        fid_status status;
        void *state = kit_open(path, false, &status, &err);
        for (uint64_t n = 0; n < EVENTS; n += LAST)
            if (status || kit_append(&fid_store_sqlite, state, n, LAST, &err) != FID_OK)
                _exit(1);
        (void)kill(getpid(), SIGKILL);
    }
    CHECK(waitpid(child, &how, 0) == child && WIFSIGNALED(how));
    content db = load(path), log = load(wal);
    CHECK(log.size > 100000);
    damage_many(&db, &log);
    free(db.bytes);
    free(log.bytes);
}

TEST(a_lost_tail_is_noticed_though_it_leaves_no_gap)
{
    write_store();
    char command[200];
    (void)snprintf(command, sizeof command,
                   "sqlite3 %s 'DELETE FROM events WHERE seq >= 100'", path);
    if (system("command -v sqlite3 >/dev/null") != 0)
        SKIP("no sqlite3 command");
    CHECK(system(command) == 0);
    for (int read_only = 0; read_only < 2; read_only++) {
        fid_status status;
        void *state = kit_open(path, read_only, &status, &err);
        kit_comparison c = {0};
        if (!status)
            status = fid_store_sqlite.replay(state, 0, kit_compare, &c, &err);
        CHECK(status == FID_CORRUPT);
        kit_close(state);
    }
    kit_clear(folder);
}

TEST(a_changed_value_is_noticed)
{
    write_store();
    char command[200];
    (void)snprintf(command, sizeof command,
                   "sqlite3 %s 'UPDATE events SET trial = trial + 1 WHERE seq = 50'",
                   path);
    if (system("command -v sqlite3 >/dev/null") != 0)
        SKIP("no sqlite3 command");
    CHECK(system(command) == 0);
    fid_status status;
    kit_comparison c = {0};
    void *state = kit_open(path, true, &status, &err);
    CHECK(fid_store_sqlite.replay(state, 0, kit_compare, &c, &err) == FID_CORRUPT &&
          c.next == 50);
    CHECK(strstr(err.message, "event 50"));
    kit_close(state);
    fid_rescue found = rescue_all();
    CHECK(found.n_intact == EVENTS - 1 && found.n_prefix == 50 && found.end == EVENTS);
    kit_clear(folder);
}

TEST(a_file_of_junk_is_refused_and_gives_nothing)
{
    content junk = {.size = 40000, .bytes = malloc(40000)};
    fid_rng rng = fid_rng_stream(4, FID_RNG_TEST, 0);
    for (size_t i = 0; i < junk.size; i++)
        junk.bytes[i] = (char)fid_rng_below(&rng, 256);
    save(path, &junk);
    look(false, EVENTS);
    CHECK(rescue_all().n_intact == 0);
    free(junk.bytes);
    kit_clear(folder);
    fid_rescue found;
    CHECK(fid_store_rescue(path, kit_compare, NULL, &found, &err) == FID_NOT_FOUND);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        n_damages = atoi(argv[1]);
    kit_folder(folder);
    (void)snprintf(path, sizeof path, "%s/study.db", folder);
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    RUN(a_damaged_store_is_noticed_and_its_whole_rows_rescued);
    RUN(a_damaged_log_is_noticed_and_its_whole_rows_rescued);
    RUN(a_lost_tail_is_noticed_though_it_leaves_no_gap);
    RUN(a_changed_value_is_noticed);
    RUN(a_file_of_junk_is_refused_and_gives_nothing);
    CHECK(rmdir(folder) == 0);
    DONE();
}
