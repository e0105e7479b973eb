#include "check.h"
#include "scheduler/ladder.h"

static size_t ladder(double min, double max, double eta, bool integer, double *rungs)
{
    fid_fidelity f = {.mode = FID_MODE_RESUME,
                      .min = min,
                      .max = max,
                      .eta = eta,
                      .integer = integer};
    return fid_ladder(&f, rungs, FID__MAX_RUNGS);
}

TEST(a_ladder_of_powers_has_every_power)
{
    double r[FID__MAX_RUNGS];
    CHECK(ladder(1, 81, 3, true, r) == 5);
    CHECK(r[0] == 1 && r[1] == 3 && r[2] == 9 && r[3] == 27 && r[4] == 81);
    CHECK(ladder(9, 243, 3, true, r) == 4);
    CHECK(r[0] == 9 && r[1] == 27 && r[2] == 81 && r[3] == 243);
    CHECK(ladder(1, 1024, 2, true, r) == 11);
    CHECK(r[0] == 1 && r[10] == 1024);
}

TEST(a_ladder_counts_down_from_the_maximum)
{
    double r[FID__MAX_RUNGS];
    CHECK(ladder(1, 100, 3, true, r) == 5);
    CHECK(r[0] == 1 && r[1] == 4 && r[2] == 11 && r[3] == 33 && r[4] == 100);
    CHECK(ladder(1, 52, 3, false, r) == 4);
    CHECK_NEAR(r[0], 52.0 / 27, 1e-15);
    CHECK_NEAR(r[2], 52.0 / 3, 1e-15);
    CHECK(r[3] == 52);
}

TEST(a_ladder_drops_equal_rungs_and_respects_the_minimum)
{
    double r[FID__MAX_RUNGS];
    CHECK(ladder(1, 4, 1.2, true, r) == 4);
    CHECK(r[0] == 1 && r[1] == 2 && r[2] == 3 && r[3] == 4);
    CHECK(ladder(0.03, 1, 3, false, r) == 4);
    CHECK_NEAR(r[0], 1.0 / 27, 1e-15);
    CHECK(ladder(5, 5, 3, true, r) == 1 && r[0] == 5);
    CHECK(ladder(30, 81, 3, true, r) == 1 && r[0] == 81);
}

TEST(a_ladder_longer_than_its_room_says_how_long_it_is)
{
    double r[2] = {0, 0};
    fid_fidelity f = {
        .mode = FID_MODE_STOP, .min = 1, .max = 81, .eta = 3, .integer = true};
    CHECK(fid_ladder(&f, r, 2) == 5 && r[0] == 1 && r[1] == 3);
    f.mode = FID_MODE_NONE;
    CHECK(fid_ladder(&f, r, 2) == 1 && r[0] == 81);
}

/* Li et al., JMLR 18 (2018), table 1: R = 81, eta = 3, n_i of r_i. */
TEST(hyperband_has_the_published_table)
{
    static const size_t table[5][5] = {
        {5}, {6, 2}, {9, 3, 1}, {27, 9, 3, 1}, {81, 27, 9, 3, 1}};
    for (size_t s = 0; s < 5; s++) {
        size_t n = fid__bracket_size(4, s, 3, false);
        for (size_t k = 0; k <= s; k++)
            CHECK(fid__rung_size(n, k, 3) == table[s][k]);
    }
}

/* Algorithm 1 of the same paper read literally, as SMAC3 does. */
TEST(hyperband_in_ceil_form_starts_81_34_15_8_5)
{
    static const size_t n[5] = {5, 8, 15, 34, 81};
    for (size_t s = 0; s < 5; s++)
        CHECK(fid__bracket_size(4, s, 3, true) == n[s]);
    CHECK(fid__rung_size(34, 1, 3) == 11 && fid__rung_size(34, 2, 3) == 3 &&
          fid__rung_size(34, 3, 3) == 1);
}

TEST(a_rung_has_at_least_one_place)
{
    CHECK(fid__rung_size(5, 3, 3) == 1);
    CHECK(fid__top_size(2, 3) == 0 && fid__top_size(3, 3) == 1 &&
          fid__top_size(8, 3) == 2);
    CHECK(fid__top_size(5, 2.5) == 2 && fid__top_size(10, 4) == 2);
}

TEST(a_ladder_without_sense_has_one_rung)
{
    const fid_fidelity wrong[] = {
        {.mode = FID_MODE_STOP, .min = 0, .max = 9, .eta = 3},
        {.mode = FID_MODE_STOP, .min = -1, .max = 9, .eta = 3},
        {.mode = FID_MODE_STOP, .min = 1, .max = 9, .eta = 1},
        {.mode = FID_MODE_STOP, .min = 1, .max = 9, .eta = 0},
        {.mode = FID_MODE_STOP, .min = 9, .max = 9, .eta = 3},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double rung = 0;
        CHECK(fid_ladder(&wrong[i], &rung, 1) == 1 && rung == wrong[i].max);
    }
}

int main(void)
{
    RUN(a_ladder_without_sense_has_one_rung);
    RUN(a_ladder_of_powers_has_every_power);
    RUN(a_ladder_counts_down_from_the_maximum);
    RUN(a_ladder_drops_equal_rungs_and_respects_the_minimum);
    RUN(a_ladder_longer_than_its_room_says_how_long_it_is);
    RUN(hyperband_has_the_published_table);
    RUN(hyperband_in_ceil_form_starts_81_34_15_8_5);
    RUN(a_rung_has_at_least_one_place);
    DONE();
}
