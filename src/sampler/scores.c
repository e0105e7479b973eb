#include "sampler/scores.h"

#include "sampler/standing.h"

#include <fidelio/rand.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What sorting needs. */
typedef struct fid__scored {
    double loss;
    size_t index;
} scored;

void fid__scores_init(fid__scores *s, const fid_outline *outline,
                      const fid__score_rules *rules)
{
    memset(s, 0, sizeof *s);
    s->rules = *rules;
    s->n_levels = fid_ladder(&outline->fidelity, s->level, FID__MAX_LEVELS);
    if (s->n_levels > FID__MAX_LEVELS)
        s->n_levels = FID__MAX_LEVELS;
}

void fid__scores_deinit(fid__scores *s)
{
    free(s->trial);
    free(s->z);
    free(s->reached);
    free(s->loss);
    free(s->order);
    s->trial = NULL;
    s->z = NULL;
    s->reached = NULL;
    s->loss = NULL;
    s->order = NULL;
    s->cap = 0;
}

static fid_status reserve(fid__scores *s, size_t n)
{
    if (n <= s->cap)
        return FID_OK;
    fid__scores_deinit(s);
    n += n / 2;
    s->trial = fid_alloc(2 * n, sizeof *s->trial);
    s->z = fid_alloc(3 * n, sizeof *s->z);
    s->reached = fid_alloc(n, sizeof *s->reached);
    s->loss = fid_alloc(n, s->n_levels * sizeof *s->loss);
    s->order = fid_alloc(n, sizeof *s->order);
    if (!s->trial || !s->z || !s->reached || !s->loss || !s->order) {
        fid__scores_deinit(s);
        return FID_NOMEM;
    }
    s->pending = s->trial + n;
    s->noise = s->z + n;
    s->sorted = s->noise + n;
    s->cap = n;
    return FID_OK;
}

/* --- Reading. */

static double *losses(const fid__scores *s, size_t i)
{
    return s->loss + i * s->n_levels;
}

static void add_failure(fid__scores *s, const fid_trial *t)
{
    for (size_t k = 0; k < s->n_levels; k++)
        losses(s, s->n)[k] = HUGE_VAL;
    s->reached[s->n] = s->n_levels - 1;
    s->trial[s->n++] = t->id;
}

/* Losses at the last report within each level that the trial came to; false: none. */
static bool add_curve(fid__scores *s, const fid_history *history, const fid_trial *t)
{
    bool whole = fid_history_outline(history)->fidelity.mode == FID_MODE_NONE;
    double *loss = losses(s, s->n);
    size_t k = 0;
    for (size_t r = 0; k < s->n_levels && (whole || t->step >= s->level[k]); k++) {
        while (r + 1 < t->n_reports && (whole || t->steps[r + 1] <= s->level[k]))
            r++;
        loss[k] = fid_history_loss_at(history, t->id, r, 0);
        if (!isfinite(loss[k]))
            break; /* a report without the objective, on the way */
    }
    if (k == 0)
        return false;
    s->reached[s->n] = k - 1;
    s->trial[s->n++] = t->id;
    return true;
}

static void sort_in(fid__scores *s, const fid_history *history, const fid_trial *t)
{
    bool over = t->state == FID_TRIAL_COMPLETE || t->state == FID_TRIAL_PRUNED;
    bool whole = fid_history_outline(history)->fidelity.mode == FID_MODE_NONE;
    fid__standing standing = fid__standing_of(history, t->id);
    switch (standing.group) {
    case FID__VOID:
        break;
    case FID__BAD:
        add_failure(s, t);
        break;
    case FID__INFEASIBLE:
        if (over) {
            add_failure(s, t);
            break;
        } /* fall through */
    default:
        if (standing.group == FID__PENDING || (whole && !over) ||
            !add_curve(s, history, t))
            if (!over)
                s->pending[s->n_pending++] = t->id;
        break;
    }
}

/* --- Scores. */

