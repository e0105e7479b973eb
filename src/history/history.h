/* The fold's own layout; shared by the files of this room. */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <fidelio/history.h>

typedef struct {
    fid_trial pub;
    double *rows; /* [cap] steps, then [cap][n_metrics] values */
    size_t cap;
    double attempt_step; /* largest step of this attempt that `spent` has counted */
} fid__record;

/* Open addressing from the hash of a canonical point to the first trial that has it. */
typedef struct {
    uint64_t *slots; /* trial + 1; 0 = empty */
    size_t cap, used;
} fid__point_index;

struct fid_history {
    const fid_space *space;
    fid_outline outline;
    size_t dim;

    fid__record *trials;
    size_t n_trials, trials_cap;
    double *points; /* [n_trials][dim] */
    size_t points_cap;
    fid__point_index index;

    uint64_t *ended;
    size_t n_ended, ended_cap;

    double *memo;
    size_t n_memo, memo_cap;

    uint64_t n_events;
    size_t count[6];
    double spent, seconds;

    double widest;         /* largest step any trial reported */
    int64_t best_complete; /* -1: none */
    int64_t best_widest;   /* among those at `widest` */
};

fid_status fid__index_add(fid_history *history, uint64_t trial);
void fid__incumbent_report(fid_history *history, const fid__record *record);
void fid__incumbent_end(fid_history *history, const fid__record *record);

#endif
