/* What every sampler of the catalog promises (sampler.h), on every kind of space. */
#include "contract/loop.h"

#include <fidelio/catalog.h>

enum { MAX_DIM = 16 };

typedef fid_status (*builder)(fid_space *space, fid_error *err);

static const fid_literal abc[] = {{.kind = FID_LITERAL_STRING, .text = "a"},
                                  {.kind = FID_LITERAL_STRING, .text = "b"},
                                  {.kind = FID_LITERAL_STRING, .text = "c"}};

static fid_status floats(fid_space *s, fid_error *err)
{
    FID_TRY(fid_space_add_float(s, "x", -5, 10, FID_SCALE_LINEAR, 0, err));
    FID_TRY(fid_space_add_float(s, "lr", 1e-6, 1, FID_SCALE_LOG, 0, err));
    return fid_space_add_float(s, "p", 0.001, 0.999, FID_SCALE_LOGIT, 0, err);
}

static fid_status mixed(fid_space *s, fid_error *err)
{
    FID_TRY(fid_space_add_float(s, "x", 0, 1, FID_SCALE_LINEAR, 0, err));
    FID_TRY(fid_space_add_float(s, "drop", 0, 0.5, FID_SCALE_LINEAR, 0.1, err));
    FID_TRY(fid_space_add_int(s, "width", 1, 1000, FID_SCALE_LOG, 1, err));
    FID_TRY(
        fid_space_add_int(s, "huge", 0, INT64_C(1) << 60, FID_SCALE_LINEAR, 1, err));
    FID_TRY(fid_space_add_choice(s, "ordered", abc, 3, true, err));
    FID_TRY(fid_space_add_fixed(s, "fixed", abc[0], err));
    return fid_space_add_choice(s, "kind", abc, 3, false, err);
}

static fid_status combinations(fid_space *s, fid_error *err)
{
    FID_TRY(fid_space_add_int(s, "n", 1, 4, FID_SCALE_LOG, 1, err));
    FID_TRY(fid_space_add_choice(s, "ordered", abc, 2, true, err));
    return fid_space_add_choice(s, "kind", abc, 3, false, err);
}

static fid_status fixed_only(fid_space *s, fid_error *err)
{
    return fid_space_add_fixed(s, "fixed", abc[0], err);
}

static fid_status conditional(fid_space *s, fid_error *err)
{
    FID_TRY(fid_space_add_choice(s, "kind", abc, 3, false, err));
    FID_TRY(fid_space_add_float(s, "x", 0, 1, FID_SCALE_LINEAR, 0, err));
    FID_TRY(fid_space_add_int(s, "depth", 1, 100, FID_SCALE_LINEAR, 1, err));
    FID_TRY(fid_space_add_choice(s, "sub", abc, 3, false, err));
    FID_TRY(fid_space_add_float(s, "y", 0, 1, FID_SCALE_LINEAR, 0, err));
    FID_TRY(fid_space_set_when(s, "depth", "kind == 'a'", err));
    FID_TRY(fid_space_set_when(s, "sub", "kind in ['a', 'b']", err));
    return fid_space_set_when(s, "y", "sub == 'b'", err);
}

static fid_status constrained(fid_space *s, fid_error *err)
{
    FID_TRY(fid_space_add_float(s, "x", 0, 1, FID_SCALE_LINEAR, 0, err));
    FID_TRY(fid_space_add_float(s, "y", 0, 1, FID_SCALE_LINEAR, 0, err));
    FID_TRY(fid_space_add_int(s, "n", 0, 9, FID_SCALE_LINEAR, 1, err));
    FID_TRY(fid_space_add_constraint(s, "x + y < 0.3", err));
    return fid_space_add_constraint(s, "n % 2 == 0", err);
}

static fid_status branches(fid_space *s, fid_error *err)
{
    FID_TRY(fid_space_add_choice(s, "kind", abc, 3, false, err));
    FID_TRY(fid_space_add_int(s, "n", 0, 4, FID_SCALE_LINEAR, 1, err));
    FID_TRY(fid_space_add_int(s, "m", 0, 4, FID_SCALE_LINEAR, 1, err));
    FID_TRY(fid_space_set_when(s, "n", "kind == 'a'", err));
    return fid_space_add_constraint(s, "m != 3", err);
}

