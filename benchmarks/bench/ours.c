/* A method of ours: the same study loop as in reality, over the memory store. */
#include "contest.h"

#include "pool.h"
#include "solver.h"
#include "stage.h"

#include <stdlib.h>

static fid_status enqueue_design(fid_study *study, const bench_problem *problem,
                                 const bench_contest *contest, fid_error *err)
{
    size_t n_params = fid_space_n_params(problem->space);
    fid_value *configs = fid_alloc(contest->initial * n_params, sizeof *configs);
    uint64_t seed = bench_contest_seed(contest->problem, contest->seed);
    fid_status status =
        configs ? bench_contest_design(problem, seed, contest->initial, configs)
                : FID_NOMEM;
    for (size_t k = 0; !status && k < contest->initial; k++)
        status = fid_study_enqueue(study, configs + k * n_params, FID_ORIGIN_USER, NULL,
                                   err);
    free(configs);
    return status;
}

static fid_study_settings settings_of(const bench_method *method,
                                      const bench_problem *problem,
                                      const bench_contest *contest, void *stage)
{
    bench_solver_settings from = {.outline = problem->outline,
                                  .seed = bench_contest_seed(contest->problem, contest->seed),
                                  .workers = contest->workers,
                                  .budget = contest->budget};
    fid_study_settings settings = bench_study_settings(method, &from);
    if (contest->timed) {
        settings.max_trials = 0;
        settings.max_cost = 0;
        settings.max_seconds = contest->budget * contest->seconds;
    }
    settings.clock = (fid_clock){.now_us = NULL, .ctx = stage};
    return settings;
}

static int64_t virtual_now(void *stage)
{
    return bench_stage.now_us(stage);
}

fid_status bench__run_ours(const bench_method *method, bench_problem *problem,
                           const bench_contest *contest, void *stage, fid_error *err)
{
    fid_study *study = NULL;
    fid_store_options store = {0};
    fid_run_hooks hooks = {0};
    fid_run_outcome outcome;
    fid_study_settings settings = settings_of(method, problem, contest, stage);
    settings.clock.now_us = virtual_now;
    const fid_sampler_type *pool = NULL;
    if (problem->pool.n) {
        FID_TRY(bench_pool_sampler(&pool, method->sampler, &problem->pool, err));
        settings.sampler = pool;
    }
    fid_status status = fid_study_open(&study, problem->space, &settings,
                                       &fid_store_memory, &store, NULL, err);
    if (!status)
        status = enqueue_design(study, problem, contest, err);
    if (!status)
        status = fid_study_run(study, &bench_stage, stage, &hooks, &outcome, err);
    fid_study_close(study);
    return status;
}
