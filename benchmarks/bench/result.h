/* A study's result as one line of JSON, and back. */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "contest.h"

typedef struct {
    char problem[192], method[192], group[32], error[600];
    unsigned seed;
    size_t workers;
    bool whole, timed, ok;
    double budget, best, median;
    bench_trace trace;
} bench_result;

void bench_result_write(const bench_contest *contest, const bench_outcome *outcome,
                        fid_text *out); /* with a newline */
/* For a study whose process died. */
void bench_result_write_lost(const bench_contest *contest, const char *words,
                             fid_text *out);

/* false: not such a line (a line that was cut off by a crash, say). */
bool bench_result_read(bench_result *out, const char *line);
void bench_result_deinit(bench_result *result);

/* What a suite must not run twice: appends "problem|method|seed|workers|whole|budget".
 */
void bench_contest_key(const bench_contest *contest, fid_text *out);
void bench_result_key(const bench_result *result, fid_text *out);

/* All results of a file, in order; later ones replace earlier ones with the same key.
 * *skipped counts lines that are none. */
fid_status bench_results_load(const char *path, bench_result **out, size_t *n,
                              size_t *skipped, fid_error *err);

/* Problems that know no optimum (a sweep, a command) get what the results know: the best
 * of all, and for random search's median that of the studies' first values. */
fid_status bench_results_fill_references(bench_result *results, size_t n);

#endif