static const struct {
    const char *name;
    builder build;
    size_t legal; /* configurations; 0 = infinite, or too many */
} kinds[] = {
    {"floats", floats, 0},
    {"mixed", mixed, 0},
    {"combinations", combinations, 24},
    {"fixed_only", fixed_only, 1},
    {"conditional", conditional, 0},
    {"constrained", constrained, 0},
    {"branches", branches, 5 * 4 + 2 * 4},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The space of a kind; NULL (said so) when this build cannot freeze it. */
static fid_space *build(size_t kind)
{
    fid_space *space;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    fid_status status = kinds[kind].build(space, &err);
    if (status == FID_OK)
        status = fid_space_freeze(space, &err);
    CHECK(status == FID_OK);
    if (status != FID_OK) {
        printf("%s: %s\n", kinds[kind].name, err.message);
        fid_space_destroy(space);
        return NULL;
    }
    CHECK(fid_space_dim(space) <= MAX_DIM);
    return space;
}

static void check_point(const fid_sampler_type *type, const fid_space *space,
                        const double *u)
{
    double canonical[MAX_DIM];
    size_t dim = fid_space_dim(space);
    memcpy(canonical, u, dim * sizeof *u);
    fid_space_snap(space, canonical);
    bool good = memcmp(canonical, u, dim * sizeof *u) == 0 &&
                fid_space_is_legal(space, u);
    for (size_t d = 0; d < dim; d++)
        good = good && u[d] > 0 && u[d] < 1;
    CHECK(good);
    if (!good)
        printf("by %s\n", type->name);
}

/* --- Histories, friendly and hostile. What trial k comes to; NAN = it failed. */

typedef enum {
    FRIENDLY,
    CONSTANT,
    HUGE_RANGE,
    TINY,
    INFINITE,
    FAILED,
    TIES,
    HOSTILES
} story;

static double tell(story what, uint64_t k, const double *u, size_t dim)
{
    double x = dim ? u[0] : 0;
    switch (what) {
    case FRIENDLY:
        return (x - 0.3) * (x - 0.3);
    case CONSTANT:
        return 1;
    case HUGE_RANGE:
        return (k % 2 ? 1e300 : -1e300) * x;
    case TINY:
        return 1e-300 * x;
    case INFINITE:
        return k % 3 == 0 ? INFINITY : k % 3 == 1 ? -INFINITY : NAN;
    case FAILED:
        return NAN;
    default:
        return (double)(k % 2);
    }
}

static void finish(loop *l, uint64_t trial, story what, const double *u)
{
    double values[4];
    for (size_t m = 0; m < l->outline.n_metrics; m++)
        values[m] = tell(what, trial + m, u, fid_space_dim(l->space));
    if (what == FAILED || (what == INFINITE && trial % 3 == 2 && trial % 2))
        loop_fail(l, trial, FID_REASON_CRASHED);
    else
        loop_finish(l, trial, values);
}

/* `turns` trials, of which up to 4 run at a time and end in a random order. */
static fid_status run(loop *l, story what, size_t turns, fid_rng *rng)
{
    struct {
        uint64_t trial;
        double u[MAX_DIM];
    } running[4];
    size_t n = 0;
    for (size_t k = 0; k < turns; k++) {
        fid_suggestion why;
        double u[MAX_DIM];
        fid_status status = loop_suggest(l, u, &why);
        if (status != FID_OK)
            return status;
        check_point(l->type, l->space, u);
        CHECK(why.model != NULL);
        memcpy(running[n].u, u, sizeof u);
        running[n++].trial = loop_start(l, u, &why);
        while (n == 4 || (n > 0 && fid_rng_below(rng, 2))) {
            size_t i = (size_t)fid_rng_below(rng, n);
            finish(l, running[i].trial, what, running[i].u);
            running[i] = running[--n];
        }
    }
    return FID_OK;
}

/* One or three objectives, or one and a limit that half of the trials break. */
static fid_outline outlines(size_t k)
{
    fid_outline outline = loop_outline(k == 1 ? 3 : k == 2 ? 2 : 1);
    if (k == 2) {
        outline.n_objectives = 1;
        outline.metrics[1].goal = FID_GOAL_AT_MOST;
        outline.metrics[1].bound = 0.1;
    }
    return outline;
}
enum { OUTLINES = 3 };

TEST(points_are_legal_and_canonical_on_every_space_and_history)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        fid_space *space = build(kind);
        for (const fid_sampler_type *const *t = fid_catalog_samplers(); space && *t;
             t++) {
            for (story what = FRIENDLY; what < HOSTILES; what++) {
                for (size_t k = 0; k < OUTLINES; k++) {
                    loop l;
                    fid_rng rng = fid_rng_stream(what, FID_RNG_TEST, kind);
                    fid_status status = loop_open_with(&l, space, *t, outlines(k), 11);
                    if (status == FID_OK)
                        status = run(&l, what, 30, &rng);
                    bool used_up = kinds[kind].legal && kinds[kind].legal < 30;
                    bool refused = fid_history_n_trials(l.history) == 0;
                    bool ends = used_up || *t == &fid_sampler_grid;
                    CHECK(status == FID_OK || (ends && status == FID_EXHAUSTED) ||
                          (refused && status == FID_UNSUPPORTED));
                    if (used_up && !refused)
                        CHECK(fid_history_n_trials(l.history) == kinds[kind].legal);
                    loop_close(&l);
                }
            }
        }
        fid_space_destroy(space);
    }
}

