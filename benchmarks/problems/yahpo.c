/* Problems over the YAHPO surrogates: NAME/INSTANCE, NAME/INSTANCE:METRIC, or with
 * several objectives NAME/INSTANCE:METRIC+METRIC. */
#include "problem.h"

#include "net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bench_problem base;
    bench_net *net;
    size_t objective[4], n_objectives, runtime; /* outputs */
    size_t fidelity;           /* numeric input */
    bench_net_row row;         /* the instance, other fidelities at their maximum */
    bool is_cat[BENCH_NET_INPUTS + 4]; /* by parameter */
    size_t input[BENCH_NET_INPUTS + 4];
    int *codes[4]; /* [choice] -> code, by categorical input */
} yahpo;

/* The objective that the authors of the suite use for each scenario. */
static const char *const objectives[][2] = {
    {"lcbench", "val_accuracy"}, {"rbv2_xgboost", "acc"}, {"iaml_glmnet", "mmce"}};

static void fill_row(const yahpo *y, const bench_query *query, bench_net_row *row)
{
    *row = y->row;
    size_t n = fid_space_n_params(y->base.space);
    for (size_t p = 0; p < n; p++) {
        const fid_value *value = &query->config[p];
        if (!value->active)
            continue;
        if (y->is_cat[p])
            row->codes[y->input[p]] = y->codes[y->input[p]][value->choice];
        else
            row->numbers[y->input[p]] = (float)value->f;
    }
    if (y->base.outline.fidelity.mode != FID_MODE_NONE)
        row->numbers[y->fidelity] = (float)query->fidelity;
}

static fid_status evaluate(bench_problem *problem, const bench_query *queries, size_t n,
                           bench_answer *answers, fid_error *err)
{
    enum { CHUNK = 64 };
    yahpo *y = (yahpo *)problem;
    bench_net_row rows[CHUNK];
    double outputs[CHUNK * BENCH_NET_OUTPUTS];
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t chunk = n - start < CHUNK ? n - start : CHUNK;
        for (size_t k = 0; k < chunk; k++)
            fill_row(y, &queries[start + k], &rows[k]);
        if (bench_net_evaluate(y->net, rows, chunk, outputs))
            return fid_error_set(err, FID_NOMEM, "out of memory");
        for (size_t k = 0; k < chunk; k++) {
            const double *o = outputs + k * y->net->n_outs;
            bench_answer *answer = &answers[start + k];
            *answer = (bench_answer){.truth = o[y->objective[0]],
                                     .seconds = fmax(o[y->runtime], 1e-3),
                                     .end = FID_END_DONE};
            for (size_t m = 0; m < y->n_objectives; m++)
                answer->values[m] = o[y->objective[m]];
        }
    }
    return FID_OK;
}

static void destroy(bench_problem *problem)
{
    yahpo *y = (yahpo *)problem;
    fid_space_destroy(problem->space);
    bench_net_close(y->net);
    for (size_t i = 0; i < 4; i++)
        free(y->codes[i]);
    free(y);
}

static const bench_problem_type type = {"surrogate", evaluate, destroy};

static fid_status add_cat(yahpo *y, size_t input, fid_error *err)
{
    const bench_net_cat *cat = &y->net->cats[input];
    fid_literal *choices = fid_alloc(cat->n_levels, sizeof *choices);
    y->codes[input] = fid_alloc(cat->n_levels, sizeof **y->codes);
    if (!choices || !y->codes[input]) {
        free(choices);
        return fid_error_set(err, FID_NOMEM, "out of memory");
    }
    size_t n = 0;
    for (size_t code = 1; code < cat->n_levels; code++)
        if (cat->valid[code]) {
            y->codes[input][n] = (int)code;
            choices[n++] =
                (fid_literal){.kind = FID_LITERAL_STRING, .text = cat->levels[code]};
        }
    fid_status status =
        fid_space_add_choice(y->base.space, cat->name, choices, n, false, err);
    free(choices);
    return status;
}

