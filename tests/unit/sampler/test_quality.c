/* The model-based samplers must beat random search where it is easy: medians over
 * seeds, the same seeds for all. A smoke test; the measurements are fidelio-bench's. */
#include "contract/loop.h"

#include <fidelio/catalog.h>

enum { SEEDS = 20, MAX_DIM = 10 };

static double branin(const double *u, void *ctx)
{
    (void)ctx;
    double x = 15 * u[0] - 5, y = 15 * u[1], pi = acos(-1);
    double a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
    return a * a + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10 - 0.39788735772973816;
}

static double hartmann6(const double *u, void *ctx)
{
    (void)ctx;
    static const double alpha[4] = {1, 1.2, 3, 3.2};
    static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
    static const double p[4][6] = {{.1312, .1696, .5569, .0124, .8283, .5886},
                                   {.2329, .4135, .8307, .3736, .1004, .9991},
                                   {.2348, .1451, .3522, .2883, .3047, .6650},
                                   {.4047, .8828, .8732, .5743, .1091, .0381}};
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        double z = 0;
        for (int j = 0; j < 6; j++)
            z += a[i][j] * (u[j] - p[i][j]) * (u[j] - p[i][j]);
        sum += alpha[i] * exp(-z);
    }
    return 3.32236801141551 - sum;
}

static double ackley10(const double *u, void *ctx)
{
    (void)ctx;
    double squares = 0, waves = 0;
    for (int j = 0; j < 10; j++) {
        double x = 15 * u[j] - 5;
        squares += x * x;
        waves += cos(2 * acos(-1) * x);
    }
    return 20 - 20 * exp(-0.2 * sqrt(squares / 10)) + exp(1) - exp(waves / 10);
}

static double rosenbrock5(const double *u, void *ctx)
{
    (void)ctx;
    double sum = 0;
    for (int j = 0; j < 4; j++) {
        double x = 15 * u[j] - 5, y = 15 * u[j + 1] - 5;
        sum += 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x);
    }
    return sum;
}

static double levy10(const double *u, void *ctx)
{
    (void)ctx;
    double pi = acos(-1), w[10];
    for (int j = 0; j < 10; j++)
        w[j] = 1 + (20 * u[j] - 11) / 4;
    double s = sin(pi * w[0]), sum = s * s;
    for (int j = 0; j < 9; j++) {
        s = sin(pi * w[j] + 1);
        sum += (w[j] - 1) * (w[j] - 1) * (1 + 10 * s * s);
    }
    s = sin(2 * pi * w[9]);
    return sum + (w[9] - 1) * (w[9] - 1) * (1 + s * s);
}

/* Two choices, an integer and a float that matters under one choice only. */
static double mixed(const double *u, void *ctx)
{
    fid_value v[4];
    fid_space_decode(ctx, u, v);
    double x = v[0].f - 0.7, n = (double)(v[1].i - 37) / 100;
    double own = v[3].active ? fabs(v[3].f - 0.2) : 0.5;
    return x * x + n * n + 0.3 * (double)(v[2].choice != 1) + own;
}

static fid_space *mixed_space(void)
{
    static const fid_literal choices[3] = {{.kind = FID_LITERAL_STRING, .text = "a"},
                                           {.kind = FID_LITERAL_STRING, .text = "b"},
                                           {.kind = FID_LITERAL_STRING, .text = "c"}};
    fid_space *space;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_add_int(space, "n", 1, 100, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_add_choice(space, "kind", choices, 3, false, &err) == FID_OK);
    CHECK(fid_space_add_float(space, "y", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_set_when(space, "y", "kind == 'b'", &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_best(const fid_sampler_type *type, const fid_space *space,
                          double (*loss)(const double *, void *), int turns)
{
    double best[SEEDS];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        loop l;
        double u[MAX_DIM];
        CHECK(loop_open(&l, space, type, 1, 1000 + seed) == FID_OK);
        best[seed] = INFINITY;
        for (int k = 0; k < turns; k++) {
            CHECK(loop_turn(&l, u, loss, (void *)space) == FID_OK);
            best[seed] = fmin(best[seed], loss(u, (void *)space));
        }
        loop_close(&l);
    }
    qsort(best, SEEDS, sizeof *best, compare);
    return (best[SEEDS / 2 - 1] + best[SEEDS / 2]) / 2;
}

static const struct {
    const char *name;
    size_t dim;
    double (*loss)(const double *, void *);
    double share; /* of random search's regret that TPE may have after 100 trials */
} problems[] = {
    {"branin", 2, branin, 0.5},      {"hartmann6", 6, hartmann6, 0.5},
    {"ackley10", 10, ackley10, 0.8}, {"rosenbrock5", 5, rosenbrock5, 0.3},
    {"levy10", 10, levy10, 0.8},     {"mixed", 0, mixed, 0.5},
};

TEST(models_beat_random_search)
{
    for (size_t p = 0; p < sizeof problems / sizeof *problems; p++) {
        fid_space *space = problems[p].dim ? loop_cube(problems[p].dim) : mixed_space();
        double random = median_best(&fid_sampler_random, space, problems[p].loss, 100);
        double tpe = median_best(&fid_sampler_tpe, space, problems[p].loss, 100);
        double early = median_best(&fid_sampler_tpe, space, problems[p].loss, 50);
        double evolution =
            median_best(&fid_sampler_evolution, space, problems[p].loss, 100);
        double cmaes = median_best(&fid_sampler_cmaes, space, problems[p].loss, 100);
        printf("%-12s random @100 %.4g, tpe @50 %.4g @100 %.4g, evolution @100 %.4g, "
               "cmaes @100 %.4g\n",
               problems[p].name, random, early, tpe, evolution, cmaes);
        CHECK(tpe < problems[p].share * random);
        CHECK(evolution < random);
        CHECK(cmaes < random);
        fid_space_destroy(space);
    }
}

int main(void)
{
    RUN(models_beat_random_search);
    DONE();
}
