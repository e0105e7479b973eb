#include "sampler/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A grid of more levels is treated as continuous and rounded afterwards. */
enum { FEW_LEVELS = 16, EXCHANGE_STARTS = 5, EXCHANGE_ROUNDS = 12 };

static bool is_relaxed(const fid_dim *d)
{
    return d->ordered && (d->levels == 0 || d->levels > FEW_LEVELS);
}

fid_status fid__search_init(fid__search *s, const fid__features *f, const fid__effort *most)
{
    size_t dim = f->dim;
    memset(s, 0, sizeof *s);
    s->features = f;
    s->cap = most->n_sobol + most->n_local + 1;
    s->points = fid_alloc(s->cap, dim * sizeof(double));
    s->value = fid_alloc(s->cap, sizeof(double));
    s->order = fid_alloc(s->cap, sizeof *s->order);
    s->starts = fid_alloc(most->n_starts, (dim + 1) * sizeof(double));
    s->trial = fid_alloc(FID__MERIT_BATCH + most->n_starts, (2 * dim + 1) * sizeof(double));
    s->scale = fid_alloc(dim, 5 * sizeof(double));
    s->relaxed = fid_alloc(dim, sizeof *s->relaxed);
    s->active = fid_alloc(dim, sizeof *s->active);
    s->searches = fid_alloc(most->n_starts, sizeof *s->searches);
    if (!s->points || !s->value || !s->order || !s->starts || !s->trial || !s->scale ||
        !s->relaxed || !s->active || !s->searches)
        return FID_NOMEM;
    s->start_value = s->starts + most->n_starts * dim;
    s->slope = s->trial + (FID__MERIT_BATCH + most->n_starts) * dim;
    s->trial_value = s->slope + (FID__MERIT_BATCH + most->n_starts) * dim;
    s->x = s->scale + dim;
    s->low = s->x + dim;
    s->high = s->low + dim;
    s->g = s->high + dim;
    for (size_t j = 0; j < dim; j++)
        if (is_relaxed(f->dims + j))
            s->relaxed[s->n_relaxed++] = j;
    for (; s->n_searches < most->n_starts; s->n_searches++)
        FID_TRY(fid_lbfgs_init(s->searches + s->n_searches, s->n_relaxed));
    return FID_OK;
}

void fid__search_deinit(fid__search *s)
{
    for (size_t k = 0; k < s->n_searches; k++)
        fid_lbfgs_deinit(s->searches + k);
    free(s->points);
    free(s->value);
    free(s->order);
    free(s->starts);
    free(s->trial);
    free(s->scale);
    free(s->relaxed);
    free(s->active);
    free(s->searches);
    memset(s, 0, sizeof *s);
}

/* --- Candidates. */

static double inside(const fid__effort *e, size_t j, double x)
{
    double low = e->box_low ? e->box_low[j] : 0, high = e->box_high ? e->box_high[j] : 1;
    return x < low ? low : x > high ? high : x;
}

/* Keep the candidate under construction when it is legal. */
static void keep(fid__search *s, const fid__effort *e)
{
    double *u = s->points + s->n * s->features->dim;
    if (e->choice)
        u[e->choice->dim] = e->choice->at;
    fid_space_snap(s->features->space, u);
    if (s->n + 1 < s->cap && fid_space_is_legal(s->features->space, u))
        s->n++;
}

static void spread_candidates(fid__search *s, const fid__effort *e, fid_rng *rng)
{
    size_t dim = s->features->dim;
    uint64_t seed = fid_rng_u64(rng);
    for (size_t i = 0; i < e->n_sobol; i++) {
        double *u = s->points + s->n * dim;
        fid_sobol_point(seed, i, dim, u);
        for (size_t j = 0; j < dim && e->box_low; j++)
            if (s->features->dims[j].ordered)
                u[j] = e->box_low[j] + u[j] * (e->box_high[j] - e->box_low[j]);
        keep(s, e);
    }
}

/* Move one coordinate away from where it is. */
static double shifted(const fid__search *s, const fid__effort *e, size_t j, double at,
                      double reach, fid_rng *rng)
{
    const fid_dim *d = s->features->dims + j;
    if (!d->ordered) {
        uint64_t level = fid_space_level(s->features->space, j, at);
        uint64_t other = fid_rng_below(rng, d->levels - 1);
        return fid_space_level_u(s->features->space, j, other + (other >= level));
    }
    double step = reach * e->pull * fid_rng_normal(rng) / s->scale[j];
    if (d->levels > 0) {
        double cell = 1 / (double)d->levels;
        if (fabs(step) < cell)
            step = step < 0 ? -cell : cell;
    }
    return inside(e, j, at + step);
}

