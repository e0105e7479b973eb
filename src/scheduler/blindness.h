/* Do losses on the way say anything about final losses? Only what a study has finished
 * can tell. */
#ifndef FID_SCHEDULER_BLINDNESS_H
#define FID_SCHEDULER_BLINDNESS_H

#include <fidelio/history.h>

enum { FID__FINISHED = 64 }; /* the last so many count */

/* Zero-initialise. */
typedef struct {
    uint64_t trial[FID__FINISHED]; /* a ring */
    double loss[FID__FINISHED];    /* final */
    size_t n;                      /* finished so far */
} fid__finished;

void fid__finished_add(fid__finished *f, uint64_t trial, double loss);

/* P(the order of losses at `step` and that of final losses are independent), given the
 * trials that finished. */
double fid__blindness(const fid__finished *f, const fid_history *history, double step);

#endif