static fid_status add_cont(yahpo *y, size_t input, fid_error *err)
{
    const bench_net_cont *c = &y->net->conts[input];
    fid_scale scale = c->log ? FID_SCALE_LOG : FID_SCALE_LINEAR;
    if (c->integer)
        return fid_space_add_int(y->base.space, c->name, (int64_t)c->low,
                                 (int64_t)c->high, scale, 1, err);
    return fid_space_add_float(y->base.space, c->name, c->low, c->high, scale, 0.0,
                               err);
}

static fid_status add_conditions(yahpo *y, fid_error *err)
{
    for (size_t i = 0; i < y->net->n_conds; i++) {
        const bench_net_cond *c = &y->net->conds[i];
        fid_text when = {0};
        fid_text_printf(&when, "`%s` in [", c->parent);
        for (size_t k = 0; k < c->n; k++)
            fid_text_printf(&when, "%s'%s'", k ? ", " : "", c->values[k]);
        fid_text_append(&when, "]");
        fid_status status =
            when.failed ? FID_NOMEM
                        : fid_space_set_when(y->base.space, c->child, when.data, err);
        fid_text_deinit(&when);
        FID_TRY(status);
    }
    return FID_OK;
}

static fid_status build_space(yahpo *y, fid_error *err)
{
    size_t n = 0;
    FID_TRY(fid_space_create(&y->base.space));
    for (size_t i = 0; i < y->net->n_cats; i++)
        if (!y->net->cats[i].instance) {
            FID_TRY(add_cat(y, i, err));
            y->is_cat[n] = true;
            y->input[n++] = i;
        }
    for (size_t i = 0; i < y->net->n_conts; i++)
        if (!y->net->conts[i].fidelity) {
            FID_TRY(add_cont(y, i, err));
            y->input[n++] = i;
        }
    FID_TRY(add_conditions(y, err));
    return fid_space_freeze(y->base.space, err);
}

static fid_status choose_instance(yahpo *y, const char *instance, fid_error *err)
{
    for (size_t i = 0; i < y->net->n_cats; i++) {
        const bench_net_cat *cat = &y->net->cats[i];
        for (size_t code = 1; cat->instance && code < cat->n_levels; code++)
            if (cat->valid[code] && strcmp(cat->levels[code], instance) == 0) {
                y->row.codes[i] = (int)code;
                return FID_OK;
            }
    }
    return fid_error_set(err, FID_NOT_FOUND, "%s has no instance %s", y->net->name,
                         instance);
}

/* One name of `metric`, which ends at '+'. */
static bool add_output(yahpo *y, const char *metric, size_t n)
{
    for (size_t i = 0; i < y->net->n_outs && y->n_objectives < 4; i++) {
        const char *name = y->net->outs[i].name;
        if (strlen(name) == n && memcmp(name, metric, n) == 0) {
            y->objective[y->n_objectives++] = i;
            return true;
        }
    }
    return false;
}

static fid_status choose_outputs(yahpo *y, const char *metric, fid_error *err)
{
    for (size_t i = 0; !metric && i < sizeof objectives / sizeof *objectives; i++)
        if (strcmp(objectives[i][0], y->net->name) == 0)
            metric = objectives[i][1];
    const char *at = metric ? metric : "";
    bool found = *at != '\0';
    y->runtime = SIZE_MAX;
    for (size_t i = 0; i < y->net->n_outs; i++)
        if (y->net->outs[i].runtime)
            y->runtime = i;
    while (found && *at) {
        size_t n = strcspn(at, "+");
        found = add_output(y, at, n);
        at += n + (at[n] == '+');
    }
    if (!found || y->runtime == SIZE_MAX)
        return fid_error_set(err, FID_NOT_FOUND, "%s has no metric %s or no runtime",
                             y->net->name, metric ? metric : "");
    return FID_OK;
}

