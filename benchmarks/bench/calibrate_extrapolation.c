/* How well learning curves are extrapolated, and what it costs.
 *
 * After the protocol of ifBO's table 1 (Rakotoarison et al. 2024): a study of one task
 * has curves of random length, `--budget` reports in all (1000); each is asked for its
 * loss at a random later step. Losses are mapped to [0,1] by the task; curves that lie
 * at the cut are left out, they have diverged. Compared are: ours; the last value with
 * a random walk's spread, fitted over the study; a power law by least squares; a GP on
 * the curve alone (freeze-thaw kernel, maximum likelihood on a grid). */
#include "calibrate.h"

#include <fidelio/curve.h>
#include <fidelio/rand.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 99, METHODS = 4, MOST_TASKS = 64 };

static const char *const method_names[METHODS] = {"fidelio", "last value", "power law",
                                                  "GP"};

/* A predictive distribution: ours, or a normal. */
typedef struct {
    fid_prediction *ours;
    double mean, sd;
} belief;

typedef struct {
    double log_score, crps, square, inside[3];
    size_t n;
} score;

/* --- the rivals */

/* The walk's variance per unit of log step, over all neighbouring reports. */
static double walk_variance(const calibrate_task *t, const size_t *who,
                            const size_t *length, size_t n)
{
    double sum = 0, count = 0;
    for (size_t c = 0; c < n; c++)
        for (size_t k = 1; k < length[c]; k++) {
            double d = t->y[who[c]][k] - t->y[who[c]][k - 1];
            sum += d * d / log((double)(k + 1) / (double)k);
            count++;
        }
    return count > 0 ? sum / count : 1e-2;
}

static belief last_value(const double *y, size_t n, size_t target, double variance)
{
    double ahead = log((double)(target + 1) / (double)n);
    return (belief){.mean = y[n - 1], .sd = sqrt(variance * ahead + 1e-10)};
}

/* a + b s^-c by least squares, c from a grid; t = leverage included in the spread. */
static belief power_law(const double *y, size_t n, size_t target, double variance)
{
    if (n < 4)
        return last_value(y, n, target, variance);
    belief best = {0};
    double least = (double)INFINITY;
    for (double c = 0.1; c < 4; c *= 1.2) {
        double sx = 0, sy = 0, sxx = 0, sxy = 0, m = (double)n, rss = 0;
        for (size_t k = 0; k < n; k++) {
            double x = pow((double)(k + 1), -c);
            sx += x, sy += y[k], sxx += x * x, sxy += x * y[k];
        }
        double det = m * sxx - sx * sx, b = (m * sxy - sx * sy) / det,
               a = (sy - b * sx) / m;
        for (size_t k = 0; k < n; k++) {
            double e = y[k] - a - b * pow((double)(k + 1), -c);
            rss += e * e;
        }
        if (rss >= least)
            continue;
        least = rss;
        double x = pow((double)(target + 1), -c), d = x - sx / m;
        double spread = rss / (m - 3) * (1 + 1 / m + d * d * m / det);
        best = (belief){.mean = a + b * x, .sd = sqrt(spread + 1e-10)};
    }
    return best;
}

typedef struct {
    double alpha, beta, amplitude, noise;
} kernel;

/* Constant + freeze-thaw kernel; the constant's variance is 1. */
static double covariance(const kernel *k, size_t i, size_t j)
{
    double t = (double)(i + j + 2);
    return 1 + k->amplitude * pow(k->beta / (t + k->beta), k->alpha);
}

/* Log likelihood and prediction of one kernel; row-major lower Cholesky. */
static double gp_fit(const kernel *k, const double *y, size_t n, size_t target,
                     belief *out)
{
    static double l[CALIBRATE_STEPS][CALIBRATE_STEPS];
    double z[CALIBRATE_STEPS], v[CALIBRATE_STEPS], ll = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = covariance(k, i, j) + (i == j ? k->noise : 0);
            for (size_t m = 0; m < j; m++)
                s -= l[i][m] * l[j][m];
            l[i][j] = i == j ? sqrt(fmax(s, 1e-12)) : s / l[j][j];
        }
    double mean = 0.5, spread = covariance(k, target, target) + k->noise;
    for (size_t i = 0; i < n; i++) {
        double a = y[i] - 0.5, b = covariance(k, i, target);
        for (size_t m = 0; m < i; m++)
            a -= l[i][m] * z[m], b -= l[i][m] * v[m];
        z[i] = a / l[i][i];
        v[i] = b / l[i][i];
        mean += v[i] * z[i];
        spread -= v[i] * v[i];
        ll -= 0.5 * z[i] * z[i] + log(l[i][i]);
    }
    *out = (belief){.mean = mean, .sd = sqrt(fmax(spread, k->noise))};
    return ll;
}

