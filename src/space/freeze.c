/* From a definition to a space that can be searched, and reading what it became. */
#include "space/model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void fill_dim(fid__param *param, size_t p, fid_dim *dim)
{
    *dim = (fid_dim){.param = p, .kind = param->kind, .levels = param->axis.levels};
    dim->ordered = param->kind != FID_PARAM_CATEGORICAL;
    dim->scale = param->axis.scale;
    dim->has_default = param->has_default;
    dim->has_prior = param->prior.kind != FID__PRIOR_NONE;
    dim->default_u = 0.5;
    if (param->has_default)
        (void)fid__axis_coordinate(&param->axis, &param->given, &dim->default_u);
    else if (param->kind == FID_PARAM_CATEGORICAL || param->kind == FID_PARAM_ORDERED)
        dim->default_u = fid__axis_centre(&param->axis, 0);
    else
        dim->default_u = fid__axis_snap(&param->axis, 0.5);
}

static void make_dims(fid_space *space)
{
    for (size_t p = 0; p < space->n_params; p++) {
        fid__param *param = &space->params[p];
        param->dim = FID__NO_DIM;
        if (param->kind == FID_PARAM_FIXED)
            continue;
        param->dim = space->dim;
        fill_dim(param, p, &space->dims[space->dim++]);
    }
}

/* --- Conditions and constraints. */

static fid_status bind_all(fid_space *space, fid_error *err)
{
    for (size_t p = 0; p < space->n_params; p++) {
        fid__param *param = &space->params[p];
        for (size_t w = 0; w < param->n_whens; w++)
            FID_TRY(fid__expr_bind(&param->whens[w], space,
                                   (fid__expr_owner){.param = param->name}, err));
        space->has_conditions |= param->n_whens > 0;
    }
    for (size_t c = 0; c < space->n_constraints; c++)
        FID_TRY(
            fid__expr_bind(&space->constraints[c], space, (fid__expr_owner){0}, err));
    return FID_OK;
}

static bool reads_only(const fid__param *param, const bool *placed)
{
    for (size_t w = 0; w < param->n_whens; w++)
        for (size_t i = 0; i < param->whens[w].n_names; i++)
            if (!placed[param->whens[w].params[i]])
                return false;
    return true;
}

/* Each parameter behind all that its condition reads, else in order of addition. */
static fid_status topological(fid_space *space, fid_error *err)
{
    bool placed[FID__MAX_PARAMS] = {false};
    size_t n = 0;
    for (size_t before = 0; n < space->n_params; before = n) {
        for (size_t p = 0; p < space->n_params; p++)
            if (!placed[p] && reads_only(&space->params[p], placed)) {
                placed[p] = true;
                space->order[n++] = p;
            }
        if (n > before)
            continue;
        size_t p = 0;
        while (placed[p])
            p++;
        return fid_error_set(
            err, FID_INVALID,
            "%s: its condition depends on itself, directly or through the "
            "conditions of others",
            space->params[p].name);
    }
    return FID_OK;
}

/* The dimensions that a condition reads, each once, behind `at`; returns their number. */
static size_t collect_parents(const fid_space *space, const fid__param *param,
                              size_t *at)
{
    bool seen[FID__MAX_PARAMS] = {false};
    size_t n = 0;
    for (size_t w = 0; w < param->n_whens; w++)
        for (size_t i = 0; i < param->whens[w].n_names; i++) {
            size_t dim = space->params[param->whens[w].params[i]].dim;
            if (dim == FID__NO_DIM || seen[dim])
                continue;
            seen[dim] = true;
            at[n++] = dim;
        }
    return n;
}

static fid_status make_parents(fid_space *space)
{
    size_t room = 0, used = 0;
    for (size_t p = 0; p < space->n_params; p++)
        for (size_t w = 0; w < space->params[p].n_whens; w++)
            room += space->params[p].whens[w].n_names;
    space->parents = fid_alloc(room, sizeof *space->parents);
    if (!space->parents)
        return FID_NOMEM;
    for (size_t d = 0; d < space->dim; d++) {
        fid_dim *dim = &space->dims[d];
        const fid__param *param = &space->params[dim->param];
        dim->conditional = param->n_whens > 0;
        dim->parents = space->parents + used;
        dim->n_parents = collect_parents(space, param, space->parents + used);
        used += dim->n_parents;
    }
    return FID_OK;
}

