/* Rungs and brackets: arithmetic only. */
#ifndef FID_SCHEDULER_LADDER_H
#define FID_SCHEDULER_LADDER_H

#include <fidelio/scheduler.h>

enum { FID__MAX_RUNGS = 64 };

/* How many configurations bracket s starts with (s + 1 rungs, s_max >= s). floor form:
 * floor((s_max + 1) / (s + 1)) eta^s (HpBandSter, DEHB, and the table for R = 81 in Li
 * et al. 2018); ceil form: ceil((s_max + 1) eta^s / (s + 1)) (algorithm 1 there,
 * SMAC3). */
size_t fid__bracket_size(size_t s_max, size_t s, double eta, bool ceil_form);

/* Of n configurations at a bracket's start, how many reach its k-th rung: at least one
 * of floor(n eta^-k). */
size_t fid__rung_size(size_t n, size_t k, double eta);

/* The first floor(n / eta) of n. */
size_t fid__top_size(size_t n, double eta);

/* The ladder into rungs[FID__MAX_RUNGS]; words when the scheduler `name` cannot use the
 * fidelity. */
fid_status fid__ladder_init(const char *name, const fid_scheduler_rules *rules,
                            double *rungs, size_t *n, fid_error *err);

#endif
