/* The body of rows_*.c. Before inclusion: OPS, the name of the table. All sums have eight
 * partial sums on every machine, so that instruction sets with fused multiply-add agree
 * bit for bit. */
#include "gp/rows.h"

#include <math.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

typedef double v8 __attribute__((vector_size(64)));
typedef double loose8 __attribute__((vector_size(64), aligned(8)));
typedef int64_t i8 __attribute__((vector_size(64)));

#define INLINE      static inline __attribute__((always_inline))
#define LOAD(p)     (*(const loose8 *)(p))
#define STORE(p, v) (*(loose8 *)(p) = (v))

INLINE v8 all(double x)
{
    return (v8){x, x, x, x, x, x, x, x};
}

INLINE v8 root(v8 x)
{
#if defined(__AVX512F__)
    return (v8)_mm512_sqrt_pd((__m512d)x);
#else
    double part[8];
    memcpy(part, &x, sizeof part);
    for (int l = 0; l < 8; l++)
        part[l] = sqrt(part[l]);
    memcpy(&x, part, sizeof part);
    return x;
#endif
}

/* exp(x) for x <= 0, below 1 ulp or so; 0 under -708. Cody & Waite reduction, Taylor
 * polynomial on [-ln2/2, ln2/2]: the remainder r^14/14! is under 1e-17. */
INLINE v8 exp_negative(v8 x)
{
    const double magic = 0x1.8p52;
    i8 tiny = x < all(-708.0);
    v8 shifted = x * 0x1.71547652b82fep0 + magic;
    v8 k = shifted - magic;
    v8 r = x - k * 0x1.62e42fefap-1;
    r = r - k * 0x1.cf79abc9e3b39p-40;
    v8 p = all(1.0 / 6227020800.0);
    static const double c[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                               1.0 / 362880,    1.0 / 40320,    1.0 / 5040,
                               1.0 / 720,       1.0 / 120,      1.0 / 24,
                               1.0 / 6,         1.0 / 2,        1.0,
                               1.0};
    for (int t = 0; t < 13; t++)
        p = p * r + c[t];
    i8 power = (i8)shifted << 52;
    v8 result = (v8)((i8)p + power);
    return (v8)((i8)result & ~tiny);
}

static void distance(const fid__columns *to, const double *at, size_t n, double *r2)
{
    size_t c_end = to->n_numeric + to->n_hamming;
    for (size_t j = 0; j < n; j += 8) {
        v8 sum = {0};
        const double *x = to->x + j;
        size_t c = 0;
        for (; c < to->n_numeric; c++, x += to->ld) {
            v8 gap = LOAD(x) - at[c];
            sum += to->weight[c] * gap * gap;
        }
        for (; c < c_end; c++, x += to->ld) {
            i8 differs = LOAD(x) != all(at[c]);
            sum += (v8)((i8)all(to->weight[c]) & differs);
        }
        STORE(r2 + j, sum);
    }
}

static void matern52(double s2, const double *r2, size_t n, double *k, double *slope)
{
    const double root5 = 2.23606797749978969641;
    for (size_t j = 0; j < n; j += 8) {
        v8 d = LOAD(r2 + j), s = root5 * root(d), e = s2 * exp_negative(-s);
        STORE(k + j, (1 + s + (5.0 / 3) * d) * e);
        if (slope)
            STORE(slope + j, (-5.0 / 6) * (1 + s) * e);
    }
}

static void matern32(double s2, const double *r2, size_t n, double *k, double *slope)
{
    const double root3 = 1.73205080756887729353;
    for (size_t j = 0; j < n; j += 8) {
        v8 s = root3 * root(LOAD(r2 + j)), e = s2 * exp_negative(-s);
        STORE(k + j, (1 + s) * e);
        if (slope)
            STORE(slope + j, -1.5 * e);
    }
}

static void rbf(double s2, const double *r2, size_t n, double *k, double *slope)
{
    for (size_t j = 0; j < n; j += 8) {
        v8 e = s2 * exp_negative(-0.5 * LOAD(r2 + j));
        STORE(k + j, e);
        if (slope)
            STORE(slope + j, -0.5 * e);
    }
}

