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

/* The nearest name for "did you mean", NULL when none is near. */
FID_API const char *fid_catalog_near_sampler(const char *name);
FID_API const char *fid_catalog_near_scheduler(const char *name);

#endif
