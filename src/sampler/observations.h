/* What a history says, as a model wants it: which trials have values, which failed by
 * their own fault, which are still unknown. Private to the room. */
#ifndef SAMPLER_OBSERVATIONS_H
#define SAMPLER_OBSERVATIONS_H

#include <fidelio/history.h>

typedef struct {
    size_t n_metrics;              /* objectives, then constraints */
    size_t metric[FID_MAX_METRICS]; /* their numbers in the outline */
    double budget;                 /* the fidelity the values belong to */
    size_t n, n_bad, n_pending;
    uint64_t *trial;               /* [n] with all values finite, in order of number */
    double *loss;                  /* [n][n_metrics] */
    uint64_t *bad, *pending;       /* [n_bad], [n_pending] */
    size_t cap;
} fid__observations;

/* Read the whole history; buffers are kept between calls. With a fidelity the values are
 * those at the largest budget that at least `enough` trials reached; trials that ended
 * below it say nothing, those that may still get there are pending. O(n_trials). */
fid_status fid__observe(fid__observations *o, const fid_history *history, size_t enough);
void fid__observations_deinit(fid__observations *o); /* safe on zeroed bytes */

#endif