/* What the constraints read, and what decides whether that is active. */
static void make_levers(fid_space *space)
{
    bool reads[FID__MAX_PARAMS] = {false};
    for (size_t c = 0; c < space->n_constraints; c++)
        for (size_t i = 0; i < space->constraints[c].n_names; i++)
            reads[space->constraints[c].params[i]] = true;
    for (size_t i = space->n_params; i-- > 0;) { /* children before parents */
        size_t p = space->order[i];
        const fid__param *param = &space->params[p];
        for (size_t w = 0; reads[p] && w < param->n_whens; w++)
            for (size_t k = 0; k < param->whens[w].n_names; k++)
                reads[param->whens[w].params[k]] = true;
        if (reads[p] && param->dim != FID__NO_DIM)
            space->levers[space->n_levers++] = param->dim;
    }
}

/* --- Counting. */

static double free_product(const fid_space *space, const bool *counted,
                           const bool *active)
{
    double product = 1;
    for (size_t d = 0; d < space->dim; d++)
        if (!counted[d] && active[d])
            product *= (double)space->dims[d].levels;
    return product;
}

/* Walk all canonical settings of the n dimensions that conditions read, and multiply by
 * what is active beside them. */
static double count_settings(const fid_space *space, const size_t *read, size_t n,
                             const bool *counted)
{
    enum { MOST = FID__MAX_PARAMS };
    double u[MOST], total = 0;
    bool active[MOST];
    uint64_t level[64] = {0};
    for (size_t d = 0; d < space->dim; d++)
        u[d] = 0.5;
    for (size_t i = 0; i < n;) {
        for (size_t k = 0; k < n; k++)
            u[read[k]] = fid_space_level_u(space, read[k], level[k]);
        fid_space_activity(space, u, active);
        bool first = true; /* of the settings that differ in inactive ones only */
        for (size_t k = 0; k < n; k++)
            first = first && (active[read[k]] || level[k] == 0);
        total += first ? free_product(space, counted, active) : 0;
        for (i = 0; i < n && ++level[i] == space->dims[read[i]].levels; i++)
            level[i] = 0;
    }
    return total;
}

static double count_points(const fid_space *space)
{
    enum { MOST_SETTINGS = 1 << 16 };
    bool counted[FID__MAX_PARAMS] = {false};
    size_t read[64], n = 0;
    double product = 1, settings = 1;
    for (size_t d = 0; d < space->dim; d++) {
        uint64_t levels = space->dims[d].levels;
        product *= levels ? (double)levels : (double)INFINITY;
        for (size_t k = 0; k < space->dims[d].n_parents; k++) {
            size_t parent = space->dims[d].parents[k];
            if (counted[parent])
                continue;
            counted[parent] = true;
            settings *= (double)space->dims[parent].levels;
            if (n < 64)
                read[n++] = parent;
        }
    }
    if (n == 0 || isinf(product) || settings > MOST_SETTINGS)
        return product;
    return count_settings(space, read, n, counted);
}

/* --- Freezing. */

/* A legal point as near to the defaults as can be; given defaults are not touched. */
static bool find_start(fid_space *space, bool keep_given)
{
    enum { POINTS = 10000, STEPS = 2000 };
    bool held[FID__MAX_PARAMS];
    double *u = space->start;
    fid_rng rng = fid_rng_stream(0, FID_RNG_INIT, 0);
    for (size_t d = 0; d < space->dim; d++) {
        held[d] = keep_given && space->dims[d].has_default;
        u[d] = space->dims[d].default_u;
    }
    fid_space_snap(space, u);
    bool found = fid_space_is_legal(space, u);
    for (uint64_t i = 1; !found && i <= POINTS; i++) {
        fid_sobol_point(0, i, space->dim, u);
        for (size_t d = 0; d < space->dim; d++)
            u[d] = held[d] ? space->dims[d].default_u : u[d];
        fid_space_snap(space, u);
        found =
            fid_space_is_legal(space, u) ||
            (i % (POINTS / 10) == 0 && fid__search_legal(space, &rng, held, STEPS, u));
    }
    if (found)
        for (size_t d = 0; d < space->dim; d++)
            space->legal[d] = space->dims[d].default_u;
    if (found)
        fid__search_near(space, space->legal, u);
    memcpy(space->legal, u, space->dim * sizeof *u);
    return found;
}

