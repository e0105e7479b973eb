/* The local step: quadratics whose least point is known, and what is no quadratic. */
#include "contract/loop.h"

#include "sampler/quadratic.h"

#include <math.h>

enum { DIM = 5, MANY = 60 };

/* A valley a thousand times as steep across as along, off the axes: the first term is
 * along (1, 1, 1, 1, 1), and Householder's reflection keeps the rest orthogonal to it. */
static double valley(const double *u, void *ctx)
{
    const double *least = ctx;
    double sum = 0, value = 0;
    for (size_t j = 0; j < DIM; j++)
        sum += u[j] - least[j];
    for (size_t j = 0; j < DIM; j++) {
        double off = u[j] - least[j] - sum / DIM;
        value += off * off;
    }
    return 1000 * sum * sum / DIM + value;
}

static void draw(fid_rng *rng, double low, double high, double *rows, size_t n)
{
    for (size_t i = 0; i < n * DIM; i++)
        rows[i] = low + (high - low) * fid_rng_uniform(rng);
}

TEST(finds_the_least)
{
    double least[DIM] = {0.52, 0.47, 0.5, 0.49, 0.51}, rows[MANY * DIM], loss[MANY];
    double u[DIM], error;
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    draw(&rng, 0.4, 0.6, rows, MANY);
    for (size_t i = 0; i < MANY; i++)
        loss[i] = 3 + valley(rows + i * DIM, least);
    CHECK(fid__quadratic_step(rows, loss, MANY, DIM, u, &error) == FID_OK);
    CHECK(error < 0.1);
    for (size_t j = 0; j < DIM; j++)
        CHECK_NEAR(u[j], least[j], 2e-3);
    double again[DIM], scaled[MANY], error2; /* the unit of the loss does not matter */
    for (size_t i = 0; i < MANY; i++)
        scaled[i] = 1e6 * loss[i] - 7;
    CHECK(fid__quadratic_step(rows, scaled, MANY, DIM, again, &error2) == FID_OK);
    CHECK_NEAR(error2, error, 1e-6);
    for (size_t j = 0; j < DIM; j++)
        CHECK_NEAR(again[j], u[j], 1e-6);
}

/* From a slope it goes down, no further than the neighbours reach, and not out of the cube. */
TEST(stays_in_reach)
{
    double far[DIM] = {3, 3, 3, 3, -3}, rows[MANY * DIM], loss[MANY], u[DIM], error;
    fid_rng rng = fid_rng_stream(2, FID_RNG_TEST, 0);
    draw(&rng, 0.9, 1, rows, MANY);
    size_t best = 0;
    for (size_t i = 0; i < MANY; i++) {
        loss[i] = 0;
        for (size_t j = 0; j < DIM; j++)
            loss[i] += (rows[i * DIM + j] - far[j]) * (rows[i * DIM + j] - far[j]);
        best = loss[i] < loss[best] ? i : best;
    }
    CHECK(fid__quadratic_step(rows, loss, MANY, DIM, u, &error) == FID_OK);
    CHECK(error < 0.1);
    double moved = 0;
    for (size_t j = 0; j < DIM; j++) {
        CHECK(u[j] >= 0 && u[j] <= 1);
        CHECK(fabs(u[j] - rows[best * DIM + j]) <= 0.1);
        moved = fmax(moved, fabs(u[j] - rows[best * DIM + j]));
    }
    CHECK(moved > 0.01);
    CHECK_NEAR(u[0], 1, 1e-9);
}

TEST(says_when_it_knows_nothing)
{
    double rows[MANY * DIM], loss[MANY], u[DIM] = {-1}, error;
    fid_rng rng = fid_rng_stream(3, FID_RNG_TEST, 0);
    draw(&rng, 0, 1, rows, MANY);
    for (size_t i = 0; i < MANY; i++)
        loss[i] = fid_rng_uniform(&rng);
    CHECK(fid__quadratic_step(rows, loss, MANY, DIM, u, &error) == FID_OK);
    CHECK(error > 0.6);
    u[0] = -1;
    for (size_t i = 0; i < MANY; i++)
        loss[i] = 1;
    CHECK(fid__quadratic_step(rows, loss, MANY, DIM, u, &error) == FID_OK);
    CHECK(error == HUGE_VAL && u[0] == -1);
    for (size_t i = 0; i < MANY * DIM; i++)
        rows[i] = 0.5;
    loss[7] = 0;
    CHECK(fid__quadratic_step(rows, loss, MANY, DIM, u, &error) == FID_OK);
    CHECK(error == HUGE_VAL && u[0] == -1);
    CHECK(fid__quadratic_step(rows, loss, 1, DIM, u, &error) == FID_OK);
    CHECK(error == HUGE_VAL && u[0] == -1);
}

/* --- In a study. */

typedef struct {
    double least[DIM];
    fid_rng rng;
    double noise;
} problem;

static double noisy_valley(const double *u, void *ctx)
{
    problem *p = ctx;
    return valley(u, p->least) + p->noise * fid_rng_normal(&p->rng);
}

static size_t count_steps(const fid_space *space, double noise, size_t n, uint64_t seed,
                          double *best)
{
    problem p = {.least = {0.3, 0.6, 0.45, 0.7, 0.4}, .noise = noise};
    p.rng = fid_rng_stream(4, FID_RNG_TEST, 0);
    loop l;
    size_t steps = 0;
    *best = HUGE_VAL;
    CHECK(loop_open(&l, space, &fid_sampler_gp, 1, seed) == FID_OK);
    loop_drop_sampler(&l);
    l.options.model = "oblique=0"; /* else that finds the valley */
    CHECK(loop_init_sampler(&l) == FID_OK);
    for (size_t i = 0; i < n; i++) {
        double u[DIM];
        fid_suggestion why;
        CHECK(loop_suggest(&l, u, &why) == FID_OK);
        CHECK(fid_space_is_legal(space, u));
        bool stepped = !strcmp(why.model, "quadratic");
        CHECK(!stepped || (isfinite(why.mean) && why.sd >= 0));
        steps += stepped;
        double loss = noisy_valley(u, &p);
        *best = fmin(*best, valley(u, p.least));
        loop_finish(&l, loop_start(&l, u, &why), &loss);
    }
    loop_close(&l);
    return steps;
}

TEST(takes_its_turn)
{
    fid_space *space = loop_cube(DIM);
    double best;
    size_t steps = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        steps += count_steps(space, 0, 90, seed, &best);
        CHECK(best < 1e-2);
    }
    CHECK(steps >= 64 && steps <= 8 * 24); /* 7 to 15 a study, by seed and compiler */
    CHECK(count_steps(space, 100, 60, 5, &best) <= 2); /* drowned in noise */
    fid_space_destroy(space);
}

/* The least point is where the constraint does not let it go. */
TEST(obeys_constraints)
{
    fid_space *space;
    fid_error err = {0};
    double best;
    CHECK(fid_space_create(&space) == FID_OK);
    for (size_t d = 0; d < DIM; d++) {
        char name[] = {(char)('p' + d), 0};
        CHECK(fid_space_add_float(space, name, 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    }
    CHECK(fid_space_add_constraint(space, "p > 0.4", &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    count_steps(space, 0, 60, 5, &best); /* checks that each is legal */
    fid_space_destroy(space);
}

int main(void)
{
    RUN(finds_the_least);
    RUN(stays_in_reach);
    RUN(says_when_it_knows_nothing);
    RUN(takes_its_turn);
    RUN(obeys_constraints);
    DONE();
}
