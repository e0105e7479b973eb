#include <fidelio/optim.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

fid_status fid_lbfgs_init(fid_lbfgs *s, size_t n)
{
    memset(s, 0, sizeof *s);
    s->n = n;
    s->block = fid_alloc(n + 1, (7 + 2 * FID_LBFGS_MEMORY) * sizeof(double));
    if (!s->block)
        return FID_NOMEM;
    double **part[] = {&s->lo,    &s->hi,  &s->x,    &s->g,
                       &s->trial, &s->dir, &s->best, &s->s};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++)
        *part[k] = s->block + k * n;
    s->y = s->s + FID_LBFGS_MEMORY * n;
    return FID_OK;
}

void fid_lbfgs_deinit(fid_lbfgs *s)
{
    free(s->block);
    s->block = NULL;
}

static double clamp(const fid_lbfgs *s, size_t i, double x)
{
    return x < s->lo[i] ? s->lo[i] : x > s->hi[i] ? s->hi[i] : x;
}

void fid_lbfgs_start(fid_lbfgs *s, const fid_lbfgs_options *options, const double *x0,
                     const double *lo, const double *hi)
{
    s->options = *options;
    s->outcome = FID_LBFGS_RUNNING;
    s->best_f = s->f = HUGE_VAL;
    s->n_iter = s->n_eval = s->n_pairs = s->newest = s->n_backtrack = 0;
    for (size_t i = 0; i < s->n; i++) {
        s->lo[i] = lo ? lo[i] : -HUGE_VAL;
        s->hi[i] = hi ? hi[i] : HUGE_VAL;
        s->trial[i] = s->best[i] = clamp(s, i, x0[i]);
    }
}

const double *fid_lbfgs_x(const fid_lbfgs *s)
{
    return s->trial;
}

