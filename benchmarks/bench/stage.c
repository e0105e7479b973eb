#include "stage.h"

#include <fidelio/acq.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the stage remembers of a trial. */
typedef struct {
    fid_value *config; /* [n_params] in the arena, NULL: never started */
    double step;       /* largest reported */
} actor;

enum { BLOCK = 4096 }; /* configurations an arena block holds */

typedef struct {
    bench_stage_options options;
    void *simulator;
    actor *actors; /* [actors_cap] by trial */
    size_t actors_cap;
    fid_value **blocks; /* the arena */
    size_t n_blocks, blocks_cap, used;
    bench_query *queries;
    bench_answer *answers;
    size_t room;
    double best;       /* loss of the incumbent as observed */
    double best_step;  /* BENCH_REGRET_INCUMBENT: the highest step seen */
    double *front;     /* [n_front][objectives] several objectives: what was achieved */
    size_t n_front, front_cap;
    double cpu_inside; /* spent in the stage, to be taken off */
    uint64_t timed;    /* evaluations so far that were candidates for the clock */
    double cpu_start;
    double charged; /* by a peer; NaN: measured here */
    double overhead_seen;
    uint64_t next_effort;
} stage;

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_stage_cpu(const void *state)
{
    const stage *s = state;
    return isnan(s->charged) ? cpu_now() - s->cpu_start - s->cpu_inside : s->charged;
}

void bench_stage_charge(void *state, double cpu)
{
    ((stage *)state)->charged = cpu;
}

/* --- evaluating */

static fid_status make_room(stage *s, size_t n)
{
    if (n <= s->room)
        return FID_OK;
    free(s->queries);
    free(s->answers);
    s->queries = fid_alloc(n, sizeof *s->queries);
    s->answers = fid_alloc(n, sizeof *s->answers);
    s->room = s->queries && s->answers ? n : 0;
    return s->room ? FID_OK : FID_NOMEM;
}

static fid_status evaluate(void *ctx, const fid_job *job, const double *steps, size_t n,
                           double *values, double *seconds, fid_end *ends,
                           fid_error *err)
{
    stage *s = ctx;
    bench_problem *problem = s->options.problem;
    size_t m = problem->outline.n_metrics;
    /* Reading the clock costs more than reading a table, and as much as a formula: after
     * the first ones, every sixteenth stands for sixteen. */
    bool many = s->timed++ >= 256;
    bool timed = strcmp(problem->type->family, "table") != 0 &&
                 (!many || s->timed % 16 == 0);
    double start = timed ? cpu_now() : 0.0;
    FID_TRY(make_room(s, n));
    for (size_t k = 0; k < n; k++)
        s->queries[k] = (bench_query){job->config, job->seed, steps[k]};
    FID_TRY(bench_problem_evaluate(problem, s->queries, n, s->answers, err));
    for (size_t k = 0; k < n; k++) {
        memcpy(values + k * m, s->answers[k].values, m * sizeof *values);
        seconds[k] = s->answers[k].seconds;
        ends[k] = s->answers[k].end;
    }
    if (timed)
        s->cpu_inside += (cpu_now() - start) * (many ? 16.0 : 1.0);
    return FID_OK;
}

static double overhead(void *ctx)
{
    stage *s = ctx;
    double cpu = bench_stage_cpu(s), since = cpu - s->overhead_seen;
    s->overhead_seen = cpu;
    return fmax(since, 0.0);
}

/* --- following */

static actor *actor_of(stage *s, uint64_t trial)
{
    actor *grown =
        fid_grow(s->actors, &s->actors_cap, (size_t)trial + 1, sizeof *grown);
    if (!grown)
        return NULL;
    s->actors = grown;
    return &grown[trial];
}

