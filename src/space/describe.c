/* A definition as text: every fact about a parameter is one attribute, written here and
 * nowhere else. JSON, the words for people and the difference of two spaces are made of
 * these. */
#include "space/describe.h"

#include <math.h>
#include <string.h>

const char *const fid__attributes[] = {"type",    "min",   "max",    "scale",
                                       "step",    "value", "values", "default",
                                       "weights", "prior", "when",   NULL};

static void append_real(fid_text *out, double f)
{
    fid__literal_to_json(&(fid_literal){.kind = FID_LITERAL_FLOAT, .f = f}, out);
}

static void append_whole(fid_text *out, int64_t i)
{
    fid__literal_to_json(&(fid_literal){.kind = FID_LITERAL_INT, .i = i}, out);
}

const char *fid__kind_name(fid_param_kind kind)
{
    static const char *const names[] = {"float", "int", "categorical", "ordered",
                                        "fixed"};
    return names[kind];
}

const char *fid__scale_name(fid_scale scale)
{
    static const char *const names[] = {"linear", "log", "logit"};
    return names[scale];
}

static void values(const fid__param *param, fid_text *out)
{
    if (param->kind != FID_PARAM_CATEGORICAL && param->kind != FID_PARAM_ORDERED)
        return;
    for (size_t c = 0; c < param->n_choices; c++) {
        fid_text_append(out, c ? "," : "[");
        fid__literal_to_json(&param->choices[c], out);
    }
    fid_text_append(out, "]");
}

static void weights(const fid__param *param, fid_text *out)
{
    if (param->prior.kind != FID__PRIOR_WEIGHTS)
        return;
    for (size_t c = 0; c < param->n_choices; c++) {
        fid_text_append(out, c ? "," : "[");
        append_real(out, param->prior.weights[c]);
    }
    fid_text_append(out, "]");
}

static void prior(const fid__param *param, fid_text *out)
{
    if (param->prior.kind != FID__PRIOR_NORMAL)
        return;
    fid_text_append(out, "{\"mean\":");
    append_real(out, param->prior.mean);
    fid_text_append(out, ",\"sd\":");
    append_real(out, param->prior.sd);
    fid_text_append(out, "}");
}

static void when(const fid__param *param, fid_text *out)
{
    for (size_t w = 0; w < param->n_whens; w++) {
        fid_text_append(out, w ? "," : "[");
        fid_text_append_json(out, param->whens[w].text, strlen(param->whens[w].text));
    }
    fid_text_append(out, param->n_whens ? "]" : "");
}

static void word(const char *text, fid_text *out)
{
    fid_text_append_json(out, text, strlen(text));
}

static void bound(const fid__param *param, bool upper, fid_text *out)
{
    const fid__axis *axis = &param->axis;
    if (param->kind == FID_PARAM_FLOAT)
        append_real(out, upper ? axis->high : axis->low);
    else if (param->kind == FID_PARAM_INT)
        append_whole(out, upper ? axis->int_high : axis->int_low);
}

static void step(const fid__param *param, fid_text *out)
{
    if (param->kind == FID_PARAM_FLOAT && param->axis.step > 0)
        append_real(out, param->axis.step);
    else if (param->kind == FID_PARAM_INT && param->axis.int_step > 1)
        append_whole(out, param->axis.int_step);
}

static void given(const fid__param *param, fid_text *out)
{
    if (!param->has_default)
        return;
    fid_literal literal = fid__param_literal(param, &param->given);
    fid__literal_to_json(&literal, out);
}

void fid__attribute(const fid__param *param, const char *key, fid_text *out)
{
    bool is = false;
#define IS(name) (!is && (is = strcmp(key, name) == 0))
    if (IS("type"))
        word(fid__kind_name(param->kind), out);
    else if (IS("min") || IS("max"))
        bound(param, key[1] == 'a', out);
    else if (IS("scale") && param->axis.scale != FID_SCALE_LINEAR)
        word(fid__scale_name(param->axis.scale), out);
    else if (IS("step"))
        step(param, out);
    else if (IS("value") && param->kind == FID_PARAM_FIXED)
        fid__literal_to_json(&param->choices[0], out);
    else if (IS("values"))
        values(param, out);
    else if (IS("default"))
        given(param, out);
    else if (IS("weights"))
        weights(param, out);
    else if (IS("prior"))
        prior(param, out);
    else if (IS("when"))
        when(param, out);
#undef IS
}

