/* What the study's curves teach: weights of the experts, and how far to trust
 * intervals. */
#include "curve/curve.h"

#include <math.h>
#include <stdlib.h>

/* Weight of the base in the weights, and of "as predicted" in the calibration, in
 * curves and in checks. */
#define PSEUDO_CURVES 15.0
#define PSEUDO_CHECKS 100.0

/* What no check shows: truths lie nearer to the middle than the mixture says, and as often in
 * the tails (chosen on the tuning half, benchmarks/LOG.md). */
#define SHARPENED 0.06

/* How many other curves' shares are brought up to date when one learns. */
enum { REFRESHED = 2 };

static void set_prior(fid_curves *curves)
{
    for (size_t k = 0; k < FID__EXPERTS; k++)
        curves->prior[k] = fmax(curves->count[k], 0) +
                           PSEUDO_CURVES * curves->bank.base[k];
}

void fid__curves_forget_all(fid_curves *curves)
{
    for (size_t k = 0; k < FID__EXPERTS; k++)
        curves->count[k] = 0;
    for (size_t h = 0; h < FID__PHASES; h++)
        for (size_t b = 0; b < FID__BINS; b++)
            curves->hits[h][b] = 0;
    for (size_t i = 0; i < curves->n; i++)
        curves->curve[i].n_taught = 0;
    curves->next_refresh = 0;
    set_prior(curves);
}

void fid__curves_unlearn(fid_curves *curves, fid__curve *curve)
{
    for (size_t i = 0; i < curve->n_taught; i++)
        curves->count[curve->taught[i]] -= curve->share[i];
    curve->n_taught = 0;
}

/* The E step for one curve with the weights of now. */
static void share_out(fid_curves *curves, fid__curve *curve, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += curve->lesson[i] * curves->prior[curve->taught[i]];
    for (size_t i = 0; i < n; i++) {
        double share = curve->lesson[i] * curves->prior[curve->taught[i]] / sum;
        curve->share[i] = share;
        curves->count[curve->taught[i]] += share;
    }
    curve->n_taught = n;
}

static void refresh_others(fid_curves *curves)
{
    for (size_t i = 0; i < REFRESHED && i < curves->n; i++) {
        curves->next_refresh = (curves->next_refresh + 1) % curves->n;
        fid__curve *other = &curves->curve[curves->next_refresh];
        size_t n = other->n_taught;
        fid__curves_unlearn(curves, other);
        if (n)
            share_out(curves, other, n);
    }
}

static fid_status room_for_lesson(fid__curve *curve, size_t n)
{
    free(curve->taught);
    free(curve->share);
    free(curve->lesson);
    curve->taught = fid_alloc(n, sizeof *curve->taught);
    curve->share = fid_alloc(n, sizeof *curve->share);
    curve->lesson = fid_alloc(n, sizeof *curve->lesson);
    return curve->taught && curve->share && curve->lesson ? FID_OK : FID_NOMEM;
}

/* Also drops experts that no longer count for this curve. */
static fid_status prune(fid_curves *curves, fid__filter *filter)
{
    double weight[FID__EXPERTS];
    size_t before = filter->n;
    fid__filter_flush(filter);
    fid__filter_weights(filter, curves->prior, weight);
    fid__filter_prune(filter, weight);
    if (filter->n == before)
        return FID_OK;
    fid__filter smaller;
    FID_TRY(fid__filter_copy(&smaller, filter));
    fid__filter_deinit(filter);
    *filter = smaller;
    return FID_OK;
}

fid_status fid__curves_learn(fid_curves *curves, fid__curve *curve)
{
    fid__filter *f = &curve->filter;
    fid__curves_unlearn(curves, curve);
    FID_TRY(prune(curves, f));
    FID_TRY(room_for_lesson(curve, f->n));
    double most = -(double)INFINITY;
    for (size_t i = 0; i < f->n; i++)
        most = fmax(most, f->evidence[i]);
    for (size_t i = 0; i < f->n; i++) {
        curve->taught[i] = f->expert[i];
        curve->lesson[i] = exp(FID__TEMPER * (f->evidence[i] - most));
    }
    share_out(curves, curve, f->n);
    refresh_others(curves);
    set_prior(curves);
    return FID_OK;
}

/* --- calibration */

