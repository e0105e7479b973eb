/* A valley across the axes: the model that learns the axes finds its end. */
#include "contract/loop.h"

#include <math.h>

enum { DIM = 4, TURNS = 70 };

/* An ellipsoid with axes 1, 10, 100, 1000 along the columns of a Hadamard matrix. */
static double ellipsoid(const double *u)
{
    static const double least[DIM] = {0.35, 0.6, 0.45, 0.7};
    static const int sign[DIM][DIM] = {{1, 1, 1, 1}, {1, -1, 1, -1}, {1, 1, -1, -1}, {1, -1, -1, 1}};
    double value = 0, weight = 1;
    for (size_t k = 0; k < DIM; k++, weight *= 10) {
        double along = 0;
        for (size_t j = 0; j < DIM; j++)
            along += 0.5 * sign[k][j] * (u[j] - least[j]);
        value += weight * along * along;
    }
    return value;
}

static void open_study(loop *l, const fid_space *space, const char *model, uint64_t seed)
{
    CHECK(loop_open(l, space, &fid_sampler_gp, 1, seed) == FID_OK);
    loop_drop_sampler(l);
    l->options.model = model;
    CHECK(loop_init_sampler(l) == FID_OK);
}

/* The mean of log10 of the best of some studies. */
static double search(const fid_space *space, const char *model)
{
    double sum = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        loop l;
        double best = HUGE_VAL;
        open_study(&l, space, model, seed);
        for (size_t i = 0; i < TURNS; i++) {
            double u[DIM];
            fid_suggestion why;
            CHECK(loop_suggest(&l, u, &why) == FID_OK);
            double loss = ellipsoid(u);
            best = fmin(best, loss);
            loop_finish(&l, loop_start(&l, u, &why), &loss);
        }
        loop_close(&l);
        sum += log10(best) / 3;
    }
    return sum;
}

TEST(a_valley_across_the_axes_is_followed)
{
    fid_space *space = loop_cube(DIM);
    double usual = search(space, "oblique=0;quadratic=0");
    double oblique = search(space, "quadratic=0");
    CHECK(oblique < usual - 1);
    CHECK(oblique < -3);
    fid_space_destroy(space);
}

/* The memo has three parts: of the usual model, of that of failures, of the oblique one. */
TEST(the_axes_are_remembered_between_their_turns)
{
    enum { BEGIN = 2 * (DIM + 3), SIZE = 1 + 2 + DIM * DIM };
    fid_space *space = loop_cube(DIM);
    double kept[SIZE] = {0};
    loop l;
    open_study(&l, space, "quadratic=0", 1);
    for (size_t i = 0; i < 30; i++) {
        double u[DIM];
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        if (i >= 22) {
            const double *part = why.memo + BEGIN;
            CHECK(why.n_memo == BEGIN + SIZE);
            CHECK(part[0] > 0);
            CHECK(i % 2 == 0 || !memcmp(part, kept, sizeof kept));
            memcpy(kept, part, sizeof kept);
            CHECK(kept[SIZE - 1] != 0);
        }
        double loss = ellipsoid(u);
        loop_finish(&l, loop_start(&l, u, &why), &loss);
    }
    loop_close(&l);
    fid_space_destroy(space);
}

TEST(a_fresh_state_goes_on_where_the_old_one_was)
{
    fid_space *space = loop_cube(DIM);
    loop l;
    open_study(&l, space, "", 1);
    for (size_t i = 0; i < 40; i++) {
        double u[DIM], again[DIM];
        fid_suggestion why, other;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        if (i > 25) {
            loop_drop_sampler(&l);
            CHECK(loop_init_sampler(&l) == FID_OK);
            CHECK(loop_suggest(&l, again, &other) == FID_OK);
            CHECK(!memcmp(u, again, sizeof u));
            CHECK(why.n_memo == other.n_memo && why.n_memo <= FID_MAX_MEMO);
            CHECK(!memcmp(why.memo, other.memo, why.n_memo * sizeof *why.memo));
            CHECK_NEAR(why.mean, other.mean, 0);
        }
        double loss = ellipsoid(u);
        loop_finish(&l, loop_start(&l, u, &why), &loss);
    }
    loop_close(&l);
    fid_space_destroy(space);
}

int main(void)
{
    RUN(a_valley_across_the_axes_is_followed);
    RUN(the_axes_are_remembered_between_their_turns);
    RUN(a_fresh_state_goes_on_where_the_old_one_was);
    DONE();
}
