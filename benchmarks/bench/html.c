#include "html.h"

#include "numbers.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 760, HEIGHT = 360, LEFT = 60, RIGHT = 230, TOP = 16, BOTTOM = 40, GRID = 80 };
#define FLOOR 1e-4 /* where the axis of regret ends */

/* Distinct for a dozen; then again dashed. */
static const char *const colours[] = {"#1b6ca8", "#d1495b", "#2e933c", "#edae49",
                                      "#7b5ea7", "#00798c", "#8c564b", "#e377c2",
                                      "#555555", "#9aa31d", "#17becf", "#ff7f0e"};
enum { N_COLOURS = sizeof colours / sizeof *colours };

static void put_text(FILE *f, const char *text)
{
    for (; *text; text++)
        if (*text == '<' || *text == '&' || *text == '>')
            fprintf(f, "&#%d;", *text);
        else
            fputc(*text, f);
}

/* --- Mean regret over the budget, on a logarithmic axis. */

static double x_of(const bench_table *t, double at)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * at / t->budget;
}

static double y_of(double regret)
{
    double share = log10(fmax(regret, FLOOR)) / log10(FLOOR);
    return TOP + (HEIGHT - TOP - BOTTOM) * share;
}

static void put_axes(FILE *f, const bench_table *t)
{
    for (double r = 1.0; r >= FLOOR * 0.99; r /= 10.0)
        fprintf(f,
                "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>"
                "<text x='%d' y='%.1f' text-anchor='end'>%g</text>\n",
                LEFT, WIDTH - RIGHT, y_of(r), y_of(r), LEFT - 6, y_of(r) + 4.0, r);
    for (int k = 0; k <= 4; k++)
        fprintf(f, "<text x='%.1f' y='%d' text-anchor='middle'>%g</text>\n",
                x_of(t, t->budget * k / 4.0), HEIGHT - BOTTOM + 18, t->budget * k / 4.0);
    fprintf(f, "<text x='%d' y='%d' text-anchor='middle'>%s</text>\n",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6,
            t->whole ? "evaluations" : "full-budget equivalents");
}

static void put_curves(FILE *f, const bench_table *t, const bench_numbers *x)
{
    double means[GRID][BENCH_MAX_METHODS];
    for (int g = 0; g < GRID; g++)
        bench_mean_regret(t, NULL, t->budget * (g + 1) / GRID, means[g]);
    fprintf(f, "<svg viewBox='0 0 %d %d' width='%d'>\n", WIDTH, HEIGHT, WIDTH);
    put_axes(f, t);
    for (size_t i = 0; i < t->n_methods; i++) {
        size_t k = x->sorted[i];
        const char *colour = colours[i % N_COLOURS];
        const char *dash = i < N_COLOURS ? "" : " stroke-dasharray='5 3'";
        fprintf(f, "<polyline fill='none' stroke='%s'%s stroke-width='1.8' points='",
                colour, dash);
        for (int g = 0; g < GRID; g++)
            fprintf(f, "%.1f,%.1f ", x_of(t, t->budget * (g + 1) / GRID),
                    y_of(means[g][k]));
        fprintf(f,
                "'/>\n<line x1='%d' x2='%d' y1='%zu' y2='%zu' stroke='%s'%s "
                "stroke-width='3'/><text x='%d' y='%zu'>",
                WIDTH - RIGHT + 12, WIDTH - RIGHT + 32, TOP + 8 + 16 * i,
                TOP + 8 + 16 * i, colour, dash, WIDTH - RIGHT + 38, TOP + 12 + 16 * i);
        put_text(f, t->methods[k]);
        fputs("</text>\n", f);
    }
    fputs("</svg>\n", f);
}

/* --- Critical difference: mean ranks on a line, bars join what does not differ. */

