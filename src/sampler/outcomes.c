#include "sampler/outcomes.h"

#include "sampler/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAD_MAX = 300 };

void fid__outcomes_init(fid__outcomes *o, const fid_outline *outline)
{
    memset(o, 0, sizeof *o);
    o->m = o->n_metrics = outline->n_objectives;
    for (size_t k = o->m; k < outline->n_metrics; k++)
        o->n_metrics += outline->metrics[k].goal == FID_GOAL_AT_MOST ||
                        outline->metrics[k].goal == FID_GOAL_AT_LEAST;
}

void fid__outcomes_deinit(fid__outcomes *o)
{
    free(o->trial);
    free(o->index);
    free(o->rows);
    memset(o, 0, sizeof *o);
}

static fid_status reserve(fid__outcomes *o, size_t n, size_t width)
{
    if (n <= o->cap)
        return FID_OK;
    n += n / 2;
    free(o->trial);
    free(o->index);
    free(o->rows);
    o->cap = 0;
    o->trial = fid_alloc(n, sizeof *o->trial);
    o->index = fid_alloc(n, 2 * sizeof *o->index);
    o->rows = fid_alloc(n, (width + FID__MOST_TARGETS + 2) * sizeof *o->rows);
    if (!o->trial || !o->index || !o->rows)
        return FID_NOMEM;
    o->feasible = o->index + n;
    o->y = o->rows + n * width;
    o->scratch = o->y + n;
    o->target = o->scratch + n;
    o->cap = n;
    return FID_OK;
}

static bool keeps_limits(const fid__outcomes *o, const double *loss)
{
    for (size_t k = o->m; k < o->n_metrics; k++)
        if (loss[k] > 0)
            return false;
    return true;
}

/* --- Which trials. */

/* index[0..*k): the best feasible ones, at most *k. The targets are scratch. */
static fid_status choose_good(fid__outcomes *o, const fid__observations *seen, size_t *k)
{
    size_t n = 0;
    for (size_t i = 0; i < seen->n; i++) {
        const double *loss = seen->loss + i * o->n_metrics;
        if (!keeps_limits(o, loss))
            continue;
        memcpy(o->target + n * o->m, loss, o->m * sizeof *loss);
        o->feasible[n++] = i;
    }
    *k = *k < n ? *k : n;
    FID_TRY(fid__pareto_best(o->target, n, o->m, *k, o->index));
    for (size_t i = 0; i < *k; i++)
        o->index[i] = o->feasible[o->index[i]];
    return FID_OK;
}

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* To index[0..n): all, or the best and of the others some that lie evenly in time. */
static fid_status choose_trials(fid__outcomes *o, const fid__observations *seen, size_t most)
{
    size_t n = seen->n, good = most / 2;
    o->n = n < most ? n : most;
    for (size_t i = 0; i < n; i++)
        o->index[i] = i;
    if (n <= most)
        return FID_OK;
    FID_TRY(choose_good(o, seen, &good));
    qsort(o->index, good, sizeof *o->index, ascending);
    size_t rest = n - good, take = most - good, next = 0, passed = 0;
    for (size_t i = 0; i < n; i++) {
        if (next < good && o->index[next] == i) {
            next++;
            continue;
        }
        size_t slot = passed++ * take / rest;
        if (passed * take / rest > slot)
            o->index[good + slot] = i;
    }
    return FID_OK;
}

static void load_values(fid__outcomes *o, const fid__observations *seen)
{
    o->n_feasible = 0;
    for (size_t i = 0; i < o->n; i++) {
        const double *loss = seen->loss + o->index[i] * o->n_metrics;
        o->trial[i] = seen->trial[o->index[i]];
        o->y[i] = loss[0];
        for (size_t k = 0; k < o->n_metrics; k++)
            fid__target(o, k)[i] = loss[k];
        fid__target(o, o->n_metrics)[i] = 0;
        if (keeps_limits(o, loss))
            o->feasible[o->n_feasible++] = i;
    }
    size_t skip = seen->n_bad > BAD_MAX ? seen->n_bad - BAD_MAX : 0;
    o->n_bad = seen->n_bad - skip;
    for (size_t i = 0; i < o->n_bad; i++) {
        o->trial[o->n + i] = seen->bad[skip + i];
        fid__target(o, o->n_metrics)[o->n + i] = 1;
    }
}

