#include "report/landscape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 300, FEW = 30, LEAST = 4, MOST_EVALUATIONS = 60 };

/* --- rows: ordered dimensions, the training reached, then choices without order */

static void find_columns(fid__landscape *self)
{
    const fid_dim *dims = fid_space_dims(self->space);
    size_t column = 0;
    for (size_t d = 0; d < self->dim; d++)
        if (dims[d].ordered)
            self->column[d] = column++;
    self->n_numeric = column += self->has_level;
    for (size_t d = 0; d < self->dim; d++)
        if (!dims[d].ordered)
            self->column[d] = column++;
    self->width = column;
}

static void fill_row(const fid__landscape *self, const double *u, double level,
                     double *row)
{
    const fid_dim *dims = fid_space_dims(self->space);
    bool *active = self->active;
    fid_space_activity(self->space, u, active);
    for (size_t d = 0; d < self->dim; d++) {
        double inactive = dims[d].ordered ? 0.5 : -1;
        double given = dims[d].ordered ? u[d]
                                       : (double)fid_space_level(self->space, d, u[d]);
        row[self->column[d]] = active[d] ? given : inactive;
    }
    if (self->has_level)
        row[self->n_numeric - 1] = level;
}

/* How much of the full training a trial has had, on the scale of the ladder. */
static double level_of(const fid_fidelity *fidelity, double step)
{
    double level = fidelity->min > 0 && fidelity->max > fidelity->min
                       ? log(step / fidelity->min) / log(fidelity->max / fidelity->min)
                       : step / fidelity->max;
    return level > 0 ? fmin(level, 1) : 0; /* NaN: 0 */
}

/* --- the data */

static bool has_value(const fid_history *history, uint64_t id, size_t metric)
{
    return fid_history_trial(history, id)->n_reports &&
           isfinite(fid_history_loss(history, id, metric));
}

static fid_status allocate(fid__landscape *self)
{
    self->column = fid_alloc(self->dim + 1, sizeof *self->column);
    self->active = fid_alloc(self->dim + 1, sizeof *self->active);
    self->row = fid_alloc(self->dim + 2, sizeof *self->row);
    self->rows = fid_alloc(MOST * (self->dim + 1), sizeof *self->rows);
    self->y = fid_alloc(2 * MOST, sizeof *self->y);
    if (!self->column || !self->active || !self->row || !self->rows || !self->y)
        return FID_NOMEM;
    self->z = self->y + MOST;
    return FID_OK;
}

/* All trials that have a value. */
typedef struct {
    size_t n;
    double *rows, *y; /* [n][width], [n] */
    double *far;      /* [n] squared distance to the nearest that was taken */
} trials;

static fid_status load(const fid__landscape *self, const fid_history *history,
                       size_t metric, trials *all)
{
    const fid_fidelity *fidelity = &fid_history_outline(history)->fidelity;
    size_t most = (size_t)fid_history_n_trials(history);
    all->rows = fid_alloc((most + 1) * (self->width + 2), sizeof *all->rows);
    if (!all->rows)
        return FID_NOMEM;
    all->y = all->rows + most * self->width;
    all->far = all->y + most;
    for (uint64_t t = 0; t < most; t++) {
        if (!has_value(history, t, metric))
            continue;
        double step = fid_history_trial(history, t)->step;
        fill_row(self, fid_history_point(history, t), level_of(fidelity, step),
                 all->rows + all->n * self->width);
        all->far[all->n] = HUGE_VAL;
        all->y[all->n++] = fid_history_loss(history, t, metric);
    }
    return FID_OK;
}

static double distance2(const fid__landscape *self, const double *a, const double *b)
{
    double sum = 0;
    for (size_t c = 0; c < self->width; c++) {
        double gap = c < self->n_numeric ? a[c] - b[c] : fabs(a[c] - b[c]) > 0.5;
        sum += gap * gap;
    }
    return sum;
}

/* Takes a trial and gives the one that is farthest from all that were taken. */
static size_t take(fid__landscape *self, trials *all, size_t i)
{
    const double *row = all->rows + i * self->width;
    size_t farthest = 0;
    memcpy(self->rows + self->n * self->width, row, self->width * sizeof *row);
    self->y[self->n++] = all->y[i];
    for (size_t k = 0; k < all->n; k++) {
        all->far[k] =
            fmin(all->far[k], distance2(self, row, all->rows + k * self->width));
        if (all->far[k] > all->far[farthest])
            farthest = k;
    }
    return farthest;
}

/* The best trial, then always the one that is farthest from those taken (Gonzalez 1985):
 * the model is of the whole space, and a study that has converged has most of its trials in
 * one corner, whose ranks would drown what the others say. Of those that lie closer than
 * half of what evenly spread ones would, the first is enough. */
static fid_status gather(fid__landscape *self, const fid_history *history,
                         size_t metric)
{
    trials all = {0};
    FID_TRY(load(self, history, metric, &all));
    double near = 0.5 * pow(MOST, -1 / (double)self->width);
    size_t next = 0;
    for (size_t k = 1; k < all.n; k++)
        if (all.y[k] < all.y[next])
            next = k;
    while (self->n < all.n && self->n < MOST &&
           (self->n < FEW ? all.far[next] > 0 : all.far[next] > near * near))
        next = take(self, &all, next);
    free(all.rows);
    return FID_OK;
}

