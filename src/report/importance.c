/* Shares of variance by pick-and-freeze (Saltelli et al. 2010, table 2: (b) for the main
 * effect, (f), Jansen's, for the total), and effects, over the landscape's mean. */
#include "report/landscape.h"

#include <fidelio/rand.h>
#include <fidelio/report.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 512, AVERAGED = 64 };

typedef struct {
    fid__landscape land;
    double *a, *b;   /* [SAMPLES][dim] */
    double *fa, *fb; /* what the landscape says there */
    double *u;       /* [dim] */
    double mean, variance;
} study;

static fid_status sample(study *self)
{
    size_t d = self->land.dim;
    self->a = fid_alloc(2 * SAMPLES * d, sizeof *self->a);
    self->fa = fid_alloc(2 * SAMPLES, sizeof *self->fa);
    self->u = fid_alloc(d, sizeof *self->u);
    if (!self->a || !self->fa || !self->u)
        return FID_NOMEM;
    self->b = self->a + SAMPLES * d;
    self->fb = self->fa + SAMPLES;
    fid_rng rng = fid_rng_stream(0, FID_RNG_DESIGN, 0);
    for (size_t i = 0; i < 2 * SAMPLES * d; i++)
        self->a[i] = fid_rng_uniform(&rng);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < 2 * (size_t)SAMPLES; i++) {
        fid_space_snap(self->land.space, self->a + i * d);
        self->fa[i] = fid__landscape_at(&self->land, self->a + i * d);
        sum += self->fa[i];
    }
    self->mean = sum / (2 * SAMPLES);
    for (size_t i = 0; i < 2 * (size_t)SAMPLES; i++)
        squares += (self->fa[i] - self->mean) * (self->fa[i] - self->mean);
    self->variance = squares / (2 * SAMPLES);
    return FID_OK;
}

/* The landscape at a row with one coordinate from elsewhere. */
static double swapped(study *self, const double *row, size_t dim, double x)
{
    memcpy(self->u, row, self->land.dim * sizeof *self->u);
    self->u[dim] = x;
    return fid__landscape_at(&self->land, self->u);
}

static void find_shares(study *self, fid_importance_item *item)
{
    size_t d = self->land.dim;
    double alone = 0, total = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        double f =
            swapped(self, self->a + i * d, item->dim, self->b[i * d + item->dim]);
        alone += (self->fb[i] - self->mean) * (f - self->fa[i]);
        total += (self->fa[i] - f) * (self->fa[i] - f);
    }
    bool flat = !(self->variance > 1e-12);
    item->total = flat ? 0 : fmin(1, total / (2 * SAMPLES) / self->variance);
    item->alone = flat ? 0
                       : fmin(item->total, fmax(0, alone / SAMPLES / self->variance));
}

static void find_effect(study *self, fid_importance_item *item, double sign)
{
    const fid_dim *dim = &fid_space_dims(self->land.space)[item->dim];
    bool listed = dim->levels && dim->levels <= FID_EFFECT_POINTS;
    item->n = listed ? (size_t)dim->levels : FID_EFFECT_POINTS;
    double least = INFINITY;
    for (size_t k = 0; k < item->n; k++) {
        double sum = 0;
        item->u[k] = listed ? fid_space_level_u(self->land.space, item->dim, k)
                            : ((double)k + 0.5) / FID_EFFECT_POINTS;
        for (size_t i = 0; i < AVERAGED; i++)
            sum += swapped(self, self->a + i * self->land.dim, item->dim, item->u[k]);
        double z = sum / AVERAGED;
        if (z < least) {
            least = z;
            item->best = k;
        }
        item->effect[k] = sign * fid__landscape_unwarp(&self->land, z);
    }
}

static int by_total(const void *a, const void *b)
{
    const fid_importance_item *x = a, *y = b;
    if (x->total < y->total || x->total > y->total)
        return x->total > y->total ? -1 : 1;
    return x->dim < y->dim ? -1 : x->dim > y->dim;
}

static fid_status find(study *self, const fid_history *history, fid_importance *out)
{
    FID_TRY(sample(self));
    out->n_trials = self->land.n;
    out->fit = self->land.fit;
    out->items = fid_alloc(self->land.dim, sizeof *out->items);
    if (!out->items)
        return FID_NOMEM;
    double sign = fid_history_sign(history, out->metric);
    for (size_t d = 0; d < self->land.dim; d++) {
        fid_importance_item *item = &out->items[d];
        item->dim = d;
        item->param = fid_space_dims(self->land.space)[d].param;
        find_shares(self, item);
        find_effect(self, item, sign);
    }
    out->n = self->land.dim;
    qsort(out->items, out->n, sizeof *out->items, by_total);
    return FID_OK;
}

fid_status fid_importance_find(const fid_history *history, size_t metric,
                               fid_importance *out, fid_error *err)
{
    study self = {0};
    *out = (fid_importance){.metric = metric};
    if (metric >= fid_history_outline(history)->n_objectives)
        return fid_error_set(err, FID_INVALID,
                             "importance is for what is minimised or maximised");
    fid_status status = fid__landscape_init(&self.land, history, metric, err);
    if (status == FID_OK)
        status = find(&self, history, out);
    if (status == FID_NOMEM)
        (void)fid_error_set(err, status, "out of memory");
    free(self.a);
    free(self.fa);
    free(self.u);
    fid__landscape_deinit(&self.land);
    return status;
}

void fid_importance_deinit(fid_importance *importance)
{
    free(importance->items);
    *importance = (fid_importance){0};
}
