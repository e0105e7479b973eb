/* fidelio/catalog.h -- one table of names to types; the only place that lists every
 * implementation. Arrays end with NULL. */
#ifndef FID_CATALOG_H
#define FID_CATALOG_H

#include <fidelio/exec.h>
#include <fidelio/sampler.h>
#include <fidelio/scheduler.h>
#include <fidelio/store.h>

FID_API const fid_sampler_type *const *fid_catalog_samplers(void);
FID_API const fid_scheduler_type *const *fid_catalog_schedulers(void);
FID_API const fid_store_type *const *fid_catalog_stores(void);

/* By name; NULL when there is none. `bayes` finds the GP sampler. */
FID_API const fid_sampler_type *fid_catalog_sampler(const char *name);
FID_API const fid_scheduler_type *fid_catalog_scheduler(const char *name);

/* What a study gets that names no scheduler; any limit may be 0 = none. `none` without a
 * fidelity or with several objectives, `curve` with a risk, and by measurement
 * (benchmarks/LOG.md) `sha`; but `asha`, which has a result at any time, where trials only
 * stop or the limits may cut the first bracket short: time, or a cost of less than five
 * full trainings, without a number of trials. */
FID_API const fid_scheduler_type *fid_catalog_usual_scheduler(const fid_outline *outline,
                                                              double risk,
                                                              size_t max_trials,
                                                              double max_seconds,
                                                              double max_cost);

/* The nearest name for "did you mean", NULL when none is near. */
FID_API const char *fid_catalog_near_sampler(const char *name);
FID_API const char *fid_catalog_near_scheduler(const char *name);

#endif
