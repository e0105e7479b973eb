/* One score per trial from values at several fidelities, and how much it can be trusted.
 *
 * Scores are ranks, so any monotone change of the losses of one fidelity changes nothing:
 * normal quantiles by the losses at the lowest level; then, level by level upwards, the
 * trials that got there exchange their scores so that these are in the order of the
 * losses there. A trial that was trained no further keeps what it got where it stopped,
 * and its score is the less certain the less that level has been found to agree with
 * higher ones. Failures are the worst. Private to the room. */
#ifndef SAMPLER_SCORES_H
#define SAMPLER_SCORES_H

#include <fidelio/history.h>

enum { FID__MAX_LEVELS = 64 };

typedef struct {
    double agreement; /* expected rank correlation of one level with the next */
    double weight;    /* trials that this expectation counts for */
    double nugget;    /* noise of a score of full training */
} fid__score_rules;

typedef struct {
    fid__score_rules rules;
    size_t n_levels;
    double level[FID__MAX_LEVELS];    /* budgets, ascending */
    double doubt[FID__MAX_LEVELS];    /* variance of a score from there as a measure of
                                         full training, scores having variance 1 */
    size_t n, n_pending, cap;
    uint64_t *trial, *pending; /* [n] in order of number, [n_pending] */
    double *z, *noise;         /* [n] small is good */
    bool flat;                 /* all scores are equal */
    size_t *reached;           /* [n] level */
    double *loss;              /* [n][n_levels] */
    double *sorted;            /* [n] work */
    struct fid__scored *order; /* [n] work */
} fid__scores;

void fid__scores_init(fid__scores *s, const fid_outline *outline,
                      const fid__score_rules *rules);
void fid__scores_deinit(fid__scores *s); /* safe on zeroed bytes */

/* Read the whole history. O(n_trials (n_levels + log n_trials)). */
fid_status fid__score(fid__scores *s, const fid_history *history);

#endif
