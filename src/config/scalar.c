/* YAML 1.2, section 10.3.2: which plain scalars are what. */
#include "config/node.h"

#include <math.h>
#include <string.h>

static bool one_of(const char *text, size_t n, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == n && memcmp(text, *words, n) == 0)
            return true;
    return false;
}

static bool all_in(const char *text, size_t n, const char *set)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\0' || !strchr(set, text[i]))
            return false;
    return n > 0;
}

/* 0o17 and 0x1F, no sign. */
static bool based_integer(const char *text, size_t n, fid__scalar *out)
{
    bool octal = n > 2 && memcmp(text, "0o", 2) == 0 &&
                 all_in(text + 2, n - 2, "01234567");
    bool hex = n > 2 && memcmp(text, "0x", 2) == 0 &&
               all_in(text + 2, n - 2, "0123456789abcdefABCDEF");
    if (!octal && !hex)
        return false;
    *out = (fid__scalar){.kind = FID__INT};
    for (size_t i = 2; i < n; i++) {
        int c = text[i], digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        if (out->kind == FID__INT &&
            (__builtin_mul_overflow(out->i, octal ? 8 : 16, &out->i) ||
             __builtin_add_overflow(out->i, digit, &out->i)))
            out->kind = FID__HUGE;
        out->f = out->f * (octal ? 8 : 16) + digit;
    }
    return true;
}

static bool decimal_integer(const char *text, size_t n, fid__scalar *out)
{
    size_t sign = n && (*text == '-' || *text == '+');
    if (!all_in(text + sign, n - sign, "0123456789"))
        return false;
    *out = (fid__scalar){.kind = FID__INT};
    if (!fid_parse_int(text, n, &out->i))
        out->kind = FID__HUGE;
    if (!fid_parse_double(text, n, &out->f))
        out->f = *text == '-' ? -(double)INFINITY : (double)INFINITY;
    return true;
}

static bool special_float(const char *text, size_t n, double *out)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    size_t sign = n && (*text == '-' || *text == '+');
    if (one_of(text, n, nans))
        *out = (double)NAN;
    else if (one_of(text + sign, n - sign, infinities))
        *out = *text == '-' ? -(double)INFINITY : (double)INFINITY;
    else
        return false;
    return true;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? is what
 * fid_parse_double takes, but for the words inf and nan, which are strings here. */
static bool plain_float(const char *text, size_t n, double *out)
{
    return all_in(text, n, "+-.eE0123456789") && fid_parse_double(text, n, out);
}

fid__scalar fid__scalar_resolve(const char *text, size_t n)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    fid__scalar scalar = {.kind = FID__STRING};
    if (one_of(text, n, nulls))
        scalar.kind = FID__NULL;
    else if (one_of(text, n, trues))
        scalar = (fid__scalar){.kind = FID__BOOL, .i = 1};
    else if (one_of(text, n, falses))
        scalar = (fid__scalar){.kind = FID__BOOL, .i = 0};
    else if (decimal_integer(text, n, &scalar) || based_integer(text, n, &scalar))
        return scalar;
    else if (special_float(text, n, &scalar.f) || plain_float(text, n, &scalar.f))
        scalar.kind = FID__FLOAT;
    return scalar;
}

fid__scalar fid__scalar_of(const fid__node *node)
{
    return node->plain ? fid__scalar_resolve(node->text, node->n)
                       : (fid__scalar){.kind = FID__STRING};
}
