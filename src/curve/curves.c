/* The study's curves: reports come in, the scale is kept, filters are updated. */
#include "curve/curve.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

fid_status fid_curves_create(fid_curves **out, const fid_curve_settings *settings,
                             fid_error *err)
{
    *out = NULL;
    if (!(settings->first > 0 && settings->max >= settings->first &&
          isfinite(settings->max)))
        return fid_error_set(err, FID_INVALID,
                             "learning curves: need 0 < first <= max, have %g and %g",
                             settings->first, settings->max);
    if (!(settings->scale >= 0 && isfinite(settings->scale)))
        return fid_error_set(err, FID_INVALID,
                             "learning curves: the scale cannot be %g",
                             settings->scale);
    fid_curves *curves = fid_alloc(1, sizeof *curves);
    if (!curves)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    curves->settings = *settings;
    if (settings->lower == 0 && settings->upper == 0) {
        curves->settings.lower = -(double)INFINITY;
        curves->settings.upper = (double)INFINITY;
    }
    curves->span = fmax(settings->max / settings->first, 2);
    curves->least = (double)INFINITY;
    fid__bank_init(&curves->bank, curves->span);
    fid__curves_forget_all(curves);
    *out = curves;
    return FID_OK;
}

static void release(fid__curve *curve)
{
    fid__filter_deinit(&curve->filter);
    fid__curve_drop_snapshots(curve);
}

void fid_curves_destroy(fid_curves *curves)
{
    if (!curves)
        return;
    for (size_t i = 0; i < curves->n; i++) {
        fid__curve *c = &curves->curve[i];
        release(c);
        free(c->step);
        free(c->loss);
        free(c->taught);
        free(c->share);
        free(c->lesson);
    }
    free(curves->curve);
    free(curves->first_loss);
    free(curves);
}

static fid__curve *curve_at(const fid_curves *curves, size_t id)
{
    return id < curves->n ? &curves->curve[id] : NULL;
}

size_t fid_curves_n_reports(const fid_curves *curves, size_t id)
{
    const fid__curve *curve = curve_at(curves, id);
    return curve ? curve->n : 0;
}

bool fid_curves_is_diverged(const fid_curves *curves, size_t id)
{
    const fid__curve *curve = curve_at(curves, id);
    return curve && curve->diverged;
}

/* --- the scale */

enum { LONG = 3, ENOUGH_LONG = 3 };

/* From the least loss to the 90th percentile of first losses. While few curves have any
 * length, at least a tenth of the losses' size. */
double fid__curves_scale(const fid_curves *curves)
{
    if (curves->settings.scale > 0)
        return curves->settings.scale;
    size_t n = curves->n_first;
    double high = curves->first_loss[n * 9 / 10],
           typical = fabs(curves->first_loss[n / 2]);
    double scale = high - curves->least;
    if (curves->n_long < ENOUGH_LONG)
        scale = fmax(scale, 0.1 * typical);
    if (!(scale > 0))
        scale = typical > 0 ? 0.1 * typical : 1;
    return scale;
}

