/* What the Gaussian-process sampler makes of failures, beliefs and names of acquisitions. */
#include "contract/loop.h"

#include <math.h>

enum { SEEDS = 4 };

static double branin(const double *u)
{
    const double pi = 3.14159265358979323846;
    double x = 15 * u[0] - 5, y = 15 * u[1];
    double a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
    return a * a + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10 - 0.39788735772973816;
}

/* The bottom of one of the three valleys and a third of the square around it. */
static bool in_disc(const double *u)
{
    double x = 15 * u[0] - 5, y = 15 * u[1];
    return hypot(x + 3.14159, y - 12.275) < 4.6;
}

static fid_space *square(bool believed, double x, double y)
{
    fid_space *space;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_add_float(space, "y", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    if (believed) {
        CHECK(fid_space_set_prior_normal(space, "x", x, 0.05, &err) == FID_OK);
        CHECK(fid_space_set_prior_normal(space, "y", y, 0.05, &err) == FID_OK);
    }
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

/* The best of `turns` trials; *late counts failures in the second half. */
static double search(const fid_space *space, uint64_t seed, size_t turns, bool fails,
                     size_t *late)
{
    loop l;
    double best = INFINITY;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, seed) == FID_OK);
    for (size_t k = 0; k < turns; k++) {
        double u[2];
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        uint64_t trial = loop_start(&l, u, &why);
        if (fails && in_disc(u)) {
            loop_fail(&l, trial, FID_REASON_CRASHED);
            *late += 2 * k >= turns;
            continue;
        }
        double value = branin(u);
        loop_finish(&l, trial, &value);
        best = fmin(best, value);
    }
    loop_close(&l);
    return best;
}

/* The worst of some seeds. */
static double worst(const fid_space *space, size_t turns, bool fails, size_t *late)
{
    double most = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        most = fmax(most, search(space, 100 + seed, turns, fails, late));
    return most;
}

TEST(failures_become_rare_and_what_lies_beside_them_is_found)
{
    size_t late = 0, turns = 70;
    fid_space *space = square(false, 0, 0);
    double regret = worst(space, turns, true, &late);
    printf("regret %g, %zu of %zu late trials failed\n", regret, late, SEEDS * turns / 2);
    CHECK(regret < 0.01);
    CHECK(10 * late < SEEDS * turns / 2);
    fid_space_destroy(space);
}

/* What is ordered starts in its middle, categories where the sequence puts them: over many
 * seeds at all of them. */
TEST(the_first_point_is_the_middle_of_what_is_ordered)
{
    fid_space *space;
    fid_error err = {0};
    const fid_literal choices[] = {{.kind = FID_LITERAL_STRING, .text = "a"},
                                   {.kind = FID_LITERAL_STRING, .text = "b"},
                                   {.kind = FID_LITERAL_STRING, .text = "c"}};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 1, 100, FID_SCALE_LOG, 0, &err) == FID_OK);
    CHECK(fid_space_add_choice(space, "c", choices, 3, false, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    bool seen[3] = {false};
    for (uint64_t seed = 0; seed < 30; seed++) {
        loop l;
        double u[2];
        fid_suggestion why;
        fid_value config[2];
        CHECK(loop_open(&l, space, &fid_sampler_gp, 1, seed) == FID_OK);
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        fid_space_decode(space, u, config);
        CHECK_NEAR(config[0].f, 10, 1e-9);
        seen[(int)(3 * u[1])] = true;
        loop_close(&l);
    }
    CHECK(seen[0] && seen[1] && seen[2]);
    fid_space_destroy(space);
}

/* The first one by `scale`. */
static fid_space *floats(size_t n, fid_scale scale, bool with_choice)
{
    fid_space *space;
    fid_error err = {0};
    const fid_literal choices[] = {{.kind = FID_LITERAL_STRING, .text = "a"},
                                   {.kind = FID_LITERAL_STRING, .text = "b"}};
    CHECK(fid_space_create(&space) == FID_OK);
    for (size_t j = 0; j < n; j++) {
        char name[] = {(char)('p' + j), 0};
        CHECK(fid_space_add_float(space, name, 0.1, 0.9, j ? FID_SCALE_LINEAR : scale, 0,
                                  &err) == FID_OK);
    }
    if (with_choice)
        CHECK(fid_space_add_choice(space, "c", choices, 2, false, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

/* From the best so far, each in the coordinate whose turn it is; then the model speaks. */
TEST(the_design_of_smooth_dimensions_takes_a_step_in_each)
{
    enum { D = 9 };
    fid_space *space = floats(D, FID_SCALE_LINEAR, false);
    loop l;
    double u[D], best[D] = {0}, least = HUGE_VAL;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, 3) == FID_OK);
    for (size_t t = 0; t < D + 2; t++) {
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        CHECK(strcmp(why.model, t == 0 ? "sobol" : t <= D ? "steps" : "gp") == 0);
        double value = 0;
        for (size_t j = 0; j < D; j++) {
            value += pow(u[j] - 0.9, 2);
            if (t > 0 && t <= D)
                CHECK_NEAR(fabs(u[j] - best[j]), j == t - 1 ? 0.2 : 0, 1e-12);
        }
        uint64_t trial = loop_start(&l, u, &why);
        loop_finish(&l, trial, &value);
        if (value < least) {
            least = value;
            memcpy(best, u, sizeof best);
        }
    }
    loop_close(&l);
    fid_space_destroy(space);
}

static const char *second_model(fid_space *space)
{
    loop l;
    double u[16], value = 1;
    fid_suggestion why;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, 3) == FID_OK);
    CHECK(loop_suggest(&l, u, &why) == FID_OK);
    uint64_t trial = loop_start(&l, u, &why);
    loop_finish(&l, trial, &value);
    CHECK(loop_suggest(&l, u, &why) == FID_OK);
    loop_close(&l);
    fid_space_destroy(space);
    return why.model;
}

