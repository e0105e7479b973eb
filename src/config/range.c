/* Parameters between two numbers. The distributions and their defaults are those of W&B
 * sweeps: X below is what they draw. */
#include "config/draft.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static fid__path where_of(const fid__param *param, const char *key)
{
    return fid__path_join(fid__path_join("parameters", param->name).text, key);
}

/* A finite number; absent: `otherwise`. */
static bool number_of(fid__walk *w, const fid__param *param, const fid__node *node,
                      const char *key, double otherwise, double *out)
{
    *out = otherwise;
    if (!node)
        return true;
    fid__path where = where_of(param, key);
    if (!fid__want_number(w, node, where.text, out))
        return false;
    if (!isfinite(*out))
        fid__error(w->log, node->mark, NULL, "%s must be finite", where.text);
    return isfinite(*out);
}

/* The same, and above 0. */
static bool positive_of(fid__walk *w, const fid__param *param, const fid__node *node,
                        const char *key, double otherwise, double *out)
{
    if (!number_of(w, param, node, key, otherwise, out))
        return false;
    if (!(*out > 0))
        fid__error(w->log, node->mark, NULL, "%s must be above 0, not %s",
                   where_of(param, key).text, fid__show(node->text, node->n).text);
    return *out > 0;
}

static bool bounds_of(fid__walk *w, const fid__param *param, double *low, double *high)
{
    const fid__node *min = param->spec.min, *max = param->spec.max;
    bool right = number_of(w, param, min, "min", 0, low);
    if (!number_of(w, param, max, "max", 0, high) || !right)
        return false;
    if (*low > *high)
        fid__error(w->log, max->mark, "exchange them?",
                   "parameters.%s: max (%s) must exceed min (%s)", param->name,
                   fid__show(max->text, max->n).text,
                   fid__show(min->text, min->n).text);
    return *low <= *high;
}

static void add_float(fid__walk *w, const fid__param *param, double low, double high,
                      fid_scale scale, double step)
{
    fid_error err = {0};
    fid_status status =
        fid_space_add_float(w->sweep->space, param->name, low, high, scale, step, &err);
    (void)fid__added(w, param, NULL, status, &err);
}

static void add_int(fid__walk *w, const fid__param *param, int64_t low, int64_t high,
                    fid_scale scale, int64_t step)
{
    fid_error err = {0};
    fid_status status =
        fid_space_add_int(w->sweep->space, param->name, low, high, scale, step, &err);
    (void)fid__added(w, param, NULL, status, &err);
}

static void set_normal(fid__walk *w, const fid__param *param, double mean, double sd)
{
    fid_error err = {0};
    fid_status status =
        fid_space_set_prior_normal(w->sweep->space, param->name, mean, sd, &err);
    (void)fid__added(w, param, NULL, status, &err);
}

/* --- Ours: {min, max, scale, step}. */

static fid__scalar_kind kind_of(const fid__node *node)
{
    return node && node->kind == FID__SCALAR ? fid__scalar_of(node).kind : FID__NULL;
}

static bool are_integers(const fid__param *param)
{
    return kind_of(param->spec.min) == FID__INT && kind_of(param->spec.max) == FID__INT;
}

static bool refuse_huge(fid__walk *w, const fid__param *param, const fid__node *node)
{
    if (kind_of(node) != FID__HUGE)
        return false;
    fid__error(w->log, node->mark, "for a float write it with a point or an exponent",
               "parameters.%s: the integer %s does not fit in 64 bits", param->name,
               fid__show(node->text, node->n).text);
    return true;
}

/* Both bounds are integers; a step must be one too. */
static void add_integers(fid__walk *w, const fid__param *param, fid_scale scale)
{
    int64_t low = fid__scalar_of(param->spec.min).i,
            high = fid__scalar_of(param->spec.max).i;
    int64_t step = 1;
    const fid__node *node = param->spec.step;
    if (node && kind_of(node) == FID__INT)
        step = fid__scalar_of(node).i;
    double ignored;
    if (node && kind_of(node) != FID__INT) {
        if (fid__want_number(w, node, where_of(param, "step").text, &ignored))
            fid__error(
                w->log, node->mark,
                "for a float write a bound with a point, as in min: 0.0",
                "parameters.%s: min and max are integers, so step must be one too",
                param->name);
        return;
    }
    add_int(w, param, low, high, scale, step);
}

static void mind_step(fid__walk *w, const fid__param *param, double low, double high)
{
    const fid__node *node = param->spec.step;
    double step = 0;
    if (node && low < high &&
        fid__want_number(w, node, where_of(param, "step").text, &step) &&
        step > high - low)
        fid__warn(w->log, node->mark, NULL,
                  "parameters.%s: a step this wide leaves one value, %s", param->name,
                  fid__show(param->spec.min->text, param->spec.min->n).text);
}