static belief gp(const double *y, size_t n, size_t target)
{
    belief best = {0}, b;
    double most = -(double)INFINITY;
    for (double alpha = 0.5; alpha < 3; alpha *= 2)
        for (double beta = 1; beta < 30; beta *= 4)
            for (double amplitude = 1e-3; amplitude < 2; amplitude *= 10)
                for (double noise = 1e-8; noise < 1e-2; noise *= 10) {
                    kernel k = {alpha, beta, amplitude, noise};
                    double ll = gp_fit(&k, y, n, target, &b);
                    if (ll > most) {
                        most = ll;
                        best = b;
                    }
                }
    return best;
}

/* --- scores */

static double cdf(const belief *b, double x)
{
    return b->ours ? fid_prediction_cdf(b->ours, x)
                   : 0.5 * erfc((b->mean - x) / b->sd * M_SQRT1_2);
}

static double quantile(const belief *b, double p)
{
    return b->ours ? fid_prediction_quantile(b->ours, p)
                   : b->mean + b->sd * fid_normal_quantile(p);
}

static double log_density(const belief *b, double x)
{
    if (b->ours)
        return fid_prediction_log_density(b->ours, x);
    double z = (x - b->mean) / b->sd;
    return -0.5 * z * z - log(b->sd) - 0.91893853320467274178;
}

static void add(score *s, const belief *b, double y)
{
    static const double half[3] = {0.25, 0.4, 0.475};
    double u = cdf(b, y), mean = b->ours ? fid_prediction_mean(b->ours) : b->mean;
    double crps = 0; /* twice the mean pinball loss over the percentiles */
    for (size_t i = 1; i <= LEVELS; i++) {
        double p = (double)i / (LEVELS + 1), q = quantile(b, p);
        crps += 2 * (y < q ? (1 - p) * (q - y) : p * (y - q)) / LEVELS;
    }
    s->log_score += log_density(b, y);
    s->crps += crps;
    s->square += (mean - y) * (mean - y);
    for (size_t i = 0; i < 3; i++)
        s->inside[i] += fabs(u - 0.5) <= half[i];
    s->n++;
}

typedef struct {
    double report_us, predict_us;
    size_t n_reports, n_predicts;
} cost;

/* One study. */
static void run(const calibrate_task *t, uint64_t seed, size_t context, score *scores,
                cost *spent)
{
    static size_t order[CALIBRATE_CURVES], length[CALIBRATE_CURVES],
        target[CALIBRATE_CURVES];
    fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, strlen(t->name));
    for (size_t i = 0; i < t->n; i++)
        order[i] = i;
    fid_rng_shuffle(&rng, order, t->n);
    size_t n = 0;
    for (size_t reports = 0; n < t->n && reports < context; n++) {
        length[n] = 1 + (size_t)fid_rng_below(&rng, t->steps - 1);
        target[n] = length[n] + (size_t)fid_rng_below(&rng, t->steps - length[n]);
        reports += length[n];
    }
    fid_curve_settings settings = {.first = 1, .max = (double)t->steps};
    fid_curves *curves;
    if (fid_curves_create(&curves, &settings, NULL) != FID_OK)
        calibrate_die("out of memory");
    double start = calibrate_cpu_us();
    for (size_t c = 0; c < n; c++) /* one curve after the other */
        for (size_t k = 0; k < length[c]; k++, spent->n_reports++)
            if (fid_curves_report(curves, c, (double)(k + 1), t->y[order[c]][k]) !=
                FID_OK)
                calibrate_die("out of memory");
    spent->report_us += calibrate_cpu_us() - start;
    double variance = walk_variance(t, order, length, n);
    fid_prediction p = {0};
    for (size_t c = 0; c < n; c++) {
        const double *y = t->y[order[c]];
        if (y[length[c] - 1] >= 1)
            continue;
        start = calibrate_cpu_us();
        if (fid_curves_predict(curves, c, (double)(target[c] + 1), &p) != FID_OK)
            calibrate_die("no prediction");
        spent->predict_us += calibrate_cpu_us() - start;
        spent->n_predicts++;
        belief b[METHODS] = {{.ours = &p},
                             last_value(y, length[c], target[c], variance),
                             power_law(y, length[c], target[c], variance),
                             gp(y, length[c], target[c])};
        for (size_t m = 0; m < METHODS; m++)
            add(&scores[m], &b[m], y[target[c]]);
    }
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

