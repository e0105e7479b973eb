/* The 24 noiseless BBOB functions at any dimension >= 2 and instance >= 1, written from
 * Hansen, Finck, Ros & Auger, "Real-Parameter Black-Box Optimization Benchmarking 2009:
 * Noiseless Functions Definitions" (INRIA RR-6829), with the random shifts and
 * rotations of the reference experiment, so that values agree with COCO's `bbob` suite
 * (checked in tests/unit/bench/test_bbob.c). The domain is [-5,5]^d. */
#ifndef BENCH_BBOB_H
#define BENCH_BBOB_H

#include <stddef.h>

enum { BENCH_BBOB_FUNCTIONS = 24 };

typedef struct bench_bbob bench_bbob;

/* NULL when out of memory; function 1..24, dim >= 2, instance >= 1. */
bench_bbob *bench_bbob_create(unsigned function, size_t dim, unsigned instance);
void bench_bbob_destroy(bench_bbob *bbob);

/* Not safe from two threads at once on the same object: it owns the scratch memory. */
double bench_bbob_value(bench_bbob *bbob, const double *x);
double bench_bbob_optimum(const bench_bbob *bbob); /* f_opt */
const char *bench_bbob_title(unsigned function);
/* "smooth" or "rugged" */
const char *bench_bbob_group(unsigned function);

/* Shared by the files of bbob. */
void bench__bbob_uniform(double *r, size_t n, long seed);
void bench__bbob_normal(double *g, size_t n, long seed);
void bench__bbob_rotation(double *matrix, long seed, size_t d); /* row-major */
void bench__bbob_shift(double *x, long seed, size_t d);
double bench__bbob_value_shift(unsigned function, unsigned instance);

#endif