static void local_candidates(fid__search *s, const fid__effort *e, const double *anchors,
                             size_t n_anchors, fid_rng *rng)
{
    size_t dim = s->features->dim;
    static const double reach[] = {1, 0.3, 0.1, 0.03};
    for (size_t i = 0; i < e->n_local && n_anchors > 0; i++) {
        double *u = s->points + s->n * dim;
        memcpy(u, anchors + i % n_anchors * dim, dim * sizeof *u);
        /* from one coordinate to about all of them */
        double chance = i % 3 == 0 ? 1 : i % 3 == 1 ? 3.0 / (double)dim : 0;
        size_t sure = (size_t)fid_rng_below(rng, dim);
        double far = reach[i / 3 % 4];
        for (size_t j = 0; j < dim; j++) {
            bool ordered = s->features->dims[j].ordered;
            double p = ordered || chance < 1 ? chance : 1.5 / (double)dim;
            if (j == sure || (p > 0 && fid_rng_uniform(rng) < p))
                u[j] = shifted(s, e, j, u[j], far, rng);
        }
        keep(s, e);
    }
}

/* Indices of candidates by falling value; equal ones in order of index. */
static void sort_candidates(fid__search *s)
{
    /* heap sort on (value, index): few hundred entries, no allocation */
    size_t n = s->n;
    for (size_t i = 0; i < n; i++)
        s->order[i] = i;
#define BEFORE(a, b)                                                                   \
    (s->value[a] > s->value[b] || (s->value[a] == s->value[b] && (a) < (b)))
    for (size_t end = n, root = n / 2; end > 1;) {
        size_t moving;
        if (root > 0) {
            moving = s->order[--root];
        } else {
            moving = s->order[--end];
            s->order[end] = s->order[0];
        }
        size_t at = root;
        for (size_t child; (child = 2 * at + 1) < end; at = child) {
            if (child + 1 < end && BEFORE(s->order[child], s->order[child + 1]))
                child++;
            if (!BEFORE(moving, s->order[child]))
                break;
            s->order[at] = s->order[child];
        }
        s->order[at] = moving;
    }
#undef BEFORE
}

/* Half of the starts are the best candidates, the rest a roulette on exp(value - best):
 * variety without a bias to where the crowd is. */
static void choose_starts(fid__search *s, const fid__effort *e, fid_rng *rng)
{
    size_t dim = s->features->dim, want = e->n_starts < s->n ? e->n_starts : s->n;
    double best = s->value[s->order[0]];
    s->n_starts = 0;
    for (size_t k = 0; k < want; k++) {
        size_t pick = k;
        if (k >= (want + 1) / 2) {
            double sum = 0;
            for (size_t i = k; i < s->n; i++)
                sum += exp(s->value[s->order[i]] - best);
            double target = fid_rng_uniform(rng) * sum;
            for (pick = k; pick + 1 < s->n; pick++) {
                target -= exp(s->value[s->order[pick]] - best);
                if (target <= 0)
                    break;
            }
        }
        size_t index = s->order[pick];
        memmove(s->order + k + 1, s->order + k, (pick - k) * sizeof *s->order);
        s->order[k] = index;
        memcpy(s->starts + k * dim, s->points + index * dim, dim * sizeof *s->starts);
        s->start_value[k] = s->value[index];
        s->n_starts++;
    }
}

/* --- Continuous coordinates. */

static void begin_descents(fid__search *s, const fid__effort *e)
{
    const fid_lbfgs_options options = {.gtol = 1e-5,
                                       .ftol = 1e-6,
                                       .first_step = 0.1,
                                       .max_step = 1,
                                       .max_iter = e->max_eval,
                                       .max_eval = e->max_eval};
    for (size_t q = 0; q < s->n_relaxed; q++) {
        size_t j = s->relaxed[q];
        s->low[q] = inside(e, j, 0) * s->scale[j];
        s->high[q] = inside(e, j, 1) * s->scale[j];
    }
    for (size_t k = 0; k < s->n_starts; k++) {
        for (size_t q = 0; q < s->n_relaxed; q++)
            s->x[q] = s->starts[k * s->features->dim + s->relaxed[q]] *
                      s->scale[s->relaxed[q]];
        fid_lbfgs_start(s->searches + k, &options, s->x, s->low, s->high);
    }
}

