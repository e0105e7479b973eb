/* One curve, all experts: a Kalman filter with the states (level, b), y = level + b phi
 * + noise. The level is diffuse at first, so the first report only sets it. */
#include "curve/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Share of the largest weight below which an expert is forgotten. */
#define FORGOTTEN 1e-6

/* Products of S stay within a double for this many updates: S > 1e-12 and < 1e6. */
enum { FLUSH_AFTER = 16, N_ARRAYS = 8 };

static fid_status allocate(fid__filter *f, size_t n)
{
    double *block = fid_alloc(n, N_ARRAYS * sizeof *block);
    uint16_t *expert = fid_alloc(n, sizeof *expert);
    if (!block || !expert) {
        free(block);
        free(expert);
        return FID_NOMEM;
    }
    *f = (fid__filter){.n = n,
                       .expert = expert,
                       .level = block,
                       .slope = block + n,
                       .vll = block + 2 * n,
                       .vlb = block + 3 * n,
                       .vbb = block + 4 * n,
                       .square = block + 5 * n,
                       .product = block + 6 * n,
                       .evidence = block + 7 * n};
    return FID_OK;
}

void fid__filter_deinit(fid__filter *f)
{
    free(f->level);
    free(f->expert);
    *f = (fid__filter){0};
}

fid_status fid__filter_start(fid__filter *f, const fid__bank *bank, double span,
                             double s, double y, double height)
{
    double phi[FID__SHAPES + 1];
    fid__shapes_at(s, span, phi);
    double unit = fmax(height, FID__LEAST_HEIGHT);
    FID_TRY(allocate(f, FID__EXPERTS));
    for (size_t k = 0; k < f->n; k++) {
        double b = bank->shape[k] == FID__SHAPES ? 0 : unit;
        double m = FID__AMPLITUDE_MEAN * b, sd = FID__AMPLITUDE_SD * b, v = sd * sd;
        double p = phi[bank->shape[k]];
        f->expert[k] = (uint16_t)k;
        f->level[k] = y - m * p;
        f->slope[k] = m;
        f->vll[k] = bank->r2[k] + v * p * p;
        f->vlb[k] = -v * p;
        f->vbb[k] = v;
        f->product[k] = 1;
    }
    f->n_seen = 1;
    f->s = s;
    return FID_OK;
}

/* Joseph's form of the update: the covariance stays positive however small the noise.
 */
void fid__filter_update(fid__filter *f, const fid__bank *bank, double span, double s,
                        double y)
{
    double phi[FID__SHAPES + 1];
    fid__shapes_at(s, span, phi);
    double elapsed = fid__clock(s, span) - fid__clock(f->s, span);
    for (size_t i = 0; i < f->n; i++) {
        size_t k = f->expert[i];
        double p = phi[bank->shape[k]], r2 = bank->r2[k];
        double vll = f->vll[i] + bank->q2[k] * elapsed, vlb = f->vlb[i],
               vbb = f->vbb[i];
        double hl = vll + p * vlb, hb = vlb + p * vbb; /* covariance with y */
        double S = hl + p * hb + r2, inverse = 1 / S;
        double gl = hl * inverse, gb = hb * inverse;
        double e = y - f->level[i] - p * f->slope[i];
        f->level[i] += gl * e;
        f->slope[i] += gb * e;
        double a = 1 - gl, b = -gl * p, c = -gb, d = 1 - gb * p;
        f->vll[i] = a * (a * vll + b * vlb) + b * (a * vlb + b * vbb) + gl * gl * r2;
        f->vlb[i] = c * (a * vll + b * vlb) + d * (a * vlb + b * vbb) + gl * gb * r2;
        f->vbb[i] = c * (c * vll + d * vlb) + d * (c * vlb + d * vbb) + gb * gb * r2;
        f->square[i] += e * e * inverse;
        f->product[i] *= S;
    }
    f->s = s;
    f->n_seen++;
    if (++f->n_unflushed == FLUSH_AFTER)
        fid__filter_flush(f);
}

void fid__filter_flush(fid__filter *f)
{
    static const double log_2pi = 1.8378770664093454836;
    for (size_t i = 0; i < f->n; i++) {
        f->evidence[i] -=
            0.5 * (f->square[i] + log(f->product[i]) + log_2pi * f->n_unflushed);
        f->square[i] = 0;
        f->product[i] = 1;
    }
    f->n_unflushed = 0;
}

void fid__filter_weights(const fid__filter *f, const double *prior, double *weight)
{
    double most = -(double)INFINITY, sum = 0;
    for (size_t i = 0; i < f->n; i++) {
        double since = f->n_unflushed ? -0.5 * (f->square[i] + log(f->product[i])) : 0;
        weight[i] = FID__TEMPER * (f->evidence[i] + since);
        most = fmax(most, weight[i]);
    }
    for (size_t i = 0; i < f->n; i++)
        sum += weight[i] = exp(weight[i] - most) * prior[f->expert[i]];
    for (size_t i = 0; i < f->n; i++)
        weight[i] /= sum;
}

void fid__filter_prune(fid__filter *f, double *weight)
{
    double most = 0;
    for (size_t i = 0; i < f->n; i++)
        most = fmax(most, weight[i]);
    double *const arrays[N_ARRAYS] = {f->level, f->slope,  f->vll,     f->vlb,
                                      f->vbb,   f->square, f->product, f->evidence};
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (weight[i] < FORGOTTEN * most)
            continue;
        weight[n] = weight[i];
        f->expert[n] = f->expert[i];
        for (size_t a = 0; a < N_ARRAYS; a++)
            arrays[a][n] = arrays[a][i];
        n++;
    }
    f->n = n;
}

void fid__filter_predict(const fid__filter *f, const fid__bank *bank, double span,
                         double s, double *mean, double *sd)
{
    double phi[FID__SHAPES + 1];
    fid__shapes_at(s, span, phi);
    double elapsed = fmax(fid__clock(s, span) - fid__clock(f->s, span), 0);
    for (size_t i = 0; i < f->n; i++) {
        size_t k = f->expert[i];
        double p = phi[bank->shape[k]];
        double v = f->vll[i] + 2 * p * f->vlb[i] + p * p * f->vbb[i];
        mean[i] = f->level[i] + p * f->slope[i];
        sd[i] = sqrt(fmax(v, 0) + bank->q2[k] * elapsed + bank->r2[k]);
    }
}

fid_status fid__filter_copy(fid__filter *to, const fid__filter *from)
{
    FID_TRY(allocate(to, from->n));
    size_t bytes = from->n * sizeof *from->level;
    memcpy(to->expert, from->expert, from->n * sizeof *from->expert);
    memcpy(to->level, from->level, bytes);
    memcpy(to->slope, from->slope, bytes);
    memcpy(to->vll, from->vll, bytes);
    memcpy(to->vlb, from->vlb, bytes);
    memcpy(to->vbb, from->vbb, bytes);
    memcpy(to->square, from->square, bytes);
    memcpy(to->product, from->product, bytes);
    memcpy(to->evidence, from->evidence, bytes);
    to->n_unflushed = from->n_unflushed;
    to->n_seen = from->n_seen;
    to->s = from->s;
    return FID_OK;
}
