#include <fidelio/linalg.h>

#include "linalg/tile.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

const fid__linalg_ops *fid__linalg(void)
{
#if defined(__x86_64__)
    static _Atomic(const fid__linalg_ops *) chosen;
    const fid__linalg_ops *ops = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (ops)
        return ops;
    ops = &fid__linalg_base;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        ops = &fid__linalg_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        ops = &fid__linalg_avx512;
    atomic_store_explicit(&chosen, ops, memory_order_relaxed);
    return ops;
#else
    return &fid__linalg_base;
#endif
}

const char *fid_linalg_instructions(void)
{
    return fid__linalg()->name;
}

size_t fid_pad(size_t n)
{
    size_t ld = (n + 7) / 8 * 8;
    /* Rows a multiple of 512 bytes apart share few cache sets. */
    return ld % 64 == 0 && ld >= 128 ? ld + 8 : ld;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Rows i..i+rows of the panel, given that what lies above is already subtracted. */
static void finish_lower(const double *u, size_t ld, size_t i, size_t rows,
                         double *panel)
{
    const fid__linalg_ops *ops = fid__linalg();
    for (size_t r = 0; r < rows; r++) {
        double *row = panel + (i + r) * FID_PANEL;
        for (size_t s = 0; s < r; s++)
            ops->axpy(u[(i + s) * ld + i + r], panel + (i + s) * FID_PANEL, row,
                      FID_PANEL);
        double scale = 1 / u[(i + r) * ld + i + r];
        for (size_t c = 0; c < FID_PANEL; c++)
            row[c] *= scale;
    }
}

/* The same for a panel that is zero above row `first`. */
static void lower_from(const double *u, size_t n, size_t ld, size_t first,
                       double *panel)
{
    const fid__linalg_ops *ops = fid__linalg();
    for (size_t i = first; i < n; i += 4) {
        size_t rows = least(4, n - i);
        ops->tile(u + first * ld + i, ld, 1, panel + first * FID_PANEL, i - first,
                  panel + i * FID_PANEL, rows);
        finish_lower(u, ld, i, rows, panel);
    }
}

void fid_chol_lower_panel(const double *u, size_t n, size_t ld, double *panel)
{
    lower_from(u, n, ld, 0, panel);
}

void fid_chol_upper_panel(const double *u, size_t n, size_t ld, double *panel)
{
    const fid__linalg_ops *ops = fid__linalg();
    for (size_t end = n; end > 0;) {
        size_t rows = end % 4 ? end % 4 : 4, i = end - rows;
        ops->tile(u + i * ld + end, 1, ld, panel + end * FID_PANEL, n - end,
                  panel + i * FID_PANEL, rows);
        for (size_t r = rows; r-- > 0;) {
            double *row = panel + (i + r) * FID_PANEL;
            for (size_t s = rows; s-- > r + 1;)
                ops->axpy(u[(i + r) * ld + i + s], panel + (i + s) * FID_PANEL, row,
                          FID_PANEL);
            double scale = 1 / u[(i + r) * ld + i + r];
            for (size_t c = 0; c < FID_PANEL; c++)
                row[c] *= scale;
        }
        end = i;
    }
}

/* Factor the diagonal block whose columns are those of the panel; rows above `start`
 * are done. false: a pivot is not positive. */
static bool factor_block(size_t start, size_t width, double *panel)
{
    const fid__linalg_ops *ops = fid__linalg();
    for (size_t i = 0; i < width; i += 4) {
        size_t rows = least(4, width - i);
        ops->tile(panel + i, FID_PANEL, 1, panel, start + i,
                  panel + (start + i) * FID_PANEL, rows);
        for (size_t r = 0; r < rows; r++) {
            double *row = panel + (start + i + r) * FID_PANEL;
            for (size_t s = 0; s < r; s++) {
                const double *above = panel + (start + i + s) * FID_PANEL;
                ops->axpy(above[i + r], above, row, FID_PANEL);
            }
            double pivot = row[i + r];
            if (!(pivot > 0) || !isfinite(pivot))
                return false;
            double root = sqrt(pivot), scale = 1 / root;
            for (size_t c = i + r + 1; c < FID_PANEL; c++)
                row[c] *= scale;
            row[i + r] = root;
        }
    }
    return true;
}

static bool factor(const double *k, size_t n, size_t ld, double *u, double add,
                   double *work)
{
    for (size_t at = 0; at < n; at += FID_PANEL) {
        size_t width = least(FID_PANEL, n - at), bottom = at + width;
        for (size_t i = 0; i < bottom; i++) {
            memcpy(work + i * FID_PANEL, k + i * ld + at, width * sizeof *k);
            memset(work + i * FID_PANEL + width, 0, (FID_PANEL - width) * sizeof *k);
        }
        for (size_t c = 0; c < width; c++)
            work[(at + c) * FID_PANEL + c] += add;
        lower_from(u, at, ld, 0, work);
        if (!factor_block(at, width, work))
            return false;
        for (size_t i = 0; i < bottom; i++) {
            size_t from = i < at ? 0 : i - at;
            memcpy(u + i * ld + at + from, work + i * FID_PANEL + from,
                   (width - from) * sizeof *k);
        }
    }
    return true;
}

fid_status fid_chol_factor(const double *k, size_t n, size_t ld, double *u,
                           double *jitter, double *work)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += k[i * ld + i] / (double)n;
    *jitter = 0;
    if (!isfinite(mean))
        return FID_NOT_PD;
    for (double j = 0; j<2e-4; j = j> 0 ? j * 10 : 1e-10) {
        *jitter = j;
        if (factor(k, n, ld, u, j * mean, work))
            return FID_OK;
    }
    return FID_NOT_PD;
}