TEST(a_finite_space_is_used_up_without_a_repeat)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        fid_space *space = kinds[kind].legal ? build(kind) : NULL;
        for (const fid_sampler_type *const *t = fid_catalog_samplers(); space && *t;
             t++) {
            loop l;
            double u[MAX_DIM];
            fid_suggestion why;
            if (loop_open(&l, space, *t, 1, 3) != FID_OK) {
                loop_close(&l);
                continue;
            }
            for (size_t k = 0; k < kinds[kind].legal; k++) {
                CHECK(loop_suggest(&l, u, &why) == FID_OK);
                CHECK(!fid_history_find_point(l.history, u, NULL));
                finish(&l, loop_start(&l, u, &why), FRIENDLY, u);
            }
            CHECK(loop_suggest(&l, u, &why) == FID_EXHAUSTED);
            loop_close(&l);
        }
        fid_space_destroy(space);
    }
}

/* Byte for byte, along the whole of a random history with trials in parallel. */
TEST(a_fresh_state_that_saw_the_same_events_suggests_the_same)
{
    enum { TURNS = 40 };
    for (size_t kind = 0; kind < KINDS; kind++) {
        fid_space *space = build(kind);
        for (const fid_sampler_type *const *t = fid_catalog_samplers(); space && *t;
             t++) {
            loop first;
            fid_outline outline = outlines(kind % OUTLINES);
            fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, kind);
            if (loop_open_with(&first, space, *t, outline, 5) != FID_OK) {
                loop_close(&first);
                continue;
            }
            for (size_t k = 0; k < TURNS; k++) {
                loop fresh;
                loop_open_with(&fresh, space, *t, outline, 5);
                /* Replay: the same proposals and endings, in the same order. */
                for (uint64_t i = 0; i < fid_history_n_trials(first.history); i++) {
                    size_t n_memo;
                    fid_suggestion none = {.model = "replayed"};
                    const double *memo = fid_history_memo(first.history, &n_memo);
                    if (memo && i + 1 == fid_history_n_trials(first.history)) {
                        memcpy(none.memo, memo, n_memo * sizeof *memo);
                        none.n_memo = n_memo;
                    }
                    const double *u = fid_history_point(first.history, i);
                    uint64_t trial = loop_start(&fresh, u, &none);
                    if (fid_history_trial(first.history, i)->state != FID_TRIAL_RUNNING)
                        finish(&fresh, trial, FRIENDLY, u);
                }
                double a[MAX_DIM], b[MAX_DIM];
                fid_suggestion why, again;
                fid_status status = loop_suggest(&first, a, &why);
                CHECK(loop_suggest(&fresh, b, &again) == status);
                loop_close(&fresh);
                if (status != FID_OK)
                    break;
                CHECK(memcmp(a, b, fid_space_dim(space) * sizeof *a) == 0);
                CHECK(why.level == again.level && why.n_memo == again.n_memo);
                uint64_t trial = loop_start(&first, a, &why);
                if (fid_rng_below(&rng, 4))
                    finish(&first, trial, FRIENDLY, a);
            }
            loop_close(&first);
        }
        fid_space_destroy(space);
    }
}

