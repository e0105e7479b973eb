#include "sampler/neglect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE = 12, /* results */ TRIES = 64 };
#define NEXT_TO_NOTHING 0.01 /* of the way from the median to the best */

static fid_status is_stuck(const fid__observations *seen, bool *stuck)
{
    size_t n = seen->n;
    *stuck = false;
    if (n <= PATIENCE)
        return FID_OK;
    fid_ranked *order = fid_alloc(n, sizeof *order);
    if (!order)
        return FID_NOMEM;
    double before = HUGE_VAL;
    for (size_t i = 0; i < n; i++) {
        double loss = seen->loss[i * seen->n_metrics];
        order[i] = (fid_ranked){loss, i};
        if (i < n - PATIENCE)
            before = fmin(before, loss);
    }
    fid_rank(order, n);
    double best = order[0].value, median = order[n / 2].value;
    *stuck = before - best <= NEXT_TO_NOTHING * (median - best);
    free(order);
    return FID_OK;
}

static void count_levels(const fid_space *space, const fid_history *history, size_t dim,
                         size_t *count)
{
    memset(count, 0, fid_space_dims(space)[dim].levels * sizeof *count);
    for (uint64_t i = 0; i < fid_history_n_trials(history); i++)
        count[fid_space_level(space, dim, fid_history_point(history, i)[dim])]++;
}

static bool has_new(const fid_space *space, const fid_history *history, fid_rng rng,
                    const fid__choice *choice, double *u)
{
    for (int i = 0; i < TRIES; i++) {
        fid_space_sample(space, &rng, false, u);
        u[choice->dim] = choice->at;
        fid_space_snap(space, u);
        if (fid_space_is_legal(space, u) && !fid_history_find_point(history, u, NULL))
            return true;
    }
    return false;
}

static void find_rarest(const fid_space *space, const fid_history *history, double share,
                        fid_rng rng, size_t *count, double *u, fid__choice *choice,
                        bool *found)
{
    const fid_dim *dims = fid_space_dims(space);
    double n_trials = (double)fid_history_n_trials(history), most = 0;
    for (size_t j = 0; j < fid_space_dim(space); j++) {
        if (dims[j].ordered || dims[j].conditional)
            continue;
        count_levels(space, history, j, count);
        for (uint64_t k = 0; k < dims[j].levels; k++) {
            double lacks = share * n_trials / (double)dims[j].levels - (double)count[k];
            fid__choice rare = {j, fid_space_level_u(space, j, k)};
            if (lacks <= most || !has_new(space, history, rng, &rare, u))
                continue;
            most = lacks;
            *choice = rare;
            *found = true;
        }
    }
}

static uint64_t most_levels(const fid_space *space)
{
    uint64_t most = 0;
    for (size_t j = 0; j < fid_space_dim(space); j++)
        if (!fid_space_dims(space)[j].ordered && fid_space_dims(space)[j].levels > most)
            most = fid_space_dims(space)[j].levels;
    return most;
}

fid_status fid__neglected(const fid_space *space, const fid_history *history,
                          const fid__observations *seen, double share, const fid_rng *rng,
                          fid__choice *choice, bool *found)
{
    bool stuck;
    *found = false;
    FID_TRY(is_stuck(seen, &stuck));
    if (!stuck || fid_history_n_trials(history) % 2 != 0 || most_levels(space) == 0)
        return FID_OK;
    size_t *count = fid_alloc(most_levels(space), sizeof *count);
    double *u = fid_alloc(fid_space_dim(space), sizeof *u);
    fid_status status = count && u ? FID_OK : FID_NOMEM;
    if (status == FID_OK)
        find_rarest(space, history, share, *rng, count, u, choice, found);
    free(count);
    free(u);
    return status;
}
