/* fidelio/report.h -- what a study has found out, for people: which parameters matter and
 * how, and one page of HTML with everything. */
#ifndef FID_REPORT_H
#define FID_REPORT_H

#include <fidelio/base.h>
#include <fidelio/history.h>

enum { FID_EFFECT_POINTS = 24 };

/* What one dimension of the space does to a metric, after a Gaussian process over all
 * trials with a finite value. Shares are of the metric's variance over the whole space
 * (Sobol' 1993; Saltelli et al. 2010), after a warp by which the good half keeps its scale
 * and the bad half only its order. */
typedef struct {
    size_t dim, param;
    double alone; /* explained by it alone: 0 .. 1 */
    double total; /* with all that it does together with others: alone .. 1 */
    size_t n;     /* points of the effect: choices, or FID_EFFECT_POINTS along the range */
    double u[FID_EFFECT_POINTS];      /* coordinates */
    double effect[FID_EFFECT_POINTS]; /* the metric's mean there, over all else */
    size_t best;                      /* the point with the best effect */
} fid_importance_item;

typedef struct {
    size_t metric;
    size_t n_trials; /* that the model knows */
    double fit;      /* share of the variance that it predicts of a trial left out; where
                        that is small the rest says little */
    size_t n;
    fid_importance_item *items; /* by total, largest first */
} fid_importance;

/* metric: an objective. FID_STATE: fewer than 4 trials have a finite value, or all the same. Deterministic. At
 * most 300 trials are modelled, those that are spread most; about a second. */
FID_API fid_status fid_importance_find(const fid_history *history, size_t metric,
                                       fid_importance *out, fid_error *err);
FID_API void fid_importance_deinit(fid_importance *importance);

/* The numbers of all trials in order, or of the best `top`, best first: complete ones, then
 * others with a result, then the rest. The caller frees them. NULL = out of memory. */
FID_API uint64_t *fid_report_rank(const fid_history *history, size_t top, size_t *n);

/* Append the value that coordinate u of a dimension means, as people write it. */
FID_API void fid_report_value(const fid_history *history, size_t dim, double u, fid_text *out);

typedef struct {
    const char *title;   /* the study's name */
    const char *command; /* that trains the best in full; NULL = not known */
} fid_report_words;

/* Append a page that needs nothing else and runs no script: summary, best configuration,
 * progress, learning curves, importance, every parameter against the metric, trials. */
FID_API fid_status fid_report_html(const fid_history *history, const fid_report_words *words,
                                   fid_text *out, fid_error *err);

#endif
