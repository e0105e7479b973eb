#include "pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A sampler type has no context of its own, so the present search is a global of this
 * file; a study is a process of its own in the benchmark. */
static struct {
    const fid_sampler_type *inner;
    const bench_pool *pool;
} present;

typedef struct {
    size_t dim;
    bool *used;      /* [pool.n] */
    uint64_t trials; /* of the history that were marked in `used` */
    size_t last;     /* row suggested last: most likely that of the next new trial */
    size_t *left;    /* [n_left] rows that may be unused, for the random search */
    size_t n_left;
    void *inner;
} pool_state;

size_t bench_pool_nearest(const bench_pool *pool, size_t dim, const double *u,
                          const bool *used)
{
    size_t best = SIZE_MAX;
    double least = HUGE_VAL;
    for (size_t row = 0; row < pool->n; row++) {
        const double *point = pool->points + row * dim;
        double sum = 0.0;
        if (used && used[row])
            continue;
        for (size_t i = 0; i < dim && sum < least; i++)
            sum += (u[i] - point[i]) * (u[i] - point[i]);
        if (sum < least) {
            least = sum;
            best = row;
        }
    }
    return best;
}

static fid_status init(void *state, const fid_space *space, const fid_outline *outline,
                       const fid_sampler_options *options, fid_error *err)
{
    pool_state *p = state;
    p->dim = fid_space_dim(space);
    p->used = fid_alloc(present.pool->n, sizeof *p->used);
    p->left = fid_alloc(present.pool->n, sizeof *p->left);
    p->inner = fid_alloc(1, present.inner->state_size);
    if (!p->used || !p->left || !p->inner)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    while (p->n_left < present.pool->n) {
        p->left[p->n_left] = p->n_left;
        p->n_left++;
    }
    return present.inner->init(p->inner, space, outline, options, err);
}

static void observe(void *state, const fid_history *history, const fid_event *event)
{
    pool_state *p = state;
    if (present.inner->observe)
        present.inner->observe(p->inner, history, event);
}

/* Points proposed before are rows (or, from a common design, lie nearest to one). */
static void mark_proposed(pool_state *p, const fid_history *history)
{
    for (; p->trials < fid_history_n_trials(history); p->trials++) {
        const double *point = fid_history_point(history, p->trials);
        const double *last = present.pool->points + p->last * p->dim;
        size_t row = memcmp(point, last, p->dim * sizeof *point) == 0
                         ? p->last
                         : bench_pool_nearest(present.pool, p->dim, point, NULL);
        p->used[row] = true;
    }
}

/* All rows alike, where the nearest to a random point would favour lonely ones. */
static size_t draw_row(pool_state *p, fid_rng *rng)
{
    while (p->n_left > 0) {
        size_t k = (size_t)fid_rng_below(rng, p->n_left), row = p->left[k];
        p->left[k] = p->left[--p->n_left];
        if (!p->used[row])
            return row;
    }
    return SIZE_MAX;
}

static fid_status find_row(pool_state *p, const fid_history *history, fid_rng *rng,
                           double *u, fid_suggestion *why, size_t *row)
{
    if (present.inner == &fid_sampler_random) {
        *why = (fid_suggestion){.model = "random", .mean = (double)NAN, .sd = (double)NAN,
                                .acquisition = (double)NAN};
        *row = draw_row(p, rng);
        return FID_OK;
    }
    FID_TRY(present.inner->suggest(p->inner, history, rng, u, why));
    *row = bench_pool_nearest(present.pool, p->dim, u, p->used);
    return FID_OK;
}

static fid_status suggest(void *state, const fid_history *history, fid_rng *rng,
                          double *u, fid_suggestion *why)
{
    pool_state *p = state;
    mark_proposed(p, history);
    size_t row;
    FID_TRY(find_row(p, history, rng, u, why, &row));
    if (row == SIZE_MAX)
        return FID_EXHAUSTED;
    memcpy(u, present.pool->points + row * p->dim, p->dim * sizeof *u);
    p->last = row;
    return FID_OK;
}

static void deinit(void *state)
{
    pool_state *p = state;
    if (p->inner && present.inner->deinit)
        present.inner->deinit(p->inner);
    free(p->inner);
    free(p->used);
    free(p->left);
    p->inner = NULL;
    p->left = NULL;
    p->used = NULL;
}

fid_status bench_pool_sampler(const fid_sampler_type **out,
                              const fid_sampler_type *inner, const bench_pool *pool,
                              fid_error *err)
{
    static fid_sampler_type type;
    (void)err;
    present.inner = inner;
    present.pool = pool;
    type = (fid_sampler_type){.name = inner->name,
                              .summary = inner->summary,
                              .state_size = sizeof(pool_state),
                              .init = init,
                              .observe = observe,
                              .suggest = suggest,
                              .deinit = deinit};
    *out = &type;
    return FID_OK;
}
