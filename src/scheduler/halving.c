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
 * Before that happens, where trials resume, idle workers go on with those that will
 * most probably be promoted when the rung's last trials have arrived. Where trials begin
 * anew nothing is gained by it, and one worker never idles (benchmarks/LOG.md).
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
    size_t size;           /* trials that it takes at most */
    size_t started, live;  /* trials that were put on it; of these those under way */
    size_t came, arrivals; /* those no longer under way; values taken */
    fid__heap waiting;     /* who arrived; the top entry may still be promoted */
    size_t n_waiting;      /* how many of them still may */
} rung;

typedef struct {
    uint64_t id;
    size_t s;   /* begins at rung n_rungs - 1 - s of the ladder */
    rung *rung; /* [s + 1] */
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
    bool early;     /* promotions do not wait for a rung's last trials */
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
    h->early = rules->fidelity.mode == FID_MODE_RESUME;
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

static void plan(const halving *h, bracket *b, size_t n)
{
    for (size_t k = 0; k <= b->s; k++)
        b->rung[k].size = fid__rung_size(n, k, h->rules.fidelity.eta);
}

/* Rung k has room, and there is somebody who may come. */
static bool has_room(const bracket *b, size_t k)
{
    return b->rung[k].started < b->rung[k].size &&
           (k == 0 || b->rung[k - 1].n_waiting > 0);
}

/* Nobody is on rung k any more or will come, when the same is true of those below. */
static bool is_done(const bracket *b, size_t k)
{
    return b->rung[k].live == 0 && !has_room(b, k);
}

/* The normal quantile of four in five. */
#define SURE 0.8416

/* Of n trials m will be promoted, c are known: how sure is it that r of the m are among
 * these? Four in five, in the normal approximation of the hypergeometric distribution
 * (for rungs of up to 32 no promotion comes at another count than by the exact one). */
static bool is_likely(double n, double m, double c, double r)
{
    double mean = c * m / n, variance = mean * (1 - m / n) * (n - c) / (n - 1);
    return c >= n || mean - SURE * sqrt(variance) >= r - 0.5;
}

/* The next place on rung k > 0 is taken now; `whole`: all below is done. */
static bool promotes(const halving *h, const bracket *b, size_t k, bool whole)
{
    const rung *from = &b->rung[k - 1], *to = from + 1;
    if (!has_room(b, k))
        return false;
    return whole || (h->early && from->started == from->size &&
                     is_likely((double)from->size, (double)to->size, (double)from->came,
                               (double)to->started + 1));
}

/* The highest rung that somebody is to start on now; s + 1 when there is none. */
static size_t rung_with_work(const halving *h, const bracket *b)
{
    size_t found = has_room(b, 0) ? 0 : b->s + 1;
    bool whole = true;
    for (size_t k = 1; k <= b->s; k++) {
        whole = whole && is_done(b, k - 1);
        if (promotes(h, b, k, whole))
            found = k;
    }
    return found;
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

static bool may_be_promoted(const halving *h, const bracket *b, size_t k,
                            uint64_t trial)
{
    const place *p = place_of(h, trial);
    return p->bracket == b->id && p->k == k && p->standing == ARRIVED;
}

static void settle(const halving *h, bracket *b, size_t k)
{
    fid__heap *heap = &b->rung[k].waiting;
    while (heap->n && !may_be_promoted(h, b, k, heap->entry[0].trial))
        fid__heap_pop(heap);
}

static void free_rungs(bracket *b)
{
    for (size_t k = 0; k <= b->s; k++)
        fid__heap_deinit(&b->rung[k].waiting);
    free(b->rung);
}

/* A bounded study's last bracket is cut to what has started. One in which there is
 * nothing more to do is closed. */
static void advance(halving *h, bracket *b)
{
    for (size_t k = 0; k <= b->s; k++)
        settle(h, b, k);
    if (fid__is_full(&h->census, &h->rules) && has_room(b, 0))
        plan(h, b, b->rung[0].started);
    for (size_t k = 0; k <= b->s; k++)
        if (!is_done(b, k))
            return;
    free_rungs(b);
    size_t after = h->n_open - (size_t)(b - h->open) - 1;
    memmove(b, b + 1, after * sizeof *b);
    h->n_open--;
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
    rung *rungs = fid_alloc(s + 1, sizeof *rungs);
    if (!rungs) {
        h->census.failed = true;
        return NULL;
    }
    size_t n = fid__bracket_size(h->n_rungs - 1, s, h->rules.fidelity.eta,
                                 h->rules.ceil_brackets);
    grown[h->n_open] = (bracket){.id = h->n_begun++, .s = s, .rung = rungs};
    plan(h, &grown[h->n_open], n);
    return &grown[h->n_open++];
}

/* The oldest open bracket that has something to hand out, and on which rung; NULL when
 * none has. */
static const bracket *first_with_work(const halving *h, size_t *k)
{
    for (size_t i = 0; i < h->n_open; i++) {
        *k = rung_with_work(h, &h->open[i]);
        if (*k <= h->open[i].s)
            return &h->open[i];
    }
    return NULL;
}

/* The bracket that a trial started now at `budget` belongs to; NULL: to none. */
static bracket *bracket_for(halving *h, double budget)
{
    for (size_t i = 0; i < h->n_open; i++)
        if (has_room(&h->open[i], 0))
            return budget == budget_at(h, &h->open[i], 0) ? &h->open[i] : NULL;
    return budget == h->budget[h->n_rungs - 1 - next_s(h)] ? begin_bracket(h) : NULL;
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
    b->rung[0].started++;
    b->rung[0].live++;
}

static void observe_start(halving *h, bracket *b, place *p, const fid_event *event)
{
    if (p->standing != ARRIVED)
        return; /* another attempt on the same rung */
    size_t k = p->k + 1u;
    bool promoted = k <= b->s && has_room(b, k) && event->budget >= budget_at(h, b, k);
    b->rung[p->k].n_waiting--;
    p->standing = OUT;
    if (promoted) {
        *p = (place){.bracket = b->id, .k = (uint8_t)k, .standing = RUNNING};
        b->rung[k].started++;
        b->rung[k].live++;
    }
}

static void take_value(bracket *b, place *p, double loss)
{
    if (p->has_value)
        return;
    p->value = loss;
    p->arrival = b->rung[p->k].arrivals++;
    p->has_value = true;
}

static void observe_pause(halving *h, bracket *b, place *p, const fid_history *history,
                          uint64_t trial)
{
    if (p->standing != RUNNING || fid__census_life(&h->census, trial) != FID__PAUSED)
        return;
    take_value(b, p, fid__last_loss(history, trial));
    p->standing = ARRIVED;
    rung *r = &b->rung[p->k];
    r->live--;
    r->came++;
    r->n_waiting++;
    h->census.failed |=
        !fid__heap_push(&r->waiting, (fid__entry){p->value, p->arrival, trial});
}

static void observe_end(bracket *b, place *p)
{
    rung *r = &b->rung[p->k];
    if (p->standing == RUNNING) {
        r->live--;
        r->came++;
    } else if (p->standing == ARRIVED) {
        r->n_waiting--;
    }
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
    size_t k;
    const bracket *b = first_with_work(h, &k);
    if (!b || k == 0) {
        size_t s = b ? b->s : next_s(h);
        fid__assign_new(&h->census, &h->rules, h->name, h->budget[h->n_rungs - 1 - s],
                        (int64_t)s, out);
        return FID_OK;
    }
    const rung *from = &b->rung[k - 1];
    const fid__entry *best = &from->waiting.entry[0];
    *out = (fid_assign){.kind = FID_ASSIGN_PROMOTE,
                        .trial = best->trial,
                        .budget = budget_at(h, b, k),
                        .tag = (int64_t)b->s,
                        .rule = h->name,
                        .value = best->value,
                        .threshold = (double)NAN,
                        .rank = b->rung[k].started + 1,
                        .of = b->rung[k].started + from->n_waiting};
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
    return !b || p->k == b->s || b->rung[p->k + 1].started >= b->rung[p->k + 1].size;
}

static void halving_deinit(void *state)
{
    halving *h = state;
    for (size_t i = 0; i < h->n_open; i++)
        free_rungs(&h->open[i]);
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
