/* Closed-form problems with several objectives or with constraints that only an
 * evaluation shows. Formulas, reference points and best volumes as at each. */
#include "problem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIM = 30 };

typedef struct {
    double low, high, step;
} range;

typedef struct {
    const char *name;
    size_t dim;    /* 0: any, all coordinates like ranges[0]; else ranges[dim] */
    size_t m, c;   /* objectives; constraints, which hold where <= 0 */
    const range *ranges;
    void (*value)(const double *x, size_t d, double *out); /* out[m + c] */
    double ref[4]; /* several objectives: the volume below it counts */
    double best;   /* that volume; one objective: the optimum */
    const char *source;
} formula;

static const double pi = 3.14159265358979323846;

/* --- Several objectives. Zitzler, Deb & Thiele 2000; Deb et al. 2005; Belakaria et al.
 * 2019 (Branin-Currin); Deb & Jain 2014 (C2-DTLZ2). Reference points and volumes: BoTorch
 * (Balandat et al. 2020), test_functions/multi_objective.py. */

static double tail(const double *x, size_t d)
{
    double sum = 0;
    for (size_t i = 1; i < d; i++)
        sum += x[i];
    return 1 + 9 * sum / (double)(d - 1);
}

static void zdt1(const double *x, size_t d, double *out)
{
    double g = tail(x, d);
    out[0] = x[0];
    out[1] = g * (1 - sqrt(x[0] / g));
}

static void zdt2(const double *x, size_t d, double *out)
{
    double g = tail(x, d);
    out[0] = x[0];
    out[1] = g * (1 - x[0] * x[0] / (g * g));
}

static void zdt3(const double *x, size_t d, double *out)
{
    double g = tail(x, d);
    out[0] = x[0];
    out[1] = g * (1 - sqrt(x[0] / g) - x[0] / g * sin(10 * pi * x[0]));
}

static void sphere(const double *x, size_t d, size_t m, double *out)
{
    double g = 1;
    for (size_t i = m - 1; i < d; i++)
        g += (x[i] - 0.5) * (x[i] - 0.5);
    for (size_t k = 0; k < m; k++) {
        out[k] = g;
        for (size_t i = 0; i + k + 1 < m; i++)
            out[k] *= cos(0.5 * pi * x[i]);
        if (k > 0)
            out[k] *= sin(0.5 * pi * x[m - 1 - k]);
    }
}

static void dtlz2(const double *x, size_t d, double *out)
{
    sphere(x, d, 2, out);
}

static void dtlz2m3(const double *x, size_t d, double *out)
{
    sphere(x, d, 3, out);
}

static void dtlz2m4(const double *x, size_t d, double *out)
{
    sphere(x, d, 4, out);
}

static void c2dtlz2(const double *x, size_t d, double *out)
{
    static const double r = 0.2;
    sphere(x, d, 2, out);
    double a = out[0], b = out[1], mid = sqrt(0.5);
    double ends = fmin((a - 1) * (a - 1) + b * b, (b - 1) * (b - 1) + a * a) - r * r;
    double middle = (a - mid) * (a - mid) + (b - mid) * (b - mid) - 2 * r * r;
    out[2] = fmin(ends, middle);
}

static void branin_currin(const double *x, size_t d, double *out)
{
    (void)d;
    double u = 15 * x[0] - 5, v = 15 * x[1], a = x[0], b = x[1];
    double t = v - 5.1 / (4 * pi * pi) * u * u + 5 / pi * u - 6;
    out[0] = t * t + 10 * (1 - 1 / (8 * pi)) * cos(u) + 10;
    out[1] = (b > 0 ? 1 - exp(-1 / (2 * b)) : 1) *
             (2300 * a * a * a + 1900 * a * a + 2092 * a + 60) /
             (100 * a * a * a + 500 * a * a + 4 * a + 20);
}

/* --- One objective and constraints. Gardner et al. 2014, simulations 1 and 2; Gramacy et
 * al. 2016; Coello Coello 2002 for the designs (best known values: He & Wang 2007). */

static void gardner1(const double *x, size_t d, double *out)
{
    (void)d;
    out[0] = cos(2 * x[0]) * cos(x[1]) + sin(x[0]);
    out[1] = cos(x[0]) * cos(x[1]) - sin(x[0]) * sin(x[1]) - 0.5;
}

static void gardner2(const double *x, size_t d, double *out)
{
    (void)d;
    out[0] = sin(x[0]) + x[1];
    out[1] = sin(x[0]) * sin(x[1]) + 0.95;
}

