#include "bbob_private.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* --- Transformations (section 0.2 of the definitions). */

double bench__along(size_t i, size_t d)
{
    return (double)i / (double)(d - 1);
}

static double oscillate(double x)
{
    if (x == 0.0)
        return 0.0;
    double h = log(fabs(x)) / 0.1;
    if (x > 0.0)
        return pow(exp(h + 0.49 * (sin(h) + sin(0.79 * h))), 0.1);
    return -pow(exp(h + 0.49 * (sin(0.55 * h) + sin(0.31 * h))), 0.1);
}

static void oscillate_all(double *z, size_t d)
{
    for (size_t i = 0; i < d; i++)
        z[i] = oscillate(z[i]);
}

static void skew_all(double *z, size_t d, double beta)
{
    for (size_t i = 0; i < d; i++)
        if (z[i] > 0.0)
            z[i] = pow(z[i], 1.0 + beta * bench__along(i, d) * sqrt(z[i]));
}

static double penalty(const double *x, size_t d)
{
    double sum = 0.0;
    for (size_t i = 0; i < d; i++) {
        double out = fabs(x[i]) - 5.0;
        if (out > 0.0)
            sum += out * out;
    }
    return sum;
}

void bench__multiply(const double *matrix, const double *x, double *y, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        y[i] = 0.0;
        for (size_t j = 0; j < d; j++)
            y[i] += matrix[i * d + j] * x[j];
    }
}

/* work[0] <- x - x_opt */
static double *shifted(bench_bbob *f, const double *x)
{
    for (size_t i = 0; i < f->d; i++)
        f->work[0][i] = x[i] - f->x_opt[i];
    return f->work[0];
}

/* work[1] <- R (x - x_opt) */
static double *turned(bench_bbob *f, const double *x)
{
    bench__multiply(f->r, shifted(f, x), f->work[1], f->d);
    return f->work[1];
}

/* --- The functions, without f_opt. */

static double sphere(bench_bbob *f, const double *x)
{
    double sum = 0.0, *z = shifted(f, x);
    for (size_t i = 0; i < f->d; i++)
        sum += z[i] * z[i];
    return sum;
}

static double ellipsoid_core(const double *z, size_t d)
{
    double sum = 0.0;
    for (size_t i = 0; i < d; i++)
        sum += pow(1e6, bench__along(i, d)) * z[i] * z[i];
    return sum;
}

static double ellipsoid(bench_bbob *f, const double *x)
{
    double *z = shifted(f, x);
    oscillate_all(z, f->d);
    return ellipsoid_core(z, f->d);
}

static double ellipsoid_turned(bench_bbob *f, const double *x)
{
    double *z = turned(f, x);
    oscillate_all(z, f->d);
    return ellipsoid_core(z, f->d);
}

static double rastrigin_core(const double *z, size_t d)
{
    double waves = 0.0, sum = 0.0;
    for (size_t i = 0; i < d; i++) {
        waves += cos(2.0 * pi * z[i]);
        sum += z[i] * z[i];
    }
    return 10.0 * ((double)d - waves) + sum;
}

static double rastrigin(bench_bbob *f, const double *x)
{
    double *z = shifted(f, x);
    oscillate_all(z, f->d);
    skew_all(z, f->d, 0.2);
    for (size_t i = 0; i < f->d; i++)
        z[i] *= pow(sqrt(10.0), bench__along(i, f->d));
    return rastrigin_core(z, f->d);
}

static double buche_rastrigin(bench_bbob *f, const double *x)
{
    double *z = shifted(f, x);
    oscillate_all(z, f->d);
    for (size_t i = 0; i < f->d; i++) {
        double scale = pow(sqrt(10.0), bench__along(i, f->d));
        z[i] *= z[i] > 0.0 && i % 2 == 0 ? 10.0 * scale : scale;
    }
    return rastrigin_core(z, f->d) + 100.0 * penalty(x, f->d);
}

static double linear_slope(bench_bbob *f, const double *x)
{
    double sum = 0.0;
    for (size_t i = 0; i < f->d; i++) {
        double slope = pow(10.0, bench__along(i, f->d));
        double z = x[i] * f->x_opt[i] < 25.0 ? x[i] : f->x_opt[i];
        sum += 5.0 * slope - (f->x_opt[i] > 0.0 ? slope : -slope) * z;
    }
    return sum;
}

static double attractive_sector(bench_bbob *f, const double *x)
{
    double sum = 0.0, *z = f->work[1];
    bench__multiply(f->q, shifted(f, x), z, f->d);
    for (size_t i = 0; i < f->d; i++) {
        double s = z[i] * f->x_opt[i] > 0.0 ? 100.0 : 1.0;
        sum += s * s * z[i] * z[i];
    }
    return pow(oscillate(sum), 0.9);
}

