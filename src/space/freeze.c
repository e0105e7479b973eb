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

static fid_status make_dims(fid_space *space)
{
    space->dims = fid_alloc(space->n_params, sizeof *space->dims);
    space->start = fid_alloc(space->n_params, sizeof *space->start);
    space->legal = fid_alloc(space->n_params, sizeof *space->legal);
    if (!space->dims || !space->start || !space->legal)
        return FID_NOMEM;
    for (size_t p = 0; p < space->n_params; p++) {
        fid__param *param = &space->params[p];
        param->dim = FID__NO_DIM;
        if (param->kind == FID_PARAM_FIXED)
            continue;
        param->dim = space->dim;
        fill_dim(param, p, &space->dims[space->dim++]);
    }
    return FID_OK;
}

fid_status fid_space_freeze(fid_space *space, fid_error *err)
{
    if (space->frozen)
        return fid_error_set(err, FID_STATE, "the space is frozen already");
    if (make_dims(space) != FID_OK)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    space->frozen = true;
    space->cardinality = 1;
    for (size_t d = 0; d < space->dim; d++) {
        uint64_t levels = space->dims[d].levels;
        space->start[d] = space->legal[d] = space->dims[d].default_u;
        space->cardinality *= levels ? (double)levels : (double)INFINITY;
    }
    return FID_OK;
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
    (void)space;
    return false;
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