static fid_status note_loss(fid_curves *curves, const fid__curve *curve, double loss)
{
    curves->least = fmin(curves->least, loss);
    curves->n_long += curve->n == LONG;
    if (curve->n != 1)
        return FID_OK;
    double *grown = fid_grow(curves->first_loss, &curves->first_cap,
                             curves->n_first + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    curves->first_loss = grown;
    size_t i = curves->n_first++;
    for (; i > 0 && grown[i - 1] > loss; i--)
        grown[i] = grown[i - 1];
    grown[i] = loss;
    return FID_OK;
}

/* --- filtering */

/* Reports 1, 2, 3, 5, 8, 13, ...: what is costly is done at these. */
static bool is_checkpoint(size_t n)
{
    size_t a = 1, b = 2;
    while (b < n) {
        size_t c = a + b;
        a = b;
        b = c;
    }
    return n == a || n == b;
}

enum { FAR = 20 };

/* Relative to the curve's first loss, cut far outside. */
static double scaled(const fid_curves *curves, const fid__curve *curve, double loss)
{
    double y = (loss - curve->loss[0]) / curves->scale;
    return fmin(fmax(y, -FAR), FAR);
}

/* Of a curve's first loss above the least of all. */
static double height_of(const fid_curves *curves, const fid__curve *curve)
{
    return fmin((curve->loss[0] - curves->least) / curves->scale, FAR);
}

/* Steps before the first (0, say) are taken as half of it: log and powers need s > 0.
 */
double fid__curves_position(const fid_curves *curves, double step)
{
    return fmax(step / curves->settings.first, 0.5);
}

static fid_status take_stock(fid_curves *curves, fid__curve *curve)
{
    FID_TRY(fid__curves_learn(curves, curve));
    return fid__curves_take_snapshot(curves, curve);
}

/* Feed the curve's k-th report to its filter. */
static fid_status feed(fid_curves *curves, fid__curve *curve, size_t k)
{
    double s = fid__curves_position(curves, curve->step[k]),
           y = scaled(curves, curve, curve->loss[k]);
    if (k == 0) {
        FID_TRY(fid__filter_start(&curve->filter, &curves->bank, curves->span, s, y,
                                  height_of(curves, curve)));
    } else {
        fid__curves_check(curves, curve, s, y);
        fid__filter_update(&curve->filter, &curves->bank, curves->span, s, y);
    }
    return is_checkpoint(k + 1) ? take_stock(curves, curve) : FID_OK;
}

static fid_status finish(fid_curves *curves, fid__curve *curve)
{
    if (curve->filter.n)
        FID_TRY(fid__curves_learn(curves, curve));
    release(curve);
    return FID_OK;
}

/* Of curves that ended only the latest teach again when the scale changes: a decision
 * must not take longer the longer the study is. */
enum { TAUGHT_AGAIN = 16 };

static size_t first_taught_again(const fid_curves *curves)
{
    size_t i = curves->n, n = 0;
    while (i > 0 && n < TAUGHT_AGAIN) {
        const fid__curve *curve = &curves->curve[--i];
        n += curve->n > 0 && (curve->ended || curve->diverged);
    }
    return i;
}

static fid_status refilter(fid_curves *curves, fid__curve *curve)
{
    release(curve);
    for (size_t k = 0; k < curve->n; k++)
        FID_TRY(feed(curves, curve, k));
    return curve->ended || curve->diverged ? finish(curves, curve) : FID_OK;
}

/* The scale changed: begin again with it. */
static fid_status refilter_all(fid_curves *curves, double scale)
{
    size_t first = first_taught_again(curves);
    curves->scale = scale;
    fid__curves_forget_all(curves);
    for (size_t i = 0; i < curves->n; i++) {
        fid__curve *curve = &curves->curve[i];
        if (i >= first || !(curve->ended || curve->diverged))
            FID_TRY(refilter(curves, curve));
    }
    return FID_OK;
}

static fid_status room_for_curve(fid_curves *curves, size_t id)
{
    fid__curve *grown = fid_grow(curves->curve, &curves->cap, id + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    curves->curve = grown;
    if (curves->n <= id)
        curves->n = id + 1;
    return FID_OK;
}

static fid_status keep_report(fid__curve *curve, double step, double loss)
{
    size_t cap = curve->cap;
    double *steps = fid_grow(curve->step, &cap, curve->n + 1, sizeof *steps);
    if (!steps)
        return FID_NOMEM;
    curve->step = steps;
    double *losses = fid_grow(curve->loss, &curve->cap, curve->n + 1, sizeof *losses);
    if (!losses)
        return FID_NOMEM;
    curve->loss = losses;
    curve->step[curve->n] = step;
    curve->loss[curve->n++] = loss;
    return FID_OK;
}

static bool is_new(const fid_curves *curves, const fid__curve *curve, double step)
{
    if (curve->n == 0)
        return true;
    return fid__curves_position(curves, step) >
           fid__curves_position(curves, curve->step[curve->n - 1]) * (1 + 1.0 / 64);
}

fid_status fid_curves_report(fid_curves *curves, size_t id, double step, double loss)
{
    assert(step >= 0);
    FID_TRY(room_for_curve(curves, id));
    fid__curve *curve = &curves->curve[id];
    if (curve->ended || curve->diverged)
        return FID_OK;
    if (!isfinite(loss)) {
        curve->diverged = true;
        return finish(curves, curve);
    }
    if (!is_new(curves, curve, step))
        return FID_OK;
    FID_TRY(keep_report(curve, step, loss));
    FID_TRY(note_loss(curves, curve, loss));
    double scale = fid__curves_scale(curves), ratio = scale / curves->scale;
    bool is_settled = curves->n_long == ENOUGH_LONG && curve->n == LONG;
    if (is_settled || !(ratio > 1 / 1.6 && ratio < 1.6))
        return refilter_all(curves, scale);
    return feed(curves, curve, curve->n - 1);
}

void fid_curves_end(fid_curves *curves, size_t id)
{
    fid__curve *curve = curve_at(curves, id);
    if (!curve || curve->ended)
        return;
    curve->ended = true;
    (void)finish(curves, curve); /* without memory the last lesson is lost, no more */
}

/* --- prediction */

static fid_status room_for_components(fid_prediction *p, size_t n)
{
    if (n <= p->cap)
        return FID_OK;
    double *block = fid_alloc(n, 3 * sizeof *block);
    if (!block)
        return FID_NOMEM;
    free(p->weight);
    p->weight = block;
    p->mean = block + n;
    p->sd = block + 2 * n;
    p->cap = n;
    return FID_OK;
}

/* Weight of the component for what no expert foresees. */
#define SURPRISE 0.003

/* Leave out what weighs less than 1e-6 of the largest; back to the user's units. */
static void keep_heavy(fid_prediction *p, size_t n, double origin, double scale)
{
    double most = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, p->weight[i]);
    p->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (p->weight[i] < 1e-6 * most)
            continue;
        sum += p->weight[p->n] = p->weight[i];
        p->mean[p->n] = origin + scale * p->mean[i];
        p->sd[p->n++] = scale * p->sd[i];
    }
    for (size_t i = 0; i < p->n; i++)
        p->weight[i] *= (1 - SURPRISE) / sum;
}

