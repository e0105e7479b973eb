#include "scheduler/rungs.h"

#include <math.h>
#include <stdlib.h>

fid__rung *fid__rungs_at(const fid__rungs *rungs, size_t bracket, size_t k)
{
    return &rungs->rung[bracket * rungs->n_rungs + k];
}

/* Shares of new trials in proportion to how many each bracket of synchronous Hyperband
 * starts: (s_max + 1) / (s + 1) eta^s. */
static void set_shares(fid__rungs *rungs)
{
    double n = (double)rungs->n_rungs, sum = 0;
    for (size_t b = 0; b < rungs->n_brackets; b++) {
        rungs->share[b] = n / (n - (double)b) *
                          pow(rungs->rules.fidelity.eta, -(double)b);
        sum += rungs->share[b];
    }
    for (size_t b = 0; b < rungs->n_brackets; b++)
        rungs->share[b] /= sum;
}

fid_status fid__rungs_init(fid__rungs *rungs, const char *name,
                           const fid_scheduler_rules *rules, size_t n_brackets,
                           fid_error *err)
{
    *rungs = (fid__rungs){.rules = *rules, .name = name};
    FID_TRY(fid__ladder_init(name, rules, rungs->budget, &rungs->n_rungs, err));
    rungs->stopping = rules->stopping || rules->fidelity.mode == FID_MODE_STOP;
    rungs->top = rungs->n_rungs - 1;
    rungs->n_brackets = n_brackets && n_brackets < rungs->n_rungs ? n_brackets
                                                                  : rungs->n_rungs;
    set_shares(rungs);
    rungs->rung = fid_alloc(rungs->n_brackets * rungs->n_rungs, sizeof *rungs->rung);
    return rungs->rung ? FID_OK : fid_error_set(err, FID_NOMEM, "out of memory");
}

/* The bracket of the next new trial. In turn: the one that is furthest behind its share
 * (smooth weighted round-robin); or drawn, a function of the seed and the trials
 * started so far. */
static size_t next_bracket(const fid__rungs *rungs)
{
    size_t best = 0;
    if (rungs->rules.draw_brackets) {
        fid_rng rng = fid_rng_stream(rungs->rules.seed, FID_RNG_SCHEDULE,
                                     rungs->census.n_started);
        double u = fid_rng_uniform(&rng);
        while (best + 1 < rungs->n_brackets && (u -= rungs->share[best]) >= 0)
            best++;
        return best;
    }
    for (size_t b = 1; b < rungs->n_brackets; b++)
        if (rungs->credit[b] + rungs->share[b] >
            rungs->credit[best] + rungs->share[best])
            best = b;
    return best;
}

static void charge_bracket(fid__rungs *rungs, size_t bracket)
{
    for (size_t b = 0; b < rungs->n_brackets; b++)
        rungs->credit[b] += rungs->share[b];
    rungs->credit[bracket] -= 1;
}

static fid__place *place_of(const fid__rungs *rungs, uint64_t trial)
{
    return trial < rungs->cap && rungs->place[trial].is_member ? &rungs->place[trial]
                                                               : NULL;
}

static bool is_waiting(const fid__rungs *rungs, uint64_t trial, size_t k)
{
    const fid__place *p = place_of(rungs, trial);
    return p->rung == (int8_t)k && !p->promoted &&
           fid__census_life(&rungs->census, trial) == FID__PAUSED;
}

/* Keep the promise that the top entry of a heap waits. */
static void settle(fid__rungs *rungs, size_t bracket, int k)
{
    if (k < 0)
        return;
    fid__heap *heap = &fid__rungs_at(rungs, bracket, (size_t)k)->waiting;
    while (heap->n && !is_waiting(rungs, heap->entry[0].trial, (size_t)k))
        fid__heap_pop(heap);
}

static void add_member(fid__rungs *rungs, uint64_t trial, size_t bracket)
{
    fid__place *grown =
        fid_grow(rungs->place, &rungs->cap, trial + 1, sizeof *rungs->place);
    if (!grown) {
        rungs->census.failed = true;
        return;
    }
    rungs->place = grown;
    grown[trial] =
        (fid__place){.bracket = (uint8_t)bracket, .rung = -1, .is_member = true};
    charge_bracket(rungs, bracket);
}