/* --- groups of tasks */

typedef struct {
    const char *prefix;
    size_t context, seeds, n;
    score task[METHODS][MOST_TASKS];
    cost spent;
} group;

static void study(void *ctx, const calibrate_task *t)
{
    group *g = ctx;
    if (g->n == MOST_TASKS)
        return;
    score scores[METHODS] = {{0}};
    for (uint64_t seed = 0; seed < g->seeds; seed++)
        run(t, seed, g->context, scores, &g->spent);
    for (size_t m = 0; m < METHODS; m++)
        g->task[m][g->n] = scores[m];
    g->n++;
}

static double median_score(const group *g, size_t m, size_t what)
{
    double x[MOST_TASKS];
    for (size_t i = 0; i < g->n; i++) {
        const score *s = &g->task[m][i];
        const double *member = what == 0   ? &s->log_score
                               : what == 1 ? &s->crps
                                           : &s->square;
        x[i] = *member / (double)s->n;
    }
    qsort(x, g->n, sizeof *x, calibrate_ascending);
    return 0.5 * (x[g->n / 2] + x[(g->n - 1) / 2]);
}

static void coverage(const group *g, size_t m, double percent[3])
{
    double n = 0;
    for (size_t k = 0; k < 3; k++)
        percent[k] = 0;
    for (size_t i = 0; i < g->n; i++) {
        n += (double)g->task[m][i].n;
        for (size_t k = 0; k < 3; k++)
            percent[k] += g->task[m][i].inside[k];
    }
    for (size_t k = 0; k < 3; k++)
        percent[k] *= 100 / n;
}

static void print_line(const group *g, size_t m, bool json)
{
    double c[3];
    coverage(g, m, c);
    const char *format =
        json ? "{\"group\":\"%s\",\"tasks\":%zu,\"method\":\"%s\",\"log_score\":%.4g,"
               "\"crps\":%.4g,\"mse\":%.4g,\"inside_50\":%.1f,\"inside_80\":%.1f,"
               "\"inside_95\":%.1f}\n"
             : "%-14s %3zu  %-12s %8.3f %8.5f %8.5f %6.1f %6.1f %6.1f\n";
    printf(format, g->prefix, g->n, method_names[m], median_score(g, m, 0),
           median_score(g, m, 1), median_score(g, m, 2), c[0], c[1], c[2]);
}

static void print_group(const group *g, bool json)
{
    for (size_t m = 0; m < METHODS; m++)
        print_line(g, m, json);
    if (!json)
        printf("%.1f us a report, %.1f us a prediction\n",
               g->spent.report_us / (double)g->spent.n_reports,
               g->spent.predict_us / (double)g->spent.n_predicts);
    fflush(stdout);
}

void calibrate_extrapolation(const bench_command *command)
{
    static const char *const families[] = {"taskset/", "nasbench_nlp/", "mlp/",
                                           "lcbench/"};
    static group g;
    if (!command->json)
        printf("%-18s  %-12s %8s %8s %8s %6s %6s %6s\n", "tasks", "", "log", "CRPS",
               "MSE", "50 %", "80 %", "95 %");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        g = (group){.prefix = command->problems ? command->problems : families[i],
                    .context = command->budget > 0 ? (size_t)command->budget : 1000,
                    .seeds = command->seeds ? strtoul(command->seeds, NULL, 10) : 5};
        calibrate_walk walk = {
            .command = command, .prefix = g.prefix, .study = study, .ctx = &g};
        calibrate_tasks(&walk);
        if (g.n)
            print_group(&g, command->json);
        if (command->problems)
            break;
    }
}
