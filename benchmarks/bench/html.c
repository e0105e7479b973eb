#include "html.h"

#include "chart.h"
#include "command.h"
#include "pairs.h"
#include "ranking.h"
#include "series.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Curves. */

/* Where the axis of regret ends. */
#define FLOOR 1e-4

static void put_series_chart(FILE *f, const bench_table *t, const bench_numbers *x,
                             const bench_series *s, bool ranks)
{
    double y[BENCH_POINTS];
    bench_chart chart = {.title = ranks ? "mean rank" : "mean normalised regret",
                         .x_words = bench_axis_words(s->axis),
                         .log_y = !ranks,
                         .x_low = s->x[0],
                         .x_high = s->x[BENCH_POINTS - 1],
                         .y_low = ranks ? 1.0 : FLOOR,
                         .y_high = ranks ? fmax((double)t->n_methods, 2.0) : 1.0};
    bench_chart_begin(f, &chart);
    for (size_t i = 0; i < t->n_methods; i++) {
        for (size_t k = 0; k < BENCH_POINTS; k++)
            y[k] = (ranks ? s->rank : s->regret)[k][x->sorted[i]];
        bench_chart_curve(f, &chart, i, t->methods[x->sorted[i]], BENCH_POINTS, s->x, y);
    }
    bench_chart_end(f);
}

/* Decision time against the number of asks. */
static void put_efforts(FILE *f, const bench_table *t, const bench_numbers *x)
{
    double n[BENCH_EFFORTS], ms[BENCH_EFFORTS];
    bench_chart chart = {.title = "CPU milliseconds of a decision",
                         .x_words = "decisions before it",
                         .log_y = true,
                         .x_low = 1.0,
                         .x_high = 2.0,
                         .y_low = 1e-3,
                         .y_high = 1.0};
    for (size_t k = 0; k < t->n_methods; k++) {
        size_t found = bench_efforts(t, k, n, ms);
        for (size_t i = 0; i < found; i++) {
            chart.x_high = fmax(chart.x_high, n[i]);
            while (ms[i] > chart.y_high)
                chart.y_high *= 10.0;
        }
    }
    bench_chart_begin(f, &chart);
    for (size_t i = 0; i < t->n_methods; i++) {
        size_t found = bench_efforts(t, x->sorted[i], n, ms);
        bench_chart_curve(f, &chart, i, t->methods[x->sorted[i]], found, n, ms);
    }
    bench_chart_end(f);
}

static void put_curves(FILE *f, const bench_table *t, const bench_numbers *x)
{
    bench_series *s = fid_alloc(1, sizeof *s);
    for (bench_axis axis = BENCH_BY_EVALUATIONS; s && axis <= BENCH_BY_SECONDS; axis++) {
        /* of whole problems an evaluation is one equivalent */
        if ((axis == BENCH_BY_SPENT && t->whole) || bench_series_compute(t, axis, s))
            continue;
        put_series_chart(f, t, x, s, false);
        put_series_chart(f, t, x, s, true);
    }
    put_efforts(f, t, x);
    free(s);
}

/* --- Critical difference: mean ranks on a line, bars join what does not differ. */

enum { WIDTH = 760, LEFT = 60 };

