#include "space/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fid_status fid__literal_copy(const fid_literal *from, fid_literal *to)
{
    *to = *from;
    to->text = NULL;
    if (from->kind == FID_LITERAL_JSON)
        return fid__json_tidy(from->text, to);
    if (from->kind == FID_LITERAL_INT)
        to->f = (double)from->i;
    if (from->kind != FID_LITERAL_STRING)
        return FID_OK;
    to->text = fid_strdup(from->text);
    return to->text ? FID_OK : FID_NOMEM;
}

void fid__literal_deinit(fid_literal *literal)
{
    free((char *)(uintptr_t)literal->text); /* ours: made by fid__literal_copy */
    literal->text = NULL;
}

bool fid__is_number(const fid_literal *a)
{
    return a->kind == FID_LITERAL_INT || a->kind == FID_LITERAL_FLOAT;
}

/* Exact, as in Python: the double is not rounded to the integer nor the other way. */
static int compare_int_real(int64_t i, double f)
{
    if (isnan(f))
        return FID__UNORDERED;
    if (f >= 0x1p63 || f < -0x1p63)
        return f > 0 ? -1 : 1;
    int64_t part = (int64_t)f;
    if (i != part)
        return i < part ? -1 : 1;
    double rest = f - (double)part;
    return rest > 0 ? -1 : rest < 0;
}

int fid__number_compare(const fid_literal *a, const fid_literal *b)
{
    if (a->kind == FID_LITERAL_INT && b->kind == FID_LITERAL_INT)
        return a->i < b->i ? -1 : a->i > b->i;
    if (a->kind == FID_LITERAL_INT)
        return compare_int_real(a->i, b->f);
    if (b->kind == FID_LITERAL_INT) {
        int order = compare_int_real(b->i, a->f);
        return order == FID__UNORDERED ? order : -order;
    }
    if (isnan(a->f) || isnan(b->f))
        return FID__UNORDERED;
    return a->f < b->f ? -1 : a->f > b->f;
}

bool fid__literal_equal(const fid_literal *a, const fid_literal *b)
{
    if (fid__is_number(a) && fid__is_number(b))
        return fid__number_compare(a, b) == 0;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case FID_LITERAL_BOOL:
        return a->i == b->i;
    case FID_LITERAL_STRING:
    case FID_LITERAL_JSON:
        return strcmp(a->text, b->text) == 0;
    default:
        return true;
    }
}

static void append_float(fid_text *out, double f)
{
    size_t from = out->len;
    fid_text_append_double(out, f);
    if (!out->failed && isfinite(f) && !strpbrk(out->data + from, ".e"))
        fid_text_append(out, ".0");
}

void fid__literal_to_json(const fid_literal *literal, fid_text *out)
{
    switch (literal->kind) {
    case FID_LITERAL_NULL:
        fid_text_append(out, "null");
        break;
    case FID_LITERAL_BOOL:
        fid_text_append(out, literal->i ? "true" : "false");
        break;
    case FID_LITERAL_INT:
        fid_text_printf(out, "%lld", (long long)literal->i);
        break;
    case FID_LITERAL_FLOAT:
        append_float(out, literal->f);
        break;
    case FID_LITERAL_STRING:
        fid_text_append_json(out, literal->text, strlen(literal->text));
        break;
    case FID_LITERAL_JSON:
        fid_text_append(out, literal->text);
        break;
    }
}

const char *fid__literal_show(const fid_literal *literal, char *out, size_t size)
{
    fid_text text = {0};
    fid__literal_to_json(literal, &text);
    bool cut = text.len >= size;
    (void)snprintf(out, size, "%s", text.data ? text.data : "?");
    if (cut && size > 4)
        memcpy(out + size - 4, "...", 4);
    fid_text_deinit(&text);
    return out;
}

