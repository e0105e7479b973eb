#include "report/plot.h"

#include <math.h>
#include <stdlib.h>

/* --- scales */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

fid__scale fid__scale_for(double *x, size_t n, double from, double to)
{
    fid__scale scale = {0, 1, from, to, false};
    if (!n)
        return scale;
    qsort(x, n, sizeof *x, by_size);
    double inner_low = x[n / 20], inner_high = x[n - 1 - n / 20];
    double room = inner_high / 2 - inner_low / 2; /* halves: no overflow */
    scale.log = x[0] > 0 && inner_high / fmax(inner_low, 1e-300) > 20;
    scale.low = scale.log ? x[0] : fmax(x[0], inner_low - room);
    scale.high = scale.log ? fmin(x[n - 1], inner_high * 10)
                           : fmin(x[n - 1], inner_high + room);
    if (!scale.log) /* a little air under the lowest */
        scale.low -= fmin(scale.high / 30 - scale.low / 30, 1e300);
    if (!(scale.high > scale.low)) {
        double half = scale.low != 0 ? fabs(scale.low) / 2 : 0.5;
        scale.low -= half;
        scale.high += half;
        scale.log = false;
    }
    return scale;
}

double fid__scale_at(const fid__scale *s, double x)
{
    double share = s->log ? log(x / s->low) / log(s->high / s->low)
                          : (x / 2 - s->low / 2) / (s->high / 2 - s->low / 2);
    if (!(share > 0))
        share = 0;
    return s->from + fmin(share, 1) * (s->to - s->from);
}

/* --- text */

void fid__append_html(fid_text *out, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
            fid_text_printf(out, "&#%d;", c);
        else
            fid_text_append_n(out, c < 32 || c == 127 ? "?" : s, 1);
    }
}

/* --- axes */

static void append_label(const fid__plot *plot, bool vertical, double value,
                         fid_text *out)
{
    if (vertical)
        fid_text_printf(out,
                        "<line class='grid' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>"
                        "<text x='%.1f' y='%.1f' text-anchor='end'>%.4g</text>\n",
                        plot->x.from, plot->x.to, fid__scale_at(&plot->y, value),
                        fid__scale_at(&plot->y, value), plot->x.from - 6,
                        fid__scale_at(&plot->y, value) + 4, value);
    else
        fid_text_printf(out,
                        "<text x='%.1f' y='%.1f' text-anchor='middle'>%.4g</text>\n",
                        fid__scale_at(&plot->x, value), plot->y.from + 16, value);
}

static void append_ticks(const fid__plot *plot, bool vertical, fid_text *out)
{
    const fid__scale *s = vertical ? &plot->y : &plot->x;
    if (s->log) {
        double decades = log10(s->high / s->low);
        static const double fine[] = {1, 2, 5}, coarse[] = {1};
        const double *steps = decades < 2 ? fine : coarse;
        size_t n = decades < 2 ? 3 : 1;
        int stride = (int)ceil(decades / 8);
        for (int e = (int)floor(log10(s->low)); e <= (int)ceil(log10(s->high));
             e += stride > 1 ? stride : 1)
            for (size_t k = 0; k < n; k++) {
                double value = steps[k] * pow(10, e);
                if (value >= s->low * (1 - 1e-9) && value <= s->high * (1 + 1e-9))
                    append_label(plot, vertical, value, out);
            }
        return;
    }
    double raw = s->high / 5 - s->low / 5, unit = pow(10, floor(log10(raw)));
    double step = raw / unit < 1.5   ? unit
                  : raw / unit < 3.5 ? 2 * unit
                  : raw / unit < 7.5 ? 5 * unit
                                     : 10 * unit;
    double first = ceil(s->low / step);
    for (int k = 0; k < 12; k++) {
        double value = (first + k) * step;
        if (value <= s->high + 1e-9 * step && isfinite(value))
            append_label(plot, vertical, value, out);
    }
}

void fid__plot_open(const fid__plot *plot, const char *x_name, const char *y_name,
                    fid_text *out)
{
    fid_text_printf(out, "<svg viewBox='0 0 %d %d' width='%d' role='img'>\n",
                    plot->width, plot->height, plot->width);
    if (y_name) {
        append_ticks(plot, true, out);
        fid_text_printf(out, "<text class='name' x='%.1f' y='12'>", plot->x.from);
        fid__append_html(out, y_name);
        fid_text_append(out, "</text>\n");
    }
    if (x_name) {
        append_ticks(plot, false, out);
        fid_text_printf(out, "<text class='name' x='%.1f' y='%d' text-anchor='end'>",
                        plot->x.to, plot->height - 2);
        fid__append_html(out, x_name);
        fid_text_append(out, "</text>\n");
    }
    fid_text_printf(out,
                    "<line class='axis' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>\n",
                    plot->x.from, plot->x.to, plot->y.from, plot->y.from);
}

void fid__plot_close(fid_text *out)
{
    fid_text_append(out, "</svg>\n");
}

void fid__plot_tick(const fid__plot *plot, double x, const char *words, fid_text *out)
{
    fid_text_printf(out, "<text x='%.1f' y='%.1f' text-anchor='middle'>",
                    fid__scale_at(&plot->x, x), plot->y.from + 16);
    fid__append_html(out, words);
    fid_text_append(out, "</text>\n");
}

/* --- marks */

void fid__plot_dot(const fid__plot *plot, double x, double y, const char *class,
                   const char *words, fid_text *out)
{
    fid_text_printf(out, "<circle class='%s' cx='%.1f' cy='%.1f' r='3'><title>", class,
                    fid__scale_at(&plot->x, x), fid__scale_at(&plot->y, y));
    fid__append_html(out, words);
    fid_text_append(out, "</title></circle>\n");
}

void fid__plot_line(const fid__plot *plot, const double *x, const double *y, size_t n,
                    bool steps, const char *class, fid_text *out)
{
    fid_text_printf(out, "<polyline class='%s' points='", class);
    for (size_t i = 0; i < n; i++) {
        double at = fid__scale_at(&plot->x, x[i]);
        if (steps && i)
            fid_text_printf(out, "%.1f,%.1f ", at, fid__scale_at(&plot->y, y[i - 1]));
        fid_text_printf(out, "%.1f,%.1f ", at, fid__scale_at(&plot->y, y[i]));
    }
    fid_text_append(out, "'/>\n");
}
