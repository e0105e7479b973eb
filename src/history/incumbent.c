/* The incumbent, kept up to date event by event. */
#include "history/history.h"

#include <math.h>

/* Strictly better, so that the first to come wins ties. */
static bool beats(const fid_history *self, uint64_t challenger, int64_t holder)
{
    double loss = fid_history_loss(self, challenger, 0);
    if (!isfinite(loss) || !fid_history_is_feasible(self, challenger))
        return false;
    return holder < 0 || loss < fid_history_loss(self, (uint64_t)holder, 0);
}

static void scan_widest(fid_history *self)
{
    self->best_widest = -1;
    for (uint64_t t = 0; t < self->n_trials; t++) {
        const fid_trial *trial = &self->trials[t].pub;
        if (trial->n_reports && trial->step >= self->widest &&
            trial->state != FID_TRIAL_FAILED && beats(self, t, self->best_widest))
            self->best_widest = (int64_t)t;
    }
}

void fid__incumbent_report(fid_history *self, const fid__record *record)
{
    uint64_t id = record->pub.id;
    if (record->pub.step > self->widest) {
        self->widest = record->pub.step;
        self->best_widest = -1;
    } else if (self->best_widest == (int64_t)id) {
        scan_widest(self); /* its own value may have changed */
        return;
    }
    if (record->pub.step >= self->widest && beats(self, id, self->best_widest))
        self->best_widest = (int64_t)id;
}

void fid__incumbent_end(fid_history *self, const fid__record *record)
{
    uint64_t id = record->pub.id;
    if (record->pub.state == FID_TRIAL_COMPLETE && beats(self, id, self->best_complete))
        self->best_complete = (int64_t)id;
    if (record->pub.state == FID_TRIAL_FAILED && self->best_widest == (int64_t)id)
        scan_widest(self);
}

bool fid_history_incumbent(const fid_history *self, uint64_t *trial)
{
    int64_t best = self->best_complete >= 0 ? self->best_complete : self->best_widest;
    if (best >= 0)
        *trial = (uint64_t)best;
    return best >= 0;
}
