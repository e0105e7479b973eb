/* kill -9 of a writer at random moments. 200 kills (fewer under sanitizers); `test_store_kill N` for a campaign. */
#include "check.h"
#include "store_kit.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static char folder[64], path[96];
static int n_kills = 200 / KIT_LESS;

/* Open, then append batches and say so through the pipe, until killed. */
static void writer(int to, uint64_t seed)
{
    fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, 1);
    fid_status status;
    fid_error err;
    void *state = kit_open(path, false, &status, &err);
    int64_t next = status ? -1 : kit_count(state, &err);
    if (next < 0)
        _exit(3);
    for (;;) {
        uint64_t said = (uint64_t)next;
        if (write(to, &said, sizeof said) != sizeof said)
            _exit(4);
        size_t n = 1 + (size_t)fid_rng_below(&rng, 20);
        if (kit_append(&fid_store_sqlite, state, said, n, &err) != FID_OK)
            _exit(5);
        next += (int64_t)n;
    }
}

/* The last number said by a writer that lives for `us`, counted from when it had said
 * n_words; its end in *how. */
static uint64_t run_and_kill(uint64_t seed, int n_words, long us, uint64_t acked,
                             int *how)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        (void)close(pipes[0]);
        writer(pipes[1], seed);
    }
    (void)close(pipes[1]);
    uint64_t said;
    for (int k = 0; k < n_words && read(pipes[0], &said, sizeof said) == sizeof said;
         k++)
        acked = said;
    struct timespec pause = {.tv_nsec = us * 1000};
    (void)nanosleep(&pause, NULL);
    (void)kill(child, SIGKILL);
    while (read(pipes[0], &said, sizeof said) == sizeof said)
        acked = said;
    (void)close(pipes[0]);
    (void)waitpid(child, how, 0);
    return acked;
}

TEST(every_acknowledged_event_survives_kill_9_once)
{
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    uint64_t acked = 0, kept = 0, most = 0;
    for (int i = 0; i < n_kills; i++) {
        int how;
        if (i % 50 == 0) { /* a store does not grow for ever: replay stays quick */
            kit_clear(folder);
            acked = 0;
        }
        /* every other one while it opens, or is slow to */
        acked = run_and_kill((uint64_t)i, i % 2 ? 2 : 0,
                             (long)fid_rng_below(&rng, 12000), acked, &how);
        CHECK(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
        most = acked > most ? acked : most;
        fid_status status;
        fid_error err = {0};
        void *state = kit_open(path, false, &status, &err);
        CHECK(status == FID_OK); /* the lock went with its holder */
        int64_t n = status ? -1 : kit_count(state, &err);
        CHECK(n >= (int64_t)acked &&
              n <= (int64_t)acked + 20); /* one batch was under way */
        if (n < 0)
            printf("%s\n", err.message);
        acked = n > 0 ? (uint64_t)n : 0;
        kept += acked;
        kit_close(state);
    }
    printf("%d kills, up to %llu acknowledged events in a store\n", n_kills,
           (unsigned long long)most);
    CHECK(kept > 0);
    kit_clear(folder);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        n_kills = atoi(argv[1]);
    kit_folder(folder);
    (void)snprintf(path, sizeof path, "%s/study.db", folder);
    RUN(every_acknowledged_event_survives_kill_9_once);
    (void)rmdir(folder);
    DONE();
}
