/* One parameter: which kind it is, and what all kinds share. */
#include "config/draft.h"

#include <stdio.h>
#include <string.h>

/* --- Constants. */

/* PyYAML takes these words for booleans (YAML 1.1), we do not. */
static void warn_of_old_booleans(fid__walk *w, const fid__node *node)
{
    static const char *const words[] = {"yes", "Yes", "YES", "no",  "No",  "NO", "on",
                                        "On",  "ON",  "off", "Off", "OFF", NULL};
    for (size_t i = 0; node->plain && words[i]; i++)
        if (fid__node_is(node, words[i]))
            fid__warn(w->log, node->mark, "write true or false, or quote it",
                      "%s is a word here, not a boolean", node->text);
}

bool fid__literal_of(fid__walk *w, const fid__node *node, const char *where,
                     fid_literal *out)
{
    *out = (fid_literal){.kind = FID_LITERAL_JSON};
    if (node->kind != FID__SCALAR) {
        fid_text json = {0};
        fid__node_to_json(node, &json);
        out->text = fid__arena_take(w->arena, &json);
        return out->text != NULL;
    }
    static const fid_literal_kind kinds[] = {
        [FID__NULL] = FID_LITERAL_NULL,   [FID__BOOL] = FID_LITERAL_BOOL,
        [FID__INT] = FID_LITERAL_INT,     [FID__HUGE] = FID_LITERAL_INT,
        [FID__FLOAT] = FID_LITERAL_FLOAT, [FID__STRING] = FID_LITERAL_STRING};
    fid__scalar scalar = fid__scalar_of(node);
    if (scalar.kind == FID__HUGE) {
        fid__error(w->log, node->mark, "quote it if it is text",
                   "%s: the integer %s does not fit in 64 bits", where,
                   fid__show(node->text, node->n).text);
        return false;
    }
    *out = (fid_literal){.kind = kinds[scalar.kind], .i = scalar.i, .f = scalar.f};
    if (scalar.kind != FID__STRING)
        return true;
    warn_of_old_booleans(w, node);
    out->text = fid__arena_copy(w->arena, node->text, node->n);
    return out->text != NULL;
}

/* --- Into the space. */

bool fid__added(fid__walk *w, const fid__param *param, const fid__node *at,
                fid_status status, const fid_error *err)
{
    if (status == FID_OK)
        return true;
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else
        fid__error(w->log, at ? at->mark : param->mark, NULL, "parameters.%s",
                   err->message);
    return false;
}

static void add_constant(fid__walk *w, const fid__param *param)
{
    fid_literal value;
    fid_error err = {0};
    if (!fid__literal_of(w, param->spec.value, param->name, &value))
        return;
    fid_status status = fid_space_add_fixed(w->sweep->space, param->name, value, &err);
    (void)fid__added(w, param, NULL, status, &err);
}

/* Weights of a categorical: W&B's probabilities. */
static void set_weights(fid__walk *w, const fid__param *param, const fid__node *list,
                        const char *where)
{
    fid_error err = {0};
    size_t n = 0;
    if (!fid__want_list(w, list, where))
        return;
    double *weights = fid__arena_alloc(w->arena, list->n, sizeof *weights);
    if (!weights)
        return;
    for (const fid__node *at = list->first; at; at = at->next, n++)
        if (!fid__want_number(w, at, fid__path_index(where, n).text, &weights[n]))
            return;
    if (param->spec.values && n != param->spec.values->n) {
        fid__error(w->log, list->mark, NULL, "%s: %zu weights for %zu values", where, n,
                   param->spec.values->n);
        return;
    }
    fid_status status =
        fid_space_set_prior_weights(w->sweep->space, param->name, weights, n, &err);
    (void)fid__added(w, param, list, status, &err);
}

