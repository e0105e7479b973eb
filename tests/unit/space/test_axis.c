/* One parameter at a time: coordinates, levels, edges. */
#include "check.h"

#include <fidelio/space.h>

#include <string.h>

static fid_space *one_int(int64_t low, int64_t high, fid_scale scale, int64_t step)
{
    fid_space *space = NULL;
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_int(space, "x", low, high, scale, step, NULL) == FID_OK);
    CHECK(fid_space_freeze(space, NULL) == FID_OK);
    return space;
}

static fid_space *one_float(double low, double high, fid_scale scale, double step)
{
    fid_space *space = NULL;
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", low, high, scale, step, NULL) == FID_OK);
    CHECK(fid_space_freeze(space, NULL) == FID_OK);
    return space;
}

static fid_value at(const fid_space *space, double x)
{
    fid_value value;
    fid_space_decode(space, &x, &value);
    return value;
}

/* Every level near both ends and in the middle: its centre decodes to a value that
 * encodes to the centre, and values rise strictly. */
static void check_levels(const fid_space *space)
{
    uint64_t levels = fid_space_dims(space)[0].levels;
    uint64_t starts[] = {0, levels / 3, levels / 2, levels > 70 ? levels - 70 : 0};
    for (size_t s = 0; s < 4; s++) {
        double before = -1;
        int64_t last = 0;
        for (uint64_t k = starts[s]; k < levels && k < starts[s] + 70; k++) {
            double u = fid_space_level_u(space, 0, k), back = 0, snapped = u;
            fid_value value = at(space, u);
            CHECK(u > 0 && u < 1 && u > before);
            CHECK(fid_space_level(space, 0, u) == k);
            CHECK(fid_space_encode(space, &value, &back, NULL) == FID_OK && back == u);
            fid_space_snap(space, &snapped);
            CHECK(snapped == u);
            CHECK(before < 0 || value.i > last);
            before = u;
            last = value.i;
        }
    }
}

TEST(int_ranges_of_every_size_reach_both_ends_and_round_trip)
{
    static const int64_t ranges[][2] = {{0, 1},
                                        {-3, 7},
                                        {0, INT64_C(1) << 49},
                                        {0, INT64_C(1) << 50},
                                        {5, INT64_C(1) << 60},
                                        {INT64_MIN, INT64_MAX},
                                        {INT64_MAX - 3, INT64_MAX},
                                        {INT64_MIN, INT64_MIN + 1}};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        fid_space *space = one_int(ranges[r][0], ranges[r][1], FID_SCALE_LINEAR, 1);
        CHECK(at(space, 0).i == ranges[r][0] && at(space, 1).i == ranges[r][1]);
        CHECK(fid_space_dims(space)[0].levels <= FID_MAX_LEVELS);
        check_levels(space);
        fid_space_destroy(space);
    }
}

TEST(log_ints_of_every_size_reach_both_ends_and_round_trip)
{
    static const int64_t ranges[][2] = {{1, 2},
                                        {1, 1024},
                                        {3, 1000000},
                                        {1, INT64_C(1) << 60},
                                        {1, INT64_MAX},
                                        {INT64_C(1) << 50, (INT64_C(1) << 50) + 3},
                                        {INT64_MAX - 3, INT64_MAX},
                                        {INT64_C(1) << 40, INT64_MAX}};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        fid_space *space = one_int(ranges[r][0], ranges[r][1], FID_SCALE_LOG, 1);
        CHECK(at(space, 0).i == ranges[r][0] && at(space, 1).i == ranges[r][1]);
        check_levels(space);
        fid_space_destroy(space);
    }
}

TEST(a_narrow_log_int_range_far_from_0_keeps_all_its_values)
{
    fid_space *space =
        one_int(INT64_C(1) << 50, (INT64_C(1) << 50) + 3, FID_SCALE_LOG, 1);
    CHECK(fid_space_dims(space)[0].levels == 4);
    fid_space_destroy(space);
}

TEST(int_steps_count_from_min)
{
    fid_space *space = one_int(3, 20, FID_SCALE_LINEAR, 5);
    CHECK(fid_space_dims(space)[0].levels == 4);
    CHECK(at(space, 0).i == 3 && at(space, 1).i == 18);
    fid_value off = {.active = true, .i = 9, .f = 9};
    double u;
    fid_error err;
    CHECK(fid_space_encode(space, &off, &u, &err) == FID_INVALID);
    CHECK(strcmp(err.message, "x: 9 is not one of 3, 8, .. 18") == 0);
    fid_space_destroy(space);
}

/* Chi-square of n draws over the cells; the 0.9999 quantile for up to 9 degrees of
 * freedom is below 34 (scipy.stats.chi2.ppf(0.9999, 9) = 33.72). */
static double chi_square(const fid_space *space, const double *mass, int64_t low,
                         size_t cells)
{
    enum { N = 100000 };
    double count[16] = {0}, sum = 0, u;
    fid_rng rng = fid_rng_stream(11, FID_RNG_TEST, 0);
    for (int i = 0; i < N; i++) {
        fid_space_sample(space, &rng, false, &u);
        int64_t k = at(space, u).i - low;
        count[k < (int64_t)cells - 1 ? (size_t)k : cells - 1]++;
    }
    for (size_t c = 0; c < cells; c++)
        sum += pow(count[c] - N * mass[c], 2) / (N * mass[c]);
    return sum;
}

