/* Known optima and medians of problems that cannot tell them: a text file of lines
 *     NAME whole|curve BEST MEDIAN EVALUATIONS
 * in losses, written by `fidelio-bench reference`. */
#ifndef BENCH_REFERENCE_H
#define BENCH_REFERENCE_H

#include "problem.h"

/* Sets best and median where they are NaN: from the file when it has the problem, else
 * from a small sample (which later runs will beat). */
fid_status bench__reference_apply(bench_problem *problem,
                                  const bench_problem_options *options, fid_error *err);

#endif
