#include "sampler/scores.h"

#include "sampler/standing.h"

#include <fidelio/rand.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPREAD = 5 }; /* quantiles that stand for what a trial's score may be */

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
    free(s->loss);
    free(s->order);
    s->trial = NULL;
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
    s->loss = fid_alloc(n, (2 * s->n_levels + 3 + SPREAD) * sizeof *s->loss);
    s->order = fid_alloc(n, sizeof *s->order);
    if (!s->trial || !s->loss || !s->order) {
        fid__scores_deinit(s);
        return FID_NOMEM;
    }
    s->pending = s->trial + n;
    s->score = s->loss + n * s->n_levels;
    s->best = s->score + n * s->n_levels;
    s->work = s->best + n;
    s->cap = n;
    return FID_OK;
}

/* --- Reading. */

/* Losses at the last report of each level, that is above the level below. */
static bool read_curve(const fid__scores *s, const fid_history *history,
                       const fid_trial *t, double *loss)
{
    bool whole = fid_history_outline(history)->fidelity.mode == FID_MODE_NONE, any = false;
    size_t r = 0;
    for (size_t k = 0; k < s->n_levels; k++) {
        size_t from = r;
        while (r < t->n_reports && (whole || t->steps[r] <= s->level[k]))
            r++;
        loss[k] = (double)NAN;
        if (r > from && (whole || t->step >= s->level[k]))
            loss[k] = fid_history_loss_at(history, t->id, r - 1, 0);
        if (!isfinite(loss[k]))
            loss[k] = (double)NAN; /* a report without the objective, on the way */
        any = any || !isnan(loss[k]);
    }
    return any;
}

static void sort_in(fid__scores *s, const fid_history *history, const fid_trial *t)
{
    double *loss = s->loss + s->n * s->n_levels;
    bool over = t->state == FID_TRIAL_COMPLETE || t->state == FID_TRIAL_PRUNED;
    bool whole = fid_history_outline(history)->fidelity.mode == FID_MODE_NONE;
    fid__group group = fid__standing_of(history, t->id).group;
    if (group == FID__VOID)
        return;
    if (group == FID__BAD || (group == FID__INFEASIBLE && over)) {
        for (size_t k = 0; k < s->n_levels; k++)
            loss[k] = HUGE_VAL;
        s->trial[s->n++] = t->id;
    } else if (group != FID__PENDING && (over || !whole) &&
               read_curve(s, history, t, loss)) {
        s->trial[s->n++] = t->id;
    } else if (!over) {
        s->pending[s->n_pending++] = t->id;
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

/* Trials with a loss at a level, in the order of these, to s->order. */
static size_t rank_level(fid__scores *s, size_t level)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        double loss = s->loss[i * s->n_levels + level];
        if (!isnan(loss))
            s->order[n++] = (scored){loss, i};
    }
    qsort(s->order, n, sizeof *s->order, by_loss);
    return n;
}

/* Hand out values[n] (ascending) in the order of s->order; ties share their mean. */
static void hand_out(const fid__scores *s, size_t n, const double *values, double *to,
                     size_t stride)
{
    for (size_t k = 0, end; k < n; k = end) {
        double sum = 0;
        for (end = k; end < n && s->order[end].loss == s->order[k].loss; end++)
            sum += values[end];
        for (size_t j = k; j < end; j++)
            to[s->order[j].index * stride] = sum / (double)(end - k);
    }
}

static void normal_scores(fid__scores *s, size_t n, double *to, size_t stride)
{
    for (size_t k = 0; k < n; k++)
        s->work[k] = fid_normal_quantile(((double)k + 0.5) / (double)n);
    hand_out(s, n, s->work, to, stride);
}

