/* From points of the cube to the columns of a Gaussian process.
 *
 * A dimension in order gives one numeric column, its coordinate (for a grid: of the cell's
 * centre). A conditional one lies on an arc, (R sin(u/R), R cos(u/R)) where active and
 * (0, 0) where not: two active values are as far apart as their coordinates say, an active
 * and an inactive one always R, and what an inactive parameter would be never enters
 * (Swersky et al. 2014, "Raiders of the lost architecture"). Choices give a Hamming column
 * with the level, inactive being one more. All columns of a dimension share one
 * lengthscale. Private to the room. */
#ifndef SAMPLER_FEATURES_H
#define SAMPLER_FEATURES_H

#include <fidelio/gp.h>
#include <fidelio/space.h>

enum { FID__MAX_GROUPS = 500 }; /* lengthscales; further dimensions share them */

typedef struct {
    const fid_space *space;
    const fid_dim *dims;
    size_t dim;
    size_t n_numeric, n_hamming, n_groups;
    bool has_level;
    size_t level_column; /* of the fidelity, the last numeric one; has_level */
    size_t *column; /* [dim] first column of a dimension */
    size_t *group;  /* [n_columns] lengthscale of a column */
    bool *active;   /* [dim] scratch */
    bool conditional; /* some dimension is */
} fid__features;

/* with_level: one numeric column more, the last of them, with a lengthscale of its own,
 * which fid__features_of does not write. */
fid_status fid__features_init(fid__features *f, const fid_space *space, bool with_level);
void fid__features_deinit(fid__features *f); /* safe on zeroed bytes */

static inline size_t fid__features_width(const fid__features *f)
{
    return f->n_numeric + f->n_hamming;
}

/* Columns of one point; u need not be snapped: a coordinate in order enters as it is. */
void fid__features_of(const fid__features *f, const double *u, double *row);

/* du[dim] <- derivative by the coordinates given that by the numeric columns; 0 for
 * choices and inactive dimensions. */
void fid__features_pull(const fid__features *f, const double *u, const double *dcolumn,
                        double *du);

#endif
