#ifndef SAMPLER_STANDING_H
#define SAMPLER_STANDING_H

#include <fidelio/history.h>

typedef enum {
    FID__FEASIBLE,   /* has a loss, and every constraint that the trial reports holds */
    FID__INFEASIBLE, /* has a loss */
    FID__PENDING,    /* nothing known yet */
    FID__BAD,        /* failed by its own fault, or diverged */
    FID__VOID,       /* ended for reasons that say nothing about its configuration */
} fid__group;

/* How good a trial is known to be. */
typedef struct {
    fid__group group;
    double reach; /* INFINITY when complete, else the largest step */
    double loss;  /* of metric 0; INFEASIBLE: the sum of violations */
} fid__standing;

fid__standing fid__standing_of(const fid_history *history, uint64_t trial);

/* Better first: by group, then larger reach (what is known of more training weighs
 * more, as in Optuna's TPE), then smaller loss. < 0: a is better. */
int fid__standing_compare(const fid__standing *a, const fid__standing *b);

#endif
