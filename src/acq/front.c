/* Boxes of the region that no point of a front dominates, and the expected improvement of
 * the dominated volume as a sum over them. */
#include <fidelio/acq.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Many boxes share their sides: an interval of one objective is kept once. */
typedef struct {
    double low, high; /* low = -HUGE_VAL: no end */
    /* log E[(high - y)+ - (low - y)+] of the point in question, and its derivatives */
    double length, d_mean, d_sd;
} interval;

typedef struct {
    double low[FID_MAX_OBJECTIVES], high[FID_MAX_OBJECTIVES];
    size_t side[FID_MAX_OBJECTIVES]; /* index into sides */
} box;

struct fid_front {
    size_t m, n_boxes, cap;
    box *boxes;
    interval *sides[FID_MAX_OBJECTIVES];
    size_t n_sides[FID_MAX_OBJECTIVES];
    double *term;        /* [n_boxes] */
    double hypervolume;
};

void fid_front_destroy(fid_front *front)
{
    if (!front)
        return;
    for (size_t j = 0; j < front->m; j++)
        free(front->sides[j]);
    free(front->boxes);
    free(front->term);
    free(front);
}

static bool exceeds(const box *b, const double *point, size_t m)
{
    for (size_t j = 0; j < m; j++)
        if (!(b->high[j] > point[j]))
            return false;
    return true;
}

/* Append the parts of `b` that `point` does not dominate: in part j objective j is below
 * the point's and those before it are above. */
static void cut(fid_front *f, box b, const double *point)
{
    for (size_t j = 0; j < f->m; j++) {
        box part = b;
        part.high[j] = fmin(part.high[j], point[j]);
        if (part.low[j] < part.high[j])
            f->boxes[f->n_boxes++] = part;
        b.low[j] = fmax(b.low[j], point[j]);
    }
}

static fid_status take_away(fid_front *f, const double *point)
{
    if (f->cap < f->n_boxes * f->m) {
        box *grown = fid_grow(f->boxes, &f->cap, f->n_boxes * f->m, sizeof *grown);
        if (!grown)
            return FID_NOMEM;
        f->boxes = grown;
    }
    size_t n = f->n_boxes;
    for (size_t k = 0; k < n;) {
        if (!exceeds(f->boxes + k, point, f->m)) {
            k++;
            continue;
        }
        box hit = f->boxes[k];
        f->boxes[k] = f->boxes[--n];
        f->boxes[n] = f->boxes[--f->n_boxes];
        cut(f, hit, point);
    }
    return FID_OK;
}

/* The volume of all below the reference, from the least of each objective on, less that
 * of the boxes. */
static double dominated(const fid_front *f, const double *points, size_t n,
                        const double *ref)
{
    double ideal[FID_MAX_OBJECTIVES], all = 1, rest = 0;
    for (size_t j = 0; j < f->m; j++) {
        ideal[j] = ref[j];
        for (size_t i = 0; i < n; i++)
            ideal[j] = fmin(ideal[j], points[i * f->m + j]);
        all *= ref[j] - ideal[j];
    }
    for (size_t k = 0; k < f->n_boxes; k++) {
        double volume = 1;
        for (size_t j = 0; j < f->m; j++)
            volume *= fmax(0, f->boxes[k].high[j] - fmax(f->boxes[k].low[j], ideal[j]));
        rest += volume;
    }
    return fmax(0, all - rest);
}

static size_t find_side(fid_front *f, size_t j, double low, double high)
{
    interval *sides = f->sides[j];
    for (size_t k = 0; k < f->n_sides[j]; k++)
        if (sides[k].low == low && sides[k].high == high)
            return k;
    sides[f->n_sides[j]] = (interval){.low = low, .high = high};
    return f->n_sides[j]++;
}

static fid_status collect_sides(fid_front *f)
{
    f->term = fid_alloc(f->n_boxes, sizeof *f->term);
    if (!f->term)
        return FID_NOMEM;
    for (size_t j = 0; j < f->m; j++) {
        f->sides[j] = fid_alloc(f->n_boxes, sizeof *f->sides[j]);
        if (!f->sides[j])
            return FID_NOMEM;
        for (size_t k = 0; k < f->n_boxes; k++)
            f->boxes[k].side[j] = find_side(f, j, f->boxes[k].low[j], f->boxes[k].high[j]);
    }
    return FID_OK;
}

static fid_status fill(fid_front *f, const double *points, size_t n, const double *ref)
{
    f->boxes = fid_grow(NULL, &f->cap, 16, sizeof *f->boxes);
    if (!f->boxes)
        return FID_NOMEM;
    for (size_t j = 0; j < f->m; j++) {
        f->boxes[0].low[j] = -HUGE_VAL;
        f->boxes[0].high[j] = ref[j];
    }
    f->n_boxes = 1;
    for (size_t i = 0; i < n; i++)
        FID_TRY(take_away(f, points + i * f->m));
    f->hypervolume = dominated(f, points, n, ref);
    return collect_sides(f);
}

fid_status fid_front_create(fid_front **out, const double *points, size_t n, size_t m,
                            const double *ref)
{
    fid_front *f = fid_alloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return FID_NOMEM;
    f->m = m;
    fid_status status = fill(f, points, n, ref);
    if (status != FID_OK) {
        fid_front_destroy(f);
        return status;
    }
    *out = f;
    return FID_OK;
}

size_t fid_front_n_boxes(const fid_front *front)
{
    return front->n_boxes;
}

double fid_front_hypervolume(const fid_front *front)
{
    return front->hypervolume;
}

/* With e(c) = E[(c - y)+]: log(e(high) - e(low)). */
static void measure(interval *side, double mean, double sd)
{
    double high_mean, high_sd, low_mean, low_sd;
    double high = fid_log_ei(mean, sd, side->high, &high_mean, &high_sd);
    side->length = high;
    side->d_mean = high_mean;
    side->d_sd = high_sd;
    if (side->low == -HUGE_VAL)
        return;
    double low = fid_log_ei(mean, sd, side->low, &low_mean, &low_sd);
    double share = exp(low - high), rest = -expm1(low - high);
    if (!(rest > 0))
        rest = 0x1p-52; /* a box too thin to tell */
    side->length = high + log(rest);
    side->d_mean = (high_mean - share * low_mean) / rest;
    side->d_sd = (high_sd - share * low_sd) / rest;
}

double fid_log_ehvi(fid_front *f, const double *mean, const double *sd, double *d_mean,
                    double *d_sd)
{
    double most = -HUGE_VAL, sum = 0;
    for (size_t j = 0; j < f->m; j++)
        for (size_t k = 0; k < f->n_sides[j]; k++)
            measure(f->sides[j] + k, mean[j], sd[j]);
    for (size_t k = 0; k < f->n_boxes; k++) {
        f->term[k] = 0;
        for (size_t j = 0; j < f->m; j++)
            f->term[k] += f->sides[j][f->boxes[k].side[j]].length;
        most = fmax(most, f->term[k]);
    }
    for (size_t j = 0; d_mean && j < f->m; j++)
        d_mean[j] = d_sd[j] = 0;
    for (size_t k = 0; k < f->n_boxes; k++) {
        double share = exp(f->term[k] - most);
        sum += share;
        for (size_t j = 0; d_mean && j < f->m; j++) {
            const interval *side = f->sides[j] + f->boxes[k].side[j];
            d_mean[j] += share * side->d_mean;
            d_sd[j] += share * side->d_sd;
        }
    }
    for (size_t j = 0; d_mean && j < f->m; j++) {
        d_mean[j] /= sum;
        d_sd[j] /= sum;
    }
    return most + log(sum);
}
