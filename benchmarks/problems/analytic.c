/* Problems made of closed-form functions: shifted by instance, and wrapped.
 *
 *   +noise  normal noise, sd 5 % of the way from the median to the optimum
 *   +mf     a fidelity 1..27 whose lower values are biased (trained anew each time);
 *   +mfbad  the same, biased so much that low fidelities rank wrongly
 *   +cat    every second coordinate is a categorical with six unordered values
 *   +cond   a categorical chooses one of three branches with parameters of its own; two
 *           of them carry a handicap
 *
 * The optimum of a wrapped function is that of the function: one of the six values is
 * the optimiser's coordinate, one branch has no handicap. */
#include "problem.h"

#include "bbob.h"
#include "functions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHOICES = 6, BRANCHES = 3, MAX_DIM = 200 };
static const double fidelities = 27.0;

typedef struct {
    bench_problem base;
    const bench_function *function; /* or */
    bench_bbob *bbob;
    size_t d;
    bool noise, cat, cond;
    double bias, noise_sd;     /* bias 0: no fidelity */
    double handicap[BRANCHES]; /* times median - best of the plain function */
    double *shift;             /* [BRANCHES][d] */
    double *levels;            /* [d][CHOICES]: +cat */
    double work[MAX_DIM];
} analytic;

static double low(const analytic *a, size_t i)
{
    return a->bbob            ? -5.0
           : a->function->box ? a->function->box[i][0]
                              : a->function->low;
}

static double high(const analytic *a, size_t i)
{
    return a->bbob            ? 5.0
           : a->function->box ? a->function->box[i][1]
                              : a->function->high;
}

static double value(analytic *a, size_t branch, double z)
{
    if (a->bbob)
        return bench_bbob_value(a->bbob, a->work);
    for (size_t i = 0; i < a->d; i++)
        a->work[i] -= a->shift[branch * a->d + i];
    if (a->bias > 0.0)
        return a->function->value_at(a->work, a->d, z, a->bias);
    return a->function->value(a->work, a->d);
}

static bool is_categorical(const analytic *a, size_t i)
{
    return a->cat && i % 2 == 1;
}

/* work <- the coordinates; returns the branch */
static size_t coordinates(analytic *a, const fid_value *config)
{
    size_t branch = a->cond ? config[0].choice : 0;
    const fid_value *own = config + (a->cond ? 1 + branch * a->d : 0);
    for (size_t i = 0; i < a->d; i++)
        a->work[i] = is_categorical(a, i) ? a->levels[i * CHOICES + own[i].choice]
                                          : own[i].f;
    return branch;
}

static fid_status evaluate(bench_problem *problem, const bench_query *queries, size_t n,
                           bench_answer *answers, fid_error *err)
{
    analytic *a = (analytic *)problem;
    (void)err;
    for (size_t k = 0; k < n; k++) {
        bool whole = problem->outline.fidelity.mode == FID_MODE_NONE;
        double fidelity = whole ? problem->max_fidelity : queries[k].fidelity;
        size_t branch = coordinates(a, queries[k].config);
        double truth = value(a, branch, fidelity / problem->max_fidelity) +
                       a->handicap[branch];
        double noise = 0.0;
        if (a->noise) {
            fid_rng rng =
                fid_rng_stream(queries[k].seed, FID_RNG_PROBLEM, (uint64_t)fidelity);
            noise = a->noise_sd * fid_rng_normal(&rng);
        }
        answers[k] = (bench_answer){.values = {truth + noise},
                                    .truth = truth,
                                    .seconds = fidelity,
                                    .end = FID_END_DONE};
    }
    return FID_OK;
}

static void destroy(bench_problem *problem)
{
    analytic *a = (analytic *)problem;
    fid_space_destroy(problem->space);
    bench_bbob_destroy(a->bbob);
    free(a->shift);
    free(a->levels);
    free(a);
}

static const bench_problem_type type = {"analytic", evaluate, destroy};

/* --- Building. */

