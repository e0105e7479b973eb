/* Properties of every space, over random ones: all kinds, nested conditions, constraints,
 * degenerate and enormous ranges. */
#include "check.h"

#include <fidelio/space.h>

#include <string.h>

enum { SPACES = 250, POINTS = 30, MOST = 12 };

static fid_rng rng;

static uint64_t below(uint64_t n)
{
    return fid_rng_below(&rng, n);
}

static bool chance(double p)
{
    return fid_rng_uniform(&rng) < p;
}

static void add_random_float(fid_space *space, const char *name)
{
    static const double edges[] = {-1.7e308,    -1e15, -3,  -1e-300, 0,
                                   5e-324,      1e-9,  0.1, 0.9,     1,
                                   1 + 0x1p-51, 2.5,   1e6, 1e300,   1.7e308};
    enum { N = sizeof edges / sizeof *edges };
    double low = edges[below(N)], high = edges[below(N)];
    fid_scale scale = low > 0 && chance(0.5) ? FID_SCALE_LOG : FID_SCALE_LINEAR;
    if (low > high) {
        double t = low;
        low = high;
        high = t;
        scale = FID_SCALE_LINEAR;
    }
    if (low > 0 && high < 1 && chance(0.3))
        scale = FID_SCALE_LOGIT;
    double step = chance(0.3) ? (high / 7 - low / 7) : 0;
    if (fid_space_add_float(space, name, low, high, scale, step, NULL) != FID_OK)
        CHECK(!fid_space_add_float(space, name, low, high, FID_SCALE_LINEAR, 0, NULL));
}

static void add_random_int(fid_space *space, const char *name)
{
    static const int64_t edges[] = {INT64_MIN,
                                    -(INT64_C(1) << 60),
                                    -7,
                                    0,
                                    1,
                                    2,
                                    3,
                                    10,
                                    1000,
                                    INT64_C(1) << 40,
                                    (INT64_C(1) << 53) + 1,
                                    INT64_C(1) << 60,
                                    INT64_MAX - 1,
                                    INT64_MAX};
    enum { N = sizeof edges / sizeof *edges };
    size_t a = below(N), b = below(N);
    int64_t low = edges[a < b ? a : b], high = edges[a < b ? b : a];
    bool log = low >= 1 && chance(0.5);
    int64_t step = !log && chance(0.3) ? 1 + (int64_t)below(9) : 1;
    CHECK(!fid_space_add_int(space, name, low, high,
                             log ? FID_SCALE_LOG : FID_SCALE_LINEAR, step, NULL));
}

static const fid_literal choices[] = {
    {.kind = FID_LITERAL_STRING, .text = "c0"},
    {.kind = FID_LITERAL_STRING, .text = "it's \"q\"\n"},
    {.kind = FID_LITERAL_INT, .i = 64},
    {.kind = FID_LITERAL_FLOAT, .f = 0.5},
    {.kind = FID_LITERAL_BOOL, .i = 1},
    {.kind = FID_LITERAL_NULL},
    {.kind = FID_LITERAL_JSON, .text = "[64, 64.0]"},
    {.kind = FID_LITERAL_STRING, .text = ""}};

static void add_random(fid_space *space, const char *name)
{
    switch (below(4)) {
    case 0:
        add_random_float(space, name);
        break;
    case 1:
        add_random_int(space, name);
        break;
    case 2:
        CHECK(!fid_space_add_choice(space, name, choices, 1 + below(8), chance(0.5),
                                    NULL));
        break;
    default:
        if (chance(0.3))
            CHECK(!fid_space_add_fixed(space, name, choices[below(8)], NULL));
        else
            CHECK(!fid_space_add_choice(space, name, choices, 2, false, NULL));
    }
}

/* A comparison that is legal whatever the kind of the parameter. */
static void append_clause(fid_text *out, int param)
{
    static const char *const tests[] = {" == 'c0'", " != 0",
                                        " in [64, 0.5, true, 1, 'c0', null]",
                                        " not in [null, 2, 'c0']"};
    fid_text_printf(out, "p%d%s", param, tests[below(4)]);
}

