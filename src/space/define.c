/* A space from its own JSON. */
#include "space/describe.h"
#include "space/json.h"

#include <string.h>

typedef struct {
    fid_space *space;
    json_object *item;
    const char *name;
    fid_error *err;
} reader;

static fid_status read_scale(const reader *r, fid_scale *scale)
{
    const char *word = "linear";
    if (fid__json_member(r->item, "scale"))
        FID_TRY(fid__json_string(r->item, r->name, "scale", &word, r->err));
    for (fid_scale s = FID_SCALE_LINEAR; s <= FID_SCALE_LOGIT; s++)
        if (strcmp(fid__scale_name(s), word) == 0) {
            *scale = s;
            return FID_OK;
        }
    return fid_error_set(r->err, FID_INVALID, "%s: unknown scale '%.40s'", r->name,
                         word);
}

static fid_status read_float(const reader *r)
{
    double low, high, step = 0;
    fid_scale scale;
    FID_TRY(fid__json_number(r->item, r->name, "min", &low, r->err));
    FID_TRY(fid__json_number(r->item, r->name, "max", &high, r->err));
    if (fid__json_member(r->item, "step"))
        FID_TRY(fid__json_number(r->item, r->name, "step", &step, r->err));
    FID_TRY(read_scale(r, &scale));
    return fid_space_add_float(r->space, r->name, low, high, scale, step, r->err);
}

static fid_status read_int(const reader *r)
{
    int64_t low, high, step = 1;
    fid_scale scale;
    FID_TRY(fid__json_whole(r->item, r->name, "min", &low, r->err));
    FID_TRY(fid__json_whole(r->item, r->name, "max", &high, r->err));
    if (fid__json_member(r->item, "step"))
        FID_TRY(fid__json_whole(r->item, r->name, "step", &step, r->err));
    FID_TRY(read_scale(r, &scale));
    return fid_space_add_int(r->space, r->name, low, high, scale, step, r->err);
}

static fid_status read_choice(const reader *r, bool ordered)
{
    json_object *array;
    fid_literal *values;
    size_t n;
    FID_TRY(fid__json_array(r->item, r->name, "values", &array, r->err));
    FID_TRY(fid__json_literals(array, r->name, &values, &n, r->err));
    fid_status status =
        fid_space_add_choice(r->space, r->name, values, n, ordered, r->err);
    fid__json_literals_free(values, n);
    return status;
}

/* What takes one literal: the value of a fixed parameter, or a default. */
static fid_status with_literal(const reader *r, const char *key,
                               fid_status (*take)(fid_space *, const char *,
                                                  fid_literal, fid_error *))
{
    fid_text room = {0};
    fid_literal literal;
    json_object *value = NULL;
    if (!json_object_object_get_ex(r->item, key, &value))
        return fid_error_set(r->err, FID_INVALID, "%s: %s is missing", r->name, key);
    fid_status status = fid__json_literal(value, r->name, &room, &literal, r->err);
    if (status == FID_OK)
        status = take(r->space, r->name, literal, r->err);
    fid_text_deinit(&room);
    return status;
}

static fid_status read_kind(const reader *r)
{
    const char *type;
    FID_TRY(fid__json_string(r->item, r->name, "type", &type, r->err));
    if (strcmp(type, fid__kind_name(FID_PARAM_FLOAT)) == 0)
        return read_float(r);
    if (strcmp(type, fid__kind_name(FID_PARAM_INT)) == 0)
        return read_int(r);
    if (strcmp(type, fid__kind_name(FID_PARAM_CATEGORICAL)) == 0)
        return read_choice(r, false);
    if (strcmp(type, fid__kind_name(FID_PARAM_ORDERED)) == 0)
        return read_choice(r, true);
    if (strcmp(type, fid__kind_name(FID_PARAM_FIXED)) == 0)
        return with_literal(r, "value", fid_space_add_fixed);
    return fid_error_set(r->err, FID_INVALID, "%s: unknown type '%.40s'", r->name,
                         type);
}

