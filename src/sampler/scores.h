/* What the trials' values at several fidelities say, as ranks.
 *
 * The score of a trial at a level of the fidelity is a normal quantile by the rank of its
 * loss there, so any monotone change of the losses of one level changes nothing. Only the
 * better trials get to the higher levels: their ranks among themselves are spread over
 * what their scores one level below let expect, given how well the two levels have been
 * found to agree. So a score always compares with all trials, also those that were not
 * trained so far. Private to the room. */
#ifndef SAMPLER_SCORES_H
#define SAMPLER_SCORES_H

#include <fidelio/history.h>

enum { FID__MAX_LEVELS = 64 };

typedef struct {
    double agreement; /* expected rank correlation of one level with the next */
    double weight;    /* trials that this expectation counts for */
} fid__score_rules;

typedef struct {
    fid__score_rules rules;
    size_t n_levels;
    double level[FID__MAX_LEVELS];     /* budgets, ascending */
    double agreement[FID__MAX_LEVELS]; /* rank correlation of a level with the next */
    size_t count[FID__MAX_LEVELS];     /* trials with a loss at a level */
    size_t n, n_pending, cap;
    uint64_t *trial, *pending; /* [n] in order of number, [n_pending] */
    double *loss;              /* [n][n_levels]; NaN: none; infinite: failed */
    double *score;             /* [n][n_levels] small is good; NaN: none */
    double *best;              /* [n] expected score of full training, from the highest
                                  level that the trial got to */
    bool flat;                 /* nothing is better than anything */
    double *work;
    struct fid__scored *order; /* [n] work */
} fid__scores;

void fid__scores_init(fid__scores *s, const fid_outline *outline,
                      const fid__score_rules *rules);
void fid__scores_deinit(fid__scores *s); /* safe on zeroed bytes */

/* Read the whole history. O(n log n n_levels). */
fid_status fid__score(fid__scores *s, const fid_history *history);

#endif
