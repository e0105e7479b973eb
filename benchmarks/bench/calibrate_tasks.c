/* Where `calibrate` has its curves from. */
#include "calibrate.h"

#include <fidelio/rand.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void calibrate_die(const char *words)
{
    fprintf(stderr, "calibrate: %s\n", words);
    exit(1);
}

double calibrate_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

int calibrate_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void normalise(calibrate_task *t, double *first)
{
    double least = (double)INFINITY;
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (isfinite(first[i]))
            first[n++] = first[i];
        for (size_t k = 0; k < t->steps; k++)
            least = fmin(least, isfinite(t->loss[i][k]) ? t->loss[i][k] : least);
    }
    qsort(first, n, sizeof *first, calibrate_ascending);
    double high = n ? first[n * 99 / 100] : least + 1;
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->steps; k++) {
            double z = (t->loss[i][k] - least) / (high - least);
            t->y[i][k] = isfinite(z) ? fmin(fmax(z, 0), 1) : 1;
        }
}

static void start_task(calibrate_task *t, const char *name, size_t n, size_t steps)
{
    *t = (calibrate_task){.n = n < CALIBRATE_CURVES ? n : CALIBRATE_CURVES,
                          .steps = steps};
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    t->loss = calloc(t->n, sizeof *t->loss);
    t->y = calloc(t->n, sizeof *t->y);
    if (!t->loss || !t->y)
        calibrate_die("out of memory");
}

void calibrate_unload(calibrate_task *t)
{
    free(t->loss);
    free(t->y);
}

static void load_curve(calibrate_task *t, bench_problem *p, size_t i, size_t skip,
                       const fid_value *config, double *first)
{
    fid_error err = {0};
    for (size_t k = 0; k < t->steps + skip; k++) {
        bench_query query = {.config = config, .fidelity = (double)(k + 1)};
        bench_answer answer;
        if (bench_problem_evaluate(p, &query, 1, &answer, &err) != FID_OK)
            calibrate_die(err.message);
        double loss = bench_problem_loss(p, 0, answer.values[0]);
        if (k == 0)
            *first = loss;
        if (k >= skip)
            t->loss[i][k - skip] = loss;
    }
}

/* Points of the space where a table has no pool of its own. */
enum { DRAWN = 200, MADE = CALIBRATE_CURVES };

void calibrate_load(calibrate_task *t, const char *name,
                    const bench_problem_options *options)
{
    fid_error err = {0};
    bench_problem *p;
    if (bench_problem_open(&p, name, options, &err) != FID_OK)
        calibrate_die(err.message);
    bool taskset = strncmp(name, "taskset/", 8) == 0;
    size_t skip = taskset, /* its first column is untrained */
        dim = fid_space_dim(p->space);
    start_task(t, name, p->pool.n ? p->pool.n : DRAWN,
               (size_t)p->outline.fidelity.max - skip);
    double *first = calloc(t->n, sizeof *first);
    double *u = calloc(dim, sizeof *u);
    fid_value *config = calloc(fid_space_n_params(p->space), sizeof *config);
    if (!first || !u || !config)
        calibrate_die("out of memory");
    for (size_t i = 0; i < t->n; i++) {
        fid_rng rng = fid_rng_stream(7, FID_RNG_TEST, i);
        for (size_t d = 0; d < dim; d++)
            u[d] = p->pool.n ? p->pool.points[i * dim + d] : fid_rng_uniform(&rng);
        fid_space_snap(p->space, u);
        fid_space_decode(p->space, u, config);
        load_curve(t, p, i, skip, config, &first[i]);
    }
    free(u);
    free(config);
    bench_problem_close(p);
    normalise(t, first);
    free(first);
}

static double made_loss(const char *kind, const double *u, double s, double noise)
{
    if (strcmp(kind, "noise") == 0)
        return 0.5 + 0.1 * noise;
    if (strcmp(kind, "crossing") == 0) /* u[0]: from fast and poor to slow and good */
        return 0.4 * (1 - u[0]) + 0.05 * u[1] + 0.6 * pow(s, -1.5 * (1.2 - u[0])) +
               0.005 * noise;
    double start = u[0] < 0.2 ? 10 + 20 * u[1] : 0.3 + u[1];
    return 0.1 + 0.3 * u[2] + 0.6 / (1 + pow(s / start, 4)) + 0.005 * noise;
}

void calibrate_make(calibrate_task *t, const char *name)
{
    double first[MADE];
    start_task(t, name, MADE, 50);
    for (size_t i = 0; i < t->n; i++) {
        fid_rng rng = fid_rng_stream(11, FID_RNG_TEST, i);
        double u[3];
        for (size_t d = 0; d < 3; d++)
            u[d] = fid_rng_uniform(&rng);
        for (size_t k = 0; k < t->steps; k++)
            t->loss[i][k] = made_loss(name + strlen("made/"), u, (double)(k + 1),
                                      fid_rng_normal(&rng));
        first[i] = t->loss[i][0];
    }
    normalise(t, first);
}

static void visit(void *ctx, const char *name)
{
    calibrate_walk *w = ctx;
    const char *half = w->command->half;
    if (strncmp(name, w->prefix, strlen(w->prefix)) != 0)
        return;
    size_t number = w->seen++;
    if (half && number % 2 != (size_t)(strcmp(half, "confirm") == 0))
        return;
    calibrate_task t;
    if (strncmp(name, "made/", 5) == 0)
        calibrate_make(&t, name);
    else
        calibrate_load(&t, name, &w->command->places.problems);
    w->study(w->ctx, &t);
    calibrate_unload(&t);
}

void calibrate_tasks(calibrate_walk *w)
{
    static const char *const made[] = {"made/noise", "made/crossing", "made/late"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        visit(w, made[i]);
    if (bench_problem_list(&w->command->places.problems, visit, w) != FID_OK)
        calibrate_die("cannot list the problems");
}