/* Enter rung k. Stopping form: the trial goes on when it is among the first
 * max(1, floor(n / eta)) of the n that arrived so far, itself included (as Optuna's
 * SuccessiveHalvingPruner, and Ray's). */
static void enter(fid__rungs *rungs, fid__place *place, size_t k, double value)
{
    fid__ranks *ranks = &fid__rungs_at(rungs, place->bracket, k)->ranks;
    fid__key key = {value, ranks->n};
    size_t below = 0;
    rungs->census.failed |= !fid__ranks_insert(ranks, key, &below);
    if (rungs->census.failed)
        return;
    place->value = value;
    place->arrival = key.id;
    place->rung = (int8_t)k;
    place->promoted = false;
    place->fresh = true;
    if (place->beaten)
        return;
    place->rank = (uint32_t)below + 1;
    place->of = (uint32_t)ranks->n;
    size_t keep = fid__top_size(ranks->n, rungs->rules.fidelity.eta);
    place->beaten = k + 1 < rungs->n_rungs && place->rank > (keep ? keep : 1);
}

static void enter_up_to(fid__rungs *rungs, fid__place *place, double step, double value)
{
    size_t k = place->rung < 0 ? place->bracket : (size_t)place->rung + 1;
    for (; k < rungs->n_rungs && step >= rungs->budget[k] && !rungs->census.failed; k++)
        enter(rungs, place, k, value);
}

static void observe_report(fid__rungs *rungs, fid__place *place,
                           const fid_history *history, const fid_event *event)
{
    int from = place->rung;
    place->fresh = place->beaten = false;
    enter_up_to(rungs, place, event->step, fid__event_loss(history, event));
    if (from != place->rung)
        settle(rungs, place->bracket, from);
}

static void observe_pause(fid__rungs *rungs, fid__place *place,
                          const fid_history *history, const fid_event *event)
{
    fid__life life = fid__census_life(&rungs->census, event->trial);
    const fid_trial *trial = fid_history_trial(history, event->trial);
    if (life == FID__PAUSED)
        enter_up_to(rungs, place, trial->budget, fid__last_loss(history, event->trial));
    if (rungs->census.failed || life != FID__PAUSED || place->rung < 0 ||
        place->promoted)
        return;
    fid__rung *rung = fid__rungs_at(rungs, place->bracket, (size_t)place->rung);
    rungs->census.failed |= !fid__heap_push(
        &rung->waiting, (fid__entry){place->value, place->arrival, event->trial});
}

void fid__rungs_observe(void *state, const fid_history *history, const fid_event *event)
{
    fid__rungs *rungs = state;
    if (rungs->census.failed)
        return;
    size_t bracket = event->kind == FID_EVENT_STARTED ? next_bracket(rungs) : 0;
    fid__life before;
    fid__census_observe(&rungs->census, history, event, &before);
    if (rungs->census.failed)
        return;
    if (fid__is_first_start(event, before))
        add_member(rungs, event->trial, bracket);
    fid__place *place = place_of(rungs, event->trial);
    if (!place)
        return;
    if (event->kind == FID_EVENT_STARTED && place->rung >= 0 &&
        event->budget > rungs->budget[place->rung])
        place->promoted = true;
    else if (fid__names_objective(event))
        observe_report(rungs, place, history, event);
    else if (event->kind == FID_EVENT_PAUSED)
        observe_pause(rungs, place, history, event);
    settle(rungs, place->bracket, place->rung);
}

fid_status fid__rungs_decide(void *state, const fid_history *history, uint64_t trial,
                             fid_decision *out)
{
    const fid__rungs *rungs = state;
    if (rungs->census.failed)
        return FID_NOMEM;
    fid__decide_continue(history, trial, rungs->name, out);
    const fid__place *place = place_of(rungs, trial);
    if (!place || !place->fresh)
        return FID_OK;
    out->value = place->value;
    out->rank = place->rank;
    out->of = place->of;
    if (rungs->stopping && place->beaten)
        out->kind = FID_STOP;
    return FID_OK;
}

