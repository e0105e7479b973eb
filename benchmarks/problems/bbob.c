#include "bbob_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *title;
    void (*prepare)(bench_bbob *f, long seed); /* x_opt and maps */
} kind;

/* left <- left * diag(condition^(i / 2 (d - 1))) * right */
static void condition(double *left, const double *right, double cond, size_t d,
                      double *row)
{
    for (size_t i = 0; i < d; i++) {
        memset(row, 0, d * sizeof *row);
        for (size_t k = 0; k < d; k++) {
            double scale = left[i * d + k] * pow(sqrt(cond), bench__along(k, d));
            for (size_t j = 0; j < d; j++)
                row[j] += scale * right[k * d + j];
        }
        memcpy(left + i * d, row, d * sizeof *row);
    }
}

/* --- How x_opt and the maps of a function come about. */

static void shift_only(bench_bbob *f, long seed)
{
    bench__bbob_shift(f->x_opt, seed, f->d);
}

static void shift_and_turn(bench_bbob *f, long seed)
{
    bench__bbob_shift(f->x_opt, seed, f->d);
    bench__bbob_rotation(f->r, seed + 1000000, f->d);
}

/* r = rotation 1, q = rotation 2 */
static void two_turns(bench_bbob *f, long seed)
{
    shift_and_turn(f, seed);
    bench__bbob_rotation(f->q, seed, f->d);
}

/* q = rotation 1 * diag * rotation 2, r = rotation 1 */
static void conditioned(bench_bbob *f, long seed, double cond)
{
    two_turns(f, seed);
    double *right = malloc(f->d * f->d * sizeof *right);
    if (!right)
        return;
    memcpy(right, f->q, f->d * f->d * sizeof *right);
    memcpy(f->q, f->r, f->d * f->d * sizeof *right);
    condition(f->q, right, cond, f->d, f->work[2]);
    free(right);
}

static void conditioned_10(bench_bbob *f, long seed)
{
    conditioned(f, seed, 10.0);
}

static void conditioned_100(bench_bbob *f, long seed)
{
    conditioned(f, seed, 100.0);
}

static void conditioned_hundredth(bench_bbob *f, long seed)
{
    conditioned(f, seed, 0.01);
}

static void buche_prepare(bench_bbob *f, long seed)
{
    bench__bbob_shift(f->x_opt, seed, f->d);
    for (size_t i = 0; i < f->d; i += 2)
        f->x_opt[i] = fabs(f->x_opt[i]);
}

static void corner_prepare(bench_bbob *f, long seed)
{
    bench__bbob_shift(f->x_opt, seed, f->d);
    for (size_t i = 0; i < f->d; i++)
        f->x_opt[i] = f->x_opt[i] < 0.0 ? -5.0 : 5.0;
}

static void rosenbrock_prepare(bench_bbob *f, long seed)
{
    bench__bbob_shift(f->x_opt, seed, f->d);
    for (size_t i = 0; i < f->d; i++)
        f->x_opt[i] *= 0.75;
}

static void turn_only(bench_bbob *f, long seed)
{
    bench__bbob_rotation(f->r, seed, f->d);
}

static void cigar_prepare(bench_bbob *f, long seed)
{
    bench__bbob_shift(f->x_opt, seed + 1000000, f->d);
    bench__bbob_rotation(f->r, seed + 1000000, f->d);
}

static void schwefel_prepare(bench_bbob *f, long seed)
{
    bench__bbob_uniform(f->work[0], f->d, seed);
    for (size_t i = 0; i < f->d; i++)
        f->x_opt[i] = f->work[0][i] < 0.5 ? -0.5 * 4.2096874637 : 0.5 * 4.2096874637;
}

static void lunacek_prepare(bench_bbob *f, long seed)
{
    two_turns(f, seed);
    bench__bbob_normal(f->work[0], f->d, seed);
    for (size_t i = 0; i < f->d; i++)
        f->x_opt[i] = f->work[0][i] < 0.0 ? -1.25 : 1.25;
}

typedef struct {
    double key;
    size_t index;
} keyed;

static int by_key(const void *a, const void *b)
{
    double x = ((const keyed *)a)->key, y = ((const keyed *)b)->key;
    return (x > y) - (x < y);
}

/* order[0..n) <- the permutation that sorts n uniforms of `seed` */
static void permutation(keyed *order, double *u, size_t n, long seed)
{
    bench__bbob_uniform(u, n, seed);
    for (size_t i = 0; i < n; i++)
        order[i] = (keyed){u[i], i};
    qsort(order, n, sizeof *order, by_key);
}

