/* Whole spaces: definitions that are refused, conditions, constraints, defaults, priors. */
#include "check.h"

#include <fidelio/space.h>

#include <string.h>

static fid_literal text(const char *s)
{
    return (fid_literal){.kind = FID_LITERAL_STRING, .text = s};
}

static fid_literal whole(int64_t i)
{
    return (fid_literal){.kind = FID_LITERAL_INT, .i = i};
}

static fid_literal real(double f)
{
    return (fid_literal){.kind = FID_LITERAL_FLOAT, .f = f};
}

static fid_space *empty(void)
{
    fid_space *space = NULL;
    CHECK(fid_space_create(&space) == FID_OK);
    return space;
}

static void add_float(fid_space *space, const char *name, double low, double high)
{
    CHECK(!fid_space_add_float(space, name, low, high, FID_SCALE_LINEAR, 0, NULL));
}

static void add_int(fid_space *space, const char *name, int64_t low, int64_t high)
{
    CHECK(!fid_space_add_int(space, name, low, high, FID_SCALE_LINEAR, 1, NULL));
}

static void add_booster(fid_space *space)
{
    fid_literal boosters[] = {text("gbtree"), text("dart"), text("gblinear")};
    CHECK(!fid_space_add_choice(space, "booster", boosters, 3, false, NULL));
}

static size_t dim_of(const fid_space *space, const char *name)
{
    size_t param = 0;
    CHECK(fid_space_find(space, name, &param));
    for (size_t d = 0; d < fid_space_dim(space); d++)
        if (fid_space_dims(space)[d].param == param)
            return d;
    return SIZE_MAX;
}

static double seat(const fid_space *space, const char *name, uint64_t level)
{
    return fid_space_level_u(space, dim_of(space, name), level);
}

/* --- Definitions. */

static void refused(fid_status got, const fid_error *err, fid_status status,
                    const char *words)
{
    CHECK(got == status && err->code == status);
    CHECK(strcmp(err->message, words) == 0);
    if (strcmp(err->message, words) != 0)
        printf("  got: %s\n", err->message);
}

TEST(a_wrong_float_is_refused_with_its_name_and_the_rule)
{
    static const struct {
        const char *name;
        double low, high;
        fid_scale scale;
        double step;
        const char *words;
    } rows[] = {
        {"lr", 0.1, 1e-5, 0, 0, "lr: max (1e-05) must exceed min (0.1)"},
        {"lr", (double)NAN, 1, 0, 0, "lr: min must be a finite number, not nan"},
        {"lr", 0, (double)INFINITY, 0, 0, "lr: max must be a finite number, not inf"},
        {"lr", 0, 1, FID_SCALE_LOG, 0, "lr: the log scale needs min above 0, not 0"},
        {"lr", -1, 1, FID_SCALE_LOG, 0, "lr: the log scale needs min above 0, not -1"},
        {"p", 0.1, 1, FID_SCALE_LOGIT, 0,
         "p: the logit scale needs 0 < min and max < 1, not 0.1 and 1"},
        {"x", 0, 1, 0, -0.5, "x: step must be positive, not -0.5"},
        {"x", 0, 1, 0, (double)NAN, "x: step must be positive, not nan"},
        {"x", 1, 2, FID_SCALE_LOG, 0.5, "x: a step needs the linear scale"},
        {"x", 0, 1e300, 0, 1,
         "x: step 1 is too small for 0 .. 1e+300 (at most 2^50 values, which doubles can "
         "tell apart)"},
        {"x", 1e18, 1e18 + 1000, 0, 1,
         "x: step 1 is too small for 1e+18 .. 1e+18 (at most 2^50 values, which doubles can "
         "tell apart)"},
        {"9x", 0, 1, 0, 0,
         "\"9x\" is not a parameter name: a letter or _, then letters, digits, _ - . / :, at "
         "most 128 bytes"},
        {"", 0, 1, 0, 0,
         "\"\" is not a parameter name: a letter or _, then letters, digits, _ - . / :, at "
         "most 128 bytes"},
        {"a b\n", 0, 1, 0, 0,
         "\"a b\\u000a\" is not a parameter name: a letter or _, then letters, digits, _ - . "
         "/ :, at most 128 bytes"},
        {"a.b", 0, 1, 0, 0, "a.b: gives the same FIDELIO_PARAM_ variable as a_b"},
        {"A_B", 0, 1, 0, 0, "A_B: gives the same FIDELIO_PARAM_ variable as a_b"},
        {"a_b", 0, 1, 0, 0, "a_b: this parameter exists already"},
    };
    fid_space *space = empty();
    add_float(space, "a_b", 0, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_error err = {0};
        refused(fid_space_add_float(space, rows[i].name, rows[i].low, rows[i].high,
                                    rows[i].scale, rows[i].step, &err),
                &err, FID_INVALID, rows[i].words);
    }
    CHECK(fid_space_freeze(space, NULL) == FID_OK && fid_space_n_params(space) == 1);
    fid_space_destroy(space);
}

