#include "report_json.h"

#include "series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put_key(fid_text *out, const char *key)
{
    fid_text_append(out, "\"");
    fid_text_append(out, key);
    fid_text_append(out, "\": ");
}

static void put_word(fid_text *out, const char *key, const char *word)
{
    put_key(out, key);
    fid_text_append_json(out, word, strlen(word));
}

static void put_number(fid_text *out, const char *key, double value)
{
    fid_text_append(out, ", ");
    put_key(out, key);
    if (isfinite(value))
        fid_text_append_double(out, value);
    else
        fid_text_append(out, "null");
}

/* "key": [x[0], ..] */
static void put_list(fid_text *out, const char *key, const double *x, size_t n)
{
    fid_text_append(out, ", ");
    put_key(out, key);
    for (size_t i = 0; i < n; i++) {
        fid_text_append(out, i ? ", " : "[");
        fid_text_append_double(out, x[i]);
    }
    fid_text_append(out, n ? "]" : "[]");
}

static void put_method(fid_text *out, const bench_table *t, const bench_numbers *x, size_t k,
                       const double q[3], double p)
{
    put_word(out, "method", t->methods[k]);
    put_number(out, "median", q[1]);
    put_number(out, "lower", q[0]);
    put_number(out, "upper", q[2]);
    put_number(out, "p", p);
    if (!x)
        return;
    double at[16], regret[16], rank[16];
    for (size_t a = 0; a < t->n_at; a++) {
        at[a] = t->at[a];
        regret[a] = x->regret[a][k];
        rank[a] = x->rank[a][k];
    }
    put_list(out, "at", at, t->n_at);
    put_list(out, "regret", regret, t->n_at);
    put_list(out, "rank", rank, t->n_at);
    put_number(out, "log10", x->log[k]);
    put_number(out, "area", x->area[k]);
    put_number(out, "ms_per_ask", x->cpu[k]);
}

static void put_group(fid_text *out, const bench_table *t, const char *group,
                      const bench_numbers *x)
{
    put_word(out, "group", group ? group : "all");
    put_number(out, "problems", (double)bench_count_in(t, group));
    fid_text_append(out, ", \"methods\": [");
    for (size_t k = 0; k < t->n_methods; k++) {
        double q[3];
        bench_group_quartiles(t, group, k, t->budget, q);
        fid_text_append(out, k ? ", {" : "{");
        put_method(out, t, x, k, q, x->p[k]);
        if (!group) {
            double n[BENCH_EFFORTS], ms[BENCH_EFFORTS];
            size_t found = bench_efforts(t, k, n, ms);
            put_number(out, "failed", (double)t->n_failed[k]);
            put_list(out, "asks", n, found);
            put_list(out, "ms", ms, found);
        }
        fid_text_append(out, "}");
    }
    fid_text_append(out, "]}");
}

static void put_groups(fid_text *out, const bench_table *t, const char *against,
                       bench_numbers *x)
{
    fid_text_append(out, ", \"groups\": [{");
    put_group(out, t, NULL, x);
    for (size_t p = 0; p < t->n_problems; p++)
        if (bench_is_first_of_group(t, p)) {
            bench_numbers_compute(t, t->groups[p], against, x);
            fid_text_append(out, ", {");
            put_group(out, t, t->groups[p], x);
        }
    fid_text_append(out, "]");
}

static void put_problems(fid_text *out, const bench_table *t, size_t reference)
{
    fid_text_append(out, ", \"problems\": [");
    for (size_t p = 0; p < t->n_problems; p++) {
        double p_values[BENCH_MAX_METHODS];
        bench_problem_p(t, p, reference, p_values);
        fid_text_append(out, p ? ", {" : "{");
        put_word(out, "problem", t->problems[p]);
        fid_text_append(out, ", ");
        put_word(out, "group", t->groups[p]);
        fid_text_append(out, ", \"methods\": [");
        for (size_t k = 0; k < t->n_methods; k++) {
            double q[3];
            bench_quartiles(t, p, k, t->budget, q);
            fid_text_append(out, k ? ", {" : "{");
            put_method(out, t, NULL, k, q, p_values[k]);
            fid_text_append(out, "}");
        }
        fid_text_append(out, "]}");
    }
    fid_text_append(out, "]");
}

