/* The experts. The grids were chosen on half of the tasks and confirmed on the others:
 * benchmarks/LOG.md, "learning curves". */
#include "curve/curve.h"

#include <math.h>

/* Shapes as functions of s = step / first that rise towards their limit. Power laws:
 * Li, "pow4" without its second offset; sigmoids: Morgan-Mercer-Flodin; see Domhan,
 * Springenberg & Hutter (IJCAI 2015) for the families. Times are fractions of the span.
 */
static const double powers[FID__POWERS] = {0.15, 0.3, 0.5, 0.8, 1.2, 2, 3};
static const double exponentials[FID__EXPONENTIALS] = {0.03, 0.08, 0.2, 0.4, 0.8};
static const double sigmoids[FID__SIGMOIDS] = {0.05, 0.15, 0.3, 0.6};

static const double noises[FID__NOISES] = {1e-5, 1e-4, 8e-4, 4e-3, 2e-2, 8e-2};
static const double walks[FID__WALKS] = {0, 7e-4, 3e-3, 1.2e-2, 4e-2};
static const double flat_noises[FID__FLAT_NOISES] = {
    1e-6, 1e-5, 5e-5, 2e-4, 6e-4, 1.5e-3, 6e-3, 2e-2, 6e-2, 0.1, 0.17, 0.28, 0.45};
static const double flat_walks[FID__FLAT_WALKS] = {0,    3e-6, 3e-5, 2e-4,
                                                   6e-4, 2e-3, 6e-3, 2e-2};

/* The walks' sizes are per step of a curve of WALK_STEPS steps, on average. */
enum { WALK_STEPS = 50 };

/* A peak: a power law whose improvement is eaten up by PEAK of it at the end. */
#define PEAK 0.8

/* Curves of nothing but noise exist, seldom. */
#define LOUD        0.07
#define LOUD_WEIGHT 0.1

/* Most happens early, on a scale of log s, but annealed learning rates move curves at
 * the end, so the walk's clock goes on. */
#define LATE 6

double fid__clock(double s, double span)
{
    return log(s) + LATE * s / span;
}

/* Unnormalised. */
static void raw_shapes(double s, double span, double h[FID__SHAPES])
{
    size_t k = 0;
    double log_s = log(s);
    for (size_t i = 0; i < FID__POWERS; i++)
        h[k++] = -exp(-powers[i] * log_s);
    for (size_t i = 0; i < FID__EXPONENTIALS; i++)
        h[k++] = -exp(-s / (exponentials[i] * span));
    for (size_t i = 0; i < FID__SIGMOIDS; i++) {
        double x = s / (sigmoids[i] * span);
        h[k++] = -1 / (1 + x * x * x);
    }
    h[k++] = log_s;
    h[k++] = s;
    h[k++] = s * s * s;
    h[k++] = 1 - 1 / s;
}

/* The shapes at 1 and at the end do not change with s, but cost less than a cache. */
void fid__shapes_at(double s, double span, double phi[FID__SHAPES + 1])
{
    double first[FID__SHAPES], last[FID__SHAPES];
    raw_shapes(1, span, first);
    raw_shapes(span, span, last);
    raw_shapes(s, span, phi);
    for (size_t k = 0; k < FID__SHAPES; k++)
        phi[k] = -(phi[k] - first[k]) / (last[k] - first[k]);
    phi[FID__SHAPES - 1] += PEAK * (s - 1) / span;
    phi[FID__SHAPES] = 0;
}

static size_t add_grid(fid__bank *bank, size_t k, size_t shape, const double *r,
                       size_t n_r, const double *q, size_t n_q, double weight,
                       double span)
{
    for (size_t i = 0; i < n_r; i++)
        for (size_t j = 0; j < n_q; j++, k++) {
            bank->shape[k] = (uint8_t)shape;
            bank->r2[k] = r[i] * r[i];
            bank->q2[k] = q[j] * q[j] * WALK_STEPS / fid__clock(span, span);
            bank->base[k] = r[i] > LOUD ? LOUD_WEIGHT * weight : weight;
        }
    return k;
}

void fid__bank_init(fid__bank *bank, double span)
{
    size_t k = 0;
    for (size_t shape = 0; shape < FID__SHAPES; shape++)
        k = add_grid(bank, k, shape, noises, FID__NOISES, walks, FID__WALKS,
                     1.0 / FID__SHAPES, span);
    k = add_grid(bank, k, FID__SHAPES, flat_noises, FID__FLAT_NOISES, flat_walks,
                 FID__FLAT_WALKS, 1, span);
    double sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += bank->base[i];
    for (size_t i = 0; i < k; i++)
        bank->base[i] /= sum;
}
