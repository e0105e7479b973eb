#include "sampler/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ARC 0.63661977236758134308 /* 2/pi: the arc spans a quarter of a circle */

static bool is_choice(const fid_dim *d)
{
    return !d->ordered;
}

fid_status fid__features_init(fid__features *f, const fid_space *space, bool with_level)
{
    memset(f, 0, sizeof *f);
    f->space = space;
    f->dims = fid_space_dims(space);
    f->dim = fid_space_dim(space);
    f->column = fid_alloc(f->dim, sizeof *f->column);
    f->group = fid_alloc(2 * f->dim + 1, sizeof *f->group);
    f->active = fid_alloc(f->dim, sizeof *f->active);
    if (!f->column || !f->group || !f->active)
        return FID_NOMEM;
    f->n_groups = f->dim < FID__MAX_GROUPS ? f->dim : FID__MAX_GROUPS;
    size_t at = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t j = 0; j < f->dim; j++) {
            if (is_choice(f->dims + j) != (pass == 1))
                continue;
            size_t width = pass == 0 && f->dims[j].conditional ? 2 : 1;
            f->column[j] = at;
            for (size_t c = 0; c < width; c++)
                f->group[at++] = j % FID__MAX_GROUPS;
            f->conditional |= f->dims[j].conditional;
        }
        if (pass == 0 && with_level) {
            f->level_column = at;
            f->group[at++] = f->n_groups;
        }
        if (pass == 0)
            f->n_numeric = at;
    }
    f->n_hamming = at - f->n_numeric;
    f->n_groups += with_level;
    f->has_level = with_level;
    return FID_OK;
}

void fid__features_deinit(fid__features *f)
{
    free(f->column);
    free(f->group);
    free(f->active);
    memset(f, 0, sizeof *f);
}

static void find_activity(const fid__features *f, const double *u)
{
    if (f->conditional)
        fid_space_activity(f->space, u, f->active);
    else
        for (size_t j = 0; j < f->dim; j++)
            f->active[j] = true;
}

void fid__features_of(const fid__features *f, const double *u, double *row)
{
    find_activity(f, u);
    for (size_t j = 0; j < f->dim; j++) {
        double *to = row + f->column[j];
        if (is_choice(f->dims + j)) {
            to[0] = f->active[j] ? (double)fid_space_level(f->space, j, u[j]) : -1;
        } else if (f->dims[j].conditional) {
            to[0] = f->active[j] ? ARC * sin(u[j] / ARC) : 0;
            to[1] = f->active[j] ? ARC * cos(u[j] / ARC) : 0;
        } else {
            to[0] = u[j];
        }
    }
}

void fid__features_pull(const fid__features *f, const double *u, const double *dcolumn,
                        double *du)
{
    find_activity(f, u);
    for (size_t j = 0; j < f->dim; j++) {
        const double *from = dcolumn + f->column[j];
        if (is_choice(f->dims + j) || !f->active[j])
            du[j] = 0;
        else if (f->dims[j].conditional)
            du[j] = cos(u[j] / ARC) * from[0] - sin(u[j] / ARC) * from[1];
        else
            du[j] = from[0];
    }
}