static void gramacy(const double *x, size_t d, double *out)
{
    (void)d;
    out[0] = x[0] + x[1];
    out[1] = 1.5 - x[0] - 2 * x[1] - 0.5 * sin(2 * pi * (x[0] * x[0] - 2 * x[1]));
    out[2] = x[0] * x[0] + x[1] * x[1] - 1.5;
}

static void spring(const double *x, size_t d, double *out)
{
    (void)d;
    double a = x[0], b = x[1], n = x[2];
    out[0] = a * a * b * (n + 2);
    out[1] = 1 - b * b * b * n / (71785 * a * a * a * a);
    out[2] = (4 * b * b - a * b) / (12566 * a * a * a * (b - a)) + 1 / (5108 * a * a) - 1;
    out[3] = 1 - 140.45 * a / (n * b * b);
    out[4] = (a + b) / 1.5 - 1;
}

static void vessel(const double *x, size_t d, double *out)
{
    (void)d;
    double r = x[2], l = x[3];
    out[0] = 0.6224 * x[0] * r * l + 1.7781 * x[1] * r * r + 3.1661 * x[0] * x[0] * l +
             19.84 * x[0] * x[0] * r;
    out[1] = -x[0] + 0.0193 * r;
    out[2] = -x[1] + 0.00954 * r;
    out[3] = -pi * r * r * l - 4.0 / 3 * pi * r * r * r + 1296000;
    out[4] = l - 240;
}

static void beam(const double *x, size_t d, double *out)
{
    static const double p = 6000, l = 14, e = 30e6, g = 12e6;
    (void)d;
    double h = x[0], w = x[1], t = x[2], b = x[3];
    double moment = p * (l + w / 2), r = sqrt(0.25 * (w * w + (h + t) * (h + t)));
    double j = 2 * sqrt(2) * h * w * (w * w / 12 + 0.25 * (h + t) * (h + t));
    double shear = p / (sqrt(2) * h * w), bend = moment * r / j;
    double buckling = 4.013 * e * t * b * b * b / (6 * l * l) *
                      (1 - 0.25 * t * sqrt(e / g) / l);
    out[0] = 1.10471 * h * h * w + 0.04811 * t * b * (14 + w);
    out[1] = sqrt(shear * shear + shear * bend * w / r + bend * bend) - 13600;
    out[2] = 6 * p * l / (b * t * t) - 30000;
    out[3] = h - b;
    out[4] = 0.10471 * h * h + 0.04811 * t * b * (14 + w) - 5;
    out[5] = 4 * p * l * l * l / (e * t * t * t * b) - 0.25;
    out[6] = p - buckling;
}

static const range unit[] = {{0, 1, 0}, {0, 1, 0}}, six[] = {{0, 6, 0}, {0, 6, 0}};
static const range coil[] = {{0.05, 2, 0}, {0.25, 1.3, 0}, {2, 15, 0}};
static const range tank[] = {
    {0.0625, 6.1875, 0.0625}, {0.0625, 6.1875, 0.0625}, {10, 200, 0}, {10, 200, 0}};
static const range joint[] = {{0.1, 2, 0}, {0.1, 10, 0}, {0.1, 10, 0}, {0.1, 2, 0}};

static const formula formulas[] = {
    {"zdt1", 0, 2, 0, unit, zdt1, {11, 11}, 120 + 2.0 / 3, "Zitzler et al. 2000"},
    {"zdt2", 0, 2, 0, unit, zdt2, {11, 11}, 120 + 1.0 / 3, "Zitzler et al. 2000"},
    {"zdt3", 0, 2, 0, unit, zdt3, {11, 11}, 128.77811613069076, "Zitzler et al. 2000"},
    {"dtlz2", 0, 2, 0, unit, dtlz2, {1.1, 1.1}, 0.42460183660255172, "Deb et al. 2005"},
    {"dtlz2m3", 0, 3, 0, unit, dtlz2m3, {1.1, 1.1, 1.1}, 0.8074012244017015,
     "Deb et al. 2005"},
    /* 1.1^4 less the sixteenth of a ball of four dimensions */
    {"dtlz2m4", 0, 4, 0, unit, dtlz2m4, {1.1, 1.1, 1.1, 1.1}, 1.155674862465707,
     "Deb et al. 2005"},
    {"branincurrin", 2, 2, 0, unit, branin_currin, {18, 6}, 59.36011874867746,
     "Belakaria et al. 2019"},
    {"c2dtlz2", 0, 2, 1, unit, c2dtlz2, {1.1, 1.1}, 0.3996406303723544,
     "Deb & Jain 2014"},
    {"gardner1", 2, 1, 1, six, gardner1, {0}, -2.0, "Gardner et al. 2014"},
    {"gardner2", 2, 1, 1, six, gardner2, {0}, 0.2532358974902098, "Gardner et al. 2014"},
    {"gramacy", 2, 1, 2, unit, gramacy, {0}, 0.5997880521, "Gramacy et al. 2016"},
    {"spring", 3, 1, 4, coil, spring, {0}, 0.0126652328, "Coello Coello 2002"},
    {"vessel", 4, 1, 4, tank, vessel, {0}, 6059.714335, "Coello Coello 2002"},
    {"beam", 4, 1, 6, joint, beam, {0}, 1.724852309, "Coello Coello 2002"},
};

