/* fidelio/sampler.h -- contract of everything that proposes points.
 *
 * A sampler is a function of (options, history, stream). Its state is a cache: a fresh
 * state that has observed the same events suggests the same point, byte for byte, given
 * the same history and stream. What must survive between suggestions (fitted
 * hyperparameters that warm-start the next fit) goes through `memo` into the event and
 * comes back from fid_history_memo. */
#ifndef FID_SAMPLER_H
#define FID_SAMPLER_H

#include <fidelio/base.h>
#include <fidelio/history.h>
#include <fidelio/rand.h>
#include <fidelio/space.h>

enum { FID_MAX_MEMO = 512 };

typedef struct {
    uint64_t seed;        /* the study's: for designs that span suggestions (Sobol) */
    size_t n_initial;     /* size of the initial design; 0 = the sampler's rule */
    size_t n_parallel;    /* trials that run at once, as far as is known; 0 = 1 */
    double max_budget;    /* as in the outline */
    double deadline;      /* seconds of CPU a suggestion may take; 0 = 1 s. Exceeding it
                             must not change which point is suggested except through
                             sizes of work fixed beforehand */
    const char *acquisition; /* NULL = the sampler's default */
    const char *model;       /* NULL = the sampler's default */
    size_t grid_points;      /* grid: points per continuous dimension; 0 = 5 */
    bool noisy, deterministic; /* what the user says of the objective; neither = unknown */
    double only_seconds;  /* all that ends the study is so much time, so what a configuration
                             costs counts; 0 = it is not so */
} fid_sampler_options;

/* Why this point: recorded with the trial, shown by `explain`. */
typedef struct {
    int32_t level;          /* rung of the fallback ladder, 0 = as intended */
    const char *model;      /* static text: "gp", "sobol", "tpe", ... */
    double mean, sd;        /* predicted loss at the point, NaN when there is no model */
    double acquisition;     /* its value there, NaN when none */
    double memo[FID_MAX_MEMO];
    size_t n_memo;
} fid_suggestion;

typedef struct fid_sampler_type {
    const char *name; /* as written in YAML */
    const char *summary; /* one line for help */
    size_t state_size;

    /* Prepare `state` (zeroed bytes of the caller's). The space outlives it; options are
     * borrowed for the call. On failure leaves it fit for deinit. FID_UNSUPPORTED with
     * words when this space or outline cannot be served (grid over a continuous
     * dimension). */
    fid_status (*init)(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err);

    /* Told of every event in order, after it was folded into `history`. Cheap. NULL when
     * of no interest. */
    void (*observe)(void *state, const fid_history *history, const fid_event *event);

    /* Write a legal canonical point to u[dim] and say why. Draws only from `rng`; reads
     * no clock that decides, does no I/O. FID_EXHAUSTED: every configuration of a finite
     * space has been proposed. */
    fid_status (*suggest)(void *state, const fid_history *history, fid_rng *rng, double *u,
                          fid_suggestion *why);

    /* Release what `state` owns. Safe on zeroed bytes. May be NULL. */
    void (*deinit)(void *state);
} fid_sampler_type;

FID_API_DATA const fid_sampler_type fid_sampler_random;
FID_API_DATA const fid_sampler_type fid_sampler_sobol;
FID_API_DATA const fid_sampler_type fid_sampler_grid;
FID_API_DATA const fid_sampler_type fid_sampler_tpe;
FID_API_DATA const fid_sampler_type fid_sampler_cmaes;
FID_API_DATA const fid_sampler_type fid_sampler_evolution;
FID_API_DATA const fid_sampler_type fid_sampler_gp;   /* `method: bayes` */
FID_API_DATA const fid_sampler_type fid_sampler_thompson_mf;
FID_API_DATA const fid_sampler_type fid_sampler_auto; /* chooses by space and outline */

/* What `auto` is for this space and outline; any other type is itself. */
FID_API const fid_sampler_type *fid_sampler_chosen(const fid_sampler_type *type,
                                                   const fid_space *space,
                                                   const fid_outline *outline);

/* What a Gaussian process of all trials believes of the one of least loss. */
typedef struct {
    uint64_t trial;
    double loss, sd; /* without noise */
    bool noisy;      /* values of one configuration differ; else it is the incumbent */
} fid_belief;

/* Which trial is best when values are noisy: the least value seen is often luck. The trial
 * of least posterior mean among those that keep the constraints; of metric 0. FID_NOT_FOUND:
 * there is none. O(n^3) up to 1,000 trials. */
FID_API fid_status fid_believed_best(const fid_space *space, const fid_history *history,
                                     fid_belief *belief);

#endif
