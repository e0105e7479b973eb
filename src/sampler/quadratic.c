#include "sampler/quadratic.h"

#include <fidelio/linalg.h>
#include <fidelio/optim.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Measured in benchmarks/LOG.md, "Axes of its own, and a quadratic step". */
enum { NEIGHBOURS = 5, REACH = 2 }; /* times the number of dimensions */
#define HEIGHT_MIN   0.05           /* errors count in parts of height + this .. */
#define HEIGHT_MAX   100            /* .. up to this, the median height being 1 */
#define OUTLIER      10             /* no error counts more */

/* The dual of ridge regression: a kernel that spans 1, x_j, x_j^2 and, with the weight
 * `cross`, x_j x_k, and noise in parts of the height. Which weights, leaving out tells. */
static const double cross_weights[] = {0.003, 0.1, 1}, noises[] = {1e-6, 1e-4, 1e-2};

typedef struct {
    size_t dim, n, ld;
    size_t best;        /* index into all trials */
    double unit, reach; /* lengths: 1 of x below; half of the box's side in such units */
    double *x;          /* [n][dim] from the best */
    double *height;     /* [n] over the best, median 1 */
    double *scale;      /* [n] what an error there is measured by */
    double *inner, *squares; /* [n][ld] sums of products, and of their squares */
    double *gram, *chol, *inverse, *scratch, *panel;
    double *alpha, *kept; /* [ld] solutions: this one, that of the least error */
    double *slope, *bend; /* [dim], [dim][dim]: gradient and Hessian at the best */
    double *low, *high, *at; /* [dim] */
    fid_ranked *near, *order; /* [n trials], [n] */
    double *block;
} local;

static void close_local(local *q)
{
    free(q->near);
    free(q->order);
    free(q->block);
}

static fid_status open_local(local *q, size_t n_trials, size_t dim)
{
    size_t most = NEIGHBOURS * dim < FID__QUADRATIC_MAX ? NEIGHBOURS * dim : FID__QUADRATIC_MAX;
    size_t n = n_trials < most ? n_trials : most, ld = fid_pad(n), square = ld * ld;
    *q = (local){.dim = dim, .n = n, .ld = ld};
    q->near = fid_alloc(n_trials, sizeof *q->near);
    q->order = fid_alloc(n, sizeof *q->order);
    q->block = fid_alloc(6 * square + ld * (FID_PANEL + dim + 4) + dim * (dim + 4),
                         sizeof(double));
    if (!q->near || !q->order || !q->block) {
        close_local(q);
        return FID_NOMEM;
    }
    double *at = q->block;
    double **matrices[] = {&q->gram, &q->chol, &q->inverse, &q->scratch, &q->inner, &q->squares};
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices; k++, at += square)
        *matrices[k] = at;
    double **vectors[] = {&q->height, &q->scale, &q->alpha, &q->kept};
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++, at += ld)
        *vectors[k] = at;
    q->panel = at;
    q->x = q->panel + ld * FID_PANEL;
    q->slope = q->x + ld * dim;
    q->low = q->slope + dim;
    q->high = q->low + dim;
    q->at = q->high + dim;
    q->bend = q->at + dim;
    return FID_OK;
}

/* --- The neighbours. */

double fid__squared_distance(const double *a, const double *b, size_t dim)
{
    double sum = 0;
    for (size_t c = 0; c < dim; c++)
        sum += (a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

static double widest(const double *x, size_t dim)
{
    double most = 0;
    for (size_t c = 0; c < dim; c++)
        most = fmax(most, fabs(x[c]));
    return most;
}

static void find_near(local *q, const double *rows, const double *loss, size_t n_trials)
{
    for (size_t i = 1; i < n_trials; i++)
        if (loss[i] < loss[q->best])
            q->best = i;
    for (size_t i = 0; i < n_trials; i++)
        q->near[i] = (fid_ranked){
            fid__squared_distance(rows + i * q->dim, rows + q->best * q->dim, q->dim), i};
    fid_rank(q->near, n_trials);
    q->unit = sqrt(q->near[q->n - 1].value);
}

/* false: they are all at one place or of one height. */
static bool load(local *q, const double *rows, const double *loss)
{
    size_t dim = q->dim, reach = REACH * dim < q->n ? REACH * dim : q->n - 1;
    if (!(q->unit > 0))
        return false;
    for (size_t i = 0; i < q->n; i++) {
        size_t from = q->near[i].index;
        for (size_t c = 0; c < dim; c++)
            q->x[i * dim + c] = (rows[from * dim + c] - rows[q->best * dim + c]) / q->unit;
        q->height[i] = loss[from] - loss[q->best];
        q->order[i] = (fid_ranked){q->height[i], i};
    }
    fid_rank(q->order, q->n);
    double median = q->order[q->n / 2].value;
    if (!(median > 0 && median < HUGE_VAL))
        return false;
    for (size_t i = 0; i < q->n; i++) {
        q->height[i] /= median;
        q->scale[i] = fmin(q->height[i], HEIGHT_MAX) + HEIGHT_MIN;
        q->order[i] = (fid_ranked){widest(q->x + i * dim, dim), i};
    }
    fid_rank(q->order, q->n);
    q->reach = q->order[reach].value;
    return true;
}

static void multiply(local *q)
{
    for (size_t i = 0; i < q->n; i++)
        for (size_t j = i; j < q->n; j++) {
            double sum = 0, square = 0;
            for (size_t c = 0; c < q->dim; c++) {
                double p = q->x[i * q->dim + c] * q->x[j * q->dim + c];
                sum += p;
                square += p * p;
            }
            q->inner[i * q->ld + j] = sum;
            q->squares[i * q->ld + j] = square;
        }
}

/* --- The regression. */

/* Leaves the solution in alpha; returns the error at what is left out. */
static double regress(local *q, double cross, double noise)
{
    size_t n = q->n, ld = q->ld;
    double jitter, sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i; j < n; j++) {
            double s = q->inner[i * ld + j], s2 = q->squares[i * ld + j];
            q->gram[i * ld + j] = 1 + s + s2 + cross * (s * s - s2);
        }
        q->gram[i * ld + i] += noise * q->scale[i] * q->scale[i];
    }
    if (fid_chol_factor(q->gram, n, ld, q->chol, &jitter, q->panel) != FID_OK)
        return HUGE_VAL;
    memcpy(q->alpha, q->height, n * sizeof *q->alpha);
    fid_chol_lower(q->chol, n, ld, q->alpha);
    fid_chol_upper(q->chol, n, ld, q->alpha);
    fid_chol_inverse(q->chol, n, ld, q->inverse, q->scratch, q->panel);
    for (size_t i = 0; i < n; i++) {
        double e = q->alpha[i] / q->inverse[i * ld + i] / q->scale[i];
        sum += fmin(e * e, OUTLIER * OUTLIER);
    }
    return sqrt(sum / (double)n);
}