static fid_value *arena_take(stage *s)
{
    size_t n = fid_space_n_params(s->options.problem->space);
    if (s->n_blocks == 0 || s->used == BLOCK) {
        fid_value **grown =
            fid_grow(s->blocks, &s->blocks_cap, s->n_blocks + 1, sizeof *grown);
        if (!grown)
            return NULL;
        s->blocks = grown;
        s->blocks[s->n_blocks] = fid_alloc(BLOCK * n, sizeof **grown);
        if (!s->blocks[s->n_blocks])
            return NULL;
        s->n_blocks++;
        s->used = 0;
    }
    return s->blocks[s->n_blocks - 1] + s->used++ * n;
}

static fid_status remember(stage *s, const fid_job *job)
{
    actor *a = actor_of(s, job->trial);
    if (a && !a->config) {
        a->config = arena_take(s);
        if (!a->config)
            return FID_NOMEM;
        memcpy(a->config, job->config,
               fid_space_n_params(job->space) * sizeof *a->config);
    }
    return a ? FID_OK : FID_NOMEM;
}

/* The new incumbent's truth goes to the trace. */
static fid_status crown(stage *s, const actor *a, double step, fid_error *err)
{
    bench_problem *problem = s->options.problem;
    bool full = problem->regret == BENCH_REGRET_INCUMBENT;
    bench_query query = {a->config, 0, full ? problem->max_fidelity : step};
    bench_answer answer;
    double start = cpu_now();
    FID_TRY(bench_problem_evaluate(problem, &query, 1, &answer, err));
    s->cpu_inside += cpu_now() - start;
    return bench_trace_moment(s->options.trace,
                              bench_problem_loss(problem, 0, answer.truth));
}

/* Is a report a new best? Where low fidelities are another function, only the highest
 * fidelity seen counts. */
static bool is_better(stage *s, double step, double loss)
{
    if (isnan(loss))
        return false;
    if (s->options.problem->regret == BENCH_REGRET_INCUMBENT) {
        if (step < s->best_step)
            return false;
        if (step > s->best_step) {
            s->best_step = step;
            s->best = loss;
            return true;
        }
    }
    if (!(loss < s->best))
        return false;
    s->best = loss;
    return true;
}