typedef struct {
    bench_problem base;
    const formula *formula;
    size_t d;
} many;

static fid_status evaluate(bench_problem *problem, const bench_query *queries, size_t n,
                           bench_answer *answers, fid_error *err)
{
    const many *a = (const many *)problem;
    (void)err;
    for (size_t k = 0; k < n; k++) {
        double x[MAX_DIM];
        for (size_t i = 0; i < a->d; i++)
            x[i] = queries[k].config[i].f;
        answers[k] = (bench_answer){.seconds = 1, .end = FID_END_DONE};
        a->formula->value(x, a->d, answers[k].values);
        bool holds = bench_problem_holds(problem, answers[k].values);
        answers[k].truth = holds ? answers[k].values[0] : (double)NAN;
    }
    return FID_OK;
}

static void destroy(bench_problem *problem)
{
    fid_space_destroy(problem->space);
    free(problem);
}

static const bench_problem_type type = {"analytic", evaluate, destroy};

static void describe(many *a)
{
    const formula *f = a->formula;
    bench_problem *p = &a->base;
    p->source = f->source;
    p->licence = "formula";
    p->cost = "a second an evaluation";
    p->group = f->m > 1 ? "multi-objective" : "constrained";
    p->evaluate_ahead = 1;
    p->max_fidelity = 1;
    p->regret = BENCH_REGRET_INCUMBENT;
    bench__set_whole(p);
    for (size_t k = 0; k < f->m; k++) {
        char name[24];
        snprintf(name, sizeof name, "f%zu", k + 1);
        bench__set_objective(p, k, name, false);
    }
    for (size_t k = 0; k < f->c; k++) {
        fid_metric *metric = &p->outline.metrics[p->outline.n_metrics++];
        metric->goal = FID_GOAL_AT_MOST;
        snprintf(metric->name, sizeof metric->name, "g%zu", k + 1);
    }
    memcpy(p->volume_ref, f->ref, sizeof f->ref);
}

static fid_status build(many *a, const bench_problem_options *options, fid_error *err)
{
    const formula *f = a->formula;
    FID_TRY(fid_space_create(&a->base.space));
    for (size_t i = 0; i < a->d; i++) {
        char name[24];
        const range *r = f->ranges + (f->dim ? i : 0);
        snprintf(name, sizeof name, "x%zu", i);
        FID_TRY(fid_space_add_float(a->base.space, name, r->low, r->high,
                                    FID_SCALE_LINEAR, r->step, err));
    }
    FID_TRY(fid_space_freeze(a->base.space, err));
    describe(a);
    if (!options->whole)
        return fid_error_set(err, FID_UNSUPPORTED, "%s has no fidelity", a->base.name);
    if (f->m == 1)
        FID_TRY(bench__sample_reference(&a->base, 4096, err));
    else
        a->base.median = 0; /* of the volume */
    a->base.best = f->m > 1 ? -f->best : f->best;
    return FID_OK;
}

/* NAME, or NAME-dD where the dimension is free. */
static bool read_name(many *a, const char *name)
{
    size_t word = strcspn(name, "-");
    for (size_t k = 0; k < sizeof formulas / sizeof *formulas; k++)
        if (strlen(formulas[k].name) == word && !memcmp(formulas[k].name, name, word))
            a->formula = &formulas[k];
    if (!a->formula)
        return false;
    a->d = a->formula->dim;
    if (a->d > 0)
        return name[word] == '\0';
    int used = 0;
    return sscanf(name + word, "-d%zu%n", &a->d, &used) == 1 &&
           name[word + (size_t)used] == '\0' && a->d >= a->formula->m + 1 && a->d <= MAX_DIM;
}

fid_status bench__open_many(bench_problem **out, const char *name, const char *metric,
                            const bench_problem_options *options, fid_error *err)
{
    (void)metric;
    many *a = fid_alloc(1, sizeof *a);
    if (!a)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    a->base.type = &type;
    snprintf(a->base.name, sizeof a->base.name, "%s", name);
    fid_status status = read_name(a, name) ? build(a, options, err) : FID_NOT_FOUND;
    if (status)
        destroy(&a->base);
    else
        *out = &a->base;
    return status;
}
