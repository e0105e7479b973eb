#include "exec/collect.h"

#include "exec/lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MATCH_LIMIT = 100000, DEPTH_LIMIT = 2000, HEAP_LIMIT_KIB = 4096 };

typedef struct {
    fid_collect_source from;
    fid_step_origin step_from;
    double step_offset;
    pcre2_code *code;
    pcre2_match_data *match;
    uint32_t n_names, name_size;
    PCRE2_SPTR names; /* [n_names][name_size]: group number, name, NUL */
} rule;

struct fid__collector {
    rule *rules;
    size_t n_rules;
    pcre2_match_context *limits;
    double budget_done;
    double step[2];            /* said by a line of its own, by stream; NaN = none */
    char plain[FID__LINE_MAX]; /* the line without escape sequences */
    fid_text found;            /* `"name": value` of the present line */
};

static const char *group_name(const rule *r, uint32_t k)
{
    return (const char *)(r->names + k * r->name_size + 2);
}

static uint32_t group_number(const rule *r, uint32_t k)
{
    PCRE2_SPTR entry = r->names + k * r->name_size;
    return (uint32_t)entry[0] << 8 | entry[1];
}

/* --- making one */

static fid_status compile(rule *r, const char *regex, size_t index, fid_error *err)
{
    int code;
    PCRE2_SIZE at;
    r->code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
    if (!r->code) {
        PCRE2_UCHAR words[256] = {0};
        (void)pcre2_get_error_message(code, words, sizeof words);
        return fid_error_at(err, FID_INVALID, "", 0, (int)at + 1,
                            "collect[%zu].regex: %s", index, (const char *)words);
    }
    (void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* where there is one */
    (void)pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &r->n_names);
    (void)pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &r->name_size);
    (void)pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &r->names);
    if (r->n_names == 0)
        return fid_error_set(
            err, FID_INVALID,
            "collect[%zu].regex: has no named group: write (?<loss>\\S+)", index);
    r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
    return r->match ? FID_OK : fid_error_set(err, FID_NOMEM, "collect: out of memory");
}

static fid_status set_limits(fid__collector *c, fid_error *err)
{
    c->limits = pcre2_match_context_create(NULL);
    if (!c->limits)
        return fid_error_set(err, FID_NOMEM, "collect: out of memory");
    (void)pcre2_set_match_limit(c->limits, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(c->limits, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(c->limits, HEAP_LIMIT_KIB);
    return FID_OK;
}

fid_status fid__collector_create(fid__collector **out, const fid_collect *rules,
                                 size_t n, double budget_done, fid_error *err)
{
    fid_status status = FID_NOMEM;
    fid__collector *c = fid_alloc(1, sizeof *c);
    *out = c;
    if (!c || !(c->rules = fid_alloc(n, sizeof *c->rules)))
        status = fid_error_set(err, FID_NOMEM, "collect: out of memory");
    else
        status = set_limits(c, err);
    for (size_t i = 0; status == FID_OK && i < n; i++) {
        rule *r = &c->rules[c->n_rules++];
        r->from = rules[i].from;
        r->step_from = rules[i].step_from;
        r->step_offset = rules[i].step_offset;
        status = compile(r, rules[i].regex, i, err);
    }
    if (status != FID_OK) {
        fid__collector_destroy(c);
        *out = NULL;
        return status;
    }
    c->budget_done = budget_done;
    c->step[0] = c->step[1] = (double)NAN;
    return FID_OK;
}

void fid__collector_destroy(fid__collector *collector)
{
    if (!collector)
        return;
    for (size_t i = 0; i < collector->n_rules; i++) {
        pcre2_match_data_free(collector->rules[i].match);
        pcre2_code_free(collector->rules[i].code);
    }
    pcre2_match_context_free(collector->limits);
    fid_text_deinit(&collector->found);
    free(collector->rules);
    free(collector);
}

fid_status fid_collect_check(const fid_collect *one, fid_error *err)
{
    fid__collector *collector;
    FID_TRY(fid__collector_create(&collector, one, 1, 0, err));
    fid__collector_destroy(collector);
    return FID_OK;
}

bool fid__collector_wants(const fid__collector *collector, fid_collect_source from)
{
    for (size_t i = 0; i < collector->n_rules; i++)
        if (collector->rules[i].from == from)
            return true;
    return false;
}

/* --- a line */

/* Length of the escape sequence at s (ECMA-48): CSI, OSC up to BEL or ST, or two bytes. */
static size_t escape_length(const char *s, size_t n)
{
    size_t i = 2;
    if (n < 2)
        return n;
    if (s[1] == '[') {
        while (i < n && ((unsigned char)s[i] < 0x40 || (unsigned char)s[i] > 0x7E))
            i++;
        return i < n ? i + 1 : n;
    }
    if (s[1] == ']') {
        while (i < n && s[i] != '\a' && s[i] != '\033')
            i++;
        if (i < n && s[i] == '\033')
            i++;
        return i < n ? i + 1 : n;
    }
    return 2;
}

static size_t strip_escapes(char *plain, const char *line, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n;) {
        if (line[i] == '\033')
            i += escape_length(line + i, n - i);
        else
            plain[len++] = line[i++];
    }
    return len;
}

static void take_group(fid__collector *c, const rule *r, uint32_t k, const char *line,
                       double *step)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r->match);
    PCRE2_SIZE from = ends[2 * group_number(r, k)],
               to = ends[2 * group_number(r, k) + 1];
    double x;
    if (from == PCRE2_UNSET || from > to ||
        !fid_parse_double(line + from, to - from, &x))
        return;
    const char *name = group_name(r, k);
    if (strcmp(name, "step") == 0) {
        bool within = r->step_from == FID_STEP_ATTEMPT;
        *step = x + r->step_offset + (within ? c->budget_done : 0);
        return;
    }
    fid_text_printf(&c->found,
                    ", \"%s\": ", name); /* PCRE2 names are word characters */
    fid_text_append_double(&c->found, x);
}

static void emit(fid__collector *c, double step, fid_text *out)
{
    fid_text_append(out, "{");
    if (!isnan(step)) {
        fid_text_append(out, "\"step\": ");
        fid_text_append_double(out, step);
        fid_text_append(out, c->found.data);
    } else {
        fid_text_append(out, c->found.data + 2); /* without the first comma */
    }
    fid_text_append(out, "}\n");
}

void fid__collector_take(fid__collector *collector, fid_collect_source from,
                         const char *line, size_t n, fid_text *out)
{
    double step = (double)NAN;
    fid_text_clear(&collector->found);
    if (n && memchr(line, '\033', n)) {
        n = strip_escapes(collector->plain, line, n);
        line = collector->plain;
    }
    for (size_t i = 0; i < collector->n_rules; i++) {
        rule *r = &collector->rules[i];
        if (r->from != from || pcre2_match(r->code, (PCRE2_SPTR)line, n, 0, 0, r->match,
                                           collector->limits) <= 0)
            continue;
        for (uint32_t k = 0; k < r->n_names; k++)
            take_group(collector, r, k, line, &step);
    }
    if (collector->found.len == 0 && !isnan(step))
        collector->step[from] = step;
    else if (collector->found.len && !collector->found.failed)
        emit(collector, isnan(step) ? collector->step[from] : step, out);
}
