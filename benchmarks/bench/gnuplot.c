#include "gnuplot.h"

#include "ranking.h"
#include "series.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    const char *folder;
    size_t arena; /* from 1 */
    const bench_table *t;
    const bench_numbers *x;
    fid_error *err;
} figures;

/* gnuplot's double-quoted strings */
static void put_string(FILE *f, const char *text)
{
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

static size_t longest_name(const bench_table *t)
{
    size_t longest = 0;
    for (size_t k = 0; k < t->n_methods; k++)
        longest = strlen(t->methods[k]) > longest ? strlen(t->methods[k]) : longest;
    return longest;
}

/* Names of methods stand beside the figure on so many sides. */
static FILE *begin(const figures *g, const char *name, size_t sides)
{
    char path[4300];
    snprintf(path, sizeof path, "%.4096s/%zu-%s.gp", g->folder, g->arena, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        fid_error_set(g->err, FID_IO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    /* a figure for one column, without the names */
    double width = 9.0 + 0.17 * (double)(sides * longest_name(g->t)),
           height = fmax(6.5, 1.5 + 0.42 * (double)g->t->n_methods);
    fprintf(f,
            "# gnuplot %zu-%s.gp writes %zu-%s.pdf\n"
            "set terminal pdfcairo size %.1fcm,%.1fcm font ',9'\n"
            "set output '%zu-%s.pdf'\n"
            "set key outside right noenhanced\nset grid\nset autoscale xfix\n",
            g->arena, name, g->arena, name, width, height, g->arena, name);
    return f;
}

static fid_status end(const figures *g, FILE *f)
{
    bool bad = ferror(f) != 0;
    return fclose(f) || bad ? fid_error_set(g->err, FID_IO, "%s: cannot be written", g->folder)
                            : FID_OK;
}

/* --- Curves: a block of data with a column for each method. */

static fid_status write_series(const figures *g, const bench_series *s, bool ranks)
{
    char name[64];
    size_t m = g->t->n_methods;
    snprintf(name, sizeof name, "%s-%s", ranks ? "rank" : "regret", bench_axis_name(s->axis));
    FILE *f = begin(g, name, 1);
    if (!f)
        return FID_IO;
    fputs("$data << EOD\nx", f);
    for (size_t i = 0; i < m; i++) {
        fputc(' ', f);
        put_string(f, g->t->methods[g->x->sorted[i]]);
    }
    for (size_t k = 0; k < BENCH_POINTS; k++) {
        fprintf(f, "\n%.8g", s->x[k]);
        for (size_t i = 0; i < m; i++)
            fprintf(f, " %.8g", (ranks ? s->rank : s->regret)[k][g->x->sorted[i]]);
    }
    fprintf(f,
            "\nEOD\nset logscale x\n%sset xlabel '%s'\nset ylabel '%s'\n"
            "plot for [i=2:%zu] $data using 1:i with lines lw 1.5 title columnheader(i)\n",
            ranks ? "" : "set logscale y\nset format y '10^{%T}'\nset yrange [*<0.5:1.2]\n", bench_axis_words(s->axis),
            ranks ? "mean rank" : "mean normalised regret", m + 1);
    return end(g, f);
}

/* --- Decision time. */

static fid_status write_times(const figures *g)
{
    double n[BENCH_EFFORTS], ms[BENCH_EFFORTS];
    FILE *f = begin(g, "time", 1);
    if (!f)
        return FID_IO;
    for (size_t k = 0; k < g->t->n_methods; k++) {
        size_t found = bench_efforts(g->t, k, n, ms);
        fprintf(f, "$m%zu << EOD\n", k);
        for (size_t i = 0; i < found; i++)
            fprintf(f, "%g %.6g\n", n[i], fmax(ms[i], 1e-6));
        if (found == 0)
            fputs("NaN NaN\n", f);
        fputs("EOD\n", f);
    }
    fputs("set logscale xy\nset xrange [1:*]\nset yrange [1e-6:*]\nset format y '10^{%T}'\n"
          "set xlabel 'decisions before it'\nset ylabel 'CPU milliseconds'\n",
          f);
    for (size_t k = 0; k < g->t->n_methods; k++) {
        fprintf(f, "%s$m%zu using 1:2 with linespoints title ", k ? ", \\\n     " : "plot ", k);
        put_string(f, g->t->methods[k]);
    }
    fputc('\n', f);
    return end(g, f);
}

/* --- Critical differences. */

static fid_status write_differences(const figures *g)
{
    size_t m = g->t->n_methods;
    bench_ranking *r = fid_alloc(1, sizeof *r);
    if (!r || bench_ranking_compute(g->t, g->x, r)) {
        free(r);
        return fid_error_set(g->err, FID_NOMEM, "out of memory");
    }
    FILE *f = begin(g, "difference", 2);
    if (!f) {
        free(r);
        return FID_IO;
    }
    double step = 0.02 * ((double)m - 1.0);
    fprintf(f,
            "unset border\nunset ytics\nunset xtics\nunset grid\nunset key\n"
            "set lmargin %zu\nset rmargin %zu\n"
            "set x2range [1:%zu]\nset xrange [1:%zu]\nset yrange [%g:1]\n"
            "set x2tics 1,1,%zu\nset arrow from 1,0.5 to %zu,0.5 nohead\n",
            longest_name(g->t) + 4, longest_name(g->t) + 4, m, m,
            -1.5 - (double)((m + 1) / 2), m, m);
    for (size_t i = 0; i < m; i++) {
        bool left = 2 * i < m;
        double rank = r->rank[r->order[i]], y = -1.5 - (double)(left ? i : m - 1 - i),
               edge = left ? 1.0 - step : (double)m + step;
        fprintf(f,
                "set arrow from %g,0.5 to %g,%g nohead lc 'gray40'\n"
                "set arrow from %g,%g to %g,%g nohead lc 'gray40'\nset label ",
                rank, rank, y, rank, y, edge, y);
        put_string(f, g->t->methods[r->order[i]]);
        fprintf(f, " at %g,%g %s noenhanced\n", edge, y, left ? "right" : "left");
    }
    for (size_t i = 0; i < r->n_bars; i++)
        fprintf(f, "set arrow from %g,%g to %g,%g nohead lw 4\n",
                r->rank[r->order[r->first[i]]] - 0.03, 0.1 - 0.35 * (double)(i % 4),
                r->rank[r->order[r->end[i] - 1]] + 0.03, 0.1 - 0.35 * (double)(i % 4));
    fputs("plot NaN notitle\n", f);
    free(r);
    return end(g, f);
}

static fid_status write_arena(const figures *g)
{
    bench_series *s = fid_alloc(1, sizeof *s);
    fid_status status = s ? FID_OK : fid_error_set(g->err, FID_NOMEM, "out of memory");
    for (bench_axis axis = BENCH_BY_EVALUATIONS; !status && axis <= BENCH_BY_SECONDS; axis++) {
        if (axis == BENCH_BY_SPENT && g->t->whole)
            continue;
        status = bench_series_compute(g->t, axis, s);
        if (!status)
            status = write_series(g, s, false);
        if (!status && g->t->n_methods > 1)
            status = write_series(g, s, true);
    }
    free(s);
    FID_TRY(status);
    FID_TRY(write_times(g));
    return g->t->n_methods < 2 ? FID_OK : write_differences(g);
}

fid_status bench_gnuplot_write(const char *folder, const bench_table *tables, size_t n,
                               const char *against, fid_error *err)
{
    bench_numbers *x = fid_alloc(1, sizeof *x);
    fid_status status = x ? FID_OK : FID_NOMEM;
    if (mkdir(folder, 0777) && errno != EEXIST)
        status = fid_error_set(err, FID_IO, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; !status && i < n; i++) {
        if (tables[i].n_cases == 0)
            continue;
        bench_numbers_compute(&tables[i], NULL, against, x);
        status = write_arena(&(figures){folder, i + 1, &tables[i], x, err});
    }
    free(x);
    return status;
}
