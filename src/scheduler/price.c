#include "scheduler/price.h"

#include <math.h>

enum { GRID = 65, HALVINGS = 60 }; /* the goal is in the middle of the grid */
#define PRECISION 1e-3             /* of a price */

/* Values of a rung over the mean: linear between the points of a grid and to the left of
 * it, down to where they are 0. */
typedef struct {
    double value[GRID]; /* [n] the last one <= 0 */
    size_t n;
    double zero;
} curve;

typedef struct {
    const fid__prospect *prospect;
    double left, step;
    double gain[FID__MAX_RUNGS][2 * GRID]; /* [k][GRID + i]: E max(0, i step - N(shift,
                                              sd^2)) */
    curve rung[FID__MAX_RUNGS];
} tables;

/* E max(0, x - N(0, sd^2)). */
static double expected_gain(double x, double sd)
{
    if (!(sd > 0))
        return fmax(x, 0);
    double z = x / sd;
    return sd * (0.39894228040143267794 * exp(-0.5 * z * z) +
                 z * 0.5 * erfc(-z * M_SQRT1_2));
}

/* false: there is nothing to be uncertain of. */
static bool tables_init(tables *t, const fid__prospect *p)
{
    double variance = 0, shifts = 0;
    for (size_t k = 0; k + 1 < p->n; k++) {
        variance += p->sd[k] * p->sd[k];
        shifts += fabs(p->shift[k]);
    }
    double reach = 6 * sqrt(variance) + shifts;
    if (!(reach > 0 && isfinite(reach) && isfinite(p->goal)))
        return false;
    t->prospect = p;
    t->step = 2 * reach / (GRID - 1);
    t->left = p->goal - reach;
    for (size_t k = 0; k + 1 < p->n; k++)
        for (int i = -GRID; i < GRID; i++)
            t->gain[k][GRID + i] = expected_gain(i * t->step - p->shift[k], p->sd[k]);
    return true;
}

static double point(const tables *t, size_t i)
{
    return t->left + (double)i * t->step;
}

/* How the slope of the values changes, by point; the last piece ends at the zero. */
static void find_bends(const curve *c, double *bend)
{
    for (size_t j = 1; j < c->n; j++)
        bend[j] = c->value[j - 1] - c->value[j];
    for (size_t j = 1; j + 1 < c->n; j++)
        bend[j] -= bend[j + 1];
}

/* E value(m + N(shift, sd^2)) on the next rung: what is linear between points is a sum of
 * max(0, point - m), weighted by the bends. */
static double expected_next(const tables *t, size_t k, size_t i, const double *bend)
{
    const curve *next = &t->rung[k + 1];
    const double *gain = t->gain[k] + GRID - i;
    double x = next->zero - point(t, i) - t->prospect->shift[k];
    double sum = bend[next->n - 1] * expected_gain(x, t->prospect->sd[k]);
    for (size_t j = 1; j + 1 < next->n; j++)
        sum += bend[j] * gain[j];
    return sum / t->step;
}

static void find_zero(const tables *t, curve *c)
{
    double last = c->value[c->n - 1], before = c->value[c->n - 2];
    c->zero = point(t, c->n - 1) +
              (before > last ? last / (before - last) * t->step : 0);
}

/* At least two points, so that there is a piece. */
static void fill_rung(tables *t, size_t k, double toll)
{
    curve *c = &t->rung[k];
    double bend[GRID];
    find_bends(&t->rung[k + 1], bend);
    c->n = 0;
    do
        c->value[c->n] = expected_next(t, k, c->n, bend) - toll;
    while (++c->n < GRID - 1 && (c->n < 2 || c->value[c->n - 1] > 0));
    if (c->value[c->n - 1] > 0)
        c->value[c->n++] = 0;
    find_zero(t, c);
}

static void fill(tables *t, double price)
{
    const fid__prospect *p = t->prospect;
    curve *last = &t->rung[p->n - 1];
    last->n = GRID / 2 + 1;
    last->zero = p->goal;
    for (size_t i = 0; i < last->n; i++)
        last->value[i] = p->goal - point(t, i);
    for (size_t k = p->n - 1; k-- > 0;)
        fill_rung(t, k, price * p->cost[k + 1]);
}

static double value_at(const tables *t, size_t k, double mean)
{
    const curve *c = &t->rung[k];
    double x = (mean - t->left) / t->step;
    if (!(mean < c->zero))
        return 0;
    size_t i = x > 0 ? (size_t)x : 0;
    i = i + 2 < c->n ? i : c->n - 2;
    return fmax(0, c->value[i] + (x - (double)i) * (c->value[i + 1] - c->value[i]));
}

static double value_of_new(const tables *t, const double *offers, size_t n,
                           double price)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += value_at(t, 0, offers[i]);
    return n ? sum / (double)n - price * t->prospect->cost[0] : 0;
}

/* The most valuable at a price, of what is worth it. */
static int best_at(tables *t, const double *mean, const double *offers, size_t n_offers,
                   double price)
{
    fill(t, price);
    double most = value_of_new(t, offers, n_offers, price);
    int best = most > 0 ? FID__NEW : FID__NOTHING;
    for (size_t k = 0; k + 1 < t->prospect->n; k++) {
        double value = value_at(t, k, mean[k]);
        if (value > fmax(most, 0)) {
            most = value;
            best = (int)k;
        }
    }
    return best;
}

/* No price above this: all that can be won, by the least cost. */
static double highest_price(const tables *t, const double *mean, const double *offers,
                            size_t n_offers)
{
    const fid__prospect *p = t->prospect;
    double least = t->left, cost = p->cost[0];
    for (size_t k = 0; k + 1 < p->n; k++) {
        least = fmin(least, mean[k]);
        cost = fmin(cost, p->cost[k + 1]);
    }
    for (size_t i = 0; i < n_offers; i++)
        least = fmin(least, offers[i]);
    return (p->goal - least + (p->goal - t->left)) / cost;
}

int fid__price_best(const fid__prospect *prospect, const double *mean,
                    const double *offers, size_t n_offers, double *price)
{
    tables t;
    int best = FID__NOTHING;
    *price = 0;
    if (!tables_init(&t, prospect))
        return best;
    double high = highest_price(&t, mean, offers, n_offers);
    for (int i = 0; i < HALVINGS && high - *price > PRECISION * *price; i++) {
        double middle = 0.5 * (*price + high);
        int here = best_at(&t, mean, offers, n_offers, middle);
        if (here == FID__NOTHING) {
            high = middle;
        } else {
            *price = middle;
            best = here;
        }
    }
    return best;
}
