/* Curves as inline SVG. */
#ifndef BENCH_CHART_H
#define BENCH_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct {
    const char *title, *x_words;
    bool log_y;
    double x_low, x_high, y_low, y_high; /* x is logarithmic: above 0 */
} bench_chart;

void bench_chart_begin(FILE *f, const bench_chart *chart);
/* The curve number i (its colour, its line of the legend). */
void bench_chart_curve(FILE *f, const bench_chart *chart, size_t i, const char *name,
                       size_t n, const double *x, const double *y);
void bench_chart_end(FILE *f);

void bench_put_text(FILE *f, const char *text); /* with HTML's escapes */

#endif
