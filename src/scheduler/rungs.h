/* Asynchronous rungs: what ASHA, asynchronous Hyperband and PASHA share.
 *
 * ASHA: Li, Jamieson, Rostamizadeh, Gonina, Hardt, Recht, Talwalkar, "A System for
 * Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2.
 *
 * A trial enters a rung with the first report whose step reaches it; a jump over
 * several rungs enters each. An attempt that ended well at its budget without such a
 * report (its steps count from 0) enters with its last loss. NaN and infinite losses
 * are the worst. Equal losses rank by arrival. Who never gets to a rung (failed,
 * infeasible, pruned) is not in it; who fails later keeps the place it had, but cannot
 * be promoted. A repeated report or one after the end changes nothing. */
#ifndef FID_SCHEDULER_RUNGS_H
#define FID_SCHEDULER_RUNGS_H

#include "scheduler/census.h"
#include "scheduler/ladder.h"
#include "scheduler/ranks.h"

/* One rung of one bracket. */
typedef struct {
    fid__ranks ranks; /* all that entered: (loss, arrival) */
    fid__heap
        waiting; /* those paused here, not yet promoted; the top entry is so still */
} fid__rung;

/* Where a trial stands: its highest rung. */
typedef struct {
    double value;
    uint64_t arrival;
    uint32_t rank, of; /* when it entered; of the rung that stopped it, if one did */
    uint8_t bracket;
    int8_t rung;    /* -1: none yet */
    bool is_member; /* was started */
    bool promoted;  /* from `rung` */
    bool fresh;     /* its last report entered a rung */
    bool beaten;    /* and it is not in the top there, nor is that the last rung */
} fid__place;

typedef struct {
    fid_scheduler_rules rules;
    fid__census census;
    const char *name;
    bool stopping;
    double budget[FID__MAX_RUNGS];
    size_t n_rungs;
    size_t top;        /* nothing is promoted from this rung or one above it */
    size_t n_brackets; /* bracket b begins at rung b */
    double share[FID__MAX_RUNGS]; /* of new trials, by bracket; sums to 1 */
    double credit[FID__MAX_RUNGS];
    fid__rung *rung;   /* [n_brackets][n_rungs] */
    fid__place *place; /* by trial */
    size_t cap;
} fid__rungs;

fid_status fid__rungs_init(fid__rungs *rungs, const char *name,
                           const fid_scheduler_rules *rules, size_t n_brackets,
                           fid_error *err);
void fid__rungs_observe(void *state, const fid_history *history,
                        const fid_event *event);
fid_status fid__rungs_decide(void *state, const fid_history *history, uint64_t trial,
                             fid_decision *out);
fid_status fid__rungs_next(void *state, const fid_history *history, fid_rng *rng,
                           fid_assign *out);
bool fid__rungs_is_settled(const void *state, const fid_history *history,
                           uint64_t trial);
void fid__rungs_deinit(void *state);

fid__rung *fid__rungs_at(const fid__rungs *rungs, size_t bracket, size_t k);

#endif