static void put_critical_difference(FILE *f, const bench_table *t, const bench_numbers *x)
{
    size_t m = t->n_methods;
    bench_ranking *r = fid_alloc(1, sizeof *r);
    if (!r || m < 2 || bench_ranking_compute(t, x, r)) {
        free(r);
        return;
    }
    int height = 60 + 18 * (int)m;
    double scale = (double)(WIDTH - 2 * LEFT) / ((double)m - 1.0);
    fprintf(f, "<svg viewBox='0 0 %d %d' width='%d'>\n", WIDTH, height, WIDTH);
    fprintf(f, "<line x1='%d' x2='%d' y1='20' y2='20' stroke='#000'/>\n", LEFT,
            WIDTH - LEFT);
    for (size_t k = 1; k <= m; k++)
        fprintf(f, "<text x='%.1f' y='14' text-anchor='middle'>%zu</text>\n",
                LEFT + scale * (double)(k - 1), k);
    for (size_t i = 0; i < m; i++) {
        double rank = r->rank[r->order[i]], at = LEFT + scale * (rank - 1.0);
        bool left = 2 * i < m;
        double y = 50.0 + 18.0 * (double)(left ? i : m - 1 - i) + 8.0;
        double end = left ? LEFT + 150.0 : WIDTH - LEFT - 150.0;
        fprintf(f,
                "<polyline fill='none' stroke='#777' points='%.1f,20 %.1f,%.1f "
                "%.1f,%.1f'/><text x='%.1f' y='%.1f' text-anchor='%s'>",
                at, at, y, end, y, left ? end - 4.0 : end + 4.0, y + 4.0,
                left ? "end" : "start");
        bench_put_text(f, t->methods[r->order[i]]);
        fprintf(f, " %.2f</text>\n", rank);
    }
    for (size_t i = 0; i < r->n_bars; i++)
        fprintf(f,
                "<line x1='%.1f' x2='%.1f' y1='%zu' y2='%zu' stroke='#000' "
                "stroke-width='4'/>\n",
                LEFT + scale * (r->rank[r->order[r->first[i]]] - 1.0) - 3.0,
                LEFT + scale * (r->rank[r->order[r->end[i] - 1]] - 1.0) + 3.0,
                26 + 6 * (i % 4), 26 + 6 * (i % 4));
    fputs("</svg>\n", f);
    free(r);
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
        bench_put_text(f, t->methods[k]);
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

/* Median, quartiles and p of one part: a row of the tables below. */
static void put_cells(FILE *f, const bench_table *t, const bench_numbers *x, size_t problem,
                      const char *group, const double *p)
{
    for (size_t i = 0; i < t->n_methods; i++) {
        size_t k = x->sorted[i];
        double q[3];
        if (group)
            bench_group_quartiles(t, group, k, t->budget, q);
        else
            bench_quartiles(t, problem, k, t->budget, q);
        fprintf(f, "<td>%.4f<br><small>%.4f .. %.4f</small>", q[1], q[0], q[2]);
        if (!isnan(p[k]))
            fprintf(f, "<br><small>p %.2g</small>", p[k]);
        fputs("</td>", f);
    }
    fputs("</tr>\n", f);
}

static void put_head(FILE *f, const bench_table *t, const bench_numbers *x, const char *what)
{
    fprintf(f, "<table><tr><th>%s</th>", what);
    for (size_t i = 0; i < t->n_methods; i++) {
        fputs("<th>", f);
        bench_put_text(f, t->methods[x->sorted[i]]);
        fputs("</th>", f);
    }
    fputs("</tr>\n", f);
}

static void put_groups(FILE *f, const bench_table *t, const bench_numbers *x)
{
    bench_numbers *own = fid_alloc(1, sizeof *own);
    put_head(f, t, x, "group");
    for (size_t p = 0; own && p < t->n_problems; p++) {
        if (!bench_is_first_of_group(t, p))
            continue;
        bench_numbers_compute(t, t->groups[p], t->methods[x->reference], own);
        fputs("<tr><td>", f);
        bench_put_text(f, t->groups[p]);
        fprintf(f, "<br><small>%zu problems</small></td>", bench_count_in(t, t->groups[p]));
        put_cells(f, t, x, p, t->groups[p], own->p);
    }
    fputs("</table>\n", f);
    free(own);
}

static void put_problems(FILE *f, const bench_table *t, const bench_numbers *x)
{
    double p_values[BENCH_MAX_METHODS];
    fputs("<details><summary>every problem</summary>", f);
    put_head(f, t, x, "problem");
    for (size_t p = 0; p < t->n_problems; p++) {
        bench_problem_p(t, p, x->reference, p_values);
        fputs("<tr><td>", f);
        bench_put_text(f, t->problems[p]);
        fputs("</td>", f);
        put_cells(f, t, x, p, NULL, p_values);
    }
    fputs("</table></details>\n", f);
}

/* --- Pairs. */

static void put_loss(void *ctx, size_t k, const char *problem, double lead)
{
    FILE *f = ctx;
    fputs(k ? ", " : "", f);
    bench_put_text(f, problem);
    fprintf(f, " %+.2f", lead);
}

static void put_pair(FILE *f, const bench_pair *x)
{
    const bench_table *t = x->table;
    const bench_numbers *own = &x->numbers;
    size_t a = x->mine, b = x->other;
    fputs("<tr><td>", f);
    bench_put_text(f, t->methods[b]);
    fprintf(f, "</td><td>%zu, %zu</td>", t->n_problems, t->n_cases);
    for (size_t k = 0; k < t->n_at; k++)
        fprintf(f, "<td>%.4f<br>%.4f</td>", own->regret[k][a], own->regret[k][b]);
    fprintf(f, "<td>%.4f<br>%.4f</td><td>%zu-%zu-%zu</td><td>%.2g</td><td>", own->area[a],
            own->area[b], x->won, t->n_problems - x->won - x->lost, x->lost, x->p);
    bench_pair_losses(x, put_loss, f);
    fputs("</td></tr>\n", f);
}

static void put_pairs(FILE *f, const bench_table *t, const bench_result *results, size_t n,
                      const char *against)
{
    bench_pair *pairs;
    size_t n_pairs;
    if (bench_pairs_open(&pairs, &n_pairs, t, results, n, against) != FID_OK || !n_pairs) {
        free(pairs);
        return;
    }
    const char *mine = pairs[0].table->methods[pairs[0].mine];
    fputs("<p>Pairs: ", f);
    bench_put_text(f, mine);
    fputs(" (above) and each of the others (below) on the problems and seeds that both have; p "
          "of the log10 of the regret at the end (Wilcoxon, Holm).</p>\n"
          "<table><tr><th>method</th><th>problems, cases</th>",
          f);
    for (size_t a = 0; a < t->n_at; a++)
        fprintf(f, "<th>regret@%g</th>", t->at[a]);
    fputs("<th>area</th><th>won-tied-lost</th><th>p</th><th>loses on (log10)</th></tr>\n", f);
    for (size_t i = 0; i < n_pairs; i++)
        put_pair(f, &pairs[i]);
    fputs("</table>\n", f);
    bench_pairs_close(pairs, n_pairs);
}

/* --- Peers that are missing. */

typedef struct {
    FILE *f;
    bool any;
} missing;

static void put_failed_peer(void *ctx, const char *peer, const char *state,
                            const char *words)
{
    missing *m = ctx;
    if (strcmp(state, "failed") != 0)
        return;
    if (!m->any)
        fputs("<h2>peers that could not be installed</h2>\n<table>\n", m->f);
    m->any = true;
    fputs("<tr><td>", m->f);
    bench_put_text(m->f, peer);
    fputs("</td><td>", m->f);
    bench_put_text(m->f, words);
    fputs("</td></tr>\n", m->f);
}

static void put_failed_peers(FILE *f, const bench_places *places)
{
    missing m = {f, false};
    bench_each_peer(places, put_failed_peer, &m);
    if (m.any)
        fputs("</table>\n", f);
}

/* --- All. */

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
        fputs("<p>By group and by problem: median regret at the end, quartiles, p of the area "
              "against the reference.</p>\n",
              f);
        put_groups(f, t, x);
        put_problems(f, t, x);
    }
    free(x);
}

fid_status bench_html_write(const char *path, const bench_table *tables, size_t n,
                            const bench_result *results, size_t n_results,
                            const char *against, const bench_places *places,
                            fid_error *err)
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
    for (size_t i = 0; i < n; i++) {
        put_arena(f, &tables[i], against);
        put_pairs(f, &tables[i], results, n_results, against);
    }
    put_failed_peers(f, places);
    fputs("</html>\n", f);
    bool bad = ferror(f) != 0;
    if (fclose(f) || bad)
        return fid_error_set(err, FID_IO, "%s: cannot be written", path);
    return FID_OK;
}
