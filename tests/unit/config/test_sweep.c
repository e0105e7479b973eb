/* What a sweep file comes to: W&B's distributions as its documentation defines them
 * ("Define a sweep configuration", table of distributions), DESIGN's own words, defaults. */
#include "check.h"

#include <fidelio/config.h>
#include <fidelio/rand.h>

#include <string.h>

static fid_sweep *parse(const char *text)
{
    fid_sweep *sweep = NULL;
    fid_diagnostics d = {0};
    if (fid_sweep_parse(&sweep, text, strlen(text), "folder/my.sweep.yaml", &d) !=
        FID_OK) {
        fid_text words = {0};
        fid_diagnostics_to_text(&d, FID_SEVERITY_ERROR, &words);
        printf("%s\n%s\n", text, words.data);
        fid_text_deinit(&words);
    }
    fid_diagnostics_deinit(&d);
    return sweep;
}

/* The value of a parameter `x: {..}` at coordinate u. */
static double value_at(const char *spec, double u)
{
    char text[400];
    fid_value config[1] = {{0}};
    (void)snprintf(
        text, sizeof text,
        "method: random\nmetric: {name: l}\ncommand: [t, '${args}']\nparameters:\n  x: %s\n",
        spec);
    fid_sweep *sweep = parse(text);
    CHECK(sweep != NULL);
    if (!sweep)
        return (double)NAN;
    fid_space_decode(sweep->space, &u, config);
    double value = config[0].f;
    fid_sweep_destroy(sweep);
    return value;
}

