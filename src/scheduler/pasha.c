/* PASHA: Bohdal, Balles, Wistuba, Ermis, Archambeau, Zappella, "PASHA: Efficient HPO
 * and NAS with Progressive Resource Allocation", ICLR 2023.
 *
 * ASHA with two rungs at first. At each arrival in the top rung the ranking there is
 * compared with the ranking that its members had one rung below; when they disagree,
 * the next rung is opened. Rankings are soft: a trial may stand at another's place when
 * their losses below differ by at most epsilon. Epsilon is the 90th percentile of the
 * distance, in the top rung, of those pairs whose curves cross and cross back: such a
 * pair swaps by noise.
 *
 * So that an arrival costs the same in a study of any size, the members are the last
 * WINDOW arrivals (the paper's studies, of 256 configurations, have fewer), and once
 * ENOUGH distances are known a new member is paired with the last FEW only; SETTLED of them
 * give the percentile for good. On the last
 * rung of the ladder there is nothing left to open, and nothing is compared. */
#include "scheduler/rungs.h"

#include <math.h>
#include <string.h>

enum { WINDOW = 128, ENOUGH = 2000, FEW = 4, SETTLED = 10000 };

typedef struct {
    double below, here; /* losses in the rung below and in the top rung */
    uint64_t trial;
} member;

typedef struct {
    fid__rungs rungs;      /* first: the shared functions see it */
    member recent[WINDOW]; /* a ring: arrival i is at i % WINDOW */
    size_t n_arrived;
    member by_below[WINDOW], by_here[WINDOW]; /* the same, ranked */
    fid__ranks distances;                     /* of pairs that cross and cross back */
    double epsilon;
} pasha;

static fid_status pasha_init(void *state, const fid_scheduler_rules *rules,
                             fid_error *err)
{
    pasha *p = state;
    *p = (pasha){0};
    if (rules->stopping || rules->fidelity.mode == FID_MODE_STOP)
        return fid_error_set(
            err, FID_UNSUPPORTED,
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
        if (t->steps[k] >= budget &&
            !fid_is_absent(fid_history_loss_at(history, trial, k, 0)))
            return loss_at(history, trial, k);
    return fid__last_loss(history, trial);
}

/* Walk down the steps that two curves share, from the top rung's budget: when their
 * order changes and changes back, *distance is how far they are apart at the highest
 * one. */
static bool cross_and_back(const pasha *p, const fid_history *history, uint64_t a,
                           uint64_t b, double *distance)
{
    const fid_trial *ta = fid_history_trial(history, a),
                    *tb = fid_history_trial(history, b);
    double top = p->rungs.budget[p->rungs.top],
           below = p->rungs.budget[p->rungs.top - 1];
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

/* Ties rank by trial, in both. */
static bool ranks_before(const member *a, const member *b, bool below)
{
    double x = below ? a->below : a->here, y = below ? b->below : b->here;
    return x < y || (x == y && a->trial < b->trial);
}

static size_t place_in(const member *ranked, size_t n, const member *m, bool below)
{
    size_t first = 0;
    while (n > 0) {
        size_t half = n / 2;
        bool right = ranks_before(&ranked[first + half], m, below);
        first = right ? first + half + 1 : first;
        n = right ? n - half - 1 : half;
    }
    return first;
}

static void remove_member(member *ranked, size_t n, const member *m, bool below)
{
    size_t i = place_in(ranked, n, m, below);
    memmove(ranked + i, ranked + i + 1, (n - i - 1) * sizeof *ranked);
}

static void insert_member(member *ranked, size_t n, const member *m, bool below)
{
    size_t i = place_in(ranked, n, m, below);
    memmove(ranked + i + 1, ranked + i, (n - i) * sizeof *ranked);
    ranked[i] = *m;
}

static size_t n_members(const pasha *p)
{
    return p->n_arrived < WINDOW ? p->n_arrived : WINDOW;
}

static void add_member(pasha *p, member m)
{
    size_t n = n_members(p);
    member *slot = &p->recent[p->n_arrived % WINDOW];
    if (n == WINDOW) {
        remove_member(p->by_below, n, slot, true);
        remove_member(p->by_here, n, slot, false);
        n--;
    }
    insert_member(p->by_below, n, &m, true);
    insert_member(p->by_here, n, &m, false);
    *slot = m;
    p->n_arrived++;
}

static bool rankings_agree(const pasha *p)
{
    size_t n = n_members(p);
    for (size_t i = 0; i < n; i++) {
        double a = p->by_here[i].below, b = p->by_below[i].below;
        if (a != b && !(fabs(a - b) <= p->epsilon)) /* both may be infinite */
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

/* Pair a new member with those before it. */
static void measure_noise(pasha *p, const fid_history *history, uint64_t trial)
{
    size_t n = n_members(p), most = p->distances.n < ENOUGH ? n : FEW;
    if (p->distances.n >= SETTLED)
        return;
    for (size_t i = 0; i < most && i < n; i++) {
        double distance;
        uint64_t other = p->recent[(p->n_arrived - 1 - i) % WINDOW].trial;
        if (cross_and_back(p, history, other, trial, &distance) &&
            !fid__ranks_insert(&p->distances, (fid__key){distance, p->distances.n},
                               NULL)) {
            p->rungs.census.failed = true;
            return;
        }
    }
    if (p->distances.n)
        p->epsilon = fid__ranks_percentile(&p->distances, 90);
}

static void arrive(pasha *p, const fid_history *history, uint64_t trial)
{
    const fid__rungs *rungs = &p->rungs;
    measure_noise(p, history, trial);
    if (rungs->census.failed)
        return;
    double below = loss_at_budget(history, trial, rungs->budget[rungs->top - 1]);
    add_member(p, (member){below, rungs->place[trial].value, trial});
    if (!rankings_agree(p))
        open_next_rung(p);
}

static void pasha_observe(void *state, const fid_history *history,
                          const fid_event *event)
{
    pasha *p = state;
    fid__rungs *rungs = &p->rungs;
    int8_t top = (int8_t)rungs->top;
    bool there = event->trial < rungs->cap && rungs->place[event->trial].rung >= top;
    fid__rungs_observe(rungs, history, event);
    bool can_grow = rungs->top > 0 && rungs->top + 1 < rungs->n_rungs;
    if (!rungs->census.failed && can_grow && !there && event->trial < rungs->cap &&
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