static void kernel(fid_kernel kind, double s2, const double *r2, size_t n, double *k,
                   double *slope)
{
    if (kind == FID_KERNEL_MATERN52)
        matern52(s2, r2, n, k, slope);
    else if (kind == FID_KERNEL_MATERN32)
        matern32(s2, r2, n, k, slope);
    else
        rbf(s2, r2, n, k, slope);
}

INLINE double total(v8 x)
{
    double part[8], sum = 0;
    memcpy(part, &x, sizeof part);
    for (int l = 0; l < 8; l++)
        sum += part[l];
    return sum;
}

/* Four columns at a time share the loads of m. m is 0 beyond n up to a multiple of 8. */
static void spread(const fid__columns *to, const double *at, const double *m, size_t n,
                   double *sum)
{
    size_t c = 0, c_end = to->n_numeric + to->n_hamming, ld = to->ld;
    for (; c + 4 <= to->n_numeric; c += 4) {
        v8 part[4] = {{0}, {0}, {0}, {0}};
        const double *x = to->x + c * ld;
        for (size_t j = 0; j < n; j += 8) {
            v8 w = LOAD(m + j);
            for (size_t q = 0; q < 4; q++) {
                v8 gap = LOAD(x + q * ld + j) - at[c + q];
                part[q] += w * gap * gap;
            }
        }
        for (size_t q = 0; q < 4; q++)
            sum[c + q] += total(part[q]);
    }
    for (; c < c_end; c++) {
        v8 part = {0};
        const double *x = to->x + c * ld;
        for (size_t j = 0; j < n; j += 8) {
            v8 w = LOAD(m + j), gap = LOAD(x + j) - at[c];
            if (c < to->n_numeric)
                part += w * gap * gap;
            else
                part += (v8)((i8)w & (gap != all(0)));
        }
        sum[c] += total(part);
    }
}

static void pull(const fid__columns *to, const double *at, const double *a,
                 const double *b, size_t n, double *da, double *db)
{
    size_t n8 = (n + 7) / 8 * 8;
    for (size_t j = 0; j < n; j += 8) {
        v8 wa = LOAD(a + j), wb = LOAD(b + j);
        for (size_t c = 0; c < to->n_numeric; c++) {
            v8 gap = LOAD(to->x + c * to->ld + j) - at[c];
            double *ta = da + c * n8 + j, *tb = db + c * n8 + j;
            STORE(ta, LOAD(ta) + wa * gap);
            STORE(tb, LOAD(tb) + wb * gap);
        }
    }
}

static void gather(double s, const double *row, size_t n, double *sum)
{
    for (size_t j = 0; j < n; j += 8)
        STORE(sum + j, LOAD(sum + j) + s * LOAD(row + j));
}

static void squares(const double *row, size_t n, double *sum)
{
    for (size_t j = 0; j < n; j += 8) {
        v8 x = LOAD(row + j);
        STORE(sum + j, LOAD(sum + j) + x * x);
    }
}

/* cos(2 pi t) = sin(2 pi (1/4 - |t|)) on [-1/2, 1/2]; Taylor polynomial to x^17, error
 * below (pi/2)^19 / 19! = 5e-14. */
INLINE v8 cosine_of_turns(v8 t)
{
    const double magic = 0x1.8p52, two_pi = 6.28318530717958647693;
    v8 shifted = t + magic;
    t = t - (shifted - magic);
    i8 sign = (i8)t & (i8)all(-0.0);
    v8 s = two_pi * (0.25 - (v8)((i8)t ^ sign)), q = s * s;
    static const double c[] = {-1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800,
                               1.0 / 362880,         -1.0 / 5040,      1.0 / 120,
                               -1.0 / 6,             1.0};
    v8 p = all(1.0 / 355687428096000);
    for (int k = 0; k < 8; k++)
        p = p * q + c[k];
    return p * s;
}

static double waves(const double *turn, const double *a, size_t n)
{
    v8 sum = {0};
    for (size_t j = 0; j < n; j += 8)
        sum += LOAD(a + j) * cosine_of_turns(LOAD(turn + j));
    return total(sum);
}

const fid__gp_ops OPS = {distance, kernel, spread, pull, gather, squares, waves};
