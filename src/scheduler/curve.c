/* Stop a trial whose learning curve will hardly lead below the best final loss.
 *
 * `risk` bounds the share of studies that lose the configuration which would have won.
 * A trial that is stopped as the n-th to begin, with probability P of ending below the
 * incumbent, would be the best of all N in the end with probability P n/N, about: the
 * later N - n have as good a chance as the first n. So after every trial
 *
 *     sum over the stopped of n P  <=  risk N
 *
 * has to hold, whatever N is, and what is left of the right side is what the next stops
 * may spend. */
#include "scheduler/blindness.h"
#include "scheduler/full.h"

#include <fidelio/curve.h>

#include <math.h>

/* Share of what is left that one stop may spend: the next trials want some, too. */
#define SHARE 0.5
/* Share of the full budget from which losses must tell final ones. */
#define LATE 0.75

typedef struct {
    fid__full full; /* first: the shared functions see it */
    double risk;
    size_t min_trials;
    fid_curves *curves; /* from the first report on */
    size_t n_begun;     /* trials that reported */
    size_t n_complete;
    double incumbent; /* least final loss of a COMPLETE trial; NaN = none */
    double spent;     /* sum of n P */
    fid__finished finished;
} curve;

static fid_status curve_init(void *state, const fid_scheduler_rules *rules,
                             fid_error *err)
{
    curve *c = state;
    *c = (curve){.risk = rules->risk > 0 ? rules->risk : 0.05,
                 .min_trials = rules->min_trials ? rules->min_trials : 3,
                 .incumbent = (double)NAN};
    fid__full_init(&c->full, "curve", rules);
    if (rules->fidelity.mode == FID_MODE_NONE)
        return fid_error_set(
            err, FID_INVALID,
            "curve: it needs a fidelity, the budget at which curves end");
    if (!(rules->risk >= 0 && rules->risk <= 0.5))
        return fid_error_set(err, FID_INVALID, "curve: risk must be in 0..0.5, is %g",
                             rules->risk);
    return fid__check_interval("curve", rules, err);
}

/* Reports may begin below the fidelity's min, which is about rungs. */
static fid_status open_curves(curve *c, double step)
{
    const fid_fidelity *f = &c->full.rules.fidelity;
    fid_curve_settings settings = {.first = step > 0 && step < f->min ? step : f->min,
                                   .max = f->max};
    return fid_curves_create(&c->curves, &settings, NULL);
}

static fid_status take_report(curve *c, const fid_history *history,
                              const fid_event *event)
{
    if (!c->curves)
        FID_TRY(open_curves(c, event->step));
    c->n_begun += fid_curves_n_reports(c->curves, event->trial) == 0;
    return fid_curves_report(c->curves, event->trial, event->step,
                             fid__event_loss(history, event));
}

/* P(the trial ends below the incumbent); 1 when nothing is known. Where losses on the
 * way say nothing about final ones, it is as good as each that has finished: late
 * losses have to show, early on, that this is not so. Whether early ones tell anything
 * is for the curves to say. */
static double chance(const curve *c, const fid_history *history, uint64_t trial)
{
    const double max = c->full.rules.fidelity.max;
    double p, any = 1 / (double)(c->n_complete + 1);
    if (!c->curves || isnan(c->incumbent) ||
        fid_curves_beats(c->curves, trial, max, c->incumbent, &p) != FID_OK)
        return 1;
    if (p >= any)
        return p;
    double step = fmax(fid_history_trial(history, trial)->step, LATE * max);
    return p + fid__blindness(&c->finished, history, step) * (any - p);
}

static void curve_observe(void *state, const fid_history *history,
                          const fid_event *event)
{
    curve *c = state;
    fid__full_observe(state, history, event);
    if (fid__names_objective(event)) {
        c->full.census.failed |= take_report(c, history, event) != FID_OK;
    } else if (event->kind == FID_EVENT_DECIDED && event->decision == FID_STOP) {
        c->spent += (double)c->n_begun * chance(c, history, event->trial);
    } else if (event->kind == FID_EVENT_COMPLETED) {
        c->n_complete++;
        double loss = fid__last_loss(history, event->trial);
        c->incumbent = fmin(c->incumbent, loss);
        fid__finished_add(&c->finished, event->trial, loss);
    }
    if (c->curves &&
        (event->kind == FID_EVENT_COMPLETED || event->kind == FID_EVENT_PRUNED ||
         event->kind == FID_EVENT_FAILED))
        fid_curves_end(c->curves, event->trial);
}

static bool is_due(const curve *c, const fid_history *history, uint64_t trial)
{
    const fid_scheduler_rules *rules = &c->full.rules;
    const fid_trial *t = fid_history_trial(history, trial);
    size_t last;
    if (c->n_complete < c->min_trials || t->step >= rules->fidelity.max ||
        t->step < rules->min_step)
        return false;
    return !(rules->interval > 0) || fid__is_check_due(history, trial, rules, &last);
}

/* What the trial would have come to: people want to know. */
static fid_status forecast(const curve *c, uint64_t trial, fid_decision *out)
{
    fid_prediction p = {0};
    fid_status status =
        fid_curves_predict(c->curves, trial, c->full.rules.fidelity.max, &p);
    if (status == FID_OK && !p.diverged) {
        out->mean = fid_prediction_mean(&p);
        out->low = fid_prediction_quantile(&p, 0.05);
        out->high = fid_prediction_quantile(&p, 0.95);
    }
    fid_prediction_deinit(&p);
    return status;
}

static fid_status curve_decide(void *state, const fid_history *history, uint64_t trial,
                               fid_decision *out)
{
    const curve *c = state;
    if (c->full.census.failed)
        return FID_NOMEM;
    fid__decide_continue(history, trial, c->full.name, out);
    if (!is_due(c, history, trial))
        return FID_OK;
    double n = (double)c->n_begun;
    out->value = chance(c, history, trial);
    out->threshold = SHARE * fmax(c->risk - c->spent / n, 0);
    if (!(out->value < out->threshold))
        return FID_OK;
    out->kind = FID_STOP;
    return forecast(c, trial, out);
}

static void curve_deinit(void *state)
{
    fid_curves_destroy(((curve *)state)->curves);
    fid__full_deinit(state);
}

const fid_scheduler_type fid_scheduler_curve = {
    .name = "curve",
    .summary = "stop a trial that will hardly beat the best, by its learning curve",
    .state_size = sizeof(curve),
    .init = curve_init,
    .observe = curve_observe,
    .decide = curve_decide,
    .next = fid__full_next,
    .deinit = curve_deinit,
};
