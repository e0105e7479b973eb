/* Log expected growth of the dominated volume (fidelio/acq.h) where a Gaussian process
 * predicts each objective, in batches, with derivatives. Private to the room. */
#ifndef SAMPLER_VOLUME_H
#define SAMPLER_VOLUME_H

#include <fidelio/acq.h>
#include <fidelio/gp.h>

typedef struct {
    size_t m; /* objectives */
    const fid_gp *objective[FID_MAX_OBJECTIVES];
    fid_front *front; /* owned by whoever made it */
    size_t batch, n_numeric;
    double *mean, *var, *dmean, *dvar; /* [m][batch], [m][batch][n_numeric] */
} fid__volume;

/* Buffers for up to `batch` points; set objective and front afterwards. */
fid_status fid__volume_init(fid__volume *v, size_t m, size_t batch, size_t n_numeric);
void fid__volume_deinit(fid__volume *v); /* safe on zeroed bytes */

/* value[n] += at rows[n]; slope[n][n_numeric] += by the numeric columns unless NULL.
 * work: as fid_gp_predict wants it. */
void fid__volume_add(fid__volume *v, const double *rows, size_t n, double *value,
                     double *slope, double *work);

#endif
