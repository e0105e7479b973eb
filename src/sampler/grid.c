/* All combinations of the levels of all dimensions, in an order whose every prefix is
 * spread out: the grid point next to a Sobol point while that is new, else the next one
 * of a random permutation that is never stored (a Feistel network, walked in cycles).
 */
#include <fidelio/sampler.h>

#include "sampler/why.h"

enum { DEFAULT_POINTS = 5, SOBOL_TRIES = 8, ROUNDS = 6 };
static const uint64_t TOO_MANY = UINT64_C(1) << 62;

typedef struct {
    const fid_space *space;
    uint64_t seed;
    uint64_t points; /* per continuous dimension */
    uint64_t size;   /* of the grid, capped at TOO_MANY */
    int half_bits;   /* the permutation works on 2 * half_bits bits */
    uint64_t cursor; /* a cache: every point of the permutation below it is illegal or
                        proposed */
} grid_state;

static uint64_t levels_of(const grid_state *g, const fid_dim *dim)
{
    return dim->levels ? dim->levels : g->points;
}

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    (void)outline, (void)err;
    grid_state *g = state;
    *g = (grid_state){.space = space, .seed = options->seed, .size = 1};
    g->points = options->grid_points ? options->grid_points : DEFAULT_POINTS;
    for (size_t d = 0; d < fid_space_dim(space); d++) {
        uint64_t levels = levels_of(g, &fid_space_dims(space)[d]);
        g->size = levels > TOO_MANY / g->size ? TOO_MANY : g->size * levels;
    }
    g->half_bits = 1;
    while (UINT64_C(1) << 2 * g->half_bits < g->size)
        g->half_bits++;
    return FID_OK;
}

static uint64_t round_function(const grid_state *g, int round, uint64_t half)
{
    fid_rng rng = fid_rng_stream(g->seed ^ (uint64_t)round << 56, FID_RNG_DESIGN, half);
    return fid_rng_u64(&rng);
}

/* A bijection of 0..size-1. The domain is at most four times as large as the grid, so
 * the walk takes four steps on average. */
static uint64_t permuted(const grid_state *g, uint64_t index)
{
    uint64_t mask = (UINT64_C(1) << g->half_bits) - 1;
    do {
        uint64_t left = index >> g->half_bits, right = index & mask;
        for (int round = 0; round < ROUNDS; round++) {
            uint64_t next = left ^ (round_function(g, round, right) & mask);
            left = right;
            right = next;
        }
        index = left << g->half_bits | right;
    } while (index >= g->size);
    return index;
}

static double coordinate(const grid_state *g, size_t d, uint64_t level)
{
    if (fid_space_dims(g->space)[d].levels)
        return fid_space_level_u(g->space, d, level);
    return ((double)level + 0.5) / (double)g->points;
}

static void point_of(const grid_state *g, uint64_t rest, double *u)
{
    for (size_t d = 0; d < fid_space_dim(g->space); d++) {
        uint64_t levels = levels_of(g, &fid_space_dims(g->space)[d]);
        u[d] = coordinate(g, d, rest % levels);
        rest /= levels;
    }
}

static bool is_left(const grid_state *g, const fid_history *history, const double *u)
{
    return fid_space_is_legal(g->space, u) && !fid_history_find_point(history, u, NULL);
}

static bool near_sobol(const grid_state *g, const fid_history *history, double *u)
{
    uint64_t n = fid_history_n_trials(history);
    for (uint64_t i = 0; i < SOBOL_TRIES; i++) {
        fid_sobol_point(g->seed + i, n, fid_space_dim(g->space), u);
        for (size_t d = 0; d < fid_space_dim(g->space); d++) {
            if (fid_space_dims(g->space)[d].levels == 0)
                u[d] = coordinate(g, d, (uint64_t)(u[d] * (double)g->points));
        }
        fid_space_snap(g->space, u);
        if (is_left(g, history, u))
            return true;
    }
    return false;
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    (void)rng;
    grid_state *g = state;
    *why = fid__why("grid");
    if (near_sobol(g, history, u))
        return FID_OK;
    for (; g->cursor < g->size; g->cursor++) {
        point_of(g, permuted(g, g->cursor), u);
        fid_space_snap(g->space, u);
        if (is_left(g, history, u))
            return FID_OK;
    }
    return FID_EXHAUSTED;
}

const fid_sampler_type fid_sampler_grid = {
    .name = "grid",
    .summary = "every combination once, in an order that is spread out from the start",
    .state_size = sizeof(grid_state),
    .init = init,
    .suggest = suggest,
};
