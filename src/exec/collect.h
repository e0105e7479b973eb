/* collect.h -- metrics out of a program's output. Pure.
 *
 * Every rule is tried once on every line of its stream. Named groups are metrics, the
 * group `step` is the step. What all rules find on one line becomes one report line, in
 * the JSON form of report.h. A rule that finds a step and no metric sets the step for the
 * reports that follow on the same stream without one ("Epoch 3/10", then "loss: 0.5").
 * Escape sequences for colour and cursor are removed before the match. A match that
 * exceeds PCRE2's limits counts as none. */
#ifndef EXEC_COLLECT_H
#define EXEC_COLLECT_H

#include <fidelio/exec.h>

typedef struct fid__collector fid__collector;

/* Rules are compiled and copied. FID_INVALID names the rule and, for a regex that does not
 * compile, err->column the place in it. */
fid_status fid__collector_create(fid__collector **out, const fid_collect *rules,
                                 size_t n, double budget_done, fid_error *err);
void fid__collector_destroy(fid__collector *collector);
bool fid__collector_wants(const fid__collector *collector, fid_collect_source from);

/* Append what the line says to `out`: nothing, or one line of JSON and a newline. */
void fid__collector_take(fid__collector *collector, fid_collect_source from,
                         const char *line, size_t n, fid_text *out);

#endif