static void add_choice(fid__walk *w, const fid__param *param)
{
    const fid__spec *spec = &param->spec;
    fid__path where =
        fid__path_join(fid__path_join("parameters", param->name).text, "values");
    if (!fid__want_list(w, spec->values, where.text))
        return;
    fid_literal *choices = fid__arena_alloc(w->arena, spec->values->n, sizeof *choices);
    if (!choices)
        return;
    size_t n = 0;
    for (const fid__node *at = spec->values->first; at; at = at->next)
        if (!fid__literal_of(w, at, where.text, &choices[n++]))
            return;
    bool ordered = false;
    if (spec->ordered)
        fid__read_flag(w, NULL, spec->ordered,
                       fid__path_join(param->name, "ordered").text, &ordered);
    fid_error err = {0};
    fid_status status =
        fid_space_add_choice(w->sweep->space, param->name, choices, n, ordered, &err);
    if (fid__added(w, param, spec->values, status, &err) && spec->probabilities)
        set_weights(w, param, spec->probabilities,
                    fid__path_join(param->name, "probabilities").text);
}

/* --- Which kind. */

enum {
    VALUE = 1 << 0,
    VALUES = 1 << 1,
    MIN = 1 << 2,
    MAX = 1 << 3,
    SCALE = 1 << 4,
    STEP = 1 << 5,
    Q = 1 << 6,
    ORDERED = 1 << 7,
    PROBABILITIES = 1 << 8,
    MU = 1 << 9,
    SIGMA = 1 << 10,
    A = 1 << 11,
    B = 1 << 12,
    BOUNDS = MIN | MAX,
};

static const struct {
    const char *name;
    size_t offset;
    unsigned bit;
} spec_bits[] = {
    {"value", offsetof(fid__spec, value), VALUE},
    {"values", offsetof(fid__spec, values), VALUES},
    {"min", offsetof(fid__spec, min), MIN},
    {"max", offsetof(fid__spec, max), MAX},
    {"scale", offsetof(fid__spec, scale), SCALE},
    {"step", offsetof(fid__spec, step), STEP},
    {"q", offsetof(fid__spec, q), Q},
    {"ordered", offsetof(fid__spec, ordered), ORDERED},
    {"probabilities", offsetof(fid__spec, probabilities), PROBABILITIES},
    {"mu", offsetof(fid__spec, mu), MU},
    {"sigma", offsetof(fid__spec, sigma), SIGMA},
    {"a", offsetof(fid__spec, a), A},
    {"b", offsetof(fid__spec, b), B},
};
enum { N_BITS = sizeof spec_bits / sizeof *spec_bits };

/* Names of W&B's distributions and what they take; the last rows are those without a
 * distribution. */
static const struct {
    const char *name;
    unsigned needs, takes;
    fid__add *add;
} kinds[] = {
    {"constant", VALUE, 0, add_constant},
    {"categorical", VALUES, ORDERED | PROBABILITIES, add_choice},
    {"categorical_w_probabilities", VALUES | PROBABILITIES, ORDERED, add_choice},
    {"int_uniform", BOUNDS, STEP, fid__add_int_uniform},
    {"uniform", BOUNDS, STEP, fid__add_uniform},
    {"q_uniform", BOUNDS, Q, fid__add_q_uniform},
    {"log_uniform", BOUNDS, 0, fid__add_log_uniform},
    {"log_uniform_values", BOUNDS, 0, fid__add_log_uniform_values},
    {"q_log_uniform", BOUNDS, Q, fid__add_q_log_uniform},
    {"q_log_uniform_values", BOUNDS, Q, fid__add_q_log_uniform_values},
    {"inv_log_uniform", BOUNDS, 0, fid__add_inv_log_uniform},
    /* log(1/X) uniform between log(1/max) and log(1/min) is log(X) uniform */
    {"inv_log_uniform_values", BOUNDS, 0, fid__add_log_uniform_values},
    {"normal", 0, MU | SIGMA, fid__add_normal},
    {"q_normal", 0, MU | SIGMA | Q, fid__add_q_normal},
    {"log_normal", 0, MU | SIGMA, fid__add_log_normal},
    {"q_log_normal", 0, MU | SIGMA | Q, fid__add_q_log_normal},
    {"beta", 0, A | B, fid__add_beta},
    {"q_beta", 0, A | B | Q, fid__add_q_beta},
    {NULL, VALUE, 0, add_constant},
    {NULL, VALUES, ORDERED | PROBABILITIES, add_choice},
    {NULL, BOUNDS, SCALE | STEP, fid__add_range},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds, N_NAMED = N_KINDS - 3 };

