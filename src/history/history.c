/* Creation, growth, reading. The transitions are in apply.c. */
#include "history/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

fid_status fid_history_create(fid_history **out, const fid_space *space,
                              const fid_outline *outline)
{
    fid_history *self = fid_alloc(1, sizeof *self);
    *out = self;
    if (!self)
        return FID_NOMEM;
    self->space = space;
    self->outline = *outline;
    self->dim = fid_space_dim(space);
    self->best_complete = self->best_widest = -1;
    return FID_OK;
}

void fid_history_destroy(fid_history *self)
{
    if (!self)
        return;
    for (size_t t = 0; t < self->n_trials; t++)
        free(self->trials[t].rows);
    free(self->trials);
    free(self->points);
    free(self->index.slots);
    free(self->ended);
    free(self->memo);
    free(self);
}

const fid_space *fid_history_space(const fid_history *self)
{
    return self->space;
}

const fid_outline *fid_history_outline(const fid_history *self)
{
    return &self->outline;
}

uint64_t fid_history_n_events(const fid_history *self)
{
    return self->n_events;
}

size_t fid_history_n_trials(const fid_history *self)
{
    return self->n_trials;
}

size_t fid_history_count(const fid_history *self, fid_trial_state state)
{
    return self->count[state];
}

const fid_trial *fid_history_trial(const fid_history *self, uint64_t trial)
{
    return trial < self->n_trials ? &self->trials[trial].pub : NULL;
}

const double *fid_history_point(const fid_history *self, uint64_t trial)
{
    return trial < self->n_trials ? self->points + trial * self->dim : NULL;
}

const double *fid_history_memo(const fid_history *self, size_t *n)
{
    *n = self->n_memo;
    return self->n_memo ? self->memo : NULL;
}

double fid_history_spent(const fid_history *self)
{
    return self->spent;
}

double fid_history_seconds(const fid_history *self)
{
    return self->seconds;
}

size_t fid_history_n_ended(const fid_history *self)
{
    return self->n_ended;
}

uint64_t fid_history_ended(const fid_history *self, size_t k)
{
    return self->ended[k];
}

double fid_history_sign(const fid_history *self, size_t metric)
{
    return self->outline.metrics[metric].goal == FID_GOAL_MAXIMIZE ? -1 : 1;
}

static double to_loss(const fid_metric *metric, double value)
{
    if (fid_is_absent(value))
        return value;
    switch (metric->goal) {
    case FID_GOAL_MAXIMIZE:
        return -value;
    case FID_GOAL_AT_MOST:
        return value - metric->bound;
    case FID_GOAL_AT_LEAST:
        return metric->bound - value;
    case FID_GOAL_MINIMIZE:
    case FID_GOAL_NONE:
        break;
    }
    return value;
}

double fid_history_loss_at(const fid_history *self, uint64_t trial, size_t k,
                           size_t metric)
{
    const fid_trial *t = &self->trials[trial].pub;
    double value = t->values[k * self->outline.n_metrics + metric];
    return to_loss(&self->outline.metrics[metric], value);
}

double fid_history_loss(const fid_history *self, uint64_t trial, size_t metric)
{
    const fid_trial *t = &self->trials[trial].pub;
    for (size_t k = t->n_reports; k-- > 0;) {
        double loss = fid_history_loss_at(self, trial, k, metric);
        if (!fid_is_absent(loss))
            return loss;
    }
    return fid_absent();
}

bool fid_history_is_feasible(const fid_history *self, uint64_t trial)
{
    for (size_t m = 0; m < self->outline.n_metrics; m++) {
        fid_goal goal = self->outline.metrics[m].goal;
        if ((goal == FID_GOAL_AT_MOST || goal == FID_GOAL_AT_LEAST) &&
            !(fid_history_loss(self, trial, m) <= 0))
            return false;
    }
    return true;
}

/* --- the point index */

static size_t find_slot(const fid_history *self, const double *u)
{
    const fid__point_index *index = &self->index;
    size_t mask = index->cap - 1, bytes = self->dim * sizeof *u;
    size_t at = (size_t)fid_space_hash(self->space, u) & mask;
    while (index->slots[at]) {
        const double *there = self->points + (index->slots[at] - 1) * self->dim;
        if (memcmp(there, u, bytes) == 0)
            break;
        at = (at + 1) & mask;
    }
    return at;
}

bool fid_history_find_point(const fid_history *self, const double *u, uint64_t *trial)
{
    if (!self->index.cap)
        return false;
    uint64_t found = self->index.slots[find_slot(self, u)];
    if (found && trial)
        *trial = found - 1;
    return found != 0;
}

static fid_status grow_index(fid_history *self)
{
    fid__point_index *index = &self->index;
    fid__point_index old = *index;
    index->cap = old.cap ? old.cap * 2 : 64;
    index->slots = fid_alloc(index->cap, sizeof *index->slots);
    if (!index->slots) {
        *index = old;
        return FID_NOMEM;
    }
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i])
            index->slots[find_slot(self, self->points + (old.slots[i] - 1) *
                                                            self->dim)] = old.slots[i];
    free(old.slots);
    return FID_OK;
}

fid_status fid__index_add(fid_history *self, uint64_t trial)
{
    if (2 * (self->index.used + 1) > self->index.cap)
        FID_TRY(grow_index(self));
    size_t at = find_slot(self, self->points + trial * self->dim);
    if (!self->index.slots[at]) {
        self->index.slots[at] = trial + 1;
        self->index.used++;
    }
    return FID_OK;
}
