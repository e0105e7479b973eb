/* Closed-form test functions, as published; all are minimised. Formulas and optima
 * after Surjanovic & Bingham, "Virtual Library of Simulation Experiments", and the
 * papers named at each. No shift, no scaling, no noise: analytic.c adds those. */
#ifndef BENCH_FUNCTIONS_H
#define BENCH_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *name;
    size_t dim; /* 0: any dimension >= min_dim */
    size_t min_dim;
    double low, high;       /* the same for every coordinate, unless `box` is set */
    const double (*box)[2]; /* [dim] bounds, or NULL */
    const char *group;      /* smooth | rugged */
    bool shiftable; /* the optimum is global over all of R^d, so it may be moved */
    double (*value)(const double *x, size_t d);
    /* The same at a fidelity z in [0,1], value(x) at z = 1; NULL: there is none. `bias`
     * scales how much lower fidelities lie. */
    double (*value_at)(const double *x, size_t d, double z, double bias);
    double optimum; /* per coordinate when optimum_per_dim */
    bool optimum_per_dim;
    void (*optimiser)(double *x, size_t d); /* a global minimiser */
    const char *source;
} bench_function;

extern const bench_function *const bench_functions[]; /* ends with NULL */

const bench_function *bench_function_find(const char *name, size_t length);
double bench_function_optimum(const bench_function *function, size_t d);

#endif
