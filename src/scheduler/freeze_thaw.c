/* What to train next as one decision: a new configuration, or a paused trial that goes on
 * to its next rung (freeze-thaw: Swersky, Snoek, Adams, "Freeze-thaw Bayesian
 * optimization", 2014).
 *
 * Each paused trial has a predicted final loss, by its learning curve. What a look at the
 * next rung does to such predictions is learnt from the trials that went there: by how
 * much they moved. What a new configuration will come to is what the last ones came to
 * on the lowest rung, whoever proposed them. From these follows the price that training
 * of each is worth (price.h): expected improvement over the best by cost, knowing that
 * one may stop at every rung.
 *
 * As many trials as synchronous halving begins with are new, to have something to
 * compare. Predictions are made when a trial pauses, and a few are renewed whenever one
 * does. At most MOST_PAUSED wait: the least promising is given up. */
#include "scheduler/census.h"
#include "scheduler/ladder.h"
#include "scheduler/price.h"

#include <fidelio/curve.h>

#include <math.h>
#include <stdlib.h>

enum {
    MOST_PAUSED = 64,
    RENEWED = 8, /* predictions at a pause */
    OFFERS = 20, /* the last new trials */
    PRIOR = 4,   /* steps that the curves' own variance counts for */
};
#define MEMORY   0.95 /* weight of a step between rungs after the next one */
#define WORTH_IT 0.01 /* of a bounded study's gain so far, for a full training */

typedef struct {
    uint64_t trial;
    size_t rung;
    double mean, variance; /* of the loss at the full budget; INFINITY: hopeless */
} candidate;

typedef struct {
    double mean;  /* when it was last paused */
    int8_t rung;  /* from which it went on; -1: none */
    bool settled; /* given up */
} place;

/* Steps between a rung and the next one. */
typedef struct {
    double n, sum, square;       /* moves of the mean */
    double n_variance, variance; /* before them */
} steps;

typedef struct {
    fid_scheduler_rules rules;
    fid__census census;
    double budget[FID__MAX_RUNGS];
    size_t n_rungs, n_first;
    fid_curves *curves;
    candidate pool[MOST_PAUSED + 1];
    size_t n_pool, renew;
    double offer[OFFERS];
    size_t n_offers; /* all that were made */
    steps steps[FID__MAX_RUNGS];
    place *place; /* by trial */
    size_t cap;
} freeze_thaw;

static fid_status init(void *state, const fid_scheduler_rules *rules, fid_error *err)
{
    freeze_thaw *f = state;
    *f = (freeze_thaw){.rules = *rules};
    if (rules->stopping || rules->fidelity.mode == FID_MODE_STOP)
        return fid_error_set(
            err, FID_UNSUPPORTED,
            "freeze_thaw pauses trials: it needs fidelity mode resume or "
            "restart; with mode stop use curve");
    FID_TRY(fid__ladder_init("freeze_thaw", rules, f->budget, &f->n_rungs, err));
    f->n_first =
        fid__bracket_size(f->n_rungs - 1, f->n_rungs - 1, rules->fidelity.eta, false);
    fid_curve_settings curves = {.first = rules->fidelity.min,
                                 .max = rules->fidelity.max};
    return fid_curves_create(&f->curves, &curves, err);
}

static void deinit(void *state)
{
    freeze_thaw *f = state;
    fid_curves_destroy(f->curves);
    free(f->place);
    fid__census_deinit(&f->census);
}

/* --- observing */

static place *place_of(freeze_thaw *f, uint64_t trial)
{
    size_t old = f->cap;
    place *grown = fid_grow(f->place, &f->cap, trial + 1, sizeof *grown);
    if (!grown) {
        f->census.failed = true;
        return NULL;
    }
    f->place = grown;
    for (; old < f->cap; old++)
        grown[old] = (place){.rung = -1};
    return &grown[trial];
}

static size_t rung_of(const freeze_thaw *f, double budget)
{
    size_t k = 0;
    while (k + 1 < f->n_rungs && f->budget[k + 1] <= budget)
        k++;
    return k;
}

static void predict(const freeze_thaw *f, const fid_history *history, candidate *c)
{
    fid_curves_moment(f->curves, c->trial, f->rules.fidelity.max, &c->mean,
                      &c->variance);
    if (!isfinite(c->mean) || !fid_history_is_feasible(history, c->trial))
        c->mean = (double)INFINITY;
}

static void remove_candidate(freeze_thaw *f, size_t i)
{
    f->pool[i] = f->pool[--f->n_pool];
}

static void give_up_the_worst(freeze_thaw *f)
{
    size_t worst = 0;
    for (size_t i = 1; i < f->n_pool; i++)
        if (f->pool[i].mean >= f->pool[worst].mean)
            worst = i;
    f->place[f->pool[worst].trial].settled = true;
    fid_curves_end(f->curves, f->pool[worst].trial);
    remove_candidate(f, worst);
}

