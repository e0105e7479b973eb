#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double bench_mean(const double *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n ? sum / (double)n : (double)NAN;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_quantile(double *x, size_t n, double q)
{
    if (n == 0)
        return (double)NAN;
    qsort(x, n, sizeof *x, ascending);
    double at = q * (double)(n - 1);
    size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
    return x[low] + (at - (double)low) * (x[high] - x[low]);
}

void bench_ranks(const double *x, size_t n, double *ranks)
{
    for (size_t i = 0; i < n; i++) {
        size_t below = 0, equal = 0;
        for (size_t j = 0; j < n; j++) {
            below += x[j] < x[i];
            equal += x[j] == x[i];
        }
        ranks[i] = (double)below + ((double)equal + 1.0) / 2.0;
    }
}

typedef struct {
    double size;
    bool positive;
} difference_size;

static int by_size(const void *a, const void *b)
{
    double x = ((const difference_size *)a)->size,
           y = ((const difference_size *)b)->size;
    return (x > y) - (x < y);
}

/* P(W <= w) for n untied differences: the number of subsets of 1..n by their sum. */
static double exact_p(size_t n, double w)
{
    size_t total = n * (n + 1) / 2;
    double *count = calloc(total + 1, sizeof *count), below = 0.0;
    if (!count)
        return (double)NAN;
    count[0] = 1.0;
    for (size_t k = 1; k <= n; k++)
        for (size_t s = total + 1; s-- > k;)
            count[s] += count[s - k];
    for (size_t s = 0; s <= (size_t)w; s++)
        below += count[s];
    free(count);
    return fmin(1.0, 2.0 * below / ldexp(1.0, (int)n));
}

static double normal_p(double n, double w, double ties)
{
    double mean = n * (n + 1.0) / 4.0;
    double variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    if (!(variance > 0.0))
        return 1.0;
    double z = fmax(0.0, fabs(w - mean) - 0.5) / sqrt(variance);
    return fmin(1.0, erfc(z / sqrt(2.0)));
}

double bench_wilcoxon(const double *difference, size_t n)
{
    difference_size *sizes = malloc((n + 1) * sizeof *sizes);
    size_t m = 0;
    if (!sizes)
        return (double)NAN;
    for (size_t i = 0; i < n; i++)
        if (difference[i] != 0.0 && !isnan(difference[i]))
            sizes[m++] = (difference_size){fabs(difference[i]), difference[i] > 0.0};
    qsort(sizes, m, sizeof *sizes, by_size);
    double plus = 0.0, minus = 0.0, ties = 0.0;
    for (size_t i = 0; i < m;) {
        size_t end = i;
        while (end < m && sizes[end].size == sizes[i].size)
            end++;
        double t = (double)(end - i), rank = (double)(i + 1 + end) / 2.0;
        for (; i < end; i++)
            *(sizes[i].positive ? &plus : &minus) += rank;
        ties += t * t * t - t;
    }
    free(sizes);
    if (m == 0)
        return 1.0;
    double w = fmin(plus, minus);
    return m <= 50 && ties == 0.0 ? exact_p(m, w) : normal_p((double)m, w, ties);
}

void bench_holm(double *p, size_t n)
{
    double floor_p = 0.0;
    bool *done = calloc(n + 1, sizeof *done);
    for (size_t step = 0; done && step < n; step++) {
        size_t least = n;
        for (size_t i = 0; i < n; i++)
            if (!done[i] && (least == n || p[i] < p[least]))
                least = i;
        done[least] = true;
        floor_p = fmax(floor_p, fmin(1.0, p[least] * (double)(n - step)));
        p[least] = floor_p;
    }
    free(done);
}
