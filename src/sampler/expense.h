/* What training a configuration costs: a Gaussian process of the log of seconds per unit
 * of fidelity (Snoek, Larochelle, Adams, "Practical Bayesian optimization of machine
 * learning algorithms", 2012, section 3.2). Private to the room. */
#ifndef SAMPLER_EXPENSE_H
#define SAMPLER_EXPENSE_H

#include "sampler/surrogate.h"

#include <fidelio/history.h>

typedef struct {
    const fid__features *features;
    fid__settings settings;
    fid__surrogate model;
    double sd; /* of the logs */
    size_t width;
    double *rows, *z; /* [][width], [] */
    double *work;
    size_t work_size;
} fid__expense;

fid_status fid__expense_init(fid__expense *e, const fid__features *features,
                             const fid__settings *settings);
void fid__expense_deinit(fid__expense *e); /* safe on zeroed bytes */

/* Read the trials that ran. FID_NOT_FOUND: too few, or all cost the same; FID_NOT_PD. */
fid_status fid__expense_fit(fid__expense *e, const fid_history *history);

/* cost[m] <- of m rows, up to a factor that all share. */
void fid__expense_at(fid__expense *e, const double *rows, size_t m, double *cost);

#endif
