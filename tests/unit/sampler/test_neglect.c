/* A search that is stuck turns to choices that it has hardly tried. */
#include "contract/loop.h"

#include "sampler/neglect.h"

#include <math.h>

enum { LEVELS = 4, FLOATS = 4 };

/* A choice, then floats that exist where `when` says; constraint and when may be NULL. */
static fid_space *choice_and_floats(const char *constraint, const char *when)
{
    fid_space *space;
    fid_error err = {0};
    const fid_literal choices[LEVELS] = {{.kind = FID_LITERAL_INT, .i = 0},
                                         {.kind = FID_LITERAL_INT, .i = 1},
                                         {.kind = FID_LITERAL_INT, .i = 2},
                                         {.kind = FID_LITERAL_INT, .i = 3}};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_choice(space, "c", choices, LEVELS, false, &err) == FID_OK);
    for (size_t j = 0; j < FLOATS; j++) {
        char name[] = {(char)('p' + j), 0};
        CHECK(fid_space_add_float(space, name, 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
        CHECK(!when || fid_space_set_when(space, name, when, &err) == FID_OK);
    }
    CHECK(!constraint || fid_space_add_constraint(space, constraint, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

static void run_trial(loop *l, uint64_t level, double loss)
{
    double u[1 + FLOATS] = {fid_space_level_u(l->space, 0, level)};
    fid_suggestion why = {.model = "none"};
    fid_space_snap(l->space, u);
    loop_finish(l, loop_start(l, u, &why), &loss);
}

/* n trials, all but 2 of which go to level 0 and a trial each to levels 1 and 2; the first
 * half of them and the last `gaining` have ever lower losses. */
static bool neglects_in(fid_space *space, size_t n, size_t gaining, double share,
                        uint64_t *level)
{
    fid__observations seen = {0};
    fid__choice choice;
    bool found;
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_random, 1, 1) == FID_OK);
    double loss = 100;
    for (size_t k = 0; k < n; k++) {
        bool gains = k < n / 2 || k + gaining >= n;
        run_trial(&l, k < 2 ? k + 1 : 0, loss -= gains);
    }
    CHECK(fid__observe(&seen, l.history, 1) == FID_OK);
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    CHECK(fid__neglected(space, l.history, &seen, share, &rng, &choice, &found) == FID_OK);
    if (found) {
        CHECK(choice.dim == 0);
        *level = fid_space_level(space, 0, choice.at);
        const double in[1 + FLOATS] = {choice.at};
        const double out[1 + FLOATS] = {fid_space_level_u(space, 0, 0)};
        CHECK(fid__chooses(&choice, in) && !fid__chooses(&choice, out));
    }
    fid__observations_deinit(&seen);
    loop_close(&l);
    fid_space_destroy(space);
    return found;
}

static bool neglects(size_t n, size_t gaining, double share, uint64_t *level)
{
    return neglects_in(choice_and_floats(NULL, NULL), n, gaining, share, level);
}

TEST(nothing_gained_of_late_is_what_makes_it_due)
{
    uint64_t level;
    CHECK(neglects(40, 0, 0.5, &level) && level == 3);
    CHECK(!neglects(40, 11, 0.5, &level)); /* still gains */
    CHECK(!neglects(12, 0, 0.5, &level));  /* too early to tell */
    CHECK(!neglects(41, 0, 0.5, &level));  /* every second time */
    CHECK(!neglects(40, 0, 0, &level));
}

/* Level 3 is illegal; level 1 has one configuration, which was tried. */
TEST(a_choice_that_has_nothing_new_is_not_neglected)
{
    uint64_t level;
    CHECK(neglects_in(choice_and_floats("c != 3", NULL), 40, 0, 0.5, &level) && level == 1);
    CHECK(neglects_in(choice_and_floats("c != 3", "c != 1"), 40, 0, 0.5, &level) && level == 2);
    CHECK(!neglects_in(choice_and_floats("c != 3", "c == 0"), 40, 0, 0.5, &level));
}

/* A bowl for each level, somewhere else and on another height. */
static double bowls(uint64_t level, const double *x)
{
    static const double height[LEVELS] = {0.3, 0.6, 0.4, 0};
    double sum = 0;
    for (size_t j = 0; j < FLOATS; j++)
        sum += pow(x[j] - 0.2 - 0.2 * (double)((level + j * level) % 4), 2);
    return height[level] + log1p(50 * sum);
}

/* How many of 100 trials went to the level that fewest went to. */
static size_t least_tried(uint64_t seed, const char *model)
{
    fid_space *space = choice_and_floats(NULL, NULL);
    size_t count[LEVELS] = {0}, least = SIZE_MAX;
    loop l;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, seed) == FID_OK);
    loop_drop_sampler(&l);
    l.options.model = model;
    CHECK(loop_init_sampler(&l) == FID_OK);
    for (size_t k = 0; k < 100; k++) {
        double u[1 + FLOATS];
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        uint64_t level = fid_space_level(space, 0, u[0]);
        double loss = bowls(level, u + 1);
        count[level]++;
        loop_finish(&l, loop_start(&l, u, &why), &loss);
    }
    for (size_t k = 0; k < LEVELS; k++)
        least = count[k] < least ? count[k] : least;
    loop_close(&l);
    fid_space_destroy(space);
    return least;
}

TEST(no_choice_is_left_behind_for_good)
{
    for (uint64_t seed = 1; seed <= 2; seed++) {
        size_t least = least_tried(seed, NULL), without = least_tried(seed, "share=0");
        printf("seed %d: %zu trials, without a share %zu\n", (int)seed, least, without);
        CHECK(least >= 8 && without < 8);
    }
}

int main(void)
{
    RUN(nothing_gained_of_late_is_what_makes_it_due);
    RUN(a_choice_that_has_nothing_new_is_not_neglected);
    RUN(no_choice_is_left_behind_for_good);
    DONE();
}
