/* Finding legal points where rejection does not: a walk that lowers the distance to
 * legality (expr_eval.c), one coordinate at a time. */
#include "space/model.h"

#include <math.h>
#include <string.h>

/* Another coordinate: anywhere, a neighbouring cell, or a step of some size. */
static double propose(const fid_dim *dim, fid_rng *rng, double x)
{
    double p = fid_rng_uniform(rng);
    if (p < 0.4)
        return fid_rng_uniform(rng);
    double sign = fid_rng_uniform(rng) < 0.5 ? -1 : 1;
    if (dim->levels && p < 0.7)
        return x + sign / (double)dim->levels;
    return x + sign * pow(10, -6 * fid_rng_uniform(rng));
}

static void copy(double *to, const double *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

bool fid__search_legal(const fid_space *space, fid_rng *rng, const bool *held,
                       size_t steps, double *u)
{
    double next[FID__MAX_PARAMS];
    double miss = fid__point_miss(space, u);
    for (size_t s = 0; s < steps && miss > 0 && space->n_levers; s++) {
        size_t d = space->levers[fid_rng_below(rng, space->n_levers)];
        if (held && held[d])
            continue;
        copy(next, u, space->dim);
        next[d] = propose(&space->dims[d], rng, u[d]);
        fid_space_snap(space, next);
        double there = fid__point_miss(space, next);
        if (there > miss)
            continue;
        miss = there;
        copy(u, next, space->dim);
    }
    return !(miss > 0);
}

/* Coordinate d as near to `wish` as the point stays legal: the wish itself, else the
 * farthest of some bisections (not for choices, where nearness means nothing). */
static void approach(const fid_space *space, size_t d, double wish, double *u)
{
    enum { HALVINGS = 30 };
    double next[FID__MAX_PARAMS], from = u[d], to = wish;
    for (int i = 0; i <= HALVINGS; i++) {
        copy(next, u, space->dim);
        next[d] = i ? from + (to - from) / 2 : wish;
        double tried = next[d];
        fid_space_snap(space, next);
        if (fid_space_is_legal(space, next)) {
            from = tried;
            copy(u, next, space->dim);
        } else {
            to = tried;
        }
        if ((i == 0 && from == wish) || !space->dims[d].ordered)
            return;
    }
}

void fid__search_near(const fid_space *space, const double *wish, double *u)
{
    for (size_t d = 0; d < space->dim; d++)
        if (u[d] != wish[d])
            approach(space, d, wish[d], u);
}

void fid_space_repair(const fid_space *space, fid_rng *rng, double *u)
{
    enum { STEPS = 300 };
    double wish[FID__MAX_PARAMS];
    fid_space_snap(space, u);
    if (fid_space_is_legal(space, u))
        return;
    copy(wish, u, space->dim);
    if (!fid__search_legal(space, rng, NULL, STEPS, u))
        copy(u, space->legal, space->dim);
    fid__search_near(space, wish, u);
}
