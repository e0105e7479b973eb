#include "sampler/cma.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void fid__cma_deinit(fid__cma *cma)
{
    free(cma->mean);
    free(cma->covariance);
    free(cma->axes);
    free(cma->scale);
    free(cma->path_c);
    free(cma->path_sigma);
    free(cma->weights);
    free(cma->y);
    free(cma->step);
    free(cma->work);
    *cma = (fid__cma){0};
}

static fid_status allocate(fid__cma *cma)
{
    size_t n = cma->n, square = cma->full ? n * n : n;
    cma->mean = fid_alloc(n, sizeof(double));
    cma->covariance = fid_alloc(square, sizeof(double));
    cma->axes = fid_alloc(square, sizeof(double));
    cma->scale = fid_alloc(n, sizeof(double));
    cma->path_c = fid_alloc(n, sizeof(double));
    cma->path_sigma = fid_alloc(n, sizeof(double));
    cma->weights = fid_alloc(cma->lambda, sizeof(double));
    cma->y = fid_alloc(cma->lambda * n, sizeof(double));
    cma->step = fid_alloc(n, sizeof(double));
    cma->work = fid_alloc(square, sizeof(double));
    bool all = cma->mean && cma->covariance && cma->axes && cma->scale && cma->path_c &&
               cma->path_sigma && cma->weights && cma->y && cma->step && cma->work;
    return all ? FID_OK : FID_NOMEM;
}

static void set_rates(fid__cma *cma)
{
    double n = (double)cma->n, sum = 0, squares = 0;
    for (size_t i = 0; i < cma->mu; i++) {
        cma->weights[i] = log(((double)cma->lambda + 1) / 2) - log((double)i + 1);
        sum += cma->weights[i];
    }
    for (size_t i = 0; i < cma->mu; i++) {
        cma->weights[i] /= sum;
        squares += cma->weights[i] * cma->weights[i];
    }
    double m = cma->mu_eff = 1 / squares;
    cma->c_sigma = (m + 2) / (n + m + 5);
    cma->d_sigma = 1 + 2 * fmax(0, sqrt((m - 1) / (n + 1)) - 1) + cma->c_sigma;
    cma->c_c = (4 + m / n) / (n + 4 + 2 * m / n);
    cma->c_1 = 2 / ((n + 1.3) * (n + 1.3) + m);
    cma->c_mu = fmin(1 - cma->c_1, 2 * (m - 2 + 1 / m) / ((n + 2) * (n + 2) + m));
    if (!cma->full) { /* fewer numbers to learn: Ros & Hansen's factor */
        double faster = (n + 1.5) / 3;
        cma->c_1 = fmin(0.5, cma->c_1 * faster);
        cma->c_mu = fmin(1 - cma->c_1, cma->c_mu * faster);
    }
    cma->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

fid_status fid__cma_start(fid__cma *cma, size_t n, size_t lambda, const double *mean,
                          double sigma)
{
    fid__cma_deinit(cma);
    cma->n = n;
    cma->lambda = lambda;
    cma->mu = lambda / 2;
    cma->full = n <= FID__CMA_FULL;
    cma->sigma = sigma;
    FID_TRY(allocate(cma));
    set_rates(cma);
    memcpy(cma->mean, mean, n * sizeof *mean);
    for (size_t i = 0; i < n; i++) {
        size_t diagonal = cma->full ? i * n + i : i;
        cma->scale[i] = cma->covariance[diagonal] = cma->axes[diagonal] = 1;
    }
    return FID_OK;
}

double fid__cma_deviation(const fid__cma *cma, size_t d)
{
    return cma->sigma * sqrt(cma->covariance[cma->full ? d * cma->n + d : d]);
}

/* out <- B z, the eigenvectors being columns of B. */
static void rotate(const fid__cma *cma, const double *z, double *out)
{
    for (size_t i = 0; i < cma->n; i++) {
        out[i] = 0;
        for (size_t j = 0; j < cma->n; j++)
            out[i] += cma->axes[i * cma->n + j] * z[j];
    }
}

/* out <- C^-1/2 y = B D^-1 B' y; `work` of n. */
static void whiten(const fid__cma *cma, const double *y, double *work, double *out)
{
    size_t n = cma->n;
    if (!cma->full) {
        for (size_t i = 0; i < n; i++)
            out[i] = y[i] / cma->scale[i];
        return;
    }
    for (size_t j = 0; j < n; j++) {
        work[j] = 0;
        for (size_t i = 0; i < n; i++)
            work[j] += cma->axes[i * n + j] * y[i];
        work[j] /= cma->scale[j];
    }
    rotate(cma, work, out);
}

void fid__cma_draw(const fid__cma *cma, fid_rng *rng, double *x)
{
    size_t n = cma->n;
    for (size_t i = 0; i < n; i++)
        x[i] = cma->mean[i];
    for (size_t j = 0; j < n; j++) {
        double z = cma->sigma * cma->scale[j] * fid_rng_normal(rng);
        if (!cma->full) {
            x[j] += z;
            continue;
        }
        for (size_t i = 0; i < n; i++)
            x[i] += cma->axes[i * n + j] * z;
    }
}

/* One Jacobi rotation that makes a[p][q] zero; b collects the rotations. */
static void jacobi(double *a, double *b, size_t n, size_t p, size_t q)
{
    double apq = a[p * n + q];
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        double akp = a[k * n + p], akq = a[k * n + q];
        a[k * n + p] = c * akp - s * akq;
        a[k * n + q] = s * akp + c * akq;
    }
    for (size_t k = 0; k < n; k++) {
        double apk = a[p * n + k], aqk = a[q * n + k];
        a[p * n + k] = c * apk - s * aqk;
        a[q * n + k] = s * apk + c * aqk;
    }
    for (size_t k = 0; k < n; k++) {
        double bkp = b[k * n + p], bkq = b[k * n + q];
        b[k * n + p] = c * bkp - s * bkq;
        b[k * n + q] = s * bkp + c * bkq;
    }
}

