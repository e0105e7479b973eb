/* What the parts of `calibrate` share: tasks with the curves of many configurations. */
#ifndef BENCH_CALIBRATE_H
#define BENCH_CALIBRATE_H

#include "command.h"

enum { CALIBRATE_STEPS = 64, CALIBRATE_CURVES = 1000 };

typedef struct {
    char name[192];
    size_t n, steps;
    double (*loss)[CALIBRATE_STEPS]; /* [n][steps], may be NaN */
    double (*y)[CALIBRATE_STEPS];    /* the same mapped to [0,1]: least loss .. 99th
                                        percentile of first losses, cut there */
} calibrate_task;

/* Ends the program with words when something fails. */
void calibrate_load(calibrate_task *task, const char *name,
                    const bench_problem_options *options);
/* Curves made here: "made/noise" (equal but for noise), "made/crossing" (the slower a
 * curve falls the lower it ends), "made/late" (a fifth falls only in the second half).
 */
void calibrate_make(calibrate_task *task, const char *name);
void calibrate_unload(calibrate_task *task);
_Noreturn void calibrate_die(const char *words);
double calibrate_cpu_us(void); /* of this thread */
int calibrate_ascending(const void *a, const void *b); /* of doubles, for qsort */

/* One task after the other, by prefix and half. */
typedef struct {
    const bench_command *command;
    const char *prefix;
    void (*study)(void *ctx, const calibrate_task *task);
    void *ctx;
    size_t seen;
} calibrate_walk;
void calibrate_tasks(calibrate_walk *walk);

void calibrate_extrapolation(const bench_command *command);
void calibrate_pruner(const bench_command *command);

#endif