static fid_status read_prior(const reader *r)
{
    json_object *prior = fid__json_member(r->item, "prior");
    double mean, sd;
    if (!prior)
        return FID_OK;
    if (!json_object_is_type(prior, json_type_object))
        return fid_error_set(r->err, FID_INVALID, "%s: prior must be an object",
                             r->name);
    FID_TRY(fid__json_number(prior, r->name, "mean", &mean, r->err));
    FID_TRY(fid__json_number(prior, r->name, "sd", &sd, r->err));
    return fid_space_set_prior_normal(r->space, r->name, mean, sd, r->err);
}

static fid_status read_whens(const reader *r)
{
    json_object *list;
    if (!fid__json_member(r->item, "when"))
        return FID_OK;
    FID_TRY(fid__json_array(r->item, r->name, "when", &list, r->err));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *text = json_object_array_get_idx(list, i);
        if (!json_object_is_type(text, json_type_string))
            return fid_error_set(r->err, FID_INVALID, "%s: when must hold texts",
                                 r->name);
        FID_TRY(fid_space_set_when(r->space, r->name, json_object_get_string(text),
                                   r->err));
    }
    return FID_OK;
}

static fid_status read_param(const reader *parameters)
{
    enum { MOST = 16 };
    const char *known[MOST] = {"name"};
    reader r = *parameters;
    if (!json_object_is_type(r.item, json_type_object))
        return fid_error_set(r.err, FID_INVALID, "a parameter must be an object");
    FID_TRY(fid__json_string(r.item, "a parameter", "name", &r.name, r.err));
    for (size_t k = 0; fid__attributes[k] && k + 2 < MOST; k++)
        known[k + 1] = fid__attributes[k];
    FID_TRY(fid__json_known(r.item, r.name, known, r.err));
    FID_TRY(read_kind(&r));
    json_object *ignored;
    if (json_object_object_get_ex(r.item, "default", &ignored))
        FID_TRY(with_literal(&r, "default", fid_space_set_default));
    if (fid__json_member(r.item, "weights"))
        FID_TRY(fid__json_weights(r.space, r.item, r.name, "weights", r.err));
    FID_TRY(read_prior(&r));
    return read_whens(&r);
}

static fid_status read_space(fid_space *space, json_object *root, fid_error *err)
{
    static const char *const known[] = {"fidelio_space", "parameters", "constraints",
                                        NULL};
    int64_t version;
    json_object *list;
    FID_TRY(fid__json_known(root, "space", known, err));
    FID_TRY(fid__json_whole(root, "space", "fidelio_space", &version, err));
    if (version != 1)
        return fid_error_set(err, FID_UNSUPPORTED,
                             "space: format %lld is newer than this fidelio",
                             (long long)version);
    FID_TRY(fid__json_array(root, "space", "parameters", &list, err));
    for (size_t i = 0; i < json_object_array_length(list); i++)
        FID_TRY(read_param(&(reader){
            .space = space, .item = json_object_array_get_idx(list, i), .err = err}));
    if (!fid__json_member(root, "constraints"))
        return fid_space_freeze(space, err);
    FID_TRY(fid__json_array(root, "space", "constraints", &list, err));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *text = json_object_array_get_idx(list, i);
        if (!json_object_is_type(text, json_type_string))
            return fid_error_set(err, FID_INVALID,
                                 "space: a constraint must be a text");
        FID_TRY(fid_space_add_constraint(space, json_object_get_string(text), err));
    }
    return fid_space_freeze(space, err);
}

fid_status fid__space_from(fid_space **out, const char *json, size_t n,
                           fid_status (*fill)(fid_space *, json_object *, fid_error *),
                           fid_error *err)
{
    json_object *root = NULL;
    fid_space *space = NULL;
    *out = NULL;
    fid_status status = fid__json_parse(json, n, &root, err);
    if (status == FID_OK && fid_space_create(&space) != FID_OK)
        status = fid_error_set(err, FID_NOMEM, "out of memory");
    if (status == FID_OK)
        status = fill(space, root, err);
    if (status == FID_OK)
        *out = space;
    else
        fid_space_destroy(space);
    json_object_put(root);
    return status;
}

fid_status fid_space_from_json(fid_space **out, const char *json, size_t n,
                               fid_error *err)
{
    return fid__space_from(out, json, n, read_space, err);
}