static void gallagher_prepare(bench_bbob *f, long seed)
{
    size_t d = f->d, n = f->peaks.n;
    double first = n == 101 ? sqrt(1000.0) : 1000.0;
    double width = n == 101 ? 10.0 : 9.8;
    size_t larger = n > d ? n : d;
    double *u = malloc(n * d * sizeof *u);
    keyed *order = malloc(larger * sizeof *order);
    double *conditions = malloc(n * sizeof *conditions);
    if (u && order && conditions) {
        bench__bbob_rotation(f->r, seed, d);
        permutation(order, u, n - 1, seed);
        conditions[0] = first;
        f->peaks.heights[0] = 10.0;
        for (size_t i = 1; i < n; i++) {
            double steps = (double)(n - 2);
            conditions[i] = pow(1000.0, (double)order[i - 1].index / steps);
            f->peaks.heights[i] = 1.1 + 8.0 * (double)(i - 1) / steps;
        }
        for (size_t i = 0; i < n; i++) {
            permutation(order, u, d, seed + 1000 * (long)i);
            for (size_t j = 0; j < d; j++)
                f->peaks.scales[i * d + j] =
                    pow(conditions[i], bench__along(order[j].index, d) - 0.5);
        }
        bench__bbob_uniform(u, n * d, seed);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < d; j++)
                f->work[0][j] = (width * u[i * d + j] - width / 2.0) *
                                (i == 0 ? 0.8 : 1.0);
            if (i == 0)
                memcpy(f->x_opt, f->work[0], d * sizeof *f->x_opt);
            bench__multiply(f->r, f->work[0], f->peaks.places + i * d, d);
        }
    }
    free(u);
    free(order);
    free(conditions);
}

static const kind kinds[BENCH_BBOB_FUNCTIONS] = {
    {"sphere", shift_only},
    {"separable ellipsoid", shift_only},
    {"separable Rastrigin", shift_only},
    {"Bueche-Rastrigin", buche_prepare},
    {"linear slope", corner_prepare},
    {"attractive sector", conditioned_10},
    {"step ellipsoid", two_turns},
    {"Rosenbrock", rosenbrock_prepare},
    {"rotated Rosenbrock", turn_only},
    {"rotated ellipsoid", shift_and_turn},
    {"discus", shift_and_turn},
    {"bent cigar", cigar_prepare},
    {"sharp ridge", conditioned_10},
    {"different powers", shift_and_turn},
    {"rotated Rastrigin", conditioned_10},
    {"Weierstrass", conditioned_hundredth},
    {"Schaffers F7", two_turns},
    {"Schaffers F7, condition 1000", two_turns},
    {"Griewank-Rosenbrock", turn_only},
    {"Schwefel", schwefel_prepare},
    {"Gallagher, 101 peaks", gallagher_prepare},
    {"Gallagher, 21 peaks", gallagher_prepare},
    {"Katsuura", conditioned_100},
    {"Lunacek bi-Rastrigin", lunacek_prepare},
};

bench_bbob *bench_bbob_create(unsigned function, size_t d, unsigned instance)
{
    bench_bbob *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    size_t n = function == 21 ? 101 : function == 22 ? 21 : 0;
    f->function = function;
    f->d = d;
    f->peaks.n = n;
    f->block = calloc(4 * d + 2 * d * d + n * (2 * d + 1), sizeof *f->block);
    if (!f->block) {
        free(f);
        return NULL;
    }
    f->x_opt = f->block;
    for (size_t k = 0; k < 3; k++)
        f->work[k] = f->x_opt + (k + 1) * d;
    f->q = f->x_opt + 4 * d;
    f->r = f->q + d * d;
    f->peaks.heights = f->r + d * d;
    f->peaks.places = f->peaks.heights + n;
    f->peaks.scales = f->peaks.places + n * d;
    f->f_opt = bench__bbob_value_shift(function, instance);
    long seed = (long)(function == 4 ? 3 : function == 18 ? 17 : function);
    kinds[function - 1].prepare(f, seed + 10000 * (long)instance);
    return f;
}

void bench_bbob_destroy(bench_bbob *f)
{
    if (f)
        free(f->block);
    free(f);
}

double bench_bbob_value(bench_bbob *f, const double *x)
{
    return bench__bbob_cores[f->function - 1](f, x) + f->f_opt;
}

double bench_bbob_optimum(const bench_bbob *f)
{
    return f->f_opt;
}

const char *bench_bbob_title(unsigned function)
{
    return kinds[function - 1].title;
}

const char *bench_bbob_group(unsigned function)
{
    static const unsigned smooth[] = {1, 2, 5, 6, 8, 9, 10, 11, 12, 14};
    for (size_t i = 0; i < sizeof smooth / sizeof *smooth; i++)
        if (smooth[i] == function)
            return "smooth";
    return "rugged";
}
