/* Where a method meets a problem: the simulator, wrapped so that everything that comes
 * out of it is written to a trace. The same for our methods (as a study's executor) and
 * for peers. */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include "trace.h"

typedef struct {
    bench_problem *problem;
    size_t workers;
    bool count_overhead; /* the method's CPU time passes on the virtual clock too */
    double unit; /* seconds that count as one spent; 0: it is fidelity that is spent */
    bench_trace *trace;
} bench_stage_options;

/* An executor whose options are bench_stage_options. The trace is complete after
 * bench_stage_finish. */
extern const fid_exec_type bench_stage;

/* CPU seconds that the method used so far: everything outside of the stage, plus what
 * was charged. */
double bench_stage_cpu(const void *state);
/* A peer's own account of its CPU seconds replaces the measurement. */
void bench_stage_charge(void *state, double cpu);
fid_status bench_stage_finish(void *state);

#endif
