#include <fidelio/rand.h>

#include "rand/philox.h"

#include <assert.h>

fid_rng fid_rng_stream(uint64_t seed, fid_rng_purpose purpose, uint64_t id)
{
    return (fid_rng){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .ctr = {0, (uint32_t)purpose, (uint32_t)id, (uint32_t)(id >> 32)},
    };
}

uint32_t fid_rng_u32(fid_rng *rng)
{
    if (rng->left == 0) {
        fid__philox4x32(rng->out, rng->ctr, rng->key);
        rng->ctr[0]++;
        rng->left = 4;
    }
    return rng->out[4 - rng->left--];
}

uint64_t fid_rng_u64(fid_rng *rng)
{
    uint64_t high = fid_rng_u32(rng);
    return high << 32 | fid_rng_u32(rng);
}

/* 52 bits, not 53: k + 0.5 must be exact, or the largest k rounds up to 1. */
double fid__open_unit(uint32_t high, uint32_t low)
{
    uint64_t k = (uint64_t)(high >> 6) << 26 | low >> 6;
    return ((double)k + 0.5) * 0x1p-52;
}

double fid_rng_uniform(fid_rng *rng)
{
    uint32_t high = fid_rng_u32(rng), low = fid_rng_u32(rng);
    return fid__open_unit(high, low);
}

uint64_t fid_rng_below(fid_rng *rng, uint64_t n)
{
    assert(n > 0);
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)fid_rng_u64(rng) * n;
    uint64_t low = (uint64_t)product;
    if (low < n) {
        uint64_t floor = -n % n;
        while (low < floor) {
            product = (wide)fid_rng_u64(rng) * n;
            low = (uint64_t)product;
        }
    }
    return (uint64_t)(product >> 64);
}

double fid_rng_normal(fid_rng *rng)
{
    return fid_normal_quantile(fid_rng_uniform(rng));
}

void fid_rng_shuffle(fid_rng *rng, size_t *index, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)fid_rng_below(rng, i);
        size_t kept = index[i - 1];
        index[i - 1] = index[j];
        index[j] = kept;
    }
}