/* Quantiles of the mixture of what is expected of each trial that got here. */
static void level_scores(fid__scores *s, size_t level)
{
    size_t n = rank_level(s, level), m = s->n_levels;
    if (level == 0) {
        normal_scores(s, n, s->score, m);
        return;
    }
    double slope = s->agreement[level - 1], rest = sqrt(1 - slope * slope);
    for (size_t k = 0; k < n; k++) {
        double below = s->score[s->order[k].index * m + level - 1];
        double mean = isnan(below) ? 0 : slope * below, sd = isnan(below) ? 1 : rest;
        for (size_t q = 0; q < SPREAD; q++)
            s->work[k * SPREAD + q] =
                mean + sd * fid_normal_quantile(((double)q + 0.5) / SPREAD);
    }
    qsort(s->work, n * SPREAD, sizeof *s->work, ascending);
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        for (size_t q = 0; q < SPREAD; q++)
            sum += s->work[k * SPREAD + q];
        s->work[k] = sum / SPREAD;
    }
    hand_out(s, n, s->work, s->score + level, m);
}

/* --- Agreement of levels. */

/* Correlation of the normal scores at two levels in a row. The upper level saw a
 * selection by the lower one; what the correlation would be without, by the usual
 * correction for a restricted range (Thorndike's case 2). */
static double agreement(fid__scores *s, size_t level, size_t *n_common)
{
    size_t m = s->n_levels, n = 0;
    double *low = s->work + s->n, *high = low + s->n; /* beside normal_scores' own */
    double sum_l = 0, sum_h = 0, ll = 0, hh = 0, lh = 0;
    normal_scores(s, rank_level(s, level), low, 1);
    normal_scores(s, rank_level(s, level + 1), high, 1);
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(s->loss[i * m + level]) || !isfinite(s->loss[i * m + level + 1]))
            continue;
        n++;
        sum_l += low[i];
        sum_h += high[i];
        ll += low[i] * low[i];
        hh += high[i] * high[i];
        lh += low[i] * high[i];
    }
    *n_common = n;
    ll -= sum_l * sum_l / (double)n;
    hh -= sum_h * sum_h / (double)n;
    lh -= sum_l * sum_h / (double)n;
    if (!(ll > 0 && hh > 0))
        return 0;
    double r = lh / sqrt(ll * hh);
    double stretch = fmin(fmax((double)n / ll, 1), 9); /* ratio of variances */
    return r * sqrt(stretch / (1 + r * r * (stretch - 1)));
}

static void compare_levels(fid__scores *s)
{
    for (size_t k = 0; k + 1 < s->n_levels; k++) {
        size_t n;
        double r = agreement(s, k, &n), known = n > 2 ? (double)(n - 2) : 0;
        r = known > 0 ? known * r : 0;
        r = (r + s->rules.weight * s->rules.agreement) / (known + s->rules.weight);
        s->agreement[k] = fmin(fmax(r, 0), 1);
    }
}

/* Shrink the score at the highest level of each trial by what is above it. */
static void expect_best(fid__scores *s)
{
    size_t m = s->n_levels;
    for (size_t i = 0; i < s->n; i++) {
        double shrink = 1;
        for (size_t k = m; k-- > 0;) {
            s->best[i] = shrink * s->score[i * m + k];
            if (!isnan(s->best[i]))
                break;
            shrink *= k > 0 ? s->agreement[k - 1] : 1;
        }
    }
}

fid_status fid__score(fid__scores *s, const fid_history *history)
{
    size_t n_trials = fid_history_n_trials(history), m = s->n_levels;
    FID_TRY(reserve(s, n_trials + 1));
    s->n = s->n_pending = 0;
    for (size_t k = 0; k < n_trials; k++)
        sort_in(s, history, fid_history_trial(history, k));
    compare_levels(s);
    memset(s->count, 0, sizeof s->count);
    s->flat = true;
    for (size_t i = 0; i < s->n * m; i++)
        s->score[i] = (double)NAN;
    for (size_t level = 0; level < m; level++) {
        level_scores(s, level);
        for (size_t i = 0; i < s->n; i++) {
            double loss = s->loss[i * m + level];
            s->count[level] += isfinite(loss) ? 1 : 0;
            s->flat = s->flat && (isnan(loss) || loss == s->loss[level]);
        }
    }
    expect_best(s);
    return FID_OK;
}
