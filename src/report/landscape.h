/* The metric as a function of the configuration, learned from a study's trials. */
#ifndef REPORT_LANDSCAPE_H
#define REPORT_LANDSCAPE_H

#include <fidelio/gp.h>
#include <fidelio/history.h>

typedef struct {
    const fid_space *space;
    size_t dim, width, n_numeric;
    size_t *column; /* [dim] where a dimension stands in a row */
    bool has_level; /* the last numeric column is the training reached, 0 .. 1 */
    size_t n;       /* trials in the model */
    double *rows;   /* [n][width] */
    double *y, *z;  /* losses in order, and what the warp made of them */
    fid_gp *model;
    double *work, *row;
    bool *active; /* [dim] */
    double fit;   /* share of the variance predicted of a trial left out */
} fid__landscape;

fid_status fid__landscape_init(fid__landscape *self, const fid_history *history,
                               size_t metric, fid_error *err);
void fid__landscape_deinit(fid__landscape *self);

/* Warped loss at a point of the cube, trained in full. */
double fid__landscape_at(fid__landscape *self, const double *u);
/* The loss that a warped one stands for. */
double fid__landscape_unwarp(const fid__landscape *self, double z);

#endif