static int by_loss(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Trials that reached a level, in order of their losses there, to s->order. */
static size_t rank_level(fid__scores *s, size_t level)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->reached[i] >= level)
            s->order[n++] = (scored){losses(s, i)[level], i};
    qsort(s->order, n, sizeof *s->order, by_loss);
    return n;
}

/* Hand out values[n] (ascending) in the order of s->order; ties share their mean. */
static void hand_out(const fid__scores *s, size_t n, const double *values, double *to)
{
    for (size_t k = 0, end; k < n; k = end) {
        double sum = 0;
        for (end = k; end < n && s->order[end].loss == s->order[k].loss; end++)
            sum += values[end];
        for (size_t j = k; j < end; j++)
            to[s->order[j].index] = sum / (double)(end - k);
    }
}

static void normal_scores(fid__scores *s, size_t n, double *to)
{
    for (size_t k = 0; k < n; k++)
        s->sorted[k] = fid_normal_quantile(((double)k + 0.5) / (double)n);
    hand_out(s, n, s->sorted, to);
}

static void exchange_scores(fid__scores *s, size_t level)
{
    size_t n = rank_level(s, level);
    for (size_t k = 0; k < n; k++)
        s->sorted[k] = s->z[s->order[k].index];
    qsort(s->sorted, n, sizeof *s->sorted, ascending);
    hand_out(s, n, s->sorted, s->z);
}

/* --- Agreement of levels. */

/* Correlation of the normal scores at two levels in a row. The upper level saw a
 * selection by the lower one; what the correlation would be without, by the usual
 * correction for a restricted range (Thorndike's case 2). */
static double agreement(fid__scores *s, size_t level, size_t *n_common)
{
    double *low = s->z, *high = s->noise; /* free for now */
    normal_scores(s, rank_level(s, level), low);
    size_t n = rank_level(s, level + 1);
    normal_scores(s, n, high);
    double mean_low = 0, mean_high = 0, ll = 0, hh = 0, lh = 0;
    for (size_t k = 0; k < n; k++) {
        mean_low += low[s->order[k].index] / (double)n;
        mean_high += high[s->order[k].index] / (double)n;
    }
    for (size_t k = 0; k < n; k++) {
        double a = low[s->order[k].index] - mean_low;
        double b = high[s->order[k].index] - mean_high;
        ll += a * a;
        hh += b * b;
        lh += a * b;
    }
    *n_common = n;
    if (!(ll > 0 && hh > 0))
        return 0;
    double r = lh / sqrt(ll * hh);
    double stretch = fmin(fmax((double)n / ll, 1), 9); /* ratio of variances */
    return r * sqrt(stretch / (1 + r * r * (stretch - 1)));
}

/* Chain the agreements down from full training. */
static void judge_levels(fid__scores *s)
{
    const fid__score_rules *rules = &s->rules;
    double chained = 1;
    for (size_t k = s->n_levels; k-- > 0;) {
        s->doubt[k] = rules->nugget + 1 - chained * chained;
        if (k == 0)
            break;
        size_t n;
        double r = agreement(s, k - 1, &n);
        double known = n > 2 ? (double)(n - 2) : 0;
        r = (known * r + rules->weight * rules->agreement) / (known + rules->weight);
        chained *= fmin(fmax(r, 0), 1);
    }
}

fid_status fid__score(fid__scores *s, const fid_history *history)
{
    size_t n_trials = fid_history_n_trials(history);
    FID_TRY(reserve(s, n_trials + 1));
    s->n = s->n_pending = 0;
    for (size_t k = 0; k < n_trials; k++)
        sort_in(s, history, fid_history_trial(history, k));
    judge_levels(s);
    normal_scores(s, rank_level(s, 0), s->z);
    for (size_t level = 1; level < s->n_levels; level++)
        exchange_scores(s, level);
    s->flat = true;
    for (size_t i = 0; i < s->n; i++) {
        s->noise[i] = s->doubt[s->reached[i]];
        s->flat = s->flat && s->z[i] == s->z[0];
    }
    return FID_OK;
}
