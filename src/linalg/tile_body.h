/* The body of tile_*.c. Before inclusion: LANES (doubles in a register), WIDTH (registers
 * in a strip of columns), OPS (name of the table), NAME (the user's). Multiply-adds fuse where the
 * instruction set has them: these files alone are compiled with -ffp-contract=fast. */
#include "linalg/tile.h"

#include <string.h>

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef double loose __attribute__((vector_size(LANES * sizeof(double)), aligned(8)));

#define LOAD(p)     (*(const loose *)(p))
#define STORE(p, v) (*(loose *)(p) = (v))
#define STRIP       (LANES * WIDTH)

static inline __attribute__((always_inline)) void strip(const double *a, size_t step,
                                                        size_t row, const double *b,
                                                        size_t k, double *c,
                                                        size_t rows)
{
    lanes sum[4][WIDTH];
    for (size_t r = 0; r < rows; r++)
        for (size_t w = 0; w < WIDTH; w++)
            sum[r][w] = LOAD(c + r * FID_PANEL + w * LANES);
    for (size_t p = 0; p < k; p++) {
        lanes in[WIDTH];
        for (size_t w = 0; w < WIDTH; w++)
            in[w] = LOAD(b + p * FID_PANEL + w * LANES);
        for (size_t r = 0; r < rows; r++) {
            double s = a[p * step + r * row];
            for (size_t w = 0; w < WIDTH; w++)
                sum[r][w] -= s * in[w];
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t w = 0; w < WIDTH; w++)
            STORE(c + r * FID_PANEL + w * LANES, sum[r][w]);
}

static void tile(const double *a, size_t step, size_t row, const double *b, size_t k,
                 double *c, size_t rows)
{
    if (rows == 4) {
        for (size_t at = 0; at < FID_PANEL; at += STRIP)
            strip(a, step, row, b + at, k, c + at, 4);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t at = 0; at < FID_PANEL; at += STRIP)
            strip(a + r * row, step, row, b + at, k, c + r * FID_PANEL + at, 1);
}

static void axpy(double s, const double *x, double *y, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        STORE(y + i, LOAD(y + i) - s * LOAD(x + i));
    for (; i < n; i++)
        y[i] -= s * x[i];
}

/* Eight partial sums on every machine, so that widths agree. */
static double dot(const double *x, const double *y, size_t n)
{
    enum { PARTS = 8 / LANES };
    lanes sum[PARTS];
    memset(sum, 0, sizeof sum);
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t q = 0; q < PARTS; q++)
            sum[q] += LOAD(x + i + q * LANES) * LOAD(y + i + q * LANES);
    double part[8], total = 0;
    memcpy(part, sum, sizeof part);
    for (size_t l = 0; i < n; i++, l++)
        part[l] += x[i] * y[i];
    for (size_t l = 0; l < 8; l++)
        total += part[l];
    return total;
}

const fid__linalg_ops OPS = {NAME, tile, axpy, dot};
