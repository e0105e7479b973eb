/* Optuna's distributions, as distribution_to_json writes them. */
#include "space/json.h"
#include "space/model.h"

#include <string.h>

typedef struct {
    const char *class;
    fid_param_kind kind;
    fid_scale scale;  /* when the class has no `log` */
    const char *step; /* the attribute */
} distribution;

static const distribution classes[] = {
    {"FloatDistribution", FID_PARAM_FLOAT, FID_SCALE_LINEAR, "step"},
    {"IntDistribution", FID_PARAM_INT, FID_SCALE_LINEAR, "step"},
    {"CategoricalDistribution", FID_PARAM_CATEGORICAL, FID_SCALE_LINEAR, NULL},
    {"UniformDistribution", FID_PARAM_FLOAT, FID_SCALE_LINEAR, NULL},
    {"LogUniformDistribution", FID_PARAM_FLOAT, FID_SCALE_LOG, NULL},
    {"DiscreteUniformDistribution", FID_PARAM_FLOAT, FID_SCALE_LINEAR, "q"},
    {"IntUniformDistribution", FID_PARAM_INT, FID_SCALE_LINEAR, "step"},
    {"IntLogUniformDistribution", FID_PARAM_INT, FID_SCALE_LOG, NULL},
};

static fid_status add_choice(fid_space *space, const char *name,
                             json_object *attributes, fid_error *err)
{
    json_object *array;
    fid_literal *choices;
    size_t n;
    FID_TRY(fid__json_array(attributes, name, "choices", &array, err));
    FID_TRY(fid__json_literals(array, name, &choices, &n, err));
    fid_status status = fid_space_add_choice(space, name, choices, n, false, err);
    fid__json_literals_free(choices, n);
    return status;
}

static fid_status add_number(fid_space *space, const char *name, const distribution *d,
                             json_object *attributes, fid_error *err)
{
    bool log;
    FID_TRY(fid__json_bool(attributes, name, "log", &log, err));
    fid_scale scale = log ? FID_SCALE_LOG : d->scale;
    bool stepped = d->step && fid__json_member(attributes, d->step);
    if (d->kind == FID_PARAM_INT) {
        int64_t low, high, step = 1;
        FID_TRY(fid__json_whole(attributes, name, "low", &low, err));
        FID_TRY(fid__json_whole(attributes, name, "high", &high, err));
        if (stepped)
            FID_TRY(fid__json_whole(attributes, name, d->step, &step, err));
        return fid_space_add_int(space, name, low, high, scale, step, err);
    }
    double low, high, step = 0;
    FID_TRY(fid__json_number(attributes, name, "low", &low, err));
    FID_TRY(fid__json_number(attributes, name, "high", &high, err));
    if (stepped)
        FID_TRY(fid__json_number(attributes, name, d->step, &step, err));
    return fid_space_add_float(space, name, low, high, scale, step, err);
}

static fid_status add(fid_space *space, const char *name, json_object *item,
                      fid_error *err)
{
    const char *class;
    json_object *attributes = NULL;
    if (json_object_is_type(item, json_type_object))
        attributes = fid__json_member(item, "attributes");
    if (!json_object_is_type(attributes, json_type_object))
        return fid_error_set(err, FID_INVALID,
                             "%.*s: must be {\"name\": .., \"attributes\": {..}}",
                             FID__MAX_NAME, name);
    FID_TRY(fid__json_string(item, name, "name", &class, err));
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strcmp(classes[i].class, class) != 0)
            continue;
        if (classes[i].kind == FID_PARAM_CATEGORICAL)
            return add_choice(space, name, attributes, err);
        return add_number(space, name, &classes[i], attributes, err);
    }
    return fid_error_set(err, FID_UNSUPPORTED,
                         "%s: distribution '%.60s' is not supported", name, class);
}

static fid_status read_optuna(fid_space *space, json_object *root, fid_error *err)
{
    json_object_object_foreach(root, name, item) FID_TRY(add(space, name, item, err));
    return fid_space_freeze(space, err);
}

fid_status fid_space_from_optuna(fid_space **out, const char *json, size_t n,
                                 fid_error *err)
{
    return fid__space_from(out, json, n, read_optuna, err);
}
