/* A sweep file of the user's, really run: each configuration's command is started as
 * `fidelio run` would, one at a time, and its reports are the curve. What a configuration
 * came to is remembered, so that every method meets the same values within a study; it
 * goes on from its checkpoint where the sweep resumes. Virtual time passes as the real
 * one did. */
#include "problem.h"

#include <fidelio/config.h>

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a configuration has done so far. */
typedef struct {
    double *point;        /* [dim] canonical */
    uint32_t attempts;
    double reached;       /* budget of the last attempt */
    double seconds;       /* real ones, all attempts */
    fid_end end;          /* of the last attempt */
    double *steps;        /* [n] as reported, in order of coming */
    double *values;       /* [n][n_metrics] */
    double *times;        /* [n] */
    size_t n, steps_cap, values_cap, times_cap;
} run;

typedef struct {
    bench_problem base;
    fid_sweep *sweep;
    char folder[4096], runner[4096];
    void *exec;
    bool is_open;
    run *runs;
    size_t n_runs, cap;
    double *point;
} sweep_problem;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static fid_status open_exec(sweep_problem *s, fid_error *err)
{
    fid_exec_local_options options;
    if (s->is_open)
        return FID_OK;
    fid_sweep_exec_options(s->sweep, &options);
    options.runner = s->runner;
    options.folder = s->folder;
    options.parallel = 1;
    options.orphans_kill = true;
    s->exec = fid_alloc(1, fid_exec_local.state_size);
    if (!s->exec)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    FID_TRY(fid_exec_local.open(s->exec, &options, err));
    s->is_open = true;
    return FID_OK;
}

static fid_status find_run(sweep_problem *s, const fid_value *config, size_t *at,
                           fid_error *err)
{
    size_t dim = fid_space_dim(s->base.space);
    FID_TRY(fid_space_encode(s->base.space, config, s->point, err));
    for (*at = 0; *at < s->n_runs; (*at)++)
        if (memcmp(s->runs[*at].point, s->point, dim * sizeof *s->point) == 0)
            return FID_OK;
    run *grown = fid_grow(s->runs, &s->cap, s->n_runs + 1, sizeof *grown);
    double *point = fid_alloc(dim, sizeof *point);
    if (grown)
        s->runs = grown;
    if (!grown || !point) {
        free(point);
        return fid_error_set(err, FID_NOMEM, "out of memory");
    }
    memcpy(point, s->point, dim * sizeof *point);
    grown[s->n_runs++] = (run){.point = point};
    return FID_OK;
}

static fid_status keep(run *r, const fid_exec_report *report, size_t m, double seconds)
{
    size_t n = r->n + 1;
    double *steps = fid_grow(r->steps, &r->steps_cap, n, sizeof *steps);
    r->steps = steps ? steps : r->steps;
    double *values = fid_grow(r->values, &r->values_cap, n * m, sizeof *values);
    r->values = values ? values : r->values;
    double *times = fid_grow(r->times, &r->times_cap, n, sizeof *times);
    r->times = times ? times : r->times;
    if (!steps || !values || !times)
        return FID_NOMEM;
    double last = r->n ? steps[r->n - 1] : 0.0;
    steps[r->n] = isnan(report->step) ? last + 1.0 : report->step;
    memcpy(values + r->n * m, report->values, m * sizeof *values);
    times[r->n++] = seconds;
    return FID_OK;
}

/* Poll until the attempt has ended. */
static fid_status follow(sweep_problem *s, run *r, fid_error *err)
{
    double start = now(), before = r->seconds;
    for (bool over = false; !over;) {
        fid_exec_report reports[64];
        size_t n = 0;
        FID_TRY(fid_exec_local.poll(s->exec, 1.0, reports, 64, &n, err));
        for (size_t i = 0; i < n; i++) {
            r->seconds = before + now() - start;
            over = reports[i].kind == FID_EXEC_ENDED;
            if (over)
                r->end = reports[i].end;
            else if (reports[i].given && keep(r, &reports[i], s->base.outline.n_metrics, r->seconds))
                return fid_error_set(err, FID_NOMEM, "out of memory");
        }
    }
    return FID_OK;
}

/* Train the configuration up to `budget`, unless it was there or has failed. */
static fid_status reach(sweep_problem *s, size_t index, const bench_query *query,
                        double budget, fid_error *err)
{
    run *r = &s->runs[index];
    bool resumes = s->sweep->outline.fidelity.mode == FID_MODE_RESUME;
    if (r->attempts && (r->reached >= budget || r->end != FID_END_DONE))
        return FID_OK;
    if (r->attempts && !resumes) { /* trained anew, from the beginning */
        r->n = 0;
        r->seconds = 0.0;
    }
    fid_job job = {.trial = index,
                   .attempt = ++r->attempts,
                   .seed = query->seed,
                   .space = s->base.space,
                   .config = query->config,
                   .outline = &s->sweep->outline,
                   .budget = budget,
                   .budget_done = resumes ? r->reached : 0.0,
                   .has_checkpoint = r->attempts > 1,
                   .parent = -1};
    FID_TRY(open_exec(s, err));
    FID_TRY(fid_exec_local.start(s->exec, &job, err));
    FID_TRY(follow(s, r, err));
    r->reached = budget;
    return FID_OK;
}

