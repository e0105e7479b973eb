/* The way between one parameter's values and its coordinate in (0,1). Knows no names,
 * no conditions; all functions are pure and allocate nothing.
 *
 * An axis is continuous (levels == 0) or a grid of `levels` cells numbered from 0, at
 * most FID_MAX_LEVELS of them. Cells of integers on a log scale have widths of
 * log-uniform mass, all others are equally wide. */
#ifndef SPACE_AXIS_H
#define SPACE_AXIS_H

#include <fidelio/space.h>

typedef struct {
    fid_param_kind kind; /* anything but FIXED */
    fid_scale scale;
    uint64_t levels;
    /* FLOAT */
    double low, high, step; /* step 0: continuous */
    double origin, span;    /* continuous: T(low), T(high) - T(low) for T the scale */
    double decimal; /* stepped: power of ten that makes low and step whole, or 0 */
    /* INT */
    int64_t int_low, int_high, int_step;
    uint64_t last; /* number of values - 1 */
    /* INT on a LOG scale: values low .. low + single - 1 have a cell each, those above
     * share cells whose relative width is 2^-36. Coordinates of the border and of a
     * cell: */
    uint64_t single;
    double log_span; /* log((high + 1/2) / (low - 1/2)) */
    double log_tail; /* the same up to the border */
} fid__axis;

/* The arguments have been checked by the caller (build.c), which says what is wrong in
 * words. A range with a single value gives levels == 1. */
void fid__axis_float(fid__axis *axis, double low, double high, fid_scale scale,
                     double step);
void fid__axis_int(fid__axis *axis, int64_t low, int64_t high, fid_scale scale,
                   int64_t step);
void fid__axis_choice(fid__axis *axis, fid_param_kind kind, size_t n);

/* The nearest double to x strictly inside (0,1) on which the axes work; NaN gives 0.5. */
double fid__unit_clamp(double x);

uint64_t fid__axis_level(const fid__axis *axis, double x);
double fid__axis_centre(const fid__axis *axis, uint64_t level);
/* The canonical coordinate. */
double fid__axis_snap(const fid__axis *axis, double x);
/* The value at x, active. */
fid_value fid__axis_value(const fid__axis *axis, double x);
fid_value fid__axis_level_value(const fid__axis *axis, uint64_t level);
/* The inverse; false when the value is not on the axis. For a continuous axis, decoding
 * *x gives back the same bits whenever any coordinate does. */
bool fid__axis_coordinate(const fid__axis *axis, const fid_value *value, double *x);

/* T(v) of a number scaled so that the axis has length 1: where a prior's mean lies. */
double fid__axis_position(const fid__axis *axis, double value);
/* Length of the axis in units of T: what a prior's sd is divided by. */
double fid__axis_length(const fid__axis *axis);

#endif
