/* What the Gaussian process of one metric is given: a choice of the trials, their columns
 * and targets of mean 0 and variance 1. Private to the room. */
#ifndef SAMPLER_DATA_H
#define SAMPLER_DATA_H

#include <fidelio/gp.h>

#include "sampler/features.h"
#include "sampler/observations.h"

typedef struct {
    size_t n, n_bad; /* trials with values; failures, which follow them */
    size_t cap;
    uint64_t *trial; /* [n + n_bad] */
    double *rows;    /* [n + n_bad][width] */
    double *y;       /* [n] losses */
    double *z;       /* [n] warped losses */
    double *label;   /* [n + n_bad] 0, of failures 1 */
    double *scratch; /* [n] */
    size_t *index;   /* [n] scratch */
} fid__data;

/* All trials, or when there are more than `most` the better half and a sample of the
 * rest; the last 300 failures. Buffers are kept between calls; 0 the struct first. */
fid_status fid__data_load(fid__data *d, const fid__observations *seen,
                          const fid_history *history, const fid__features *features,
                          fid_warp warp, size_t most);
void fid__data_deinit(fid__data *d); /* safe on zeroed bytes */

/* index[0..k) <- the k best trials with values, best first. k <= n. */
void fid__data_best(const fid__data *d, size_t k);
/* The loss that a target stands for, along the line between its neighbours. O(n). */
double fid__data_unwarp(const fid__data *d, double z);

#endif