/* The last report at or before the step. */
static void answer(const sweep_problem *s, const run *r, double step, bench_answer *out)
{
    bool whole = s->base.outline.fidelity.mode == FID_MODE_NONE;
    size_t m = s->base.outline.n_metrics, at = SIZE_MAX;
    for (size_t k = 0; k < r->n; k++)
        if (whole || r->steps[k] <= step)
            at = k;
    *out = (bench_answer){.seconds = r->seconds, .end = r->end};
    if (at == SIZE_MAX || (whole && r->end != FID_END_DONE)) {
        if (r->end != FID_END_INFEASIBLE)
            out->end = FID_END_CRASHED;
        return;
    }
    memcpy(out->values, r->values + at * m, m * sizeof *out->values);
    out->truth = out->values[0];
    out->seconds = r->times[at];
    out->end = FID_END_DONE;
}

static fid_status evaluate(bench_problem *problem, const bench_query *queries, size_t n,
                           bench_answer *answers, fid_error *err)
{
    sweep_problem *s = (sweep_problem *)problem;
    for (size_t k = 0; k < n;) {
        size_t end = k, index;
        double budget = 0.0;
        for (; end < n && queries[end].config == queries[k].config; end++)
            budget = fmax(budget, queries[end].fidelity);
        if (problem->outline.fidelity.mode == FID_MODE_NONE)
            budget = problem->max_fidelity;
        FID_TRY(find_run(s, queries[k].config, &index, err));
        FID_TRY(reach(s, index, &queries[k], budget, err));
        for (; k < end; k++)
            answer(s, &s->runs[index], queries[k].fidelity, &answers[k]);
    }
    return FID_OK;
}

/* --- Opening and closing. */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void destroy(bench_problem *problem)
{
    sweep_problem *s = (sweep_problem *)problem;
    if (s->is_open)
        fid_exec_local.close(s->exec);
    free(s->exec);
    for (size_t i = 0; i < s->n_runs; i++) {
        free(s->runs[i].point);
        free(s->runs[i].steps);
        free(s->runs[i].values);
        free(s->runs[i].times);
    }
    free(s->runs);
    free(s->point);
    if (s->folder[0])
        nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    fid_sweep_destroy(s->sweep);
    free(s);
}

static const bench_problem_type type = {"sweep", evaluate, destroy};

static fid_status load(sweep_problem *s, const char *path, fid_error *err)
{
    fid_diagnostics d = {0};
    fid_status status = fid_sweep_load(&s->sweep, path, &d);
    const fid_diagnostic *worst = NULL; /* the first error that has a place */
    for (size_t i = 0; status && i < d.n; i++)
        if (d.items[i].severity == FID_SEVERITY_ERROR && (!worst || worst->line == 0))
            worst = &d.items[i];
    if (worst)
        fid_error_at(err, status, path, worst->line, worst->column, "%s", worst->message);
    fid_diagnostics_deinit(&d);
    return status;
}

static fid_status make_folder(sweep_problem *s, fid_error *err)
{
    ssize_t n = readlink("/proc/self/exe", s->runner, sizeof s->runner - 1);
    const char *chosen = getenv("TMPDIR");
    int len = snprintf(s->folder, sizeof s->folder, "%s/fidelio-bench-XXXXXX",
                       chosen && *chosen ? chosen : "/tmp");
    if (n > 0 && (size_t)len < sizeof s->folder && mkdtemp(s->folder))
        return FID_OK;
    s->folder[0] = '\0';
    return fid_error_set(err, FID_IO, "no temporary folder can be made");
}

static fid_status build(sweep_problem *s, const char *path,
                        const bench_problem_options *options, fid_error *err)
{
    bench_problem *p = &s->base;
    FID_TRY(load(s, path, err));
    FID_TRY(make_folder(s, err));
    const fid_fidelity *f = &s->sweep->outline.fidelity;
    p->space = s->sweep->space;
    p->outline = s->sweep->outline;
    p->max_fidelity = f->max;
    p->evaluate_ahead = (size_t)fmax(f->max, 1.0);
    p->regret = f->mode == FID_MODE_RESTART ? BENCH_REGRET_INCUMBENT : BENCH_REGRET_OBSERVED;
    p->source = "the user's sweep";
    p->licence = "not said";
    p->cost = "seconds as they passed";
    p->group = "sweep";
    p->best = p->median = (double)NAN;
    s->point = fid_alloc(fid_space_dim(p->space), sizeof *s->point);
    if (!s->point)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    if (p->outline.n_metrics > BENCH_METRICS)
        return fid_error_set(err, FID_LIMIT, "%s: more than %d metrics", path, BENCH_METRICS);
    if (options->whole)
        bench__set_whole(p);
    else if (f->mode == FID_MODE_NONE)
        return fid_error_set(err, FID_UNSUPPORTED, "%s has no fidelity", path);
    return FID_OK;
}

fid_status bench__open_sweep(bench_problem **out, const char *name, const char *metric,
                             const bench_problem_options *options, fid_error *err)
{
    (void)metric;
    sweep_problem *s = fid_alloc(1, sizeof *s);
    if (!s)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    s->base.type = &type;
    snprintf(s->base.name, sizeof s->base.name, "%s", name);
    fid_status status = build(s, name, options, err);
    if (status)
        destroy(&s->base);
    else
        *out = &s->base;
    return status;
}
