/* `when`, `constraints` and `forbidden`: mappings become expressions, expressions are
 * checked for names before the space sees them, so that a slip has its place. */
#include "config/draft.h"

#include <stdio.h>
#include <string.h>

/* --- Names in an expression. */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

static bool is_reserved(const char *s, size_t n)
{
    static const char *const words[] = {"and",  "or",   "not",  "in",    "true",
                                        "True", "null", "None", "false", "False"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0)
            return true;
    return false;
}

/* Where something `at` bytes into the scalar stands in the file. */
static fid__mark mark_within(const fid__node *node, size_t at, size_t n)
{
    fid__mark mark = node->mark;
    if (!node->verbatim || at > node->n)
        return mark;
    mark.column += node->plain ? 0 : 1;
    for (size_t i = 0; i < at; i++)
        mark.column += ((unsigned char)node->text[i] & 0xC0) != 0x80;
    mark.length = (int)n;
    return mark;
}

/* What is only known after a trial cannot be asked before it. */
static bool is_metric(const fid__walk *w, const char *name)
{
    const fid_outline *outline = &w->sweep->outline;
    for (size_t m = 0; m < outline->n_metrics; m++)
        if (strcmp(outline->metrics[m].name, name) == 0)
            return true;
    return false;
}

static bool is_known_name(fid__walk *w, const fid__node *node, size_t at, size_t n)
{
    char name[130] = {0};
    if (n >= sizeof name)
        return true; /* the space will say */
    memcpy(name, node->text + at, n);
    if (fid__find_param(w, name))
        return true;
    fid__remedy remedy = fid__near_param(w, name);
    if (is_metric(w, name))
        (void)snprintf(
            remedy.text, sizeof remedy.text, "%s",
            "a metric has its bound in the list of metrics: at_most or at_least");
    fid__error(w->log, mark_within(node, at, n), *remedy.text ? remedy.text : NULL,
               "there is no parameter '%s'", fid__show(name, n).text);
    return false;
}

/* Skip a string, number or sign at s + *at; true when a name was found there instead.
 */
static bool next_name(const char *s, size_t *at, size_t *first, size_t *n)
{
    char c = s[*at];
    if (c == '\'' || c == '"') {
        for (++*at; s[*at] && s[*at] != c; ++*at)
            if (s[*at] == '\\' && s[*at + 1])
                ++*at;
        *at += s[*at] != '\0';
        return false;
    }
    if (c == '`') {
        *first = *at + 1;
        *n = strcspn(s + *first, "`");
        *at = *first + *n + (s[*first + *n] != '\0');
        return *n > 0;
    }
    *first = *at;
    while (is_word_byte(s[*at]) || (s[*at] == '.' && *at > *first))
        ++*at;
    *n = *at - *first;
    if (*n == 0) {
        ++*at;
        return false;
    }
    size_t after = *at + strspn(s + *at, " \t");
    return !(c >= '0' && c <= '9') && s[after] != '(' && !is_reserved(s + *first, *n);
}

static bool check_names(fid__walk *w, const fid__node *node)
{
    bool right = true;
    for (size_t at = 0, first, n; at < node->n;)
        if (next_name(node->text, &at, &first, &n) && !is_known_name(w, node, first, n))
            right = false;
    return right;
}

/* --- Mappings to expressions. */

static void append_and(fid_text *out)
{
    if (out->len)
        fid_text_append(out, " and ");
}

static bool same_scalar(const fid__node *a, const fid__node *b)
{
    fid__scalar x = fid__scalar_of(a), y = fid__scalar_of(b);
    bool numbers = (x.kind == FID__INT || x.kind == FID__FLOAT) &&
                   (y.kind == FID__INT || y.kind == FID__FLOAT);
    if (numbers)
        return x.f == y.f;
    if (x.kind != y.kind)
        return false;
    return x.kind == FID__BOOL ? x.i == y.i
                               : x.kind == FID__NULL || strcmp(a->text, b->text) == 0;
}