TEST(a_wrong_int_choice_default_or_prior_is_refused)
{
    fid_space *s = empty();
    fid_error e = {0};
    refused(fid_space_add_int(s, "n", 5, 1, 0, 1, &e), &e, FID_INVALID,
            "n: max (1) must exceed min (5)");
    refused(fid_space_add_int(s, "n", 0, 5, 0, 0, &e), &e, FID_INVALID,
            "n: step must be 1 or more, not 0");
    refused(fid_space_add_int(s, "n", 0, 5, FID_SCALE_LOG, 1, &e), &e, FID_INVALID,
            "n: the log scale needs min of 1 or more, not 0");
    refused(fid_space_add_int(s, "n", 1, 5, FID_SCALE_LOG, 2, &e), &e, FID_INVALID,
            "n: a step needs the linear scale");
    refused(fid_space_add_int(s, "n", 1, 5, FID_SCALE_LOGIT, 1, &e), &e, FID_INVALID,
            "n: the logit scale is for floats");
    refused(fid_space_add_choice(s, "c", NULL, 0, false, &e), &e, FID_INVALID,
            "c: needs at least one choice");
    fid_literal twice[] = {whole(1), text("1"), real(1)};
    refused(fid_space_add_choice(s, "c", twice, 3, false, &e), &e, FID_INVALID,
            "c: the choice 1.0 is there twice");
    refused(fid_space_add_fixed(s, "c", real((double)NAN), &e), &e, FID_INVALID,
            "c: NaN cannot be a value");
    add_booster(s);
    add_int(s, "depth", 2, 12);
    CHECK(!fid_space_add_int(s, "batch", 32, 256, 0, 32, NULL));
    CHECK(!fid_space_add_float(s, "q", 0, 1, 0, 0.25, NULL));
    add_float(s, "x", 0, 1);
    refused(fid_space_set_default(s, "booster", text("linear"), &e), &e, FID_INVALID,
            "booster: \"linear\" is not one of its 3 choices (\"gbtree\", ..)");
    refused(fid_space_set_default(s, "depth", whole(13), &e), &e, FID_INVALID,
            "depth: 13 is not an integer from 2 to 12");
    refused(fid_space_set_default(s, "depth", real(2.5), &e), &e, FID_INVALID,
            "depth: 2.5 is not an integer from 2 to 12");
    refused(fid_space_set_default(s, "batch", whole(33), &e), &e, FID_INVALID,
            "batch: 33 is not one of 32, 64, .. 256");
    refused(fid_space_set_default(s, "q", real(0.3), &e), &e, FID_INVALID,
            "q: 0.3 is not a number from 0 to 1 in steps of 0.25");
    refused(fid_space_set_default(s, "x", text("a"), &e), &e, FID_INVALID,
            "x: \"a\" is not a number from 0 to 1");
    refused(fid_space_set_default(s, "y", real(0), &e), &e, FID_NOT_FOUND,
            "there is no parameter 'y'");
    refused(fid_space_set_prior_normal(s, "booster", 0, 1, &e), &e, FID_INVALID,
            "booster: a prior over choices takes weights");
    refused(fid_space_set_prior_normal(s, "x", 0, 0, &e), &e, FID_INVALID,
            "x: a prior needs a finite mean and an sd above 0, not 0 and 0");
    refused(fid_space_set_prior_weights(s, "x", (double[]){1}, 1, &e), &e, FID_INVALID,
            "x: weights are for choices");
    refused(fid_space_set_prior_weights(s, "booster", (double[]){1, 2}, 2, &e), &e,
            FID_INVALID, "booster: 2 weights for 3 choices");
    refused(fid_space_set_prior_weights(s, "booster", (double[]){0, 0, 0}, 3, &e), &e,
            FID_INVALID, "booster: all weights are 0");
    refused(fid_space_set_prior_weights(s, "booster", (double[]){1, -1, 0}, 3, &e), &e,
            FID_INVALID, "booster: a weight must be 0 or more, not -1");
    fid_space_destroy(s);
}

