#include <fidelio/gp.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

double fid_yeo_johnson(double x, double lambda)
{
    if (x >= 0)
        return fabs(lambda) < 1e-12 ? log1p(x) : expm1(lambda * log1p(x)) / lambda;
    double rest = 2 - lambda;
    return fabs(rest) < 1e-12 ? -log1p(-x) : -expm1(rest * log1p(-x)) / rest;
}

/* Negative profile log likelihood. */
static double yeo_johnson_cost(const double *x, size_t n, double lambda)
{
    double mean = 0, jacobian = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        mean += fid_yeo_johnson(x[i], lambda) / (double)n;
        jacobian += copysign(log1p(fabs(x[i])), x[i]);
    }
    for (size_t i = 0; i < n; i++) {
        double off = fid_yeo_johnson(x[i], lambda) - mean;
        square += off * off / (double)n;
    }
    return 0.5 * (double)n * log(square) - (lambda - 1) * jacobian;
}

/* The likelihood has one maximum in practice: golden section. */
double fid_yeo_johnson_fit(const double *x, size_t n)
{
    const double golden = 0.61803398874989484820;
    double low = -4, high = 4, a = high - golden * (high - low);
    double b = low + golden * (high - low);
    double fa = yeo_johnson_cost(x, n, a), fb = yeo_johnson_cost(x, n, b);
    while (high - low > 1e-8) {
        if (fa <= fb || isnan(fb)) {
            high = b;
            b = a, fb = fa;
            a = high - golden * (high - low);
            fa = yeo_johnson_cost(x, n, a);
        } else {
            low = a;
            a = b, fa = fb;
            b = low + golden * (high - low);
            fb = yeo_johnson_cost(x, n, b);
        }
    }
    return 0.5 * (low + high);
}

double fid_standardise(double *z, size_t n)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        mean += z[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (z[i] - mean) * (z[i] - mean) / (double)n;
    double sd = sqrt(square);
    for (size_t i = 0; i < n; i++)
        z[i] = sd > 0 ? (z[i] - mean) / sd : 0;
    return sd;
}

/* Scale by a power of two so that the largest magnitude is about 1, then centre on the
 * best value, which keeps its digits and those of the ones near it, and stretch: squares
 * neither overflow nor vanish. */
static void tame(const double *y, size_t n, double *z)
{
    double best = y[0];
    for (size_t i = 1; i < n; i++)
        best = fmin(best, y[i]);
    for (int pass = 0; pass < 2; pass++) {
        double most = 0;
        for (size_t i = 0; i < n; i++)
            most = fmax(most, fabs(pass == 0 ? y[i] : z[i]));
        int exponent = 0;
        if (most > 0)
            frexp(most, &exponent);
        double centre = pass == 0 ? ldexp(best, -exponent) : 0;
        for (size_t i = 0; i < n; i++)
            z[i] = ldexp(pass == 0 ? y[i] : z[i], -exponent) - centre;
    }
}

/* Root mean square of the values up to the median from it, whatever their size. */
static double better_spread(const fid_ranked *order, size_t n, size_t *n_good)
{
    double median = order[(n - 1) / 2].value, most = median - order[0].value, square = 0;
    *n_good = 0;
    for (size_t k = 0; k < n && order[k].value <= median; k++, ++*n_good)
        if (most > 0)
            square += pow((order[k].value - median) / most, 2);
    return most * sqrt(square / (double)*n_good);
}

/* Vizier's half-rank: the better half keeps its values (in units of its spread); the k-th
 * of the worse gets the normal quantile of its rank. Ties share the mean of their ranks.
 * `full` ranks everything. */
static void by_rank(const fid_ranked *order, size_t n, bool full, double *z)
{
    size_t n_good;
    double median = order[(n - 1) / 2].value, spread = better_spread(order, n, &n_good);
    for (size_t k = 0; k < n;) {
        size_t end = k + 1;
        while (end < n && order[end].value == order[k].value)
            end++;
        double rank = 0.5 * (double)(k + end), to = 0;
        if (full)
            to = fid_normal_quantile(rank / (double)n);
        else if (order[k].value > median)
            to = fid_normal_quantile(0.5 +
                                     0.5 * (rank - (double)n_good) / (double)(n - n_good));
        else if (spread > 0)
            to = (order[k].value - median) / spread;
        for (; k < end; k++)
            z[order[k].index] = to;
    }
}

static double quantile(const fid_ranked *order, size_t n, double q)
{
    return order[(size_t)(q * (double)(n - 1))].value;
}

/* Values that lie farther above the median than three times as far as the best lies below
 * it approach four times: the losses of diverged training may reach 1e30, and a scale that
 * is theirs hides all the rest. Keeps the order. */
static void tame_tail(fid_ranked *order, size_t n)
{
    double best = order[0].value;
    size_t middle = (n - 1) / 2;
    while (middle + 1 < n && order[middle].value <= best)
        middle++;
    double spread = order[middle].value - best, most = order[middle].value + 3 * spread;
    for (size_t k = middle; k < n && spread > 0; k++) {
        double beyond = order[k].value - most;
        if (beyond > 0)
            order[k].value = most + spread * (beyond / (spread + beyond));
    }
}

fid_status fid_warp_outputs(fid_warp warp, const double *y, size_t n, double *z)
{
    fid_ranked *order = fid_alloc(n, sizeof *order);
    if (!order)
        return FID_NOMEM;
    tame(y, n, z);
    for (size_t i = 0; i < n; i++)
        order[i] = (fid_ranked){z[i], i};
    fid_rank(order, n);
    if (warp == FID_WARP_HALF_RANK || warp == FID_WARP_RANK) {
        by_rank(order, n, warp == FID_WARP_RANK, z);
    } else {
        tame_tail(order, n);
        for (size_t k = 0; k < n; k++)
            z[order[k].index] = order[k].value;
    }
    if (warp == FID_WARP_LOG) {
        double spread = quantile(order, n, 0.75) - quantile(order, n, 0.25);
        double add = 0.1 * (spread > 0 ? spread : order[n - 1].value - order[0].value);
        for (size_t i = 0; i < n && add > 0; i++)
            z[i] = log(z[i] - order[0].value + add);
    }
    (void)fid_standardise(z, n);
    if (warp == FID_WARP_POWER) {
        double lambda = fid_yeo_johnson_fit(z, n);
        for (size_t i = 0; i < n; i++)
            z[i] = fid_yeo_johnson(z[i], lambda);
        (void)fid_standardise(z, n);
    }
    free(order);
    return FID_OK;
}