void fid__add_range(fid__walk *w, const fid__param *param)
{
    static const char *const scales[] = {"linear", "log", "logit", NULL};
    static const fid__field choice = {.words = scales};
    int scale = FID_SCALE_LINEAR;
    double low, high, step = 0;
    size_t before = w->log->out->n_errors;
    bool low_is_huge = refuse_huge(w, param, param->spec.min);
    if (refuse_huge(w, param, param->spec.max) || low_is_huge)
        return;
    if (param->spec.scale)
        fid__read_choice(w, &choice, param->spec.scale, where_of(param, "scale").text,
                         &scale);
    if (!bounds_of(w, param, &low, &high) || w->log->out->n_errors != before)
        return;
    mind_step(w, param, low, high);
    if (are_integers(param) && scale != FID_SCALE_LOGIT)
        add_integers(w, param, (fid_scale)scale);
    else if (positive_of(w, param, param->spec.step, "step", 1, &step))
        add_float(w, param, low, high, (fid_scale)scale, param->spec.step ? step : 0);
}

/* --- W&B, uniform. */

void fid__add_int_uniform(fid__walk *w, const fid__param *param)
{
    double ignored;
    const fid__node *bounds[] = {param->spec.min, param->spec.max};
    bool low_is_huge = refuse_huge(w, param, bounds[0]);
    if (refuse_huge(w, param, bounds[1]) || low_is_huge)
        return;
    for (size_t i = 0; i < 2; i++)
        if (kind_of(bounds[i]) != FID__INT) {
            if (fid__want_number(w, bounds[i], where_of(param, i ? "max" : "min").text,
                                 &ignored))
                fid__error(w->log, bounds[i]->mark, NULL,
                           "parameters.%s: int_uniform needs integers", param->name);
            return;
        }
    if (bounds_of(w, param, &ignored, &ignored))
        add_integers(w, param, FID_SCALE_LINEAR);
}

void fid__add_uniform(fid__walk *w, const fid__param *param)
{
    double low, high, step = 0;
    if (bounds_of(w, param, &low, &high) &&
        positive_of(w, param, param->spec.step, "step", 1, &step))
        add_float(w, param, low, high, FID_SCALE_LINEAR, param->spec.step ? step : 0);
}

/* q is a whole number as written, or absent: then so are the values. */
static bool is_whole(const fid__param *param)
{
    return !param->spec.q || kind_of(param->spec.q) == FID__INT;
}

/* round(X / q) * q for X in low..high, all equally likely. */
static void add_multiples(fid__walk *w, const fid__param *param, double low,
                          double high, double q)
{
    low = nearbyint(low / q) * q;
    high = nearbyint(high / q) * q;
    if (!is_whole(param))
        add_float(w, param, low, high, FID_SCALE_LINEAR, q);
    else if (fabs(low) < 0x1p62 && fabs(high) < 0x1p62)
        add_int(w, param, (int64_t)low, (int64_t)high, FID_SCALE_LINEAR, (int64_t)q);
    else
        fid__error(w->log, param->mark, NULL, "parameters.%s: integers beyond 2^62",
                   param->name);
}

void fid__add_q_uniform(fid__walk *w, const fid__param *param)
{
    double low, high, q;
    if (bounds_of(w, param, &low, &high) &&
        positive_of(w, param, param->spec.q, "q", 1, &q))
        add_multiples(w, param, low, high, q);
}

/* --- W&B, logarithmic. */

/* exp of the bounds: W&B's log_uniform takes exponents of e. */
static bool exponents_of(fid__walk *w, const fid__param *param, double *low,
                         double *high)
{
    static const char remedy[] =
        "for bounds that are values: distribution: "
        "log_uniform_values, or scale: log without a distribution";
    if (!bounds_of(w, param, low, high))
        return false;
    if (*low > 0 && *high / *low >= 10)
        fid__warn(w->log, param->spec.distribution->mark, remedy,
                  "parameters.%s: min and max are exponents of e here: %.4g to %.4g",
                  param->name, exp(*low), exp(*high));
    if (*low < -700 || *high > 700) {
        fid__error(w->log, param->mark, remedy,
                   "parameters.%s: exponents of e must be within -700 .. 700",
                   param->name);
        return false;
    }
    *low = exp(*low);
    *high = exp(*high);
    return true;
}

static bool positive_bounds(fid__walk *w, const fid__param *param, double *low,
                            double *high)
{
    if (!bounds_of(w, param, low, high))
        return false;
    if (!(*low > 0))
        fid__error(w->log, param->spec.min->mark, NULL,
                   "parameters.%s: min must be above 0 on a logarithmic scale",
                   param->name);
    return *low > 0;
}