fid_status fid_chol_append(double *u, size_t n, size_t ld, double *column)
{
    const fid__linalg_ops *ops = fid__linalg();
    fid_chol_lower(u, n, ld, column);
    for (size_t j = 0; j < n; j++)
        ops->axpy(column[j], column + j, column + n, 1);
    if (!(column[n] > 0) || !isfinite(column[n]))
        return FID_NOT_PD;
    column[n] = sqrt(column[n]);
    for (size_t j = 0; j <= n; j++)
        u[j * ld + n] = column[j];
    return FID_OK;
}

void fid_chol_lower(const double *u, size_t n, size_t ld, double *x)
{
    const fid__linalg_ops *ops = fid__linalg();
    for (size_t i = 0; i < n; i++) {
        x[i] *= 1 / u[i * ld + i];
        ops->axpy(x[i], u + i * ld + i + 1, x + i + 1, n - i - 1);
    }
}

void fid_chol_upper(const double *u, size_t n, size_t ld, double *x)
{
    const fid__linalg_ops *ops = fid__linalg();
    for (size_t i = n; i-- > 0;)
        x[i] = (x[i] - ops->dot(u + i * ld + i + 1, x + i + 1, n - i - 1)) *
               (1 / u[i * ld + i]);
}

double fid_chol_logdet(const double *u, size_t n, size_t ld)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += log(u[i * ld + i]);
    return 2 * sum;
}

/* X = U^-T, lower triangular, one panel of columns at a time. */
static void invert_factor(const double *u, size_t n, size_t ld, double *x, double *work)
{
    for (size_t at = 0; at < n; at += FID_PANEL) {
        size_t width = least(FID_PANEL, n - at);
        memset(work + at * FID_PANEL, 0, (n - at) * FID_PANEL * sizeof *work);
        for (size_t c = 0; c < width; c++)
            work[(at + c) * FID_PANEL + c] = 1;
        lower_from(u, n, ld, at, work);
        for (size_t i = at; i < n; i++)
            memcpy(x + i * ld + at, work + i * FID_PANEL, width * sizeof *x);
    }
}

void fid_chol_inverse(const double *u, size_t n, size_t ld, double *inv, double *x,
                      double *work)
{
    const fid__linalg_ops *ops = fid__linalg();
    invert_factor(u, n, ld, x, work);
    for (size_t at = 0; at < n; at += FID_PANEL) {
        size_t width = least(FID_PANEL, n - at);
        for (size_t i = at; i < n; i++) {
            memcpy(work + i * FID_PANEL, x + i * ld + at, width * sizeof *x);
            memset(work + i * FID_PANEL + width, 0, (FID_PANEL - width) * sizeof *x);
        }
        for (size_t i = 0; i < at + width; i += 4) {
            size_t rows = least(4, at + width - i);
            double sum[4 * FID_PANEL] = {0};
            ops->tile(x + at * ld + i, ld, 1, work + at * FID_PANEL, n - at, sum, rows);
            for (size_t r = 0; r < rows; r++)
                for (size_t c = i + r > at ? i + r - at : 0; c < width; c++)
                    inv[(i + r) * ld + at + c] = -sum[r * FID_PANEL + c];
        }
    }
}

double fid_dot(const double *x, const double *y, size_t n)
{
    return fid__linalg()->dot(x, y, n);
}
