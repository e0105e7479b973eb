#include "space/axis.h"

#include <float.h>
#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define EDGE 0x1p-53 /* nearest coordinate to 0 and to 1 */

double fid__unit_clamp(double x)
{
    if (isnan(x))
        return 0.5;
    return x < EDGE ? EDGE : x > 1 - EDGE ? 1 - EDGE : x;
}

/* --- The continuous scales. */

static double scale_up(fid_scale scale, double v)
{
    switch (scale) {
    case FID_SCALE_LOG:
        return log(v);
    case FID_SCALE_LOGIT:
        return log(v) - log1p(-v);
    case FID_SCALE_LINEAR:
        break;
    }
    return v;
}

/* Twelve digits: 0.3 where the scales' arithmetic gives 0.30000000000000004, so that a
 * default comes out as it was written. Monotone. Left alone where powers of ten are not
 * exact, and on ranges so narrow that the digits are needed. */
static double twelve_digits(const fid__axis *axis, double v)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double size = fabs(v), widest = fmax(fabs(axis->low), fabs(axis->high));
    if (size < 1e-10 || size > 1e15 || axis->high - axis->low < 1e-4 * widest)
        return v;
    int k = 11 - (int)floor(log10(size));
    return k >= 0 ? nearbyint(v * tens[k]) / tens[k]
                  : nearbyint(v / tens[-k]) * tens[-k];
}

/* The ends are exact: 0.0 and not 1.1e-16 where a range begins at 0. */
static double float_at(const fid__axis *axis, double x)
{
    if (x <= EDGE)
        return axis->low;
    if (x >= 1 - EDGE)
        return axis->high;
    double t = axis->origin + x * axis->span, v = t;
    if (axis->scale == FID_SCALE_LOG)
        v = exp(t);
    else if (axis->scale == FID_SCALE_LOGIT)
        v = 1 / (1 + exp(-t));
    else if (isinf(axis->span)) /* high - low overflows */
        v = axis->low * (1 - x) + axis->high * x;
    v = twelve_digits(axis, v);
    return v < axis->low ? axis->low : v > axis->high ? axis->high : v;
}

static double float_guess(const fid__axis *axis, double v)
{
    if (isinf(axis->span))
        return (v / 2 - axis->low / 2) / (axis->high / 2 - axis->low / 2);
    return (scale_up(axis->scale, v) - axis->origin) / axis->span;
}

/* float_at is monotone, so the coordinate of v is found by bisection around the guess;
 * when no coordinate gives v exactly, the guess is as good as any. */
static double float_coordinate(const fid__axis *axis, double v)
{
    double guess = fid__unit_clamp(float_guess(axis, v));
    if (float_at(axis, guess) == v)
        return guess;
    double a = fid__unit_clamp(guess - 0x1p-44), b = fid__unit_clamp(guess + 0x1p-44);
    for (;;) {
        double mid = a + (b - a) / 2;
        if (mid <= a || mid >= b)
            break;
        double at = float_at(axis, mid);
        if (at == v)
            return mid;
        *(at < v ? &a : &b) = mid;
    }
    return float_at(axis, a) == v ? a : float_at(axis, b) == v ? b : guess;
}

/* --- Floats on a grid. */

/* 0.1, 0.2, 0.3 and not 0.30000000000000004: when low and step are short decimals, the
 * values are computed as whole numbers over a power of ten, rounded once. */
static double decimal_of(double low, double step)
{
    for (double ten = 1; ten <= 1e15; ten *= 10) {
        double a = nearbyint(low * ten), b = nearbyint(step * ten);
        if (fabs(a) > 0x1p52 || fabs(b) > 0x1p52)
            return 0;
        if (a / ten == low && b / ten == step)
            return ten;
    }
    return 0;
}

static double step_value(const fid__axis *axis, uint64_t level)
{
    double k = (double)level, ten = axis->decimal, v;
    if (ten > 0)
        v = (nearbyint(axis->low * ten) + k * nearbyint(axis->step * ten)) / ten;
    else
        v = axis->low + k * axis->step;
    return v > axis->high ? axis->high : v;
}

void fid__axis_float(fid__axis *axis, double low, double high, fid_scale scale,
                     double step)
{
    *axis =
        (fid__axis){.kind = FID_PARAM_FLOAT, .scale = scale, .low = low, .high = high};
    axis->step = step;
    if (step > 0) {
        axis->levels = (uint64_t)((high - low) / step + 1e-9) + 1;
        axis->decimal = decimal_of(low, step);
    } else {
        axis->origin = scale_up(scale, low);
        axis->span = scale_up(scale, high) - axis->origin;
    }
}

/* --- Integers. */

