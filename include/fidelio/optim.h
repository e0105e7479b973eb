/* fidelio/optim.h -- minimise a smooth function in a box.
 *
 * Projected limited-memory BFGS (Nocedal & Wright 2006, algorithms 7.4 and 7.5, on the
 * free variables; Bertsekas 1982 for the projection) turned inside out: the caller
 * evaluates, so many searches can advance in step and be evaluated in one batch.
 *
 *   fid_lbfgs_start(s, x0, lo, hi);
 *   do { f = value(fid_lbfgs_x(s), g); } while (fid_lbfgs_tell(s, f, g));
 *   // fid_lbfgs_best(s), s->best_f
 */
#ifndef FID_OPTIM_H
#define FID_OPTIM_H

#include <fidelio/base.h>

typedef struct {
    double gtol;       /* stop when the projected gradient's largest entry is below; */
    double ftol;       /* or when a step gained less than ftol * max(|f|, 1) */
    double first_step; /* length (largest entry) of the first step tried */
    double max_step;   /* no step is longer (largest entry); 0 = no limit */
    size_t max_iter, max_eval;
} fid_lbfgs_options;

enum { FID_LBFGS_MEMORY = 8 };

typedef enum {
    FID_LBFGS_RUNNING,
    FID_LBFGS_CONVERGED, /* gtol or ftol */
    FID_LBFGS_LIMIT,     /* max_iter or max_eval */
    FID_LBFGS_STUCK,     /* no descent found along the gradient */
} fid_lbfgs_outcome;

typedef struct {
    size_t n;
    fid_lbfgs_options options;
    fid_lbfgs_outcome outcome;
    double best_f;          /* INFINITY until a finite value was told */
    size_t n_iter, n_eval;
    /* private */
    double f, step, slope, rho[FID_LBFGS_MEMORY];
    size_t n_pairs, newest, n_backtrack;
    double *block, *lo, *hi, *x, *g, *trial, *dir, *best, *s, *y;
} fid_lbfgs;

FID_API fid_status fid_lbfgs_init(fid_lbfgs *search, size_t n);
FID_API void fid_lbfgs_deinit(fid_lbfgs *search); /* safe on zeroed bytes */

/* Begin at x0 (clamped into the box). lo, hi: [n], copied; NULL = unbounded. */
FID_API void fid_lbfgs_start(fid_lbfgs *search, const fid_lbfgs_options *options,
                             const double *x0, const double *lo, const double *hi);
/* Where the value is wanted next. */
FID_API const double *fid_lbfgs_x(const fid_lbfgs *search);
/* The value and gradient there; a value that is not finite counts as +infinity.
 * false: over, see outcome. */
FID_API bool fid_lbfgs_tell(fid_lbfgs *search, double f, const double *g);
/* The best point told, [n]; x0 when none was finite. */
FID_API const double *fid_lbfgs_best(const fid_lbfgs *search);

/* Value at x; writes the gradient to g[n]. */
typedef double fid_objective(void *ctx, const double *x, double *g);

/* The whole loop: x is start and result. Returns the best value. */
FID_API double fid_minimize(fid_lbfgs *search, const fid_lbfgs_options *options,
                            fid_objective *f, void *ctx, double *x, const double *lo,
                            const double *hi);

#endif
