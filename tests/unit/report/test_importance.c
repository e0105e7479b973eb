/* Importance against shares that are known in closed form. Inputs are independent and
 * uniform: a sum of terms has as shares the terms' variances over their sum, a product of
 * centred terms has no main effects and both totals 1. */
#include "check.h"

#include <fidelio/report.h>
#include <fidelio/study.h>

#include <string.h>

static fid_error err;

typedef double objective(const fid_value *config);

/* A study of n points, trained once. The caller closes it. */
static fid_study *learn_by(const fid_sampler_type *sampler, const fid_space *space,
                           objective *f, size_t n, fid_goal goal)
{
    fid_study_settings settings = {
        .sampler = sampler, .scheduler = &fid_scheduler_none, .seed = 3};
    settings.outline.n_metrics = settings.outline.n_objectives = 1;
    settings.outline.metrics[0].goal = goal;
    settings.outline.fidelity.min = settings.outline.fidelity.max = 1;
    (void)strcpy(settings.outline.metrics[0].name, "y");
    fid_store_options in_memory = {.path = NULL};
    fid_study *study = NULL;
    CHECK(fid_study_open(&study, space, &settings, &fid_store_memory, &in_memory, NULL,
                         &err) == FID_OK);
    for (size_t i = 0; i < n; i++) {
        fid_ask ask;
        CHECK(fid_study_ask(study, &ask, &err) == FID_OK);
        double y = f(ask.config);
        CHECK(fid_study_tell(study, ask.trial, ask.attempt, &y, 1, &err) == FID_OK);
    }
    return study;
}

static fid_study *learn(const fid_space *space, objective *f, size_t n, fid_goal goal)
{
    return learn_by(&fid_sampler_sobol, space, f, n, goal);
}

static fid_space *three_floats(void)
{
    fid_space *space;
    CHECK(fid_space_create(&space) == FID_OK);
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++)
        CHECK(fid_space_add_float(space, names[i], 0, 1, FID_SCALE_LINEAR, 0, &err) ==
              FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

static const fid_importance_item *of(const fid_importance *all, size_t dim)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].dim == dim)
            return &all->items[i];
    return NULL;
}

static double sum(const fid_value *config)
{
    return 2 * config[0].f + config[1].f;
}

/* Variances 4/12 and 1/12. The warp bends the worse half, hence the room. */
TEST(shares_of_a_sum_are_those_of_its_terms)
{
    fid_space *space = three_floats();
    fid_study *study = learn(space, sum, 60, FID_GOAL_MINIMIZE);
    fid_importance all;
    CHECK(fid_importance_find(fid_study_history(study), 0, &all, &err) == FID_OK);
    CHECK(all.n == 3 && all.n_trials == 60 && all.fit > 0.95);
    CHECK(all.items[0].dim == 0 && all.items[1].dim == 1 && all.items[2].dim == 2);
    CHECK_NEAR(all.items[0].alone, 0.8, 0.1);
    CHECK_NEAR(all.items[1].alone, 0.2, 0.1);
    CHECK(all.items[2].total < 0.02);
    for (size_t i = 0; i < 3; i++)
        CHECK(all.items[i].total >= all.items[i].alone && all.items[i].total <= 1);
    CHECK(all.items[0].best == 0 && all.items[1].best == 0);
    /* E[y | a] = 2 a + 1/2 */
    CHECK_NEAR(all.items[0].effect[0], 2 * all.items[0].u[0] + 0.5, 0.15);
    CHECK_NEAR(all.items[0].effect[12], 2 * all.items[0].u[12] + 0.5, 0.15);
    fid_importance_deinit(&all);
    fid_study_close(study);
    fid_space_destroy(space);
}

static double negative_sum(const fid_value *config)
{
    return -sum(config);
}

TEST(what_is_maximised_has_its_best_at_its_largest)
{
    fid_space *space = three_floats();
    fid_study *up = learn(space, negative_sum, 40, FID_GOAL_MAXIMIZE);
    fid_study *down = learn(space, sum, 40, FID_GOAL_MINIMIZE);
    fid_importance a, b;
    CHECK(fid_importance_find(fid_study_history(up), 0, &a, &err) == FID_OK);
    CHECK(fid_importance_find(fid_study_history(down), 0, &b, &err) == FID_OK);
    for (size_t i = 0; i < 3; i++) {
        CHECK(a.items[i].total == b.items[i].total &&
              a.items[i].best == b.items[i].best);
        CHECK(a.items[i].effect[5] == -b.items[i].effect[5]);
    }
    fid_importance_deinit(&a);
    fid_importance_deinit(&b);
    fid_study_close(up);
    fid_study_close(down);
    fid_space_destroy(space);
}

static double product(const fid_value *config)
{
    return (config[0].f - 0.5) * (config[1].f - 0.5);
}

TEST(a_product_is_all_interaction)
{
    fid_space *space = three_floats();
    fid_study *study = learn(space, product, 120, FID_GOAL_MINIMIZE);
    fid_importance all;
    CHECK(fid_importance_find(fid_study_history(study), 0, &all, &err) == FID_OK);
    for (size_t d = 0; d < 2; d++)
        CHECK(of(&all, d)->alone < 0.15 && of(&all, d)->total > 0.8);
    CHECK(of(&all, 2)->total < 0.05);
    fid_importance_deinit(&all);
    fid_study_close(study);
    fid_space_destroy(space);
}