static fid_status find_legal(fid_space *space, fid_error *err)
{
    if (find_start(space, true))
        return FID_OK;
    const fid__expr *broken =
        fid__broken(&(fid__source){.space = space, .u = space->start});
    if (fid_space_has_default(space) && find_start(space, false))
        return fid_error_set(err, FID_INVALID,
                             "the defaults break the constraint \"%.200s\"",
                             broken->text);
    return fid_error_set(err, FID_INVALID, "no configuration satisfies \"%.200s\"%s",
                         broken->text,
                         space->n_constraints > 1 ? " and the other constraints" : "");
}

static fid_status allocate(fid_space *space)
{
    size_t n = space->n_params;
    space->dims = fid_alloc(n, sizeof *space->dims);
    space->order = fid_alloc(n, sizeof *space->order);
    space->levers = fid_alloc(n, sizeof *space->levers);
    space->start = fid_alloc(n, sizeof *space->start);
    space->legal = fid_alloc(n, sizeof *space->legal);
    return space->dims && space->order && space->levers && space->start && space->legal
               ? FID_OK
               : FID_NOMEM;
}

void fid__thaw(fid_space *space)
{
    free(space->dims);
    free(space->order);
    free(space->parents);
    free(space->levers);
    free(space->start);
    free(space->legal);
    space->dims = NULL;
    space->order = space->parents = space->levers = NULL;
    space->start = space->legal = NULL;
    space->dim = space->n_levers = 0;
    space->frozen = space->has_conditions = false;
}

static fid_status freeze(fid_space *space, fid_error *err)
{
    FID_TRY(bind_all(space, err));
    if (allocate(space) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    FID_TRY(topological(space, err));
    make_dims(space);
    if (make_parents(space) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    make_levers(space);
    space->frozen = true;
    space->cardinality = count_points(space);
    return find_legal(space, err);
}

fid_status fid_space_freeze(fid_space *space, fid_error *err)
{
    if (space->frozen)
        return fid_error_set(err, FID_STATE, "the space is frozen already");
    fid_status status = freeze(space, err);
    if (status != FID_OK)
        fid__thaw(space);
    return status;
}

/* --- Reading. */

size_t fid_space_n_params(const fid_space *space)
{
    return space->n_params;
}

size_t fid_space_dim(const fid_space *space)
{
    return space->dim;
}

const fid_dim *fid_space_dims(const fid_space *space)
{
    return space->dims;
}

const char *fid_space_param_name(const fid_space *space, size_t param)
{
    assert(param < space->n_params);
    return space->params[param].name;
}

fid_param_kind fid_space_param_kind(const fid_space *space, size_t param)
{
    assert(param < space->n_params);
    return space->params[param].kind;
}

size_t fid_space_n_choices(const fid_space *space, size_t param)
{
    assert(param < space->n_params);
    return space->params[param].n_choices;
}

const fid_literal *fid_space_choice(const fid_space *space, size_t param, size_t choice)
{
    assert(param < space->n_params && choice < space->params[param].n_choices);
    return &space->params[param].choices[choice];
}

bool fid_space_find(const fid_space *space, const char *name, size_t *param)
{
    for (size_t p = 0; p < space->n_params; p++)
        if (strcmp(space->params[p].name, name) == 0) {
            *param = p;
            return true;
        }
    return false;
}

double fid_space_cardinality(const fid_space *space)
{
    return space->cardinality;
}

bool fid_space_has_constraints(const fid_space *space)
{
    return space->n_constraints > 0;
}

bool fid_space_has_prior(const fid_space *space)
{
    for (size_t d = 0; d < space->dim; d++)
        if (space->dims[d].has_prior)
            return true;
    return false;
}

bool fid_space_has_default(const fid_space *space)
{
    for (size_t d = 0; d < space->dim; d++)
        if (space->dims[d].has_default)
            return true;
    return false;
}

void fid_space_default_point(const fid_space *space, double *u)
{
    memcpy(u, space->start, space->dim * sizeof *u);
}
