/* Sizes and offsets of the structures that python/fidelio/_c.py repeats: printed for
 * test_python.sh to compare. One line each: "struct size N" or "struct member offset". */
#include <fidelio/study.h>

#include <stdio.h>

#define SIZE(type) (void)printf("%s size %zu\n", #type, sizeof(type))
#define AT(type, member) (void)printf("%s %s %zu\n", #type, #member, offsetof(type, member))

static void values(void)
{
    SIZE(fid_error);
    AT(fid_error, message);
    SIZE(fid_text);
    AT(fid_text, failed);
    SIZE(fid_literal);
    AT(fid_literal, text);
    SIZE(fid_value);
    AT(fid_value, choice);
    SIZE(fid_metric);
    AT(fid_metric, goal);
    AT(fid_metric, target);
    AT(fid_metric, reference);
    SIZE(fid_fidelity);
    AT(fid_fidelity, min);
    AT(fid_fidelity, integer);
    SIZE(fid_outline);
    AT(fid_outline, n_metrics);
    AT(fid_outline, fidelity);
}

static void trials(void)
{
    SIZE(fid_trial);
    AT(fid_trial, attempt);
    AT(fid_trial, budget);
    AT(fid_trial, step);
    AT(fid_trial, n_reports);
    AT(fid_trial, steps);
    AT(fid_trial, values);
    AT(fid_trial, seconds);
    AT(fid_trial, spent);
    SIZE(fid_ask);
    AT(fid_ask, seed);
    AT(fid_ask, budget_done);
    AT(fid_ask, config);
    SIZE(fid_decision);
    AT(fid_decision, budget);
    AT(fid_decision, of);
    AT(fid_decision, high);
}

static void settings(void)
{
    SIZE(fid_sampler_options);
    AT(fid_sampler_options, n_parallel);
    AT(fid_sampler_options, acquisition);
    AT(fid_sampler_options, grid_points);
    AT(fid_sampler_options, deterministic);
    SIZE(fid_scheduler_rules);
    AT(fid_scheduler_rules, seed);
    AT(fid_scheduler_rules, percentile);
    AT(fid_scheduler_rules, risk);
    SIZE(fid_clock);
    SIZE(fid_store_options);
    AT(fid_store_options, holder);
    SIZE(fid_study_settings);
    AT(fid_study_settings, outline);
    AT(fid_study_settings, sampler);
    AT(fid_study_settings, sampler_options);
    AT(fid_study_settings, scheduler);
    AT(fid_study_settings, rules);
    AT(fid_study_settings, seed);
    AT(fid_study_settings, parallel);
    AT(fid_study_settings, max_trials);
    AT(fid_study_settings, max_seconds);
    AT(fid_study_settings, max_cost);
    AT(fid_study_settings, retry);
    AT(fid_study_settings, extend);
    AT(fid_study_settings, read_only);
    AT(fid_study_settings, clock);
}

int main(void)
{
    values();
    trials();
    settings();
    return 0;
}
