/* A Gaussian process of one metric over a space: fitted from the last optimum or afresh,
 * with a way out when that fails. Private to the room. */
#ifndef SAMPLER_SURROGATE_H
#define SAMPLER_SURROGATE_H

#include <fidelio/gp.h>

#include "sampler/features.h"
#include "sampler/settings.h"

/* How a model came to be; the first rungs of the sampler's ladder. */
enum {
    FID__LEVEL_WARM = 0,    /* as intended */
    FID__LEVEL_AFRESH = 1,  /* the last optimum led nowhere: fitted from the defaults */
    FID__LEVEL_DEFAULT = 2, /* no fit succeeded: default hyperparameters, much noise */
};

typedef struct {
    const fid__settings *settings;
    fid_gp *model, *fitting; /* all data; those that hyperparameters are fitted on */
    fid_gp_penalty *prior;   /* [n_theta] */
    double *theta, *other;   /* [n_theta] */
    size_t n_theta, groups, width;
    bool has_level;   /* the last lengthscale is that of the fidelity */
    size_t fitted_at; /* number of data at the last fit */
    double *rows, *z, *scale; /* [fit_max] the subset */
    size_t *index;
    size_t index_cap;
} fid__surrogate;

fid_status fid__surrogate_init(fid__surrogate *s, const fid__features *features,
                               const fid__settings *settings, bool deterministic);
/* The same with a metric of any axes (fid_gp_shape.oblique). A space of ordered dimensions
 * without conditions, each with a lengthscale. */
fid_status fid__surrogate_init_oblique(fid__surrogate *s, const fid__features *features,
                                       const fid__settings *settings, bool deterministic);
/* The user says that values are noisy: prefer as much noise as BoTorch does. */
void fid__surrogate_expect_noise(fid__surrogate *s);
void fid__surrogate_deinit(fid__surrogate *s); /* safe on zeroed bytes */

/* Model z[n] at rows[n][width], the noise of the i-th being scale[i] times the common one
 * (NULL: all 1). memo: what fid__surrogate_memo wrote the last time, NULL
 * at first. On success the model is conditioned and *level says how. FID_NOT_PD: no
 * hyperparameters gave a model. */
fid_status fid__surrogate_fit(fid__surrogate *s, const double *rows, const double *z,
                              const double *scale, size_t n, const double *memo, int32_t *level);

/* memo <- as if `s` had been fitted to what the model of the usual axes is. */
void fid__surrogate_begin(const fid__surrogate *s, const fid__surrogate *usual, double *memo);
/* Mean log density of each of z[n] given the others. FID_NOMEM. O(n^3). */
fid_status fid__surrogate_density(const fid__surrogate *s, const double *z, size_t n,
                                  double *density);
/* scale[groups] <- log inverse squared lengthscales along the axes. */
void fid__surrogate_scale(const fid__surrogate *s, double *scale);

size_t fid__surrogate_memo_size(const fid__surrogate *s);
void fid__surrogate_memo(const fid__surrogate *s, double *memo);

/* index[0..m) of values[n]: the better half of m, then the rest evenly by rank; each
 * part in rising order of value. m <= n; index has room for n. O(n log n). */
void fid__thin(const double *values, size_t n, size_t m, size_t *index);

#endif