/* The kernel is a quadratic in each argument, so what it predicts is one too. */
static void expand(local *q, double cross)
{
    size_t dim = q->dim;
    memset(q->slope, 0, dim * sizeof *q->slope);
    memset(q->bend, 0, dim * dim * sizeof *q->bend);
    for (size_t i = 0; i < q->n; i++) {
        const double *x = q->x + i * dim;
        for (size_t j = 0; j < dim; j++) {
            double a = q->kept[i] * x[j];
            q->slope[j] += a;
            for (size_t k = 0; k < dim; k++)
                q->bend[j * dim + k] += 2 * a * x[k] * (j == k ? 1 : cross);
        }
    }
}

static double quadratic(void *ctx, const double *x, double *gradient)
{
    const local *q = ctx;
    double value = 0;
    for (size_t j = 0; j < q->dim; j++) {
        double bent = 0;
        for (size_t k = 0; k < q->dim; k++)
            bent += q->bend[j * q->dim + k] * x[k];
        gradient[j] = q->slope[j] + bent;
        value += x[j] * (q->slope[j] + 0.5 * bent);
    }
    return value;
}

static fid_status descend(local *q, const double *centre, double *u)
{
    const fid_lbfgs_options options = {.gtol = 1e-9,
                                       .ftol = 1e-12,
                                       .first_step = q->reach / 4,
                                       .max_iter = 200,
                                       .max_eval = 300};
    fid_lbfgs search;
    FID_TRY(fid_lbfgs_init(&search, q->dim));
    for (size_t c = 0; c < q->dim; c++) {
        q->low[c] = fmax(-q->reach, -centre[c] / q->unit);
        q->high[c] = fmin(q->reach, (1 - centre[c]) / q->unit);
        q->at[c] = 0;
    }
    fid_minimize(&search, &options, quadratic, q, q->at, q->low, q->high);
    fid_lbfgs_deinit(&search);
    for (size_t c = 0; c < q->dim; c++)
        u[c] = fmin(1, fmax(0, centre[c] + q->unit * q->at[c]));
    return FID_OK;
}

static double choose(local *q, double *cross)
{
    double least = HUGE_VAL;
    multiply(q);
    for (size_t a = 0; a < sizeof cross_weights / sizeof *cross_weights; a++)
        for (size_t b = 0; b < sizeof noises / sizeof *noises; b++) {
            double error = regress(q, cross_weights[a], noises[b]);
            if (!(error < least))
                continue;
            least = error;
            *cross = cross_weights[a];
            memcpy(q->kept, q->alpha, q->n * sizeof *q->kept);
        }
    return least;
}

fid_status fid__quadratic_step(const double *rows, const double *loss, size_t n, size_t dim,
                               double *u, double *error)
{
    local q;
    double cross = 0;
    fid_status status = FID_OK;
    *error = HUGE_VAL;
    if (n == 0 || dim == 0)
        return FID_OK;
    FID_TRY(open_local(&q, n, dim));
    find_near(&q, rows, loss, n);
    if (load(&q, rows, loss)) {
        *error = choose(&q, &cross);
        if (*error < HUGE_VAL) {
            expand(&q, cross);
            status = descend(&q, rows + q.best * dim, u);
        }
    }
    close_local(&q);
    return status;
}
