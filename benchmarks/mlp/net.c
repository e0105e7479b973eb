/* Forward and backward through fully connected layers. */
#include "mlp.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t n_in(const net *m, size_t layer)
{
    return layer == 0 ? m->d : m->width;
}

static size_t n_out(const net *m, size_t layer)
{
    return layer == m->depth ? m->n_classes : m->width;
}

static size_t layer_at(const net *m, size_t layer)
{
    size_t at = 0;
    for (size_t l = 0; l < layer; l++)
        at += (n_in(m, l) + 1) * n_out(m, l);
    return at;
}

/* He et al. 2015 for rectifiers, Glorot and Bengio 2010 for the others. */
static void draw_weights(net *m, uint64_t seed)
{
    for (size_t l = 0; l <= m->depth; l++) {
        stream s = stream_of(seed, FOR_WEIGHTS, l);
        size_t in = n_in(m, l), out = n_out(m, l);
        bool rectifier = l < m->depth && (m->act == RELU || m->act == SILU);
        double sd = sqrt(rectifier ? 2.0 / (double)in : 2.0 / (double)(in + out));
        float *w = m->weights + layer_at(m, l);
        for (size_t i = 0; i < in * out; i++)
            w[i] = (float)(sd * stream_normal(&s));
    }
}

void net_init(net *m, size_t d, size_t width, size_t depth, size_t n_classes,
              activation act, double dropout, size_t batch, uint64_t seed)
{
    *m = (net){.d = d,
               .width = width,
               .depth = depth,
               .n_classes = n_classes,
               .act = act,
               .dropout = dropout,
               .batch = batch};
    m->n_weights = layer_at(m, depth + 1);
    m->weights = room(m->n_weights, sizeof(float));
    m->gradient = room(m->n_weights, sizeof(float));
    m->z = room(depth + 1, sizeof *m->z);
    m->a = room(depth + 1, sizeof *m->a);
    m->mask = room(depth + 1, sizeof *m->mask);
    for (size_t l = 0; l <= depth; l++) {
        m->z[l] = room(batch * n_out(m, l), sizeof(float));
        m->a[l] = room(batch * n_out(m, l), sizeof(float));
        m->mask[l] = room(batch * n_out(m, l), sizeof(float));
    }
    size_t widest = width > n_classes ? width : n_classes;
    m->dz = room(batch * widest, sizeof(float));
    m->da = room(batch * widest, sizeof(float));
    m->ones = room(batch, sizeof(float));
    for (size_t i = 0; i < batch; i++)
        m->ones[i] = 1;
    draw_weights(m, seed);
}

void net_deinit(net *m)
{
    for (size_t l = 0; l <= m->depth; l++) {
        free(m->z[l]);
        free(m->a[l]);
        free(m->mask[l]);
    }
    free(m->z);
    free(m->a);
    free(m->mask);
    free(m->weights);
    free(m->gradient);
    free(m->dz);
    free(m->da);
    free(m->ones);
}

static float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

static void activate(activation act, const float *z, size_t n, float *a)
{
    for (size_t i = 0; i < n; i++)
        switch (act) {
        case TANH:
            a[i] = tanhf(z[i]);
            break;
        case SIGMOID:
            a[i] = sigmoid(z[i]);
            break;
        case SILU:
            a[i] = z[i] * sigmoid(z[i]);
            break;
        default:
            a[i] = z[i] > 0 ? z[i] : z[i] * 0; /* NaN stays NaN */
        }
}

static float slope(activation act, float z)
{
    float s;
    switch (act) {
    case TANH:
        s = tanhf(z);
        return 1 - s * s;
    case SIGMOID:
        s = sigmoid(z);
        return s * (1 - s);
    case SILU:
        s = sigmoid(z);
        return s * (1 + z * (1 - s));
    default:
        return z > 0 ? 1 : 0;
    }
}

/* Inverted dropout (Srivastava et al. 2014): kept units are scaled up. */
static void drop_units(net *m, size_t layer, size_t n, stream *drop)
{
    float keep = (float)(1 / (1 - m->dropout));
    for (size_t i = 0; i < n; i++) {
        m->mask[layer][i] = stream_unit(drop) < m->dropout ? 0 : keep;
        m->a[layer][i] *= m->mask[layer][i];
    }
}

/* a <- softmax of z, row by row; the sum of -log a[y]. */
static double softmax(const float *z, const int *y, size_t n, size_t k, float *a,
                      size_t *wrong)
{
    double loss = 0;
    for (size_t i = 0; i < n; i++, z += k, a += k) {
        size_t best = 0;
        for (size_t c = 1; c < k; c++)
            if (!(z[c] <= z[best]))
                best = c;
        double sum = 0;
        for (size_t c = 0; c < k; c++)
            sum += a[c] = expf(z[c] - z[best]);
        for (size_t c = 0; c < k; c++)
            a[c] = (float)(a[c] / sum);
        loss += log(sum) - (double)(z[y[i]] - z[best]);
        *wrong += best != (size_t)y[i];
    }
    return loss;
}

double net_forward(net *m, const float *x, const int *y, size_t n, stream *drop,
                   size_t *wrong)
{
    const float *input = x;
    for (size_t l = 0; l <= m->depth; l++) {
        int in = (int)n_in(m, l), out = (int)n_out(m, l);
        const float *w = m->weights + layer_at(m, l), *b = w + (size_t)in * (size_t)out;
        for (size_t i = 0; i < n; i++)
            memcpy(m->z[l] + i * (size_t)out, b, (size_t)out * sizeof *b);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, out, in, 1,
                    input, in, w, out, 1, m->z[l], out);
        if (l == m->depth)
            break;
        activate(m->act, m->z[l], n * (size_t)out, m->a[l]);
        if (drop && m->dropout > 0)
            drop_units(m, l, n * (size_t)out, drop);
        input = m->a[l];
    }
    return softmax(m->z[m->depth], y, n, m->n_classes, m->a[m->depth], wrong) /
           (double)n;
}

void net_backward(net *m, const float *x, const int *y, size_t n)
{
    size_t k = m->n_classes;
    memcpy(m->dz, m->a[m->depth], n * k * sizeof *m->dz);
    for (size_t i = 0; i < n; i++)
        m->dz[i * k + (size_t)y[i]] -= 1;
    for (size_t l = m->depth + 1; l-- > 0;) {
        int in = (int)n_in(m, l), out = (int)n_out(m, l);
        const float *w = m->weights + layer_at(m, l);
        float *dw = m->gradient + layer_at(m, l), *db = dw + (size_t)in * (size_t)out;
        const float *input = l ? m->a[l - 1] : x;
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, (int)n,
                    1 / (float)n, input, in, m->dz, out, 0, dw, out);
        cblas_sgemv(CblasRowMajor, CblasTrans, (int)n, out, 1 / (float)n, m->dz, out,
                    m->ones, 1, 0, db, 1);
        if (l == 0)
            return;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, in, out, 1, m->dz,
                    out, w, out, 0, m->da, in);
        for (size_t i = 0; i < n * (size_t)in; i++)
            m->dz[i] = m->da[i] * slope(m->act, m->z[l - 1][i]) *
                       (m->dropout > 0 ? m->mask[l - 1][i] : 1);
    }
}