static uint64_t int_offset(const fid__axis *axis, int64_t v)
{
    return ((uint64_t)v - (uint64_t)axis->int_low) / (uint64_t)axis->int_step;
}

static int64_t int_at_offset(const fid__axis *axis, uint64_t k)
{
    return (int64_t)((uint64_t)axis->int_low + k * (uint64_t)axis->int_step);
}

/* A range of more values than levels is thinned evenly, both ends kept. */
static uint64_t thin_offset(const fid__axis *axis, uint64_t level)
{
    uint64_t top = axis->levels - 1;
    if (axis->last == top)
        return level;
    return (uint64_t)(((wide)level * axis->last + top / 2) / top);
}

static uint64_t thin_level(const fid__axis *axis, uint64_t offset)
{
    uint64_t top = axis->levels - 1;
    if (axis->last == top)
        return offset;
    return (uint64_t)(((wide)offset * top + axis->last / 2) / axis->last);
}

/* log((low - 1/2 + n) / (low - 1/2)), exact also where n is tiny beside low. */
static double log_edge(const fid__axis *axis, double n)
{
    return log1p(n / ((double)axis->int_low - 0.5));
}

/* Integers on a log scale. The coordinate is log(v) from low - 1/2 to high + 1/2. A
 * double tells neighbours apart as long as v * log(v / low) is below about 2^50; with
 * room to spare the values up to 2^42 there get cells of their own. */
static void log_int_init(fid__axis *axis)
{
    uint64_t below = 0,
             above = axis->last + 1; /* offsets: single is in (below, above] */
    while (above - below > 1) {
        uint64_t mid = below + (above - below) / 2;
        double v = (double)axis->int_low + (double)mid;
        if (v * log_edge(axis, (double)mid) <= 0x1p42)
            below = mid;
        else
            above = mid;
    }
    axis->single = above;
    axis->levels = above;
    axis->log_span = log_edge(axis, (double)axis->last + 1);
    axis->log_tail = axis->log_span;
    if (above > axis->last)
        return;
    axis->log_tail = log_edge(axis, (double)above);
    double tail = (axis->log_span - axis->log_tail) * 0x1p36;
    axis->levels += tail < 1 ? 1 : (uint64_t)tail;
}

static double log_tail_cell(const fid__axis *axis)
{
    return (axis->log_span - axis->log_tail) / (double)(axis->levels - axis->single);
}

static uint64_t log_int_level(const fid__axis *axis, double t)
{
    uint64_t level;
    if (t < axis->log_tail) {
        double k = ((double)axis->int_low - 0.5) * expm1(t);
        level = k > 0 ? (uint64_t)k : 0;
        return level < axis->single ? level : axis->single - 1;
    }
    level = axis->single + (uint64_t)((t - axis->log_tail) / log_tail_cell(axis));
    return level < axis->levels ? level : axis->levels - 1;
}

static double log_int_centre(const fid__axis *axis, uint64_t level)
{
    if (level < axis->single)
        return (log_edge(axis, (double)level) + log_edge(axis, (double)level + 1)) / 2;
    return axis->log_tail +
           ((double)(level - axis->single) + 0.5) * log_tail_cell(axis);
}

static int64_t log_int_value(const fid__axis *axis, uint64_t level)
{
    if (level < axis->single)
        return int_at_offset(axis, level);
    if (level == axis->levels - 1)
        return axis->int_high;
    double k = ((double)axis->int_low - 0.5) * expm1(log_int_centre(axis, level));
    return k >= (double)axis->last ? axis->int_high : int_at_offset(axis, (uint64_t)k);
}

void fid__axis_int(fid__axis *axis, int64_t low, int64_t high, fid_scale scale,
                   int64_t step)
{
    *axis = (fid__axis){.kind = FID_PARAM_INT, .scale = scale, .int_step = step};
    axis->int_low = low;
    axis->int_high = high;
    axis->last = int_offset(axis, high);
    axis->int_high = int_at_offset(axis, axis->last);
    if (scale == FID_SCALE_LOG)
        log_int_init(axis);
    else
        axis->levels = axis->last < FID_MAX_LEVELS ? axis->last + 1 : FID_MAX_LEVELS;
}

void fid__axis_choice(fid__axis *axis, fid_param_kind kind, size_t n)
{
    *axis = (fid__axis){.kind = kind, .levels = n};
}

/* --- All kinds. */

static bool is_log_int(const fid__axis *axis)
{
    return axis->kind == FID_PARAM_INT && axis->scale == FID_SCALE_LOG;
}