static void sort_by_rank(const double *rank, size_t n, size_t *order)
{
    for (size_t k = 0; k < n; k++) {
        size_t at = k;
        for (; at > 0 && rank[order[at - 1]] > rank[k]; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

/* The longest run from `first` on whose members all do not differ from each other. */
static size_t clique_end(const double *p, const size_t *order, size_t m, size_t first)
{
    size_t end = first + 1;
    for (; end < m; end++)
        for (size_t i = first; i < end; i++)
            if (p[order[i] * m + order[end]] < 0.05)
                return end;
    return end;
}

static void put_critical_difference(FILE *f, const bench_table *t, const bench_numbers *x)
{
    size_t m = t->n_methods, order[BENCH_MAX_METHODS], covered = 0, bars = 0;
    const double *rank = x->rank[t->n_at - 1];
    double *p = fid_alloc(m * m, sizeof *p);
    if (!p || m < 2) {
        free(p);
        return;
    }
    bench_pairwise(t, p);
    sort_by_rank(rank, m, order);
    int height = 60 + 18 * (int)m;
    double scale = (double)(WIDTH - 2 * LEFT) / ((double)m - 1.0);
    fprintf(f, "<svg viewBox='0 0 %d %d' width='%d'>\n", WIDTH, height, WIDTH);
    fprintf(f, "<line x1='%d' x2='%d' y1='20' y2='20' stroke='#000'/>\n", LEFT,
            WIDTH - LEFT);
    for (size_t k = 1; k <= m; k++)
        fprintf(f, "<text x='%.1f' y='14' text-anchor='middle'>%zu</text>\n",
                LEFT + scale * (double)(k - 1), k);
    for (size_t i = 0; i < m; i++) {
        double at = LEFT + scale * (rank[order[i]] - 1.0);
        bool left = 2 * i < m;
        double y = 50.0 + 18.0 * (double)(left ? i : m - 1 - i) + 8.0;
        double end = left ? LEFT + 150.0 : WIDTH - LEFT - 150.0;
        fprintf(f,
                "<polyline fill='none' stroke='#777' points='%.1f,20 %.1f,%.1f "
                "%.1f,%.1f'/><text x='%.1f' y='%.1f' text-anchor='%s'>",
                at, at, y, end, y, left ? end - 4.0 : end + 4.0, y + 4.0,
                left ? "end" : "start");
        put_text(f, t->methods[order[i]]);
        fprintf(f, " %.2f</text>\n", rank[order[i]]);
    }
    for (size_t i = 0; i < m; i++) {
        size_t end = clique_end(p, order, m, i);
        if (end - i < 2 || end <= covered)
            continue;
        covered = end;
        fprintf(f,
                "<line x1='%.1f' x2='%.1f' y1='%zu' y2='%zu' stroke='#000' "
                "stroke-width='4'/>\n",
                LEFT + scale * (rank[order[i]] - 1.0) - 3.0,
                LEFT + scale * (rank[order[end - 1]] - 1.0) + 3.0, 26 + 6 * (bars % 4),
                26 + 6 * (bars % 4));
        bars++;
    }
    fputs("</svg>\n", f);
    free(p);
}

/* --- Tables. */

static void put_summary(FILE *f, const bench_table *t, const bench_numbers *x)
{
    fputs("<table><tr><th>method</th>", f);
    for (size_t a = 0; a < t->n_at; a++)
        fprintf(f, "<th>regret@%g</th>", t->at[a]);
    for (size_t a = 0; a < t->n_at; a++)
        fprintf(f, "<th>rank@%g</th>", t->at[a]);
    fputs("<th>area</th><th>p</th><th>ms/ask</th><th>failed</th></tr>\n", f);
    for (size_t i = 0; i < t->n_methods; i++) {
        size_t k = x->sorted[i];
        fputs("<tr><td>", f);
        put_text(f, t->methods[k]);
        fputs("</td>", f);
        for (size_t a = 0; a < t->n_at; a++)
            fprintf(f, "<td>%.4f</td>", x->regret[a][k]);
        for (size_t a = 0; a < t->n_at; a++)
            fprintf(f, "<td>%.2f</td>", x->rank[a][k]);
        fprintf(f, "<td>%.4f</td>", x->area[k]);
        if (k == x->reference)
            fputs("<td>reference</td>", f);
        else
            fprintf(f, "<td>%.2g</td>", x->p[k]);
        fprintf(f, "<td>%.2f</td><td>%zu</td></tr>\n", x->cpu[k], t->n_failed[k]);
    }
    fputs("</table>\n", f);
}

static void put_problems(FILE *f, const bench_table *t, const bench_numbers *x)
{
    fputs("<details><summary>every problem: median regret at the end "
          "(quartiles)</summary><table><tr><th>problem</th>",
          f);
    for (size_t i = 0; i < t->n_methods; i++) {
        fputs("<th>", f);
        put_text(f, t->methods[x->sorted[i]]);
        fputs("</th>", f);
    }
    fputs("</tr>\n", f);
    for (size_t p = 0; p < t->n_problems; p++) {
        fputs("<tr><td>", f);
        put_text(f, t->problems[p]);
        fputs("</td>", f);
        for (size_t i = 0; i < t->n_methods; i++) {
            double q[3];
            bench_quartiles(t, p, x->sorted[i], t->budget, q);
            fprintf(f, "<td>%.4f<br><small>%.4f .. %.4f</small></td>", q[1], q[0], q[2]);
        }
        fputs("</tr>\n", f);
    }
    fputs("</table></details>\n", f);
}

static void put_arena(FILE *f, const bench_table *t, const char *against)
{
    bench_numbers *x = fid_alloc(1, sizeof *x);
    if (x && t->n_cases > 0) {
        bench_numbers_compute(t, NULL, against, x);
        fprintf(f,
                "<h2>budget %g %s, %zu worker%s</h2>\n"
                "<p>%zu problems, %zu cases (problem and seed) that every method "
                "has%s.</p>\n",
                t->budget, t->whole ? "evaluations" : "full-budget equivalents",
                t->workers, t->workers == 1 ? "" : "s", t->n_problems, t->n_cases,
                t->n_dropped ? "; incomplete ones are left out" : "");
        put_curves(f, t, x);
        put_summary(f, t, x);
        fputs("<p>Mean ranks at the end; a bar joins methods whose difference is not "
              "significant (Wilcoxon, Holm, 5 %).</p>\n",
              f);
        put_critical_difference(f, t, x);
        put_problems(f, t, x);
    }
    free(x);
}

fid_status bench_html_write(const char *path, const bench_table *tables, size_t n,
                            const char *against, fid_error *err)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return fid_error_set(err, FID_IO, "%s: %s", path, strerror(errno));
    fputs("<!doctype html><html lang='en'><meta charset='utf-8'><title>fidelio-bench"
          "</title>\n<style>body{font:14px sans-serif;margin:2em;max-width:1100px}"
          "table{border-collapse:collapse;margin:1em 0}td,th{padding:2px 9px;"
          "text-align:right;border-bottom:1px solid #ddd}td:first-child,"
          "th:first-child{text-align:left}svg text{font:12px sans-serif}</style>\n"
          "<h1>fidelio-bench</h1>\n<p>Regret is normalised: 0 is the best known value, "
          "1 the median of random configurations. Means are over problems, each "
          "counting the same; area is the mean regret over the whole budget; p "
          "compares areas with the reference (paired Wilcoxon, Holm).</p>\n",
          f);
    for (size_t i = 0; i < n; i++)
        put_arena(f, &tables[i], against);
    fputs("</html>\n", f);
    bool bad = ferror(f) != 0;
    if (fclose(f) || bad)
        return fid_error_set(err, FID_IO, "%s: cannot be written", path);
    return FID_OK;
}