static fid_space *random_space(void)
{
    fid_space *space = NULL;
    int n = 1 + (int)below(MOST);
    size_t order[MOST];
    char name[16];
    CHECK(!fid_space_create(&space));
    for (int p = 0; p < n; p++) {
        order[p] = (size_t)p;
        (void)snprintf(name, sizeof name, "p%d", p);
        add_random(space, name);
    }
    fid_rng_shuffle(&rng, order, (size_t)n);
    for (int p = 1; p < n;
         p++) { /* p depends on what comes before it in a random order */
        fid_text when = {0};
        if (!chance(0.5))
            continue;
        append_clause(&when, (int)order[below((uint64_t)p)]);
        if (chance(0.3)) {
            fid_text_append(&when, chance(0.5) ? " and " : " or not ");
            append_clause(&when, (int)order[below((uint64_t)p)]);
        }
        (void)snprintf(name, sizeof name, "p%zu", order[p]);
        fid_error err = {0};
        CHECK(!fid_space_set_when(space, name, when.data, &err));
        fid_text_deinit(&when);
    }
    for (int c = (int)below(3); c > 0; c--) {
        fid_text text = {0};
        fid_text_append(&text, "not (");
        append_clause(&text, (int)below((uint64_t)n));
        fid_text_append(&text, " and ");
        append_clause(&text, (int)below((uint64_t)n));
        fid_text_append(&text, ")");
        CHECK(!fid_space_add_constraint(space, text.data, NULL));
        fid_text_deinit(&text);
    }
    if (fid_space_freeze(space, NULL) == FID_OK)
        return space;
    fid_space_destroy(space);
    return NULL;
}

static bool same_config(const fid_space *space, const fid_value *a, const fid_value *b)
{
    for (size_t p = 0; p < fid_space_n_params(space); p++)
        if (a[p].active != b[p].active || a[p].i != b[p].i ||
            a[p].choice != b[p].choice || memcmp(&a[p].f, &b[p].f, sizeof a[p].f) != 0)
            return false;
    return true;
}

static bool same_point(const fid_space *space, const double *a, const double *b)
{
    return memcmp(a, b, fid_space_dim(space) * sizeof *a) == 0;
}

static void random_point(const fid_space *space, double *u)
{
    for (size_t d = 0; d < fid_space_dim(space); d++) {
        u[d] = fid_rng_uniform(&rng);
        if (chance(0.1))
            u[d] = chance(0.5) ? 0 : 1;
    }
}

static void check_canonical(const fid_space *space, const double *u)
{
    fid_value config[MOST], again[MOST];
    double snapped[MOST], encoded[MOST], twice[MOST];
    const fid_dim *dims = fid_space_dims(space);
    bool active[MOST];
    memcpy(snapped, u, sizeof snapped);
    fid_space_decode(space, u, config);
    fid_space_snap(space, snapped);
    fid_space_decode(space, snapped, again);
    CHECK(same_config(space, config, again));
    memcpy(twice, snapped, sizeof twice);
    fid_space_snap(space, twice);
    CHECK(same_point(space, snapped, twice));
    CHECK(fid_space_encode(space, config, encoded, NULL) == FID_OK);
    fid_space_decode(space, encoded, again);
    CHECK(same_config(space, config, again));
    fid_space_activity(space, u, active);
    for (size_t d = 0; d < fid_space_dim(space); d++) {
        CHECK(active[d] == config[dims[d].param].active);
        CHECK(active[d] || (snapped[d] == 0.5 && encoded[d] == 0.5));
        CHECK(dims[d].levels == 0 || encoded[d] == snapped[d]);
        CHECK(snapped[d] > 0 && snapped[d] < 1);
    }
}

static void check_inactive_is_without_effect(const fid_space *space, const double *u)
{
    double other[MOST], a[MOST], b[MOST];
    bool active[MOST];
    fid_value config[MOST], again[MOST];
    fid_space_activity(space, u, active);
    memcpy(other, u, sizeof other);
    for (size_t d = 0; d < fid_space_dim(space); d++)
        if (!active[d])
            other[d] = fid_rng_uniform(&rng);
    fid_space_decode(space, u, config);
    fid_space_decode(space, other, again);
    CHECK(same_config(space, config, again));
    CHECK(fid_space_is_legal(space, u) == fid_space_is_legal(space, other));
    CHECK(fid_space_log_prior(space, u) == fid_space_log_prior(space, other));
    memcpy(a, u, sizeof a);
    memcpy(b, other, sizeof b);
    fid_space_snap(space, a);
    fid_space_snap(space, b);
    CHECK(same_point(space, a, b));
    CHECK(fid_space_hash(space, a) == fid_space_hash(space, b));
}

static void check_text(const fid_space *space, const double *u)
{
    fid_value config[MOST], again[MOST], value;
    fid_text text = {0};
    fid_space_decode(space, u, config);
    fid_space_config_to_json(space, config, &text);
    fid_error err = {0};
    fid_status status =
        fid_space_config_from_json(space, text.data, text.len, true, again, &err);
    CHECK((status == FID_OK) == fid_space_is_legal(space, u));
    if (status == FID_OK)
        CHECK(same_config(space, config, again));
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        fid_text_clear(&text);
        fid_space_value_to_text(space, p, &config[p], &text);
        if (!config[p].active)
            continue;
        CHECK(!fid_space_value_from_text(space, p, text.data ? text.data : "", &value,
                                         &err));
        CHECK(value.choice == config[p].choice && value.i == config[p].i &&
              value.f == config[p].f);
    }
    fid_text_deinit(&text);
}

