/* Synchronous successive halving and Hyperband.
 *
 * Successive halving: Jamieson, Talwalkar, AISTATS 2016. Hyperband: Li, Jamieson,
 * DeSalvo, Rostamizadeh, Talwalkar, JMLR 18 (2018), algorithm 1.
 *
 * A bracket starts n trials on its lowest rung, waits until all have arrived or ended,
 * then promotes the best floor(n eta^-k) to its k-th rung, and so on. Several workers
 * fill a rung together; when the open brackets have nothing to hand out a new one
 * begins (as in SMAC3 and HpBandSter), so no worker idles. sha repeats the bracket that
 * starts lowest (with eta^s_max trials); hyperband goes from it to the full budget and
 * around again.
 *
 * A trial's loss on a rung is that of its first report that reaches the rung's budget;
 * when an attempt ends well without one, its last. NaN and infinity are the worst.
 * Equal losses rank by arrival. Who fails or is pruned takes its place on the rung to
 * the end, counting as the worst, and is never promoted. Trials that were not started
 * on behalf of a bracket (imported at full budget) are left alone. */
#include "scheduler/census.h"
#include "scheduler/ladder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t id;
    size_t s;             /* begins at rung n_rungs - 1 - s of the ladder */
    size_t k;             /* the present rung, from 0 to s */
    size_t n;             /* trials on rung 0 */
    size_t started, live; /* on the present rung */
    size_t arrivals;
    fid__heap
        from;      /* rung k - 1: those that may be promoted; the top entry still may */
    size_t n_from; /* how many of them still may */
    fid__heap here; /* rung k: those that arrived */
    size_t n_here;  /* and have not ended since */
} bracket;

typedef enum { OUTSIDE, RUNNING, ARRIVED, OUT } standing;

typedef struct {
    uint64_t bracket; /* id */
    double value;
    uint64_t arrival;
    uint8_t k;        /* rung of its bracket */
    uint8_t standing; /* ARRIVED also while it has reported but not yet paused */
    bool has_value;
} place;

typedef struct {
    fid_scheduler_rules rules;
    fid__census census;
    const char *name;
    double budget[FID__MAX_RUNGS];
    size_t n_rungs;
    size_t n_kinds; /* brackets are of kind 0 .. n_kinds - 1, s = n_rungs - 1 - kind */
    bracket *open;  /* by id: the oldest first */
    size_t n_open, open_cap;
    uint64_t n_begun;
    place *place; /* by trial */
    size_t cap;
} halving;

static fid_status halving_init(halving *h, const char *name, const char *asynchronous,
                               size_t n_kinds, const fid_scheduler_rules *rules,
                               fid_error *err)
{
    *h = (halving){.rules = *rules, .name = name};
    if (rules->stopping || rules->fidelity.mode == FID_MODE_STOP)
        return fid_error_set(
            err, FID_UNSUPPORTED,
            "%s waits for whole rungs: it needs fidelity mode resume or "
            "restart; with mode stop use %s",
            name, asynchronous);
    FID_TRY(fid__ladder_init(name, rules, h->budget, &h->n_rungs, err));
    h->n_kinds = n_kinds && n_kinds < h->n_rungs ? n_kinds : h->n_rungs;
    return FID_OK;
}

static fid_status sha_init(void *state, const fid_scheduler_rules *rules,
                           fid_error *err)
{
    return halving_init(state, "sha", "asha", 1, rules, err);
}

static fid_status hyperband_init(void *state, const fid_scheduler_rules *rules,
                                 fid_error *err)
{
    return halving_init(state, "hyperband", "async_hyperband", rules->brackets, rules,
                        err);
}

static double budget_at(const halving *h, const bracket *b, size_t k)
{
    return h->budget[h->n_rungs - 1 - b->s + k];
}

/* How many the present rung takes. Rung 0 of a bounded study's last bracket is cut to
 * what has started; a higher rung to those that can still be promoted. */
static size_t rung_size(const halving *h, const bracket *b)
{
    if (b->k == 0)
        return fid__is_full(&h->census, &h->rules) ? b->started : b->n;
    size_t plan = fid__rung_size(b->n, b->k, h->rules.fidelity.eta);
    size_t can = b->started + b->n_from;
    return plan < can ? plan : can;
}

static bool has_work(const halving *h, const bracket *b)
{
    return b->started < rung_size(h, b);
}

static bracket *find_bracket(const halving *h, uint64_t id)
{
    for (size_t i = 0; i < h->n_open; i++)
        if (h->open[i].id == id)
            return &h->open[i];
    return NULL;
}

static place *place_of(const halving *h, uint64_t trial)
{
    return trial < h->cap && h->place[trial].standing != OUTSIDE ? &h->place[trial]
                                                                 : NULL;
}