static double step_ellipsoid(bench_bbob *f, const double *x)
{
    size_t d = f->d;
    double *z = f->work[1], *w = f->work[2];
    bench__multiply(f->q, shifted(f, x), z, d);
    for (size_t i = 0; i < d; i++)
        z[i] *= sqrt(pow(10.0, bench__along(i, d)));
    double first = z[0], sum = 0.0;
    for (size_t i = 0; i < d; i++)
        z[i] = fabs(z[i]) > 0.5 ? floor(z[i] + 0.5) : floor(10.0 * z[i] + 0.5) / 10.0;
    bench__multiply(f->r, z, w, d);
    for (size_t i = 0; i < d; i++)
        sum += pow(100.0, bench__along(i, d)) * w[i] * w[i];
    return 0.1 * fmax(fabs(first) * 1e-4, sum) + penalty(x, d);
}

static double rosenbrock_core(const double *z, size_t d)
{
    double sum = 0.0;
    for (size_t i = 0; i + 1 < d; i++) {
        double bend = z[i] * z[i] - z[i + 1], away = z[i] - 1.0;
        sum += 100.0 * bend * bend + away * away;
    }
    return sum;
}

static double valley_scale(size_t d)
{
    return fmax(1.0, sqrt((double)d) / 8.0);
}

static double rosenbrock(bench_bbob *f, const double *x)
{
    double *z = shifted(f, x);
    for (size_t i = 0; i < f->d; i++)
        z[i] = valley_scale(f->d) * z[i] + 1.0;
    return rosenbrock_core(z, f->d);
}

/* work[0] <- scale * R x + 0.5 */
static double *valley(bench_bbob *f, const double *x)
{
    bench__multiply(f->r, x, f->work[0], f->d);
    for (size_t i = 0; i < f->d; i++)
        f->work[0][i] = valley_scale(f->d) * f->work[0][i] + 0.5;
    return f->work[0];
}

static double rosenbrock_turned(bench_bbob *f, const double *x)
{
    return rosenbrock_core(valley(f, x), f->d);
}

static double discus(bench_bbob *f, const double *x)
{
    double *z = turned(f, x);
    oscillate_all(z, f->d);
    double sum = 1e6 * z[0] * z[0];
    for (size_t i = 1; i < f->d; i++)
        sum += z[i] * z[i];
    return sum;
}

static double bent_cigar(bench_bbob *f, const double *x)
{
    double *z = turned(f, x), *w = f->work[2];
    skew_all(z, f->d, 0.5);
    bench__multiply(f->r, z, w, f->d);
    double sum = w[0] * w[0];
    for (size_t i = 1; i < f->d; i++)
        sum += 1e6 * w[i] * w[i];
    return sum;
}

static double sharp_ridge(bench_bbob *f, const double *x)
{
    double sum = 0.0, *z = f->work[1];
    bench__multiply(f->q, shifted(f, x), z, f->d);
    for (size_t i = 1; i < f->d; i++)
        sum += z[i] * z[i];
    return z[0] * z[0] + 100.0 * sqrt(sum);
}

static double different_powers(bench_bbob *f, const double *x)
{
    double sum = 0.0, *z = turned(f, x);
    for (size_t i = 0; i < f->d; i++)
        sum += pow(fabs(z[i]), 2.0 + 4.0 * bench__along(i, f->d));
    return sqrt(sum);
}

static double rastrigin_turned(bench_bbob *f, const double *x)
{
    double *z = turned(f, x);
    oscillate_all(z, f->d);
    skew_all(z, f->d, 0.2);
    bench__multiply(f->q, z, f->work[2], f->d);
    return rastrigin_core(f->work[2], f->d);
}

static double weierstrass(bench_bbob *f, const double *x)
{
    size_t d = f->d;
    double *z = turned(f, x), *w = f->work[2], sum = 0.0, base = 0.0;
    oscillate_all(z, d);
    bench__multiply(f->q, z, w, d);
    double amplitude = 1.0, frequency = 1.0;
    for (int k = 0; k < 12; k++) {
        for (size_t i = 0; i < d; i++)
            sum += amplitude * cos(2.0 * pi * (w[i] + 0.5) * frequency);
        base += amplitude * cos(pi * frequency);
        amplitude *= 0.5;
        frequency *= 3.0;
    }
    double mean = sum / (double)d - base;
    return 10.0 * mean * mean * mean + 10.0 / (double)d * penalty(x, d);
}

static double schaffers(bench_bbob *f, const double *x, double cond)
{
    size_t d = f->d;
    double *z = turned(f, x), *w = f->work[2], sum = 0.0;
    skew_all(z, d, 0.5);
    bench__multiply(f->q, z, w, d);
    for (size_t i = 0; i < d; i++)
        w[i] *= pow(sqrt(cond), bench__along(i, d));
    for (size_t i = 0; i + 1 < d; i++) {
        double s = w[i] * w[i] + w[i + 1] * w[i + 1];
        double wave = sin(50.0 * pow(s, 0.1));
        sum += pow(s, 0.25) * (1.0 + wave * wave);
    }
    sum /= (double)(d - 1);
    return sum * sum + 10.0 * penalty(x, d);
}

static double schaffers_10(bench_bbob *f, const double *x)
{
    return schaffers(f, x, 10.0);
}

