/* A method by name:
 *     SAMPLER[{key=value,...}][+SCHEDULER[{key=value,...}]]     one of ours
 *     PEER:VARIANT                                              another's, by adapter
 * as in `bayes`, `bayes{acquisition=mes}+asha{eta=4}`, `optuna:tpe`. Keys are the members
 * of fid_sampler_options and fid_scheduler_rules that a user may set. The scheduler `auto` is
 * the one that a sweep file gets that names none; `auto` alone is `auto+auto`, other samplers
 * alone train everything in full. */
#ifndef BENCH_METHOD_H
#define BENCH_METHOD_H

#include <fidelio/sampler.h>
#include <fidelio/scheduler.h>

typedef struct {
    char name[192];
    bool is_peer;
    char peer[64], variant[128];
    const fid_sampler_type *sampler;
    fid_sampler_options sampler_options;
    const fid_scheduler_type *scheduler; /* NULL: the usual one of the problem */
    fid_scheduler_rules rules;
    double eta;          /* of the scheduler; 0 = 3 */
    double min_fidelity; /* 0 = the problem's */
    char words[4][160]; /* strings that the options point to */
    size_t n_words;
} bench_method;

/* Options point into *out, which must not move. FID_NOT_FOUND with the nearest name;
 * FID_INVALID: an unknown key or a bad value. */
fid_status bench_method_parse(bench_method *out, const char *name, fid_error *err);

#endif