/* No bank holds everything: a curve that stood still can jump. Of one that went out of
 * all scale only its size is known. */
static void add_surprise(fid_prediction *p, const fid_curves *curves,
                         const fid__curve *curve)
{
    double last = curve->loss[curve->n - 1], moved = fabs(last - curve->loss[0]);
    bool is_out = moved > (FAR - 1) * curves->scale;
    if (is_out)
        p->n = 0;
    p->weight[p->n] = is_out ? 1 : SURPRISE;
    p->mean[p->n] = last;
    p->sd[p->n++] = 0.5 * fmax(curves->scale, moved);
}

fid_status fid_curves_predict(const fid_curves *curves, size_t id, double step,
                              fid_prediction *out)
{
    const fid__curve *curve = curve_at(curves, id);
    out->diverged = curve && curve->diverged;
    if (out->diverged) {
        out->n = 0;
        return FID_OK;
    }
    if (!curve || !curve->filter.n)
        return FID_NOT_FOUND;
    const fid__filter *f = &curve->filter;
    double s = fid__curves_position(curves, step);
    FID_TRY(room_for_components(out, f->n + 1));
    fid__filter_weights(f, curves->prior, out->weight);
    fid__filter_predict(f, &curves->bank, curves->span, s, out->mean, out->sd);
    keep_heavy(out, f->n, curve->loss[0], curves->scale);
    add_surprise(out, curves, curve);
    out->lower = curves->settings.lower;
    out->upper = curves->settings.upper;
    fid__curves_calibration(curves, fid__phase(f->n_seen), out->calibration);
    return FID_OK;
}

fid_status fid_curves_beats(const fid_curves *curves, size_t id, double step,
                            double incumbent, double *probability)
{
    fid_prediction p = {0};
    fid_status status = fid_curves_predict(curves, id, step, &p);
    if (status == FID_OK)
        *probability = fmax(fid_prediction_cdf(&p, incumbent),
                            fid__prediction_raw_cdf(&p, incumbent));
    fid_prediction_deinit(&p);
    return status;
}