TEST(a_single_legal_value_has_no_dimension)
{
    fid_space *s = empty();
    add_float(s, "x", 2, 2);
    add_int(s, "n", 7, 7);
    fid_literal only = text("adam");
    CHECK(!fid_space_add_choice(s, "opt", &only, 1, false, NULL));
    CHECK(!fid_space_add_float(s, "q", 0, 1, 0, 2, NULL));
    CHECK(!fid_space_freeze(s, NULL));
    CHECK(fid_space_dim(s) == 0 && fid_space_n_params(s) == 4);
    for (size_t p = 0; p < 4; p++)
        CHECK(fid_space_param_kind(s, p) == FID_PARAM_FIXED);
    CHECK(fid_space_choice(s, 0, 0)->f == 2 && fid_space_choice(s, 1, 0)->i == 7);
    CHECK(fid_space_cardinality(s) == 1);
    fid_space_destroy(s);
}

/* --- Conditions. */

/* booster -> rate (dart) -> skip (rate > 0.5) -> deep (skip == 1); and a fixed one. */
static fid_space *nested(void)
{
    fid_space *s = empty();
    add_int(s, "deep", 0, 9); /* before what it depends on */
    add_booster(s);
    CHECK(!fid_space_add_float(s, "rate", 0, 1, 0, 0.25, NULL));
    add_int(s, "skip", 0, 1);
    CHECK(!fid_space_add_fixed(s, "mark", whole(5), NULL));
    CHECK(!fid_space_set_when(s, "deep", "skip == 1", NULL));
    CHECK(!fid_space_set_when(s, "rate", "booster == 'dart'", NULL));
    CHECK(!fid_space_set_when(s, "skip", "rate > 0.5", NULL));
    CHECK(!fid_space_set_when(s, "mark", "skip == 0", NULL));
    CHECK(!fid_space_freeze(s, NULL));
    return s;
}

TEST(conditions_nest_in_any_order_of_addition)
{
    fid_space *s = nested();
    double u[4];
    bool active[4];
    fid_value config[5];
    size_t deep = dim_of(s, "deep"), rate = dim_of(s, "rate"), skip = dim_of(s, "skip"),
           booster = dim_of(s, "booster");
    u[deep] = 0.77;
    u[booster] = seat(s, "booster", 1);
    u[rate] = seat(s, "rate", 4);
    u[skip] = seat(s, "skip", 1);
    fid_space_activity(s, u, active);
    CHECK(active[deep] && active[rate] && active[skip] && active[booster]);
    fid_space_decode(s, u, config);
    CHECK(config[0].active && config[0].i == 7 && !config[4].active);
    u[skip] = seat(s, "skip", 0);
    fid_space_activity(s, u, active);
    CHECK(!active[deep] && active[skip]);
    fid_space_decode(s, u, config);
    CHECK(config[4].active && !config[0].active && config[0].i == 0);
    u[rate] = seat(s, "rate", 2);
    fid_space_activity(s, u, active);
    CHECK(!active[deep] && !active[skip] && active[rate]);
    u[rate] = seat(s, "rate", 4);
    u[skip] = seat(s, "skip", 1);
    u[booster] = seat(s, "booster", 0);
    fid_space_snap(s, u);
    CHECK(u[deep] == 0.5 && u[rate] == 0.5 && u[skip] == 0.5);
    const fid_dim *dims = fid_space_dims(s);
    CHECK(dims[deep].n_parents == 1 && dims[deep].parents[0] == skip);
    CHECK(dims[skip].n_parents == 1 && dims[skip].parents[0] == rate);
    CHECK(dims[deep].conditional && !dims[booster].conditional);
    fid_space_destroy(s);
}

