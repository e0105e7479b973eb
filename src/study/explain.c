/* Why a trial was proposed: the events that were visible, folded anew, and a fresh
 * sampler asked again with the same stream. */
#include "study/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    fid_study shadow; /* as much of a study as sampler and history need */
    uint64_t visible;
    fid_error *err;
} rerun;

static fid_status fold(void *ctx, const fid_event *event)
{
    rerun *self = ctx;
    if (event->seq >= self->visible)
        return FID_EXHAUSTED; /* far enough: ends the replay */
    FID_TRY(fid_history_apply(self->shadow.history, event, self->err));
    const fid_sampler_type *sampler = self->shadow.settings.sampler;
    if (sampler->observe)
        sampler->observe(self->shadow.sampler_state, self->shadow.history, event);
    return FID_OK;
}

static fid_status suggest_again(rerun *self, const fid_study *study, uint64_t id,
                                fid_explanation *out)
{
    double *u = fid_alloc(fid_space_dim(study->space), sizeof *u);
    if (!u)
        return FID_NOMEM;
    fid_rng rng = fid_rng_stream(study->settings.seed, FID_RNG_SUGGEST, id);
    fid_status status = study->settings.sampler->suggest(
        self->shadow.sampler_state, self->shadow.history, &rng, u, &out->suggestion);
    out->recomputed = status == FID_OK;
    out->same = out->recomputed && memcmp(u, fid_history_point(study->history, id),
                                          fid_space_dim(study->space) * sizeof *u) == 0;
    free(u);
    return status;
}

typedef struct {
    uint64_t trial;
    fid_explanation *out;
} last_decision;

static fid_status find_decision(void *ctx, const fid_event *event)
{
    const last_decision *self = ctx;
    if (event->kind == FID_EVENT_DECIDED && event->trial == self->trial && event->text)
        (void)snprintf(self->out->decided, sizeof self->out->decided, "%s",
                       event->text);
    return FID_OK;
}

fid_status fid_study_explain(const fid_study *study, uint64_t id, fid_explanation *out,
                             fid_error *err)
{
    const fid_trial *trial = fid_history_trial(study->history, id);
    *out = (fid_explanation){0};
    if (!trial)
        return fid_error_set(err, FID_NOT_FOUND, "there is no trial %llu",
                             (unsigned long long)id);
    last_decision decision = {.trial = id, .out = out};
    FID_TRY(study->store->replay(study->store_state, trial->proposed_seq, find_decision,
                                 &decision, err));
    if (trial->origin != FID_ORIGIN_SAMPLER)
        return FID_OK;

    rerun self = {.shadow = {.settings = study->settings, .space = study->space},
                  .visible = trial->visible,
                  .err = err};
    const fid_sampler_type *sampler = study->settings.sampler;
    fid_status status = fid_history_create(&self.shadow.history, study->space,
                                           &study->settings.outline);
    if (status == FID_OK)
        status = fid__make_sampler(&self.shadow, &self.shadow.sampler_state, err);
    if (status == FID_OK) {
        status = study->store->replay(study->store_state, 0, fold, &self, err);
        if (status == FID_EXHAUSTED)
            status = FID_OK;
    }
    if (status == FID_OK)
        status = suggest_again(&self, study, id, out);
    if (self.shadow.sampler_state && sampler->deinit)
        sampler->deinit(self.shadow.sampler_state);
    free(self.shadow.sampler_state);
    fid_history_destroy(self.shadow.history);
    return status;
}