static bool read_wraps(analytic *a, const char *wraps)
{
    while (*wraps == '+') {
        size_t n = strcspn(++wraps, "+");
        if (n == 5 && memcmp(wraps, "noise", n) == 0)
            a->noise = true;
        else if (n == 2 && memcmp(wraps, "mf", n) == 0)
            a->bias = 3.0;
        else if (n == 5 && memcmp(wraps, "mfbad", n) == 0)
            a->bias = 10.0;
        else if (n == 3 && memcmp(wraps, "cat", n) == 0)
            a->cat = true;
        else if (n == 4 && memcmp(wraps, "cond", n) == 0)
            a->cond = true;
        else
            return false;
        wraps += n;
    }
    return *wraps == '\0';
}

/* Room for the optimum to move: shifts are at most 0.3 of the domain's width. */
static void draw_shifts(analytic *a, unsigned instance, fid_rng *rng)
{
    for (size_t k = 0; k < BRANCHES * a->d; k++) {
        double u = fid_rng_uniform(rng) - 0.5, width = high(a, 0) - low(a, 0);
        a->shift[k] =
            instance && a->function && a->function->shiftable ? 0.6 * u * width : 0.0;
    }
}

/* Six places spread over the domain, the one nearest to the optimiser moved onto it,
 * in random order. */
static void draw_levels(analytic *a, fid_rng *rng)
{
    a->function->optimiser(a->work, a->d);
    for (size_t i = 0; i < a->d; i++) {
        double best = a->work[i] + a->shift[i], *level = a->levels + i * CHOICES;
        size_t order[CHOICES], nearest = 0;
        for (size_t k = 0; k < CHOICES; k++) {
            double u = ((double)k + fid_rng_uniform(rng)) / CHOICES;
            order[k] = k;
            level[k] = low(a, i) + u * (high(a, i) - low(a, i));
            if (fabs(level[k] - best) < fabs(level[nearest] - best))
                nearest = k;
        }
        level[nearest] = best;
        double spread[CHOICES];
        memcpy(spread, level, sizeof spread);
        fid_rng_shuffle(rng, order, CHOICES);
        for (size_t k = 0; k < CHOICES; k++)
            level[k] = spread[order[k]];
    }
}

static fid_status add_coordinate(analytic *a, size_t branch, size_t i, fid_error *err)
{
    static const fid_literal choices[CHOICES] = {
        {.kind = FID_LITERAL_STRING, .text = "a"},
        {.kind = FID_LITERAL_STRING, .text = "b"},
        {.kind = FID_LITERAL_STRING, .text = "c"},
        {.kind = FID_LITERAL_STRING, .text = "d"},
        {.kind = FID_LITERAL_STRING, .text = "e"},
        {.kind = FID_LITERAL_STRING, .text = "f"}};
    char name[32], when[32];
    snprintf(name, sizeof name, a->cond ? "x%zu_%zu" : "x%zu", i, branch);
    if (is_categorical(a, i))
        FID_TRY(
            fid_space_add_choice(a->base.space, name, choices, CHOICES, false, err));
    else
        FID_TRY(fid_space_add_float(a->base.space, name, low(a, i), high(a, i),
                                    FID_SCALE_LINEAR, 0.0, err));
    if (!a->cond)
        return FID_OK;
    snprintf(when, sizeof when, "branch == 'b%zu'", branch);
    return fid_space_set_when(a->base.space, name, when, err);
}

static fid_status build_space(analytic *a, fid_error *err)
{
    static const fid_literal branches[BRANCHES] = {
        {.kind = FID_LITERAL_STRING, .text = "b0"},
        {.kind = FID_LITERAL_STRING, .text = "b1"},
        {.kind = FID_LITERAL_STRING, .text = "b2"}};
    FID_TRY(fid_space_create(&a->base.space));
    if (a->cond)
        FID_TRY(fid_space_add_choice(a->base.space, "branch", branches, BRANCHES, false,
                                     err));
    for (size_t b = 0; b < (a->cond ? BRANCHES : 1); b++)
        for (size_t i = 0; i < a->d; i++)
            FID_TRY(add_coordinate(a, b, i, err));
    return fid_space_freeze(a->base.space, err);
}

