/* Scales, axes and marks of a plot, as SVG. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include <fidelio/base.h>

typedef struct {
    double low, high; /* of the data */
    double from, to;  /* on the page; from > to for the vertical */
    bool log;
} fid__scale;

/* A scale for n finite values, logarithmic where they span decades. What lies beyond the
 * inner nine tenths by far is left to the edge. `x` is sorted. */
fid__scale fid__scale_for(double *x, size_t n, double from, double to);
/* On the page, no further than the edges. */
double fid__scale_at(const fid__scale *scale, double x);

typedef struct {
    int width, height;
    fid__scale x, y;
} fid__plot;

/* Text between tags or in an attribute: nothing in it is markup. */
void fid__append_html(fid_text *out, const char *s);

/* <svg>, axes with ticks and names; ends with fid__plot_close. A NULL name: no axis. */
void fid__plot_open(const fid__plot *plot, const char *x_name, const char *y_name,
                    fid_text *out);
void fid__plot_close(fid_text *out);
/* A dot with words that show under the pointer. */
void fid__plot_dot(const fid__plot *plot, double x, double y, const char *class,
                   const char *words, fid_text *out);
/* A line through points; steps: as a staircase. */
void fid__plot_line(const fid__plot *plot, const double *x, const double *y, size_t n,
                    bool steps, const char *class, fid_text *out);
/* Words under the horizontal axis. */
void fid__plot_tick(const fid__plot *plot, double x, const char *words, fid_text *out);

#endif
