/* The hot loops of TPE, of which candidates x kernels x axes is the hottest. Lanes are
 * explicit, so that sums have one order on every machine. */
#include "sampler/parzen.h"

#include <math.h>
#include <string.h>

enum { LANES = 8, GROUP = 4 };

typedef float lanes
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
typedef int32_t masks
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* The same arithmetic in wider registers where the processor has them. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#define INLINE static inline __attribute__((always_inline))

INLINE void select_larger(lanes *a, const lanes *b)
{
    masks less = *a < *b;
    *a = (lanes)((less & (masks)*b) | (~less & (masks)*a));
}

/* *x <- exp(*x) for x <= 0, relative error below 3e-7; 0 below -87 (Cephes' expf). */
INLINE void exponentiate(lanes *x)
{
    masks tiny = *x < -87.0f;
    lanes v = (lanes)(~tiny & (masks)*x);
    lanes shifted = v * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: rounds to whole */
    lanes n = shifted - 12582912.0f;
    v = v - n * 0.693359375f + n * 2.12194440e-4f;
    lanes y = v * 1.9875691500e-4f + 1.3981999507e-3f;
    y = y * v + 8.3334519073e-3f;
    y = y * v + 4.1665795894e-2f;
    y = y * v + 1.6666665459e-1f;
    y = y * v + 5.0000001201e-1f;
    y = y * v * v + v + 1.0f;
    masks power = ((masks)shifted << 23) + (127 << 23);
    *x = (lanes)(~tiny & (masks)(y * (lanes)power));
}

/* work[c][i] <- log of kernel i at candidate c, peak[c] <- the largest. */
INLINE void kernel_logs(const fid__parzen *p, const float *const at[GROUP], float *work,
                        float peak[GROUP])
{
    lanes most[GROUP];
    for (int c = 0; c < GROUP; c++)
        most[c] = (lanes){0} - 3e38f;
    size_t end = fid__parzen_stride(p->n);
    for (size_t i = 0; i < end; i += LANES) {
        lanes log[GROUP];
        for (int c = 0; c < GROUP; c++)
            log[c] = *(const lanes *)(p->base + i);
        for (size_t d = 0; d < p->dim; d++) {
            const fid__axis *axis = &p->axes[d];
            lanes x = *(const lanes *)(p->x + d * p->stride + i);
            lanes slope = *(const lanes *)(p->slope + d * p->stride + i);
            lanes norm = *(const lanes *)(p->norm + d * p->stride + i);
            for (int c = 0; c < GROUP; c++) {
                float t = at[c][d];
                if (axis->conditional) {
                    if (t < 0)
                        continue;
                    log[c] += norm;
                }
                if (axis->choices) {
                    log[c] += (lanes)((x == t) & (masks)((lanes){0} + p->gain[d]));
                } else {
                    lanes z = (x - t) * slope;
                    log[c] -= z * z;
                }
            }
        }
        for (int c = 0; c < GROUP; c++) {
            *(lanes *)(work + (size_t)c * p->stride + i) = log[c];
            select_larger(&most[c], &log[c]);
        }
    }
    for (int c = 0; c < GROUP; c++) {
        peak[c] = most[c][0];
        for (int l = 1; l < LANES; l++)
            peak[c] = most[c][l] > peak[c] ? most[c][l] : peak[c];
    }
}

INLINE double log_sum(const float *logs, size_t n, float peak)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        lanes x = *(const lanes *)(logs + i) - peak;
        exponentiate(&x);
        sum += x;
    }
    double total = 0;
    for (int l = 0; l < LANES; l++)
        total += (double)sum[l];
    return log(total) + (double)peak;
}

WIDE void fid__parzen_log_density(const fid__parzen *p, const float *at, size_t m,
                                  float *work, double *out)
{
    for (size_t first = 0; first < m; first += GROUP) {
        const float *group[GROUP];
        float peak[GROUP];
        for (size_t c = 0; c < GROUP; c++)
            group[c] = at + (first + c < m ? first + c : m - 1) * p->dim;
        kernel_logs(p, group, work, peak);
        for (size_t c = 0; c < GROUP && first + c < m; c++)
            out[first + c] = log_sum(work + c * p->stride, p->n, peak[c]);
    }
}

/* *x <- erf(*x) for x >= 0, within 1e-6: 7.1.28 of Abramowitz & Stegun. */
INLINE void error_function(lanes *x)
{
    lanes v = *x;
    lanes t = v * 0.0000430638f + 0.0002765672f;
    t = t * v + 0.0001520143f;
    t = t * v + 0.0092705272f;
    t = t * v + 0.0422820123f;
    t = t * v + 0.0705230784f;
    t = t * v + 1.0f;
    t *= t;
    t *= t;
    t *= t;
    t *= t;
    *x = 1.0f - 1.0f / t;
}

WIDE void fid__parzen_masses(const float *x, size_t n, float *slope, float *mass)
{
    for (size_t i = 0; i < n; i += LANES) {
        lanes at = *(const lanes *)(x + i), s = *(const lanes *)(slope + i);
        masks none = s <= 0.0f;
        s += (lanes)(none & (masks)((lanes){0} + 1.0f));
        at = (lanes)(~none & (masks)at);
        lanes inverse = 0.70710678f / s;
        lanes left = at * inverse, right = (1.0f - at) * inverse;
        error_function(&left);
        error_function(&right);
        lanes full = s * (left + right) * 1.25331414f; /* sqrt(pi / 2) */
        masks one = (masks)((lanes){0} + 1.0f);
        *(lanes *)(mass + i) = (lanes)((none & one) | (~none & (masks)full));
        *(lanes *)(slope + i) = (lanes)(~none & (masks)inverse);
    }
}