/* Several objectives: as soon as the volume grows, it goes to the trace. */
static fid_status extend_front(stage *s, const double *values)
{
    const bench_problem *problem = s->options.problem;
    size_t m = problem->outline.n_objectives;
    double *grown = fid_grow(s->front, &s->front_cap, (s->n_front + 1) * m, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    s->front = grown;
    for (size_t j = 0; j < m; j++) {
        double loss = bench_problem_loss(problem, j, values[j]);
        grown[s->n_front * m + j] = loss;
        if (!(loss < problem->volume_ref[j]))
            return FID_OK;
    }
    fid_front *front;
    FID_TRY(fid_front_create(&front, s->front, s->n_front + 1, m, problem->volume_ref));
    double loss = -fid_front_hypervolume(front);
    fid_front_destroy(front);
    if (!(loss < fmin(s->best, 0)))
        return FID_OK;
    s->best = loss;
    s->n_front++;
    return bench_trace_moment(s->options.trace, loss);
}

static fid_status follow(stage *s, const fid_exec_report *report, fid_error *err)
{
    bench_trace *trace = s->options.trace;
    bench_problem *problem = s->options.problem;
    fid_fidelity_mode mode = problem->outline.fidelity.mode;
    actor *a = &s->actors[report->trial];
    if (report->kind == FID_EXEC_ENDED) {
        if (mode != FID_MODE_NONE || report->end == FID_END_INFEASIBLE ||
            report->end == FID_END_CRASHED)
            trace->evaluations++;
        return FID_OK;
    }
    double step = mode == FID_MODE_NONE ? problem->max_fidelity : report->step;
    trace->steps++;
    trace->evaluations += mode == FID_MODE_NONE;
    if (!(s->options.unit > 0))
        trace->spent += (mode == FID_MODE_RESTART ? step : step - a->step) /
                        problem->max_fidelity;
    a->step = fmax(a->step, step);
    if (!bench_problem_holds(problem, report->values))
        return FID_OK;
    if (problem->outline.n_objectives > 1)
        return extend_front(s, report->values);
    if (is_better(s, step, bench_problem_loss(problem, 0, report->values[0])))
        return crown(s, a, step, err);
    return FID_OK;
}

/* --- the executor */

static fid_status open_stage(void *state, const void *options, fid_error *err)
{
    stage *s = state;
    s->options = *(const bench_stage_options *)options;
    bench_problem *problem = s->options.problem;
    s->best = HUGE_VAL;
    s->best_step = -HUGE_VAL;
    s->charged = (double)NAN;
    s->next_effort = 1;
    s->simulator = fid_alloc(1, fid_exec_sim.state_size);
    if (!s->simulator)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    fid_exec_sim_options sim = {.evaluate = evaluate,
                                .overhead = s->options.count_overhead ? overhead : NULL,
                                .ctx = s,
                                .space = problem->space,
                                .workers = s->options.workers,
                                .every_step = true,
                                .ahead = problem->evaluate_ahead,
                                .start_us = 1600000000000000};
    s->cpu_start = cpu_now();
    return fid_exec_sim.open(s->simulator, &sim, err);
}

/* The method's time after 1, 2, 5, 10, 20, 50, ... asks. */
static fid_status note_effort(stage *s)
{
    bench_trace *trace = s->options.trace;
    trace->asks++;
    if (trace->asks < s->next_effort)
        return FID_OK;
    uint64_t n = s->next_effort;
    while (n >= 10 && n % 10 == 0)
        n /= 10;
    s->next_effort = n == 2 ? s->next_effort / 2 * 5 : s->next_effort * 2;
    return bench_trace_effort(trace, bench_stage_cpu(s));
}

static fid_status start(void *state, const fid_job *job, fid_error *err)
{
    stage *s = state;
    if (remember(s, job) || note_effort(s))
        return fid_error_set(err, FID_NOMEM, "out of memory");
    return fid_exec_sim.start(s->simulator, job, err);
}

static fid_status stop(void *state, uint64_t trial, double grace)
{
    return fid_exec_sim.stop(((stage *)state)->simulator, trial, grace);
}

static int64_t now_us(const void *state)
{
    return fid_exec_sim.now_us(((const stage *)state)->simulator);
}

static fid_status poll(void *state, double timeout, fid_exec_report *reports,
                       size_t cap, size_t *n, fid_error *err)
{
    stage *s = state;
    FID_TRY(fid_exec_sim.poll(s->simulator, timeout, reports, cap, n, err));
    bench_trace *trace = s->options.trace;
    trace->seconds = 1e-6 * (double)(now_us(s) - 1600000000000000);
    if (s->options.unit > 0)
        trace->spent = trace->seconds / s->options.unit;
    for (size_t i = 0; i < *n; i++)
        FID_TRY(follow(s, &reports[i], err));
    return FID_OK;
}

static size_t free_slots(const void *state)
{
    return fid_exec_sim.free_slots(((const stage *)state)->simulator);
}

fid_status bench_stage_finish(void *state)
{
    return bench_trace_effort(((stage *)state)->options.trace, bench_stage_cpu(state));
}

static void close_stage(void *state)
{
    stage *s = state;
    if (s->simulator)
        fid_exec_sim.close(s->simulator);
    free(s->simulator);
    free(s->actors);
    for (size_t i = 0; i < s->n_blocks; i++)
        free(s->blocks[i]);
    free(s->blocks);
    free(s->queries);
    free(s->answers);
    free(s->front);
    memset(s, 0, sizeof *s);
}

const fid_exec_type bench_stage = {
    .name = "stage",
    .state_size = sizeof(stage),
    .open = open_stage,
    .start = start,
    .stop = stop,
    .poll = poll,
    .free_slots = free_slots,
    .now_us = now_us,
    .close = close_stage,
};