TEST(cardinality_counts_canonical_points_exactly)
{
    fid_space *s = nested();
    /* By hand: gbtree, gblinear: 1 each. dart: rate in {0, .25, .5}: 1 each; rate in
     * {.75, 1}: skip 0: 1, skip 1: 10. */
    CHECK(fid_space_cardinality(s) == 2 + 3 + 2 * (1 + 10));
    fid_space_destroy(s);
}

TEST(cycles_and_self_reference_are_refused)
{
    fid_space *s = empty();
    fid_error e = {0};
    add_int(s, "a", 0, 1);
    add_int(s, "b", 0, 1);
    add_int(s, "c", 0, 1);
    CHECK(!fid_space_set_when(s, "b", "c == 1", NULL));
    CHECK(!fid_space_set_when(s, "c", "a == 1 and b == 1", NULL));
    refused(fid_space_freeze(s, &e), &e, FID_INVALID,
            "b: its condition depends on itself, directly or through the conditions of "
            "others");
    fid_space_destroy(s);
    s = empty();
    add_int(s, "a", 0, 1);
    CHECK(!fid_space_set_when(s, "a", "a == 1", NULL));
    CHECK(fid_space_freeze(s, &e) == FID_INVALID);
    fid_space_destroy(s);
}

TEST(several_whens_are_joined_and_a_chain_of_a_thousand_works)
{
    fid_space *s = empty();
    add_int(s, "a", 0, 1);
    add_int(s, "b", 0, 1);
    add_int(s, "c", 0, 1);
    CHECK(!fid_space_set_when(s, "c", "a == 1", NULL));
    CHECK(!fid_space_set_when(s, "c", "b == 1", NULL));
    CHECK(!fid_space_freeze(s, NULL));
    bool active[3];
    fid_space_activity(s, (double[]){0.9, 0.1, 0.5}, active);
    CHECK(!active[2]);
    fid_space_activity(s, (double[]){0.9, 0.9, 0.5}, active);
    CHECK(active[2]);
    CHECK(fid_space_cardinality(s) == 3 + 2);
    fid_space_destroy(s);

    s = empty();
    char name[16], when[32];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        (void)snprintf(when, sizeof when, "p%d == 1", i + 1);
        add_int(s, name, 0, 1);
        if (i < 999)
            CHECK(!fid_space_set_when(s, name, when, NULL));
    }
    CHECK(!fid_space_freeze(s, NULL));
    double u[1000];
    bool on[1000];
    for (int i = 0; i < 1000; i++)
        u[i] = 0.75;
    fid_space_activity(s, u, on);
    CHECK(on[0]);
    u[500] = 0.25;
    fid_space_snap(s, u);
    CHECK(u[499] == 0.5 && u[0] == 0.5 && u[500] == 0.25 && u[999] == 0.75);
    fid_space_destroy(s);
}

TEST(a_failed_freeze_can_be_mended)
{
    fid_space *s = empty();
    fid_error e = {0};
    add_int(s, "a", 0, 5);
    CHECK(!fid_space_add_constraint(s, "a < b", NULL));
    refused(fid_space_freeze(s, &e), &e, FID_INVALID,
            "constraint \"a < b\": there is no parameter 'b'");
    CHECK(e.column == 5);
    add_int(s, "b", 0, 5);
    CHECK(!fid_space_freeze(s, &e));
    refused(fid_space_add_int(s, "c", 0, 1, 0, 1, &e), &e, FID_STATE,
            "the space is frozen");
    fid_space_destroy(s);
}

