/* fidelio/curve.h -- where is this learning curve going?
 *
 * A bank of several hundred experts in closed form, whose weights are learnt over the
 * curves of one study. Expert k says that the loss at step t is
 *
 *     y(t) = level(t) + b phi_k(t) + noise,   level a random walk,
 *     b ~ N(m h, (tau h)^2), noise ~ N(0, r_k^2), walk variance q_k^2 per unit of
 *     log t + 6 t/max,
 *
 * with h the height of the curve's first loss above the least of the study, and phi_k
 * from families of learning curves (power laws, exponentials, sigmoids for late starts
 * and plateaus, logarithm, growth, peaks for late divergence) and phi = 0 for experts
 * that only follow the level ("the last value", or a mean). The amplitude b and the
 * level are integrated out by a Kalman filter with two states, so a report costs O(K)
 * and nothing is ever fitted by iteration. Evidence is tempered (power posterior): no
 * family is true, and neighbouring residuals agree.
 *
 * Weights: incremental EM (Neal & Hinton 1998) with Dirichlet pseudo-counts at the base
 * weights. Intervals are recalibrated by how often later reports of the study's own
 * curves fell into the intervals that were predicted for them.
 *
 * Losses are minimised, in any unit: the bank scales itself by the study's curves. What
 * a bank says is a function of the sequence of reports that it was given. */
#ifndef FID_CURVE_H
#define FID_CURVE_H

#include <stdbool.h>
#include <stddef.h>

#include <fidelio/base.h>

typedef struct {
    double first;        /* smallest step that is usually reported, > 0 (the fidelity's
                            min) */
    double max;          /* the full budget, >= first */
    double lower, upper; /* bounds of the loss; both 0 = none, -INFINITY or INFINITY =
                            none on that side. Predictions are cut there */
    double scale;        /* range of losses that matters; 0 = from the curves */
} fid_curve_settings;

typedef struct fid_curves fid_curves;

FID_API fid_status fid_curves_create(fid_curves **out,
                                     const fid_curve_settings *settings,
                                     fid_error *err);
FID_API void fid_curves_destroy(fid_curves *curves);

/* Curve `id` (small numbers from 0, as those of trials) has `loss` at `step` >= 0. A
 * step that is not beyond the curve's last one is ignored, as are steps closer than
 * 1/64 of themselves to the one before. A loss that is not finite ends the curve as
 * diverged. Typically 20 us; now and then, when the study's scale turns out
 * to be another, the curves that go on and the last few that ended are filtered anew
 * (some 0.2 ms each). */
FID_API fid_status fid_curves_report(fid_curves *curves, size_t id, double step,
                                     double loss);

/* No more reports or predictions of this curve: give back most of its memory. What it
 * taught stays. */
FID_API void fid_curves_end(fid_curves *curves, size_t id);

FID_API size_t fid_curves_n_reports(const fid_curves *curves, size_t id);
FID_API bool fid_curves_is_diverged(const fid_curves *curves, size_t id);

/* The predictive distribution of a curve's reported loss at one step: a mixture of
 * normals. Zero-initialise before the first use, use again for other predictions,
 * release with fid_prediction_deinit. */
typedef struct {
    size_t n;
    double *weight, *mean, *sd; /* [n] ascending by nothing in particular */
    size_t cap;
    double lower, upper;
    double calibration[17]; /* share of truths below the mixture's quantiles at 0, 2^-8,
                               2^-7, .., 1/2, .., 1 - 2^-8, 1 */
    bool diverged;          /* all mass at +infinity */
} fid_prediction;

/* FID_NOT_FOUND: the curve has no report or was ended. `step` must not be before its
 * last one. Some 10 us. */
FID_API fid_status fid_curves_predict(const fid_curves *curves, size_t id, double step,
                                      fid_prediction *out);
FID_API void fid_prediction_deinit(fid_prediction *prediction);

/* Of the mixture: calibration is for the rest. */
FID_API double fid_prediction_mean(const fid_prediction *prediction);
FID_API double fid_prediction_cdf(const fid_prediction *prediction, double loss);
FID_API double fid_prediction_log_density(const fid_prediction *prediction,
                                          double loss);
/* p in (0,1). Feeding it a uniform number draws a sample. */
FID_API double fid_prediction_quantile(const fid_prediction *prediction, double p);

/* P(loss of curve `id` at `step` < `incumbent`): the calibrated one or, when it is
 * larger, that of the bare mixture. Some hundred checks cannot vouch for a thinner
 * tail. */
FID_API fid_status fid_curves_beats(const fid_curves *curves, size_t id, double step,
                                    double incumbent, double *probability);

/* Of curves 0 .. n-1 at one step, in one call; some 10 us each. A curve that was
 * reported that far, or was ended: its last loss, variance 0. Diverged: INFINITY, 0. No
 * report: NaN, NaN. */
FID_API void fid_curves_moments(const fid_curves *curves, double step, size_t n,
                                double *mean, double *variance);

/* Of one curve. */
FID_API void fid_curves_moment(const fid_curves *curves, size_t id, double step,
                               double *mean, double *variance);

/* The same from arrays, with nothing kept: curve after curve is reported to a new bank.
 */
typedef struct {
    const double *step, *loss; /* [n] steps ascending */
    size_t n;
} fid_curve_view;

FID_API fid_status fid_curves_extrapolate(const fid_curve_settings *settings,
                                          const fid_curve_view *views, size_t n,
                                          double step, double *mean, double *variance,
                                          fid_error *err);

#endif
