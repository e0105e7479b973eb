/* ConfigSpace's JSON: the layout of 0.4 to 0.7 ("default", "q", "json_format_version"),
 * which YAHPO ships, and that of 1.x ("default_value", "format_version"). */
#include "space/json.h"
#include "space/model.h"

#include <math.h>
#include <string.h>

typedef struct {
    fid_space *space;
    json_object *root;
    bool modern; /* 1.x */
    fid_error *err;
} importer;

static fid_status unsupported(const importer *in, const char *what, const char *type)
{
    return fid_error_set(in->err, FID_UNSUPPORTED, "%s: type '%.60s' is not supported",
                         what, type);
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* --- Numbers. */

typedef struct {
    double low, high, step, mean, sd;
    bool log, whole, normal;
} range;

/* Normal parameters of the old layout may have no bounds: all but 1 in 16,000 draws lie
 * within four standard deviations. */
static void open_range(range *r)
{
    enum { SIGMAS = 4 };
    double middle = r->log ? log(r->mean) : r->mean;
    r->low = middle - SIGMAS * r->sd;
    r->high = middle + SIGMAS * r->sd;
    if (r->log) {
        r->low = exp(r->low);
        r->high = exp(r->high);
    }
    if (r->whole) {
        r->low = fmax(nearbyint(r->low), r->log ? 1 : -0x1p62);
        r->high = fmin(nearbyint(r->high), 0x1p62);
    }
}

/* mean: a value; sd: in natural log units on a log scale. The old layout gives mu in log
 * units; 1.x scales sigma by a formula of its own (UnitScaler.vectorize_size). */
static fid_status read_normal(const importer *in, json_object *item, const char *name,
                              range *r)
{
    FID_TRY(fid__json_number(item, name, "mu", &r->mean, in->err));
    FID_TRY(fid__json_number(item, name, "sigma", &r->sd, in->err));
    if (!(r->sd > 0) || !isfinite(r->sd) || !isfinite(r->mean))
        return fid_error_set(in->err, FID_INVALID,
                             "%s: mu must be finite and sigma finite and above 0",
                             name);
    if (r->log && !in->modern)
        r->mean = exp(r->mean);
    if (!fid__json_member(item, "lower") && !fid__json_member(item, "upper"))
        open_range(r);
    else if (r->log && in->modern)
        r->sd = fabs(log(r->low + r->sd));
    return FID_OK;
}

static fid_status read_range(const importer *in, json_object *item, const char *name,
                             range *r)
{
    FID_TRY(fid__json_bool(item, name, "log", &r->log, in->err));
    if (fid__json_member(item, "q"))
        FID_TRY(fid__json_number(item, name, "q", &r->step, in->err));
    if (!r->normal || fid__json_member(item, "lower") ||
        fid__json_member(item, "upper")) {
        FID_TRY(fid__json_number(item, name, "lower", &r->low, in->err));
        FID_TRY(fid__json_number(item, name, "upper", &r->high, in->err));
    }
    return r->normal ? read_normal(in, item, name, r) : FID_OK;
}

static fid_status add_whole(const importer *in, json_object *item, const char *name,
                            const range *r)
{
    int64_t low, high;
    if (r->step != 0 && (r->step != floor(r->step) || r->step < 1 || r->step > 0x1p53))
        return fid_error_set(in->err, FID_INVALID, "%s: q must be a whole number",
                             name);
    if (fid__json_member(item, "lower")) {
        FID_TRY(fid__json_whole(item, name, "lower", &low, in->err));
        FID_TRY(fid__json_whole(item, name, "upper", &high, in->err));
    } else {
        low = (int64_t)r->low;
        high = (int64_t)r->high;
    }
    return fid_space_add_int(in->space, name, low, high,
                             r->log ? FID_SCALE_LOG : FID_SCALE_LINEAR,
                             r->step > 0 ? (int64_t)r->step : 1, in->err);
}

/* ConfigSpace writes defaults that are not multiples of q: take the nearest that is. */
static double on_grid(const range *r, double value)
{
    double k = nearbyint((value - r->low) / r->step);
    return fmin(r->low + k * r->step,
                r->low + floor((r->high - r->low) / r->step + 1e-9) * r->step);
}

static fid_status set_default(const importer *in, json_object *item, const char *name,
                              const range *r)
{
    fid_text room = {0};
    fid_literal literal;
    json_object *value = NULL;
    if (!json_object_object_get_ex(item, in->modern ? "default_value" : "default",
                                   &value))
        return FID_OK;
    fid_status status = fid__json_literal(value, name, &room, &literal, in->err);
    if (status == FID_OK && r && r->step > 0 && fid__is_number(&literal))
        literal = (fid_literal){.kind = FID_LITERAL_FLOAT, .f = on_grid(r, literal.f)};
    if (status == FID_OK && !(r && literal.kind == FID_LITERAL_NULL))
        status = fid_space_set_default(in->space, name, literal, in->err);
    fid_text_deinit(&room);
    return status;
}

static fid_status read_number(const importer *in, json_object *item, const char *name,
                              bool whole, bool normal)
{
    range r = {.whole = whole, .normal = normal};
    FID_TRY(read_range(in, item, name, &r));
    if (whole)
        FID_TRY(add_whole(in, item, name, &r));
    else
        FID_TRY(fid_space_add_float(in->space, name, r.low, r.high,
                                    r.log ? FID_SCALE_LOG : FID_SCALE_LINEAR, r.step,
                                    in->err));
    if (normal)
        FID_TRY(fid_space_set_prior_normal(in->space, name, r.mean, r.sd, in->err));
    return set_default(in, item, name, &r);
}

/* --- Choices. */

static bool all_equal(json_object *weights)
{
    for (size_t i = 1; i < json_object_array_length(weights); i++)
        if (json_object_get_double(json_object_array_get_idx(weights, i)) !=
            json_object_get_double(json_object_array_get_idx(weights, 0)))
            return false;
    return true;
}

static fid_status read_weights(const importer *in, json_object *item, const char *name)
{
    const char *key = fid__json_member(item, "weights") ? "weights" : "probabilities";
    json_object *weights = fid__json_member(item, key);
    if (!weights)
        return FID_OK;
    if (json_object_is_type(weights, json_type_array) && all_equal(weights))
        return FID_OK; /* no belief */
    return fid__json_weights(in->space, item, name, key, in->err);
}

static fid_status read_choices(const importer *in, json_object *item, const char *name,
                               bool ordered)
{
    json_object *array;
    fid_literal *choices;
    size_t n;
    FID_TRY(
        fid__json_array(item, name, ordered ? "sequence" : "choices", &array, in->err));
    FID_TRY(fid__json_literals(array, name, &choices, &n, in->err));
    fid_status status =
        fid_space_add_choice(in->space, name, choices, n, ordered, in->err);
    fid__json_literals_free(choices, n);
    FID_TRY(status);
    FID_TRY(read_weights(in, item, name));
    return set_default(in, item, name, NULL);
}

static fid_status read_constant(const importer *in, json_object *item, const char *name)
{
    fid_text room = {0};
    fid_literal literal;
    fid_status status = fid__json_literal(fid__json_member(item, "value"), name, &room,
                                          &literal, in->err);
    if (status == FID_OK)
        status = fid_space_add_fixed(in->space, name, literal, in->err);
    fid_text_deinit(&room);
    return status;
}

static fid_status read_parameter(const importer *in, json_object *item)
{
    const char *name, *type;
    if (!json_object_is_type(item, json_type_object))
        return fid_error_set(in->err, FID_INVALID,
                             "a hyperparameter must be an object");
    FID_TRY(fid__json_string(item, "a hyperparameter", "name", &name, in->err));
    FID_TRY(fid__json_string(item, name, "type", &type, in->err));
    if (is(type, "uniform_float") || is(type, "normal_float"))
        return read_number(in, item, name, false, *type == 'n');
    if (is(type, "uniform_int") || is(type, "normal_int"))
        return read_number(in, item, name, true, *type == 'n');
    if (is(type, "categorical") || is(type, "ordinal"))
        return read_choices(in, item, name, *type == 'o');
    if (is(type, "constant") || is(type, "unparametrized"))
        return read_constant(in, item, name);
    return unsupported(in, name, type);
}

/* --- Clauses, of conditions and of forbidden combinations, become expressions. */

static fid_status append_value(const importer *in, const char *what, json_object *value,
                               fid_text *out)
{
    fid_text room = {0};
    fid_literal literal;
    fid_status status = fid__json_literal(value, what, &room, &literal, in->err);
    if (status == FID_OK)
        fid_expression_append_literal(out, &literal);
    fid_text_deinit(&room);
    return status;
}

static fid_status append_equal(const importer *in, const char *name, const char *sign,
                               json_object *item, fid_text *out)
{
    json_object *value = NULL;
    if (!json_object_object_get_ex(item, "value", &value))
        return fid_error_set(in->err, FID_INVALID, "%s: a clause has no value", name);
    fid_expression_append_name(out, name);
    fid_text_printf(out, " %s ", sign);
    return append_value(in, name, value, out);
}

static fid_status append_in(const importer *in, const char *name, json_object *item,
                            fid_text *out)
{
    json_object *values;
    FID_TRY(fid__json_array(item, name, "values", &values, in->err));
    fid_expression_append_name(out, name);
    fid_text_append(out, " in [");
    for (size_t i = 0; i < json_object_array_length(values); i++) {
        fid_text_append(out, i ? ", " : "");
        FID_TRY(append_value(in, name, json_object_array_get_idx(values, i), out));
    }
    fid_text_append(out, "]");
    return FID_OK;
}

/* < and > among choices go by their order: a membership in what is before or behind. */
static fid_status append_ordinal(const importer *in, const fid__param *param,
                                 const char *sign, json_object *item, fid_text *out)
{
    fid_text room = {0};
    fid_literal literal;
    fid_value value = {0};
    fid_status status = fid__json_literal(fid__json_member(item, "value"), param->name,
                                          &room, &literal, in->err);
    if (status == FID_OK)
        status = fid__param_value(param, &literal, &value, in->err);
    fid_text_deinit(&room);
    FID_TRY(status);
    const char *comma = "";
    fid_expression_append_name(out, param->name);
    fid_text_append(out, " in [");
    for (size_t c = 0; c < param->n_choices; c++) {
        bool wanted = (sign[1] == '=' && c == value.choice) ||
                      (*sign == '<' ? c < value.choice : c > value.choice);
        if (!wanted)
            continue;
        fid_text_append(out, comma);
        fid_expression_append_literal(out, &param->choices[c]);
        comma = ", ";
    }
    fid_text_append(out, "]");
    return FID_OK;
}

static fid_status append_order(const importer *in, const char *name, const char *sign,
                               json_object *item, fid_text *out)
{
    size_t p;
    if (fid_space_find(in->space, name, &p) &&
        in->space->params[p].kind == FID_PARAM_ORDERED)
        return append_ordinal(in, &in->space->params[p], sign, item, out);
    return append_equal(in, name, sign, item, out);
}

typedef fid_status append_clause(const importer *in, json_object *item, fid_text *out);

static fid_status append_list(const importer *in, json_object *item, const char *key,
                              const char *word, append_clause *append, fid_text *out)
{
    json_object *list;
    FID_TRY(fid__json_array(item, "a conjunction", key, &list, in->err));
    fid_text_append(out, "(");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        fid_text_append(out, i ? word : "");
        FID_TRY(append(in, json_object_array_get_idx(list, i), out));
    }
    fid_text_append(out, ")");
    return FID_OK;
}

