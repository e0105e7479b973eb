#include "result.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void key(fid_text *out, const char *problem, const char *method, unsigned seed,
                size_t workers, bool whole, bool timed, double budget)
{
    fid_text_printf(out, "%s|%s|%u|%zu|%d|%g%s", problem, method, seed, workers, whole,
                    budget, timed ? "|time" : "");
}

void bench_contest_key(const bench_contest *c, fid_text *out)
{
    key(out, c->problem, c->method, c->seed, c->workers, c->whole, c->timed, c->budget);
}

void bench_result_key(const bench_result *r, fid_text *out)
{
    key(out, r->problem, r->method, r->seed, r->workers, r->whole, r->timed, r->budget);
}

static void write_head(const bench_contest *c, bool ok, const char *error,
                       fid_text *out)
{
    fid_text_append(out, "{\"problem\": ");
    fid_text_append_json(out, c->problem, strlen(c->problem));
    fid_text_append(out, ", \"method\": ");
    fid_text_append_json(out, c->method, strlen(c->method));
    fid_text_printf(
        out, ", \"seed\": %u, \"workers\": %zu, \"whole\": %s, \"budget\": ", c->seed,
        c->workers, c->whole ? "true" : "false");
    fid_text_append_double(out, c->budget);
    if (c->timed)
        fid_text_append(out, ", \"timed\": true");
    fid_text_printf(out, ", \"status\": \"%s\"", ok ? "ok" : "failed");
    if (!ok) {
        fid_text_append(out, ", \"error\": ");
        fid_text_append_json(out, error, strlen(error));
    }
}

static void write_number(fid_text *out, const char *name, double value)
{
    fid_text_printf(out, ", \"%s\": ", name);
    fid_text_append_double(out, value);
}

static void write_trace(const bench_trace *t, fid_text *out)
{
    fid_text_printf(out, ", \"evaluations\": %llu, \"steps\": %llu, \"asks\": %llu",
                    (unsigned long long)t->evaluations, (unsigned long long)t->steps,
                    (unsigned long long)t->asks);
    write_number(out, "spent", t->spent);
    write_number(out, "seconds", t->seconds);
    write_number(out, "cpu", t->cpu);
    fid_text_append(out, ", \"trace\": [");
    for (size_t i = 0; i < t->n_moments; i++) {
        const bench_moment *m = &t->moments[i];
        fid_text_printf(out, "%s[%llu, %.10g, %.10g, ", i ? ", " : "",
                        (unsigned long long)m->evaluations, m->spent, m->seconds);
        fid_text_append_double(out, m->loss);
        fid_text_append(out, "]");
    }
    fid_text_append(out, "], \"effort\": [");
    for (size_t i = 0; i < t->n_efforts; i++)
        fid_text_printf(out, "%s[%llu, %.6g]", i ? ", " : "",
                        (unsigned long long)t->efforts[i].asks, t->efforts[i].cpu);
    fid_text_append(out, "]");
}

void bench_result_write(const bench_contest *contest, const bench_outcome *outcome,
                        fid_text *out)
{
    char words[600];
    snprintf(words, sizeof words, "%s",
             outcome->error.message[0] ? outcome->error.message
                                       : fid_status_text(outcome->status));
    write_head(contest, outcome->status == FID_OK, words, out);
    fid_text_printf(out, ", \"group\": \"%s\"", outcome->group);
    write_number(out, "best", outcome->best);
    write_number(out, "median", outcome->median);
    write_trace(&outcome->trace, out);
    fid_text_append(out, "}\n");
}

void bench_result_write_lost(const bench_contest *contest, const char *words,
                             fid_text *out)
{
    write_head(contest, false, words, out);
    fid_text_append(out, "}\n");
}

/* --- reading */

static const char *text_of(json_object *object, const char *name)
{
    json_object *member;
    return json_object_object_get_ex(object, name, &member)
               ? json_object_get_string(member)
               : "";
}

static double number_of(json_object *object, const char *name)
{
    json_object *member;
    return json_object_object_get_ex(object, name, &member)
               ? json_object_get_double(member)
               : (double)NAN;
}

static double item(json_object *list, size_t index)
{
    return json_object_get_double(json_object_array_get_idx(list, index));
}

static bool read_trace(json_object *object, bench_trace *t)
{
    json_object *list;
    t->spent = number_of(object, "spent");
    t->seconds = number_of(object, "seconds");
    t->evaluations = (uint64_t)fmax(number_of(object, "evaluations"), 0.0);
    t->steps = (uint64_t)fmax(number_of(object, "steps"), 0.0);
    t->asks = (uint64_t)fmax(number_of(object, "asks"), 0.0);
    t->cpu = number_of(object, "cpu");
    if (json_object_object_get_ex(object, "trace", &list)) {
        t->n_moments = json_object_array_length(list);
        t->moments = fid_alloc(t->n_moments, sizeof *t->moments);
        for (size_t i = 0; t->moments && i < t->n_moments; i++) {
            json_object *m = json_object_array_get_idx(list, i);
            t->moments[i] = (bench_moment){(uint64_t)item(m, 0), item(m, 1), item(m, 2),
                                           item(m, 3)};
        }
    }
    if (json_object_object_get_ex(object, "effort", &list)) {
        t->n_efforts = json_object_array_length(list);
        t->efforts = fid_alloc(t->n_efforts, sizeof *t->efforts);
        for (size_t i = 0; t->efforts && i < t->n_efforts; i++) {
            json_object *m = json_object_array_get_idx(list, i);
            t->efforts[i] = (bench_effort){(uint64_t)item(m, 0), item(m, 1)};
        }
    }
    return (!t->n_moments || t->moments) && (!t->n_efforts || t->efforts);
}