static void drop_snapshot(fid__curve *curve, size_t i)
{
    fid__filter_deinit(&curve->snapshot[i].filter);
    free(curve->snapshot[i].weight);
    curve->n_snapshots--;
    for (; i < curve->n_snapshots; i++)
        curve->snapshot[i] = curve->snapshot[i + 1];
}

void fid__curve_drop_snapshots(fid__curve *curve)
{
    while (curve->n_snapshots)
        drop_snapshot(curve, curve->n_snapshots - 1);
}

fid_status fid__curves_take_snapshot(fid_curves *curves, fid__curve *curve)
{
    if (curve->n_snapshots == FID__SNAPSHOTS)
        drop_snapshot(curve, 0);
    fid__snapshot *snapshot = &curve->snapshot[curve->n_snapshots];
    *snapshot = (fid__snapshot){.weight = fid_alloc(curve->filter.n, sizeof(double))};
    if (!snapshot->weight ||
        fid__filter_copy(&snapshot->filter, &curve->filter) != FID_OK) {
        free(snapshot->weight);
        return FID_NOMEM;
    }
    fid__filter_weights(&snapshot->filter, curves->prior, snapshot->weight);
    curve->n_snapshots++;
    return FID_OK;
}

size_t fid__phase(unsigned n_reports)
{
    return n_reports > 6 ? 2 : n_reports > 2;
}

double fid__calibration_edge(size_t i)
{
    enum { HALF = FID__BINS / 2 };
    if (i == 0 || i == FID__BINS)
        return i ? 1 : 0;
    return i <= HALF ? ldexp(1, (int)i - HALF - 1) : 1 - ldexp(1, HALF - 1 - (int)i);
}

size_t fid__calibration_bin(double u)
{
    size_t b = 0;
    while (b + 1 < FID__BINS && u >= fid__calibration_edge(b + 1))
        b++;
    return b;
}

/* Count between which quantiles y fell. */
static void check(fid_curves *curves, const fid__snapshot *snapshot, double s, double y)
{
    const fid__filter *f = &snapshot->filter;
    double mean[FID__EXPERTS], sd[FID__EXPERTS], u = 0;
    fid__filter_predict(f, &curves->bank, curves->span, s, mean, sd);
    for (size_t i = 0; i < f->n; i++)
        u += snapshot->weight[i] * 0.5 * erfc((mean[i] - y) / sd[i] * M_SQRT1_2);
    curves->hits[fid__phase(f->n_seen)][fid__calibration_bin(u)]++;
}

void fid__curves_check(fid_curves *curves, fid__curve *curve, double s, double y)
{
    static const double ratio[] = {1.5, 2.5,
                                   6}; /* a snapshot is checked once at each */
    enum { N = sizeof ratio / sizeof *ratio };
    for (size_t i = curve->n_snapshots; i-- > 0;) {
        fid__snapshot *snapshot = &curve->snapshot[i];
        if (s < ratio[snapshot->n_checked] * snapshot->filter.s)
            continue;
        check(curves, snapshot, s, y);
        if (++snapshot->n_checked == N)
            drop_snapshot(curve, i);
    }
}

static double sharpen(double u)
{
    double wave = sin(2 * M_PI * u);
    return u - SHARPENED * wave * wave * wave;
}

/* Shares by bin: as predicted at first; each phase starts from the one before. */
void fid__curves_calibration(const fid_curves *curves, size_t phase, double *cumulative)
{
    double share[FID__BINS];
    for (size_t b = 0; b < FID__BINS; b++)
        share[b] = fid__calibration_edge(b + 1) - fid__calibration_edge(b);
    for (size_t h = 0; h <= phase; h++) {
        double sum = PSEUDO_CHECKS;
        for (size_t b = 0; b < FID__BINS; b++)
            sum += curves->hits[h][b];
        for (size_t b = 0; b < FID__BINS; b++)
            share[b] = (curves->hits[h][b] + PSEUDO_CHECKS * share[b]) / sum;
    }
    cumulative[0] = 0;
    for (size_t b = 0; b < FID__BINS; b++)
        cumulative[b + 1] = cumulative[b] + share[b];
    cumulative[FID__BINS] = 1;
    for (size_t b = 1; b < FID__BINS; b++)
        cumulative[b] = sharpen(cumulative[b]);
}