static fid_status put_series(fid_text *out, const bench_table *t)
{
    bench_series *s = fid_alloc(1, sizeof *s);
    bool first = true;
    fid_text_append(out, ", \"series\": [");
    for (bench_axis axis = BENCH_BY_EVALUATIONS; s && axis <= BENCH_BY_SECONDS; axis++) {
        if ((axis == BENCH_BY_SPENT && t->whole) || bench_series_compute(t, axis, s))
            continue;
        for (size_t k = 0; k < t->n_methods; k++) {
            double regret[BENCH_POINTS], rank[BENCH_POINTS];
            for (size_t i = 0; i < BENCH_POINTS; i++) {
                regret[i] = s->regret[i][k];
                rank[i] = s->rank[i][k];
            }
            fid_text_append(out, first ? "{" : ", {");
            first = false;
            put_word(out, "axis", bench_axis_name(axis));
            fid_text_append(out, ", ");
            put_word(out, "method", t->methods[k]);
            put_list(out, "x", s->x, BENCH_POINTS);
            put_list(out, "regret", regret, BENCH_POINTS);
            put_list(out, "rank", rank, BENCH_POINTS);
            fid_text_append(out, "}");
        }
    }
    free(s);
    fid_text_append(out, "]");
    return s ? FID_OK : FID_NOMEM;
}

static fid_status put_arena(fid_text *out, const bench_table *t, const char *against,
                            bench_numbers *x)
{
    bench_numbers_compute(t, NULL, against, x);
    size_t reference = x->reference;
    put_word(out, "kind", t->whole ? "evaluations" : "equivalents");
    put_number(out, "budget", t->budget);
    put_number(out, "workers", (double)t->workers);
    put_number(out, "cases", (double)t->n_cases);
    put_number(out, "dropped", (double)t->n_dropped);
    fid_text_append(out, ", ");
    put_word(out, "reference", t->methods[reference]);
    put_groups(out, t, t->methods[reference], x);
    put_problems(out, t, reference);
    return put_series(out, t);
}

fid_status bench_report_json(const bench_table *tables, size_t n, const char *against,
                             fid_text *out)
{
    bench_numbers *x = fid_alloc(1, sizeof *x);
    fid_status status = x ? FID_OK : FID_NOMEM;
    bool first = true;
    fid_text_append(out, "{\"arenas\": [");
    for (size_t i = 0; !status && i < n; i++) {
        if (tables[i].n_cases == 0)
            continue;
        fid_text_append(out, first ? "{" : ", {");
        first = false;
        status = put_arena(out, &tables[i], against, x);
        fid_text_append(out, "}");
    }
    free(x);
    fid_text_append(out, "]}\n");
    return out->failed ? FID_NOMEM : status;
}

static void put_quoted(fid_text *out, const char *word)
{
    fid_text_append(out, "\"");
    for (; *word; word++) {
        if (*word == '"')
            fid_text_append(out, "\"");
        fid_text_append_n(out, word, 1);
    }
    fid_text_append(out, "\"");
}

fid_status bench_report_curves(const bench_table *tables, size_t n, fid_text *out)
{
    bench_series *s = fid_alloc(1, sizeof *s);
    fid_text_append(out, "kind,budget,workers,axis,x,method,regret,rank\n");
    for (size_t a = 0; s && a < n; a++)
        for (bench_axis axis = BENCH_BY_EVALUATIONS; axis <= BENCH_BY_SECONDS; axis++) {
            const bench_table *t = &tables[a];
            if (t->n_cases == 0 || (axis == BENCH_BY_SPENT && t->whole) ||
                bench_series_compute(t, axis, s))
                continue;
            for (size_t i = 0; i < BENCH_POINTS; i++)
                for (size_t k = 0; k < t->n_methods; k++) {
                    fid_text_printf(out, "%s,%g,%zu,%s,%.8g,",
                                    t->whole ? "evaluations" : "equivalents", t->budget,
                                    t->workers, bench_axis_name(axis), s->x[i]);
                    put_quoted(out, t->methods[k]);
                    fid_text_printf(out, ",%.8g,%.8g\n", s->regret[i][k], s->rank[i][k]);
                }
        }
    free(s);
    return s && !out->failed ? FID_OK : FID_NOMEM;
}