static bool may_be_promoted(const halving *h, const bracket *b, uint64_t trial)
{
    const place *p = place_of(h, trial);
    return p->bracket == b->id && p->k + 1u == b->k && p->standing == ARRIVED;
}

static void settle(const halving *h, bracket *b)
{
    while (b->from.n && !may_be_promoted(h, b, b->from.entry[0].trial))
        fid__heap_pop(&b->from);
}

static void close_bracket(halving *h, bracket *b)
{
    fid__heap_deinit(&b->from);
    fid__heap_deinit(&b->here);
    size_t after = h->n_open - (size_t)(b - h->open) - 1;
    memmove(b, b + 1, after * sizeof *b);
    h->n_open--;
}

/* Go to the next rung while the present one is finished. */
static void advance(halving *h, bracket *b)
{
    settle(h, b);
    while (b->live == 0 && !has_work(h, b)) {
        if (b->k == 0)
            b->n = b->started;
        if (b->k == b->s || b->n_here == 0) {
            close_bracket(h, b);
            return;
        }
        fid__heap_deinit(&b->from);
        b->from = b->here;
        b->n_from = b->n_here;
        b->here = (fid__heap){0};
        b->n_here = b->started = b->arrivals = 0;
        b->k++;
        settle(h, b);
    }
}

static size_t next_s(const halving *h)
{
    return h->n_rungs - 1 - h->n_begun % h->n_kinds;
}

static bracket *begin_bracket(halving *h)
{
    bracket *grown = fid_grow(h->open, &h->open_cap, h->n_open + 1, sizeof *h->open);
    if (!grown) {
        h->census.failed = true;
        return NULL;
    }
    h->open = grown;
    size_t s = next_s(h);
    size_t n = fid__bracket_size(h->n_rungs - 1, s, h->rules.fidelity.eta,
                                 h->rules.ceil_brackets);
    grown[h->n_open] = (bracket){.id = h->n_begun++, .s = s, .n = n};
    return &grown[h->n_open++];
}

/* The oldest open bracket that has something to hand out, NULL when none has. */
static bracket *first_with_work(const halving *h)
{
    for (size_t i = 0; i < h->n_open; i++)
        if (has_work(h, &h->open[i]))
            return &h->open[i];
    return NULL;
}

/* The bracket that a trial started now at `budget` belongs to; NULL: to none. */
static bracket *bracket_for(halving *h, double budget)
{
    bracket *b = first_with_work(h);
    if (!b && budget == h->budget[h->n_rungs - 1 - next_s(h)])
        b = begin_bracket(h);
    return b && b->k == 0 && budget == budget_at(h, b, 0) ? b : NULL;
}

static void add_member(halving *h, uint64_t trial, bracket *b)
{
    place *grown = fid_grow(h->place, &h->cap, trial + 1, sizeof *h->place);
    if (!grown) {
        h->census.failed = true;
        return;
    }
    h->place = grown;
    grown[trial] = (place){.bracket = b->id, .standing = RUNNING};
    b->started++;
    b->live++;
}

/* A trial that waited leaves its rung. */
static void leave(bracket *b, place *p)
{
    b->n_from -= p->k + 1u == b->k;
    b->n_here -= p->k == b->k;
}

static void observe_start(halving *h, bracket *b, place *p, const fid_event *event)
{
    if (p->standing != ARRIVED)
        return; /* another attempt on the same rung */
    bool promoted = p->k + 1u == b->k && has_work(h, b) &&
                    event->budget >= budget_at(h, b, b->k);
    leave(b, p);
    p->standing = OUT;
    if (promoted) {
        *p = (place){.bracket = b->id, .k = (uint8_t)b->k, .standing = RUNNING};
        b->started++;
        b->live++;
    }
}

static void take_value(bracket *b, place *p, double loss)
{
    if (p->has_value)
        return;
    p->value = loss;
    p->arrival = b->arrivals++;
    p->has_value = true;
}

static void observe_pause(halving *h, bracket *b, place *p, const fid_history *history,
                          uint64_t trial)
{
    if (p->standing != RUNNING || fid__census_life(&h->census, trial) != FID__PAUSED)
        return;
    take_value(b, p, fid__last_loss(history, trial));
    p->standing = ARRIVED;
    b->live--;
    b->n_here++;
    h->census.failed |=
        !fid__heap_push(&b->here, (fid__entry){p->value, p->arrival, trial});
}

static void observe_end(bracket *b, place *p)
{
    if (p->standing == RUNNING)
        b->live--;
    else if (p->standing == ARRIVED)
        leave(b, p);
    p->standing = OUT;
}

