/* Sampler and scheduler states from settings: for the study, and fresh ones for explain. */
#include "study/study.h"

#include <stdlib.h>

fid_status fid__make_sampler(const fid_study *study, void **state, fid_error *err)
{
    const fid_study_settings *settings = &study->settings;
    fid_sampler_options options = settings->sampler_options;
    options.seed = settings->seed;
    options.n_parallel = settings->parallel;
    if (!settings->max_trials && !(settings->max_cost > 0))
        options.only_seconds = settings->max_seconds;
    options.max_budget = settings->outline.fidelity.max;
    *state = fid_alloc(1, settings->sampler->state_size);
    if (!*state)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    return settings->sampler->init(*state, study->space, &settings->outline, &options,
                                   err);
}

/* No more trials than there are configurations: nobody waits for others. 0 = not
 * limited. */
static size_t most_trials(const fid_study *study, size_t most)
{
    double n = fid_space_cardinality(study->space);
    return n < (double)(most ? most : SIZE_MAX) ? (size_t)n : most;
}

fid_status fid__make_scheduler(const fid_study *study, void **state, fid_error *err)
{
    const fid_study_settings *settings = &study->settings;
    fid_scheduler_rules rules = settings->rules;
    rules.fidelity = settings->outline.fidelity;
    rules.seed = settings->seed;
    rules.n_parallel = settings->parallel;
    if (!rules.max_trials)
        rules.max_trials = settings->max_trials;
    rules.max_trials = most_trials(study, rules.max_trials);
    *state = fid_alloc(1, settings->scheduler->state_size);
    if (!*state)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    return settings->scheduler->init(*state, &rules, err);
}
