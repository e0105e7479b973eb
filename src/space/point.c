/* Points and configurations. The calls here run thousands of times for one suggestion:
 * they allocate nothing. */
#include "space/model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

fid_value fid__source_value(const fid__source *source, size_t param)
{
    const fid__param *p = &source->space->params[param];
    if (p->kind == FID_PARAM_FIXED)
        return (fid_value){.active = true};
    if (source->u)
        return fid__axis_value(&p->axis, source->u[p->dim]);
    return source->config[param];
}

static bool names_active(const fid__expr *expr, const bool *active)
{
    for (size_t i = 0; i < expr->n_names; i++)
        if (!active[expr->params[i]])
            return false;
    return true;
}

static bool is_active(const fid__param *param, const fid__source *source,
                      const bool *active)
{
    for (size_t w = 0; w < param->n_whens; w++)
        if (!names_active(&param->whens[w], active) ||
            !fid__expr_holds(&param->whens[w], source))
            return false;
    return true;
}

void fid__activity(const fid__source *source, bool *active)
{
    const fid_space *space = source->space;
    memset(active, true, space->n_params);
    if (!space->has_conditions)
        return;
    for (size_t i = 0; i < space->n_params; i++) {
        size_t p = space->order[i];
        if (space->params[p].n_whens)
            active[p] = is_active(&space->params[p], source, active);
    }
}

void fid_space_decode(const fid_space *space, const double *u, fid_value *config)
{
    bool active[FID__MAX_PARAMS];
    fid__source source = {.space = space, .u = u};
    fid__activity(&source, active);
    for (size_t p = 0; p < space->n_params; p++)
        config[p] = active[p] ? fid__source_value(&source, p) : (fid_value){0};
}

static fid_status encode_one(const fid__param *param, const fid_value *value, double *u,
                             fid_error *err)
{
    if (param->kind == FID_PARAM_FIXED)
        return FID_OK;
    if (fid__axis_coordinate(&param->axis, value, &u[param->dim]))
        return FID_OK;
    if (param->kind == FID_PARAM_CATEGORICAL || param->kind == FID_PARAM_ORDERED)
        return fid_error_set(err, FID_INVALID, "%s: there is no choice number %zu",
                             param->name, value->choice);
    fid_literal literal = fid__param_literal(param, value);
    return fid__param_value(param, &literal, &(fid_value){0}, err);
}

fid_status fid_space_encode(const fid_space *space, const fid_value *config, double *u,
                            fid_error *err)
{
    bool active[FID__MAX_PARAMS];
    for (size_t d = 0; d < space->dim; d++)
        u[d] = 0.5;
    for (size_t p = 0; p < space->n_params; p++)
        if (config[p].active)
            FID_TRY(encode_one(&space->params[p], &config[p], u, err));
    fid__activity(&(fid__source){.space = space, .config = config}, active);
    for (size_t p = 0; p < space->n_params; p++)
        if (active[p] != config[p].active)
            return fid_error_set(err, FID_INVALID,
                                 "%s: has %s value, but its condition %s",
                                 space->params[p].name, active[p] ? "no" : "a",
                                 active[p] ? "holds" : "does not hold");
    return FID_OK;
}

void fid_space_snap(const fid_space *space, double *u)
{
    bool active[FID__MAX_PARAMS];
    fid__activity(&(fid__source){.space = space, .u = u}, active);
    for (size_t d = 0; d < space->dim; d++) {
        size_t p = space->dims[d].param;
        u[d] = active[p] ? fid__axis_snap(&space->params[p].axis, u[d]) : 0.5;
    }
}

void fid_space_activity(const fid_space *space, const double *u, bool *active)
{
    bool all[FID__MAX_PARAMS];
    if (!space->has_conditions) {
        memset(active, true, space->dim);
        return;
    }
    fid__activity(&(fid__source){.space = space, .u = u}, all);
    for (size_t d = 0; d < space->dim; d++)
        active[d] = all[space->dims[d].param];
}

bool fid__param_active(const fid__source *source, size_t param)
{
    const fid__param *p = &source->space->params[param];
    for (size_t w = 0; w < p->n_whens; w++) {
        const fid__expr *when = &p->whens[w];
        for (size_t i = 0; i < when->n_names; i++)
            if (!source->config[when->params[i]].active)
                return false;
        if (!fid__expr_holds(when, source))
            return false;
    }
    return true;
}

const fid__expr *fid__broken(const fid__source *source)
{
    bool active[FID__MAX_PARAMS];
    const fid_space *space = source->space;
    if (!space->n_constraints)
        return NULL;
    fid__activity(source, active);
    for (size_t c = 0; c < space->n_constraints; c++)
        if (names_active(&space->constraints[c], active) &&
            !fid__expr_holds(&space->constraints[c], source))
            return &space->constraints[c];
    return NULL;
}

bool fid_space_is_legal(const fid_space *space, const double *u)
{
    return fid__broken(&(fid__source){.space = space, .u = u}) == NULL;
}

double fid__point_miss(const fid_space *space, const double *u)
{
    bool active[FID__MAX_PARAMS];
    double sum = 0;
    fid__source source = {.space = space, .u = u};
    fid__activity(&source, active);
    for (size_t c = 0; c < space->n_constraints; c++)
        if (names_active(&space->constraints[c], active))
            sum += fid__expr_miss(&space->constraints[c], &source);
    return sum;
}

static const fid__axis *axis_of(const fid_space *space, size_t dim)
{
    assert(dim < space->dim);
    return &space->params[space->dims[dim].param].axis;
}

uint64_t fid_space_level(const fid_space *space, size_t dim, double x)
{
    assert(axis_of(space, dim)->levels);
    return fid__axis_level(axis_of(space, dim), x);
}

double fid_space_level_u(const fid_space *space, size_t dim, uint64_t level)
{
    assert(level < axis_of(space, dim)->levels);
    return fid__axis_centre(axis_of(space, dim), level);
}

double fid_space_log_prior(const fid_space *space, const double *u)
{
    bool active[FID__MAX_PARAMS];
    double sum = 0;
    if (!fid_space_has_prior(space))
        return 0;
    fid__activity(&(fid__source){.space = space, .u = u}, active);
    for (size_t d = 0; d < space->dim; d++) {
        size_t p = space->dims[d].param;
        if (active[p])
            sum += fid__prior_log(&space->params[p], u[d]);
    }
    return sum;
}

/* The two halves of a 128-bit product, folded: every bit reaches every other (as in
 * wyhash, Wang Yi 2019). */
static uint64_t mix(uint64_t a)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(a ^ UINT64_C(0x9E3779B97F4A7C15)) *
                   UINT64_C(0xD6E8FEB86659FD93);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t fid_space_hash(const fid_space *space, const double *u)
{
    uint64_t h = mix(space->dim);
    for (size_t d = 0; d < space->dim; d++) {
        uint64_t bits;
        memcpy(&bits, &u[d], sizeof bits);
        h = mix(h + bits);
    }
    return mix(h);
}