TEST(ints_are_uniform_also_at_both_ends)
{
    double mass[10];
    for (size_t c = 0; c < 10; c++)
        mass[c] = 0.1;
    fid_space *space = one_int(-4, 5, FID_SCALE_LINEAR, 1);
    double chi = chi_square(space, mass, -4, 10);
    CHECK(chi < 34);
    fid_space_destroy(space);
}

TEST(log_ints_have_log_uniform_mass_also_at_both_ends)
{
    /* The law written down anew: P(v) = log((v+.5)/(v-.5)) / log((high+.5)/(low-.5)). */
    double mass[10];
    for (size_t c = 0; c < 10; c++)
        mass[c] = log((1.5 + (double)c) / (0.5 + (double)c)) / log(10.5 / 0.5);
    fid_space *space = one_int(1, 10, FID_SCALE_LOG, 1);
    double chi = chi_square(space, mass, 1, 10);
    CHECK(chi < 34);
    fid_space_destroy(space);
    /* The first nine of a huge range, the rest in one cell. */
    double rest = 1, whole = log((0x1p60 + 0.5) / 0.5);
    for (size_t c = 0; c < 9; c++)
        rest -= mass[c] = log((1.5 + (double)c) / (0.5 + (double)c)) / whole;
    mass[9] = rest;
    space = one_int(1, INT64_C(1) << 60, FID_SCALE_LOG, 1);
    chi = chi_square(space, mass, 1, 10);
    CHECK(chi < 34);
    fid_space_destroy(space);
}

TEST(stepped_floats_are_the_decimals_that_a_person_would_write)
{
    fid_space *space = one_float(0.1, 1.0, FID_SCALE_LINEAR, 0.1);
    static const double want[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};
    CHECK(fid_space_dims(space)[0].levels == 10);
    for (uint64_t k = 0; k < 10; k++)
        CHECK(at(space, fid_space_level_u(space, 0, k)).f == want[k]);
    fid_space_destroy(space);
}

TEST(every_float_that_decodes_encodes_to_a_coordinate_that_gives_its_bits)
{
    static const struct {
        double low, high;
        fid_scale scale;
    } ranges[] = {{0, 1, FID_SCALE_LINEAR},
                  {1, 1 + 4 * 0x1p-52, FID_SCALE_LINEAR},
                  {-1.7e308, 1.7e308, FID_SCALE_LINEAR},
                  {-1e-320, 1e-320, FID_SCALE_LINEAR},
                  {1e15, 1e15 + 1, FID_SCALE_LINEAR},
                  {1e-5, 1e-1, FID_SCALE_LOG},
                  {5e-324, 1.7e308, FID_SCALE_LOG},
                  {1, 1 + 0x1p-50, FID_SCALE_LOG},
                  {1e-6, 1 - 1e-6, FID_SCALE_LOGIT}};
    fid_rng rng = fid_rng_stream(5, FID_RNG_TEST, 0);
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        fid_space *space = one_float(ranges[r].low, ranges[r].high, ranges[r].scale, 0);
        for (int i = 0; i < 2000; i++) {
            double u = fid_rng_uniform(&rng), back = 0;
            if (i % 5 == 0)
                u = pow(u, 9);
            fid_value value = at(space, u);
            CHECK(value.f >= ranges[r].low && value.f <= ranges[r].high);
            CHECK(fid_space_encode(space, &value, &back, NULL) == FID_OK);
            CHECK(at(space, back).f == value.f);
        }
        fid_space_destroy(space);
    }
}

TEST(the_ends_of_a_float_range_are_exact)
{
    static const fid_scale scales[] = {FID_SCALE_LINEAR, FID_SCALE_LOG,
                                       FID_SCALE_LOGIT};
    static const double lows[] = {0, 1e-5, 1e-6}, highs[] = {0.7, 0.1, 1 - 1e-6};
    for (size_t k = 0; k < 3; k++) {
        fid_space *space = one_float(lows[k], highs[k], scales[k], 0);
        CHECK(at(space, 0).f == lows[k]);
        CHECK(at(space, 1).f == highs[k]);
        fid_space_destroy(space);
    }
}

TEST(coordinates_outside_the_cube_and_nan_are_clamped)
{
    fid_space *space = one_float(2, 8, FID_SCALE_LOG, 0);
    CHECK_NEAR(at(space, -3).f, 2, 1e-12);
    CHECK_NEAR(at(space, INFINITY).f, 8, 1e-12);
    CHECK_NEAR(at(space, NAN).f, 4, 1e-12);
    fid_space_destroy(space);
}

int main(void)
{
    RUN(int_ranges_of_every_size_reach_both_ends_and_round_trip);
    RUN(log_ints_of_every_size_reach_both_ends_and_round_trip);
    RUN(a_narrow_log_int_range_far_from_0_keeps_all_its_values);
    RUN(int_steps_count_from_min);
    RUN(ints_are_uniform_also_at_both_ends);
    RUN(log_ints_have_log_uniform_mass_also_at_both_ends);
    RUN(stepped_floats_are_the_decimals_that_a_person_would_write);
    RUN(every_float_that_decodes_encodes_to_a_coordinate_that_gives_its_bits);
    RUN(the_ends_of_a_float_range_are_exact);
    RUN(coordinates_outside_the_cube_and_nan_are_clamped);
    DONE();
}
