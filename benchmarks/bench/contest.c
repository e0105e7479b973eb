#include "contest.h"

#include "pool.h"
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t bench_contest_seed(const char *problem, unsigned seed)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const char *c = problem; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    fid_rng rng = fid_rng_stream(seed, FID_RNG_PROBLEM, hash);
    return fid_rng_u64(&rng) >> 1; /* fits signed 64-bit integers of other languages */
}

fid_status bench_contest_design(const bench_problem *problem, uint64_t seed, size_t n,
                                fid_value *configs)
{
    const bench_pool *pool = &problem->pool;
    size_t dim = fid_space_dim(problem->space);
    size_t n_params = fid_space_n_params(problem->space);
    double u[FID_SOBOL_MAX_DIM];
    bool *used = fid_alloc(pool->n, sizeof *used);
    for (size_t k = 0; used && k < n; k++) {
        fid_rng rng = fid_rng_stream(seed, FID_RNG_DESIGN, k);
        fid_sobol_point(seed, k, dim, u);
        fid_space_repair(problem->space, &rng, u);
        size_t row = pool->n ? bench_pool_nearest(pool, dim, u, used) : SIZE_MAX;
        if (row != SIZE_MAX) {
            used[row] = true;
            memcpy(u, pool->points + row * dim, dim * sizeof *u);
        }
        fid_space_decode(problem->space, u, configs + k * n_params);
    }
    free(used);
    return used ? FID_OK : FID_NOMEM;
}

static fid_status run(const bench_contest *contest, const bench_places *places,
                      const bench_method *method, bench_problem *problem,
                      bench_outcome *outcome)
{
    void *stage = fid_alloc(1, bench_stage.state_size);
    if (!stage)
        return fid_error_set(&outcome->error, FID_NOMEM, "out of memory");
    bench_stage_options options = {.problem = problem,
                                   .workers = contest->workers,
                                   .count_overhead = contest->count_overhead,
                                   .unit = contest->timed ? contest->seconds : 0,
                                   .trace = &outcome->trace};
    fid_status status = bench_stage.open(stage, &options, &outcome->error);
    if (!status)
        status =
            method->is_peer
                ? bench__run_peer(method, problem, contest, places, stage,
                                  &outcome->trace, &outcome->error)
                : bench__run_ours(method, problem, contest, stage, &outcome->error);
    if (bench_stage_finish(stage) && !status)
        status = FID_NOMEM;
    bench_stage.close(stage);
    free(stage);
    return status;
}

/* Seconds that full trainings take on average, by the first points of one design. */
static fid_status full_seconds(bench_problem *problem, double *seconds, fid_error *err)
{
    enum { CONFIGS = 64 };
    size_t n_params = fid_space_n_params(problem->space);
    fid_value *configs = fid_alloc(CONFIGS * n_params, sizeof *configs);
    fid_status status =
        configs ? bench_contest_design(problem, 1, CONFIGS, configs) : FID_NOMEM;
    *seconds = 0;
    for (size_t k = 0; !status && k < CONFIGS; k++) {
        bench_query query = {configs + k * n_params, 1, problem->max_fidelity};
        bench_answer answer;
        status = bench_problem_evaluate(problem, &query, 1, &answer, err);
        *seconds += status ? 0 : answer.seconds / CONFIGS;
    }
    free(configs);
    return status;
}

void bench_contest_run_on(const bench_contest *contest, const bench_places *places,
                          bench_problem *problem, bench_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->best = problem->best;
    outcome->median = problem->median;
    snprintf(outcome->group, sizeof outcome->group, "%s", problem->group);
    bench_method *method = fid_alloc(1, sizeof *method);
    outcome->status = method
                          ? bench_method_parse(method, contest->method, &outcome->error)
                          : FID_NOMEM;
    bench_contest own = *contest;
    if (!outcome->status && contest->timed)
        outcome->status = full_seconds(problem, &own.seconds, &outcome->error);
    if (!outcome->status)
        outcome->status = run(&own, places, method, problem, outcome);
    free(method);
}

void bench_contest_run(const bench_contest *contest, const bench_places *places,
                       bench_outcome *outcome)
{
    bench_problem *problem = NULL;
    bench_problem_options options = places->problems;
    options.instance = contest->seed;
    options.whole = contest->whole;
    memset(outcome, 0, sizeof *outcome);
    outcome->status =
        bench_problem_open(&problem, contest->problem, &options, &outcome->error);
    if (!outcome->status)
        bench_contest_run_on(contest, places, problem, outcome);
    bench_problem_close(problem);
}

void bench_outcome_deinit(bench_outcome *outcome)
{
    bench_trace_deinit(&outcome->trace);
}
