#include "check.h"

#include <fidelio/rand.h>

#include <gsl/gsl_qrng.h>

/* scipy.stats.qmc.Sobol(1111, scramble=False) of SciPy 1.17.1, which walks in Gray
 * code: its point k is our point k ^ (k >> 1). Columns 0, 1, 2, 39, 99, 499, 1110. */
static const size_t columns[7] = {0, 1, 2, 39, 99, 499, 1110};
static const struct {
    uint64_t index;
    double want[7];
} known[] = {
    {1, {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}},
    {3, {0.75, 0.25, 0.25, 0.25, 0.75, 0.25, 0.75}},
    {2, {0.25, 0.75, 0.75, 0.75, 0.25, 0.75, 0.25}},
    {86, {0.4140625, 0.2578125, 0.7734375, 0.1328125, 0.8828125, 0.4921875, 0.4609375}},
    {653,
     {0.6923828125, 0.9365234375, 0.1630859375, 0.3583984375, 0.5107421875,
      0.3212890625, 0.5849609375}},
    {512,
     {0.0009765625, 0.7529296875, 0.6123046875, 0.6982421875, 0.5302734375,
      0.4736328125, 0.5888671875}},
};

TEST(raw_points_are_scipys)
{
    static double u[FID_SOBOL_MAX_DIM];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fid_sobol_point_raw(known[i].index, FID_SOBOL_MAX_DIM, u);
        for (size_t c = 0; c < 7; c++)
            CHECK(u[columns[c]] == known[i].want[c]);
    }
}

/* GSL carries the numbers of Bratley & Fox (1988): they are Joe & Kuo's in the first
 * two dimensions, and in all 40 the first 2^k points of either fill the same 2^k cells.
 */
TEST(raw_points_agree_with_gsl)
{
    enum { N = 256, D = 40 };
    static int cell[D][N][2];
    gsl_qrng *qrng = gsl_qrng_alloc(gsl_qrng_sobol, D);
    for (uint64_t k = 1; k < N; k++) {
        double g[D], u[D];
        gsl_qrng_get(qrng, g);
        fid_sobol_point_raw(k ^ k >> 1, D, u);
        CHECK(u[0] == g[0] && u[1] == g[1]);
        for (int j = 0; j < D; j++) {
            cell[j][(int)(u[j] * N)][0]++;
            cell[j][(int)(g[j] * N)][1]++;
        }
    }
    for (int j = 0; j < D; j++)
        for (int c = 1; c < N; c++)
            CHECK(cell[j][c][0] == 1 && cell[j][c][1] == 1);
    gsl_qrng_free(qrng);
}

/* What Owen's scrambling must keep: any aligned block of 2^k points has one in each of
 * the 2^k intervals of each dimension, and of the elementary boxes of dimensions 0, 1.
 */
TEST(scrambled_points_are_still_a_net)
{
    enum { N = 64, D = 50 };
    for (uint64_t seed = 0; seed < 20; seed++) {
        static double u[N * D];
        int cell[D][N] = {{0}}, box[7][N] = {{0}};
        fid_sobol_points(seed, N * (seed % 5), N, D, u);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < D; j++)
                cell[j][(int)(u[i * D + j] * N)]++;
            for (int k = 0; k <= 6; k++) {
                int a = 1 << k, b = N / a;
                box[k][(int)(u[i * D] * a) * b + (int)(u[i * D + 1] * b)]++;
            }
        }
        for (int c = 0; c < N; c++) {
            for (int j = 0; j < D; j++)
                CHECK(cell[j][c] == 1);
            for (int k = 0; k <= 6; k++)
                CHECK(box[k][c] == 1);
        }
    }
}

TEST(a_point_is_uniform_over_the_seeds)
{
    enum { SEEDS = 20000 };
    for (uint64_t index = 0; index < 4; index++) {
        double sum = 0, squares = 0, cross = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            double u[3];
            fid_sobol_point(seed, index, 3, u);
            sum += u[2];
            squares += u[2] * u[2];
            cross += (u[0] - 0.5) * (u[1] - 0.5);
        }
        /* five standard errors */
        CHECK_NEAR(sum / SEEDS, 0.5, 5 * sqrt(1.0 / 12 / SEEDS));
        CHECK_NEAR(squares / SEEDS, 1.0 / 3, 5 * sqrt(4.0 / 45 / SEEDS));
        CHECK_NEAR(cross / SEEDS, 0, 5.0 / 12 / sqrt(SEEDS));
    }
}

TEST(points_can_be_asked_for_one_by_one_in_any_order)
{
    enum { D = 1200, N = 9 };
    static double all[N * D], one[D];
    uint64_t first = (UINT64_C(1) << 32) - 4; /* over the end of the 32-bit sequence */
    fid_sobol_points(7, first, N, D, all);
    for (size_t i = N; i-- > 0;) {
        fid_sobol_point(7, first + i, D, one);
        for (size_t j = 0; j < D; j++)
            CHECK(one[j] == all[i * D + j] && one[j] > 0 && one[j] < 1);
    }
    CHECK(all[0] != all[4 * D] && all[1150] != all[D + 1150]);
}

int main(void)
{
    RUN(raw_points_are_scipys);
    RUN(raw_points_agree_with_gsl);
    RUN(scrambled_points_are_still_a_net);
    RUN(a_point_is_uniform_over_the_seeds);
    RUN(points_can_be_asked_for_one_by_one_in_any_order);
    DONE();
}
