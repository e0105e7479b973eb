/* What the next trial is to maximise, by the name that the user gives, and the search for
 * it. Private to the room. */
#ifndef SAMPLER_ACQUISITION_H
#define SAMPLER_ACQUISITION_H

#include "sampler/search.h"

enum { FID__N_LEAST = 8 };

typedef struct {
    size_t named; /* place in the table of names */
    double least[FID__N_LEAST];
} fid__acquisition;

/* name NULL = ei. FID_INVALID and words when there is no such acquisition. */
fid_status fid__acquisition_read(fid__acquisition *a, const char *name, fid_error *err);

/* Whether it is expected improvement alone. */
bool fid__acquisition_improves(const fid__acquisition *a);

/* fid__search_run of the acquisition of trial number `trial`: merit's model is conditioned,
 * its limits and what to improve on are set. *found: how many. FID_NOT_PD: it asks more
 * of the model than that can give. */
fid_status fid__acquisition_search(fid__acquisition *a, uint64_t trial,
                                   fid__search *search, fid__merit *merit,
                                   const fid__effort *effort, const double *theta,
                                   const double *anchors, size_t n_anchors,
                                   fid_rng *rng, double *points, double *values,
                                   size_t n, size_t *found);

#endif