/* Asking twice is asking once, and other seeds give other points. */
TEST(points_are_a_function_of_the_seed)
{
    fid_space *space = build(0);
    for (const fid_sampler_type *const *t = fid_catalog_samplers(); space && *t; t++) {
        loop a, b;
        double u[MAX_DIM], v[MAX_DIM], w[MAX_DIM];
        fid_suggestion why;
        CHECK(loop_open(&a, space, *t, 1, 1) == FID_OK);
        CHECK(loop_open(&b, space, *t, 1, 2) == FID_OK);
        size_t differ = 0, bytes = fid_space_dim(space) * sizeof *u;
        for (int k = 0; k < 25; k++) {
            CHECK(loop_suggest(&a, u, &why) == FID_OK);
            CHECK(loop_suggest(&a, v, &why) == FID_OK);
            CHECK(memcmp(u, v, bytes) == 0);
            finish(&a, loop_start(&a, u, &why), FRIENDLY, u);
            CHECK(loop_suggest(&b, w, &why) == FID_OK);
            finish(&b, loop_start(&b, w, &why), FRIENDLY, w);
            differ += memcmp(u, w, bytes) != 0;
        }
        CHECK(differ >= 23);
        loop_close(&a);
        loop_close(&b);
    }
    fid_space_destroy(space);
}

/* Trials that were enqueued, not proposed by the sampler, and ones nobody started. */
TEST(foreign_and_waiting_trials_are_taken_in)
{
    fid_space *space = build(1);
    for (const fid_sampler_type *const *t = fid_catalog_samplers(); space && *t; t++) {
        loop l;
        double u[MAX_DIM];
        fid_suggestion why = {.model = "user"};
        fid_rng rng = fid_rng_stream(9, FID_RNG_TEST, 0);
        CHECK(loop_open(&l, space, *t, 1, 1) == FID_OK);
        for (int k = 0; k < 40; k++) {
            fid_space_sample(space, &rng, false, u);
            loop_apply(&l, (fid_event){.kind = FID_EVENT_PROPOSED,
                                       .trial = fid_history_n_trials(l.history),
                                       .point = u,
                                       .n_point = fid_space_dim(space),
                                       .visible = fid_history_n_events(l.history),
                                       .origin = FID_ORIGIN_USER});
            CHECK(loop_suggest(&l, u, &why) == FID_OK);
            check_point(*t, space, u);
            CHECK(!fid_history_find_point(l.history, u, NULL));
        }
        loop_close(&l);
    }
    fid_space_destroy(space);
}

/* 10^4 trials, then a few suggestions. Not of the Gaussian processes: their room tests
 * its own limits. */
TEST(ten_thousand_trials_are_taken_in)
{
    fid_space *space = build(4); /* conditional */
    for (const fid_sampler_type *const *t = fid_catalog_samplers(); space && *t; t++) {
        if (*t == &fid_sampler_gp || *t == &fid_sampler_auto)
            continue;
        loop l;
        double u[MAX_DIM];
        fid_suggestion why = {.model = "user"};
        fid_rng rng = fid_rng_stream(12, FID_RNG_TEST, 0);
        CHECK(loop_open(&l, space, *t, 1, 1) == FID_OK);
        for (int k = 0; k < 10000; k++) {
            fid_space_sample(space, &rng, false, u);
            finish(&l, loop_start(&l, u, &why), k % 10 ? FRIENDLY : FAILED, u);
        }
        for (int k = 0; k < 5; k++) {
            fid_status status = loop_suggest(&l, u, &why);
            CHECK(status == FID_OK || *t == &fid_sampler_grid);
            if (status != FID_OK)
                break;
            check_point(*t, space, u);
            finish(&l, loop_start(&l, u, &why), FRIENDLY, u);
        }
        loop_close(&l);
    }
    fid_space_destroy(space);
}

int main(void)
{
    RUN(points_are_legal_and_canonical_on_every_space_and_history);
    RUN(a_finite_space_is_used_up_without_a_repeat);
    RUN(a_fresh_state_that_saw_the_same_events_suggests_the_same);
    RUN(points_are_a_function_of_the_seed);
    RUN(foreign_and_waiting_trials_are_taken_in);
    RUN(ten_thousand_trials_are_taken_in);
    DONE();
}