static void check_legal(const fid_space *space)
{
    double u[MOST], again[MOST];
    fid_space_sample(space, &rng, chance(0.3), u);
    memcpy(again, u, sizeof again);
    fid_space_snap(space, again);
    CHECK(fid_space_is_legal(space, u) && same_point(space, u, again));
    random_point(space, u);
    fid_space_repair(space, &rng, u);
    memcpy(again, u, sizeof again);
    fid_space_snap(space, again);
    CHECK(fid_space_is_legal(space, u) && same_point(space, u, again));
    fid_space_default_point(space, u);
    CHECK(fid_space_is_legal(space, u));
}

static void check_definition(const fid_space *space)
{
    fid_text a = {0}, b = {0}, diff = {0};
    fid_space *copy = NULL;
    fid_error err = {0};
    fid_space_to_json(space, &a);
    CHECK(fid_space_from_json(&copy, a.data, a.len, &err) == FID_OK);
    if (!copy) {
        printf("  %s\n  %s\n", err.message, a.data);
        fid_text_deinit(&a);
        return;
    }
    fid_space_to_json(copy, &b);
    CHECK(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
    fid_space_diff(space, copy, &diff);
    CHECK(diff.len == 0);
    double u[MOST];
    fid_value config[MOST], again[MOST];
    random_point(space, u);
    fid_space_decode(space, u, config);
    fid_space_decode(copy, u, again);
    CHECK(same_config(space, config, again));
    CHECK(fid_space_is_legal(space, u) == fid_space_is_legal(copy, u));
    CHECK(fid_space_cardinality(space) == fid_space_cardinality(copy));
    fid_space_destroy(copy);
    fid_text_deinit(&a);
    fid_text_deinit(&b);
    fid_text_deinit(&diff);
}

TEST(every_random_space_keeps_its_promises)
{
    int built = 0, conditional = 0, constrained = 0;
    for (uint64_t s = 0; s < SPACES; s++) {
        rng = fid_rng_stream(s, FID_RNG_TEST, 0);
        int before = check_failures;
        fid_space *space = random_space();
        if (!space)
            continue;
        built++;
        constrained += fid_space_has_constraints(space);
        for (size_t d = 0; d < fid_space_dim(space); d++)
            conditional += fid_space_dims(space)[d].conditional;
        for (int i = 0; i < POINTS; i++) {
            double u[MOST] = {0};
            random_point(space, u);
            check_canonical(space, u);
            check_inactive_is_without_effect(space, u);
            check_text(space, u);
        }
        for (int i = 0; i < 5; i++)
            check_legal(space);
        check_definition(space);
        fid_space_destroy(space);
        if (check_failures != before)
            printf("  in space %llu\n", (unsigned long long)s);
    }
    CHECK(built > SPACES / 4 && conditional > SPACES / 4 && constrained > SPACES / 10);
    printf("  %d spaces, %d conditional dimensions, %d with constraints\n", built,
           conditional, constrained);
}

/* On a small grid all canonical points can be listed: as many as the cardinality says,
 * no two with the same configuration. */
TEST(canonical_points_are_unique_and_as_many_as_counted)
{
    enum { SIDE = 4, N = 5, ALL = 1024 };
    for (uint64_t s = 0; s < 60; s++) {
        rng = fid_rng_stream(s, FID_RNG_TEST, 1);
        fid_space *space = NULL;
        CHECK(!fid_space_create(&space));
        char name[16], when[32];
        for (int p = 0; p < N; p++) {
            (void)snprintf(name, sizeof name, "p%d", p);
            CHECK(!fid_space_add_int(space, name, 0, SIDE - 1, FID_SCALE_LINEAR, 1,
                                     NULL));
            if (p == 0 || chance(0.4))
                continue;
            (void)snprintf(when, sizeof when, "p%d > %d", (int)below((uint64_t)p),
                           (int)below(SIDE));
            CHECK(!fid_space_set_when(space, name, when, NULL));
        }
        CHECK(!fid_space_freeze(space, NULL));
        static uint64_t seen[ALL];
        size_t n = 0;
        for (int code = 0; code < ALL; code++) {
            double u[N];
            for (int d = 0, rest = code; d < N; d++, rest /= SIDE)
                u[d] = ((double)(rest % SIDE) + fid_rng_uniform(&rng)) / SIDE;
            fid_space_snap(space, u);
            uint64_t hash = fid_space_hash(space, u);
            size_t i = 0;
            while (i < n && seen[i] != hash)
                i++;
            if (i == n)
                seen[n++] = hash;
        }
        CHECK((double)n == fid_space_cardinality(space));
        fid_space_destroy(space);
    }
}

int main(void)
{
    RUN(every_random_space_keeps_its_promises);
    RUN(canonical_points_are_unique_and_as_many_as_counted);
    DONE();
}