/* The best trial that waits in the rung, when it is in the top floor(n / eta). */
static bool promotable(const fid__rungs *rungs, size_t bracket, size_t k,
                       fid_assign *out)
{
    const fid__rung *rung = fid__rungs_at(rungs, bracket, k);
    if (!rung->waiting.n)
        return false;
    fid__entry best = rung->waiting.entry[0];
    size_t keep = fid__top_size(rung->ranks.n, rungs->rules.fidelity.eta);
    size_t rank = fid__ranks_below(&rung->ranks, (fid__key){best.value, best.arrival}) +
                  1;
    if (rank > keep)
        return false;
    *out = (fid_assign){.kind = FID_ASSIGN_PROMOTE,
                        .trial = best.trial,
                        .budget = rungs->budget[k + 1],
                        .tag = (int64_t)bracket,
                        .rule = rungs->name,
                        .value = best.value,
                        .threshold = fid__ranks_at(&rung->ranks, keep - 1).value,
                        .rank = rank,
                        .of = rung->ranks.n};
    return true;
}

/* Promotions come first, from the highest rung down; of several brackets the one that
 * starts lowest. */
fid_status fid__rungs_next(void *state, const fid_history *history, fid_rng *rng,
                           fid_assign *out)
{
    (void)rng;
    const fid__rungs *rungs = state;
    if (rungs->census.failed)
        return FID_NOMEM;
    if (fid__assign_interrupted(&rungs->census, history, rungs->name, out))
        return FID_OK;
    for (size_t k = rungs->stopping ? 0 : rungs->top; k-- > 0;)
        for (size_t b = 0; b < rungs->n_brackets && b <= k; b++)
            if (promotable(rungs, b, k, out))
                return FID_OK;
    size_t bracket = next_bracket(rungs);
    double budget = rungs->stopping ? rungs->rules.fidelity.max
                                    : rungs->budget[bracket];
    fid__assign_new(&rungs->census, &rungs->rules, rungs->name, budget,
                    (int64_t)bracket, out);
    return FID_OK;
}

/* How many of those that wait in the rung now may still be promoted when `come` more
 * may come to it: ranks only get worse, so they must be in the final top by now. */
static size_t count_hopeful(const fid__rungs *rungs, const fid__rung *rung, size_t come)
{
    if (!rung->waiting.n)
        return 0;
    fid__entry best = rung->waiting.entry[0];
    size_t top = fid__top_size(rung->ranks.n + come, rungs->rules.fidelity.eta);
    size_t rank = fid__ranks_below(&rung->ranks, (fid__key){best.value, best.arrival}) +
                  1;
    if (rank > top)
        return 0;
    return top - rank + 1 < rung->waiting.n ? top - rank + 1 : rung->waiting.n;
}

/* Settled: below the top floor(n / eta) even when everybody who may still come to the
 * rung has come. Only a bounded study can say. */
bool fid__rungs_is_settled(const void *state, const fid_history *history,
                           uint64_t trial)
{
    (void)history;
    const fid__rungs *rungs = state;
    const fid__place *place = place_of(rungs, trial);
    if (!place || rungs->stopping || place->rung < 0 ||
        !is_waiting(rungs, trial, (size_t)place->rung) || !rungs->rules.max_trials)
        return false;
    size_t come = rungs->census.n_live, started = rungs->census.n_started;
    if (started < rungs->rules.max_trials)
        come += rungs->rules.max_trials - started;
    for (size_t k = place->bracket; k < (size_t)place->rung; k++)
        come += count_hopeful(rungs, fid__rungs_at(rungs, place->bracket, k), come);
    const fid__ranks *ranks =
        &fid__rungs_at(rungs, place->bracket, (size_t)place->rung)->ranks;
    size_t rank = fid__ranks_below(ranks, (fid__key){place->value, place->arrival}) + 1;
    return rank > fid__top_size(ranks->n + come, rungs->rules.fidelity.eta);
}

void fid__rungs_deinit(void *state)
{
    fid__rungs *rungs = state;
    for (size_t i = 0; rungs->rung && i < rungs->n_brackets * rungs->n_rungs; i++) {
        fid__ranks_deinit(&rungs->rung[i].ranks);
        fid__heap_deinit(&rungs->rung[i].waiting);
    }
    free(rungs->rung);
    free(rungs->place);
    fid__census_deinit(&rungs->census);
}
