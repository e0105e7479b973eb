#include "exec/report.h"

#include <math.h>
#include <string.h>

enum { LONGEST_KEY = 128 };

typedef enum { NUMBER, STRING, TRUE_, FALSE_, NULL_ } value_kind;

/* A place in the line, the result so far, and why it was refused. */
typedef struct {
    const char *s, *end;
    const fid_outline *outline;
    bool loose;
    fid__report *out;
    const char *why;
    fid_text key, value; /* decoded */
} parser;

static bool refuse(parser *p, const char *why)
{
    if (!p->why)
        p->why = why;
    return false;
}

/* --- what a key and its value mean */

static bool loosely_equal(const char *name, const char *key)
{
    for (; *name && *key; name++, key++) {
        bool plain = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= 'a' && *name <= 'z');
        if (*key != (plain ? *name : '_'))
            return false;
    }
    return !*name && !*key;
}

static bool find_metric(const parser *p, const char *key, size_t *metric)
{
    for (size_t m = 0; m < p->outline->n_metrics; m++) {
        const char *name = p->outline->metrics[m].name;
        if (strcmp(name, key) == 0 || (p->loose && loosely_equal(name, key))) {
            *metric = m;
            return true;
        }
    }
    return false;
}

static bool take_number(parser *p, value_kind kind, double *out)
{
    if (kind == NULL_) {
        *out = (double)NAN;
        return true;
    }
    if (kind == TRUE_ || kind == FALSE_)
        return false;
    return fid_parse_double(p->value.data, p->value.len, out);
}

static bool take_step(parser *p, value_kind kind)
{
    double step;
    if (!take_number(p, kind, &step) || !isfinite(step) || step < 0)
        return refuse(p, "step must be a finite number, not negative");
    p->out->step = step;
    return true;
}

static void take_extra(parser *p, value_kind kind)
{
    fid_text *extra = &p->out->extra;
    double x;
    fid_text_append(extra, extra->len ? ", " : "{");
    fid_text_append_json(extra, p->key.data, p->key.len);
    fid_text_append(extra, ": ");
    if (kind == NUMBER && fid_parse_double(p->value.data, p->value.len, &x))
        fid_text_append_double(extra, x);
    else if (kind == NUMBER || kind == STRING)
        fid_text_append_json(extra, p->value.data, p->value.len);
    else
        fid_text_append(extra, kind == TRUE_    ? "true"
                               : kind == FALSE_ ? "false"
                                                : "null");
}

static bool take_pair(parser *p, value_kind kind)
{
    const char *key = p->key.data;
    size_t metric;
    if (!key || !p->value.data || p->key.failed || p->value.failed)
        return refuse(p, "out of memory");
    if (p->key.len == 0 || p->key.len > LONGEST_KEY || memchr(key, '\0', p->key.len))
        return refuse(p, "a name must have 1 to 128 characters");
    if (strcmp(key, "step") == 0)
        return take_step(p, kind);
    if (find_metric(p, key, &metric)) {
        if (!take_number(p, kind, &p->out->values[metric]))
            return refuse(p, "the metric's value is not a number");
        p->out->given |= UINT32_C(1) << metric;
        return true;
    }
    if (strcmp(key, "status") == 0 && kind == STRING &&
        strcmp(p->value.data, "infeasible") == 0)
        p->out->infeasible = true;
    else
        take_extra(p, kind);
    return true;
}

/* --- JSON, one level */

static void skip_space(parser *p)
{
    while (p->s < p->end && (*p->s == ' ' || *p->s == '\t'))
        p->s++;
}

static bool take_char(parser *p, char c)
{
    skip_space(p);
    if (p->s == p->end || *p->s != c)
        return false;
    p->s++;
    return true;
}

