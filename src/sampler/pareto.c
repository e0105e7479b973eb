#include "sampler/pareto.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    const double *loss;
    size_t n, m;
    size_t *order;   /* [n] by losses, first objective first, then index */
    size_t *front;   /* [n] the present front */
    bool *taken;     /* [n] in this front or an earlier one */
    double *nearest; /* [n] distance of front[i] to what was chosen */
} pareto;

/* Lexicographic: nobody is dominated by someone later in the order. */
static int compare(const void *a, const void *b, void *ctx)
{
    const pareto *p = ctx;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    for (size_t c = 0; c < p->m; c++) {
        double x = p->loss[i * p->m + c], y = p->loss[j * p->m + c];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (i > j) - (i < j);
}

static bool dominates(const pareto *p, size_t a, size_t b)
{
    bool better = false;
    for (size_t c = 0; c < p->m; c++) {
        double x = p->loss[a * p->m + c], y = p->loss[b * p->m + c];
        if (x > y)
            return false;
        better |= x < y;
    }
    return better;
}

static size_t next_front(pareto *p)
{
    size_t size = 0;
    for (size_t i = 0; i < p->n; i++) {
        size_t candidate = p->order[i];
        bool dominated = p->taken[candidate];
        for (size_t f = 0; f < size && !dominated; f++)
            dominated = dominates(p, p->front[f], candidate);
        if (!dominated)
            p->front[size++] = candidate;
    }
    for (size_t f = 0; f < size; f++)
        p->taken[p->front[f]] = true;
    return size;
}

static double distance(const pareto *p, const double *scale, size_t a, size_t b)
{
    double sum = 0;
    for (size_t c = 0; c < p->m; c++) {
        double t = (p->loss[a * p->m + c] / 2 - p->loss[b * p->m + c] / 2) * scale[c];
        sum += t * t;
    }
    return sum;
}

static void take(pareto *p, size_t size, const double *scale, size_t which)
{
    p->nearest[which] = -1;
    for (size_t f = 0; f < size; f++) {
        double away = distance(p, scale, p->front[f], p->front[which]);
        if (away < p->nearest[f])
            p->nearest[f] = away;
    }
}

/* Choose k of the front; out[k]. */
static void spread(pareto *p, size_t size, size_t k, size_t *out)
{
    double scale[16];
    size_t extreme[16], n = 0;
    for (size_t c = 0; c < p->m; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t f = 0; f < size; f++) {
            double x = p->loss[p->front[f] * p->m + c];
            if (x < low) {
                low = x;
                extreme[c] = f;
            }
            high = fmax(high, x);
        }
        double range = high / 2 - low / 2; /* halves: the difference may overflow */
        scale[c] = range > 1e-300 ? 1 / range : 0;
    }
    for (size_t f = 0; f < size; f++)
        p->nearest[f] = INFINITY;
    for (size_t c = 0; c < p->m && n < k; c++) {
        if (p->nearest[extreme[c]] < 0)
            continue;
        out[n++] = p->front[extreme[c]];
        take(p, size, scale, extreme[c]);
    }
    while (n < k) {
        size_t best = 0;
        for (size_t f = 1; f < size; f++) {
            if (p->nearest[f] > p->nearest[best])
                best = f;
        }
        out[n++] = p->front[best];
        take(p, size, scale, best);
    }
}

static void choose(pareto *p, size_t k, size_t *out)
{
    for (size_t n = 0; n < k;) {
        size_t size = next_front(p);
        if (n + size > k) {
            spread(p, size, k - n, out + n);
            return;
        }
        for (size_t f = 0; f < size; f++)
            out[n++] = p->front[f];
    }
}

static fid_status make(pareto *p, const double *loss, size_t n, size_t m)
{
    *p = (pareto){
        .loss = loss,
        .n = n,
        .m = m,
        .order = fid_alloc(n, sizeof *p->order),
        .front = fid_alloc(n, sizeof *p->front),
        .taken = fid_alloc(n, sizeof *p->taken),
        .nearest = fid_alloc(n, sizeof *p->nearest),
    };
    if (!p->order || !p->front || !p->taken || !p->nearest)
        return FID_NOMEM;
    for (size_t i = 0; i < n; i++)
        p->order[i] = i;
    qsort_r(p->order, n, sizeof *p->order, compare, p);
    return FID_OK;
}

static void destroy(pareto *p)
{
    free(p->order);
    free(p->front);
    free(p->taken);
    free(p->nearest);
}

fid_status fid__pareto_best(const double *loss, size_t n, size_t m, size_t k,
                            size_t *out)
{
    pareto p;
    fid_status status = make(&p, loss, n, m);
    if (status == FID_OK)
        choose(&p, k, out);
    destroy(&p);
    return status;
}

fid_status fid__pareto_front(const double *loss, size_t n, size_t m, size_t *out,
                             size_t *n_front)
{
    pareto p;
    fid_status status = make(&p, loss, n, m);
    *n_front = status == FID_OK ? next_front(&p) : 0;
    for (size_t f = 0; f < *n_front; f++)
        out[f] = p.front[f];
    destroy(&p);
    return status;
}
