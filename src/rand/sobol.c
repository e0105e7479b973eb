/* Sobol points in natural (not Gray code) order, so that a point is a function of its
 * index. Scrambling: B. Burley, "Practical Hash-based Owen Scrambling", Journal of
 * Computer Graphics Techniques 9 (2020), listing 5. */
#include "rand/sobol.h"

#include "rand/philox.h"

enum { BITS = 32 };

static int degree(uint32_t polynomial)
{
    return 31 - __builtin_clz(polynomial);
}

/* v[0..n) <- the first n direction numbers of a dimension, as 32-bit fractions. */
static void directions(size_t dim, int n, uint32_t v[BITS])
{
    if (dim == 0) {
        for (int k = 0; k < n; k++)
            v[k] = UINT32_C(1) << (31 - k);
        return;
    }
    const fid__sobol_row *row = &fid__sobol_table[dim - 1];
    int s = degree(row->polynomial);
    for (int k = 0; k < n && k < s; k++)
        v[k] = (uint32_t)row->m[k] << (31 - k);
    for (int k = s; k < n; k++) {
        v[k] = v[k - s] ^ (v[k - s] >> s);
        for (int i = 1; i < s; i++)
            v[k] ^= v[k - i] & -((uint32_t)row->polynomial >> (s - i) & 1);
    }
}

static uint32_t reverse(uint32_t x)
{
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x);
}

static uint32_t owen(uint32_t x, uint32_t seed)
{
    x = reverse(x) + seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return reverse(x);
}

/* Seed of one dimension's scrambling; another one for each 2^32 indices (the sequence
 * itself starts over there). */
static uint32_t scramble_seed(uint64_t seed, uint32_t block, size_t dim)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, out[4];
    fid__philox4x32(out, (uint32_t[4]){block, FID_RNG_DESIGN, (uint32_t)dim, 1}, key);
    return out[0];
}

static double beyond_table(uint64_t seed, uint64_t index, size_t dim)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, out[4];
    fid__philox4x32(
        out, (uint32_t[4]){(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)dim, 2},
        key);
    return fid__open_unit(out[0], out[1]);
}

static int bits_needed(uint32_t largest)
{
    return largest ? BITS - __builtin_clz(largest) : 0;
}

static uint32_t combine(const uint32_t v[BITS], uint32_t index)
{
    uint32_t x = 0;
    for (int k = 0; index; k++, index >>= 1)
        x ^= v[k] & -(index & 1);
    return x;
}

/* Column `dim` of points first..first+n, all in one block of 2^32. Going from i to i +
 * 1 flips the trailing bits of i + 1, so prefix sums of v make a step one xor. */
static void column(uint64_t seed, uint64_t first, size_t n, size_t dim, size_t stride,
                   double *u)
{
    uint32_t start = (uint32_t)first, v[BITS], prefix[BITS];
    int bits = bits_needed((uint32_t)(first + n - 1));
    directions(dim, bits, v);
    uint32_t x = combine(v, start);
    for (int k = 0; k < bits; k++)
        prefix[k] = v[k] ^ (k ? prefix[k - 1] : 0);
    uint32_t scramble = scramble_seed(seed, (uint32_t)(first >> 32), dim);
    for (size_t i = 0; i < n; i++) {
        if (i)
            x ^= prefix[__builtin_ctz(start + (uint32_t)i)];
        u[i * stride] = ((double)owen(x, scramble) + 0.5) * 0x1p-32;
    }
}

void fid_sobol_points(uint64_t seed, uint64_t first, size_t n, size_t dim, double *u)
{
    while (n > 0) {
        uint64_t room = (UINT64_C(1) << 32) - (uint32_t)first;
        size_t part = n < room ? n : (size_t)room;
        for (size_t j = 0; j < dim && j < FID_SOBOL_MAX_DIM; j++)
            column(seed, first, part, j, dim, u + j);
        for (size_t j = FID_SOBOL_MAX_DIM; j < dim; j++)
            for (size_t i = 0; i < part; i++)
                u[i * dim + j] = beyond_table(seed, first + i, j);
        first += part;
        n -= part;
        u += part * dim;
    }
}

void fid_sobol_point(uint64_t seed, uint64_t index, size_t dim, double *u)
{
    fid_sobol_points(seed, index, 1, dim, u);
}

void fid_sobol_point_raw(uint64_t index, size_t dim, double *u)
{
    uint32_t v[BITS];
    for (size_t j = 0; j < dim; j++) {
        directions(j, bits_needed((uint32_t)index), v);
        u[j] = combine(v, (uint32_t)index) * 0x1p-32;
    }
}