/* --- the model */

static fid_status fit(fid__landscape *self)
{
    size_t groups = self->width;
    size_t *group = fid_alloc(groups, sizeof *group);
    fid_gp_penalty *prior = fid_alloc(groups + 2, sizeof *prior);
    double *theta = fid_alloc(groups + 2, sizeof *theta);
    fid_status status = group && prior && theta ? FID_OK : FID_NOMEM;
    for (size_t g = 0; status == FID_OK && g < groups; g++) {
        group[g] = g;
        prior[g] = (fid_gp_penalty){
            .low = log(1e-4), .high = log(1e4), .recip = 0.1, .linear = 0.1};
    }
    if (status == FID_OK) {
        prior[groups] = (fid_gp_penalty){
            .low = log(1e-2), .high = log(1e2), .linear = 1, .log = -1};
        prior[groups + 1] = (fid_gp_penalty){
            .low = log(1e-6), .high = log(2), .mean = log(1e-2), .precision = 0.1};
        theta[groups + 1] = log(1e-2);
        fid_gp_shape shape = {.kernel = FID_KERNEL_MATERN52,
                              .n_numeric = self->n_numeric,
                              .n_hamming = self->width - self->n_numeric,
                              .n_groups = groups,
                              .group = group};
        status = fid_gp_create(&self->model, &shape);
    }
    if (status == FID_OK)
        status = fid_gp_set_data(self->model, self->rows, self->z, NULL, self->n);
    fid_gp_fit_result result;
    if (status == FID_OK) /* where no value is finite theta stays as it is */
        status = fid_gp_fit(self->model, prior, theta, MOST_EVALUATIONS, &result);
    if (status == FID_OK || status == FID_NOT_PD)
        status = fid_gp_condition(self->model, theta, NULL);
    free(group);
    free(prior);
    free(theta);
    return status;
}

static fid_status measure_fit(fid__landscape *self)
{
    double *mean = fid_alloc(2 * self->n, sizeof *mean);
    if (!mean)
        return FID_NOMEM;
    fid_status status = fid_gp_loo(self->model, mean, mean + self->n);
    double wrong = 0, all = 0; /* z has mean 0 */
    for (size_t i = 0; i < self->n; i++) {
        wrong += (self->z[i] - mean[i]) * (self->z[i] - mean[i]);
        all += self->z[i] * self->z[i];
    }
    self->fit = status == FID_OK && all > 0 ? fmax(0, 1 - wrong / all) : 0;
    free(mean);
    return status;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

fid_status fid__landscape_init(fid__landscape *self, const fid_history *history,
                               size_t metric, fid_error *err)
{
    *self = (fid__landscape){.space = fid_history_space(history)};
    self->dim = fid_space_dim(self->space);
    self->has_level = fid_history_outline(history)->fidelity.mode != FID_MODE_NONE;
    FID_TRY(allocate(self));
    find_columns(self);
    FID_TRY(gather(self, history, metric));
    bool differ = false;
    for (size_t i = 1; i < self->n; i++)
        differ = differ || self->y[i] < self->y[0] || self->y[i] > self->y[0];
    if (self->n < LEAST || !differ || !self->dim)
        return fid_error_set(
            err, FID_STATE,
            "too little is known yet: %zu different trials with a value%s", self->n,
            differ || self->n < 2 ? "" : ", all the same");
    FID_TRY(fid_warp_outputs(FID_WARP_HALF_RANK, self->y, self->n, self->z));
    FID_TRY(fit(self));
    self->work = fid_alloc(fid_gp_work(self->model), sizeof *self->work);
    if (!self->work)
        return FID_NOMEM;
    FID_TRY(measure_fit(self));
    qsort(self->y, self->n, sizeof *self->y, by_size); /* the warp is monotone */
    qsort(self->z, self->n, sizeof *self->z, by_size);
    return FID_OK;
}

void fid__landscape_deinit(fid__landscape *self)
{
    fid_gp_destroy(self->model);
    free(self->column);
    free(self->active);
    free(self->row);
    free(self->rows);
    free(self->y);
    free(self->work);
    *self = (fid__landscape){0};
}

double fid__landscape_at(fid__landscape *self, const double *u)
{
    double z;
    fill_row(self, u, 1, self->row);
    fid_gp_predict(self->model, self->row, 1, &z, NULL, self->work);
    return z;
}

double fid__landscape_unwarp(const fid__landscape *self, double z)
{
    size_t k = 1;
    if (!(z > self->z[0]))
        return self->y[0];
    while (k < self->n && self->z[k] < z)
        k++;
    if (k == self->n)
        return self->y[self->n - 1];
    double gap = self->z[k] - self->z[k - 1];
    double share = gap > 0 ? (z - self->z[k - 1]) / gap : 0;
    return self->y[k - 1] * (1 - share) + self->y[k] * share;
}
