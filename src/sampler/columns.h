/* What TPE keeps of the trials: their coordinates by axis, and their standing. */
#ifndef SAMPLER_COLUMNS_H
#define SAMPLER_COLUMNS_H

#include "sampler/parzen.h"
#include "sampler/standing.h"

#include <fidelio/history.h>
#include <fidelio/space.h>

typedef struct {
    const fid_space *space;
    size_t dim;
    fid__axis *axes;         /* [dim] */
    fid__cells *cells;       /* [dim], those of small ordered grids are filled */
    bool *active;            /* [dim] work */
    size_t n, stride;        /* column 0 is the prior, column 1 + t is trial t */
    float *x, *floor;        /* [dim][stride], see parzen.h */
    fid__standing *standing; /* [stride], by column */
} fid__columns;

fid_status fid__columns_init(fid__columns *c, const fid_space *space);
void fid__columns_deinit(fid__columns *c);
/* Fold one event. O(dim) for a new trial (amortised), O(1) else. */
fid_status fid__columns_observe(fid__columns *c, const fid_history *history,
                                const fid_event *event);
/* Coordinates of a canonical point on the axes: at[dim]. */
void fid__columns_locate(const fid__columns *c, const double *u, bool *active,
                         float *at);

#endif