void fid__add_log_uniform(fid__walk *w, const fid__param *param)
{
    double low, high;
    if (exponents_of(w, param, &low, &high))
        add_float(w, param, low, high, FID_SCALE_LOG, 0);
}

void fid__add_log_uniform_values(fid__walk *w, const fid__param *param)
{
    double low, high;
    if (positive_bounds(w, param, &low, &high))
        add_float(w, param, low, high, FID_SCALE_LOG, 0);
}

/* log(1/X) is uniform. */
void fid__add_inv_log_uniform(fid__walk *w, const fid__param *param)
{
    double low, high;
    if (exponents_of(w, param, &low, &high))
        add_float(w, param, 1 / high, 1 / low, FID_SCALE_LOG, 0);
}

/* P(X < x); p: the distribution's two numbers. */
typedef double below(double x, const double p[2]);

static double log_uniform_below(double x, const double p[2])
{
    return x <= p[0] ? 0 : x >= p[1] ? 1 : log(x / p[0]) / log(p[1] / p[0]);
}

/* Equal steps on a logarithmic scale: choices in order, weighed by the mass that rounds
 * to each. */
static void add_weighed(fid__walk *w, const fid__param *param, double low, double high,
                        double q, below *mass_below, const double p[2])
{
    enum { MOST = 4096 };
    double first = nearbyint(low / q), last = nearbyint(high / q);
    if (!(last - first < MOST)) {
        fid__error(w->log, param->mark, "a larger q, or the distribution without q_",
                   "parameters.%s: %.0f steps of q from %.4g to %.4g; at most %d",
                   param->name, last - first, low, high, MOST);
        return;
    }
    size_t n = (size_t)(last - first) + 1;
    fid_literal *choices = fid__arena_alloc(w->arena, n, sizeof *choices);
    double *mass = fid__arena_alloc(w->arena, n, sizeof *mass);
    if (!choices || !mass)
        return;
    bool whole = is_whole(param) && fabs(high) < 0x1p62;
    for (size_t k = 0; k < n; k++) {
        double x = (first + (double)k) * q;
        choices[k] = (fid_literal){.kind = whole ? FID_LITERAL_INT : FID_LITERAL_FLOAT,
                                   .i = whole ? (int64_t)x : 0,
                                   .f = x};
        mass[k] = mass_below(x + q / 2, p) - mass_below(x - q / 2, p);
    }
    fid_error err = {0};
    fid_status status =
        fid_space_add_choice(w->sweep->space, param->name, choices, n, true, &err);
    if (fid__added(w, param, NULL, status, &err) && n > 1) {
        status =
            fid_space_set_prior_weights(w->sweep->space, param->name, mass, n, &err);
        (void)fid__added(w, param, NULL, status, &err);
    }
}

static bool fits_log_integer(const fid__param *param, double low, double high, double q)
{
    return is_whole(param) && q == 1 && nearbyint(low) >= 1 && high < 0x1p62;
}

/* round(X / q) * q with log(X) uniform. */
static void add_log_multiples(fid__walk *w, const fid__param *param, double low,
                              double high)
{
    double q;
    if (!positive_of(w, param, param->spec.q, "q", 1, &q))
        return;
    const double p[2] = {low, high};
    if (fits_log_integer(param, low, high, q))
        add_int(w, param, (int64_t)nearbyint(low), (int64_t)nearbyint(high),
                FID_SCALE_LOG, 1);
    else
        add_weighed(w, param, low, high, q, log_uniform_below, p);
}

void fid__add_q_log_uniform(fid__walk *w, const fid__param *param)
{
    double low, high;
    if (exponents_of(w, param, &low, &high))
        add_log_multiples(w, param, low, high);
}

void fid__add_q_log_uniform_values(fid__walk *w, const fid__param *param)
{
    double low, high;
    if (positive_bounds(w, param, &low, &high))
        add_log_multiples(w, param, low, high);
}

/* --- W&B, normal. Without bounds nothing can be scaled to a unit cube: cut at 4 sigma,
 * where 6e-5 of the mass lies beyond. */

enum { SIGMAS = 4 };

static bool normal_of(fid__walk *w, const fid__param *param, double *mu, double *sigma)
{
    return number_of(w, param, param->spec.mu, "mu", 0, mu) &&
           positive_of(w, param, param->spec.sigma, "sigma", 1, sigma);
}

static void note_bounds(fid__walk *w, const fid__param *param, double low, double high)
{
    fid__note(w->log, param->mark, NULL,
              "parameters.%s: searched from %.6g to %.6g (mu -+ %d sigma)", param->name,
              low, high, SIGMAS);
}

