/* What the files of curve share. */
#ifndef FID_CURVE_PRIVATE_H
#define FID_CURVE_PRIVATE_H

#include <fidelio/curve.h>

#include <stdint.h>

enum {
    FID__POWERS = 7,
    FID__EXPONENTIALS = 5,
    FID__SIGMOIDS = 4,
    FID__SHAPES = FID__POWERS + FID__EXPONENTIALS + FID__SIGMOIDS + 4,
    FID__NOISES = 6,
    FID__WALKS = 5,
    FID__FLAT_NOISES = 13,
    FID__FLAT_WALKS = 8,
    FID__EXPERTS = FID__SHAPES * FID__NOISES * FID__WALKS +
                   FID__FLAT_NOISES * FID__FLAT_WALKS,
    FID__BINS = 16,  /* of the calibration */
    FID__PHASES = 3, /* of a curve: it has few, some or many reports */
};

/* The experts, in units of the study's scale. shape = FID__SHAPES: flat, phi = 0. */
typedef struct {
    uint8_t shape[FID__EXPERTS];
    double r2[FID__EXPERTS], q2[FID__EXPERTS]; /* variances; q2 per unit of the clock */
    double base[FID__EXPERTS];                 /* prior weights; sum to 1 */
} fid__bank;

/* phi of all shapes and 0 for the flat ones, at step/first = s; span = max/first. */
void fid__bank_init(fid__bank *bank, double span);
/* The time in which a level walks: log s and a share of s / span. */
double fid__clock(double s, double span);
void fid__shapes_at(double s, double span, double phi[FID__SHAPES + 1]);

/* Mean and standard deviation of the amplitude b, as shares of the height of the
 * curve's first loss above the least of all curves: from there it may fall. */
#define FID__AMPLITUDE_MEAN 0.5
#define FID__AMPLITUDE_SD   0.4
#define FID__LEAST_HEIGHT   0.05
/* Power of the likelihood in all weights. */
#define FID__TEMPER 0.4

/* A Kalman filter for each expert that still counts. All in units of the scale. */
typedef struct {
    size_t n;
    uint16_t *expert;        /* [n] ascending */
    double *level, *slope;   /* [n] means of level and b */
    double *vll, *vlb, *vbb; /* [n] their covariance */
    double *square,
        *product;     /* [n] sum of e^2/S and product of S since the last flush */
    double *evidence; /* [n] log marginal likelihood up to then */
    unsigned n_unflushed;
    unsigned n_seen; /* reports */
    double s;        /* step/first of the last one */
} fid__filter;

fid_status fid__filter_start(fid__filter *filter, const fid__bank *bank, double span,
                             double s, double y, double height);
void fid__filter_update(fid__filter *filter, const fid__bank *bank, double span,
                        double s, double y);
/* Fold square and product into evidence. */
void fid__filter_flush(fid__filter *filter);
/* Posterior weights of the filter's experts, given those of the study (of any sum). */
void fid__filter_weights(const fid__filter *filter, const double *prior,
                         double *weight);
/* Forget experts whose weight is too small to count. */
void fid__filter_prune(fid__filter *filter, double *weight);
/* Means and standard deviations at a later step. */
void fid__filter_predict(const fid__filter *filter, const fid__bank *bank, double span,
                         double s, double *mean, double *sd);
fid_status fid__filter_copy(fid__filter *to, const fid__filter *from);
void fid__filter_deinit(fid__filter *filter);

/* What was believed at an earlier report, kept until later ones have shown how good it
 * was. */
typedef struct {
    fid__filter filter;
    double *weight;     /* [filter.n] */
    unsigned n_checked; /* of the horizons at which it is checked */
} fid__snapshot;

enum { FID__SNAPSHOTS = 6 };

typedef struct {
    double *step, *loss; /* [n] reports taken, in the user's units */
    size_t n, cap;
    bool diverged, ended;
    fid__filter filter; /* empty when ended */
    fid__snapshot snapshot[FID__SNAPSHOTS];
    size_t n_snapshots;
    /* What it teaches: responsibilities of experts. */
    size_t n_taught;
    uint16_t *taught;       /* [n_taught] experts */
    double *share, *lesson; /* [n_taught] share now counted in `count`; tempered
                               evidence relative to the largest */
} fid__curve;

struct fid_curves {
    fid_curve_settings settings;
    double span;
    fid__bank bank;
    double scale;
    fid__curve *curve;
    size_t n, cap;
    double *first_loss; /* [n_first] ascending: of all curves */
    size_t n_first, first_cap;
    double least;               /* smallest loss seen */
    size_t n_long;              /* curves of some length */
    double count[FID__EXPERTS]; /* sum of shares */
    double prior[FID__EXPERTS]; /* weights for a curve of this study, of any sum */
    double hits[FID__PHASES][FID__BINS]; /* where truths fell */
    size_t next_refresh;                 /* whose shares are brought up to date next */
};

/* The range of losses that matters, from what was seen. */
double fid__curves_scale(const fid_curves *curves);

/* Of a step: in units of the smallest. */
double fid__curves_position(const fid_curves *curves, double step);

/* Count the curve's evidence among the weights. */
fid_status fid__curves_learn(fid_curves *curves, fid__curve *curve);
void fid__curves_unlearn(fid_curves *curves, fid__curve *curve);
void fid__curves_forget_all(fid_curves *curves);

/* Check what was predicted for the report (s, y) against it. */
void fid__curves_check(fid_curves *curves, fid__curve *curve, double s, double y);
fid_status fid__curves_take_snapshot(fid_curves *curves, fid__curve *curve);
void fid__curve_drop_snapshots(fid__curve *curve);
/* The calibration's bins divide (0,1) at 2^-8, 2^-7, .., 1/2, .., 1 - 2^-8: what
 * decides is in the tails. Edge i of 0 .. FID__BINS, and the bin of a probability. */
double fid__calibration_edge(size_t i);
size_t fid__calibration_bin(double u);
/* The calibration for a phase: cumulative shares at the edges. */
void fid__curves_calibration(const fid_curves *curves, size_t horizon,
                             double *cumulative);
size_t fid__phase(unsigned n_reports);

/* Without calibration. */
double fid__prediction_raw_cdf(const fid_prediction *prediction, double loss);

#endif
