/* Who is best when values are noisy. */
#include "contract/loop.h"

#include <math.h>

enum { TRIALS = 60, SEEDS = 20 };

static double truth(const double *u)
{
    return 3 + pow(u[0] - 0.3, 2) + pow(u[1] - 0.6, 2);
}

/* Random points of a parabola; how much too high the two choices are, on average. */
static void play(double noise, double *seen, double *believed)
{
    fid_space *space = loop_cube(2);
    *seen = *believed = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        loop l;
        fid_belief belief;
        uint64_t best;
        fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, 0);
        CHECK(loop_open(&l, space, &fid_sampler_random, 1, seed) == FID_OK);
        CHECK(fid_believed_best(space, l.history, &belief) == FID_NOT_FOUND);
        for (size_t t = 0; t < TRIALS; t++) {
            double u[2];
            fid_suggestion why;
            CHECK(loop_suggest(&l, u, &why) == FID_OK);
            uint64_t trial = loop_start(&l, u, &why);
            double value = truth(u) + noise * fid_rng_normal(&rng);
            loop_finish(&l, trial, &value);
        }
        CHECK(fid_history_incumbent(l.history, &best));
        CHECK(fid_believed_best(space, l.history, &belief) == FID_OK);
        CHECK(belief.noisy == (noise > 0));
        CHECK(fabs(belief.loss - truth(fid_history_point(l.history, belief.trial))) <
              2 * noise + 0.01);
        CHECK(belief.sd >= 0 && belief.sd < noise + 0.01);
        *seen += (truth(fid_history_point(l.history, best)) - 3) / SEEDS;
        *believed += (truth(fid_history_point(l.history, belief.trial)) - 3) / SEEDS;
        loop_close(&l);
    }
    fid_space_destroy(space);
}

TEST(with_noise_the_least_mean_is_better_than_the_least_value)
{
    double seen, believed;
    play(0.1, &seen, &believed);
    printf("least value %.4f, least mean %.4f\n", seen, believed);
    CHECK(believed < 0.5 * seen);
}

TEST(without_noise_it_is_the_incumbent)
{
    double seen, believed;
    play(0, &seen, &believed);
    CHECK(believed == seen);
}

int main(void)
{
    RUN(with_noise_the_least_mean_is_better_than_the_least_value);
    RUN(without_noise_it_is_the_incumbent);
    DONE();
}
