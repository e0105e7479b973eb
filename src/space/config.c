/* Configurations as text. */
#include "space/json.h"
#include "space/model.h"

#include <stdlib.h>
#include <string.h>

void fid_space_config_to_json(const fid_space *space, const fid_value *config,
                              fid_text *out)
{
    const char *comma = "";
    fid_text_append(out, "{");
    for (size_t p = 0; p < space->n_params; p++) {
        if (!config[p].active)
            continue;
        const fid__param *param = &space->params[p];
        fid_literal literal = fid__param_literal(param, &config[p]);
        fid_text_append(out, comma);
        fid_text_append_json(out, param->name, strlen(param->name));
        fid_text_append(out, ":");
        fid__literal_to_json(&literal, out);
        comma = ",";
    }
    fid_text_append(out, "}");
}

/* --- Reading. */

static fid_status unknown_param(const fid_space *space, const char *name,
                                fid_error *err)
{
    const char *near = fid__nearest_name(space, name);
    return fid_error_set(err, FID_INVALID, "there is no parameter '%.*s'%s%s%s",
                         FID__MAX_NAME, name, near ? "; did you mean '" : "",
                         near ? near : "", near ? "'?" : "");
}

static fid_status read_value(const fid__param *param, json_object *member,
                             fid_value *value, fid_error *err)
{
    fid_text room = {0};
    fid_literal literal;
    fid_status status = fid__json_literal(member, param->name, &room, &literal, err);
    if (status == FID_OK)
        status = fid__param_value(param, &literal, value, err);
    /* Where null is no choice it says that there is no value. */
    if (status == FID_INVALID && literal.kind == FID_LITERAL_NULL) {
        *value = (fid_value){0};
        status = FID_OK;
    }
    fid_text_deinit(&room);
    return status;
}

/* config[p].active says that p was given. */
static fid_status read_members(const fid_space *space, json_object *root,
                               fid_value *config, fid_error *err)
{
    memset(config, 0, space->n_params * sizeof *config);
    json_object_object_foreach(root, name, member)
    {
        size_t p;
        if (!fid_space_find(space, name, &p))
            return unknown_param(space, name, err);
        FID_TRY(read_value(&space->params[p], member, &config[p], err));
    }
    return FID_OK;
}

static fid_value missing_value(const fid_space *space, const fid__param *param)
{
    if (param->kind == FID_PARAM_FIXED)
        return (fid_value){.active = true};
    if (param->has_default)
        return param->given;
    return fid__axis_value(&param->axis, space->dims[param->dim].default_u);
}

/* Active parameters that were not given get their value, inactive ones lose theirs. A
 * parameter comes behind all that its condition reads. */
static fid_status complete(const fid_space *space, bool strict, fid_value *config,
                           fid_error *err)
{
    fid__source source = {.space = space, .config = config};
    for (size_t i = 0; i < space->n_params; i++) {
        size_t p = space->order[i];
        const fid__param *param = &space->params[p];
        bool given = config[p].active, active = fid__param_active(&source, p);
        if (given && !active && strict)
            return fid_error_set(err, FID_INVALID,
                                 "%s: has a value, but its condition does not hold",
                                 param->name);
        if (!active)
            config[p] = (fid_value){0};
        else if (!given)
            config[p] = missing_value(space, param);
    }
    return FID_OK;
}

fid_status fid_space_config_from_json(const fid_space *space, const char *json,
                                      size_t n, bool strict, fid_value *config,
                                      fid_error *err)
{
    json_object *root = NULL;
    FID_TRY(fid__json_parse(json, n, &root, err));
    fid_status status = read_members(space, root, config, err);
    json_object_put(root);
    FID_TRY(status);
    FID_TRY(complete(space, strict, config, err));
    const fid__expr *broken =
        fid__broken(&(fid__source){.space = space, .config = config});
    if (broken)
        return fid_error_set(err, FID_INVALID, "the configuration breaks \"%.200s\"",
                             broken->text);
    return FID_OK;
}

/* --- One value, as a command line shows it. */

static void literal_to_text(const fid_literal *literal, fid_text *out)
{
    if (literal->kind == FID_LITERAL_STRING)
        fid_text_append(out, literal->text);
    else
        fid__literal_to_json(literal, out);
}

void fid_space_value_to_text(const fid_space *space, size_t param,
                             const fid_value *value, fid_text *out)
{
    if (!value->active)
        return;
    fid_literal literal = fid__param_literal(&space->params[param], value);
    literal_to_text(&literal, out);
}

/* What an unquoted text may mean: a number, a word of JSON or Python. */
static fid_literal guess(const char *text)
{
    size_t n = strlen(text);
    fid_literal literal = {.kind = FID_LITERAL_INT};
    if (fid_parse_int(text, n, &literal.i)) {
        literal.f = (double)literal.i;
        return literal;
    }
    if (fid_parse_double(text, n, &literal.f))
        return (fid_literal){.kind = FID_LITERAL_FLOAT, .f = literal.f};
    if (strcmp(text, "True") == 0 || strcmp(text, "False") == 0)
        return (fid_literal){.kind = FID_LITERAL_BOOL, .i = *text == 'T'};
    if (strcmp(text, "None") == 0)
        return (fid_literal){.kind = FID_LITERAL_NULL};
    return (fid_literal){.kind = FID_LITERAL_STRING, .text = text};
}

static bool choice_with_text(const fid__param *param, const char *text, size_t *choice)
{
    fid_text shown = {0};
    bool found = false;
    for (size_t c = 0; c < param->n_choices && !found; c++) {
        fid_text_clear(&shown);
        literal_to_text(&param->choices[c], &shown);
        found = shown.data && strcmp(shown.data, text) == 0;
        if (found)
            *choice = c;
    }
    fid_text_deinit(&shown);
    return found;
}

fid_status fid_space_value_from_text(const fid_space *space, size_t param,
                                     const char *text, fid_value *value, fid_error *err)
{
    const fid__param *p = &space->params[param];
    size_t choice;
    if (p->n_choices && choice_with_text(p, text, &choice)) {
        *value = (fid_value){.active = true, .choice = choice};
        return FID_OK;
    }
    fid_literal literal = guess(text);
    return fid__param_value(p, &literal, value, err);
}
