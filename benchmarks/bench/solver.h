/* A study of ours that others drive: a method by name, asked and told from outside. */
#ifndef BENCH_SOLVER_H
#define BENCH_SOLVER_H

#include "method.h"

#include <fidelio/study.h>

typedef struct {
    bench_method method; /* the settings point into it */
    fid_space *space;
    fid_study *study;
} bench_solver;

typedef struct {
    const char *method;  /* a name of ours, see method.h */
    fid_outline outline; /* without a fidelity: MODE_NONE */
    uint64_t seed;
    size_t workers;
    double budget; /* evaluations, or full-budget equivalents; 0 = no limit */
} bench_solver_settings;

/* What a method's study looks like, in the benchmark and here. */
fid_study_settings bench_study_settings(const bench_method *method,
                                        const bench_solver_settings *settings);

/* `space` belongs to the solver from here on, also when this fails. */
fid_status bench_solver_open(bench_solver **out, fid_space *space,
                             const bench_solver_settings *settings, fid_error *err);
void bench_solver_close(bench_solver *solver); /* NULL is fine */

/* A line from somewhere and the answer to it, for a server on stdin and stdout: reads
 * lines until the end of stdin; `answer` fills `out` (nothing: no answer) and may end it
 * all by returning false. */
/* {"error": words} */
void bench_serve_error(fid_status status, const fid_error *err, fid_text *out);
int bench_serve(bool (*answer)(void *ctx, const char *line, fid_text *out), void *ctx);

#endif
