#include "trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bench_trace_deinit(bench_trace *trace)
{
    free(trace->moments);
    free(trace->efforts);
    memset(trace, 0, sizeof *trace);
}

fid_status bench_trace_moment(bench_trace *trace, double loss)
{
    bench_moment *grown = fid_grow(trace->moments, &trace->moments_cap,
                                   trace->n_moments + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    trace->moments = grown;
    grown[trace->n_moments++] =
        (bench_moment){trace->evaluations, trace->spent, trace->seconds, loss};
    return FID_OK;
}

fid_status bench_trace_effort(bench_trace *trace, double cpu)
{
    bench_effort *grown = fid_grow(trace->efforts, &trace->efforts_cap,
                                   trace->n_efforts + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    trace->efforts = grown;
    grown[trace->n_efforts++] = (bench_effort){trace->asks, cpu};
    trace->cpu = cpu;
    return FID_OK;
}

static double used(const bench_moment *m, bench_axis axis)
{
    return axis == BENCH_BY_EVALUATIONS ? (double)m->evaluations
           : axis == BENCH_BY_SPENT     ? m->spent
                                        : m->seconds;
}

double bench_trace_loss(const bench_trace *trace, bench_axis axis, double amount)
{
    double loss = HUGE_VAL;
    for (size_t i = 0; i < trace->n_moments; i++) {
        const bench_moment *m = &trace->moments[i];
        /* spent is a sum of fractions: forgive its rounding */
        if (used(m, axis) > amount * (1.0 + 1e-12) + 1e-9)
            break;
        loss = m->loss;
    }
    return loss;
}