TEST(encode_refuses_activity_that_the_conditions_contradict)
{
    fid_space *s = nested();
    fid_error e = {0};
    double u[4];
    fid_value config[5];
    fid_space_default_point(s, u);
    fid_space_decode(s, u, config);
    CHECK(!fid_space_encode(s, config, u, &e));
    config[0] = (fid_value){.active = true, .i = 3, .f = 3};
    refused(fid_space_encode(s, config, u, &e), &e, FID_INVALID,
            "deep: has a value, but its condition does not hold");
    config[0] = (fid_value){0};
    config[1].active = false;
    refused(fid_space_encode(s, config, u, &e), &e, FID_INVALID,
            "booster: has no value, but its condition holds");
    config[1] = (fid_value){.active = true, .choice = 3};
    refused(fid_space_encode(s, config, u, &e), &e, FID_INVALID,
            "booster: there is no choice number 3");
    fid_space_destroy(s);
}

/* --- Constraints. */

TEST(a_constraint_on_an_inactive_parameter_holds)
{
    fid_space *s = empty();
    add_booster(s);
    add_int(s, "k", 0, 9);
    CHECK(!fid_space_set_when(s, "k", "booster == 'dart'", NULL));
    CHECK(!fid_space_add_constraint(s, "k >= 8", NULL));
    CHECK(!fid_space_add_constraint(s, "not (booster == 'gblinear')", NULL));
    CHECK(!fid_space_freeze(s, NULL));
    CHECK(fid_space_has_constraints(s));
    CHECK(fid_space_is_legal(s, (double[]){seat(s, "booster", 0), 0.1}));
    CHECK(!fid_space_is_legal(s, (double[]){seat(s, "booster", 1), 0.1}));
    CHECK(fid_space_is_legal(s, (double[]){seat(s, "booster", 1), 0.9}));
    CHECK(!fid_space_is_legal(s, (double[]){seat(s, "booster", 2), 0.9}));
    fid_space_destroy(s);
}

TEST(an_impossible_space_is_refused_and_says_by_what)
{
    fid_space *s = empty();
    fid_error e = {0};
    add_int(s, "a", 0, 5);
    add_int(s, "b", 0, 5);
    CHECK(!fid_space_add_constraint(s, "a + b > 10", NULL));
    refused(fid_space_freeze(s, &e), &e, FID_INVALID,
            "no configuration satisfies \"a + b > 10\"");
    fid_space_destroy(s);
    s = empty();
    add_int(s, "a", 0, 5);
    CHECK(!fid_space_set_default(s, "a", whole(5), NULL));
    CHECK(!fid_space_add_constraint(s, "a<5", NULL));
    refused(fid_space_freeze(s, &e), &e, FID_INVALID,
            "the defaults break the constraint \"a < 5\"");
    fid_space_destroy(s);
}

TEST(a_needle_is_found_sampled_and_repaired_to)
{
    fid_space *s = empty();
    char name[8];
    fid_text sum = {0};
    for (int i = 0; i < 8; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        add_int(s, name, 0, 1000);
        fid_text_printf(&sum, "%sn%d", i ? " + " : "", i);
    }
    fid_text_append(&sum, " == 7777");
    CHECK(!fid_space_add_constraint(s, sum.data, NULL));
    CHECK(!fid_space_add_constraint(s, "n0 == n1 and n2 % 7 == 3", NULL));
    CHECK(!fid_space_freeze(s, NULL));
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    double u[8], start[8];
    for (int i = 0; i < 50; i++) {
        fid_space_sample(s, &rng, false, u);
        CHECK(fid_space_is_legal(s, u));
        for (int d = 0; d < 8; d++)
            u[d] = fid_rng_uniform(&rng);
        fid_space_repair(s, &rng, u);
        CHECK(fid_space_is_legal(s, u));
    }
    fid_space_default_point(s, start);
    CHECK(fid_space_is_legal(s, start));
    fid_text_deinit(&sum);
    fid_space_destroy(s);
}