/* --- JSON. */

static void param_to_json(const fid__param *param, fid_text *out)
{
    fid_text value = {0};
    fid_text_append(out, "{\"name\":");
    word(param->name, out);
    for (size_t k = 0; fid__attributes[k]; k++) {
        fid_text_clear(&value);
        fid__attribute(param, fid__attributes[k], &value);
        out->failed |= value.failed;
        if (value.len)
            fid_text_printf(out, ",\"%s\":%s", fid__attributes[k], value.data);
    }
    fid_text_append(out, "}");
    fid_text_deinit(&value);
}

void fid_space_to_json(const fid_space *space, fid_text *out)
{
    fid_text_append(out, "{\"fidelio_space\":1,\"parameters\":[");
    for (size_t p = 0; p < space->n_params; p++) {
        fid_text_append(out, p ? "," : "");
        param_to_json(&space->params[p], out);
    }
    fid_text_append(out, "],\"constraints\":[");
    for (size_t c = 0; c < space->n_constraints; c++) {
        fid_text_append(out, c ? "," : "");
        word(space->constraints[c].text, out);
    }
    fid_text_append(out, "]}");
}

/* --- The difference of two spaces. */

static const fid__param *param_named(const fid_space *space, const char *name)
{
    size_t p;
    return fid_space_find(space, name, &p) ? &space->params[p] : NULL;
}

static void diff_param(const fid__param *before, const fid__param *after, fid_text *out)
{
    fid_text a = {0}, b = {0};
    for (size_t k = 0; fid__attributes[k]; k++) {
        fid_text_clear(&a);
        fid_text_clear(&b);
        fid__attribute(before, fid__attributes[k], &a);
        fid__attribute(after, fid__attributes[k], &b);
        out->failed |= a.failed || b.failed;
        if (a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0))
            continue;
        fid_text_printf(out, "%s: %s %s -> %s\n", after->name, fid__attributes[k],
                        a.len ? a.data : "none", b.len ? b.data : "none");
    }
    fid_text_deinit(&a);
    fid_text_deinit(&b);
}

static bool same_order(const fid_space *before, const fid_space *after)
{
    size_t b = 0;
    for (size_t a = 0; a < after->n_params; a++) {
        if (!param_named(before, after->params[a].name))
            continue;
        while (!param_named(after, before->params[b].name))
            b++;
        if (strcmp(before->params[b++].name, after->params[a].name) != 0)
            return false;
    }
    return true;
}

static bool has_constraint(const fid_space *space, const char *text)
{
    for (size_t c = 0; c < space->n_constraints; c++)
        if (strcmp(space->constraints[c].text, text) == 0)
            return true;
    return false;
}

static void diff_constraints(const fid_space *from, const fid_space *in,
                             const char *what, fid_text *out)
{
    for (size_t c = 0; c < from->n_constraints; c++)
        if (!has_constraint(in, from->constraints[c].text))
            fid_text_printf(out, "constraint \"%s\": %s\n", from->constraints[c].text,
                            what);
}

void fid_space_diff(const fid_space *before, const fid_space *after, fid_text *out)
{
    for (size_t p = 0; p < before->n_params; p++)
        if (!param_named(after, before->params[p].name))
            fid_text_printf(out, "%s: removed\n", before->params[p].name);
    for (size_t p = 0; p < after->n_params; p++) {
        const fid__param *old = param_named(before, after->params[p].name);
        if (old)
            diff_param(old, &after->params[p], out);
        else
            fid_text_printf(out, "%s: added\n", after->params[p].name);
    }
    if (!same_order(before, after))
        fid_text_append(out, "the order of the parameters differs\n");
    diff_constraints(before, after, "removed", out);
    diff_constraints(after, before, "added", out);
}
