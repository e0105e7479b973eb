/* fidelio/linalg.h -- dense symmetric positive definite systems, one thread, no BLAS
 * settings touched, the same bits whatever the host does with its threads.
 *
 * A factor is the upper triangle U of K = U'U, row-major: element (i,j) is
 * u[i * ld + j] with j >= i; what lies below the diagonal is neither read nor written.
 * (U is the transpose of the usual lower factor L.)
 *
 * A panel is a block of FID_PANEL right-hand sides, row-major: p[i * FID_PANEL + c].
 * Every element of a result is a sum in index order with fused multiply-add, so AVX2 and
 * AVX-512 give equal bits, and a factor grown by a row equals one made in one go. */
#ifndef FID_LINALG_H
#define FID_LINALG_H

#include <fidelio/base.h>

enum { FID_PANEL = 32 };

/* The instruction set that was chosen for this machine: "AVX-512", "AVX2" or "base". */
FID_API const char *fid_linalg_instructions(void);

/* n rounded up so that rows start on a cache line: use it for `ld`. */
FID_API size_t fid_pad(size_t n);

/* U with U'U = K + *jitter * mean(diag K) * I, for the smallest of jitter 0, 1e-10, 1e-9,
 * .. 1e-4 that works. Reads the upper triangle of k; u must not overlap it. work:
 * [n * FID_PANEL]. FID_NOT_PD when none works (or an entry is not finite); then u holds
 * nothing of use. n^3/3 flop. */
FID_API fid_status fid_chol_factor(const double *k, size_t n, size_t ld, double *u,
                                   double *jitter, double *work);

/* Grow U by one row: column[0..n) holds the covariances with the new point and column[n]
 * its variance (jitter included by the caller); it is overwritten. FID_NOT_PD when the
 * new pivot is not positive; then u is untouched. n^2 flop. */
FID_API fid_status fid_chol_append(double *u, size_t n, size_t ld, double *column);

/* In place: U'V = B (lower), UQ = V (upper), for a panel of n rows. 2 n^2 FID_PANEL/2. */
FID_API void fid_chol_lower_panel(const double *u, size_t n, size_t ld, double *panel);
FID_API void fid_chol_upper_panel(const double *u, size_t n, size_t ld, double *panel);

/* In place: x <- U^-T x, x <- U^-1 x, for one right-hand side. */
FID_API void fid_chol_lower(const double *u, size_t n, size_t ld, double *x);
FID_API void fid_chol_upper(const double *u, size_t n, size_t ld, double *x);

/* log det K = 2 sum log u_ii. */
FID_API double fid_chol_logdet(const double *u, size_t n, size_t ld);

/* Upper triangle of K^-1 to inv (row-major, ld). scratch: [n * ld], gets the lower
 * triangle of U^-T; work: [n * FID_PANEL]. 2 n^3/3 flop. */
FID_API void fid_chol_inverse(const double *u, size_t n, size_t ld, double *inv,
                              double *scratch, double *work);

/* Sum in index order of eight interleaved partial sums. */
FID_API double fid_dot(const double *x, const double *y, size_t n);

#endif
