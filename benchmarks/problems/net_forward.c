/* The forward pass. Sums run in a fixed order, in sixteen lanes, so that the result is
 * the same on every processor and for every batch; the lanes are what makes it fast. */
#include "net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = BENCH_NET_LANES, MAX_HIDDEN = BENCH_NET_HIDDEN, GROUP = 8 };

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4)));

/* In the order of a tree: ((0+8)+(4+12))+.. */
static inline float sum_lanes(const lanes *v)
{
    float part[LANES];
    memcpy(part, v, sizeof part);
    for (size_t half = LANES / 2; half >= 1; half /= 2)
        for (size_t i = 0; i < half; i++)
            part[i] += part[i + half];
    return part[0];
}

static inline float dot(const float *a, const float *b, size_t d)
{
    lanes sum = {0};
    for (size_t i = 0; i < d; i += LANES)
        sum += *(const lanes *)(a + i) * *(const lanes *)(b + i);
    return sum_lanes(&sum);
}

static inline void add_scaled(float *y, float scale, const float *x, size_t d)
{
    for (size_t i = 0; i < d; i += LANES)
        *(lanes *)(y + i) += scale * *(const lanes *)(x + i);
}

#define TARGET
#define KERNEL(name) name##_plain
#include "net_kernel.h"
#undef TARGET
#undef KERNEL

#if defined(__x86_64__)
#define TARGET       __attribute__((target("avx2")))
#define KERNEL(name) name##_avx2
#include "net_kernel.h"
#undef TARGET
#undef KERNEL
#define TARGET       __attribute__((target("avx512f")))
#define KERNEL(name) name##_avx512
#include "net_kernel.h"
#endif

typedef void run_block_function(const bench__net_block *block, size_t d, size_t hidden,
                                size_t n, float *h, float *scratch);

static run_block_function *fastest(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return run_block_avx512;
    if (__builtin_cpu_supports("avx2"))
        return run_block_avx2;
#endif
    return run_block_plain;
}

static float transform_input(const bench_net_cont *c, float value)
{
    float t = value;
    if (c->tf == BENCH_TF_LOG)
        t = logf(value + (float)c->eps);
    else if (c->tf == BENCH_TF_NEGEXP)
        t = (float)(exp(-((double)value / c->c)) - c->eps);
    return (t - (float)c->sub) / (float)c->div;
}

static double transform_output(const bench_net_out *o, float s)
{
    float y = s * (float)o->mul + (float)o->add;
    switch (o->tf) {
    case BENCH_TF_EXP:
        return (double)(expf(y) - (float)o->eps);
    case BENCH_TF_NEGLOG:
        return -log((double)y + o->eps) * o->c;
    case BENCH_TF_ROUND:
        return rint((double)y);
    default:
        return (double)y;
    }
}

static void first_layer(const bench_net *net, const bench_net_row *row, float *h)
{
    const struct bench_net_weights *w = net->weights;
    const float *column = w->first;
    memcpy(h, w->first_bias, w->d * sizeof *h);
    for (size_t c = 0; c < net->n_cats; c++) {
        size_t width = net->cats[c].width;
        const float *embedding = w->embeddings[c] + (size_t)row->codes[c] * width;
        for (size_t i = 0; i < width; i++, column += w->d)
            add_scaled(h, embedding[i], column, w->d);
    }
    for (size_t c = 0; c < net->n_conts; c++, column += w->d)
        add_scaled(h, transform_input(&net->conts[c], row->numbers[c]), column, w->d);
}

static void head(const bench_net *net, const float *h, float *normed, double *y)
{
    const struct bench_net_weights *w = net->weights;
    for (size_t i = 0; i < w->d; i++) {
        float x = h[i] * w->gain[i] + w->offset[i];
        normed[i] = x > 0.0f ? x : 0.0f;
    }
    for (size_t o = 0; o < net->n_outs; o++) {
        float z = dot(w->head + o * w->d, normed, w->d) + w->head_bias[o];
        y[o] = transform_output(&net->outs[o], 1.0f / (1.0f + expf(-z)));
    }
}

fid_status bench_net_evaluate(const bench_net *net, const bench_net_row *rows, size_t n,
                              double *y)
{
    const struct bench_net_weights *w = net->weights;
    run_block_function *run_block = fastest();
    size_t padded = (w->hidden + LANES - 1) / LANES * LANES;
    float *h = aligned_alloc(64, GROUP * 2 * (w->d + padded) * sizeof *h);
    if (!h)
        return FID_NOMEM;
    float *scratch = h + GROUP * w->d;
    for (size_t start = 0; start < n; start += GROUP) {
        size_t group = n - start < GROUP ? n - start : GROUP;
        for (size_t r = 0; r < group; r++)
            first_layer(net, &rows[start + r], h + r * w->d);
        for (size_t b = 0; b < w->n_blocks; b++)
            run_block(&w->blocks[b], w->d, padded, group, h, scratch);
        for (size_t r = 0; r < group; r++)
            head(net, h + r * w->d, scratch, y + (start + r) * net->n_outs);
    }
    free(h);
    return FID_OK;
}