static void renew_some(freeze_thaw *f, const fid_history *history)
{
    for (size_t i = 0; i < RENEWED && i < f->n_pool; i++) {
        f->renew = (f->renew + 1) % f->n_pool;
        predict(f, history, &f->pool[f->renew]);
    }
}

static void note_step(freeze_thaw *f, const place *from, const candidate *to)
{
    double move = to->mean - from->mean;
    if (from->rung < 0 || to->rung != (size_t)from->rung + 1 || !isfinite(move))
        return;
    steps *s = &f->steps[from->rung];
    s->n = MEMORY * s->n + 1;
    s->sum = MEMORY * s->sum + move;
    s->square = MEMORY * s->square + move * move;
}

static void offer(freeze_thaw *f, double mean)
{
    f->offer[f->n_offers++ % OFFERS] = mean;
}

static void observe_arrival(freeze_thaw *f, const fid_history *history, uint64_t trial)
{
    place *p = place_of(f, trial);
    const fid_trial *t = fid_history_trial(history, trial);
    if (!p)
        return;
    candidate here = {.trial = trial, .rung = rung_of(f, t->budget)};
    predict(f, history, &here);
    if (p->rung < 0)
        offer(f, here.mean);
    else
        note_step(f, p, &here);
    if (t->state != FID_TRIAL_PAUSED)
        return;
    renew_some(f, history);
    f->pool[f->n_pool++] = here;
    if (f->n_pool > MOST_PAUSED)
        give_up_the_worst(f);
}

static void observe_departure(freeze_thaw *f, uint64_t trial, bool goes_on)
{
    for (size_t i = 0; i < f->n_pool; i++) {
        candidate c = f->pool[i];
        if (c.trial != trial)
            continue;
        remove_candidate(f, i);
        if (!goes_on || !isfinite(c.mean))
            return;
        f->place[trial].mean = c.mean;
        f->place[trial].rung = (int8_t)c.rung;
        steps *s = &f->steps[c.rung];
        s->n_variance = MEMORY * s->n_variance + 1;
        s->variance = MEMORY * s->variance + c.variance;
        return;
    }
}

static void observe_end(freeze_thaw *f, const fid_event *event)
{
    place *p = place_of(f, event->trial);
    observe_departure(f, event->trial, false);
    fid_curves_end(f->curves, event->trial);
    if (p && p->rung < 0 && event->kind == FID_EVENT_FAILED)
        offer(f, (double)INFINITY);
}

static void observe(void *state, const fid_history *history, const fid_event *event)
{
    freeze_thaw *f = state;
    fid__census_observe(&f->census, history, event, NULL);
    if (f->census.failed)
        return;
    switch (event->kind) {
    case FID_EVENT_STARTED:
        observe_departure(f, event->trial, true);
        break;
    case FID_EVENT_REPORT:
        if (fid__names_objective(event) &&
            fid_curves_report(f->curves, event->trial, event->step,
                              fid_history_sign(history, 0) * event->values[0]) !=
                FID_OK)
            f->census.failed = true;
        break;
    case FID_EVENT_PAUSED:
        if (fid__census_life(&f->census, event->trial) == FID__PAUSED)
            observe_arrival(f, history, event->trial);
        break;
    case FID_EVENT_COMPLETED:
        observe_arrival(f, history, event->trial);
        observe_end(f, event);
        break;
    case FID_EVENT_PRUNED:
    case FID_EVENT_FAILED:
        observe_end(f, event);
        break;
    default:
        break;
    }
}

/* --- deciding */

