/* Maximise a merit over a space: scrambled Sobol points and points around the best known,
 * then from the most promising of them box-bounded quasi-Newton in the continuous
 * coordinates (all searches in step, evaluated as one batch) in turn with the best single
 * exchange in the discrete ones. Private to the room. */
#ifndef SAMPLER_SEARCH_H
#define SAMPLER_SEARCH_H

#include <fidelio/optim.h>
#include <fidelio/rand.h>

#include "sampler/merit.h"
#include "sampler/neglect.h"

typedef struct {
    size_t n_sobol;   /* points over the whole cube (or the box) */
    size_t n_local;   /* points around the anchors */
    size_t n_starts;  /* searches */
    size_t max_eval;  /* evaluations of each quasi-Newton search */
    double pull;      /* spread of the points around anchors, in lengthscales */
    const fid__choice *choice; /* NULL, or what to stay with */
    const double *box_low, *box_high; /* [dim] or NULL: stay inside */
} fid__effort;

typedef struct {
    const fid__features *features;
    size_t n, cap;
    double *points, *value; /* [cap][dim], [cap]: candidates */
    size_t n_starts;
    double *starts, *start_value; /* [n_starts][dim], [n_starts] */
    double *trial, *trial_value, *slope; /* [FID__MERIT_BATCH + n_starts][dim].. */
    double *scale;          /* [dim] one over the lengthscale, tamed */
    double *x, *low, *high, *g; /* [n_relaxed] */
    fid_lbfgs *searches;    /* [n_searches] */
    size_t n_searches, n_relaxed;
    size_t *relaxed;        /* dimensions that quasi-Newton moves */
    bool *active;           /* [dim] */
    size_t *order;          /* [cap] */
} fid__search;

fid_status fid__search_init(fid__search *s, const fid__features *features,
                            const fid__effort *most);
void fid__search_deinit(fid__search *s); /* safe on zeroed bytes */

/* Only the first step: legal canonical points, spread and around the anchors, to
 * points[0..n). */
void fid__search_candidates(fid__search *s, const fid__effort *effort,
                            const double *theta, const double *anchors,
                            size_t n_anchors, fid_rng *rng);

/* Legal canonical points in order of falling merit, written to points[n][dim]; the number
 * found (at least 1) is returned. anchors[n_anchors][dim]: the best known, best first.
 * theta: the objective's log inverse squared lengthscales. */
size_t fid__search_run(fid__search *s, fid__merit *merit, const fid__effort *effort,
                       const double *theta, const double *anchors, size_t n_anchors,
                       fid_rng *rng, double *points, double *values, size_t n);

#endif