uint64_t fid__axis_level(const fid__axis *axis, double x)
{
    x = fid__unit_clamp(x);
    if (is_log_int(axis))
        return log_int_level(axis, x * axis->log_span);
    uint64_t level = (uint64_t)(x * (double)axis->levels);
    return level < axis->levels ? level : axis->levels - 1;
}

double fid__axis_centre(const fid__axis *axis, uint64_t level)
{
    if (is_log_int(axis))
        return fid__unit_clamp(log_int_centre(axis, level) / axis->log_span);
    return ((double)level + 0.5) / (double)axis->levels;
}

double fid__axis_snap(const fid__axis *axis, double x)
{
    if (axis->levels == 0)
        return fid__unit_clamp(x);
    return fid__axis_centre(axis, fid__axis_level(axis, x));
}

fid_value fid__axis_level_value(const fid__axis *axis, uint64_t level)
{
    fid_value value = {.active = true};
    switch (axis->kind) {
    case FID_PARAM_FLOAT:
        value.f = step_value(axis, level);
        break;
    case FID_PARAM_INT:
        value.i = is_log_int(axis) ? log_int_value(axis, level)
                                   : int_at_offset(axis, thin_offset(axis, level));
        value.f = (double)value.i;
        break;
    case FID_PARAM_CATEGORICAL:
    case FID_PARAM_ORDERED:
        value.choice = (size_t)level;
        break;
    case FID_PARAM_FIXED:
        break;
    }
    return value;
}

fid_value fid__axis_value(const fid__axis *axis, double x)
{
    if (axis->levels == 0)
        return (fid_value){.active = true, .f = float_at(axis, fid__unit_clamp(x))};
    return fid__axis_level_value(axis, fid__axis_level(axis, x));
}

/* Values come back from text with fewer digits than they had: allow 1e-9 of a step, or
 * of the range. */
static bool float_on_axis(const fid__axis *axis, double *v)
{
    double slack = axis->step > 0 ? axis->step * 1e-9
                                  : axis->high * 1e-9 - axis->low * 1e-9;
    if (axis->scale != FID_SCALE_LINEAR)
        slack = axis->low * 1e-9;
    if (!(*v >= axis->low - slack && *v <= axis->high + slack))
        return false;
    *v = fmin(fmax(*v, axis->low), axis->high);
    return true;
}

static bool step_level(const fid__axis *axis, double v, uint64_t *level)
{
    double k = nearbyint((v - axis->low) / axis->step);
    *level = k > 0 ? (uint64_t)k : 0;
    if (*level >= axis->levels)
        *level = axis->levels - 1;
    double ulps = 4 * DBL_EPSILON * fmax(fabs(axis->low), fabs(axis->high));
    return fabs(step_value(axis, *level) - v) <= axis->step * 1e-9 + ulps;
}

static bool int_level(const fid__axis *axis, int64_t v, uint64_t *level)
{
    if (v < axis->int_low || v > axis->int_high)
        return false;
    uint64_t offset = int_offset(axis, v);
    if (int_at_offset(axis, offset) != v)
        return false;
    if (!is_log_int(axis))
        *level = thin_level(axis, offset);
    else if (offset < axis->single)
        *level = offset;
    else
        *level = log_int_level(axis, log_edge(axis, (double)offset + 0.5));
    return true;
}

bool fid__axis_coordinate(const fid__axis *axis, const fid_value *value, double *x)
{
    uint64_t level = value->choice;
    double v = value->f;
    bool found;
    if (axis->kind == FID_PARAM_INT)
        found = int_level(axis, value->i, &level);
    else if (axis->kind != FID_PARAM_FLOAT)
        found = value->choice < axis->levels;
    else
        found = float_on_axis(axis, &v) &&
                (!axis->levels || step_level(axis, v, &level));
    if (found)
        *x = axis->levels ? fid__axis_centre(axis, level) : float_coordinate(axis, v);
    return found;
}

double fid__axis_length(const fid__axis *axis)
{
    if (is_log_int(axis))
        return axis->log_span;
    if (axis->kind == FID_PARAM_INT)
        return ((double)axis->last + 1) * (double)axis->int_step;
    return axis->levels ? (double)axis->levels * axis->step : axis->span;
}

double fid__axis_position(const fid__axis *axis, double value)
{
    if (is_log_int(axis))
        return log1p((value - (double)axis->int_low + 0.5) /
                     ((double)axis->int_low - 0.5)) /
               axis->log_span;
    if (axis->kind == FID_PARAM_INT)
        return (value - (double)axis->int_low + 0.5 * (double)axis->int_step) /
               fid__axis_length(axis);
    if (axis->levels)
        return (value - axis->low + 0.5 * axis->step) / fid__axis_length(axis);
    return float_guess(axis, value);
}
