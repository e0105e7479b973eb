/* What a study achieved, instant by instant. */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include "problems/problem.h"

/* The incumbent changed. */
typedef struct {
    uint64_t evaluations; /* attempts ended or curve points seen of a whole problem */
    double spent;         /* fidelity units trained, in units of the maximum */
    double seconds;       /* virtual */
    double loss;          /* truth of the incumbent */
} bench_moment;

/* CPU seconds of the method after so many asks. */
typedef struct {
    uint64_t asks;
    double cpu;
} bench_effort;

typedef struct {
    bench_moment *moments;
    size_t n_moments, moments_cap;
    bench_effort *efforts;
    size_t n_efforts, efforts_cap;
    uint64_t evaluations, steps, asks;
    double spent, seconds, cpu;
} bench_trace;

void bench_trace_deinit(bench_trace *trace);
fid_status bench_trace_moment(bench_trace *trace, double loss);
fid_status bench_trace_effort(bench_trace *trace, double cpu);

/* What a curve is drawn over. */
typedef enum { BENCH_BY_EVALUATIONS, BENCH_BY_SPENT, BENCH_BY_SECONDS } bench_axis;

/* Loss of the incumbent when so much was used; INFINITY before the first. */
double bench_trace_loss(const bench_trace *trace, bench_axis axis, double amount);

#endif
