#include "functions.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static double square(double x)
{
    return x * x;
}

/* --- Branin (Dixon & Szego 1978); fidelities as in Kandasamy et al., "Multi-fidelity
 * Bayesian Optimisation with Continuous Approximations", ICML 2017, appendix. */

static const double branin_box[2][2] = {{-5.0, 10.0}, {0.0, 15.0}};

static double branin_at(const double *x, size_t d, double z, double bias)
{
    (void)d;
    double far = bias * (1.0 - z);
    double b = 5.1 / (4.0 * pi * pi) - 0.01 * far;
    double c = 5.0 / pi - 0.1 * far;
    double t = 1.0 / (8.0 * pi) + 0.05 * far;
    return square(x[1] - b * x[0] * x[0] + c * x[0] - 6.0) +
           10.0 * (1.0 - t) * cos(x[0]) + 10.0;
}

static double branin(const double *x, size_t d)
{
    return branin_at(x, d, 1.0, 0.0);
}

static void branin_optimiser(double *x, size_t d)
{
    (void)d;
    x[0] = pi;
    x[1] = 2.275;
}

/* --- Hartmann 3 and 6; fidelities change the four weights (Kandasamy et al. 2017). */

static const double hartmann_weight[4] = {1.0, 1.2, 3.0, 3.2};

static double hartmann(const double *x, size_t d, const double *a, const double *p,
                       double bias)
{
    double sum = 0.0;
    for (size_t i = 0; i < 4; i++) {
        double inner = 0.0;
        for (size_t j = 0; j < d; j++)
            inner += a[i * d + j] * square(x[j] - p[i * d + j]);
        sum -= (hartmann_weight[i] - 0.1 * bias) * exp(-inner);
    }
    return sum;
}

static const double hartmann3_a[12] = {3.0, 10.0, 30.0, 0.1, 10.0, 35.0,
                                       3.0, 10.0, 30.0, 0.1, 10.0, 35.0};
static const double hartmann3_p[12] = {0.3689, 0.1170, 0.2673, 0.4699, 0.4387, 0.7470,
                                       0.1091, 0.8732, 0.5547, 0.0381, 0.5743, 0.8828};

static double hartmann3_at(const double *x, size_t d, double z, double bias)
{
    return hartmann(x, d, hartmann3_a, hartmann3_p, bias * (1.0 - z));
}

static double hartmann3(const double *x, size_t d)
{
    return hartmann3_at(x, d, 1.0, 0.0);
}

static void hartmann3_optimiser(double *x, size_t d)
{
    static const double best[3] = {0.11458889, 0.55564889, 0.85254695};
    memcpy(x, best, d * sizeof *x);
}

static const double hartmann6_a[24] = {10.0, 3.0, 17.0, 3.5,  1.7,  8.0,  0.05, 10.0,
                                       17.0, 0.1, 8.0,  14.0, 3.0,  3.5,  1.7,  10.0,
                                       17.0, 8.0, 17.0, 8.0,  0.05, 10.0, 0.1,  14.0};
static const double hartmann6_p[24] = {0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886,
                                       0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991,
                                       0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650,
                                       0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381};

static double hartmann6_at(const double *x, size_t d, double z, double bias)
{
    return hartmann(x, d, hartmann6_a, hartmann6_p, bias * (1.0 - z));
}

static double hartmann6(const double *x, size_t d)
{
    return hartmann6_at(x, d, 1.0, 0.0);
}

static void hartmann6_optimiser(double *x, size_t d)
{
    static const double best[6] = {0.20168951, 0.15001069, 0.47687397,
                                   0.27533243, 0.31165162, 0.65730053};
    memcpy(x, best, d * sizeof *x);
}

/* --- Currin's exponential function (Currin et al. 1988), negated; fidelities as in
 * Kandasamy et al. 2017. The largest value, 13.79872, is at (0.2166667, 0). */

static double currin_at(const double *x, size_t d, double z, double bias)
{
    (void)d;
    double damp = x[1] > 0.0 ? exp(-1.0 / (2.0 * x[1])) : 0.0;
    double top = 2300.0 * x[0] * x[0] * x[0] + 1900.0 * x[0] * x[0] + 2092.0 * x[0] +
                 60.0;
    double bottom = 100.0 * x[0] * x[0] * x[0] + 500.0 * x[0] * x[0] + 4.0 * x[0] +
                    20.0;
    double factor = 1.0 - (1.0 + 0.1 * bias * (1.0 - z)) * damp;
    return -factor * top / bottom;
}

static double currin(const double *x, size_t d)
{
    return currin_at(x, d, 1.0, 0.0);
}

static void currin_optimiser(double *x, size_t d)
{
    (void)d;
    x[0] = 0.216666647;
    x[1] = 0.0;
}

/* --- Any dimension. */

static double ackley(const double *x, size_t d)
{
    double sum = 0.0, waves = 0.0;
    for (size_t i = 0; i < d; i++) {
        sum += x[i] * x[i];
        waves += cos(2.0 * pi * x[i]);
    }
    return -20.0 * exp(-0.2 * sqrt(sum / (double)d)) - exp(waves / (double)d) + 20.0 +
           exp(1.0);
}

