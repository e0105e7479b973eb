/* How many durable reports a second a store takes, and how long it is to open.
 *   bench_store [FOLDER]      FOLDER lies on the disk to be measured; default "." */
#include <fidelio/store.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 100000, LARGEST = 10000 };

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void must(fid_status status, const fid_error *err)
{
    if (status == FID_OK)
        return;
    (void)fprintf(stderr, "bench_store: %s\n", err->message);
    exit(EXIT_FAILURE);
}

static void clear(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[4200];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
}

/* Reports in batches until a second is over or `MOST` are there; how many. */
static uint64_t fill(const fid_store_type *type, void *store, size_t batch, double *took)
{
    static fid_event events[LARGEST];
    static const double values[2] = {0.12345678, 0.9};
    fid_error err;
    uint64_t seq = 0;
    double start = seconds();
    while (seq < MOST && seconds() - start < 1.0) {
        for (size_t i = 0; i < batch; i++, seq++)
            events[i] = (fid_event){.seq = seq, .time_us = 1700000000000000 + (int64_t)seq,
                                    .kind = FID_EVENT_REPORT, .trial = seq / 10, .attempt = 1,
                                    .step = (double)(seq % 10), .offset = 40 * (seq % 10),
                                    .values = values, .n_values = 2};
        must(type->append(store, events, batch, &err), &err);
    }
    *took = seconds() - start;
    return seq;
}

static fid_status count(void *ctx, const fid_event *event)
{
    *(uint64_t *)ctx += event->kind == FID_EVENT_REPORT;
    return FID_OK;
}

static void measure(const fid_store_type *type, const char *path, size_t batch)
{
    fid_store_options options = {.path = type == &fid_store_memory ? NULL : path};
    void *store = calloc(1, type->state_size);
    fid_error err;
    double took;
    uint64_t seen = 0;
    clear(path);
    must(type->open(store, &options, &err), &err);
    uint64_t n = fill(type, store, batch, &took);
    if (options.path)
        type->close(store);
    double start = seconds();
    if (options.path)
        must(type->open(store, &options, &err), &err);
    must(type->replay(store, 0, count, &seen, &err), &err);
    double open = seconds() - start;
    type->close(store);
    free(store);
    clear(path);
    (void)printf("%-8s %6zu %10llu %12.0f %14.1f\n", type->name, batch, (unsigned long long)seen,
                 (double)n / took, 1e3 * open);
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {1, 10, 100, 1000, LARGEST};
    char path[4100];
    struct rusage use;
    (void)snprintf(path, sizeof path, "%.4000s/bench_store.db", argc > 1 ? argv[1] : ".");
    (void)printf("store     batch     events     events/s  open+replay ms\n");
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        measure(&fid_store_memory, path, batches[i]);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        measure(&fid_store_sqlite, path, batches[i]);
    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf("peak memory %ld KB\n", use.ru_maxrss);
    return EXIT_SUCCESS;
}
