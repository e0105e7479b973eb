#include "chart.h"

#include <math.h>

enum { WIDTH = 520, HEIGHT = 300, LEFT = 56, RIGHT = 190, TOP = 26, BOTTOM = 40 };

/* Distinct for a dozen; then again dashed. */
static const char *const colours[] = {"#1b6ca8", "#d1495b", "#2e933c", "#edae49",
                                      "#7b5ea7", "#00798c", "#8c564b", "#e377c2",
                                      "#555555", "#9aa31d", "#17becf", "#ff7f0e"};
enum { N_COLOURS = sizeof colours / sizeof *colours };

void bench_put_text(FILE *f, const char *text)
{
    for (; *text; text++)
        if (*text == '<' || *text == '&' || *text == '>')
            fprintf(f, "&#%d;", *text);
        else
            fputc(*text, f);
}

static double share(double v, double low, double high, bool is_log)
{
    if (is_log)
        v = log(fmax(v, low)), low = log(low), high = log(high);
    return high > low ? fmin(fmax((v - low) / (high - low), 0.0), 1.0) : 0.0;
}

static double x_of(const bench_chart *c, double x)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * share(x, c->x_low, c->x_high, true);
}

static double y_of(const bench_chart *c, double y)
{
    return HEIGHT - BOTTOM -
           (HEIGHT - TOP - BOTTOM) * share(y, c->y_low, c->y_high, c->log_y);
}

static void put_tick(FILE *f, const bench_chart *c, double y)
{
    fprintf(f,
            "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>"
            "<text x='%d' y='%.1f' text-anchor='end'>%.3g</text>\n",
            LEFT, WIDTH - RIGHT, y_of(c, y), y_of(c, y), LEFT - 6, y_of(c, y) + 4.0, y);
}

void bench_chart_begin(FILE *f, const bench_chart *c)
{
    fprintf(f, "<svg viewBox='0 0 %d %d' width='%d'><text x='%d' y='14'>", WIDTH, HEIGHT,
            WIDTH, LEFT);
    bench_put_text(f, c->title);
    fputs("</text>\n", f);
    for (double y = c->y_high; c->log_y && y >= c->y_low * 0.99; y /= 10.0)
        put_tick(f, c, y);
    for (int k = 0; !c->log_y && k <= 4; k++)
        put_tick(f, c, c->y_low + (c->y_high - c->y_low) * k / 4.0);
    for (int k = 0; k <= 4; k++) {
        double x = c->x_low * pow(c->x_high / c->x_low, k / 4.0);
        fprintf(f, "<text x='%.1f' y='%d' text-anchor='middle'>%.3g</text>\n", x_of(c, x),
                HEIGHT - BOTTOM + 18, x);
    }
    fprintf(f, "<text x='%d' y='%d' text-anchor='middle'>", (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 6);
    bench_put_text(f, c->x_words);
    fputs("</text>\n", f);
}

void bench_chart_curve(FILE *f, const bench_chart *c, size_t i, const char *name, size_t n,
                       const double *x, const double *y)
{
    const char *colour = colours[i % N_COLOURS];
    const char *dash = i < N_COLOURS ? "" : " stroke-dasharray='5 3'";
    size_t line = TOP + 8 + 15 * i;
    fprintf(f, "<polyline fill='none' stroke='%s'%s stroke-width='1.8' points='", colour,
            dash);
    for (size_t k = 0; k < n; k++)
        fprintf(f, "%.1f,%.1f ", x_of(c, x[k]), y_of(c, y[k]));
    fprintf(f,
            "'/>\n<line x1='%d' x2='%d' y1='%zu' y2='%zu' stroke='%s'%s "
            "stroke-width='3'/><text x='%d' y='%zu'>",
            WIDTH - RIGHT + 10, WIDTH - RIGHT + 28, line, line, colour, dash,
            WIDTH - RIGHT + 33, line + 4);
    bench_put_text(f, name);
    fputs("</text>\n", f);
}

void bench_chart_end(FILE *f)
{
    fputs("</svg>\n", f);
}