const double *fid_lbfgs_best(const fid_lbfgs *s)
{
    return s->best;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static bool is_free(const fid_lbfgs *s, size_t i)
{
    return !(s->x[i] <= s->lo[i] && s->g[i] > 0) &&
           !(s->x[i] >= s->hi[i] && s->g[i] < 0);
}

static double projected_gradient(const fid_lbfgs *s)
{
    double most = 0;
    for (size_t i = 0; i < s->n; i++)
        most = fmax(most, is_free(s, i) ? fabs(s->g[i]) : 0);
    return most;
}

/* Two-loop recursion; `dir` <- -H g on the free variables. */
static void quasi_newton(fid_lbfgs *s)
{
    double a[FID_LBFGS_MEMORY];
    size_t n = s->n;
    for (size_t i = 0; i < n; i++)
        s->dir[i] = is_free(s, i) ? -s->g[i] : 0;
    for (size_t k = 0; k < s->n_pairs; k++) {
        size_t p = (s->newest + FID_LBFGS_MEMORY - k) % FID_LBFGS_MEMORY;
        a[p] = s->rho[p] * dot(s->s + p * n, s->dir, n);
        for (size_t i = 0; i < n; i++)
            s->dir[i] -= a[p] * s->y[p * n + i];
    }
    if (s->n_pairs > 0) {
        const double *y = s->y + s->newest * n;
        double scale = 1 / (s->rho[s->newest] * dot(y, y, n));
        for (size_t i = 0; i < n; i++)
            s->dir[i] *= scale;
    }
    for (size_t k = s->n_pairs; k-- > 0;) {
        size_t p = (s->newest + FID_LBFGS_MEMORY - k) % FID_LBFGS_MEMORY;
        double b = s->rho[p] * dot(s->y + p * n, s->dir, n);
        for (size_t i = 0; i < n; i++)
            s->dir[i] += (a[p] - b) * s->s[p * n + i];
    }
    for (size_t i = 0; i < n; i++)
        if (!is_free(s, i))
            s->dir[i] = 0;
}

/* Set the trial point at the present step along dir. */
static void propose(fid_lbfgs *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->trial[i] = clamp(s, i, s->x[i] + s->step * s->dir[i]);
}

/* A new direction and its first step; false when there is no descent. */
static bool new_direction(fid_lbfgs *s)
{
    quasi_newton(s);
    s->slope = dot(s->dir, s->g, s->n);
    if (!(s->slope < 0) && s->n_pairs > 0) {
        s->n_pairs = 0;
        quasi_newton(s);
        s->slope = dot(s->dir, s->g, s->n);
    }
    double longest = 0;
    for (size_t i = 0; i < s->n; i++)
        longest = fmax(longest, fabs(s->dir[i]));
    if (!(s->slope < 0) || !isfinite(longest))
        return false;
    s->step = s->n_pairs > 0 ? 1 : s->options.first_step / longest;
    if (s->options.max_step > 0)
        s->step = fmin(s->step, s->options.max_step / longest);
    s->n_backtrack = 0;
    propose(s);
    return true;
}

static void remember_pair(fid_lbfgs *s, const double *g)
{
    size_t n = s->n, p = (s->newest + 1) % FID_LBFGS_MEMORY;
    double *ds = s->s + p * n, *dy = s->y + p * n;
    for (size_t i = 0; i < n; i++) {
        ds[i] = s->trial[i] - s->x[i];
        dy[i] = g[i] - s->g[i];
    }
    double sy = dot(ds, dy, n), yy = dot(dy, dy, n);
    if (!(sy > 1e-10 * yy) || !(yy > 0))
        return;
    s->rho[p] = 1 / sy;
    s->newest = p;
    if (s->n_pairs < FID_LBFGS_MEMORY)
        s->n_pairs++;
}

static bool finish(fid_lbfgs *s, fid_lbfgs_outcome outcome)
{
    s->outcome = outcome;
    return false;
}

/* The trial point is worse than the line search allows: shorten the step to the minimum
 * of the parabola through both values and the slope, within [0.1, 0.5]. */
static bool backtrack(fid_lbfgs *s, double f)
{
    if (++s->n_backtrack > 12) {
        if (s->n_pairs == 0)
            return finish(s, FID_LBFGS_STUCK);
        s->n_pairs = 0;
        return new_direction(s) || finish(s, FID_LBFGS_STUCK);
    }
    double slope = s->slope * s->step, ratio = 0.25;
    if (isfinite(f))
        ratio = -0.5 * slope / (f - s->f - slope);
    s->step *= ratio > 0.5 ? 0.5 : ratio > 0.1 ? ratio : 0.1;
    propose(s);
    return true;
}

bool fid_lbfgs_tell(fid_lbfgs *s, double f, const double *g)
{
    s->n_eval++;
    bool first = s->n_eval == 1;
    if (!isfinite(f))
        f = HUGE_VAL;
    if (f < s->best_f) {
        s->best_f = f;
        memcpy(s->best, s->trial, s->n * sizeof *s->best);
    }
    if (first && !isfinite(f))
        return finish(s, FID_LBFGS_STUCK);
    double before = s->f, expected = 0;
    if (!first) {
        for (size_t i = 0; i < s->n; i++)
            expected += s->g[i] * (s->trial[i] - s->x[i]);
        if (!(f <= s->f + 1e-4 * expected)) {
            if (s->n_eval >= s->options.max_eval)
                return finish(s, FID_LBFGS_LIMIT);
            return backtrack(s, f);
        }
        remember_pair(s, g);
        s->n_iter++;
    }
    memcpy(s->x, s->trial, s->n * sizeof *s->x);
    memcpy(s->g, g, s->n * sizeof *s->g);
    s->f = f;
    if (projected_gradient(s) <= s->options.gtol)
        return finish(s, FID_LBFGS_CONVERGED);
    if (!first && before - f <= s->options.ftol * fmax(fabs(f), 1))
        return finish(s, FID_LBFGS_CONVERGED);
    if (s->n_iter >= s->options.max_iter || s->n_eval >= s->options.max_eval)
        return finish(s, FID_LBFGS_LIMIT);
    return new_direction(s) || finish(s, FID_LBFGS_STUCK);
}

double fid_minimize(fid_lbfgs *s, const fid_lbfgs_options *options, fid_objective *f,
                    void *ctx, double *x, const double *lo, const double *hi)
{
    fid_lbfgs_start(s, options, x, lo, hi);
    /* `x` has served as the start: it is free to hold gradients. */
    double value;
    do
        value = f(ctx, fid_lbfgs_x(s), x);
    while (fid_lbfgs_tell(s, value, x));
    memcpy(x, s->best, s->n * sizeof *x);
    return s->best_f;
}
