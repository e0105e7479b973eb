#include "check.h"
#include "rand/philox.h"

#include <fidelio/rand.h>

/* Known answers published with Random123 (tests/kat_vectors, philox4x32 10). */
static const struct {
    uint32_t ctr[4], key[2], want[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

TEST(philox_matches_the_published_vectors)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        fid__philox4x32(out, known[i].ctr, known[i].key);
        for (int w = 0; w < 4; w++)
            CHECK(out[w] == known[i].want[w]);
    }
}

TEST(streams_do_not_depend_on_each_other)
{
    fid_rng alone = fid_rng_stream(42, FID_RNG_SUGGEST, 7);
    double want = fid_rng_uniform(&alone);

    for (uint64_t id = 0; id < 7; id++) {
        fid_rng other = fid_rng_stream(42, FID_RNG_SUGGEST, id);
        (void)fid_rng_uniform(&other);
    }
    fid_rng again = fid_rng_stream(42, FID_RNG_SUGGEST, 7);
    CHECK(fid_rng_uniform(&again) == want);
}

TEST(the_unit_interval_is_open_at_both_ends)
{
    CHECK(fid__open_unit(0, 0) > 0);
    CHECK(fid__open_unit(UINT32_MAX, UINT32_MAX) < 1);
}

TEST(uniform_stays_inside_and_has_the_right_mean)
{
    enum { N = 100000 };
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    double sum = 0;
    for (int i = 0; i < N; i++) {
        double u = fid_rng_uniform(&rng);
        CHECK(u > 0 && u < 1);
        sum += u;
    }
    CHECK_NEAR(sum / N, 0.5, 5 * sqrt(1.0 / 12 / N)); /* five standard errors */
}

int main(void)
{
    RUN(philox_matches_the_published_vectors);
    RUN(streams_do_not_depend_on_each_other);
    RUN(the_unit_interval_is_open_at_both_ends);
    RUN(uniform_stays_inside_and_has_the_right_mean);
    DONE();
}