/* A choice that the parameter does not have makes a condition that never holds. */
static bool is_a_choice(fid__walk *w, const fid__param *param, const fid__node *node)
{
    enum { MOST = 256 };
    const char *texts[MOST];
    size_t n = 0;
    const fid__node *values = param->spec.values;
    if (!values || values->kind != FID__LIST || node->kind != FID__SCALAR)
        return true;
    for (const fid__node *at = values->first; at; at = at->next) {
        if (at->kind != FID__SCALAR)
            continue;
        if (same_scalar(at, node))
            return true;
        if (n < MOST)
            texts[n++] = at->text;
    }
    fid__remedy remedy = fid__did_you_mean(node->text, texts, n);
    fid__error(w->log, node->mark, *remedy.text ? remedy.text : NULL,
               "'%s' is not one of the values of %s",
               fid__show(node->text, node->n).text, param->name);
    return false;
}

static void append_literal(fid__walk *w, const fid__param *param, const fid__node *node,
                           fid_text *out)
{
    fid_literal literal;
    if (fid__literal_of(w, node, param->name, &literal) && is_a_choice(w, param, node))
        fid_expression_append_literal(out, &literal);
}

static void append_list(fid__walk *w, const fid__param *param, const fid__node *list,
                        fid_text *out)
{
    fid_text_append(out, "[");
    for (const fid__node *at = list->first; at; at = at->next) {
        if (at != list->first)
            fid_text_append(out, ", ");
        append_literal(w, param, at, out);
    }
    fid_text_append(out, "]");
}

/* name == value, or name in [values]; with `negated` the contrary. */
static void append_equality(fid__walk *w, const fid__param *param,
                            const fid__node *node, bool negated, fid_text *out)
{
    bool list = node->kind == FID__LIST;
    if (list && !node->first)
        fid__error(w->log, node->mark, NULL, "%s: an empty list of values",
                   param->name);
    fid_expression_append_name(out, param->name);
    fid_text_append(out, list      ? negated ? " not in " : " in "
                         : negated ? " != "
                                   : " == ");
    if (list)
        append_list(w, param, node, out);
    else
        append_literal(w, param, node, out);
}

typedef struct {
    const fid__node *min, *max, *not ;
} bounds;

/* {min: 3, max: 8, not: 5} */
static void append_bounds(fid__walk *w, const fid__param *param, const fid__node *map,
                          const char *where, fid_text *out)
{
    static const fid__field fields[] = {
        {.key = "min", .read = fid__read_node, .offset = offsetof(bounds, min)},
        {.key = "max", .read = fid__read_node, .offset = offsetof(bounds, max)},
        {.key = "not", .read = fid__read_node, .offset = offsetof(bounds, not )},
    };
    bounds given = {0};
    const fid__node *const *ends[] = {&given.min, &given.max};
    (void)fid__read_map(w, fields, sizeof fields / sizeof *fields, map, where, &given);
    if (!map->first)
        fid__error(w->log, map->mark, "write {min: 3}, {max: 3} or {not: 3}",
                   "%s: an empty condition", where);
    for (int i = 0; i < 2; i++) {
        double x;
        if (!*ends[i] || !fid__want_number(w, *ends[i], where, &x))
            continue;
        append_and(out);
        fid_expression_append_name(out, param->name);
        fid_text_append(out, i ? " <= " : " >= ");
        fid_literal literal;
        if (fid__literal_of(w, *ends[i], where, &literal))
            fid_expression_append_literal(out, &literal);
    }
    if (given.not ) {
        append_and(out);
        append_equality(w, param, given.not, true, out);
    }
}

/* Every pair of a mapping, joined by `and`. */
static void append_condition(fid__walk *w, const fid__node *map, const char *where,
                             fid_text *out)
{
    if (!map->first)
        fid__error(w->log, map->mark, NULL, "%s: an empty condition", where);
    for (const fid__node *key = map->first; key; key = key->next) {
        const fid__param *param = fid__find_param(w, key->text);
        if (!param) {
            fid__remedy remedy = fid__near_param(w, key->text);
            fid__error(w->log, key->mark, *remedy.text ? remedy.text : NULL,
                       "%s: there is no parameter '%s'", where,
                       fid__show(key->text, key->n).text);
        } else if (key->value->kind == FID__MAP) {
            append_bounds(w, param, key->value, where, out);
        } else {
            append_and(out);
            append_equality(w, param, key->value, false, out);
        }
    }
}

