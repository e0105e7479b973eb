/* Reading JSON by json-c: strict, of bounded depth, with places in errors. */
#ifndef SPACE_JSON_H
#define SPACE_JSON_H

#include <fidelio/base.h>
#include <fidelio/space.h>

#include <json-c/json.h>

/* The whole of json[0..n) as one object { }; release with json_object_put. FID_PARSE
 * with line and column. */
fid_status fid__json_parse(const char *json, size_t n, json_object **out,
                           fid_error *err);

/* A typed constant. Text is borrowed from `value`, for a list or mapping from `room`,
 * which is overwritten. `what` begins the words of an error. */
fid_status fid__json_literal(json_object *value, const char *what, fid_text *room,
                             fid_literal *out, fid_error *err);
/* Without spaces, members in their order, numbers as fid__literal_to_json writes them. */
void fid__json_canonical(json_object *value, fid_text *out);

/* Members of an object, with words when they are missing or of another type. */
fid_status fid__json_string(json_object *object, const char *what, const char *key,
                            const char **out, fid_error *err);
fid_status fid__json_number(json_object *object, const char *what, const char *key,
                            double *out, fid_error *err);
fid_status fid__json_whole(json_object *object, const char *what, const char *key,
                           int64_t *out, fid_error *err);
fid_status fid__json_array(json_object *object, const char *what, const char *key,
                           json_object **out, fid_error *err);
/* NULL when it is absent or null. */
json_object *fid__json_member(json_object *object, const char *key);
/* Absent and null count as false. */
fid_status fid__json_bool(json_object *object, const char *what, const char *key,
                          bool *out, fid_error *err);
/* An error that names the first member which is none of `known` (NULL-terminated). */
fid_status fid__json_known(json_object *object, const char *what,
                           const char *const *known, fid_error *err);

/* A list of constants, and their release. */
fid_status fid__json_literals(json_object *array, const char *what, fid_literal **out,
                              size_t *n, fid_error *err);
void fid__json_literals_free(fid_literal *literals, size_t n);
/* Member `key`, a list of numbers, becomes the prior of parameter `name`. */
fid_status fid__json_weights(fid_space *space, json_object *item, const char *name,
                             const char *key, fid_error *err);

/* define.c: parse, create, fill (which freezes). */
fid_status fid__space_from(fid_space **out, const char *json, size_t n,
                           fid_status (*fill)(fid_space *, json_object *, fid_error *),
                           fid_error *err);

#endif
