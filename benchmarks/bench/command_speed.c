/* speed: what a decision costs after n evaluations, the memory of a study, and simulated
 * steps a second. Each method in a process of its own; CPU time, so that other load
 * hardly matters. */
#include "command.h"

#include "jobs.h"
#include "solver.h"
#include "suite.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char problem[] = "levy-d10"; /* ten floats */
enum { EVALUATIONS = 1000 };

/* Simulated training: random proposals and ASHA on each of these that is here. */
static const char *const simulated[] = {"mlp/digits8x8", "taskset/imdb_patch32_LSTM128_bs128",
                                        "fcnet_final/protein_structure", "lcbench/3945",
                                        "currin+mf"};
enum { N_SIMULATED = 5, EQUIVALENTS = 1000 };
#define LEAST_SECONDS 0.5 /* of CPU, over as many seeds as it takes */

/* Decisions of these. */
static const char *const decided[] = {"asha", "hyperband", "async_hyperband", "median", "none"};
enum { N_DECIDED = 5 };

typedef struct {
    const bench_command *command;
    char **methods;
    size_t n_methods;
} bench_speed;

static double megabytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

static void run_method(const bench_speed *s, const char *method, fid_text *out)
{
    double budget = s->command->budget > 0.0 ? s->command->budget : EVALUATIONS;
    bench_contest contest = {.method = method, .problem = problem, .seed = 1, .workers = 1,
                             .whole = true, .budget = budget};
    bench_outcome outcome;
    double before = megabytes();
    bench_contest_run(&contest, &s->command->places, &outcome);
    const bench_trace *t = &outcome.trace;
    fid_text_append(out, "{\"method\": ");
    fid_text_append_json(out, method, strlen(method));
    if (outcome.status) {
        fid_text_append(out, ", \"error\": ");
        fid_text_append_json(out, outcome.error.message, strlen(outcome.error.message));
    }
    fid_text_append(out, ", \"ms_per_ask\": {");
    bool first = true;
    for (size_t i = 1; i < t->n_efforts; i++) {
        const bench_effort *a = &t->efforts[i - 1], *b = &t->efforts[i];
        if (b->asks <= a->asks)
            continue;
        fid_text_printf(out, "%s\"%llu\": %.4f", first ? "" : ", ",
                        (unsigned long long)b->asks,
                        1e3 * (b->cpu - a->cpu) / (double)(b->asks - a->asks));
        first = false;
    }
    fid_text_printf(out, "}, \"megabytes\": %.1f}\n", megabytes() - before);
    bench_outcome_deinit(&outcome);
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Studies with one seed after the other; opening the problem is not counted. */
static fid_status simulate(const bench_speed *s, const char *name, uint64_t *steps,
                           double *seconds, fid_error *err)
{
    bench_problem *open = NULL;
    bench_contest contest = {.method = "random+asha", .problem = name, .seed = 1,
                             .workers = 8, .budget = EQUIVALENTS};
    bench_problem_options options = s->command->places.problems;
    options.instance = 1;
    FID_TRY(bench_problem_open(&open, name, &options, err));
    double start = cpu_seconds();
    fid_status status = FID_OK;
    for (; !status && *seconds < LEAST_SECONDS; contest.seed++) {
        bench_outcome outcome;
        bench_contest_run_on(&contest, &s->command->places, open, &outcome);
        *steps += outcome.trace.steps;
        *seconds = cpu_seconds() - start;
        status = outcome.status;
        *err = outcome.error;
        bench_outcome_deinit(&outcome);
    }
    bench_problem_close(open);
    return status;
}

/* What a report and its decision cost in memory, store included, as the study grows: trials
 * are asked, report their first rungs and end. */
enum { DECIDE_TRIALS = 100000, DECIDE_STEPS = 3, BATCH = 64 };

typedef struct {
    uint64_t trial;
    uint32_t attempt;
    double done;
} running;

/* BATCH trials side by side; *seconds is what their reports took. */
static fid_status decide_batch(bench_solver *solver, fid_rng *rng, double *seconds,
                               fid_error *err)
{
    running batch[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        fid_ask ask;
        FID_TRY(fid_study_ask(solver->study, &ask, err));
        batch[i] = (running){ask.trial, ask.attempt, ask.budget_done};
    }
    double start = cpu_seconds();
    for (int step = 1; step <= DECIDE_STEPS; step++)
        for (size_t i = 0; i < BATCH; i++) {
            fid_decision decision;
            double value = fid_rng_uniform(rng);
            FID_TRY(fid_study_report(solver->study, batch[i].trial, batch[i].attempt,
                                     batch[i].done + step, &value, 1, &decision, err));
        }
    *seconds = cpu_seconds() - start;
    for (size_t i = 0; i < BATCH; i++)
        FID_TRY(fid_study_end(solver->study, batch[i].trial, batch[i].attempt,
                              FID_END_DONE, NULL, err));
    return FID_OK;
}

/* After 1000, 10000, .. trials: the mean over the last tenth of them. */
static fid_status decide_all(bench_solver *solver, size_t most, fid_text *out,
                             fid_error *err)
{
    fid_rng rng = fid_rng_stream(1, FID_RNG_PROBLEM, 1);
    size_t trials = 0, batches = 0;
    double sum = 0.0;
    for (size_t until = 1000; until <= most; until *= 10, sum = 0.0, batches = 0) {
        for (; trials < until; trials += BATCH) {
            double seconds;
            FID_TRY(decide_batch(solver, &rng, &seconds, err));
            /* a batch that took over a millisecond lost the processor */
            if (trials >= until - until / 10 && seconds < 1e-3) {
                sum += seconds;
                batches++;
            }
        }
        fid_text_printf(out, "%s\"%zu\": %.0f", until > 1000 ? ", " : "", until,
                        batches ? 1e9 * sum / (double)(batches * BATCH * DECIDE_STEPS) : 0.0);
    }
    return FID_OK;
}

/* --budget bounds the trials too. */
static void run_decisions(const bench_speed *s, const char *scheduler, fid_text *out)
{
    size_t most = s->command->budget > 0.0 ? (size_t)fmax(s->command->budget, 1000.0)
                                           : DECIDE_TRIALS;
    char method[64];
    fid_error err = {0};
    fid_space *space = NULL;
    bench_solver *solver = NULL;
    bench_solver_settings settings = {
        .method = method,
        .outline = {.n_metrics = 1, .n_objectives = 1, .metrics = {{.name = "loss"}},
                    .fidelity = {.mode = FID_MODE_RESUME, .name = "epoch", .min = 1.0,
                                 .max = 81.0, .eta = 3.0, .integer = true}},
        .seed = 1, .workers = BATCH};
    snprintf(method, sizeof method, "random+%s", scheduler);
    fid_text_printf(out, "{\"scheduler\": \"%s\", \"ns_per_report\": {", scheduler);
    fid_status status = fid_space_create(&space);
    if (!status)
        status = fid_space_add_float(space, "x", 0.0, 1.0, FID_SCALE_LINEAR, 0.0, &err);
    if (!status)
        status = fid_space_freeze(space, &err);
    if (!status)
        status = bench_solver_open(&solver, space, &settings, &err);
    if (!status)
        status = decide_all(solver, most, out, &err);
    fid_text_append(out, "}");
    if (status) {
        fid_text_append(out, ", \"error\": ");
        fid_text_append_json(out, err.message, strlen(err.message));
    }
    fid_text_append(out, "}\n");
    bench_solver_close(solver);
}

static void run_simulation(const bench_speed *s, const char *name, fid_text *out)
{
    uint64_t steps = 0;
    double seconds = 0.0;
    fid_error err = {0};
    fid_text_printf(out, "{\"simulated\": \"%s\", \"method\": \"random+asha\", ", name);
    if (simulate(s, name, &steps, &seconds, &err)) {
        fid_text_append(out, "\"error\": ");
        fid_text_append_json(out, err.message, strlen(err.message));
        fid_text_append(out, "}\n");
    } else {
        fid_text_printf(out,
                        "\"steps\": %llu, \"seconds\": %.4f, \"steps_per_second\": "
                        "%.0f}\n",
                        (unsigned long long)steps, seconds, (double)steps / seconds);
    }
}

/* --problems narrows what is simulated. */
static bool is_wanted(const bench_command *command, const char *name)
{
    return !command->problems || fnmatch(command->problems, name, 0) == 0;
}

static void run_one(void *ctx, size_t job, fid_text *out)
{
    const bench_speed *s = ctx;
    if (job < s->n_methods)
        run_method(s, s->methods[job], out);
    else if (job >= s->n_methods + N_SIMULATED)
        run_decisions(s, decided[job - s->n_methods - N_SIMULATED], out);
    else if (is_wanted(s->command, simulated[job - s->n_methods]))
        run_simulation(s, simulated[job - s->n_methods], out);
    else
        fid_text_append(out, "");
}

static bool show(void *ctx, size_t job, bool died, const char *text)
{
    bench_speed *s = ctx;
    const char *name = job < s->n_methods                 ? s->methods[job]
                       : job < s->n_methods + N_SIMULATED ? simulated[job - s->n_methods]
                                                          : "decisions";
    if (died)
        fprintf(stderr, "%s: %s\n", name, text);
    else
        fputs(text, stdout);
    fflush(stdout);
    return true;
}

int bench_command_speed(const bench_command *command)
{
    bench_suites suites;
    size_t missing;
    fid_error err = {0};
    fid_status status = bench_suites_load(&suites, "speed", command->suites,
                                          &command->places.problems, &missing, &err);
    if (!status && command->methods)
        status = bench_suite_set_methods(&suites.suites[0], command->methods, &err);
    if (!status) {
        bench_speed s = {.command = command,
                         .methods = suites.suites[0].methods,
                         .n_methods = suites.suites[0].n_methods};
        bench_jobs jobs = {.n_jobs = s.n_methods + N_SIMULATED + N_DECIDED,
                           .parallel = 1,
                           .ctx = &s,
                           .run = run_one,
                           .done = show};
        status = bench_jobs_run(&jobs, &err);
    }
    bench_suites_deinit(&suites);
    return status ? bench_fail(&err) : 0;
}
