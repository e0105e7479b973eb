#include "space/json.h"

#include "space/model.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 32 };

static fid_status malformed(const char *json, size_t at, const char *words,
                            fid_error *err)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        column = json[i] == '\n' ? 1 : column + 1;
        line += json[i] == '\n';
    }
    return fid_error_at(err, FID_PARSE, NULL, line, column, "malformed JSON: %s",
                        words);
}

static fid_status parse(json_tokener *tokener, const char *json, size_t n,
                        json_object **out, fid_error *err)
{
    *out = json_tokener_parse_ex(tokener, json, (int)n);
    enum json_tokener_error code = json_tokener_get_error(tokener);
    size_t at = json_tokener_get_parse_end(tokener);
    if (code == json_tokener_continue)
        return malformed(json, n, "it ends too early", err);
    if (code != json_tokener_success)
        return malformed(json, at, json_tokener_error_desc(code), err);
    while (at < n && strchr(" \t\r\n", json[at])) /* which finds the terminator too */
        at++;
    return at < n ? malformed(json, at, "something follows the value", err) : FID_OK;
}

static fid_status parse_any(const char *json, size_t n, json_object **out,
                            fid_error *err)
{
    *out = NULL;
    if (n >= INT_MAX)
        return fid_error_set(err, FID_LIMIT, "JSON of more than 2 GB");
    json_tokener *tokener = json_tokener_new_ex(DEPTH);
    if (!tokener)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
                                        JSON_TOKENER_ALLOW_TRAILING_CHARS);
    fid_status status = parse(tokener, json, n, out, err);
    json_tokener_free(tokener);
    return status;
}

fid_status fid__json_parse(const char *json, size_t n, json_object **out,
                           fid_error *err)
{
    fid_status status = parse_any(json, n, out, err);
    if (status == FID_OK && !json_object_is_type(*out, json_type_object))
        status = malformed(json, 0, "an object { } is needed", err);
    if (status != FID_OK) {
        json_object_put(*out);
        *out = NULL;
    }
    return status;
}

fid_status fid__json_tidy(const char *text, fid_literal *to)
{
    json_object *value = NULL;
    fid_text room = {0};
    fid_literal literal;
    /* json-c ends a number at the byte behind it: the terminator is part of the text. */
    fid_status status = parse_any(text, strlen(text) + 1, &value, NULL);
    if (status == FID_OK)
        status = fid__json_literal(value, "", &room, &literal, NULL);
    if (status == FID_OK && literal.text) {
        literal.text = fid_strdup(literal.text);
        status = literal.text ? FID_OK : FID_NOMEM;
    }
    if (status == FID_OK)
        *to = literal;
    json_object_put(value);
    fid_text_deinit(&room);
    return status == FID_PARSE ? FID_INVALID : status;
}

/* json-c keeps integers beyond 64 bits as the nearest it can hold. */
static void number_literal(json_object *value, fid_literal *out)
{
    if (json_object_is_type(value, json_type_double)) {
        *out = (fid_literal){.kind = FID_LITERAL_FLOAT,
                             .f = json_object_get_double(value)};
        return;
    }
    int64_t i = json_object_get_int64(value);
    uint64_t big = json_object_get_uint64(value);
    if (i == INT64_MAX && big > INT64_MAX)
        *out = (fid_literal){.kind = FID_LITERAL_FLOAT, .f = (double)big};
    else
        *out = (fid_literal){.kind = FID_LITERAL_INT, .i = i, .f = (double)i};
}

static void canonical_object(json_object *value, fid_text *out)
{
    const char *comma = "";
    fid_text_append(out, "{");
    json_object_object_foreach(value, key, member)
    {
        fid_text_append(out, comma);
        fid_text_append_json(out, key, strlen(key));
        fid_text_append(out, ":");
        fid__json_canonical(member, out);
        comma = ",";
    }
    fid_text_append(out, "}");
}

void fid__json_canonical(json_object *value, fid_text *out)
{
    fid_literal literal = {.kind = FID_LITERAL_NULL};
    switch (json_object_get_type(value)) {
    case json_type_boolean:
        literal = (fid_literal){.kind = FID_LITERAL_BOOL,
                                .i = json_object_get_boolean(value)};
        break;
    case json_type_int:
    case json_type_double:
        number_literal(value, &literal);
        break;
    case json_type_string:
        fid_text_append_json(out, json_object_get_string(value),
                             (size_t)json_object_get_string_len(value));
        return;
    case json_type_object:
        canonical_object(value, out);
        return;
    case json_type_array:
        fid_text_append(out, "[");
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            fid_text_append(out, i ? "," : "");
            fid__json_canonical(json_object_array_get_idx(value, i), out);
        }
        fid_text_append(out, "]");
        return;
    case json_type_null:
        break;
    }
    fid__literal_to_json(&literal, out);
}

fid_status fid__json_literal(json_object *value, const char *what, fid_text *room,
                             fid_literal *out, fid_error *err)
{
    *out = (fid_literal){.kind = FID_LITERAL_NULL};
    switch (json_object_get_type(value)) {
    case json_type_null:
        break;
    case json_type_boolean:
        *out = (fid_literal){.kind = FID_LITERAL_BOOL,
                             .i = json_object_get_boolean(value)};
        break;
    case json_type_int:
    case json_type_double:
        number_literal(value, out);
        break;
    case json_type_string:
        out->kind = FID_LITERAL_STRING;
        out->text = json_object_get_string(value);
        if (strlen(out->text) != (size_t)json_object_get_string_len(value))
            return fid_error_set(err, FID_INVALID, "%s: a text with a zero byte", what);
        break;
    default:
        fid_text_clear(room);
        fid__json_canonical(value, room);
        out->kind = FID_LITERAL_JSON;
        out->text = room->data;
        if (room->failed)
            return fid_error_set(err, FID_NOMEM, "%s: out of memory", what);
        break;
    }
    return FID_OK;
}

