/* Members of a JSON object, with what stands in their place when they are missing. */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <json-c/json.h>

static inline const char *bench_json_text(json_object *object, const char *key,
                                          const char *otherwise)
{
    json_object *member;
    return json_object_object_get_ex(object, key, &member) && member
               ? json_object_get_string(member)
               : otherwise;
}

/* A number; `otherwise` also for null, which stands for NaN here. */
static inline double bench_json_number(json_object *object, const char *key,
                                       double otherwise)
{
    json_object *member;
    return json_object_object_get_ex(object, key, &member) && member
               ? json_object_get_double(member)
               : otherwise;
}

/* NULL when it is missing or null. */
static inline json_object *bench_json_member(json_object *object, const char *key)
{
    json_object *member = NULL;
    json_object_object_get_ex(object, key, &member);
    return member;
}

#endif
