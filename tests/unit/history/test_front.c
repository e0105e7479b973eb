/* The front, against a look at every pair. */
#include "contract/loop.h"

#include <fidelio/catalog.h>

enum { N = 60 };

static fid_space *line(void)
{
    fid_space *space;
    fid_error err;
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

/* Two objectives, the second maximised, and a bound. */
static fid_outline outline_of(bool reference)
{
    fid_outline outline = loop_outline(3);
    outline.n_objectives = 2;
    outline.metrics[1].goal = FID_GOAL_MAXIMIZE;
    outline.metrics[1].has_reference = reference;
    outline.metrics[1].reference = 2;
    outline.metrics[2].goal = FID_GOAL_AT_MOST;
    outline.metrics[2].bound = 0.5;
    return outline;
}

static bool is_dominated(const double (*values)[3], const bool *counts, size_t i)
{
    for (size_t k = 0; k < N; k++)
        if (counts[k] && k != i && values[k][0] <= values[i][0] &&
            values[k][1] >= values[i][1] &&
            (values[k][0] < values[i][0] || values[k][1] > values[i][1] || k < i))
            return true;
    return false;
}

TEST(the_front_is_what_no_pair_dominates)
{
    fid_space *space = line();
    for (uint64_t seed = 0; seed < 20; seed++) {
        fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, 0);
        double values[N][3], reference[4], worst[2] = {-HUGE_VAL, HUGE_VAL};
        bool counts[N];
        uint64_t front[N];
        size_t n, expected = 0;
        loop l;
        CHECK(loop_open_with(&l, space, &fid_sampler_random, outline_of(seed % 2),
                             seed) == FID_OK);
        for (size_t i = 0; i < N; i++) {
            double u = fid_rng_uniform(&rng);
            fid_suggestion why = {.model = "user"};
            for (int m = 0; m < 2; m++) /* coarse: there are ties */
                values[i][m] = (double)fid_rng_below(&rng, 9);
            values[i][0] = i % 10 == 3 ? (double)NAN : values[i][0];
            values[i][2] = fid_rng_uniform(&rng);
            uint64_t trial = loop_start(&l, &u, &why);
            counts[i] = i % 7 != 1 && values[i][2] <= 0.5 && !isnan(values[i][0]);
            if (i % 7 == 1)
                loop_fail(&l, trial, FID_REASON_CRASHED);
            else
                loop_finish(&l, trial, values[i]);
            worst[0] = counts[i] ? fmax(worst[0], values[i][0]) : worst[0];
            worst[1] = counts[i] ? fmin(worst[1], values[i][1]) : worst[1];
        }
        CHECK(fid_history_front(l.history, front, &n, reference) == FID_OK);
        for (size_t i = 0; i < N; i++)
            expected += counts[i] && !is_dominated(values, counts, i);
        CHECK(n == expected && n > 0);
        for (size_t k = 0; k < n; k++) {
            CHECK(counts[front[k]] && !is_dominated(values, counts, front[k]));
            CHECK(k == 0 || values[front[k]][0] > values[front[k - 1]][0]);
        }
        CHECK(reference[0] == worst[0]);
        CHECK(reference[1] == -(seed % 2 ? 2 : worst[1]));
        loop_close(&l);
    }
    fid_space_destroy(space);
}

TEST(before_there_is_a_result_the_front_is_empty)
{
    fid_space *space = line();
    double u = 0.5, reference[4];
    uint64_t front[1];
    size_t n = 7;
    fid_suggestion why = {.model = "user"};
    loop l;
    CHECK(loop_open_with(&l, space, &fid_sampler_random, outline_of(false), 1) ==
          FID_OK);
    CHECK(fid_history_front(l.history, front, &n, reference) == FID_OK && n == 0);
    loop_start(&l, &u, &why);
    CHECK(fid_history_front(l.history, front, &n, reference) == FID_OK && n == 0);
    CHECK(reference[0] == -HUGE_VAL);
    loop_close(&l);
    fid_space_destroy(space);
}

int main(void)
{
    RUN(the_front_is_what_no_pair_dominates);
    RUN(before_there_is_a_result_the_front_is_empty);
    DONE();
}
