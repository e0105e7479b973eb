#include <fidelio/catalog.h>

#include <string.h>

static const fid_sampler_type *const samplers[] = {
    &fid_sampler_auto,      &fid_sampler_gp,    &fid_sampler_thompson_mf,
    &fid_sampler_tpe,       &fid_sampler_cmaes, &fid_sampler_evolution,
    &fid_sampler_random,    &fid_sampler_sobol, &fid_sampler_grid,
    NULL,
};

static const fid_scheduler_type *const schedulers[] = {
    &fid_scheduler_none,      &fid_scheduler_asha,
    &fid_scheduler_hyperband, &fid_scheduler_async_hyperband,
    &fid_scheduler_sha,       &fid_scheduler_pasha,
    &fid_scheduler_median,    &fid_scheduler_percentile,
    &fid_scheduler_patience,  &fid_scheduler_threshold,
    &fid_scheduler_wilcoxon,  &fid_scheduler_curve,
    &fid_scheduler_freeze_thaw,
    NULL,
};

static const fid_store_type *const stores[] = {
    &fid_store_memory,
    &fid_store_sqlite,
    NULL,
};

const fid_sampler_type *const *fid_catalog_samplers(void)
{
    return samplers;
}

const fid_scheduler_type *const *fid_catalog_schedulers(void)
{
    return schedulers;
}

const fid_store_type *const *fid_catalog_stores(void)
{
    return stores;
}

const fid_sampler_type *fid_catalog_sampler(const char *name)
{
    for (const fid_sampler_type *const *type = samplers; *type; type++) {
        if (strcmp((*type)->name, name) == 0)
            return *type;
    }
    return NULL;
}

const fid_scheduler_type *fid_catalog_scheduler(const char *name)
{
    for (const fid_scheduler_type *const *type = schedulers; *type; type++) {
        if (strcmp((*type)->name, name) == 0)
            return *type;
    }
    return NULL;
}

const fid_scheduler_type *fid_catalog_usual_scheduler(const fid_outline *outline,
                                                      double risk, size_t max_trials,
                                                      double max_seconds, double max_cost)
{
    const fid_fidelity *f = &outline->fidelity;
    if (f->mode == FID_MODE_NONE || outline->n_objectives > 1)
        return &fid_scheduler_none;
    if (risk > 0)
        return &fid_scheduler_curve;
    bool cut = max_trials == 0 &&
               (max_seconds > 0 || (max_cost > 0 && max_cost < 5 * f->max));
    return cut || f->mode == FID_MODE_STOP ? &fid_scheduler_asha : &fid_scheduler_sha;
}

/* Keeps `name` when it is nearer to `wanted` than what was found before, and at most
 * half of it is wrong. */
static void consider(const char *name, const char *wanted, size_t *least,
                     const char **best)
{
    size_t distance = fid_edit_distance(name, wanted);
    if (distance < *least && 2 * distance <= strlen(wanted)) {
        *least = distance;
        *best = name;
    }
}

const char *fid_catalog_near_sampler(const char *name)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;
    for (const fid_sampler_type *const *type = samplers; *type; type++)
        consider((*type)->name, name, &least, &best);
    return best;
}

const char *fid_catalog_near_scheduler(const char *name)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;
    for (const fid_scheduler_type *const *type = schedulers; *type; type++)
        consider((*type)->name, name, &least, &best);
    return best;
}
