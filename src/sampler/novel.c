#include "sampler/novel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR = 100, ANYWHERE = 100 };
static const double ENUMERABLE = 1 << 20;

typedef struct {
    const fid_space *space;
    const fid_history *history;
    const fid_dim *dims;
    size_t dim;
    size_t *order;    /* dimensions, parents before children */
    uint64_t *offset; /* level to begin with, so that the order has no bias */
    bool *active;
    double *u;
} search;

static bool is_new(const fid_history *history, const double *u)
{
    return !fid_history_find_point(history, u, NULL);
}

/* Change one active coordinate of u: another level, or a normal step of 0.1. */
static void step(const fid_space *space, fid_rng *rng, const bool *active, double *u)
{
    const fid_dim *dims = fid_space_dims(space);
    size_t dim = fid_space_dim(space), n_active = 0;
    for (size_t d = 0; d < dim; d++)
        n_active += active[d];
    if (n_active == 0)
        return;
    uint64_t pick = fid_rng_below(rng, n_active);
    size_t d = 0;
    while (!active[d] || pick-- > 0)
        d++;
    if (dims[d].levels > 0) {
        uint64_t level = fid_space_level(space, d, u[d]);
        uint64_t other = fid_rng_below(rng, dims[d].levels - 1);
        u[d] = fid_space_level_u(space, d, other + (other >= level));
    } else {
        u[d] += 0.1 * fid_rng_normal(rng);
    }
    fid_space_snap(space, u);
}

static bool find_near(search *s, fid_rng *rng, const double *from)
{
    fid_space_activity(s->space, from, s->active);
    for (int i = 0; i < NEAR; i++) {
        memcpy(s->u, from, s->dim * sizeof *s->u);
        step(s->space, rng, s->active, s->u);
        if (is_new(s->history, s->u) && fid_space_is_legal(s->space, s->u))
            return true;
    }
    return false;
}

static bool find_anywhere(search *s, fid_rng *rng)
{
    for (int i = 0; i < ANYWHERE; i++) {
        fid_space_sample(s->space, rng, false, s->u);
        if (is_new(s->history, s->u))
            return true;
    }
    return false;
}

static void order_parents_first(search *s)
{
    bool *placed = s->active; /* free for now */
    memset(placed, 0, s->dim * sizeof *placed);
    for (size_t n = 0; n < s->dim;) {
        size_t before = n;
        for (size_t d = 0; d < s->dim; d++) {
            bool ready = !placed[d];
            for (size_t p = 0; ready && p < s->dims[d].n_parents; p++)
                ready = placed[s->dims[d].parents[p]];
            if (ready) {
                placed[d] = true;
                s->order[n++] = d;
            }
        }
        assert(n > before); /* a frozen space has no cycles */
        (void)before;
    }
}

/* Depth first over the canonical points; true as soon as a legal new one stands in u.
 */
static bool find_left(search *s, size_t depth)
{
    if (depth == s->dim)
        return is_new(s->history, s->u) && fid_space_is_legal(s->space, s->u);
    size_t d = s->order[depth];
    fid_space_activity(s->space, s->u, s->active);
    if (!s->active[d]) {
        s->u[d] = 0.5;
        return find_left(s, depth + 1);
    }
    uint64_t levels = s->dims[d].levels;
    for (uint64_t k = 0; k < levels; k++) {
        s->u[d] = fid_space_level_u(s->space, d, (k + s->offset[d]) % levels);
        if (find_left(s, depth + 1))
            return true;
    }
    return false;
}

static bool enumerate(search *s, fid_rng *rng)
{
    order_parents_first(s);
    for (size_t d = 0; d < s->dim; d++) {
        s->offset[d] = fid_rng_below(rng, s->dims[d].levels);
        s->u[d] = 0.5;
    }
    return find_left(s, 0);
}

static fid_status look(search *s, fid_rng *rng, double *u)
{
    double cardinality = fid_space_cardinality(s->space);
    bool enumerable = cardinality <= ENUMERABLE;
    bool crowded = enumerable &&
                   (double)fid_history_n_trials(s->history) >= 0.9 * cardinality;
    bool found = !crowded && (find_near(s, rng, u) || find_anywhere(s, rng));
    if (!found && enumerable) {
        if (!enumerate(s, rng))
            return FID_EXHAUSTED;
        found = true;
    }
    if (found)
        memcpy(u, s->u, s->dim * sizeof *u);
    return FID_OK;
}

fid_status fid__novel(const fid_space *space, const fid_history *history, fid_rng *rng,
                      double *u)
{
    if (is_new(history, u))
        return FID_OK;
    size_t dim = fid_space_dim(space);
    search s = {
        .space = space,
        .history = history,
        .dims = fid_space_dims(space),
        .dim = dim,
        .order = fid_alloc(dim, sizeof *s.order),
        .offset = fid_alloc(dim, sizeof *s.offset),
        .active = fid_alloc(dim, sizeof *s.active),
        .u = fid_alloc(dim, sizeof *s.u),
    };
    fid_status status = FID_NOMEM;
    if (s.order && s.offset && s.active && s.u)
        status = look(&s, rng, u);
    free(s.order);
    free(s.offset);
    free(s.active);
    free(s.u);
    return status;
}
