#include <fidelio/history.h>

#include <math.h>

/* Powers and logarithms of eta are exact only to rounding: 243 = 3^5 must count as five
 * steps, 81 * 3^-4 as one. */
#define SLACK 1e-9

/* max / eta^k, a whole number where budgets are, never below min. */
static double rung_budget(const fid_fidelity *fidelity, size_t k)
{
    double r = fidelity->max * pow(fidelity->eta, -(double)k);
    if (fidelity->integer)
        r = fmax(round(r), ceil(fidelity->min));
    return fmin(fmax(r, fidelity->min), fidelity->max);
}

size_t fid_ladder(const fid_fidelity *fidelity, double *rungs, size_t cap)
{
    enum { MOST_STEPS = 1000000 }; /* eta a hair above 1 */
    size_t steps = 0;
    if (fidelity->mode != FID_MODE_NONE && fidelity->min > 0 && fidelity->eta > 1 &&
        fidelity->max > fidelity->min) {
        double n =
            floor(log(fidelity->max / fidelity->min) / log(fidelity->eta) + SLACK);
        steps = n < MOST_STEPS ? (size_t)n : MOST_STEPS;
    }
    size_t n = 0;
    double last = -(double)INFINITY;
    for (size_t k = steps + 1; k-- > 0;) {
        double r = k ? rung_budget(fidelity, k) : fidelity->max;
        if (r <= last)
            continue;
        if (n < cap)
            rungs[n] = r;
        last = r;
        n++;
    }
    return n;
}
