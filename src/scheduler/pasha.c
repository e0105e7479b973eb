/* PASHA: Bohdal, Balles, Wistuba, Ermis, Archambeau, Zappella, "PASHA: Efficient HPO and
 * NAS with Progressive Resource Allocation", ICLR 2023.
 *
 * ASHA with two rungs at first. At each arrival in the top rung the ranking there is
 * compared with the ranking that its members had one rung below; when they disagree, the
 * next rung is opened. Rankings are soft: a trial may stand at another's place when their
 * losses below differ by at most epsilon. Epsilon is the 90th percentile of the distance,
 * in the top rung, of those pairs whose curves cross and cross back: such a pair swaps by
 * noise.
 *
 * The members are the last WINDOW arrivals, so that an arrival costs the same in a study of
 * any size; the paper's studies (256 configurations) have fewer. */
#include "scheduler/rungs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 128 };

typedef struct {
    double below, here; /* losses in the rung below and in the top rung */
    uint64_t trial;
} member;

typedef struct {
    fid__rungs rungs;       /* first: the shared functions see it */
    member members[WINDOW]; /* a ring */
    size_t n_arrived;
    fid__ranks distances;   /* of pairs that cross and cross back */
    double epsilon;
} pasha;

static fid_status pasha_init(void *state, const fid_scheduler_rules *rules, fid_error *err)
{
    pasha *p = state;
    *p = (pasha){0};
    if (rules->stopping || rules->fidelity.mode == FID_MODE_STOP)
        return fid_error_set(err, FID_UNSUPPORTED,
                             "pasha pauses trials: it needs fidelity mode resume or restart");
    FID_TRY(fid__rungs_init(&p->rungs, "pasha", rules, 1, err));
    p->rungs.top = p->rungs.n_rungs > 1;
    return FID_OK;
}

static double loss_at(const fid_history *history, uint64_t trial, size_t k)
{
    double loss = fid_history_loss_at(history, trial, k, 0);
    return isfinite(loss) ? loss : (double)INFINITY;
}

/* The loss at the first step that reaches the budget, else the last one. */
static double loss_at_budget(const fid_history *history, uint64_t trial, double budget)
{
    const fid_trial *t = fid_history_trial(history, trial);
    for (size_t k = 0; k < t->n_reports; k++)
        if (t->steps[k] >= budget && !fid_is_absent(fid_history_loss_at(history, trial, k, 0)))
            return loss_at(history, trial, k);
    return fid__last_loss(history, trial);
}

/* Walk down the steps that two curves share, from the top rung's budget: when their order
 * changes and changes back, *distance is how far they are apart at the highest one. */
static bool cross_and_back(const pasha *p, const fid_history *history, uint64_t a, uint64_t b,
                           double *distance)
{
    const fid_trial *ta = fid_history_trial(history, a), *tb = fid_history_trial(history, b);
    double top = p->rungs.budget[p->rungs.top], below = p->rungs.budget[p->rungs.top - 1];
    bool first = true, order = false, opposite = false;
    *distance = 0;
    size_t i = ta->n_reports, j = tb->n_reports;
    while (i && j) {
        double step = ta->steps[i - 1];
        if (step > top || step > tb->steps[j - 1]) {
            i--;
            continue;
        }
        if (step < tb->steps[j - 1]) {
            j--;
            continue;
        }
        double la = fid_history_loss_at(history, a, --i, 0);
        double lb = fid_history_loss_at(history, b, --j, 0);
        if (fid_is_absent(la) || fid_is_absent(lb))
            continue;
        if (first && step <= below)
            return false;
        if (first) {
            order = la > lb;
            *distance = fabs(la - lb);
            first = false;
        }
        opposite |= (la > lb) != order;
        if (opposite && (la > lb) == order)
            return isfinite(*distance);
    }
    return false;
}

static int by_below(const void *x, const void *y)
{
    const member *a = x, *b = y;
    return a->below != b->below ? (a->below > b->below) - (a->below < b->below)
                                : (a->trial > b->trial) - (a->trial < b->trial);
}

static int by_here(const void *x, const void *y)
{
    const member *a = x, *b = y;
    return a->here != b->here ? (a->here > b->here) - (a->here < b->here)
                              : (a->trial > b->trial) - (a->trial < b->trial);
}

static bool rankings_agree(const pasha *p, size_t n)
{
    member below[WINDOW], here[WINDOW];
    memcpy(below, p->members, n * sizeof *below);
    memcpy(here, p->members, n * sizeof *here);
    qsort(below, n, sizeof *below, by_below);
    qsort(here, n, sizeof *here, by_here);
    for (size_t i = 0; i < n; i++) {
        bool same = here[i].below == below[i].below; /* both may be infinite */
        if (!same && !(fabs(here[i].below - below[i].below) <= p->epsilon))
            return false;
    }
    return true;
}

static void open_next_rung(pasha *p)
{
    p->rungs.top++;
    p->n_arrived = 0;
    fid__ranks_deinit(&p->distances);
}

static void arrive(pasha *p, const fid_history *history, uint64_t trial)
{
    const fid__rungs *rungs = &p->rungs;
    size_t n = p->n_arrived < WINDOW ? p->n_arrived : WINDOW;
    for (size_t i = 0; i < n; i++) {
        double distance;
        if (cross_and_back(p, history, p->members[i].trial, trial, &distance) &&
            !fid__ranks_insert(&p->distances, (fid__key){distance, p->distances.n})) {
            p->rungs.census.failed = true;
            return;
        }
    }
    if (p->distances.n)
        p->epsilon = fid__ranks_percentile(&p->distances, 90);
    p->members[p->n_arrived++ % WINDOW] =
        (member){loss_at_budget(history, trial, rungs->budget[rungs->top - 1]),
                 rungs->place[trial].value, trial};
    if (!rankings_agree(p, n < WINDOW ? n + 1 : WINDOW) && rungs->top + 1 < rungs->n_rungs)
        open_next_rung(p);
}

static void pasha_observe(void *state, const fid_history *history, const fid_event *event)
{
    pasha *p = state;
    fid__rungs *rungs = &p->rungs;
    int8_t top = (int8_t)rungs->top;
    bool there = event->trial < rungs->cap && rungs->place[event->trial].rung >= top;
    fid__rungs_observe(rungs, history, event);
    if (!rungs->census.failed && !there && top > 0 && event->trial < rungs->cap &&
        rungs->place[event->trial].rung >= top)
        arrive(p, history, event->trial);
}

static void pasha_deinit(void *state)
{
    fid__ranks_deinit(&((pasha *)state)->distances);
    fid__rungs_deinit(state);
}

const fid_scheduler_type fid_scheduler_pasha = {
    .name = "pasha",
    .summary = "ASHA that opens a rung only when the ranking has not settled",
    .state_size = sizeof(pasha),
    .init = pasha_init,
    .observe = pasha_observe,
    .decide = fid__rungs_decide,
    .next = fid__rungs_next,
    .is_settled = fid__rungs_is_settled,
    .deinit = pasha_deinit,
};
