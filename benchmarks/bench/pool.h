/* A sampler that searches a table's rows: it asks another sampler and takes the nearest
 * row that was not proposed yet, so that the study holds the row's own configuration.
 */
#ifndef BENCH_POOL_H
#define BENCH_POOL_H

#include "problems/problem.h"

#include <fidelio/sampler.h>

/* *out is one static object: a process can have one at a time. */
fid_status bench_pool_sampler(const fid_sampler_type **out,
                              const fid_sampler_type *inner, const bench_pool *pool,
                              fid_error *err);

/* The nearest row to u with used[row] false; SIZE_MAX when there is none. */
size_t bench_pool_nearest(const bench_pool *pool, size_t dim, const double *u,
                          const bool *used);

#endif