/* --- Members. */

json_object *fid__json_member(json_object *object, const char *key)
{
    json_object *value = NULL;
    (void)json_object_object_get_ex(object, key, &value);
    return value;
}

static fid_status need(const char *what, const char *key, const json_object *value,
                       const char *type, fid_error *err)
{
    return fid_error_set(err, FID_INVALID,
                         value ? "%s: %s must be %s" : "%s: %s is missing", what, key,
                         type);
}

fid_status fid__json_string(json_object *object, const char *what, const char *key,
                            const char **out, fid_error *err)
{
    json_object *value = fid__json_member(object, key);
    if (!json_object_is_type(value, json_type_string) ||
        strlen(json_object_get_string(value)) !=
            (size_t)json_object_get_string_len(value))
        return need(what, key, value, "a text", err);
    *out = json_object_get_string(value);
    return FID_OK;
}

fid_status fid__json_number(json_object *object, const char *what, const char *key,
                            double *out, fid_error *err)
{
    json_object *value = fid__json_member(object, key);
    if (!json_object_is_type(value, json_type_double) &&
        !json_object_is_type(value, json_type_int))
        return need(what, key, value, "a number", err);
    fid_literal literal;
    number_literal(value, &literal);
    *out = literal.f;
    return FID_OK;
}

fid_status fid__json_whole(json_object *object, const char *what, const char *key,
                           int64_t *out, fid_error *err)
{
    json_object *value = fid__json_member(object, key);
    fid_literal literal = {.kind = FID_LITERAL_NULL};
    if (json_object_is_type(value, json_type_double) ||
        json_object_is_type(value, json_type_int))
        number_literal(value, &literal);
    if (!fid__literal_whole(&literal, out))
        return need(what, key, value, "a 64-bit integer", err);
    return FID_OK;
}

fid_status fid__json_array(json_object *object, const char *what, const char *key,
                           json_object **out, fid_error *err)
{
    *out = fid__json_member(object, key);
    if (!json_object_is_type(*out, json_type_array))
        return need(what, key, *out, "a list", err);
    return FID_OK;
}

fid_status fid__json_bool(json_object *object, const char *what, const char *key,
                          bool *out, fid_error *err)
{
    json_object *value = fid__json_member(object, key);
    *out = false;
    if (!value)
        return FID_OK;
    if (!json_object_is_type(value, json_type_boolean))
        return need(what, key, value, "true or false", err);
    *out = json_object_get_boolean(value);
    return FID_OK;
}

fid_status fid__json_known(json_object *object, const char *what,
                           const char *const *known, fid_error *err)
{
    json_object_object_foreach(object, key, value)
    {
        (void)value;
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return fid_error_set(err, FID_INVALID, "%s: unknown member '%.60s'", what,
                                 key);
    }
    return FID_OK;
}

/* --- Lists. */

void fid__json_literals_free(fid_literal *literals, size_t n)
{
    for (size_t i = 0; literals && i < n; i++)
        fid__literal_deinit(&literals[i]);
    free(literals);
}

fid_status fid__json_literals(json_object *array, const char *what, fid_literal **out,
                              size_t *n, fid_error *err)
{
    size_t length = json_object_array_length(array);
    fid_text room = {0};
    fid_status status = FID_OK;
    *n = 0;
    *out = fid_alloc(length, sizeof **out);
    if (!*out)
        status = fid_error_set(err, FID_NOMEM, "%s: out of memory", what);
    for (size_t i = 0; status == FID_OK && i < length; i++) {
        fid_literal literal;
        status = fid__json_literal(json_object_array_get_idx(array, i), what, &room,
                                   &literal, err);
        if (status == FID_OK)
            status = fid__literal_copy(&literal, &(*out)[i]);
        *n += status == FID_OK;
    }
    fid_text_deinit(&room);
    if (status != FID_OK) {
        fid__json_literals_free(*out, *n);
        *out = NULL;
        *n = 0;
    }
    return status;
}

fid_status fid__json_weights(fid_space *space, json_object *item, const char *name,
                             const char *key, fid_error *err)
{
    json_object *array;
    FID_TRY(fid__json_array(item, name, key, &array, err));
    size_t n = json_object_array_length(array);
    double *weights = fid_alloc(n, sizeof *weights);
    if (!weights)
        return fid_error_set(err, FID_NOMEM, "%s: out of memory", name);
    fid_status status = FID_OK;
    for (size_t i = 0; i < n && status == FID_OK; i++) {
        json_object *value = json_object_array_get_idx(array, i);
        if (json_object_is_type(value, json_type_double) ||
            json_object_is_type(value, json_type_int))
            weights[i] = json_object_get_double(value);
        else
            status =
                fid_error_set(err, FID_INVALID, "%s: %s must hold numbers", name, key);
    }
    if (status == FID_OK)
        status = fid_space_set_prior_weights(space, name, weights, n, err);
    free(weights);
    return status;
}
