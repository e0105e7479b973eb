/* Runs independent pieces of work in processes of their own, some at a time: a piece
 * that crashes or hangs takes nobody with it. */
#ifndef BENCH_JOBS_H
#define BENCH_JOBS_H

#include <fidelio/base.h>

typedef struct {
    size_t n_jobs, parallel;
    double timeout; /* seconds of real time for one job; 0 = none */
    void *ctx;
    /* In the child: append the result, one line. */
    void (*run)(void *ctx, size_t job, fid_text *out);
    /* In the parent, in the order of finishing: the line, or (died) last words. Return
     * false to end everything. */
    bool (*done)(void *ctx, size_t job, bool died, const char *text);
} bench_jobs;

/* FID_IO: no process could be started, or `done` asked for the end. */
fid_status bench_jobs_run(const bench_jobs *jobs, fid_error *err);

#endif
