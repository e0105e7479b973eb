/* What the files of bbob share. */
#ifndef BENCH_BBOB_PRIVATE_H
#define BENCH_BBOB_PRIVATE_H

#include "bbob.h"

/* The Gallagher functions' peaks. */
typedef struct {
    size_t n;
    double *heights; /* [n] */
    double *places;  /* [n][d], rotated */
    double *scales;  /* [n][d] */
} bench__peaks;

struct bench_bbob {
    unsigned function;
    size_t d;
    double f_opt;
    double *x_opt;   /* [d] */
    double *q, *r;   /* [d][d] rotations, or maps built from them; as each needs */
    double *work[3]; /* [d] each */
    bench__peaks peaks;
    double *block; /* all of the above */
};

/* A function's value without f_opt. */
typedef double bench__bbob_core(bench_bbob *f, const double *x);
extern bench__bbob_core *const bench__bbob_cores[BENCH_BBOB_FUNCTIONS];

/* The exponent i / (d - 1) of a conditioning. */
double bench__along(size_t i, size_t d);
void bench__multiply(const double *matrix, const double *x, double *y, size_t d);

#endif