/* --- Conditions. */

static bool is_child(const importer *in, const char *name)
{
    json_object *list = fid__json_member(in->root, "conditions");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *child =
            fid__json_member(json_object_array_get_idx(list, i), "child");
        if (child && is(json_object_get_string(child), name))
            return true;
    }
    return false;
}

/* In ConfigSpace a clause on an inactive parent is false; here the whole condition is.
 * That differs only under an OR: refuse where it would matter. */
static fid_status check_or(const importer *in, json_object *item, const char **first)
{
    json_object *list = fid__json_member(item, "conditions");
    if (list && !json_object_is_type(list, json_type_array))
        return fid_error_set(in->err, FID_INVALID, "conditions must be a list");
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        FID_TRY(check_or(in, json_object_array_get_idx(list, i), first));
    if (list)
        return FID_OK;
    const char *parent;
    FID_TRY(fid__json_string(item, "a condition", "parent", &parent, in->err));
    if (!*first)
        *first = parent;
    if (!is(*first, parent) && (is_child(in, parent) || is_child(in, *first)))
        return fid_error_set(
            in->err, FID_UNSUPPORTED,
            "an OR of conditions on %s and %s, which may be inactive, is "
            "not supported",
            *first, parent);
    return FID_OK;
}

static fid_status append_condition(const importer *in, json_object *item, fid_text *out)
{
    const char *type, *parent, *first = NULL;
    if (!json_object_is_type(item, json_type_object))
        return fid_error_set(in->err, FID_INVALID, "a condition must be an object");
    FID_TRY(fid__json_string(item, "a condition", "type", &type, in->err));
    if (is(type, "OR"))
        FID_TRY(check_or(in, item, &first));
    if (is(type, "AND") || is(type, "OR"))
        return append_list(in, item, "conditions", *type == 'A' ? " and " : " or ",
                           append_condition, out);
    FID_TRY(fid__json_string(item, "a condition", "parent", &parent, in->err));
    if (is(type, "IN"))
        return append_in(in, parent, item, out);
    if (is(type, "EQ") || is(type, "NEQ"))
        return append_equal(in, parent, *type == 'E' ? "==" : "!=", item, out);
    if (is(type, "LT") || is(type, "GT"))
        return append_order(in, parent, *type == 'L' ? "<" : ">", item, out);
    return unsupported(in, "a condition", type);
}

