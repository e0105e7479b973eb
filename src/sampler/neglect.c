#include "sampler/neglect.h"

#include <math.h>
#include <stdlib.h>

enum { PATIENCE = 12 }; /* results */
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

/* The level that fewest trials have, and how many. */
static fid_status find_rarest(const fid_space *space, const fid_history *history, size_t dim,
                              uint64_t *level, size_t *n_trials)
{
    uint64_t levels = fid_space_dims(space)[dim].levels;
    size_t *count = fid_alloc(levels, sizeof *count);
    if (!count)
        return FID_NOMEM;
    for (uint64_t i = 0; i < fid_history_n_trials(history); i++)
        count[fid_space_level(space, dim, fid_history_point(history, i)[dim])]++;
    *level = 0;
    for (uint64_t k = 1; k < levels; k++)
        if (count[k] < count[*level])
            *level = k;
    *n_trials = count[*level];
    free(count);
    return FID_OK;
}

fid_status fid__neglected(const fid_space *space, const fid_history *history,
                          const fid__observations *seen, double share, fid__choice *choice,
                          bool *found)
{
    const fid_dim *dims = fid_space_dims(space);
    uint64_t n_trials = fid_history_n_trials(history), level;
    double most = 0;
    bool stuck;
    *found = false;
    FID_TRY(is_stuck(seen, &stuck));
    for (size_t j = 0; stuck && n_trials % 2 == 0 && j < fid_space_dim(space); j++) {
        if (dims[j].ordered || dims[j].conditional)
            continue;
        size_t has;
        FID_TRY(find_rarest(space, history, j, &level, &has));
        double lacks = share * (double)n_trials / (double)dims[j].levels - (double)has;
        if (lacks <= most)
            continue;
        most = lacks;
        *choice = (fid__choice){j, fid_space_level_u(space, j, level)};
        *found = true;
    }
    return FID_OK;
}
