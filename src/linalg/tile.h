/* The inner loops of linalg, one table per instruction set (tile_*.c); chosen once at
 * run time. Private to the room. */
#ifndef FID_LINALG_TILE_H
#define FID_LINALG_TILE_H

#include <fidelio/linalg.h>

/* c[rows x FID_PANEL] -= A B with A(r,p) = a[p * step + r * row] for p < k, and
 * B(p,.) = b[p * FID_PANEL ..]; rows <= 4, c has FID_PANEL columns. */
typedef void fid__tile(const double *a, size_t step, size_t row, const double *b,
                       size_t k, double *c, size_t rows);

/* y[0..n) -= s * x[0..n) */
typedef void fid__axpy(double s, const double *x, double *y, size_t n);
typedef double fid__dot(const double *x, const double *y, size_t n);

typedef struct {
    const char *name;
    fid__tile *tile;
    fid__axpy *axpy;
    fid__dot *dot;
} fid__linalg_ops;

extern const fid__linalg_ops fid__linalg_base;
#if defined(__x86_64__)
extern const fid__linalg_ops fid__linalg_avx2, fid__linalg_avx512;
#endif

const fid__linalg_ops *fid__linalg(void);

#endif