static void describe(analytic *a)
{
    bench_problem *p = &a->base;
    unsigned number = 0;
    sscanf(p->name, "bbob-f%u", &number);
    p->source = a->bbob ? "Hansen et al. 2009, RR-6829" : a->function->source;
    p->licence = "formula";
    p->cost = "a second a unit of fidelity";
    p->group = a->bbob ? bench_bbob_group(number) : a->function->group;
    if (a->d >= 16)
        p->group = "high-dimensional";
    if (a->cat)
        p->group = "categorical";
    if (a->cond)
        p->group = "conditional";
    if (a->noise)
        p->group = "noisy";
    if (a->bias > 0.0)
        p->group = "biased fidelity";
    p->evaluate_ahead = 1;
    p->regret = BENCH_REGRET_INCUMBENT;
    bench__set_objective(p, 0, "value", false);
    p->max_fidelity = a->bias > 0.0 ? fidelities : 1.0;
}

/* The optimum is known, the median sampled; handicaps and noise are scaled by them. */
static fid_status scale(analytic *a, unsigned instance, fid_rng *rng, fid_error *err)
{
    FID_TRY(bench__sample_reference(&a->base, 512, err));
    a->base.best = a->bbob ? bench_bbob_optimum(a->bbob)
                           : bench_function_optimum(a->function, a->d);
    double unit = a->base.median - a->base.best;
    size_t order[BRANCHES] = {0, 1, 2};
    if (instance)
        fid_rng_shuffle(rng, order, BRANCHES);
    for (size_t b = 0; a->cond && b < BRANCHES; b++)
        a->handicap[order[b]] = unit * (double[]){0.0, 0.05, 0.2}[b];
    a->noise_sd = 0.05 * unit;
    return FID_OK;
}

/* Splits NAME[-dD] from the wraps; false when it is no analytic function. */
static bool read_name(analytic *a, const char *name, unsigned instance)
{
    size_t stem = strcspn(name, "+");
    unsigned number = 0;
    size_t d = 0;
    int used = 0;
    if (sscanf(name, "bbob-f%u-d%zu%n", &number, &d, &used) == 2 && used == (int)stem) {
        if (number < 1 || number > BENCH_BBOB_FUNCTIONS || d < 2 || d > MAX_DIM)
            return false;
        a->d = d;
        a->bbob = bench_bbob_create(number, d, instance ? instance : 1);
        return a->bbob != NULL && read_wraps(a, name + stem) && !a->cat && !a->cond &&
               a->bias == 0.0;
    }
    size_t word = strcspn(name, "+-");
    a->function = bench_function_find(name, word);
    if (!a->function)
        return false;
    a->d = a->function->dim;
    if (a->d == 0) {
        if (sscanf(name + word, "-d%zu%n", &a->d, &used) != 1)
            return false;
        word += (size_t)used;
    }
    return word == stem && a->d >= a->function->min_dim && a->d >= 1 &&
           a->d <= MAX_DIM && read_wraps(a, name + stem) &&
           (a->bias == 0.0 || a->function->value_at) && !(a->cat && a->cond);
}

static fid_status build(analytic *a, const bench_problem_options *options,
                        fid_error *err)
{
    bench_problem *p = &a->base;
    a->shift = fid_alloc(BRANCHES * a->d, sizeof *a->shift);
    a->levels = fid_alloc(CHOICES * a->d, sizeof *a->levels);
    if (!a->shift || !a->levels)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    fid_rng rng = fid_rng_stream(options->instance, FID_RNG_PROBLEM, a->d);
    draw_shifts(a, options->instance, &rng);
    if (a->cat)
        draw_levels(a, &rng);
    FID_TRY(build_space(a, err));
    describe(a);
    bench__set_whole(p);
    FID_TRY(scale(a, options->instance, &rng, err));
    if (options->whole)
        return FID_OK;
    if (a->bias == 0.0)
        return fid_error_set(err, FID_UNSUPPORTED, "%s has no fidelity", p->name);
    bench__set_fidelity(p, "fidelity", 1.0, fidelities, FID_MODE_RESTART, true);
    return FID_OK;
}

fid_status bench__open_analytic(bench_problem **out, const char *name,
                                const char *metric,
                                const bench_problem_options *options, fid_error *err)
{
    (void)metric;
    analytic *a = fid_alloc(1, sizeof *a);
    if (!a)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    a->base.type = &type;
    snprintf(a->base.name, sizeof a->base.name, "%s", name);
    fid_status status = FID_NOT_FOUND;
    if (read_name(a, name, options->instance))
        status = build(a, options, err);
    else
        fid_error_set(err, FID_NOT_FOUND, "%s: no such problem", name);
    if (status)
        destroy(&a->base);
    else
        *out = &a->base;
    return status;
}