/* --- The three sections. An expression's errors come with the column within it. */

static void complain(fid__walk *w, const fid__rule *rule, const fid_error *err)
{
    fid__mark at = rule->node->mark;
    if (rule->node->kind == FID__SCALAR && (size_t)err->column > rule->prefix)
        at = mark_within(rule->node, (size_t)err->column - 1 - rule->prefix, 1);
    fid__error(w->log, at, NULL, "%s", err->message);
}

void fid__complain_of_rule(fid__walk *w, const fid_error *err)
{
    for (const fid__rule *rule = w->draft->rules; rule; rule = rule->next) {
        char start[48];
        (void)snprintf(start, sizeof start, "\"%.40s", rule->expression);
        size_t n = rule->owner ? strlen(rule->owner) : 0;
        bool named = n && strncmp(err->message, rule->owner, n) == 0 &&
                     err->message[n] == ':';
        if (named || (!n && strstr(err->message, start))) {
            complain(w, rule, err);
            return;
        }
    }
    fid__error(w->log, w->draft->parameters->mark, NULL, "%s", err->message);
}

/* The node as an expression: its own text, or what its mapping says. NULL: complained.
 */
static const char *expression_of(fid__walk *w, const fid__node *node, const char *where)
{
    size_t before = w->log->out->n_errors;
    fid_text text = {0};
    if (node->kind == FID__MAP)
        append_condition(w, node, where, &text);
    else if (node->kind == FID__SCALAR && fid__scalar_of(node).kind == FID__STRING) {
        (void)check_names(w, node);
        fid_text_append(&text, node->text);
    } else {
        fid__error(
            w->log, node->mark, NULL,
            "%s must be an expression like 'a < b' or a mapping like {a: 1}, not %s",
            where, fid__describe(node).text);
    }
    const char *expression = fid__arena_take(w->arena, &text);
    return w->log->out->n_errors == before ? expression : NULL;
}

/* `expression` begins `prefix` bytes before the node's own text. */
static void add_rule(fid__walk *w, const char *owner, const char *expression,
                     size_t prefix, const fid__node *node)
{
    fid__rule *rule = fid__arena_alloc(w->arena, 1, sizeof *rule);
    fid_error err = {0};
    if (!rule || !expression)
        return;
    *rule = (fid__rule){owner, expression, prefix, node, w->draft->rules};
    w->draft->rules = rule;
    fid_status status =
        owner ? fid_space_set_when(w->sweep->space, owner, expression, &err)
              : fid_space_add_constraint(w->sweep->space, expression, &err);
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else if (status != FID_OK)
        complain(w, rule, &err);
}

void fid__add_when(fid__walk *w, const fid__param *param)
{
    fid__path where =
        fid__path_join(fid__path_join("parameters", param->name).text, "when");
    const char *expression = expression_of(w, param->spec.when, where.text);
    add_rule(w, param->name, expression, 0, param->spec.when);
}

static void add_constraint(fid__walk *w, const fid__node *node, const char *where,
                           bool forbidden)
{
    static const char negation[] = "not (";
    const char *expression = expression_of(w, node, where);
    if (expression && forbidden) {
        fid_text text = {0};
        fid_text_printf(&text, "%s%s)", negation, expression);
        expression = fid__arena_take(w->arena, &text);
    }
    add_rule(w, NULL, expression, forbidden ? sizeof negation - 1 : 0, node);
}

static void add_list(fid__walk *w, const fid__node *node, const char *where,
                     bool forbidden)
{
    if (!node)
        return;
    if (node->kind != FID__LIST) {
        add_constraint(w, node, where, forbidden);
        return;
    }
    size_t i = 0;
    for (const fid__node *at = node->first; at; at = at->next)
        add_constraint(w, at, fid__path_index(where, i++).text, forbidden);
}

void fid__add_constraints(fid__walk *w)
{
    add_list(w, w->draft->constraints, "constraints", false);
    add_list(w, w->draft->forbidden, "forbidden", true);
}
