/* Which checkpoint folders may go. Never one of a trial that may still run. */
#include "study/study.h"

#include <math.h>

static bool may_still_run(const fid_study *study, uint64_t id)
{
    const fid_trial *trial = fid_history_trial(study->history, id);
    const fid_scheduler_type *scheduler = study->settings.scheduler;
    if (trial->state == FID_TRIAL_WAITING || trial->state == FID_TRIAL_RUNNING)
        return true;
    return trial->state == FID_TRIAL_PAUSED &&
           !(scheduler->is_settled &&
             scheduler->is_settled(study->scheduler_state, study->history, id));
}

/* Where a complete trial stands among the best; == n: it does not. */
static size_t place_among_best(const fid_study *study, uint64_t id)
{
    double loss = fid_history_loss(study->history, id, 0);
    size_t at = study->kept.n;
    while (at > 0 &&
           loss < fid_history_loss(study->history, study->kept.trials[at - 1], 0))
        at--;
    return at;
}

/* Returns the trial that lost its place: id itself, an older one, or -1. */
static int64_t keep_best(fid_study *study, uint64_t id)
{
    fid__kept *kept = &study->kept;
    size_t at = place_among_best(study, id), most = study->settings.keep_n;
    for (size_t i = 0; i < kept->n; i++)
        if (kept->trials[i] == id)
            return -1;
    if (at >= most)
        return (int64_t)id;
    for (size_t i = kept->n; i > at; i--)
        kept->trials[i] = kept->trials[i - 1];
    kept->trials[at] = id;
    if (++kept->n <= most)
        return -1;
    return (int64_t)kept->trials[--kept->n];
}

static void collect(fid_study *study, const fid_exec_type *type, void *exec,
                    uint64_t id)
{
    if (may_still_run(study, id) || fid__is_needed_by_children(study, id))
        return;
    const fid_trial *trial = fid_history_trial(study->history, id);
    int64_t loser = (int64_t)id;
    if (study->settings.keep == FID_KEEP_BEST && trial->state == FID_TRIAL_COMPLETE) {
        if (study->settings.outline.n_objectives > 1)
            return; /* which one is best its user decides */
        loser = keep_best(study, id);
    }
    if (loser >= 0)
        type->discard(exec, (uint64_t)loser);
}

void fid__sweep_garbage(fid_study *study, const fid_exec_type *type, void *exec)
{
    study->unswept = 0;
    if (!type->discard || study->settings.keep == FID_KEEP_ALL ||
        !study->settings.scheduler->is_settled)
        return;
    for (uint64_t k = 0; k < fid_history_n_trials(study->history); k++)
        if (fid_history_trial(study->history, k)->state == FID_TRIAL_PAUSED)
            collect(study, type, exec, k);
}

/* When an engine begins: what the last one had no time to discard, and which are the best. */
void fid__collect_all(fid_study *study, const fid_exec_type *type, void *exec)
{
    if (!type->discard || study->settings.keep == FID_KEEP_ALL)
        return;
    for (uint64_t k = 0; k < fid_history_n_trials(study->history); k++)
        collect(study, type, exec, k);
}

/* What others do settles a paused trial: all of these are looked at now and then, so that
 * it costs little per change. */
void fid__collect_garbage(fid_study *study, const fid_exec_type *type, void *exec,
                          uint64_t id)
{
    if (!type->discard || study->settings.keep == FID_KEEP_ALL)
        return;
    collect(study, type, exec, id);
    int64_t parent = fid_history_trial(study->history, id)->parent;
    if (parent >= 0) /* it may have been kept for this one */
        collect(study, type, exec, (uint64_t)parent);
    if (++study->unswept * 8 >= fid_history_n_trials(study->history))
        fid__sweep_garbage(study, type, exec);
}
