#include "problem.h"

#include "../util/json.h"
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- What the families share. */

void bench__set_objective(bench_problem *problem, size_t k, const char *name,
                          bool maximize)
{
    fid_metric *metric = &problem->outline.metrics[k];
    snprintf(metric->name, sizeof metric->name, "%s", name);
    metric->goal = maximize ? FID_GOAL_MAXIMIZE : FID_GOAL_MINIMIZE;
    problem->outline.n_metrics = problem->outline.n_objectives = k + 1;
    problem->best = problem->median = (double)NAN;
}

void bench__set_whole(bench_problem *problem)
{
    problem->outline.fidelity = (fid_fidelity){
        .mode = FID_MODE_NONE, .min = 1.0, .max = 1.0, .eta = 3.0, .integer = true};
}

void bench__set_fidelity(bench_problem *problem, const char *name, double low,
                         double high, fid_fidelity_mode mode, bool integer)
{
    fid_fidelity *f = &problem->outline.fidelity;
    *f = (fid_fidelity){
        .mode = mode, .min = low, .max = high, .eta = 3.0, .integer = integer};
    snprintf(f->name, sizeof f->name, "%s", name);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* losses[m][n] of all objectives at random configurations, those that fail left out;
 * *valid <- how many columns are filled. */
static fid_status sample(bench_problem *problem, size_t n, double *losses, size_t *valid,
                         fid_error *err)
{
    double *u = fid_alloc(fid_space_dim(problem->space), sizeof *u);
    fid_value *config = fid_alloc(fid_space_n_params(problem->space), sizeof *config);
    fid_status status = u && config ? FID_OK : FID_NOMEM;
    fid_rng rng = fid_rng_stream(0, FID_RNG_PROBLEM, 1);
    *valid = 0;
    for (size_t k = 0; !status && k < n; k++) {
        bench_answer answer;
        fid_space_sample(problem->space, &rng, false, u);
        fid_space_decode(problem->space, u, config);
        bench_query query = {config, k, problem->max_fidelity};
        status = problem->type->evaluate(problem, &query, 1, &answer, err);
        if (status || answer.end != FID_END_DONE || isnan(answer.truth))
            continue;
        losses[*valid] = bench_problem_loss(problem, 0, answer.truth);
        for (size_t m = 1; m < problem->outline.n_objectives; m++)
            losses[m * n + *valid] = bench_problem_loss(problem, m, answer.values[m]);
        ++*valid;
    }
    free(u);
    free(config);
    return status;
}

fid_status bench__sample_reference(bench_problem *problem, size_t n, fid_error *err)
{
    size_t valid;
    double *losses = fid_alloc(n * problem->outline.n_objectives, sizeof *losses);
    fid_status status = losses ? sample(problem, n, losses, &valid, err) : FID_NOMEM;
    if (!status && valid) {
        qsort(losses, valid, sizeof *losses, ascending);
        problem->best = losses[0];
        problem->median = losses[valid / 2];
    }
    free(losses);
    return status;
}

fid_status bench__sample_volume_ref(bench_problem *problem, fid_error *err)
{
    enum { N = 1024 };
    size_t valid, m = problem->outline.n_objectives;
    double *losses = fid_alloc(N * m, sizeof *losses);
    fid_status status = losses ? sample(problem, N, losses, &valid, err) : FID_NOMEM;
    problem->best = -1;
    for (size_t k = 0; !status && valid && k < m; k++) {
        double *column = losses + k * N;
        qsort(column, valid, sizeof *losses, ascending);
        problem->volume_ref[k] = column[valid / 2];
        problem->best *= column[valid / 2] - column[0];
    }
    free(losses);
    return status;
}

double bench_problem_loss(const bench_problem *problem, size_t objective, double value)
{
    return problem->outline.metrics[objective].goal == FID_GOAL_MAXIMIZE ? -value : value;
}

bool bench_problem_holds(const bench_problem *problem, const double *values)
{
    const fid_outline *outline = &problem->outline;
    for (size_t m = outline->n_objectives; m < outline->n_metrics; m++) {
        const fid_metric *metric = &outline->metrics[m];
        if ((metric->goal == FID_GOAL_AT_MOST && !(values[m] <= metric->bound)) ||
            (metric->goal == FID_GOAL_AT_LEAST && !(values[m] >= metric->bound)))
            return false;
    }
    return true;
}

double bench_problem_regret(const bench_problem *problem, double loss)
{
    double width = problem->median - problem->best;
    if (isnan(width))
        return width;
    double regret = (loss - problem->best) / fmax(width, 1e-300);
    return isnan(regret) ? 1.0 : fmin(fmax(regret, 0.0), 1.0);
}

fid_status bench_problem_evaluate(bench_problem *problem, const bench_query *queries,
                                  size_t n, bench_answer *answers, fid_error *err)
{
    return problem->type->evaluate(problem, queries, n, answers, err);
}

void bench_problem_close(bench_problem *problem)
{
    json_object *described = problem ? problem->described : NULL;
    if (problem)
        problem->type->destroy(problem);
    json_object_put(described);
}

/* --- Opening by name. */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static void describe(bench_problem *problem)
{
    if (!problem->sidecar[0] || access(problem->sidecar, R_OK))
        return;
    json_object *file = problem->described = json_object_from_file(problem->sidecar);
    if (!json_object_is_type(file, json_type_object))
        return;
    problem->source = bench_json_text(file, "source", problem->source);
    problem->licence =
        bench_json_text(file, "licence", bench_json_text(file, "license", problem->licence));
}

fid_status bench_problem_open(bench_problem **out, const char *name,
                              const bench_problem_options *options, fid_error *err)
{
    static bench_opener *const openers[] = {bench__open_analytic, bench__open_yahpo,
                                            bench__open_table, bench__open_many,
                                            bench__open_trained};
    enum { N = sizeof openers / sizeof *openers };
    char stem[192];
    const char *metric = strrchr(name, ':');
    size_t n = metric ? (size_t)(metric - name) : strlen(name);
    *out = NULL;
    if (n >= sizeof stem)
        return fid_error_set(err, FID_NOT_FOUND, "%.40s...: no such problem", name);
    snprintf(stem, sizeof stem, "%.*s", (int)n, name);
    metric = metric ? metric + 1 : NULL;
    fid_status status = FID_NOT_FOUND;
    if (ends_with(stem, ".json"))
        status = bench__open_command(out, stem, metric, options, err);
    else if (ends_with(stem, ".yaml") || ends_with(stem, ".yml"))
        status = bench__open_sweep(out, stem, metric, options, err);
    else
        for (size_t i = 0; i < N && status == FID_NOT_FOUND; i++)
            status = openers[i](out, stem, metric, options, err);
    if (status == FID_NOT_FOUND)
        return fid_error_set(err, status, "%s: no such problem, or its data is absent",
                             name);
    if (status)
        return status;
    snprintf((*out)->name, sizeof(*out)->name, "%s", name);
    describe(*out);
    return bench__reference_apply(*out, options, err);
}