static double rosenbrock(const double *x, size_t d)
{
    double sum = 0.0;
    for (size_t i = 0; i + 1 < d; i++)
        sum += 100.0 * square(x[i + 1] - x[i] * x[i]) + square(1.0 - x[i]);
    return sum;
}

static double levy(const double *x, size_t d)
{
    double last = 1.0 + (x[d - 1] - 1.0) / 4.0;
    double sum = square(sin(pi * (1.0 + (x[0] - 1.0) / 4.0))) +
                 square(last - 1.0) * (1.0 + square(sin(2.0 * pi * last)));
    for (size_t i = 0; i + 1 < d; i++) {
        double w = 1.0 + (x[i] - 1.0) / 4.0;
        sum += square(w - 1.0) * (1.0 + 10.0 * square(sin(pi * w + 1.0)));
    }
    return sum;
}

static double griewank(const double *x, size_t d)
{
    double sum = 0.0, product = 1.0;
    for (size_t i = 0; i < d; i++) {
        sum += x[i] * x[i] / 4000.0;
        product *= cos(x[i] / sqrt((double)i + 1.0));
    }
    return sum - product + 1.0;
}

static double styblinski_tang(const double *x, size_t d)
{
    double sum = 0.0;
    for (size_t i = 0; i < d; i++)
        sum += square(square(x[i])) - 16.0 * square(x[i]) + 5.0 * x[i];
    return sum / 2.0;
}

static void fill(double *x, size_t d, double value)
{
    for (size_t i = 0; i < d; i++)
        x[i] = value;
}

static void zeros(double *x, size_t d)
{
    fill(x, d, 0.0);
}

static void ones(double *x, size_t d)
{
    fill(x, d, 1.0);
}

static void styblinski_tang_optimiser(double *x, size_t d)
{
    fill(x, d, -2.9035340277711770951);
}

static const bench_function all[] = {
    {.name = "branin",
     .dim = 2,
     .box = branin_box,
     .group = "smooth",
     .value = branin,
     .value_at = branin_at,
     .optimum = 0.39788735772973816,
     .optimiser = branin_optimiser,
     .source = "Dixon & Szego 1978"},
    {.name = "hartmann3",
     .dim = 3,
     .high = 1.0,
     .group = "smooth",
     .value = hartmann3,
     .value_at = hartmann3_at,
     .optimum = -3.8627797873327,
     .optimiser = hartmann3_optimiser,
     .source = "Hartman 1973; Dixon & Szego 1978"},
    {.name = "hartmann6",
     .dim = 6,
     .high = 1.0,
     .group = "smooth",
     .value = hartmann6,
     .value_at = hartmann6_at,
     .optimum = -3.3223680114155,
     .optimiser = hartmann6_optimiser,
     .source = "Hartman 1973; Dixon & Szego 1978"},
    {.name = "currin",
     .dim = 2,
     .high = 1.0,
     .group = "smooth",
     .value = currin,
     .value_at = currin_at,
     .optimum = -13.798722044728434,
     .optimiser = currin_optimiser,
     .source = "Currin et al. 1988"},
    {.name = "ackley",
     .min_dim = 1,
     .low = -32.768,
     .high = 32.768,
     .group = "rugged",
     .shiftable = true,
     .value = ackley,
     .optimiser = zeros,
     .source = "Ackley 1987"},
    {.name = "rosenbrock",
     .min_dim = 2,
     .low = -5.0,
     .high = 10.0,
     .group = "smooth",
     .shiftable = true,
     .value = rosenbrock,
     .optimiser = ones,
     .source = "Rosenbrock 1960"},
    {.name = "levy",
     .min_dim = 1,
     .low = -10.0,
     .high = 10.0,
     .group = "rugged",
     .shiftable = true,
     .value = levy,
     .optimiser = ones,
     .source = "Levy & Montalvo 1985"},
    {.name = "griewank",
     .min_dim = 1,
     .low = -600.0,
     .high = 600.0,
     .group = "rugged",
     .shiftable = true,
     .value = griewank,
     .optimiser = zeros,
     .source = "Griewank 1981"},
    {.name = "styblinskitang",
     .min_dim = 1,
     .low = -5.0,
     .high = 5.0,
     .group = "rugged",
     .shiftable = true,
     .value = styblinski_tang,
     .optimum = -39.166165703771419,
     .optimum_per_dim = true,
     .optimiser = styblinski_tang_optimiser,
     .source = "Styblinski & Tang 1990"},
};

const bench_function *const bench_functions[] = {&all[0], &all[1], &all[2], &all[3],
                                                 &all[4], &all[5], &all[6], &all[7],
                                                 &all[8], NULL};

const bench_function *bench_function_find(const char *name, size_t length)
{
    for (size_t i = 0; bench_functions[i]; i++)
        if (strlen(bench_functions[i]->name) == length &&
            memcmp(bench_functions[i]->name, name, length) == 0)
            return bench_functions[i];
    return NULL;
}

double bench_function_optimum(const bench_function *function, size_t d)
{
    return function->optimum_per_dim ? function->optimum * (double)d
                                     : function->optimum;
}