void fid__add_normal(fid__walk *w, const fid__param *param)
{
    double mu, sigma;
    if (!normal_of(w, param, &mu, &sigma))
        return;
    size_t before = w->log->out->n_errors;
    double low = mu - SIGMAS * sigma, high = mu + SIGMAS * sigma;
    add_float(w, param, low, high, FID_SCALE_LINEAR, 0);
    if (w->log->out->n_errors != before)
        return;
    set_normal(w, param, mu, sigma);
    note_bounds(w, param, low, high);
}

void fid__add_q_normal(fid__walk *w, const fid__param *param)
{
    double mu, sigma, q;
    if (!normal_of(w, param, &mu, &sigma) ||
        !positive_of(w, param, param->spec.q, "q", 1, &q))
        return;
    size_t before = w->log->out->n_errors;
    double low = mu - SIGMAS * sigma, high = mu + SIGMAS * sigma;
    add_multiples(w, param, low, high, q);
    if (w->log->out->n_errors != before)
        return;
    set_normal(w, param, mu, sigma);
    note_bounds(w, param, nearbyint(low / q) * q, nearbyint(high / q) * q);
}

/* log(X) is normal: bounds of X, and its median. */
static bool log_normal_of(fid__walk *w, const fid__param *param, double *low,
                          double *high, double *median, double *sigma)
{
    double mu;
    if (!normal_of(w, param, &mu, sigma))
        return false;
    double most = fabs(mu) + SIGMAS * *sigma;
    if (most > 700)
        fid__error(w->log, param->mark, "mu and sigma are those of log(X)",
                   "parameters.%s: exp(mu + %d sigma) is beyond all numbers",
                   param->name, SIGMAS);
    *low = exp(mu - SIGMAS * *sigma);
    *high = exp(mu + SIGMAS * *sigma);
    *median = exp(mu);
    return most <= 700;
}

void fid__add_log_normal(fid__walk *w, const fid__param *param)
{
    double low, high, median, sigma;
    if (!log_normal_of(w, param, &low, &high, &median, &sigma))
        return;
    size_t before = w->log->out->n_errors;
    add_float(w, param, low, high, FID_SCALE_LOG, 0);
    if (w->log->out->n_errors != before)
        return;
    set_normal(w, param, median, sigma);
    note_bounds(w, param, low, high);
}

/* p: median, sigma */
static double log_normal_below(double x, const double p[2])
{
    return x > 0 ? 0.5 * erfc(-log(x / p[0]) / (p[1] * sqrt(2))) : 0;
}

void fid__add_q_log_normal(fid__walk *w, const fid__param *param)
{
    double low, high, p[2], q;
    if (!log_normal_of(w, param, &low, &high, &p[0], &p[1]) ||
        !positive_of(w, param, param->spec.q, "q", 1, &q))
        return;
    size_t before = w->log->out->n_errors;
    if (fits_log_integer(param, low, high, q)) {
        add_int(w, param, (int64_t)nearbyint(low), (int64_t)nearbyint(high),
                FID_SCALE_LOG, 1);
        if (w->log->out->n_errors == before)
            set_normal(w, param, p[0], p[1]);
    } else {
        add_weighed(w, param, low, high, q, log_normal_below, p);
    }
    if (w->log->out->n_errors == before)
        note_bounds(w, param, nearbyint(low / q) * q, nearbyint(high / q) * q);
}

/* --- W&B, beta on [0, 1]: exact where it is uniform, else a normal belief with the
 * same mean and deviation. */

static bool beta_of(fid__walk *w, const fid__param *param, double *a, double *b)
{
    return positive_of(w, param, param->spec.a, "a", 1, a) &&
           positive_of(w, param, param->spec.b, "b", 1, b);
}

static void set_beta(fid__walk *w, const fid__param *param, double a, double b)
{
    if (a == 1 && b == 1)
        return;
    set_normal(w, param, a / (a + b), sqrt(a * b / (a + b + 1)) / (a + b));
    fid__warn(
        w->log, param->spec.distribution->mark, NULL,
        "parameters.%s: beta(%g, %g) is approximated by a normal belief on 0 .. 1",
        param->name, a, b);
}

void fid__add_beta(fid__walk *w, const fid__param *param)
{
    double a, b;
    if (!beta_of(w, param, &a, &b))
        return;
    add_float(w, param, 0, 1, FID_SCALE_LINEAR, 0);
    set_beta(w, param, a, b);
}

void fid__add_q_beta(fid__walk *w, const fid__param *param)
{
    double a, b, q;
    if (!beta_of(w, param, &a, &b) || !positive_of(w, param, param->spec.q, "q", 1, &q))
        return;
    size_t before = w->log->out->n_errors;
    add_multiples(w, param, 0, 1, q);
    if (w->log->out->n_errors == before && nearbyint(1 / q) > 0)
        set_beta(w, param, a, b);
}
