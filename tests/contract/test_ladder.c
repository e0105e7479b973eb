/* The Gaussian-process sampler on data that break models: it always proposes a legal
 * point, and the recorded rung of the ladder says how much of a model was behind it
 * (0 as intended, 1 refitted, 2 default hyperparameters, 4 space-filling). */
#include "contract/loop.h"

#include <math.h>

enum { DESIGN = 7, TURNS = 25, SOBOL = 4 };

static fid_space *plain(void)
{
    fid_space *space;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_add_float(space, "y", 1e-5, 1, FID_SCALE_LOG, 0, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

/* The widest ranges a space takes, beside the narrowest. */
static fid_space *extreme(void)
{
    fid_space *space;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "all", -1.7e308, 1.7e308, FID_SCALE_LINEAR, 0,
                              &err) == FID_OK);
    CHECK(fid_space_add_float(space, "scales", 1e-300, 1e300, FID_SCALE_LOG, 0, &err) ==
          FID_OK);
    CHECK(fid_space_add_float(space, "hair", 1, nextafter(1, 2), FID_SCALE_LINEAR, 0,
                              &err) == FID_OK);
    CHECK(fid_space_add_int(space, "wide", -(INT64_C(1) << 60), INT64_C(1) << 60,
                            FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_add_int(space, "one", 7, 7, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_add_int(space, "two", 0, 1, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

/* What trial k at u comes to. */
typedef double (*story)(uint64_t k, const double *u);

static double bowl(uint64_t k, const double *u)
{
    (void)k;
    return (u[0] - 0.3) * (u[0] - 0.3) + (u[1] - 0.6) * (u[1] - 0.6);
}

static double constant(uint64_t k, const double *u)
{
    (void)k, (void)u;
    return 3;
}

static double constant_but_one(uint64_t k, const double *u)
{
    (void)u;
    return k == 2 ? 1 : 3;
}

static double nearly_constant(uint64_t k, const double *u)
{
    return 1e8 + 1e-8 * (double)(k % 2) + 0 * u[0];
}

static double ties(uint64_t k, const double *u)
{
    (void)k;
    return floor(2 * u[0]);
}

static double tiny(uint64_t k, const double *u)
{
    return 1e-300 * bowl(k, u);
}

static double denormal(uint64_t k, const double *u)
{
    return 1e-310 * bowl(k, u);
}

static double huge(uint64_t k, const double *u)
{
    return (k % 2 ? 1.7e308 : -1.7e308) * bowl(k, u);
}

static double all_scales(uint64_t k, const double *u)
{
    return pow(10, 600 * u[0] - 300) + 0 * (double)k;
}

static double outliers(uint64_t k, const double *u)
{
    return k % 7 == 3 ? 1e200 : bowl(k, u);
}

static double some_infinite(uint64_t k, const double *u)
{
    static const double bad[] = {INFINITY, -INFINITY, NAN};
    return k % 2 ? bad[k / 2 % 3] : bowl(k, u);
}

static double all_failed(uint64_t k, const double *u)
{
    (void)k, (void)u;
    return NAN;
}

static double all_but_one_failed(uint64_t k, const double *u)
{
    return k == 1 ? bowl(k, u) : NAN;
}

static double all_infinite(uint64_t k, const double *u)
{
    (void)u;
    return k % 2 ? INFINITY : -INFINITY;
}

static const struct {
    const char *name;
    story value;
    bool space_filling; /* there is nothing to model, at the end as at the start */
} stories[] = {
    {"a bowl", bowl, false},
    {"constant", constant, true},
    {"constant but one", constant_but_one, false},
    {"nearly constant", nearly_constant, false},
    {"ties", ties, false},
    {"tiny", tiny, false},
    {"denormal", denormal, false},
    {"huge", huge, false},
    {"all scales", all_scales, false},
    {"outliers", outliers, false},
    {"every second not finite", some_infinite, false},
    {"all failed", all_failed, true},
    {"all infinite", all_infinite, true},
};
enum { STORIES = sizeof stories / sizeof *stories };

static void check_legal(const fid_space *space, const double *u)
{
    double canonical[8];
    size_t dim = fid_space_dim(space);
    memcpy(canonical, u, dim * sizeof *u);
    fid_space_snap(space, canonical);
    CHECK(memcmp(canonical, u, dim * sizeof *u) == 0);
    CHECK(fid_space_is_legal(space, u));
    for (size_t j = 0; j < dim; j++)
        CHECK(u[j] > 0 && u[j] < 1);
}

static void finish(loop *l, uint64_t trial, double value)
{
    if (isnan(value))
        loop_fail(l, trial, FID_REASON_CRASHED);
    else
        loop_finish(l, trial, &value);
}

/* Tell the story; the rung of the last suggestion, after checks of all. */
static int32_t rung(const fid_space *space, story value, size_t turns)
{
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, 17) == FID_OK);
    fid_suggestion why = {0};
    for (size_t k = 0; k < turns; k++) {
        double u[8];
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        check_legal(space, u);
        CHECK(!fid_history_find_point(l.history, u, NULL));
        CHECK(k >= DESIGN || (why.level == 0 && strcmp(why.model, "sobol") == 0));
        finish(&l, loop_start(&l, u, &why), value(k, u));
    }
    CHECK((why.level == SOBOL) == (strcmp(why.model, "sobol") == 0));
    loop_close(&l);
    return why.level;
}

TEST(every_bad_history_has_its_rung)
{
    fid_space *spaces[] = {plain(), extreme()};
    for (size_t s = 0; s < 2; s++) {
        for (size_t k = 0; k < STORIES; k++) {
            int32_t level = rung(spaces[s], stories[k].value, TURNS);
            bool good = stories[k].space_filling ? level == SOBOL : level <= 2;
            CHECK(good);
            if (!good)
                printf("%s: rung %d\n", stories[k].name, (int)level);
        }
        fid_space_destroy(spaces[s]);
    }
}

TEST(one_value_among_failures_does_not_stop_the_search)
{
    fid_space *space = plain();
    int32_t level = rung(space, all_but_one_failed, TURNS);
    CHECK(level >= 0 && level <= SOBOL);
    fid_space_destroy(space);
}

TEST(one_point_is_not_modelled_and_two_that_differ_are)
{
    fid_space *space = plain();
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, 3) == FID_OK);
    double u[8];
    fid_suggestion why = {0};
    for (uint64_t k = 0; k < DESIGN; k++) { /* one value, the rest still runs */
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        uint64_t trial = loop_start(&l, u, &why);
        if (k == 0)
            finish(&l, trial, 1);
    }
    CHECK(loop_suggest(&l, u, &why) == FID_OK);
    check_legal(space, u);
    CHECK(why.level == SOBOL);
    finish(&l, 1, 2);
    CHECK(loop_suggest(&l, u, &why) == FID_OK);
    check_legal(space, u);
    CHECK(why.level <= 2 && strcmp(why.model, "gp") == 0);
    loop_close(&l);
    fid_space_destroy(space);
}

/* The same point again and again, with values that agree, or do not. */
TEST(duplicates_are_modelled)
{
    fid_space *space = plain();
    for (int noisy = 0; noisy < 2; noisy++) {
        loop l;
        CHECK(loop_open(&l, space, &fid_sampler_gp, 1, 5) == FID_OK);
        double u[8], at[8] = {0.25, 0.75};
        fid_suggestion why = {.model = "user"};
        fid_space_snap(space, at);
        for (uint64_t k = 0; k < 30; k++)
            finish(&l, loop_start(&l, at, &why), 1 + (noisy ? (double)(k % 3) : 0));
        for (uint64_t k = 0; k < 5; k++) {
            u[0] = u[1] = 0.1 + 0.2 * (double)k;
            fid_space_snap(space, u);
            finish(&l, loop_start(&l, u, &why), 2 + bowl(k, u));
        }
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        check_legal(space, u);
        CHECK(why.level <= 2 && isfinite(why.mean) && why.sd >= 0);
        CHECK(!fid_history_find_point(l.history, u, NULL));
        loop_close(&l);
    }
    fid_space_destroy(space);
}

/* The 20th suggestion after values scale * bowl, of a study that has this goal. */
static void twentieth(const fid_space *space, fid_goal goal, double scale, double *u)
{
    loop l = {.space = space, .type = &fid_sampler_gp, .outline = loop_outline(1)};
    l.options.seed = 23;
    l.outline.metrics[0].goal = goal;
    CHECK(fid_history_create(&l.history, space, &l.outline) == FID_OK);
    CHECK(loop_init_sampler(&l) == FID_OK);
    loop_apply(&l, (fid_event){.kind = FID_EVENT_STUDY, .text = "{}"});
    for (uint64_t k = 0; k < 20; k++) {
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        double value = scale * bowl(k, u);
        uint64_t trial = loop_start(&l, u, &why);
        loop_finish(&l, trial, &value);
    }
    loop_close(&l);
}

TEST(units_and_the_direction_of_the_metric_change_nothing)
{
    fid_space *space = plain();
    double once[2], scaled[2], flipped[2];
    twentieth(space, FID_GOAL_MINIMIZE, 1, once);
    for (int exponent = -900; exponent <= 900; exponent += 300) {
        twentieth(space, FID_GOAL_MINIMIZE, ldexp(1, exponent), scaled);
        CHECK(memcmp(once, scaled, sizeof once) == 0);
    }
    twentieth(space, FID_GOAL_MAXIMIZE, -1, flipped);
    CHECK(memcmp(once, flipped, sizeof once) == 0);
    fid_space_destroy(space);
}

int main(void)
{
    RUN(every_bad_history_has_its_rung);
    RUN(one_value_among_failures_does_not_stop_the_search);
    RUN(one_point_is_not_modelled_and_two_that_differ_are);
    RUN(duplicates_are_modelled);
    RUN(units_and_the_direction_of_the_metric_change_nothing);
    DONE();
}
