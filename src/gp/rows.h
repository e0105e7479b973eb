/* The inner loops of gp, one table per instruction set (rows_*.c). Private. Lengths n are
 * rounded up to a multiple of 8 by the loops: buffers must have the room. */
#ifndef FID_GP_ROWS_H
#define FID_GP_ROWS_H

#include <fidelio/gp.h>

/* Columns are stored feature-major: column c of point j is x[c * ld + j]. */
typedef struct {
    const double *x;
    size_t ld;
    const double *weight; /* [n_numeric + n_hamming] */
    size_t n_numeric, n_hamming;
} fid__columns;

typedef struct {
    /* r2[j] = weighted distance from `at` (a row) to points j = 0..n-1 */
    void (*distance)(const fid__columns *to, const double *at, size_t n, double *r2);
    /* k[j] = s2 k(r2[j]), slope[j] = dk/d(r2) unless NULL; k may be r2 */
    void (*kernel)(fid_kernel kind, double s2, const double *r2, size_t n, double *k,
                   double *slope);
    /* sum[c] += sum_j m[j] d_c(at, j), for all columns */
    void (*spread)(const fid__columns *to, const double *at, const double *m, size_t n,
                   double *sum);
    /* da[c * n8 + j] += a[j] (x_c[j] - at_c), db likewise with b: numeric columns only,
     * n8 = n rounded up to 8 */
    void (*pull)(const fid__columns *to, const double *at, const double *a,
                 const double *b, size_t n, double *da, double *db);
    /* sum[j] += s * row[j], square[j] += row[j]^2 */
    void (*gather)(double s, const double *row, size_t n, double *sum);
    void (*squares)(const double *row, size_t n, double *sum);
    /* sum_j a[j] cos(2 pi turn[j]); a is 0 beyond n */
    double (*waves)(const double *turn, const double *a, size_t n);
} fid__gp_ops;

extern const fid__gp_ops fid__gp_base;
#if defined(__x86_64__)
extern const fid__gp_ops fid__gp_avx2, fid__gp_avx512;
#endif

const fid__gp_ops *fid__gp_rows(void);

#endif
