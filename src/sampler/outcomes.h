/* What Gaussian processes of several metrics are given: a choice of the trials, their
 * columns, and a target by metric. As data.h for one. Private to the room. */
#ifndef SAMPLER_OUTCOMES_H
#define SAMPLER_OUTCOMES_H

#include "sampler/features.h"
#include "sampler/observations.h"

enum { FID__MOST_TARGETS = FID_MAX_METRICS + 2 };

typedef struct {
    size_t m, n_metrics; /* objectives; these and the constraints */
    size_t n, n_bad;     /* trials with values; failures, which follow them */
    size_t n_feasible, cap;
    uint64_t *trial;     /* [n + n_bad] */
    size_t *index;       /* [n] of the observations; scratch afterwards */
    size_t *feasible;    /* [n_feasible] those of the n that keep all constraints */
    double *rows;        /* [n + n_bad][width] */
    double *y;           /* [n] losses of objective 0 */
    double *scratch;     /* [n] */
    double *target;      /* [FID__MOST_TARGETS][cap], see fid__target */
    double reference[FID_MAX_METRICS]; /* of the objectives: the user's, as a target, or NaN */
} fid__outcomes;

void fid__outcomes_init(fid__outcomes *o, const fid_outline *outline);
void fid__outcomes_deinit(fid__outcomes *o); /* safe on zeroed bytes */

/* All trials, or when there are more than `most` the best and a sample of the rest, and
 * the last 300 failures. One objective is warped; several stay straight but for what is far behind.
 * Constraints keep their 0. Buffers are kept
 * between calls. */
fid_status fid__outcomes_load(fid__outcomes *o, const fid__observations *seen,
                              const fid_history *history, const fid__features *features,
                              fid_warp warp, size_t most);

/* Of metric k [n]; of k = n_metrics: 0, of failures 1 [n + n_bad]; of n_metrics + 1: for
 * the caller's use. */
static inline double *fid__target(const fid__outcomes *o, size_t k)
{
    return o->target + k * o->cap;
}

/* By how much trial i breaks its constraints, as a sum of targets. */
double fid__violation(const fid__outcomes *o, size_t i);

#endif