static void to_point(const fid__search *s, const double *x, double *u)
{
    for (size_t q = 0; q < s->n_relaxed; q++)
        u[s->relaxed[q]] = x[q] / s->scale[s->relaxed[q]];
}

/* One evaluation for every search that still runs; false when none does. */
static bool advance(fid__search *s, fid__merit *merit)
{
    size_t dim = s->features->dim, n = 0;
    for (size_t k = 0; k < s->n_starts; k++) {
        if (s->searches[k].outcome != FID_LBFGS_RUNNING)
            continue;
        double *u = s->trial + n++ * dim;
        memcpy(u, s->starts + k * dim, dim * sizeof *u);
        to_point(s, fid_lbfgs_x(s->searches + k), u);
    }
    if (n == 0)
        return false;
    fid__merit_of(merit, s->trial, n, s->trial_value, s->slope);
    n = 0;
    for (size_t k = 0; k < s->n_starts; k++) {
        if (s->searches[k].outcome != FID_LBFGS_RUNNING)
            continue;
        for (size_t q = 0; q < s->n_relaxed; q++)
            s->g[q] = -s->slope[n * dim + s->relaxed[q]] / s->scale[s->relaxed[q]];
        fid_lbfgs_tell(s->searches + k, -s->trial_value[n], s->g);
        n++;
    }
    return true;
}

/* Pull an illegal end of a descent back towards its legal start. */
static void make_legal(const fid__search *s, const double *start, double *u)
{
    const fid_space *space = s->features->space;
    size_t dim = s->features->dim;
    fid_space_snap(space, u);
    for (int halving = 0; halving < 6 && !fid_space_is_legal(space, u); halving++) {
        for (size_t j = 0; j < dim; j++)
            if (is_relaxed(s->features->dims + j))
                u[j] = 0.5 * (u[j] + start[j]);
        fid_space_snap(space, u);
    }
    if (!fid_space_is_legal(space, u))
        memcpy(u, start, dim * sizeof *u);
}

static void descend(fid__search *s, fid__merit *merit, const fid__effort *e)
{
    size_t dim = s->features->dim;
    if (s->n_relaxed == 0 || e->max_eval == 0)
        return;
    begin_descents(s, e);
    while (advance(s, merit)) {
    }
    for (size_t k = 0; k < s->n_starts; k++) {
        double *u = s->trial + k * dim;
        memcpy(u, s->starts + k * dim, dim * sizeof *u);
        to_point(s, fid_lbfgs_best(s->searches + k), u);
        make_legal(s, s->starts + k * dim, u);
    }
    fid__merit_of(merit, s->trial, s->n_starts, s->trial_value, NULL);
    for (size_t k = 0; k < s->n_starts; k++)
        if (s->trial_value[k] > s->start_value[k]) {
            memcpy(s->starts + k * dim, s->trial + k * dim, dim * sizeof(double));
            s->start_value[k] = s->trial_value[k];
        }
}

/* --- Discrete coordinates. */

typedef struct {
    size_t start, n;
    bool improved;
} exchange;

/* Score the collected neighbours and move to the best when it is better. */
static void flush(fid__search *s, fid__merit *merit, exchange *x)
{
    size_t dim = s->features->dim;
    fid__merit_of(merit, s->trial, x->n, s->trial_value, NULL);
    for (size_t i = 0; i < x->n; i++)
        if (s->trial_value[i] > s->start_value[x->start] + 1e-10) {
            s->start_value[x->start] = s->trial_value[i];
            memcpy(s->starts + x->start * dim, s->trial + i * dim, dim * sizeof(double));
            x->improved = true;
        }
    x->n = 0;
}

static void try_level(fid__search *s, fid__merit *merit, const fid__effort *e, exchange *x,
                      const double *from, size_t j, uint64_t level)
{
    size_t dim = s->features->dim;
    double *u = s->trial + x->n * dim;
    memcpy(u, from, dim * sizeof *u);
    u[j] = fid_space_level_u(s->features->space, j, level);
    if (s->features->dims[j].ordered && inside(e, j, u[j]) != u[j])
        return;
    fid_space_snap(s->features->space, u);
    if (!fid_space_is_legal(s->features->space, u))
        return;
    if (++x->n == FID__MERIT_BATCH)
        flush(s, merit, x);
}