static void observe_member(halving *h, bracket *b, place *p, const fid_history *history,
                           const fid_event *event)
{
    switch (event->kind) {
    case FID_EVENT_STARTED:
        observe_start(h, b, p, event);
        break;
    case FID_EVENT_REPORT:
        if (p->standing == RUNNING && fid__names_objective(event) &&
            event->step >= budget_at(h, b, p->k))
            take_value(b, p, fid__event_loss(history, event));
        return;
    case FID_EVENT_PAUSED:
        observe_pause(h, b, p, history, event->trial);
        break;
    case FID_EVENT_COMPLETED:
    case FID_EVENT_PRUNED:
    case FID_EVENT_FAILED:
        observe_end(b, p);
        break;
    default:
        return;
    }
    if (!h->census.failed)
        advance(h, b);
}

static void halving_observe(void *state, const fid_history *history,
                            const fid_event *event)
{
    halving *h = state;
    if (h->census.failed)
        return;
    bool first = event->kind == FID_EVENT_STARTED &&
                 fid__census_life(&h->census, event->trial) == FID__UNSTARTED;
    bool was_full = fid__is_full(&h->census, &h->rules);
    bracket *joins = first ? bracket_for(h, event->budget) : NULL;
    if (!h->census.failed)
        fid__census_observe(&h->census, history, event, NULL);
    if (joins && !h->census.failed)
        add_member(h, event->trial, joins);
    if (h->census.failed)
        return;
    place *p = place_of(h, event->trial);
    bracket *b = p ? find_bracket(h, p->bracket) : NULL;
    if (b)
        observe_member(h, b, p, history, event);
    if (!was_full && fid__is_full(&h->census, &h->rules))
        for (size_t i = h->n_open; i-- > 0;)
            advance(h, &h->open[i]);
}

static fid_status halving_decide(void *state, const fid_history *history,
                                 uint64_t trial, fid_decision *out)
{
    const halving *h = state;
    if (h->census.failed)
        return FID_NOMEM;
    fid__decide_continue(history, trial, h->name, out);
    const place *p = place_of(h, trial);
    if (p && p->has_value)
        out->value = p->value;
    return FID_OK;
}

static fid_status halving_next(void *state, const fid_history *history, fid_rng *rng,
                               fid_assign *out)
{
    (void)rng;
    const halving *h = state;
    if (h->census.failed)
        return FID_NOMEM;
    if (fid__assign_interrupted(&h->census, history, h->name, out))
        return FID_OK;
    const bracket *b = first_with_work(h);
    if (!b || b->k == 0) {
        size_t s = b ? b->s : next_s(h);
        fid__assign_new(&h->census, &h->rules, h->name, h->budget[h->n_rungs - 1 - s],
                        (int64_t)s, out);
        return FID_OK;
    }
    const fid__entry *best = &b->from.entry[0];
    *out = (fid_assign){.kind = FID_ASSIGN_PROMOTE,
                        .trial = best->trial,
                        .budget = budget_at(h, b, b->k),
                        .tag = (int64_t)b->s,
                        .rule = h->name,
                        .value = best->value,
                        .threshold = (double)NAN,
                        .rank = b->started + 1,
                        .of = b->started + b->n_from};
    return FID_OK;
}

static bool halving_is_settled(const void *state, const fid_history *history,
                               uint64_t trial)
{
    (void)history;
    const halving *h = state;
    const place *p = place_of(h, trial);
    if (!p || p->standing != ARRIVED)
        return false;
    const bracket *b = find_bracket(h, p->bracket);
    return !b || p->k + 1u < b->k || (p->k + 1u == b->k && !has_work(h, b));
}

static void halving_deinit(void *state)
{
    halving *h = state;
    for (size_t i = 0; i < h->n_open; i++) {
        fid__heap_deinit(&h->open[i].from);
        fid__heap_deinit(&h->open[i].here);
    }
    free(h->open);
    free(h->place);
    fid__census_deinit(&h->census);
}

const fid_scheduler_type fid_scheduler_sha = {
    .name = "sha",
    .summary = "synchronous successive halving: a rung waits until it is full",
    .state_size = sizeof(halving),
    .init = sha_init,
    .observe = halving_observe,
    .decide = halving_decide,
    .next = halving_next,
    .is_settled = halving_is_settled,
    .deinit = halving_deinit,
};

const fid_scheduler_type fid_scheduler_hyperband = {
    .name = "hyperband",
    .summary =
        "synchronous Hyperband: successive halving from several starting budgets",
    .state_size = sizeof(halving),
    .init = hyperband_init,
    .observe = halving_observe,
    .decide = halving_decide,
    .next = halving_next,
    .is_settled = halving_is_settled,
    .deinit = halving_deinit,
};