static fid_status off_axis(const fid__param *param, const char *shown, fid_error *err)
{
    const fid__axis *axis = &param->axis;
    if (param->kind == FID_PARAM_INT && axis->int_step == 1)
        return fid_error_set(
            err, FID_INVALID, "%s: %s is not an integer from %lld to %lld", param->name,
            shown, (long long)axis->int_low, (long long)axis->int_high);
    if (param->kind == FID_PARAM_INT)
        return fid_error_set(
            err, FID_INVALID, "%s: %s is not one of %lld, %lld, .. %lld", param->name,
            shown, (long long)axis->int_low,
            (long long)(axis->int_low + axis->int_step), (long long)axis->int_high);
    if (axis->step > 0)
        return fid_error_set(
            err, FID_INVALID,
            "%s: %s is not a number from %.15g to %.15g in steps of %.15g", param->name,
            shown, axis->low, axis->high, axis->step);
    return fid_error_set(err, FID_INVALID, "%s: %s is not a number from %.15g to %.15g",
                         param->name, shown, axis->low, axis->high);
}

bool fid__literal_whole(const fid_literal *literal, int64_t *i)
{
    if (literal->kind == FID_LITERAL_INT) {
        *i = literal->i;
        return true;
    }
    double f = literal->f;
    if (literal->kind != FID_LITERAL_FLOAT || f != floor(f) || fabs(f) > 0x1p53)
        return false;
    *i = (int64_t)f;
    return true;
}

static fid_status choice_value(const fid__param *param, const fid_literal *literal,
                               fid_value *value, fid_error *err)
{
    for (size_t c = 0; c < param->n_choices; c++)
        if (fid__literal_equal(&param->choices[c], literal)) {
            *value = (fid_value){.active = true, .choice = c};
            return FID_OK;
        }
    char shown[80], first[80];
    fid__literal_show(literal, shown, sizeof shown);
    fid__literal_show(&param->choices[0], first, sizeof first);
    if (param->kind == FID_PARAM_FIXED)
        return fid_error_set(err, FID_INVALID, "%s: %s is not its fixed value, %s",
                             param->name, shown, first);
    return fid_error_set(err, FID_INVALID,
                         "%s: %s is not one of its %zu choices (%s, ..)", param->name,
                         shown, param->n_choices, first);
}

fid_status fid__param_value(const fid__param *param, const fid_literal *literal,
                            fid_value *value, fid_error *err)
{
    if (param->kind != FID_PARAM_FLOAT && param->kind != FID_PARAM_INT)
        return choice_value(param, literal, value, err);
    fid_value v = {.active = true};
    double x;
    bool ok = fid__is_number(literal);
    if (ok && param->kind == FID_PARAM_INT) {
        ok = fid__literal_whole(literal, &v.i);
        v.f = (double)v.i;
    } else if (ok) {
        v.f = literal->kind == FID_LITERAL_INT ? (double)literal->i : literal->f;
    }
    if (!ok || !fid__axis_coordinate(&param->axis, &v, &x)) {
        char shown[80];
        return off_axis(param, fid__literal_show(literal, shown, sizeof shown), err);
    }
    *value = v;
    return FID_OK;
}

fid_literal fid__param_literal(const fid__param *param, const fid_value *value)
{
    switch (param->kind) {
    case FID_PARAM_FLOAT:
        return (fid_literal){.kind = FID_LITERAL_FLOAT, .f = value->f};
    case FID_PARAM_INT:
        return (fid_literal){.kind = FID_LITERAL_INT, .i = value->i, .f = value->f};
    default:
        return param->choices[value->choice];
    }
}

/* --- As the expressions write them. */

void fid_expression_append_name(fid_text *out, const char *name)
{
    bool plain = !fid__token_is_reserved(name);
    for (const char *s = name; *s; s++)
        plain = plain && !strchr("-./:", *s);
    fid_text_printf(out, plain ? "%s" : "`%s`", name);
}

static void append_string(fid_text *out, const char *s)
{
    fid_text_append(out, "'");
    for (; *s; s++) {
        if (*s == '\'' || *s == '\\')
            fid_text_printf(out, "\\%c", *s);
        else if (*s == '\n' || *s == '\t' || *s == '\r')
            fid_text_append(out, *s == '\n' ? "\\n" : *s == '\t' ? "\\t" : "\\r");
        else
            fid_text_append_n(out, s, 1);
    }
    fid_text_append(out, "'");
}

void fid_expression_append_literal(fid_text *out, const fid_literal *literal)
{
    if (literal->kind == FID_LITERAL_STRING)
        append_string(out, literal->text);
    else if (literal->kind == FID_LITERAL_FLOAT && isinf(literal->f))
        fid_text_append(out, literal->f > 0 ? "1e999" : "-1e999");
    else
        fid__literal_to_json(literal, out);
}
