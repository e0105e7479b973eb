#include "series.h"

#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *bench_axis_name(bench_axis axis)
{
    static const char *const names[] = {"evaluations", "spent", "seconds"};
    return names[axis];
}

const char *bench_axis_words(bench_axis axis)
{
    static const char *const words[] = {"evaluations", "full-budget equivalents of training",
                                        "share of the virtual time"};
    return words[axis];
}

static double total(const bench_result *r, bench_axis axis)
{
    return axis == BENCH_BY_EVALUATIONS ? (double)r->trace.evaluations
           : axis == BENCH_BY_SPENT     ? r->trace.spent
                                        : r->trace.seconds;
}

/* scale[problem]: what x = 1 is; 1 but for seconds. */
static void set_scales(const bench_table *t, bench_axis axis, double *scale)
{
    for (size_t p = 0; p < t->n_problems; p++)
        scale[p] = axis == BENCH_BY_SECONDS ? HUGE_VAL : 1.0;
    for (size_t i = 0; axis == BENCH_BY_SECONDS && i < t->n_cases * t->n_methods; i++) {
        double *own = &scale[t->case_problem[i / t->n_methods]];
        double seconds = total(t->results[i], axis);
        if (seconds > 0.0)
            *own = fmin(*own, seconds);
    }
}

static double end_of(const bench_table *t, bench_axis axis)
{
    double end = axis == BENCH_BY_SECONDS ? 1.0 : 0.0;
    for (size_t i = 0; axis != BENCH_BY_SECONDS && i < t->n_cases * t->n_methods; i++)
        end = fmax(end, total(t->results[i], axis));
    return axis == BENCH_BY_SPENT ? fmin(end, t->budget) : end;
}

/* One point: every problem counts the same, whatever its number of seeds. */
static void add_point(const bench_table *t, const double *scale, size_t point,
                      bench_series *s)
{
    size_t m = t->n_methods;
    double values[BENCH_MAX_METHODS], ranks[BENCH_MAX_METHODS];
    double *regret = s->regret[point], *rank = s->rank[point];
    for (size_t c = 0; c < t->n_cases; c++) {
        size_t p = t->case_problem[c], seeds = 0;
        for (size_t other = 0; other < t->n_cases; other++)
            seeds += t->case_problem[other] == p;
        double weight = 1.0 / ((double)seeds * (double)t->n_problems);
        for (size_t k = 0; k < m; k++)
            values[k] =
                bench_regret_along(t->results[c * m + k], s->axis, s->x[point] * scale[p]);
        bench_ranks(values, m, ranks);
        for (size_t k = 0; k < m; k++) {
            regret[k] += weight * values[k];
            rank[k] += weight * ranks[k];
        }
    }
}

fid_status bench_series_compute(const bench_table *t, bench_axis axis, bench_series *out)
{
    double *scale = fid_alloc(t->n_problems, sizeof *scale);
    memset(out, 0, sizeof *out);
    out->axis = axis;
    double end = end_of(t, axis), start = axis == BENCH_BY_EVALUATIONS ? 1.0 : end / 100.0;
    if (scale)
        set_scales(t, axis, scale);
    for (size_t i = 0; scale && i < BENCH_POINTS; i++) {
        out->x[i] = start * pow(end / start, (double)i / (BENCH_POINTS - 1));
        add_point(t, scale, i, out);
    }
    free(scale);
    return scale ? FID_OK : FID_NOMEM;
}

size_t bench_efforts(const bench_table *t, size_t method, double n[BENCH_EFFORTS],
                     double ms[BENCH_EFFORTS])
{
    size_t found = 0, counts[BENCH_EFFORTS];
    for (size_t c = 0; c < t->n_cases; c++) {
        const bench_trace *trace = &t->results[c * t->n_methods + method]->trace;
        for (size_t i = 1; i < trace->n_efforts; i++) {
            const bench_effort *a = &trace->efforts[i - 1], *b = &trace->efforts[i];
            size_t at = 0;
            while (at < found && n[at] < (double)b->asks)
                at++;
            bool is_new = at == found || n[at] > (double)b->asks;
            if (b->asks <= a->asks || (is_new && found == BENCH_EFFORTS))
                continue;
            if (is_new) {
                memmove(n + at + 1, n + at, (found - at) * sizeof *n);
                memmove(ms + at + 1, ms + at, (found - at) * sizeof *ms);
                memmove(counts + at + 1, counts + at, (found++ - at) * sizeof *counts);
                n[at] = (double)b->asks;
                ms[at] = 0.0;
                counts[at] = 0;
            }
            ms[at] += 1e3 * (b->cpu - a->cpu) / (double)(b->asks - a->asks);
            counts[at]++;
        }
    }
    for (size_t i = 0; i < found; i++)
        ms[i] /= (double)counts[i];
    return found;
}
