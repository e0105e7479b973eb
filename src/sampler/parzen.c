#include "sampler/parzen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 8, MAX_BUCKETS = 256, FLUSH = 32 };
static const float ROOT_HALF = 0.70710678f;

size_t fid__parzen_stride(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

fid_status fid__parzen_alloc(fid__parzen *p)
{
    p->slope = fid_alloc(p->dim * p->stride, sizeof *p->slope);
    p->norm = fid_alloc(p->dim * p->stride, sizeof *p->norm);
    p->base = fid_alloc(p->stride, sizeof *p->base);
    p->gain = fid_alloc(p->dim, sizeof *p->gain);
    p->product = fid_alloc(p->stride, sizeof *p->product);
    p->mass = fid_alloc(p->stride, sizeof *p->mass);
    bool all = p->slope && p->norm && p->base && p->gain && p->product && p->mass;
    return all ? FID_OK : FID_NOMEM;
}

void fid__parzen_deinit(fid__parzen *p)
{
    free(p->slope);
    free(p->norm);
    free(p->base);
    free(p->gain);
    free(p->product);
    free(p->mass);
}

static bool takes_part(const fid__parzen *p, const float *x, size_t i)
{
    return p->weight[i] > 0 && x[i] >= 0;
}

static size_t count_active(const fid__parzen *p, const float *x)
{
    size_t n = 0;
    for (size_t i = 1; i < p->n; i++)
        n += takes_part(p, x, i);
    return n;
}

/* Smallest and largest centre in each bucket, and the nearest ones outside it. Centres
 * that share a bucket, or lie in adjacent ones, are nearer to each other than the least
 * bandwidth, so that their gap need not be known. */
typedef struct {
    size_t n; /* buckets: more than 2 / bandwidth */
    float low[MAX_BUCKETS], high[MAX_BUCKETS], below[MAX_BUCKETS], above[MAX_BUCKETS];
    bool crowded[MAX_BUCKETS]; /* both adjacent buckets are occupied */
    float least, most;         /* centres of all */
    float bandwidth;           /* the least one */
} neighbours;

static size_t bucket_of(const neighbours *near, float x)
{
    size_t b = (size_t)(x * (float)near->n);
    return b < near->n ? b : near->n - 1;
}

static float least_bandwidth(size_t n_active)
{
    return 1 / (n_active < 98 ? (float)(n_active + 2) : 100.0f);
}

static void clear(neighbours *near, size_t n_active)
{
    near->bandwidth = least_bandwidth(n_active);
    near->n = 8;
    while ((float)near->n * near->bandwidth <= 2)
        near->n *= 2;
    for (size_t b = 0; b < near->n; b++) {
        near->low[b] = 2;
        near->high[b] = -1;
    }
}

static void link_buckets(neighbours *near)
{
    near->most = -1;
    for (size_t b = 0; b < near->n; b++) {
        near->below[b] = near->most;
        near->most = near->high[b] >= 0 ? near->high[b] : near->most;
    }
    near->least = 2;
    for (size_t b = near->n; b-- > 0;) {
        near->above[b] = near->least;
        near->least = near->low[b] <= 1 ? near->low[b] : near->least;
    }
    for (size_t b = 1; b + 1 < near->n; b++)
        near->crowded[b] = near->high[b - 1] >= 0 && near->high[b + 1] >= 0;
    near->crowded[0] = near->crowded[near->n - 1] = false;
}

static void find_neighbours(const fid__parzen *p, const float *x, neighbours *out)
{
    clear(out, count_active(p, x));
    for (size_t i = 1; i < p->n; i++) {
        if (!takes_part(p, x, i))
            continue;
        size_t b = bucket_of(out, x[i]);
        out->low[b] = x[i] < out->low[b] ? x[i] : out->low[b];
        out->high[b] = x[i] > out->high[b] ? x[i] : out->high[b];
    }
    link_buckets(out);
}

/* The outermost centres look inwards only; a lone one looks at the ends of the axis. */
static float gap(const neighbours *near, float x)
{
    if (near->least == near->most)
        return x > 0.5f ? x : 1 - x;
    size_t b = bucket_of(near, x);
    if (near->crowded[b])
        return 0;
    float left = x > near->low[b] ? 0 : x - near->below[b];
    float right = x < near->high[b] ? 0 : near->above[b] - x;
    if (x == near->least)
        return right;
    if (x == near->most)
        return left;
    return left > right ? left : right;
}

static float clip(float s, float least)
{
    s = s < least ? least : s;
    return s > 1 ? 1 : s;
}

/* Set one kernel on one axis. */
static void place(fid__parzen *p, size_t d, size_t i, float slope, double mass)
{
    p->slope[d * p->stride + i] = slope;
    if (p->axes[d].conditional)
        p->norm[d * p->stride + i] = (float)-log(mass);
    else
        p->product[i] *= mass;
}

/* width[i] <- bandwidth of kernel i, 0 where it has no part. */
static void bandwidths(const fid__parzen *p, size_t d, float *width)
{
    const float *x = p->x + d * p->stride;
    const float *floor = p->floor ? p->floor + d * p->stride : NULL;
    neighbours near;
    find_neighbours(p, x, &near);
    width[0] = 1;
    for (size_t i = 1; i < p->n; i++) {
        width[i] = takes_part(p, x, i) ? clip(gap(&near, x[i]), near.bandwidth) : 0;
        if (floor && width[i] > 0 && width[i] < floor[i])
            width[i] = floor[i];
    }
}

static void fit_smooth(fid__parzen *p, size_t d)
{
    float *slope = p->slope + d * p->stride, *mass = p->mass;
    bandwidths(p, d, slope);
    memset(slope + p->n, 0, (fid__parzen_stride(p->n) - p->n) * sizeof *slope);
    fid__parzen_masses(p->x + d * p->stride, p->n, slope, mass);
    if (p->axes[d].conditional) {
        for (size_t i = 0; i < p->n; i++)
            p->norm[d * p->stride + i] = -logf(mass[i]);
    } else {
        for (size_t i = 0; i < p->n; i++)
            p->product[i] *= (double)mass[i];
    }
}

static size_t level_of(const fid__cells *cells, float x)
{
    return cells->level_at[(size_t)(x * (float)FID__CELLS)];
}

static double cells_mass(const fid__cells *cells, float x, float slope)
{
    double sum = 0;
    for (size_t k = 0; k < cells->levels; k++) {
        double t = (double)((cells->centre[k] - x) * slope);
        sum += (double)cells->width[k] * exp(-t * t);
    }
    return sum;
}

/* On a small grid kernels share levels: gaps are between occupied levels, and a kernel
 * is normalised over the cells. */
static void fit_cells(fid__parzen *p, size_t d)
{
    const fid__cells *cells = p->axes[d].cells;
    const float *x = p->x + d * p->stride;
    bool occupied[FID__SMALL_GRID] = {false};
    for (size_t i = 1; i < p->n; i++) {
        if (takes_part(p, x, i))
            occupied[level_of(cells, x[i])] = true;
    }
    neighbours near = {.least = 2, .most = -1};
    for (size_t k = 0; k < cells->levels; k++) {
        if (!occupied[k])
            continue;
        near.least = near.least > 1 ? cells->centre[k] : near.least;
        near.most = cells->centre[k];
    }
    float least = least_bandwidth(count_active(p, x));
    float slope[FID__SMALL_GRID], last = -1;
    double mass[FID__SMALL_GRID];
    for (size_t k = 0; k < cells->levels; k++) {
        if (!occupied[k])
            continue;
        size_t next = k + 1;
        while (next < cells->levels && !occupied[next])
            next++;
        float centre = cells->centre[k], s;
        float left = centre - last;
        float right = next < cells->levels ? cells->centre[next] - centre : 0;
        if (near.least == near.most)
            s = centre > 0.5f ? centre : 1 - centre;
        else if (last < 0)
            s = right;
        else
            s = left > right ? left : right;
        slope[k] = ROOT_HALF / clip(s, least);
        mass[k] = cells_mass(cells, centre, slope[k]);
        last = centre;
    }
    place(p, d, 0, ROOT_HALF, cells_mass(cells, 0.5f, ROOT_HALF));
    for (size_t i = 1; i < p->n; i++) {
        size_t k = takes_part(p, x, i) ? level_of(cells, x[i]) : 0;
        if (takes_part(p, x, i))
            place(p, d, i, slope[k], mass[k]);
        else
            place(p, d, i, 0, 1);
    }
}

/* A kernel gives its own choice 1 + 1/k and the others 1/k, k kernels, over C choices.
 */
static void fit_categorical(fid__parzen *p, size_t d)
{
    const float *x = p->x + d * p->stride;
    double kernels = (double)(count_active(p, x) + 1);
    double choices = (double)p->axes[d].choices;
    double other = 1 / (kernels + choices);
    p->gain[d] = (float)log(kernels + 1);
    for (size_t i = 0; i < p->n; i++)
        place(p, d, i, 0, 1 / (takes_part(p, x, i) ? other : 1 / choices));
}

static void flush(fid__parzen *p)
{
    for (size_t i = 0; i < p->n; i++) {
        p->base[i] -= (float)log(p->product[i]);
        p->product[i] = 1;
    }
}

void fid__parzen_fit(fid__parzen *p)
{
    for (size_t i = 0; i < fid__parzen_stride(p->n); i++) {
        bool there = i < p->n && p->weight[i] > 0;
        p->base[i] = there ? logf(p->weight[i]) : -1e30f;
        p->product[i] = 1;
    }
    for (size_t d = 0; d < p->dim; d++) {
        if (p->axes[d].choices)
            fit_categorical(p, d);
        else if (p->axes[d].cells)
            fit_cells(p, d);
        else
            fit_smooth(p, d);
        if (d % FLUSH == FLUSH - 1 || d == p->dim - 1)
            flush(p);
    }
    double total = 0;
    for (size_t i = 0; i < p->n; i++)
        total += (double)p->weight[i];
    float shift = (float)log(total);
    for (size_t i = 0; i < p->n; i++)
        p->base[i] -= shift;
}

static size_t pick(const double *cumulative, size_t n, fid_rng *rng)
{
    double t = fid_rng_uniform(rng) * cumulative[n - 1];
    size_t low = 0, high = n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cumulative[middle] > t)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* A normal step from x that stays inside: at least a third of the draws do. */
static double draw_inside(fid_rng *rng, double x, double s)
{
    for (;;) {
        double t = x + s * fid_rng_normal(rng);
        if (t > 0 && t < 1)
            return t;
    }
}

static double draw_choice(const fid__parzen *p, size_t d, float own, fid_rng *rng)
{
    size_t choices = p->axes[d].choices;
    double same = exp((double)p->gain[d]);
    double t = fid_rng_uniform(rng) * (same + (double)choices - 1);
    if (own >= 0 && t < same)
        return (double)own;
    if (own < 0)
        return (double)fid_rng_below(rng, choices);
    uint64_t other = fid_rng_below(rng, choices - 1);
    return (double)(other + (other >= (uint64_t)own));
}

void fid__parzen_draw(const fid__parzen *p, const double *cumulative, fid_rng *rng,
                      double *at)
{
    size_t i = pick(cumulative, p->n, rng);
    for (size_t d = 0; d < p->dim; d++) {
        float x = p->x[d * p->stride + i], slope = p->slope[d * p->stride + i];
        if (p->axes[d].choices)
            at[d] = draw_choice(p, d, x, rng);
        else if (slope > 0)
            at[d] = draw_inside(rng, (double)x, (double)(ROOT_HALF / slope));
        else
            at[d] = fid_rng_uniform(rng);
    }
}
