#include "sampler/data.h"

#include "sampler/surrogate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAD_MAX = 300 };

void fid__data_deinit(fid__data *d)
{
    free(d->trial);
    free(d->rows);
    free(d->index);
    memset(d, 0, sizeof *d);
}

static fid_status reserve(fid__data *d, size_t n, size_t width)
{
    if (n <= d->cap)
        return FID_OK;
    fid__data_deinit(d);
    n += n / 2;
    d->trial = fid_alloc(n, sizeof *d->trial);
    d->rows = fid_alloc(n, (width + 4) * sizeof *d->rows);
    d->index = fid_alloc(n, sizeof *d->index);
    if (!d->trial || !d->rows || !d->index)
        return FID_NOMEM;
    d->y = d->rows + n * width;
    d->z = d->y + n;
    d->label = d->z + n;
    d->scratch = d->label + n;
    d->cap = n;
    return FID_OK;
}

static void choose_trials(fid__data *d, const fid__observations *seen, size_t most)
{
    for (size_t i = 0; i < seen->n; i++) {
        d->y[i] = seen->loss[i * seen->n_metrics];
        d->index[i] = i;
    }
    d->n = seen->n;
    if (seen->n > most) {
        fid__thin(d->y, seen->n, most, d->index);
        d->n = most;
    }
    for (size_t i = 0; i < d->n; i++) {
        d->trial[i] = seen->trial[d->index[i]];
        d->y[i] = seen->loss[d->index[i] * seen->n_metrics];
        d->label[i] = 0;
    }
}

static void add_failures(fid__data *d, const fid__observations *seen)
{
    size_t skip = seen->n_bad > BAD_MAX ? seen->n_bad - BAD_MAX : 0;
    d->n_bad = seen->n_bad - skip;
    for (size_t i = 0; i < d->n_bad; i++) {
        d->trial[d->n + i] = seen->bad[skip + i];
        d->label[d->n + i] = 1;
    }
}

fid_status fid__data_load(fid__data *d, const fid__observations *seen,
                          const fid_history *history, const fid__features *features,
                          fid_warp warp, size_t most)
{
    size_t width = fid__features_width(features);
    FID_TRY(reserve(d, seen->n + BAD_MAX + 1, width));
    choose_trials(d, seen, most);
    FID_TRY(fid_warp_outputs(warp, d->y, d->n, d->z));
    add_failures(d, seen);
    for (size_t i = 0; i < d->n + d->n_bad; i++)
        fid__features_of(features, fid_history_point(history, d->trial[i]),
                         d->rows + i * width);
    return FID_OK;
}

void fid__data_best(const fid__data *d, size_t k)
{
    for (size_t i = 0; i < d->n; i++)
        d->index[i] = i;
    for (size_t at = 0; at < k; at++) {
        size_t least = at;
        for (size_t i = at + 1; i < d->n; i++)
            if (d->z[d->index[i]] < d->z[d->index[least]])
                least = i;
        size_t pick = d->index[least];
        d->index[least] = d->index[at];
        d->index[at] = pick;
    }
}

/* Beyond the data the line through the two outermost values goes on. */
double fid__data_unwarp(const fid__data *d, double z)
{
    size_t below = d->n, above = d->n; /* the nearest data of another value on each side */
    for (size_t i = 0; i < d->n; i++) {
        if (d->z[i] <= z && (below == d->n || d->z[i] > d->z[below]))
            below = i;
        if (d->z[i] > z && (above == d->n || d->z[i] < d->z[above]))
            above = i;
    }
    for (size_t i = 0; i < d->n && below == d->n; i++) /* second smallest */
        if (d->z[i] > d->z[above] && (below == d->n || d->z[i] < d->z[below]))
            below = i;
    for (size_t i = 0; i < d->n && above == d->n; i++) /* second largest */
        if (d->z[i] < d->z[below] && (above == d->n || d->z[i] > d->z[above]))
            above = i;
    if (below == d->n || above == d->n)
        return d->y[below == d->n ? above : below];
    double share = (z - d->z[below]) / (d->z[above] - d->z[below]);
    return d->y[below] * (1 - share) + d->y[above] * share;
}
