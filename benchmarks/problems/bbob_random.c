/* The random numbers of the BBOB 2009 experiment. They are part of the definition of an
 * instance, so the generator is fixed: Park & Miller's minimal standard with a shuffle
 * table of 32 (Bays & Durham), normals by Box & Muller, rotations by Gram-Schmidt. */
#include "bbob.h"

#include <math.h>
#include <stdlib.h>

static long next_seed(long seed)
{
    long high = seed / 127773;
    seed = 16807 * (seed - high * 127773) - 2836 * high;
    return seed < 0 ? seed + 2147483647 : seed;
}

void bench__bbob_uniform(double *r, size_t n, long seed)
{
    long table[32], state = labs(seed);
    if (state < 1)
        state = 1;
    for (int i = 39; i >= 0; i--) {
        state = next_seed(state);
        if (i < 32)
            table[i] = state;
    }
    long drawn = table[0];
    for (size_t i = 0; i < n; i++) {
        state = next_seed(state);
        long slot = drawn / 67108865;
        drawn = table[slot];
        table[slot] = state;
        r[i] = (double)drawn / 2.147483647e9;
        if (r[i] == 0.0)
            r[i] = 1e-99;
    }
}

void bench__bbob_normal(double *g, size_t n, long seed)
{
    double *u = malloc(2 * n * sizeof *u);
    if (!u) {
        for (size_t i = 0; i < n; i++)
            g[i] = (double)NAN;
        return;
    }
    bench__bbob_uniform(u, 2 * n, seed);
    for (size_t i = 0; i < n; i++) {
        g[i] = sqrt(-2.0 * log(u[i])) * cos(2.0 * 3.14159265358979323846 * u[n + i]);
        if (g[i] == 0.0)
            g[i] = 1e-99;
    }
    free(u);
}

void bench__bbob_rotation(double *matrix, long seed, size_t d)
{
    double *g = malloc(d * d * sizeof *g);
    if (!g)
        return;
    bench__bbob_normal(g, d * d, seed);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++)
            matrix[i * d + j] = g[j * d + i];
    free(g);
    for (size_t i = 0; i < d; i++) { /* orthonormal columns */
        for (size_t j = 0; j < i; j++) {
            double dot = 0.0;
            for (size_t k = 0; k < d; k++)
                dot += matrix[k * d + i] * matrix[k * d + j];
            for (size_t k = 0; k < d; k++)
                matrix[k * d + i] -= dot * matrix[k * d + j];
        }
        double norm = 0.0;
        for (size_t k = 0; k < d; k++)
            norm += matrix[k * d + i] * matrix[k * d + i];
        for (size_t k = 0; k < d; k++)
            matrix[k * d + i] /= sqrt(norm);
    }
}

void bench__bbob_shift(double *x, long seed, size_t d)
{
    bench__bbob_uniform(x, d, seed);
    for (size_t i = 0; i < d; i++) {
        x[i] = 8.0 * floor(1e4 * x[i]) / 1e4 - 4.0;
        if (x[i] == 0.0)
            x[i] = -1e-5;
    }
}

double bench__bbob_value_shift(unsigned function, unsigned instance)
{
    long seed = (long)function;
    if (function == 4)
        seed = 3;
    if (function == 18)
        seed = 17;
    seed += 10000 * (long)instance;
    double top, bottom;
    bench__bbob_normal(&top, 1, seed);
    bench__bbob_normal(&bottom, 1, seed + 1);
    double value = floor(100.0 * 100.0 * top / bottom + 0.5) / 100.0;
    return fmin(1000.0, fmax(-1000.0, value));
}
