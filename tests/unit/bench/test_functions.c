/* Optima as published (see functions.h), and that nothing near them is lower. */
#include "check.h"

#include "problems/functions.h"

TEST(optima_are_where_they_are_said_to_be)
{
    for (size_t i = 0; bench_functions[i]; i++) {
        const bench_function *f = bench_functions[i];
        size_t d = f->dim ? f->dim : 5;
        double x[8], optimum = bench_function_optimum(f, d);
        f->optimiser(x, d);
        CHECK_NEAR(f->value(x, d), optimum, 1e-7);
        for (size_t k = 0; k < 2 * d; k++) {
            double step = k % 2 ? 1e-3 : -1e-3, kept = x[k / 2];
            x[k / 2] += step;
            if (!(f->high == 1.0 && (x[k / 2] < 0.0 || x[k / 2] > 1.0)))
                CHECK(f->value(x, d) >= optimum - 1e-9);
            x[k / 2] = kept;
        }
    }
}

/* Values at (0.1, 0.2, ...) worked out by hand or from the papers' tables. */
TEST(values_elsewhere_are_right)
{
    double x[] = {0.0, 0.0}, y[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    CHECK_NEAR(bench_functions[0]->value(x, 2), 55.602112642270264, 1e-12); /* branin */
    CHECK_NEAR(bench_functions[2]->value(y, 6), -0.5053149917022333,
               1e-9); /* hartmann6 */
    CHECK_NEAR(bench_function_find("rosenbrock", 10)->value(x, 2), 1.0, 1e-15);
    CHECK_NEAR(bench_function_find("griewank", 8)->value(x, 2), 0.0, 1e-15);
}

TEST(the_highest_fidelity_is_the_function)
{
    double x[] = {0.3, 0.6, 0.2, 0.7, 0.4, 0.9};
    for (size_t i = 0; bench_functions[i]; i++) {
        const bench_function *f = bench_functions[i];
        if (!f->value_at)
            continue;
        CHECK(f->value_at(x, f->dim, 1.0, 3.0) == f->value(x, f->dim));
        CHECK(f->value_at(x, f->dim, 0.1, 3.0) != f->value(x, f->dim));
    }
}

int main(void)
{
    RUN(optima_are_where_they_are_said_to_be);
    RUN(values_elsewhere_are_right);
    RUN(the_highest_fidelity_is_the_function);
    DONE();
}