TEST(numbers_are_distributed_as_wandb_defines_them)
{
    const struct {
        const char *spec;
        double u, want;
    } rows[] = {
        {"{distribution: uniform, min: 2, max: 4}", 0.25, 2.5},
        {"{distribution: int_uniform, min: 1, max: 4}", 0.99, 4},
        {"{distribution: q_uniform, q: 0.5, min: 0, max: 2}", 0.5, 1},
        {"{distribution: log_uniform, min: -2, max: 2}", 0.5, 1},
        {"{distribution: log_uniform, min: 0, max: 2}", 0.5, 2.718281828459045},
        {"{distribution: log_uniform_values, min: 0.01, max: 100}", 0.5, 1},
        {"{distribution: log_uniform_values, min: 0.01, max: 100}", 0.75, 10},
        {"{distribution: inv_log_uniform_values, min: 0.01, max: 100}", 0.5, 1},
        {"{distribution: normal, mu: 3, sigma: 2}", 0.5, 3},
        {"{min: 1, max: 3}", 0.5, 2},
        {"{min: 1.0, max: 3.0}", 0.25, 1.5},
        {"{min: 0.001, max: 10.0, scale: log}", 0.5, 0.1},
        {"{min: 0.0, max: 1.0, step: 0.1}", 0.31, 0.3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double got = value_at(rows[i].spec, rows[i].u);
        if (!(fabs(got - rows[i].want) <= 1e-9 * fmax(1, fabs(rows[i].want))))
            printf("%s at %g: %.15g\n", rows[i].spec, rows[i].u, got);
        CHECK_NEAR(got, rows[i].want, 1e-9);
    }
}

/* X as W&B's table defines it, from u and z: uniform and normal. */
static double log_uniform(double u, double z)
{
    return (void)z, exp(5 * u);
}
static double inverse(double u, double z)
{
    return (void)z, exp(-5 * u);
}
static double by_values(double u, double z)
{
    return (void)z, exp(log(100.0) * u);
}
static double normal(double u, double z)
{
    return (void)u, 10 + 3 * z;
}
static double log_normal(double u, double z)
{
    return (void)u, exp(2 + 0.5 * z);
}

/* Drawn from the sweep's space and by the definition: the same share lies below each of
 * nine values. (Not so q_log_uniform with q: 1, an integer of ours on a log scale: the first
 * and the last have whole cells, not halves.) 20,000 draws of each: a share's error is 0.0035, allowed are five of them. */
TEST(draws_have_the_distribution_that_wandb_defines)
{
    enum { N = 20000 };
    static const struct {
        const char *spec;
        double (*define)(double u, double z);
        double q;
    } rows[] = {
        {"{distribution: inv_log_uniform, min: 0, max: 5}", inverse, 0},
        {"{distribution: q_log_uniform, min: 0, max: 5, q: 4}", log_uniform, 4},
        {"{distribution: q_log_uniform_values, min: 1, max: 100, q: 2.5}", by_values,
         2.5},
        {"{distribution: q_normal, mu: 10, sigma: 3, q: 2}", normal, 2},
        {"{distribution: log_normal, mu: 2, sigma: 0.5}", log_normal, 0},
        {"{distribution: q_log_normal, mu: 2, sigma: 0.5, q: 1}", log_normal, 1},
    };
    fid_rng rng = fid_rng_stream(3, FID_RNG_TEST, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[400];
        (void)snprintf(text, sizeof text,
                       "metric: {name: l}\ncommand: [t]\nparameters:\n  x: %s\n",
                       rows[i].spec);
        fid_sweep *s = parse(text);
        CHECK(s != NULL);
        if (!s)
            continue;
        bool choice = fid_space_param_kind(s->space, 0) == FID_PARAM_ORDERED;
        size_t got[9] = {0}, want[9] = {0};
        double levels[9], q = rows[i].q;
        for (int k = 0; k < 9; k++)
            levels[k] = rows[i].define(0.1 * (k + 1), 0.4 * (k - 4));
        for (size_t n = 0; n < N; n++) {
            fid_value x;
            double u;
            fid_space_sample(s->space, &rng, true, &u);
            fid_space_decode(s->space, &u, &x);
            double ours = choice ? fid_space_choice(s->space, 0, x.choice)->f : x.f;
            double theirs = rows[i].define(fid_rng_uniform(&rng), fid_rng_normal(&rng));
            theirs = q > 0 ? nearbyint(theirs / q) * q : theirs;
            for (int k = 0; k < 9; k++) {
                got[k] += ours <= levels[k];
                want[k] += theirs <= levels[k];
            }
        }
        for (int k = 0; k < 9; k++) {
            double off = fabs((double)got[k] - (double)want[k]) / N;
            if (off > 0.025)
                printf("%s: at most %g: %zu, %zu of %d\n", rows[i].spec, levels[k],
                       got[k], want[k], N);
            CHECK(off <= 0.025);
        }
        fid_sweep_destroy(s);
    }
}

TEST(integers_and_floats_are_told_apart_by_how_their_bounds_are_written)
{
    fid_sweep *s = parse(
        "metric: {name: l}\ncommand: [t, '${args}']\nparameters:\n"
        "  a: {min: 1, max: 9}\n  b: {min: 1.0, max: 9}\n  c: {min: 1, max: 1e1}\n"
        "  d: {values: [1, 2, 4], ordered: true}\n  e: {value: 7}\n"
        "  f: {values: [yes, no]}\n");
    CHECK(s != NULL);
    if (!s)
        return;
    static const fid_param_kind want[] = {FID_PARAM_INT,   FID_PARAM_FLOAT,
                                          FID_PARAM_FLOAT, FID_PARAM_ORDERED,
                                          FID_PARAM_FIXED, FID_PARAM_CATEGORICAL};
    for (size_t p = 0; p < 6; p++)
        CHECK(fid_space_param_kind(s->space, p) == want[p]);
    CHECK(fid_space_choice(s->space, 5, 1)->kind ==
          FID_LITERAL_STRING); /* `no` is text */
    fid_sweep_destroy(s);
}

TEST(a_wandb_file_needs_no_change)
{
    fid_sweep *s = parse(
        "program: train.py\nmethod: bayes\nproject: p\nentity: e\n"
        "metric:\n  name: val_acc\n  goal: maximize\n"
        "parameters:\n  optimizer:\n    parameters:\n      lr: {min: 0.1, max: 1.0}\n"
        "  layers: {values: [[64], [64, 64]]}\n  seed: {value: 1}\n"
        "early_terminate: {type: hyperband, max_iter: 27, s: 2, eta: 3}\n"
        "run_cap: 12\n");
    CHECK(s != NULL);
    if (!s)
        return;
    size_t at;
    CHECK(s->budget.trials == 12 && s->outline.metrics[0].goal == FID_GOAL_MAXIMIZE);
    CHECK(fid_space_find(s->space, "optimizer.lr", &at));
    CHECK(s->n_command == 0 &&
          strcmp(s->program, "train.py") == 0); /* run as W&B does */
    CHECK(s->outline.fidelity.mode == FID_MODE_STOP && s->outline.fidelity.min == 3 &&
          s->outline.fidelity.max == 27);
    CHECK(strcmp(s->scheduler->name, "asha") == 0 && s->rules.stopping);
    fid_sweep_destroy(s);
}

TEST(risk_is_for_the_curve_rule)
{
    static const char head[] =
        "metric: {name: loss, goal: minimize}\ncommand: [t, '${args}']\n"
        "parameters:\n  x: {min: 0.0, max: 1.0}\n";
    static const struct {
        const char *text, *scheduler;
        double risk;
    } cases[] = {
        {"risk: 0.1\nfidelity: {min: 1, max: 9}\n", "curve", 0.1},
        {"risk: 0.1\nfidelity: {min: 1, max: 9, scheduler: {name: curve, min_trials: 5}}\n",
         "curve", 0.1},
        {"risk: 0.1\nfidelity: {min: 1, max: 9, scheduler: {name: curve, risk: 0.02}}\n",
         "curve", 0.02},
        {"fidelity: {min: 1, max: 9, scheduler: curve}\n", "curve", 0},
        {"risk: 0.1\nfidelity: {min: 1, max: 9, scheduler: asha}\n", "asha",
         0.1}, /* warns */
        {"fidelity: {min: 1, max: 9}\n", "asha", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s%s", head, cases[i].text);
        fid_sweep *s = parse(text);
        CHECK(s && strcmp(s->scheduler->name, cases[i].scheduler) == 0 &&
              s->rules.risk == cases[i].risk);
        if (s)
            fid_sweep_destroy(s);
    }
}

/* Whole rungs, unless the limits may cut the first of them short. */
TEST(the_usual_scheduler_fits_the_budget)
{
    static const char head[] =
        "metric: {name: loss, goal: minimize}\ncommand: [t, '${args}']\n"
        "parameters:\n  x: {min: 0.0, max: 1.0}\n";
    static const char *const cases[][2] = {
        {"fidelity: {min: 1, max: 9, mode: resume}\n", "sha"},
        {"fidelity: {min: 1, max: 9, mode: resume}\nbudget: {trials: 9, time: 1h}\n",
         "sha"},
        {"fidelity: {min: 1, max: 9, mode: restart}\nbudget: {time: 1h}\n", "asha"},
        {"fidelity: {min: 1, max: 9, mode: resume}\nbudget: {cost: 44}\n", "asha"},
        {"fidelity: {min: 1, max: 9, mode: resume}\nbudget: {cost: 45}\n", "sha"},
        {"fidelity: {min: 1, max: 9, mode: stop}\nbudget: {trials: 9}\n", "asha"},
        {"budget: {time: 1h}\n", "none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s%s", head, cases[i][0]);
        fid_sweep *s = parse(text);
        CHECK(s && strcmp(s->scheduler->name, cases[i][1]) == 0);
        if (s)
            fid_sweep_destroy(s);
    }
}

TEST(a_study_without_a_name_has_its_files_without_the_extension)
{
    static const char text[] = "metric: {name: l}\ncommand: [t, '${args}']\n"
                               "parameters: {x: {min: 0.0, max: 1.0}}\n";
    static const char *const cases[][2] = {{"folder/sd0.1.yaml", "sd0.1"},
                                           {"sd0.yaml", "sd0"},
                                           {"a/b/plain", "plain"},
                                           {".hidden", "hidden"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fid_sweep *s = NULL;
        fid_diagnostics d = {0};
        CHECK(fid_sweep_parse(&s, text, strlen(text), cases[i][0], &d) == FID_OK);
        CHECK(s && strcmp(s->name, cases[i][1]) == 0);
        fid_diagnostics_deinit(&d);
        fid_sweep_destroy(s);
    }
}

TEST(a_step_wider_than_its_range_is_warned_of)
{
    static const char *const cases[][2] = {
        {"{min: 1, max: 3, step: 7}", "leaves one value, 1"},
        {"{min: 0.5, max: 1.0, step: 3}", "one value, 0.5"},
        {"{min: 1, max: 9, step: 8}", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        (void)snprintf(
            text, sizeof text,
            "metric: {name: l}\ncommand: [t, '${args}']\nbudget: {trials: 2}\n"
            "parameters: {n: %s, x: {min: 0.0, max: 1.0}}\n",
            cases[i][0]);
        fid_sweep *s = NULL;
        fid_diagnostics d = {0};
        CHECK(fid_sweep_parse(&s, text, strlen(text), "s.yaml", &d) == FID_OK);
        CHECK(d.n_warnings == (cases[i][1] != NULL));
        CHECK(!d.n_warnings || strstr(d.items[0].message, cases[i][1]));
        fid_diagnostics_deinit(&d);
        fid_sweep_destroy(s);
    }
}

TEST(the_design_example_is_read_in_full)
{
    fid_sweep *s = parse(
        "name: xgb-logloss\nmethod: auto\nmetric: {name: logloss, goal: minimize, target: 0.30}\n"
        "command:\n  - xgboost\n  - data/xgb.conf\n  - ${args_no_hyphens}\n  - num_round=${budget_left}\n"
        "  - model_out=${checkpoint_dir}/model\nresume_args: [\"model_in=${checkpoint_dir}/model\"]\n"
        "parameters:\n  eta:       {min: 1e-3, max: 0.5, scale: log, default: 0.3}\n"
        "  max_depth: {min: 2, max: 12}\n  booster:   {values: [gbtree, dart]}\n"
        "  rate_drop: {min: 0.0, max: 0.5, when: {booster: dart}}\n"
        "  batch:     {values: [32, 64, 128], ordered: true}\n"
        "constraints: [\"max_depth * 2 <= 20\"]\n"
        "fidelity: {name: rounds, min: 9, max: 243, eta: 3, mode: resume, scheduler: asha}\n"
        "collect:\n  - {from: stderr, regex: '^\\[[^]]*\\] \\[(?<step>\\d+)\\]\\s+valid-logloss:(?<logloss>\\S+)', step_from: attempt, step_offset: 1}\n"
        "budget: {trials: 60, time: 10m}\n"
        "resources: {parallel: 2, cpus: 1, gpus: 0, mem: 4G, timeout: 5m, grace: 10s}\n"
        "retry: 1\ncheckpoints: {keep: best-3, inherit: true}\nseed: 7\n");
    CHECK(s != NULL);
    if (!s)
        return;
    CHECK(strcmp(s->name, "xgb-logloss") == 0 && strcmp(s->folder, "folder") == 0);
    CHECK(s->outline.metrics[0].has_target && s->outline.metrics[0].target == 0.30);
    CHECK(fid_space_n_params(s->space) == 5 && fid_space_has_constraints(s->space));
    CHECK(fid_space_dims(s->space)[3].conditional);
    CHECK(s->outline.fidelity.mode == FID_MODE_RESUME && s->outline.fidelity.integer);
    CHECK(s->n_collect == 1 && s->collect[0].from == FID_FROM_STDERR &&
          s->collect[0].step_from == FID_STEP_ATTEMPT &&
          s->collect[0].step_offset == 1);
    CHECK(s->budget.trials == 60 && s->budget.seconds == 600);
    CHECK(s->resources.parallel == 2 && s->resources.mem == UINT64_C(4) << 30 &&
          s->resources.timeout == 300 && s->resources.grace == 10);
    CHECK(s->retry == 1 && s->keep == FID_KEEP_BEST && s->keep_n == 3 && s->inherit &&
          s->seed == 7);
    fid_sweep_destroy(s);
}

int main(void)
{
    RUN(numbers_are_distributed_as_wandb_defines_them);
    RUN(draws_have_the_distribution_that_wandb_defines);
    RUN(integers_and_floats_are_told_apart_by_how_their_bounds_are_written);
    RUN(a_wandb_file_needs_no_change);
    RUN(risk_is_for_the_curve_rule);
    RUN(the_usual_scheduler_fits_the_budget);
    RUN(a_study_without_a_name_has_its_files_without_the_extension);
    RUN(a_step_wider_than_its_range_is_warned_of);
    RUN(the_design_example_is_read_in_full);
    DONE();
}
