/* The merit of points: log expected improvement of the objective (or growth of the volume
 * that several objectives dominate), plus the log probability that constraints hold and
 * the trial does not fail, plus the user's belief as it fades (piBO). In batches, with
 * derivatives. Private to the room. */
#ifndef SAMPLER_MERIT_H
#define SAMPLER_MERIT_H

#include <fidelio/gp.h>

#include "sampler/features.h"
#include "sampler/volume.h"

enum { FID__MERIT_BATCH = 256 };

typedef enum {
    FID__MERIT_EI,
    FID__MERIT_PI,
    FID__MERIT_UCB,
    FID__MERIT_MES,
    FID__MERIT_DRAW,     /* minus a function drawn from the posterior */
    FID__MERIT_FEASIBLE, /* nothing of the objective */
} fid__merit_kind;

typedef struct {
    const fid_gp *gp;
    double bound; /* the modelled value must not exceed it */
} fid__limit;

typedef struct {
    const fid__features *features;
    fid__merit_kind kind;
    const fid_gp *objective;
    double best;  /* EI, PI: what to improve on */
    double kappa; /* UCB */
    const double *least; /* MES: [n_least] what the least value may be */
    size_t n_least;
    fid_gp_draw *draw; /* DRAW */
    fid__volume *volume; /* several objectives: counts instead of all above; or NULL */
    const fid__limit *limits;
    size_t n_limits;
    double belief; /* weight of the log prior */
    /* workspace */
    double *rows, *mean, *var, *dmean, *dvar, *slope, *work;
    size_t work_size;
} fid__merit;

/* Buffers for these features and for models of any size; 0 the struct first. */
fid_status fid__merit_init(fid__merit *m, const fid__features *features);
/* To be called when the models were replaced. */
fid_status fid__merit_fit_work(fid__merit *m);
void fid__merit_deinit(fid__merit *m);

/* value[n] at u[n][dim]; du[n][dim] unless NULL. */
void fid__merit_of(fid__merit *m, const double *u, size_t n, double *value, double *du);

#endif
