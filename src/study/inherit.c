/* Whose checkpoint a new trial may begin with, where the study allows that. */
#include "study/study.h"

#include <math.h>

/* First by how many coordinates differ, then by how far: two configurations of a model that
 * differ in one choice have most of their weights in common, and so `evolution`, which
 * changes one coordinate, finds the trial that it changed. */
typedef struct {
    size_t differing;
    double apart;
} distance;

static distance between(const fid_study *study, uint64_t a, uint64_t b)
{
    const double *x = fid_history_point(study->history, a),
                 *y = fid_history_point(study->history, b);
    const fid_dim *dims = fid_space_dims(study->space);
    distance out = {0, 0};
    for (size_t d = 0; d < fid_space_dim(study->space); d++) {
        double gap = fabs(x[d] - y[d]);
        out.differing += gap > 0;
        out.apart += dims[d].ordered || !(gap > 0) ? gap : 1;
    }
    return out;
}

static bool is_nearer(distance a, distance b)
{
    return a.differing != b.differing ? a.differing < b.differing : a.apart < b.apart;
}

static bool has_weights(const fid_study *study, uint64_t id)
{
    const fid_trial *trial = fid_history_trial(study->history, id);
    bool may = trial->state == FID_TRIAL_RUNNING || trial->state == FID_TRIAL_PAUSED ||
               trial->state == FID_TRIAL_COMPLETE;
    return may && study->exec_type->has_checkpoint(study->exec, id);
}

int64_t fid__choose_parent(const fid_study *study, uint64_t id)
{
    int64_t parent = -1;
    distance least = {0, 0};
    if (!study->settings.inherit || !study->exec_type ||
        !study->exec_type->has_checkpoint)
        return -1;
    for (uint64_t k = 0; k < fid_history_n_trials(study->history); k++) {
        distance d = k == id ? least : between(study, id, k);
        if (k != id && (parent < 0 || is_nearer(d, least)) && has_weights(study, k)) {
            parent = (int64_t)k;
            least = d;
        }
    }
    return parent;
}

int64_t fid__parent_of(const fid_study *study, uint64_t id)
{
    const fid_trial *trial = fid_history_trial(study->history, id);
    const fid_exec_type *type = study->exec_type;
    bool there = trial->inherits && type && type->has_checkpoint &&
                 type->has_checkpoint(study->exec, (uint64_t)trial->parent);
    return there ? trial->parent : -1;
}

bool fid__is_needed_by_children(const fid_study *study, uint64_t id)
{
    if (!study->settings.inherit)
        return false;
    for (uint64_t k = 0; k < fid_history_n_trials(study->history); k++) {
        const fid_trial *child = fid_history_trial(study->history, k);
        if (child->inherits && child->parent == (int64_t)id)
            return true;
    }
    return false;
}