/* Eigenvalues are kept above 1e-14 of the largest one. */
static void decompose(fid__cma *cma)
{
    size_t n = cma->n;
    double *a = cma->work, *b = cma->axes, largest = 0;
    if (cma->full) {
        memcpy(a, cma->covariance, n * n * sizeof *a);
        memset(b, 0, n * n * sizeof *b);
        for (size_t i = 0; i < n; i++)
            b[i * n + i] = 1;
        for (int sweep = 0; sweep < 30; sweep++) {
            bool rotated = false;
            for (size_t p = 0; p + 1 < n; p++) {
                for (size_t q = p + 1; q < n; q++) {
                    double scale = sqrt(fabs(a[p * n + p] * a[q * n + q]));
                    if (fabs(a[p * n + q]) <= 1e-14 * scale)
                        continue;
                    jacobi(a, b, n, p, q);
                    rotated = true;
                }
            }
            if (!rotated)
                break;
        }
    }
    for (size_t i = 0; i < n; i++) {
        cma->scale[i] = cma->full ? a[i * n + i] : cma->covariance[i];
        largest = fmax(largest, cma->scale[i]);
    }
    for (size_t i = 0; i < n; i++)
        cma->scale[i] = sqrt(fmax(cma->scale[i], 1e-14 * largest));
}

/* y[k] <- (x[k] - mean) / sigma, no longer than a draw would plausibly be. */
static void take_steps(fid__cma *cma, const double *const *x, double *white,
                       double *work)
{
    double n = (double)cma->n, longest = sqrt(n) + 2 * n / (n + 2);
    for (size_t k = 0; k < cma->mu; k++) {
        double *y = cma->y + k * cma->n, length = 0;
        for (size_t i = 0; i < cma->n; i++)
            y[i] = (x[k][i] - cma->mean[i]) / cma->sigma;
        whiten(cma, y, work, white);
        for (size_t i = 0; i < cma->n; i++)
            length += white[i] * white[i];
        length = sqrt(length);
        for (size_t i = 0; i < cma->n && length > longest; i++)
            y[i] *= longest / length;
    }
}

static void update_covariance(fid__cma *cma, bool stalled)
{
    size_t n = cma->n;
    double kept = 1 - cma->c_1 - cma->c_mu;
    if (stalled)
        kept += cma->c_1 * cma->c_c * (2 - cma->c_c);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = cma->full ? 0 : i; j <= i; j++) {
            double sum = cma->c_1 * cma->path_c[i] * cma->path_c[j];
            for (size_t k = 0; k < cma->mu; k++)
                sum += cma->c_mu * cma->weights[k] * cma->y[k * n + i] *
                       cma->y[k * n + j];
            size_t at = cma->full ? i * n + j : i;
            cma->covariance[at] = kept * cma->covariance[at] + sum;
            if (cma->full)
                cma->covariance[j * n + i] = cma->covariance[at];
        }
    }
}

void fid__cma_update(fid__cma *cma, const double *const *x)
{
    size_t n = cma->n;
    double *white = cma->y + cma->mu * n,
           *work = cma->work; /* mu < lambda: y has room */
    take_steps(cma, x, white, work);
    memset(cma->step, 0, n * sizeof *cma->step);
    for (size_t k = 0; k < cma->mu; k++) {
        for (size_t i = 0; i < n; i++)
            cma->step[i] += cma->weights[k] * cma->y[k * n + i];
    }
    whiten(cma, cma->step, work, white);
    double length = 0, cs = cma->c_sigma;
    for (size_t i = 0; i < n; i++) {
        cma->mean[i] += cma->sigma * cma->step[i];
        cma->path_sigma[i] = (1 - cs) * cma->path_sigma[i] +
                             sqrt(cs * (2 - cs) * cma->mu_eff) * white[i];
        length += cma->path_sigma[i] * cma->path_sigma[i];
    }
    length = sqrt(length);
    cma->generation++;
    double warm = sqrt(1 - pow(1 - cs, 2 * (double)cma->generation));
    bool stalled = length / warm >= (1.4 + 2 / ((double)n + 1)) * cma->chi;
    for (size_t i = 0; i < n; i++) {
        cma->path_c[i] *= 1 - cma->c_c;
        if (!stalled)
            cma->path_c[i] += sqrt(cma->c_c * (2 - cma->c_c) * cma->mu_eff) *
                              cma->step[i];
    }
    update_covariance(cma, stalled);
    cma->sigma *= exp(fmin(1, cs / cma->d_sigma * (length / cma->chi - 1)));
    decompose(cma);
}