/* kind counts; depth counts only where it is active. */
static double conditional(const fid_value *config)
{
    return config[0].choice == 1 ? 1 + (double)config[1].i / 8 : 0;
}

TEST(choices_and_conditions)
{
    fid_literal kinds[] = {{.kind = FID_LITERAL_STRING, .text = "plain"},
                           {.kind = FID_LITERAL_STRING, .text = "deep"}};
    fid_space *space;
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_choice(space, "kind", kinds, 2, false, &err) == FID_OK);
    CHECK(fid_space_add_int(space, "depth", 1, 8, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_set_when(space, "depth", "kind == 'deep'", &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    fid_study *study = learn(space, conditional, 9, FID_GOAL_MINIMIZE);
    fid_importance all;
    fid_text value = {0};
    CHECK(fid_importance_find(fid_study_history(study), 0, &all, &err) == FID_OK);
    CHECK(all.items[0].dim == 0 && all.items[0].n == 2 && all.items[0].best == 0);
    CHECK(all.items[1].n == 8);
    fid_report_value(fid_study_history(study), 0, all.items[0].u[0], &value);
    CHECK(strcmp(value.data, "plain") == 0);
    fid_text_clear(&value);
    fid_report_value(fid_study_history(study), 1, all.items[1].u[7], &value);
    CHECK(strcmp(value.data, "8") == 0);
    fid_text_deinit(&value);
    fid_importance_deinit(&all);
    fid_study_close(study);
    fid_space_destroy(space);
}

static double constant(const fid_value *config)
{
    (void)config;
    return 1;
}

static double hostile(const fid_value *config)
{
    double x = config[0].f;
    return x < 0.2   ? (double)NAN
           : x < 0.4 ? 1e308
           : x < 0.6 ? -1e308
           : x < 0.8 ? INFINITY
                     : 5e-324;
}

TEST(where_little_is_known_it_says_so)
{
    fid_space *space = three_floats();
    fid_importance all;
    for (size_t n = 0; n < 4; n++) {
        fid_study *few = learn(space, sum, n, FID_GOAL_MINIMIZE);
        CHECK(fid_importance_find(fid_study_history(few), 0, &all, &err) == FID_STATE);
        fid_study_close(few);
    }
    fid_study *same = learn(space, constant, 20, FID_GOAL_MINIMIZE);
    CHECK(fid_importance_find(fid_study_history(same), 0, &all, &err) == FID_STATE);
    CHECK(strstr(err.message, "all the same") != NULL);
    CHECK(fid_importance_find(fid_study_history(same), 1, &all, &err) == FID_INVALID);
    fid_study_close(same);
    fid_study *wild = learn(space, hostile, 40, FID_GOAL_MINIMIZE);
    CHECK(fid_importance_find(fid_study_history(wild), 0, &all, &err) == FID_OK);
    for (size_t i = 0; i < all.n; i++)
        CHECK(all.items[i].total >= 0 && all.items[i].total <= 1 &&
              isfinite(all.items[i].effect[3]));
    fid_importance_deinit(&all);
    fid_study_close(wild);
    fid_space_destroy(space);
}

TEST(many_trials_are_thinned)
{
    fid_space *space = three_floats();
    fid_study *study = learn(space, sum, 1000, FID_GOAL_MINIMIZE);
    fid_importance all;
    CHECK(fid_importance_find(fid_study_history(study), 0, &all, &err) == FID_OK);
    CHECK(all.n_trials == 300 && all.items[0].dim == 0);
    fid_importance_deinit(&all);
    fid_study_close(study);
    fid_space_destroy(space);
}

static double first(const fid_value *config)
{
    return config[0].f;
}

/* Most trials of a study that has converged lie in one corner. What they say of each other
 * must not drown what all say of the rest. */
TEST(a_study_that_has_converged_still_shows_the_whole_range)
{
    fid_space *space = three_floats();
    fid_study *study =
        learn_by(&fid_sampler_evolution, space, first, 1000, FID_GOAL_MINIMIZE);
    fid_importance all;
    CHECK(fid_importance_find(fid_study_history(study), 0, &all, &err) == FID_OK);
    const fid_importance_item *a = of(&all, 0);
    CHECK(a->total > 0.95 && a->best == 0);
    for (size_t k = 1; k < a->n; k++)
        CHECK(a->effect[k] > a->effect[k - 1]);
    CHECK_NEAR(a->effect[a->n - 1] - a->effect[0], 1, 0.2);
    fid_importance_deinit(&all);
    fid_study_close(study);
    fid_space_destroy(space);
}

int main(void)
{
    RUN(shares_of_a_sum_are_those_of_its_terms);
    RUN(what_is_maximised_has_its_best_at_its_largest);
    RUN(a_product_is_all_interaction);
    RUN(choices_and_conditions);
    RUN(where_little_is_known_it_says_so);
    RUN(many_trials_are_thinned);
    RUN(a_study_that_has_converged_still_shows_the_whole_range);
    DONE();
}