static unsigned given_bits(const fid__spec *spec)
{
    unsigned bits = 0;
    for (size_t i = 0; i < N_BITS; i++)
        if (*(const fid__node *const *)((const char *)spec + spec_bits[i].offset))
            bits |= spec_bits[i].bit;
    return bits;
}

static const fid__node *node_of_bit(const fid__spec *spec, size_t i)
{
    return *(const fid__node *const *)((const char *)spec + spec_bits[i].offset);
}

static bool find_named(fid__walk *w, const fid__param *param, size_t *kind)
{
    const char *names[N_NAMED], *name;
    fid__path where =
        fid__path_join(fid__path_join("parameters", param->name).text, "distribution");
    if (!fid__want_text(w, param->spec.distribution, where.text, &name))
        return false;
    for (*kind = 0; *kind < N_NAMED; ++*kind) {
        names[*kind] = kinds[*kind].name;
        if (strcmp(names[*kind], name) == 0)
            return true;
    }
    fid__remedy remedy = fid__did_you_mean(name, names, N_NAMED);
    fid__error(
        w->log, param->spec.distribution->mark,
        *remedy.text ? remedy.text
                     : "min and max suffice for most; 'scale: log' for logarithmic",
        "%s: no distribution '%s'", where.text, fid__show(name, strlen(name)).text);
    return false;
}

static bool find_kind(fid__walk *w, const fid__param *param, unsigned given,
                      size_t *kind)
{
    if (param->spec.distribution)
        return find_named(w, param, kind);
    for (*kind = N_NAMED; *kind < N_KINDS; ++*kind)
        if (given & kinds[*kind].needs)
            return true;
    fid__error(w->log, param->mark,
               "a range is {min: 0.1, max: 1.0}, a choice {values: [a, b]}, a constant "
               "{value: 3}",
               "parameters.%s has neither value, values nor min and max", param->name);
    return false;
}

static void add_to_space(fid__walk *w, const fid__param *param)
{
    unsigned given = given_bits(&param->spec);
    size_t kind;
    bool right = find_kind(w, param, given, &kind);
    if (!right)
        return;
    const char *name = kinds[kind].name;
    for (size_t i = 0; i < N_BITS; i++) {
        unsigned bit = spec_bits[i].bit;
        if ((given & bit) && !((kinds[kind].needs | kinds[kind].takes) & bit)) {
            fid__error(w->log, node_of_bit(&param->spec, i)->mark, NULL,
                       "parameters.%s: '%s' does not go with %s%s", param->name,
                       spec_bits[i].name, name ? "distribution " : "",
                       name                          ? name
                       : kinds[kind].needs == VALUE  ? "value"
                       : kinds[kind].needs == VALUES ? "values"
                                                     : "min and max");
            right = false;
        }
        if (!(given & bit) && (kinds[kind].needs & bit)) {
            fid__error(w->log, param->mark, NULL, "parameters.%s: '%s' is missing",
                       param->name, spec_bits[i].name);
            right = false;
        }
    }
    if (right)
        kinds[kind].add(w, param);
}

/* --- What all kinds share, once they are in the space. */

static void set_prior(fid__walk *w, const fid__param *param)
{
    struct {
        double mean, sd;
    } normal = {0, 0};
    static const fid__field fields[] = {
        {.key = "mean", .read = fid__read_number, .required = true, .offset = 0},
        {.key = "sd",
         .read = fid__read_number,
         .required = true,
         .above = true,
         .offset = sizeof(double)},
    };
    const fid__node *prior = param->spec.prior;
    fid__path where =
        fid__path_join(fid__path_join("parameters", param->name).text, "prior");
    if (prior->kind == FID__LIST) {
        set_weights(w, param, prior, where.text);
        return;
    }
    size_t before = w->log->out->n_errors;
    if (!fid__read_map(w, fields, 2, prior, where.text, &normal) ||
        w->log->out->n_errors != before)
        return;
    fid_error err = {0};
    fid_status status = fid_space_set_prior_normal(w->sweep->space, param->name,
                                                   normal.mean, normal.sd, &err);
    (void)fid__added(w, param, prior, status, &err);
}