static fid_status read_condition(const importer *in, json_object *item)
{
    const char *child;
    fid_text text = {0};
    if (!json_object_is_type(item, json_type_object))
        return fid_error_set(in->err, FID_INVALID, "a condition must be an object");
    FID_TRY(fid__json_string(item, "a condition", "child", &child, in->err));
    fid_status status = append_condition(in, item, &text);
    if (status == FID_OK)
        status = text.failed ? fid_error_set(in->err, FID_NOMEM, "out of memory")
                             : fid_space_set_when(in->space, child, text.data, in->err);
    fid_text_deinit(&text);
    return status;
}

/* --- Forbidden combinations. */

static const char *sign_of(const char *type)
{
    static const char *const rows[][2] = {
        {"LT", "<"},  {"LE", "<="},  {"GT", ">"},      {"GE", ">="},
        {"EQ", "=="}, {"LESS", "<"}, {"EQUALS", "=="}, {"GREATER", ">"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is(rows[i][0], type))
            return rows[i][1];
    return NULL;
}

static fid_status append_relation(const importer *in, json_object *item,
                                  const char *sign, fid_text *out)
{
    const char *left, *right;
    FID_TRY(fid__json_string(item, "a relation", "left", &left, in->err));
    FID_TRY(fid__json_string(item, "a relation", "right", &right, in->err));
    fid_expression_append_name(out, left);
    fid_text_printf(out, " %s ", sign);
    fid_expression_append_name(out, right);
    return FID_OK;
}

static fid_status append_forbidden(const importer *in, json_object *item, fid_text *out)
{
    const char *type, *name, *lambda = "";
    if (!json_object_is_type(item, json_type_object))
        return fid_error_set(in->err, FID_INVALID,
                             "a forbidden clause must be an object");
    FID_TRY(fid__json_string(item, "a forbidden clause", "type", &type, in->err));
    if (is(type, "AND") || is(type, "OR"))
        return append_list(in, item, "clauses", *type == 'A' ? " and " : " or ",
                           append_forbidden, out);
    if (is(type, "RELATION"))
        FID_TRY(fid__json_string(item, "a relation", "lambda", &lambda, in->err));
    else if (strncmp(type, "RELATION_", 9) == 0)
        lambda = type + 9;
    if (sign_of(lambda))
        return append_relation(in, item, sign_of(lambda), out);
    FID_TRY(fid__json_string(item, "a forbidden clause", "name", &name, in->err));
    if (is(type, "IN"))
        return append_in(in, name, item, out);
    if (is(type, "EQUALS"))
        return append_equal(in, name, "==", item, out);
    if (strncmp(type, "CLAUSE_", 7) == 0 && sign_of(type + 7))
        return append_order(in, name, sign_of(type + 7), item, out);
    return unsupported(in, "a forbidden clause", type);
}

static fid_status read_forbidden(const importer *in, json_object *item)
{
    json_object *type = fid__json_member(item, "type"), *list;
    /* An OR forbids each of its clauses, whether or not the others are active. */
    if (json_object_is_type(type, json_type_string) &&
        is(json_object_get_string(type), "OR")) {
        FID_TRY(fid__json_array(item, "a forbidden clause", "clauses", &list, in->err));
        for (size_t i = 0; i < json_object_array_length(list); i++)
            FID_TRY(read_forbidden(in, json_object_array_get_idx(list, i)));
        return FID_OK;
    }
    fid_text text = {0};
    fid_text_append(&text, "not (");
    fid_status status = append_forbidden(in, item, &text);
    fid_text_append(&text, ")");
    if (status == FID_OK)
        status = text.failed ? fid_error_set(in->err, FID_NOMEM, "out of memory")
                             : fid_space_add_constraint(in->space, text.data, in->err);
    fid_text_deinit(&text);
    return status;
}

/* --- The whole. */

static fid_status each(const importer *in, const char *key,
                       fid_status (*read)(const importer *, json_object *))
{
    json_object *list;
    if (!fid__json_member(in->root, key))
        return FID_OK;
    FID_TRY(fid__json_array(in->root, "space", key, &list, in->err));
    for (size_t i = 0; i < json_object_array_length(list); i++)
        FID_TRY(read(in, json_object_array_get_idx(list, i)));
    return FID_OK;
}

static fid_status read_configspace(fid_space *space, json_object *root, fid_error *err)
{
    importer in = {.space = space, .root = root, .err = err};
    in.modern = fid__json_member(root, "format_version") != NULL;
    json_object *list;
    FID_TRY(fid__json_array(root, "space", "hyperparameters", &list, err));
    FID_TRY(each(&in, "hyperparameters", read_parameter));
    FID_TRY(each(&in, "conditions", read_condition));
    FID_TRY(each(&in, "forbiddens", read_forbidden));
    return fid_space_freeze(space, err);
}

fid_status fid_space_from_configspace(fid_space **out, const char *json, size_t n,
                                      fid_error *err)
{
    return fid__space_from(out, json, n, read_configspace, err);
}
