/* A report's figures as gnuplot scripts for papers: each holds its data and writes a PDF
 * of its own name, so `gnuplot *.gp` is all. */
#ifndef BENCH_GNUPLOT_H
#define BENCH_GNUPLOT_H

#include "table.h"

/* Into a folder, which is made: N-regret-AXIS.gp, N-rank-AXIS.gp, N-time.gp (decision time)
 * and N-difference.gp (critical differences) for the arena number N. FID_IO with words. */
fid_status bench_gnuplot_write(const char *folder, const bench_table *tables, size_t n,
                               const char *against, fid_error *err);

#endif