bool bench_result_read(bench_result *out, const char *line)
{
    memset(out, 0, sizeof *out);
    json_object *object = json_tokener_parse(line);
    bool ok = object && json_object_is_type(object, json_type_object) &&
              *text_of(object, "problem") && *text_of(object, "method");
    if (ok) {
        snprintf(out->problem, sizeof out->problem, "%s", text_of(object, "problem"));
        snprintf(out->method, sizeof out->method, "%s", text_of(object, "method"));
        snprintf(out->group, sizeof out->group, "%s", text_of(object, "group"));
        snprintf(out->error, sizeof out->error, "%s", text_of(object, "error"));
        out->seed = (unsigned)number_of(object, "seed");
        out->workers = (size_t)number_of(object, "workers");
        out->whole = strcmp(text_of(object, "whole"), "true") == 0;
        out->timed = strcmp(text_of(object, "timed"), "true") == 0;
        out->ok = strcmp(text_of(object, "status"), "ok") == 0;
        out->budget = number_of(object, "budget");
        out->best = number_of(object, "best");
        out->median = number_of(object, "median");
        ok = read_trace(object, &out->trace);
    }
    json_object_put(object);
    if (!ok)
        bench_result_deinit(out);
    return ok;
}

void bench_result_deinit(bench_result *result)
{
    bench_trace_deinit(&result->trace);
}

/* Sorted by key; among equals by position, so that the last one can be kept. */
typedef struct {
    char *key;
    size_t index;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static fid_status drop_repeated(bench_result *results, size_t *n)
{
    keyed *keys = fid_alloc(*n, sizeof *keys);
    bool *stale = fid_alloc(*n, sizeof *stale);
    bool failed = !keys || !stale;
    for (size_t i = 0; !failed && i < *n; i++) {
        fid_text text = {0};
        bench_result_key(&results[i], &text);
        keys[i] = (keyed){fid_text_take(&text), i};
        failed = !keys[i].key;
    }
    if (!failed) {
        qsort(keys, *n, sizeof *keys, by_key);
        for (size_t i = 0; i + 1 < *n; i++)
            stale[keys[i].index] = strcmp(keys[i].key, keys[i + 1].key) == 0;
        size_t kept = 0;
        for (size_t i = 0; i < *n; i++) {
            if (stale[i])
                bench_result_deinit(&results[i]);
            else
                results[kept++] = results[i];
        }
        for (size_t i = 0; i < *n; i++)
            free(keys[i].key);
        *n = kept;
    }
    free(keys);
    free(stale);
    return failed ? FID_NOMEM : FID_OK;
}

fid_status bench_results_load(const char *path, bench_result **out, size_t *n,
                              size_t *skipped, fid_error *err)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t line_cap = 0, cap = 0;
    fid_status status = FID_OK;
    *out = NULL;
    *n = *skipped = 0;
    if (!file)
        return fid_error_set(err, FID_NOT_FOUND, "%s: cannot be opened", path);
    while (!status && getline(&line, &line_cap, file) > 0) {
        bench_result *grown = fid_grow(*out, &cap, *n + 1, sizeof *grown);
        if (!grown) {
            status = fid_error_set(err, FID_NOMEM, "out of memory");
            break;
        }
        *out = grown;
        if (bench_result_read(&grown[*n], line))
            (*n)++;
        else
            (*skipped)++;
    }
    free(line);
    fclose(file);
    return status ? status : drop_repeated(*out, n);
}

/* --- References from the results themselves. */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fill_one(bench_result *results, size_t n, size_t first, double *firsts)
{
    double best = HUGE_VAL;
    size_t n_firsts = 0;
    const char *problem = results[first].problem;
    for (size_t i = first; i < n; i++) {
        const bench_trace *t = &results[i].trace;
        if (strcmp(results[i].problem, problem) != 0 || t->n_moments == 0)
            continue;
        if (isfinite(t->moments[0].loss))
            firsts[n_firsts++] = t->moments[0].loss;
        for (size_t k = 0; k < t->n_moments; k++)
            best = fmin(best, t->moments[k].loss);
    }
    if (n_firsts == 0)
        return;
    qsort(firsts, n_firsts, sizeof *firsts, ascending);
    for (size_t i = first; i < n; i++)
        if (isnan(results[i].best) && strcmp(results[i].problem, problem) == 0) {
            results[i].best = best;
            results[i].median = firsts[n_firsts / 2];
        }
}

fid_status bench_results_fill_references(bench_result *results, size_t n)
{
    double *firsts = fid_alloc(n, sizeof *firsts);
    for (size_t i = 0; firsts && i < n; i++)
        if (isnan(results[i].best))
            fill_one(results, n, i, firsts);
    free(firsts);
    return firsts ? FID_OK : FID_NOMEM;
}