TEST(repair_leaves_legal_points_and_moves_others_no_further_than_needed)
{
    fid_space *s = empty();
    add_float(s, "a", 0, 1);
    add_float(s, "b", 0, 1);
    add_float(s, "c", 0, 1);
    CHECK(!fid_space_add_constraint(s, "a <= b", NULL));
    CHECK(!fid_space_freeze(s, NULL));
    fid_rng rng = fid_rng_stream(2, FID_RNG_TEST, 0);
    for (int i = 0; i < 200; i++) {
        double u[3], v[3];
        for (int d = 0; d < 3; d++)
            v[d] = u[d] = fid_rng_uniform(&rng);
        fid_space_repair(s, &rng, v);
        CHECK(fid_space_is_legal(s, v));
        CHECK(v[2] == u[2]);
        if (u[0] <= u[1])
            CHECK(v[0] == u[0] && v[1] == u[1]);
        else /* one of the two gave way, to just where it had to */
            CHECK(v[1] - v[0] < 1e-3 * (u[0] - u[1]) + 1e-12);
    }
    fid_space_destroy(s);
}

TEST(rejection_is_uniform_over_what_is_legal)
{
    /* a < b over 4 x 4 levels: 6 cells of 1/6; chi2.ppf(0.9999, 5) = 25.7 (SciPy) */
    fid_space *s = empty();
    add_int(s, "a", 0, 3);
    add_int(s, "b", 0, 3);
    CHECK(!fid_space_add_constraint(s, "a < b", NULL));
    CHECK(!fid_space_freeze(s, NULL));
    fid_rng rng = fid_rng_stream(3, FID_RNG_TEST, 0);
    double count[16] = {0}, chi = 0, u[2];
    for (int i = 0; i < 60000; i++) {
        fid_space_sample(s, &rng, false, u);
        count[4 * fid_space_level(s, 0, u[0]) + fid_space_level(s, 1, u[1])]++;
    }
    for (int c = 0; c < 16; c++) {
        if (c / 4 < c % 4)
            chi += pow(count[c] - 10000, 2) / 10000;
        else
            CHECK(count[c] == 0);
    }
    CHECK(chi < 25.7);
    fid_space_destroy(s);
}

TEST(defaults_are_kept_and_the_rest_gives_way)
{
    fid_space *s = empty();
    add_int(s, "a", 0, 100);
    add_int(s, "b", 0, 100);
    add_booster(s);
    CHECK(!fid_space_set_default(s, "a", whole(80), NULL));
    CHECK(!fid_space_add_constraint(s, "a < b", NULL));
    CHECK(!fid_space_freeze(s, NULL));
    double u[3];
    fid_value config[3];
    fid_space_default_point(s, u);
    fid_space_decode(s, u, config);
    CHECK(config[0].i == 80 && config[1].i == 81 && config[2].choice == 0);
    CHECK(fid_space_has_default(s) && fid_space_dims(s)[0].has_default);
    CHECK(!fid_space_dims(s)[1].has_default);
    fid_space_destroy(s);
}

/* --- Priors. */

TEST(a_normal_prior_has_its_density_and_its_draws)
{
    fid_space *s = empty();
    CHECK(!fid_space_add_float(s, "lr", 1e-5, 1, FID_SCALE_LOG, 0, NULL));
    CHECK(!fid_space_set_prior_normal(s, "lr", 1e-3, 0.5, NULL));
    CHECK(!fid_space_freeze(s, NULL));
    CHECK(fid_space_has_prior(s) && fid_space_dims(s)[0].has_prior);
    /* By hand: -(log(v / 1e-3) / 0.5)^2 / 2 */
    for (double u = 0.05; u < 1; u += 0.1) {
        fid_value v;
        fid_space_decode(s, &u, &v);
        CHECK_NEAR(fid_space_log_prior(s, &u), -pow(log(v.f / 1e-3) / 0.5, 2) / 2,
                   1e-9);
    }
    fid_rng rng = fid_rng_stream(4, FID_RNG_TEST, 0);
    double sum = 0, square = 0, u;
    enum { DRAWS = 20000 };
    for (int i = 0; i < DRAWS; i++) {
        fid_value v;
        fid_space_sample(s, &rng, true, &u);
        fid_space_decode(s, &u, &v);
        double z = log(v.f / 1e-3) / 0.5;
        sum += z;
        square += z * z;
    }
    CHECK_NEAR(sum / DRAWS, 0, 0.03);
    CHECK_NEAR(square / DRAWS, 1, 0.05);
    fid_space_destroy(s);
}

