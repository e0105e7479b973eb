#include "scheduler/blindness.h"

#include "scheduler/census.h"

#include <math.h>

/* Belief before anything has finished. */
#define PRIOR 0.3

void fid__finished_add(fid__finished *f, uint64_t trial, double loss)
{
    size_t at = f->n++ % FID__FINISHED;
    f->trial[at] = trial;
    f->loss[at] = loss;
}

/* The loss at the last report up to `step`. */
static double loss_by(const fid_history *history, uint64_t trial, double step)
{
    const fid_trial *t = fid_history_trial(history, trial);
    size_t low = 0, high = t->n_reports;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->steps[middle] <= step)
            low = middle + 1;
        else
            high = middle;
    }
    ptrdiff_t last = fid__last_given(history, t, low);
    double loss = last < 0 ? HUGE_VAL
                           : fid_history_loss_at(history, trial, (size_t)last, 0);
    return isfinite(loss) ? loss : HUGE_VAL;
}

static int sign(double a, double b)
{
    return (a > b) - (a < b);
}

/* Kendall's tau b. */
static double agreement(const double *x, const double *y, size_t n)
{
    double both = 0, in_x = 0, in_y = 0;
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            int a = sign(x[i], x[j]), b = sign(y[i], y[j]);
            both += a * b;
            in_x += a * a;
            in_y += b * b;
        }
    return in_x > 0 && in_y > 0 ? both / sqrt(in_x * in_y) : 0;
}

/* How well tau agrees with a correlation t: the arctanh of tau is about normal with
 * variance 0.437 / (n - 4) (Fieller, Hartley, Pearson, Biometrika 44, 1957). */
static double likelihood(double tau, double t, size_t n)
{
    double z = atanh(fmin(fmax(tau, -0.99), 0.99)) - atanh(t);
    return exp(-z * z * ((double)n - 4) / (2 * 0.437));
}

double fid__blindness(const fid__finished *f, const fid_history *history, double step)
{
    enum { PARTS = 10 }; /* of (0, 1), where a true correlation may be */
    size_t n = f->n < FID__FINISHED ? f->n : FID__FINISHED;
    if (n <= 4)
        return PRIOR;
    double early[FID__FINISHED], sees = 0;
    for (size_t i = 0; i < n; i++)
        early[i] = loss_by(history, f->trial[i], step);
    double tau = agreement(early, f->loss, n);
    for (size_t k = 0; k < PARTS; k++)
        sees += likelihood(tau, ((double)k + 0.5) / PARTS, n) / PARTS;
    double blind = PRIOR * likelihood(tau, 0, n);
    return blind / (blind + (1 - PRIOR) * sees);
}