/* All other levels of a small grid, 16 random ones of many choices, the two next ones of
 * a relaxed grid. */
static void neighbours(fid__search *s, fid__merit *merit, const fid__effort *e,
                       exchange *x, const double *from, fid_rng *rng)
{
    fid_space_activity(s->features->space, from, s->active);
    for (size_t j = 0; j < s->features->dim; j++) {
        const fid_dim *d = s->features->dims + j;
        if (!s->active[j] || d->levels == 0 || (e->choice && e->choice->dim == j))
            continue;
        uint64_t at = fid_space_level(s->features->space, j, from[j]);
        if (d->levels <= FEW_LEVELS) {
            for (uint64_t level = 0; level < d->levels; level++)
                if (level != at)
                    try_level(s, merit, e, x, from, j, level);
        } else if (d->ordered) {
            if (at > 0)
                try_level(s, merit, e, x, from, j, at - 1);
            if (at + 1 < d->levels)
                try_level(s, merit, e, x, from, j, at + 1);
        } else {
            for (size_t k = 0; k < FEW_LEVELS; k++)
                try_level(s, merit, e, x, from, j, fid_rng_below(rng, d->levels));
        }
    }
}

static void exchange_levels(fid__search *s, fid__merit *merit, const fid__effort *e,
                            fid_rng *rng)
{
    size_t dim = s->features->dim, grids = 0;
    for (size_t j = 0; j < dim; j++)
        grids += s->features->dims[j].levels > 0;
    for (size_t k = 0; grids > 0 && k < s->n_starts && k < EXCHANGE_STARTS; k++) {
        exchange x = {.start = k, .improved = true};
        for (size_t round = 0; round < EXCHANGE_ROUNDS && x.improved; round++) {
            double *from = s->slope; /* free here */
            memcpy(from, s->starts + k * dim, dim * sizeof *from);
            x.improved = false;
            neighbours(s, merit, e, &x, from, rng);
            flush(s, merit, &x);
        }
    }
}

/* --- All together. */

static void set_scale(fid__search *s, const double *theta)
{
    for (size_t j = 0; j < s->features->dim; j++) {
        double inverse = exp(0.5 * theta[s->features->group[s->features->column[j]]]);
        s->scale[j] = inverse < 0.5 ? 0.5 : inverse > 50 ? 50 : inverse;
    }
}

/* The improved starts become candidates too. */
static void take_back(fid__search *s)
{
    size_t dim = s->features->dim, n = s->n;
    for (size_t k = 0; k < s->n_starts; k++) {
        size_t to = n > k + s->n_starts ? s->order[n - 1 - k] : s->order[k];
        memcpy(s->points + to * dim, s->starts + k * dim, dim * sizeof(double));
        s->value[to] = s->start_value[k];
    }
}

void fid__search_candidates(fid__search *s, const fid__effort *e, const double *theta,
                            const double *anchors, size_t n_anchors, fid_rng *rng)
{
    set_scale(s, theta);
    s->n = 0;
    spread_candidates(s, e, rng);
    local_candidates(s, e, anchors, n_anchors, rng);
    while (s->n < 8) {
        fid_space_sample(s->features->space, rng, false,
                         s->points + s->n * s->features->dim);
        s->n++;
    }
}

size_t fid__search_run(fid__search *s, fid__merit *merit, const fid__effort *e,
                       const double *theta, const double *anchors, size_t n_anchors,
                       fid_rng *rng, double *points, double *values, size_t n)
{
    size_t dim = s->features->dim, found = 0;
    fid__search_candidates(s, e, theta, anchors, n_anchors, rng);
    fid__merit_of(merit, s->points, s->n, s->value, NULL);
    sort_candidates(s);
    choose_starts(s, e, rng);
    descend(s, merit, e);
    exchange_levels(s, merit, e, rng);
    if (s->n_relaxed > 0 && s->n_relaxed < dim)
        descend(s, merit, e);
    take_back(s);
    sort_candidates(s);
    for (size_t i = 0; i < s->n && found < n; i++) {
        const double *u = s->points + s->order[i] * dim;
        if (found > 0 && !memcmp(u, points + (found - 1) * dim, dim * sizeof *u))
            continue;
        memcpy(points + found * dim, u, dim * sizeof *u);
        values[found++] = s->value[s->order[i]];
    }
    return found;
}
