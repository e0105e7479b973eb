/* The engine's own cost: 10,000 ask/report/tell rounds in memory with the random sampler,
 * and the memory that 10,000 trials take.
 *   bench_study [TRIALS] */
#include <fidelio/study.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void must(fid_status status, const fid_error *err)
{
    if (status == FID_OK)
        return;
    (void)fprintf(stderr, "bench_study: %s\n", err->message);
    exit(EXIT_FAILURE);
}

static fid_space *ten_floats(fid_error *err)
{
    fid_space *space;
    must(fid_space_create(&space), err);
    for (int i = 0; i < 10; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "x%d", i);
        must(fid_space_add_float(space, name, 0, 1, FID_SCALE_LINEAR, 0, err), err);
    }
    must(fid_space_freeze(space, err), err);
    return space;
}

static void one_round(fid_study *study, fid_error *err)
{
    fid_ask ask;
    must(fid_study_ask(study, &ask, err), err);
    double loss = ask.config[0].f;
    must(fid_study_report(study, ask.trial, ask.attempt, 0.5, &loss, 1, NULL, err), err);
    must(fid_study_tell(study, ask.trial, ask.attempt, &loss, 1, err), err);
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 10000;
    fid_error err = {0};
    fid_space *space = ten_floats(&err);
    fid_study_settings settings = {.sampler = &fid_sampler_random,
                                   .scheduler = &fid_scheduler_none};
    settings.outline.n_metrics = settings.outline.n_objectives = 1;
    (void)strcpy(settings.outline.metrics[0].name, "loss");
    fid_store_options options = {.path = NULL};
    fid_study *study;
    must(fid_study_open(&study, space, &settings, &fid_store_memory, &options, NULL, &err), &err);
    double start = cpu_seconds();
    for (long i = 0; i < n; i++)
        one_round(study, &err);
    double took = cpu_seconds() - start;
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("{\"trials\":%ld,\"cpu_seconds\":%.4f,\"us_per_round\":%.3f,\"peak_rss_mb\":%.1f}\n", n,
           took, took / (double)n * 1e6, (double)usage.ru_maxrss / 1024);
    fid_study_close(study);
    fid_space_destroy(space);
    return EXIT_SUCCESS;
}