/* --- Targets. */

/* Signed logarithms (Eriksson & Poloczek 2021): 0 stays where it is, and far violations do
 * not drown what is near the limit. */
static void warp_limit(double *z, size_t n)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        mean += fabs(z[i]) / (double)n;
    for (size_t i = 0; i < n; i++) {
        z[i] = mean > 0 ? copysign(log1p(fabs(z[i]) / mean), z[i]) : 0;
        square += z[i] * z[i] / (double)n;
    }
    for (size_t i = 0; i < n && square > 0; i++)
        z[i] /= sqrt(square);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What lies farther above the median than ten times as far as the best lies below it
 * approaches eleven times: diverged losses must not hide the others. */
static void bring_near(double *z, size_t n, size_t n_all, double *sorted)
{
    memcpy(sorted, z, n * sizeof *z);
    qsort(sorted, n, sizeof *z, by_size);
    size_t middle = (n - 1) / 2;
    while (middle + 1 < n && sorted[middle] <= sorted[0])
        middle++;
    double spread = sorted[middle] - sorted[0], most = sorted[middle] + 10 * spread;
    for (size_t i = 0; i < n_all && spread > 0; i++) {
        double beyond = z[i] - most;
        if (beyond > 0)
            z[i] = most + spread / (1 + spread / beyond);
    }
}

/* Mean 0 and variance 1 along a straight line, for a volume of warped objectives is another
 * volume: fid_warp_outputs bends more of the tail. The first n of n_all count. */
static void straighten(double *z, size_t n, size_t n_all, double *sorted)
{
    double best = HUGE_VAL, most = 0, mean = 0, square = 0;
    bring_near(z, n, n_all, sorted);
    for (size_t i = 0; i < n; i++)
        best = fmin(best, z[i]);
    for (size_t i = 0; i < n_all; i++) /* halves: the difference may overflow */
        most = fmax(most, fabs(z[i] = z[i] / 2 - best / 2));
    for (size_t i = 0; i < n_all && most > 0; i++)
        z[i] /= most;
    for (size_t i = 0; i < n; i++)
        mean += z[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (z[i] - mean) * (z[i] - mean) / (double)n;
    for (size_t i = 0; i < n_all; i++)
        z[i] = square > 0 ? (z[i] - mean) / sqrt(square) : 0;
}

/* A reference that the user gave is warped with the values. */
static fid_status warp_all(fid__outcomes *o, const fid_history *history, fid_warp warp)
{
    const fid_metric *metrics = fid_history_outline(history)->metrics;
    for (size_t k = 0; k < o->m; k++) {
        double *z = fid__target(o, k);
        bool given = o->m > 1 && metrics[k].has_reference;
        z[o->n] = given ? fid_history_sign(history, k) * metrics[k].reference : (double)NAN;
        if (o->m > 1)
            straighten(z, o->n, o->n + given, o->scratch);
        else
            FID_TRY(fid_warp_outputs(warp, z, o->n, z));
        o->reference[k] = z[o->n];
    }
    for (size_t k = o->m; k < o->n_metrics; k++)
        warp_limit(fid__target(o, k), o->n);
    return FID_OK;
}

fid_status fid__outcomes_load(fid__outcomes *o, const fid__observations *seen,
                              const fid_history *history, const fid__features *features,
                              fid_warp warp, size_t most)
{
    size_t width = fid__features_width(features);
    FID_TRY(reserve(o, seen->n + BAD_MAX + 1, width));
    FID_TRY(choose_trials(o, seen, most));
    load_values(o, seen);
    for (size_t i = 0; i < o->n + o->n_bad; i++)
        fid__features_of(features, fid_history_point(history, o->trial[i]),
                         o->rows + i * width);
    return warp_all(o, history, warp);
}

double fid__violation(const fid__outcomes *o, size_t i)
{
    double sum = 0;
    for (size_t k = o->m; k < o->n_metrics; k++)
        sum += fmax(0, fid__target(o, k)[i]);
    return sum;
}