static double schaffers_1000(bench_bbob *f, const double *x)
{
    return schaffers(f, x, 1000.0);
}

static double griewank_rosenbrock(bench_bbob *f, const double *x)
{
    double sum = 0.0, *z = valley(f, x);
    for (size_t i = 0; i + 1 < f->d; i++) {
        double bend = z[i] * z[i] - z[i + 1], away = 1.0 - z[i];
        double s = 100.0 * bend * bend + away * away;
        sum += s / 4000.0 - cos(s);
    }
    return 10.0 + 10.0 * sum / (double)(f->d - 1);
}

static double schwefel(bench_bbob *f, const double *x)
{
    size_t d = f->d;
    double *hat = f->work[0], *z = f->work[1], out = 0.0, sum = 0.0;
    for (size_t i = 0; i < d; i++)
        hat[i] = f->x_opt[i] < 0.0 ? -2.0 * x[i] : 2.0 * x[i];
    for (size_t i = 0; i < d; i++) {
        double centre = 2.0 * fabs(f->x_opt[i]);
        z[i] = hat[i];
        if (i > 0)
            z[i] += 0.25 * (hat[i - 1] - 2.0 * fabs(f->x_opt[i - 1]));
        z[i] = 100.0 * (pow(sqrt(10.0), bench__along(i, d)) * (z[i] - centre) + centre);
        sum += z[i] * sin(sqrt(fabs(z[i])));
        if (fabs(z[i]) > 500.0)
            out += (fabs(z[i]) - 500.0) * (fabs(z[i]) - 500.0);
    }
    return 0.01 * (out + 418.9828872724339 - sum / (double)d);
}

static double gallagher(bench_bbob *f, const double *x)
{
    size_t d = f->d;
    double *z = f->work[0], highest = 0.0;
    bench__multiply(f->r, x, z, d);
    for (size_t i = 0; i < f->peaks.n; i++) {
        double distance = 0.0;
        for (size_t j = 0; j < d; j++) {
            double away = z[j] - f->peaks.places[i * d + j];
            distance += f->peaks.scales[i * d + j] * away * away;
        }
        highest = fmax(highest, f->peaks.heights[i] * exp(-0.5 / (double)d * distance));
    }
    double depth = oscillate(10.0 - highest);
    return depth * depth + penalty(x, d);
}

static double katsuura(bench_bbob *f, const double *x)
{
    size_t d = f->d;
    double *z = f->work[1], product = 1.0;
    bench__multiply(f->q, shifted(f, x), z, d);
    for (size_t i = 0; i < d; i++) {
        double sum = 0.0, power = 2.0;
        for (int j = 1; j <= 32; j++, power *= 2.0)
            sum += fabs(power * z[i] - floor(power * z[i] + 0.5)) / power;
        product *= 1.0 + (double)(i + 1) * sum;
    }
    double n = (double)d;
    return 10.0 / n / n * (pow(product, 10.0 / pow(n, 1.2)) - 1.0) + penalty(x, d);
}

static double lunacek(bench_bbob *f, const double *x)
{
    size_t d = f->d;
    double n = (double)d, mu0 = 2.5;
    double s = 1.0 - 0.5 / (sqrt(n + 20.0) - 4.1), mu1 = -sqrt((mu0 * mu0 - 1.0) / s);
    double *hat = f->work[0], *w = f->work[1], *z = f->work[2];
    double near = 0.0, far = 0.0, waves = 0.0;
    for (size_t i = 0; i < d; i++) {
        hat[i] = (f->x_opt[i] < 0.0 ? -2.0 * x[i] : 2.0 * x[i]) - mu0;
        near += hat[i] * hat[i];
        far += (hat[i] + mu0 - mu1) * (hat[i] + mu0 - mu1);
    }
    bench__multiply(f->q, hat, w, d);
    for (size_t i = 0; i < d; i++)
        w[i] *= pow(10.0, bench__along(i, d));
    bench__multiply(f->r, w, z, d);
    for (size_t i = 0; i < d; i++)
        waves += cos(2.0 * pi * z[i]);
    return fmin(near, n + s * far) + 10.0 * (n - waves) + 1e4 * penalty(x, d);
}

bench__bbob_core *const bench__bbob_cores[BENCH_BBOB_FUNCTIONS] = {sphere,
                                                                   ellipsoid,
                                                                   rastrigin,
                                                                   buche_rastrigin,
                                                                   linear_slope,
                                                                   attractive_sector,
                                                                   step_ellipsoid,
                                                                   rosenbrock,
                                                                   rosenbrock_turned,
                                                                   ellipsoid_turned,
                                                                   discus,
                                                                   bent_cigar,
                                                                   sharp_ridge,
                                                                   different_powers,
                                                                   rastrigin_turned,
                                                                   weierstrass,
                                                                   schaffers_10,
                                                                   schaffers_1000,
                                                                   griewank_rosenbrock,
                                                                   schwefel,
                                                                   gallagher,
                                                                   gallagher,
                                                                   katsuura,
                                                                   lunacek};