static bool hex4(parser *p, uint32_t *out)
{
    uint32_t code = 0;
    if (p->end - p->s < 4)
        return false;
    for (int i = 0; i < 4; i++, p->s++) {
        char c = *p->s, lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            code = code * 16 + (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            code = code * 16 + (uint32_t)(lower - 'a') + 10;
        else
            return false;
    }
    *out = code;
    return true;
}

static void append_utf8(fid_text *text, uint32_t code)
{
    unsigned char b[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; code >>= 6)
        b[i] = (unsigned char)(0x80 | (code & 0x3F));
    b[0] = (unsigned char)(lead[n] | code);
    fid_text_append_n(text, (const char *)b, n);
}

static bool json_unicode(parser *p, fid_text *out)
{
    uint32_t code, low;
    if (!hex4(p, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00 && p->end - p->s >= 6 && p->s[0] == '\\' &&
        p->s[1] == 'u') {
        p->s += 2;
        if (!hex4(p, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
}

static bool json_escape(parser *p, fid_text *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p->s == p->end)
        return false;
    char c = *p->s++;
    if (c == 'u')
        return json_unicode(p, out);
    const char *at = c ? strchr(from, c) : NULL;
    if (at)
        fid_text_append_n(out, &to[at - from], 1);
    return at != NULL;
}

static bool json_string(parser *p, fid_text *out)
{
    fid_text_clear(out);
    if (!take_char(p, '"'))
        return refuse(p, "not JSON: expected a string in double quotes");
    for (;;) {
        const char *start = p->s;
        while (p->s < p->end && *p->s != '"' && *p->s != '\\')
            p->s++;
        fid_text_append_n(out, start, (size_t)(p->s - start));
        if (p->s == p->end)
            return refuse(p, "not JSON: a string does not end");
        if (*p->s++ == '"')
            return true;
        if (!json_escape(p, out))
            return refuse(p, "not JSON: unknown escape in a string");
    }
}

static bool json_word(parser *p, value_kind *kind)
{
    static const struct {
        const char *word;
        value_kind kind;
    } words[] = {{"true", TRUE_}, {"false", FALSE_}, {"null", NULL_}};
    const char *start = p->s;
    double x;
    while (p->s < p->end && !strchr(" \t,}", *p->s))
        p->s++;
    fid_text_clear(&p->value);
    fid_text_append_n(&p->value, start, (size_t)(p->s - start));
    if (p->value.failed)
        return refuse(p, "out of memory");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(p->value.data, words[i].word) == 0) {
            *kind = words[i].kind;
            return true;
        }
    *kind = NUMBER;
    return fid_parse_double(p->value.data, p->value.len, &x) ||
           refuse(p,
                  "not JSON: a value is not a number, a string, true, false or null");
}

static bool json_value(parser *p, value_kind *kind)
{
    skip_space(p);
    if (p->s < p->end && (*p->s == '{' || *p->s == '['))
        return refuse(p, "nested values are not taken");
    *kind = STRING;
    return p->s < p->end && *p->s == '"' ? json_string(p, &p->value)
                                         : json_word(p, kind);
}

static bool json_pair(parser *p)
{
    value_kind kind;
    if (!json_string(p, &p->key))
        return false;
    if (!take_char(p, ':'))
        return refuse(p, "not JSON: expected a colon");
    return json_value(p, &kind) && take_pair(p, kind);
}

static bool json_object(parser *p)
{
    p->s++; /* the brace */
    if (!take_char(p, '}')) {
        do {
            if (!json_pair(p))
                return false;
        } while (take_char(p, ','));
        if (!take_char(p, '}'))
            return refuse(p, "not JSON: expected , or }");
    }
    skip_space(p);
    return p->s == p->end || refuse(p, "not JSON: something follows the object");
}

/* --- words */

static bool word_quoted(parser *p)
{
    p->s++;
    while (p->s < p->end && *p->s != '"') {
        if (*p->s == '\\' && p->end - p->s > 1)
            p->s++;
        fid_text_append_n(&p->value, p->s++, 1);
    }
    if (p->s == p->end)
        return refuse(p, "a quoted value does not end");
    p->s++;
    if (p->s < p->end && *p->s != ' ' && *p->s != '\t')
        return refuse(p, "a space must follow a quoted value");
    return true;
}

static bool word_pair(parser *p)
{
    double x;
    const char *start = p->s;
    while (p->s < p->end && !strchr("= \t\"", *p->s))
        p->s++;
    if (p->s == p->end || *p->s != '=')
        return refuse(p, "expected JSON or key=value words");
    fid_text_clear(&p->key);
    fid_text_append_n(&p->key, start, (size_t)(p->s++ - start));
    fid_text_clear(&p->value);
    fid_text_append(&p->value, ""); /* data is not NULL from here on */
    if (p->s < p->end && *p->s == '"')
        return word_quoted(p) && take_pair(p, STRING);
    start = p->s;
    bool rest = p->key.data && strcmp(p->key.data, "message") == 0;
    while (p->s < p->end && (rest || (*p->s != ' ' && *p->s != '\t')))
        p->s++;
    fid_text_append_n(&p->value, start, (size_t)(p->s - start));
    bool number = !rest && p->value.data &&
                  fid_parse_double(p->value.data, p->value.len, &x);
    return take_pair(p, number ? NUMBER : STRING);
}

static bool words(parser *p)
{
    for (skip_space(p); p->s < p->end; skip_space(p))
        if (!word_pair(p))
            return false;
    return true;
}

/* --- a line */

static void start(fid__report *out)
{
    out->step = (double)NAN;
    out->given = 0;
    out->infeasible = false;
    for (size_t m = 0; m < FID_MAX_METRICS; m++)
        out->values[m] = (double)NAN;
    fid_text_clear(&out->extra);
}

fid__report_kind fid__report_parse(const char *line, size_t n,
                                   const fid_outline *outline, bool loose,
                                   fid__report *out, const char **why)
{
    parser p = {
        .s = line, .end = line + n, .outline = outline, .loose = loose, .out = out};
    start(out);
    *why = NULL;
    while (p.end > p.s && strchr(" \t\r", p.end[-1]) && p.end[-1])
        p.end--;
    skip_space(&p);
    if (p.s == p.end || *p.s == '#')
        return FID__REPORT_EMPTY;
    if (memchr(p.s, '\0', (size_t)(p.end - p.s)))
        p.why = "the line contains a NUL byte";
    else
        (void)(*p.s == '{' ? json_object(&p) : words(&p));
    fid_text_deinit(&p.key);
    fid_text_deinit(&p.value);
    *why = p.why;
    if (p.why)
        return FID__REPORT_REFUSED;
    if (out->extra.len)
        fid_text_append(&out->extra, "}");
    bool says = out->given || out->infeasible || out->extra.len || !isnan(out->step);
    return says ? FID__REPORT_SAYS : FID__REPORT_EMPTY;
}

void fid__report_deinit(fid__report *report)
{
    fid_text_deinit(&report->extra);
}