TEST(the_design_of_few_dimensions_choices_or_other_scales_is_spread)
{
    CHECK(strcmp(second_model(floats(4, FID_SCALE_LINEAR, false)), "steps") == 0);
    CHECK(strcmp(second_model(floats(3, FID_SCALE_LINEAR, false)), "sobol") == 0);
    CHECK(strcmp(second_model(floats(9, FID_SCALE_LINEAR, true)), "sobol") == 0);
    CHECK(strcmp(second_model(floats(9, FID_SCALE_LOG, false)), "sobol") == 0);
    CHECK(strcmp(second_model(floats(9, FID_SCALE_LOGIT, false)), "sobol") == 0);
}

/* Of the valley at (pi, 2.275) once roughly, once not at all. */
TEST(a_good_belief_helps_and_a_wrong_one_does_not_trap)
{
    size_t none = 0;
    fid_space *ignorant = square(false, 0, 0), *good = square(true, 0.52, 0.18);
    fid_space *wrong = square(true, 0.05, 0.05);
    double alone = worst(ignorant, 10, false, &none), early = worst(good, 10, false, &none);
    double late = worst(wrong, 60, false, &none);
    printf("after 10 trials alone %g, with a good belief %g; after 60 with a wrong one %g\n",
           alone, early, late);
    CHECK(early < 0.5 * alone);
    CHECK(late < 0.01);
    fid_space_destroy(ignorant);
    fid_space_destroy(good);
    fid_space_destroy(wrong);
}

/* Eight at once, when something is known: what is on its way counts as found, so the
 * others do not crowd around it. */
TEST(points_asked_for_at_once_keep_apart)
{
    enum { KNOWN = 12, AT_ONCE = 8 };
    fid_space *space = square(false, 0, 0);
    size_t close = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        loop l;
        double u[KNOWN + AT_ONCE][2];
        CHECK(loop_open(&l, space, &fid_sampler_gp, 1, 30 + seed) == FID_OK);
        for (size_t k = 0; k < KNOWN + AT_ONCE; k++) {
            fid_suggestion why;
            CHECK(loop_suggest(&l, u[k], &why) == FID_OK);
            uint64_t trial = loop_start(&l, u[k], &why);
            double value = branin(u[k]);
            if (k < KNOWN)
                loop_finish(&l, trial, &value);
            for (size_t i = KNOWN; i < k; i++)
                close += hypot(u[k][0] - u[i][0], u[k][1] - u[i][1]) < 0.03;
        }
        loop_close(&l);
    }
    printf("%zu of %d pairs are close\n", close, SEEDS * AT_ONCE * (AT_ONCE - 1) / 2);
    CHECK(close <= 16); /* 41 when it does not count */
    fid_space_destroy(space);
}