static fid_status choose_fidelity(yahpo *y, fid_error *err)
{
    y->fidelity = SIZE_MAX;
    for (size_t i = 0; i < y->net->n_conts; i++)
        if (y->net->conts[i].fidelity) {
            if (y->fidelity == SIZE_MAX)
                y->fidelity = i;
            y->row.numbers[i] = (float)y->net->conts[i].high;
        }
    if (y->fidelity == SIZE_MAX)
        return fid_error_set(err, FID_UNSUPPORTED, "%s has no fidelity", y->net->name);
    return FID_OK;
}

static fid_status build(yahpo *y, const char *instance, const char *metric,
                        const bench_problem_options *options, fid_error *err)
{
    bench_problem *p = &y->base;
    FID_TRY(choose_instance(y, instance, err));
    FID_TRY(choose_outputs(y, metric, err));
    FID_TRY(choose_fidelity(y, err));
    FID_TRY(build_space(y, err));
    const bench_net_cont *f = &y->net->conts[y->fidelity];
    bool curve = strcmp(f->name, "epoch") == 0;
    p->source = y->net->source;
    p->licence = "not said";
    p->cost = y->net->outs[y->runtime].name;
    p->group = y->n_objectives > 1 ? "multi-objective" : "surrogate";
    p->max_fidelity = f->high;
    p->evaluate_ahead = 8;
    p->regret = curve ? BENCH_REGRET_OBSERVED : BENCH_REGRET_INCUMBENT;
    for (size_t m = 0; m < y->n_objectives; m++) {
        const bench_net_out *o = &y->net->outs[y->objective[m]];
        bench__set_objective(p, m, o->name, o->maximize);
    }
    if (options->whole) {
        bench__set_whole(p);
        return p->outline.n_objectives > 1 ? bench__sample_volume_ref(p, err) : FID_OK;
    }
    if (y->n_objectives > 1)
        return fid_error_set(err, FID_UNSUPPORTED,
                             "%s: several objectives only without fidelity", p->name);
    bench__set_fidelity(p, f->name, f->low, f->high,
                        curve ? FID_MODE_RESUME : FID_MODE_RESTART, f->integer);
    return FID_OK;
}

/* FAMILY/INSTANCE among the public ones, or FOLDER/FAMILY.hdr/INSTANCE of the user's;
 * returns the instance, NULL: neither. */
static const char *split_name(const char *name, const bench_problem_options *options,
                              char folder[1000], char family[64])
{
    const char *header = strstr(name, ".hdr/"), *slash = strchr(name, '/');
    const char *start = name;
    if (header) {
        for (const char *c = name; c < header; c++)
            start = *c == '/' ? c + 1 : start;
        snprintf(folder, 1000, "%.*s", start > name ? (int)(start - name) : 1,
                 start > name ? name : ".");
    } else if (slash && options->data) {
        snprintf(folder, 1000, "%.900s/yahpo", options->data);
    }
    const char *end = header ? header : slash;
    if (!end || end - start >= 64 || (!header && !options->data))
        return NULL;
    snprintf(family, 64, "%.*s", (int)(end - start), start);
    return header ? header + 5 : slash + 1;
}

fid_status bench__open_yahpo(bench_problem **out, const char *name, const char *metric,
                             const bench_problem_options *options, fid_error *err)
{
    char folder[1000], family[64];
    const char *instance = split_name(name, options, folder, family);
    if (!instance)
        return FID_NOT_FOUND;
    yahpo *y = fid_alloc(1, sizeof *y);
    if (!y)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    y->base.type = &type;
    snprintf(y->base.name, sizeof y->base.name, "%s", name);
    snprintf(y->base.sidecar, sizeof y->base.sidecar, "%.900s/%s.json", folder, family);
    fid_status status = bench_net_open(&y->net, folder, family, err);
    if (!status)
        status = build(y, instance, metric, options, err);
    if (status)
        destroy(&y->base);
    else
        *out = &y->base;
    return status;
}
