#include "sampler/columns.h"

#include <stdlib.h>
#include <string.h>

static bool is_small_grid(const fid_dim *dim)
{
    return dim->ordered && dim->levels > 0 && dim->levels <= FID__SMALL_GRID;
}

/* A level's coordinate is the middle of its cell, and the first cell begins at 0. */
static void fill_cells(const fid_space *space, size_t d, fid__cells *cells)
{
    double edge = 0;
    cells->levels = (size_t)fid_space_dims(space)[d].levels;
    for (size_t k = 0; k < cells->levels; k++) {
        double centre = fid_space_level_u(space, d, k);
        cells->centre[k] = (float)centre;
        cells->width[k] = (float)(2 * (centre - edge));
        cells->level_at[(size_t)(cells->centre[k] * (float)FID__CELLS)] = (uint8_t)k;
        edge = 2 * centre - edge;
    }
}

static void fill_axes(fid__columns *c)
{
    for (size_t d = 0; d < c->dim; d++) {
        const fid_dim *dim = &fid_space_dims(c->space)[d];
        c->axes[d].conditional = dim->conditional;
        if (!dim->ordered)
            c->axes[d].choices = (size_t)dim->levels;
        if (is_small_grid(dim)) {
            fill_cells(c->space, d, &c->cells[d]);
            c->axes[d].cells = &c->cells[d];
        }
    }
}

static fid_status widen_row(float **rows, size_t dim, size_t old, size_t stride)
{
    float *wider = fid_alloc(dim * stride, sizeof *wider);
    if (!wider)
        return FID_NOMEM;
    for (size_t d = 0; d < dim && old > 0; d++)
        memcpy(wider + d * stride, *rows + d * old, old * sizeof *wider);
    free(*rows);
    *rows = wider;
    return FID_OK;
}

static fid_status widen(fid__columns *c)
{
    size_t stride = c->stride ? 2 * c->stride : 64;
    fid__standing *standing = realloc(c->standing, stride * sizeof *standing);
    if (!standing)
        return FID_NOMEM;
    c->standing = standing;
    FID_TRY(widen_row(&c->floor, c->dim, c->stride, stride));
    fid_status status = widen_row(&c->x, c->dim, c->stride, stride);
    if (status != FID_OK) {
        free(c->floor); /* has the new width: of no use beside x */
        c->floor = NULL;
        return status;
    }
    c->stride = stride;
    return FID_OK;
}

fid_status fid__columns_init(fid__columns *c, const fid_space *space)
{
    *c = (fid__columns){.space = space, .dim = fid_space_dim(space)};
    c->axes = fid_alloc(c->dim, sizeof *c->axes);
    c->cells = fid_alloc(c->dim, sizeof *c->cells);
    c->active = fid_alloc(c->dim, sizeof *c->active);
    if (!c->axes || !c->cells || !c->active)
        return FID_NOMEM;
    fill_axes(c);
    FID_TRY(widen(c));
    for (size_t d = 0; d < c->dim; d++)
        c->x[d * c->stride] = c->axes[d].choices ? FID__INACTIVE : 0.5f;
    c->standing[0] = (fid__standing){.group = FID__VOID};
    c->n = 1;
    return FID_OK;
}

void fid__columns_deinit(fid__columns *c)
{
    free(c->axes);
    free(c->cells);
    free(c->active);
    free(c->x);
    free(c->floor);
    free(c->standing);
}

/* A float that stays inside the open unit interval. */
static float inside(double u)
{
    float x = (float)u;
    return x < 1e-6f ? 1e-6f : x > 1 - 1e-6f ? 1 - 1e-6f : x;
}

void fid__columns_locate(const fid__columns *c, const double *u, bool *active,
                         float *at)
{
    fid_space_activity(c->space, u, active);
    for (size_t d = 0; d < c->dim; d++) {
        if (!active[d])
            at[d] = FID__INACTIVE;
        else if (c->axes[d].choices)
            at[d] = (float)fid_space_level(c->space, d, u[d]);
        else
            at[d] = inside(u[d]);
    }
}

/* Half the width of a level's cell, near enough: from the centres beside it. */
static float half_cell(const fid_space *space, size_t d, double u)
{
    uint64_t levels = fid_space_dims(space)[d].levels, k = fid_space_level(space, d, u);
    uint64_t low = k > 0 ? k - 1 : 0, high = k + 1 < levels ? k + 1 : k;
    double span = fid_space_level_u(space, d, high) - fid_space_level_u(space, d, low);
    return (float)(span / (double)(high - low) / 2);
}

static fid_status append(fid__columns *c, const double *u)
{
    if (c->n == c->stride)
        FID_TRY(widen(c));
    float *at = fid_alloc(c->dim, sizeof *at);
    if (!at)
        return FID_NOMEM;
    fid__columns_locate(c, u, c->active, at);
    for (size_t d = 0; d < c->dim; d++) {
        const fid_dim *dim = &fid_space_dims(c->space)[d];
        c->x[d * c->stride + c->n] = at[d];
        if (dim->ordered && dim->levels > FID__SMALL_GRID && c->active[d])
            c->floor[d * c->stride + c->n] = half_cell(c->space, d, u[d]);
    }
    free(at);
    c->n++;
    return FID_OK;
}

fid_status fid__columns_observe(fid__columns *c, const fid_history *history,
                                const fid_event *event)
{
    switch (event->kind) {
    case FID_EVENT_PROPOSED:
        FID_TRY(append(c, fid_history_point(history, event->trial)));
        break;
    case FID_EVENT_REPORT:
    case FID_EVENT_PAUSED:
    case FID_EVENT_COMPLETED:
    case FID_EVENT_PRUNED:
    case FID_EVENT_FAILED:
    case FID_EVENT_RETRIED:
        break;
    default:
        return FID_OK;
    }
    if (event->trial + 1 < c->n)
        c->standing[event->trial + 1] = fid__standing_of(history, event->trial);
    return FID_OK;
}