static void set_default(fid__walk *w, const fid__param *param)
{
    fid_literal value;
    fid_error err = {0};
    if (!fid__literal_of(w, param->spec.preset, param->name, &value))
        return;
    fid_status status =
        fid_space_set_default(w->sweep->space, param->name, value, &err);
    (void)fid__added(w, param, param->spec.preset, status, &err);
}

static void add_whole(fid__walk *w, const fid__param *param)
{
    size_t before = w->log->out->n_errors;
    add_to_space(w, param);
    if (w->log->out->n_errors != before)
        return; /* it is not in the space */
    if (param->spec.preset)
        set_default(w, param);
    if (param->spec.prior)
        set_prior(w, param);
}

/* --- The section. */

static const fid__field spec_fields[] = {
#define NODE(key_, member)                                                             \
    {                                                                                  \
        .key = key_, .read = fid__read_node, .offset = offsetof(fid__spec, member)     \
    }
    NODE("value", value),
    NODE("values", values),
    NODE("min", min),
    NODE("max", max),
    NODE("scale", scale),
    NODE("step", step),
    NODE("default", preset),
    NODE("when", when),
    NODE("ordered", ordered),
    NODE("prior", prior),
    NODE("distribution", distribution),
    NODE("q", q),
    NODE("probabilities", probabilities),
    NODE("mu", mu),
    NODE("sigma", sigma),
    NODE("a", a),
    NODE("b", b),
    NODE("parameters", parameters),
#undef NODE
};
enum { N_FIELDS = sizeof spec_fields / sizeof *spec_fields };

static void read_group(fid__walk *w, const fid__node *map, const char *prefix);

static void read_one(fid__walk *w, const fid__node *key, const char *prefix)
{
    fid_text name = {0};
    fid__param *param = fid__arena_alloc(w->arena, 1, sizeof *param);
    fid_text_printf(&name, "%s%s%s", prefix, *prefix ? "." : "", key->text);
    char *full = fid__arena_take(w->arena, &name);
    if (!param || !full)
        return;
    *param = (fid__param){.name = full, .mark = key->mark};
    fid__path where = fid__path_join("parameters", full);
    if (key->value->kind != FID__MAP) {
        fid__error(
            w->log, key->value->mark,
            "a range is {min: 0.1, max: 1.0}, a choice {values: [a, b]}, a constant "
            "{value: 3}",
            "%s must be a mapping, not %s", where.text, fid__describe(key->value).text);
        return;
    }
    (void)fid__read_map(w, spec_fields, N_FIELDS, key->value, where.text, &param->spec);
    if (!param->spec.parameters) {
        *w->draft->last_param = param;
        w->draft->last_param = &param->next;
        return;
    }
    if (key->value->n > 1)
        fid__error(w->log, key->mark, NULL, "%s: nothing goes beside 'parameters'",
                   where.text);
    read_group(w, param->spec.parameters, full);
}

static void read_group(fid__walk *w, const fid__node *map, const char *prefix)
{
    fid__path where = fid__path_join("parameters", prefix);
    if (!fid__want_map(w, map, *prefix ? where.text : "parameters"))
        return;
    if (!map->first)
        fid__error(w->log, map->mark, NULL, "%s: no parameters",
                   *prefix ? where.text : "parameters");
    for (const fid__node *key = map->first; key; key = key->next)
        read_one(w, key, prefix);
}

void fid__read_parameters(fid__walk *w, const fid__node *node)
{
    read_group(w, node, "");
    for (const fid__param *param = w->draft->params; param; param = param->next)
        add_whole(w, param);
}

const fid__param *fid__find_param(const fid__walk *w, const char *name)
{
    const fid__param *param = w->draft->params;
    while (param && strcmp(param->name, name) != 0)
        param = param->next;
    return param;
}

fid__remedy fid__near_param(const fid__walk *w, const char *name)
{
    enum { MOST = 256 };
    const char *names[MOST];
    size_t n = 0;
    for (const fid__param *p = w->draft->params; p && n < MOST; p = p->next)
        names[n++] = p->name;
    return fid__did_you_mean(name, names, n);
}
