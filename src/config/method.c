/* `method`: which sampler proposes, by name or with its options. */
#include "config/draft.h"

#include <fidelio/catalog.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const noises[] = {"unknown", "noisy", "none", NULL};

typedef struct {
    const char *name;
    fid_sampler_options options;
    int noise;
} method;

#define AT(member) .offset = offsetof(method, member)
static const fid__field fields[] = {
    {.key = "name", .read = fid__read_text, AT(name), .required = true},
    {.key = "initial",
     .read = fid__read_count,
     AT(options.n_initial),
     .low = 1,
     .high = 1e6},
    {.key = "acquisition", .read = fid__read_text, AT(options.acquisition)},
    {.key = "model", .read = fid__read_text, AT(options.model)},
    {.key = "noise", .read = fid__read_choice, AT(noise), .words = noises},
    {.key = "deadline",
     .read = fid__read_seconds,
     AT(options.deadline),
     .high = 3600,
     .above = true},
};
#undef AT

static fid__remedy near_method(const char *name)
{
    const fid_sampler_type *const *types = fid_catalog_samplers();
    enum { MOST = 32 };
    const char *names[MOST];
    size_t n = 0, used = 0;
    for (; types[n] && n < MOST; n++)
        names[n] = types[n]->name;
    fid__remedy remedy = fid__did_you_mean(name, names, n);
    if (*remedy.text)
        return remedy;
    for (size_t i = 0; i < n && used < sizeof remedy.text; i++)
        used += (size_t)snprintf(remedy.text + used, sizeof remedy.text - used, "%s%s",
                                 i ? ", " : "there are: ", names[i]);
    return remedy;
}

void fid__read_method(fid__walk *w, const fid__field *field, const fid__node *node,
                      const char *where, void *into)
{
    enum { N = sizeof fields / sizeof *fields };
    method given = {0};
    (void)field;
    (void)into;
    w->draft->method = node;
    if (node->kind == FID__MAP)
        (void)fid__read_map(w, fields, N, node, where, &given);
    else
        (void)fid__want_text(w, node, where, &given.name);
    if (!given.name)
        return;
    given.options.noisy = given.noise == 1;
    given.options.deterministic = given.noise == 2;
    w->sweep->method = given.name;
    w->sweep->sampler_options = given.options;
    w->sweep->sampler = fid_catalog_sampler(given.name);
    if (!w->sweep->sampler)
        fid__error(w->log, node->mark, near_method(given.name).text,
                   "method: there is no '%s'",
                   fid__show(given.name, strlen(given.name)).text);
}

/* The sampler's own init knows whether it serves this space: a grid does not serve a
 * continuous range. */
void fid__try_sampler(fid__walk *w)
{
    fid_sweep *sweep = w->sweep;
    const fid_fidelity *fidelity = &sweep->outline.fidelity;
    bool sound = fidelity->min > 0 && fidelity->max >= fidelity->min &&
                 fidelity->eta > 1;
    if (!sweep->sampler || !sweep->space || sweep->outline.n_metrics == 0 || !sound)
        return;
    fid_sampler_options options = sweep->sampler_options;
    options.seed = sweep->seed;
    options.n_parallel = sweep->resources.parallel;
    options.max_budget = sweep->outline.fidelity.max;
    fid_error err = {0};
    void *state = fid_alloc(1, sweep->sampler->state_size);
    fid_status status = state ? sweep->sampler->init(state, sweep->space,
                                                     &sweep->outline, &options, &err)
                              : FID_NOMEM;
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else if (status != FID_OK)
        fid__error(w->log, w->draft->method ? w->draft->method->mark : (fid__mark){0},
                   NULL, "method: %s", err.message);
    if (state && sweep->sampler->deinit)
        sweep->sampler->deinit(state);
    free(state);
}
