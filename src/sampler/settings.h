/* Every choice of the Gaussian-process sampler that a study of it may want to vary.
 * Private to the room. */
#ifndef SAMPLER_SETTINGS_H
#define SAMPLER_SETTINGS_H

#include <fidelio/gp.h>

typedef struct {
    double n_initial;    /* size of the design */
    double steps;        /* from this many dimensions on it is one by steps */
    double warp;         /* fid_warp; -1 = several in turn */
    double kernel;       /* fid_kernel */
    double noise_mean, noise_precision; /* of log noise, targets having variance 1 */
    double noise_low;    /* least log noise */
    double n_sobol, n_local, n_starts, max_eval, pull; /* fid__effort */
    double warm_eval, cold_eval; /* likelihood evaluations from the last optimum, afresh */
    double growth;       /* hyperparameters are fitted again when the data grew so much */
    double fit_max;      /* points that they are fitted on */
    double model_max;    /* points that predict */
    double noticed;      /* noise of more than this part of the variance is reckoned with */
    double failures;     /* chance of failing that is put up with */
    double belief;       /* weight of the user's prior, divided by the number of results */
    double kappa;        /* of UCB */
    double quadratic;    /* every which suggestion is a quadratic step; 0 = none */
    double quadratic_error; /* while its error is less than this */
    double oblique;      /* every which suggestion is by a metric of any axes; 0 = none */
    double oblique_from; /* results that it needs, in parts of the numbers it learns */
    double oblique_sd;   /* its entries off the diagonal */
    double oblique_gain; /* least gain in the mean log density of what is left out */
    double share;        /* of the trials that no choice is left without: fid__neglected */
    /* Of thompson_mf. */
    double pool_sobol, pool_local; /* points to look for the least of a draw at */
    double rounds;       /* times to look around the best of them */
    double n_features;   /* of a draw */
    double pool_data;    /* scores that predict */
    double level_mean, level_precision; /* of log inverse square lengthscale of levels */
    double rank_noise_mean, rank_noise_precision; /* of log noise of scores */
    double enough;       /* trials at a level before it is what is optimised */
    double random_share; /* of proposals that ask no model */
    double agreement, agreement_weight; /* fid__score_rules */
    double expense; /* power of the cost that improvement is divided by */
    double design_share; /* most of the trials that the time will pay for */
} fid__settings;

/* The defaults, changed by `text` ("warp=0,kernel=2"; NULL = no change). FID_INVALID and
 * words for an unknown key or a value that is no number. */
fid_status fid__settings_read(fid__settings *settings, const char *text, fid_error *err);

#endif