/* The prediction told is one of the loss, not of what the model sees of it. */
TEST(predictions_are_in_units_of_the_loss)
{
    fid_space *space = square(false, 0, 0);
    loop l;
    double low = INFINITY, high = -INFINITY;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, 7) == FID_OK);
    for (size_t k = 0; k < 30; k++) {
        double u[2];
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        double value = 1e6 + 1000 * branin(u);
        if (why.level == 0 && strcmp(why.model, "gp") == 0) {
            CHECK(why.mean > low - (high - low) && why.mean < high + (high - low));
            CHECK(why.sd >= 0 && isfinite(why.sd));
        }
        uint64_t trial = loop_start(&l, u, &why);
        loop_finish(&l, trial, &value);
        low = fmin(low, value);
        high = fmax(high, value);
    }
    loop_close(&l);
    fid_space_destroy(space);
}

TEST(acquisitions_have_names_find_the_minimum_and_others_are_refused)
{
    static const char *const names[] = {"ei",       "pi",             "ucb",      "mes",
                                        "thompson", "thompson_joint", "portfolio"};
    fid_space *space = square(false, 0, 0);
    double last[7][2] = {{0}};
    for (size_t k = 0; k < 7; k++) {
        double best = HUGE_VAL;
        loop l = {.space = space, .type = &fid_sampler_gp, .outline = loop_outline(1)};
        l.options = (fid_sampler_options){.seed = 5, .acquisition = names[k]};
        CHECK(fid_history_create(&l.history, space, &l.outline) == FID_OK);
        CHECK(loop_init_sampler(&l) == FID_OK);
        loop_apply(&l, (fid_event){.kind = FID_EVENT_STUDY, .text = "{}"});
        for (size_t t = 0; t < 30; t++) {
            fid_suggestion why;
            CHECK(loop_suggest(&l, last[k], &why) == FID_OK);
            uint64_t trial = loop_start(&l, last[k], &why);
            double value = branin(last[k]);
            loop_finish(&l, trial, &value);
            best = fmin(best, value);
        }
        printf("%s %.4g\n", names[k], best);
        CHECK(best < 0.3); /* random search: 2.0 */
        loop_close(&l);
    }
    for (size_t k = 0; k < 7; k++)
        for (size_t other = 0; other < k; other++)
            CHECK(memcmp(last[k], last[other], sizeof last[k]) != 0);
    fid_error err = {0};
    fid_outline outline = loop_outline(1);
    fid_sampler_options options = {.acquisition = "guess"};
    void *state = fid_alloc(1, fid_sampler_gp.state_size);
    CHECK(fid_sampler_gp.init(state, space, &outline, &options, &err) == FID_INVALID);
    CHECK(strstr(err.message, "guess") && strstr(err.message, "ei, mes, ucb"));
    fid_sampler_gp.deinit(state);
    free(state);
    fid_space_destroy(space);
}

/* Where noise is learnt every second suggestion improves on a draw of the values without it;
 * what is told of a suggestion is of the values that were seen, in both turns. */
TEST(noise_does_not_lead_astray_and_what_is_told_is_of_what_was_seen)
{
    fid_space *space = square(false, 0, 0);
    double miss = 0, sd[2] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        loop l;
        fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, 0);
        double nearest = HUGE_VAL;
        CHECK(loop_open(&l, space, &fid_sampler_gp, 1, seed) == FID_OK);
        for (size_t k = 0; k < 60; k++) {
            double u[2], off;
            fid_suggestion why;
            CHECK(loop_suggest(&l, u, &why) == FID_OK);
            off = hypot(u[0] - 0.3, u[1] - 0.8);
            double value = off * off + 0.1 * fid_rng_normal(&rng);
            loop_finish(&l, loop_start(&l, u, &why), &value);
            if (k >= 40) {
                sd[k % 2] += why.sd;
                nearest = fmin(nearest, off);
            }
        }
        miss = fmax(miss, nearest);
        loop_close(&l);
    }
    printf("within %g; sd %g and %g\n", miss, sd[0], sd[1]);
    CHECK(miss < 0.1);
    CHECK(sd[1] > sd[0]); /* the draw leads farther, and its model has no noise */
    fid_space_destroy(space);
}

int main(void)
{
    RUN(failures_become_rare_and_what_lies_beside_them_is_found);
    RUN(the_first_point_is_the_middle_of_what_is_ordered);
    RUN(the_design_of_smooth_dimensions_takes_a_step_in_each);
    RUN(the_design_of_few_dimensions_choices_or_other_scales_is_spread);
    RUN(a_good_belief_helps_and_a_wrong_one_does_not_trap);
    RUN(points_asked_for_at_once_keep_apart);
    RUN(predictions_are_in_units_of_the_loss);
    RUN(acquisitions_have_names_find_the_minimum_and_others_are_refused);
    RUN(noise_does_not_lead_astray_and_what_is_told_is_of_what_was_seen);
    DONE();
}
