/* What the files of gp share about a model. Private. */
#ifndef FID_GP_MODEL_H
#define FID_GP_MODEL_H

#include <fidelio/gp.h>
#include <fidelio/linalg.h>

#include "gp/rows.h"

struct fid_gp {
    fid_gp_shape shape;
    size_t *group;      /* shape.group points here */
    size_t n_columns, n_theta;
    size_t n, ld;       /* points; stride of matrices and of feature-major columns */
    double *block;      /* everything below up to `chol` */
    double *rows;       /* [n][n_columns], oblique: mixed */
    double *given;      /* oblique: [n][n_columns] as they came */
    double *columns;    /* [n_columns][ld] */
    double *y, *scale;  /* [ld] */
    double *alpha, *ones, *tmp; /* [ld]: K^-1(y - m), K^-1 1, scratch */
    double *weight, *spread;    /* [n_columns] */
    double *mix;        /* oblique: [n_columns][n_columns], I + B */
    double *pulled;     /* oblique: [ld][n_columns + 1], scratch of the gradient */
    double *panel;      /* [ld][FID_PANEL] */
    double *chol;       /* [ld][ld], U */
    double *gram;       /* [ld][ld] or NULL: K, then K^-1 */
    double *slope, *inverse; /* [ld][ld] or NULL: dk/dr2; U^-T */
    bool conditioned;
    double s2, noise, mean, jitter;
};

/* Room for n points; the data are lost when it has to grow. */
fid_status fid__gp_reserve(fid_gp *gp, size_t n);
/* Fill upper triangles of gram, and slope when asked. */
void fid__gp_gram(fid_gp *gp, bool with_slope);
/* Weights, s2 and noise from theta; false when one is not a usable number. */
bool fid__gp_load_theta(fid_gp *gp, const double *theta);
/* alpha and mean from the factor. Returns (y-m)'K^-1(y-m). */
double fid__gp_solve(fid_gp *gp);
fid_status fid__gp_need_matrices(fid_gp *gp, bool for_gradient);
fid__columns fid__gp_columns(const fid_gp *gp);
/* Fill rows and columns from what was given after `mix` has changed. */
void fid__gp_mix(fid_gp *gp);
/* x as it is compared, to out[c * stride]. */
void fid__gp_mixed(const fid_gp *gp, const double *x, double *out, size_t stride);

#endif