static fid_status decide(void *state, const fid_history *history, uint64_t trial,
                         fid_decision *out)
{
    fid__decide_continue(history, trial, "freeze_thaw", out);
    return ((const freeze_thaw *)state)->census.failed ? FID_NOMEM : FID_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t n_offers(const freeze_thaw *f)
{
    return f->n_offers < OFFERS ? f->n_offers : OFFERS;
}

/* Of what new configurations come to. */
static double middle_offer(const freeze_thaw *f)
{
    double sorted[OFFERS];
    size_t n = n_offers(f);
    for (size_t i = 0; i < n; i++)
        sorted[i] = f->offer[i];
    qsort(sorted, n, sizeof *sorted, ascending);
    return n ? sorted[n / 2] : (double)NAN;
}

/* The loss to beat: the best at the full budget or, before there is one, what a new
 * configuration usually comes to. */
static double goal_of(const freeze_thaw *f, const fid_history *history)
{
    uint64_t best;
    if (!fid_history_incumbent(history, &best) ||
        fid_history_trial(history, best)->state != FID_TRIAL_COMPLETE)
        return middle_offer(f);
    return fid_history_loss(history, best, 0);
}

/* best[k]: the most promising trial on rung k, or NULL. */
static void find_best(const freeze_thaw *f, const candidate **best)
{
    for (size_t k = 0; k < f->n_rungs; k++)
        best[k] = NULL;
    for (size_t i = 0; i < f->n_pool; i++) {
        const candidate *c = &f->pool[i], **b = &best[c->rung];
        if (isfinite(c->mean) && (!*b || c->mean < (*b)->mean ||
                                  (c->mean == (*b)->mean && c->trial < (*b)->trial)))
            *b = c;
    }
}

/* Variance of the final loss as seen from each rung; where no trial was, in proportion to
 * the rungs that remain. */
static void fill_variances(const freeze_thaw *f, const candidate *const *best,
                           double *v)
{
    size_t last = f->n_rungs - 1;
    v[last] = 0;
    for (size_t k = 0; k < last; k++) {
        const steps *s = &f->steps[k];
        double n = s->n_variance + (best[k] != NULL);
        v[k] = n > 0 ? (s->variance + (best[k] ? best[k]->variance : 0)) / n
                     : (double)NAN;
        if (isnan(v[k]))
            v[k] = k ? v[k - 1] * (double)(last - k) / (double)(last - k + 1) : 0;
    }
}

static fid__prospect prospect_of(const freeze_thaw *f, const fid_history *history,
                                 const candidate *const *best)
{
    fid__prospect p = {.n = f->n_rungs, .goal = goal_of(f, history)};
    bool anew = f->rules.fidelity.mode == FID_MODE_RESTART;
    double variance[FID__MAX_RUNGS];
    fill_variances(f, best, variance);
    p.cost[0] = f->budget[0];
    for (size_t k = 0; k + 1 < p.n; k++) {
        const steps *s = &f->steps[k];
        double prior = fmax(variance[k] - variance[k + 1], 0.05 * variance[k]);
        double n = s->n + PRIOR, mean = s->sum / n;
        p.cost[k + 1] = f->budget[k + 1] - (anew ? 0 : f->budget[k]);
        p.shift[k] = mean;
        p.sd[k] = sqrt(fmax((s->square + PRIOR * prior) / n - mean * mean, 0));
    }
    return p;
}

static void thaw(const freeze_thaw *f, const candidate *c, double goal, fid_assign *out)
{
    *out = (fid_assign){.kind = FID_ASSIGN_PROMOTE,
                        .trial = c->trial,
                        .budget = f->budget[c->rung + 1],
                        .rule = "freeze_thaw",
                        .value = c->mean,
                        .threshold = goal};
}

/* A bounded study that can start nothing new ends when what is left promises little. */
static bool is_worth_it(const freeze_thaw *f, double price, double goal)
{
    double gain = middle_offer(f) - goal;
    return !(price * f->rules.fidelity.max < WORTH_IT * gain);
}

static fid_status next(void *state, const fid_history *history, fid_rng *rng,
                       fid_assign *out)
{
    (void)rng;
    const freeze_thaw *f = state;
    const candidate *best[FID__MAX_RUNGS];
    double mean[FID__MAX_RUNGS], price;
    if (f->census.failed)
        return FID_NOMEM;
    if (fid__assign_interrupted(&f->census, history, "freeze_thaw", out))
        return FID_OK;
    bool is_full = fid__is_full(&f->census, &f->rules);
    fid__assign_new(&f->census, &f->rules, "freeze_thaw", f->budget[0], 0, out);
    if (!is_full && f->census.n_started < f->n_first)
        return FID_OK;
    find_best(f, best);
    for (size_t k = 0; k < f->n_rungs; k++)
        mean[k] = best[k] ? best[k]->mean : (double)INFINITY;
    fid__prospect p = prospect_of(f, history, best);
    int k = fid__price_best(&p, mean, f->offer, is_full ? 0 : n_offers(f), &price);
    if (k >= 0 && (!is_full || is_worth_it(f, price, p.goal)))
        thaw(f, best[k], p.goal, out);
    return FID_OK;
}

static bool is_settled(const void *state, const fid_history *history, uint64_t trial)
{
    (void)history;
    const freeze_thaw *f = state;
    return trial < f->cap && f->place[trial].settled;
}

const fid_scheduler_type fid_scheduler_freeze_thaw = {
    .name = "freeze_thaw",
    .summary =
        "a new trial or a paused one, by what its curve promises for the training",
    .state_size = sizeof(freeze_thaw),
    .init = init,
    .observe = observe,
    .decide = decide,
    .next = next,
    .is_settled = is_settled,
    .deinit = deinit,
};