TEST(a_prior_far_outside_the_range_is_finite_and_falls_from_the_nearer_end)
{
    fid_space *s = empty();
    add_float(s, "x", 0, 1);
    add_int(s, "n", 0, 10);
    CHECK(!fid_space_set_prior_normal(s, "x", 1e6, 1e-3, NULL));
    CHECK(!fid_space_set_prior_normal(s, "n", -40, 1, NULL));
    CHECK(!fid_space_freeze(s, NULL));
    double low = fid_space_log_prior(s, (double[]){0.1, 0.04});
    double high = fid_space_log_prior(s, (double[]){1, 0.04});
    CHECK(isfinite(low) && low < high && high <= 0 && high > -1e-6);
    fid_rng rng = fid_rng_stream(5, FID_RNG_TEST, 0);
    for (int i = 0; i < 100; i++) {
        double u[2];
        fid_space_sample(s, &rng, true, u);
        CHECK(u[0] > 0.999 && fid_space_level(s, 1, u[1]) <= 1);
    }
    fid_space_destroy(s);
}

TEST(weights_are_drawn_in_proportion_and_inactive_beliefs_do_not_count)
{
    fid_space *s = empty();
    add_booster(s);
    add_float(s, "rate", 0, 1);
    CHECK(!fid_space_set_when(s, "rate", "booster == 'dart'", NULL));
    CHECK(!fid_space_set_prior_weights(s, "booster", (double[]){3, 1, 0}, 3, NULL));
    CHECK(!fid_space_set_prior_normal(s, "rate", 0.5, 0.1, NULL));
    CHECK(!fid_space_freeze(s, NULL));
    double gbtree = seat(s, "booster", 0), dart = seat(s, "booster", 1),
           linear = seat(s, "booster", 2);
    CHECK(fid_space_log_prior(s, (double[]){gbtree, 0.9}) == 0);
    CHECK_NEAR(fid_space_log_prior(s, (double[]){dart, 0.5}), log(1.0 / 3), 1e-12);
    CHECK_NEAR(fid_space_log_prior(s, (double[]){dart, 0.7}), log(1.0 / 3) - 2, 1e-9);
    double never = fid_space_log_prior(s, (double[]){linear, 0.5});
    CHECK(isfinite(never) && never < -10);
    fid_rng rng = fid_rng_stream(6, FID_RNG_TEST, 0);
    double count[3] = {0};
    for (int i = 0; i < 10000; i++) {
        double u[2];
        fid_space_sample(s, &rng, true, u);
        count[fid_space_level(s, 0, u[0])]++;
    }
    CHECK(count[2] == 0);
    CHECK_NEAR(count[0] / 10000, 0.75, 0.02);
    fid_space_destroy(s);
}

int main(void)
{
    RUN(a_wrong_float_is_refused_with_its_name_and_the_rule);
    RUN(a_wrong_int_choice_default_or_prior_is_refused);
    RUN(a_single_legal_value_has_no_dimension);
    RUN(conditions_nest_in_any_order_of_addition);
    RUN(cardinality_counts_canonical_points_exactly);
    RUN(cycles_and_self_reference_are_refused);
    RUN(several_whens_are_joined_and_a_chain_of_a_thousand_works);
    RUN(a_failed_freeze_can_be_mended);
    RUN(encode_refuses_activity_that_the_conditions_contradict);
    RUN(a_constraint_on_an_inactive_parameter_holds);
    RUN(an_impossible_space_is_refused_and_says_by_what);
    RUN(a_needle_is_found_sampled_and_repaired_to);
    RUN(repair_leaves_legal_points_and_moves_others_no_further_than_needed);
    RUN(rejection_is_uniform_over_what_is_legal);
    RUN(defaults_are_kept_and_the_rest_gives_way);
    RUN(a_normal_prior_has_its_density_and_its_draws);
    RUN(a_prior_far_outside_the_range_is_finite_and_falls_from_the_nearer_end);
    RUN(weights_are_drawn_in_proportion_and_inactive_beliefs_do_not_count);
    DONE();
}
