/* A sweep in words: what `check` prints for people. */
#include "cli/cli.h"

#include <json-c/json.h>
#include <string.h>

static const char *text_of(struct json_object *object, const char *key)
{
    struct json_object *value;
    if (!json_object_object_get_ex(object, key, &value) || !value)
        return "";
    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Members of an array with `separator` in between. */
static void print_list(struct json_object *array, const char *separator)
{
    size_t n = json_object_is_type(array, json_type_array)
                   ? json_object_array_length(array)
                   : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(array, i);
        printf(
            "%s%s", i ? separator : "",
            json_object_is_type(item, json_type_string)
                ? json_object_get_string(item)
                : json_object_to_json_string_ext(item, JSON_C_TO_STRING_NOSLASHESCAPE));
    }
}

static void print_parameter(struct json_object *p, int width)
{
    struct json_object *values;
    static const char *const shown[] = {"name", "type", "min", "max", "values", "when"};
    printf("  %-*s  %-11s ", width, text_of(p, "name"), text_of(p, "type"));
    if (json_object_object_get_ex(p, "values", &values))
        print_list(values, " | ");
    else if (*text_of(p, "min"))
        printf("%s .. %s", text_of(p, "min"), text_of(p, "max"));
    json_object_object_foreach(p, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
            known = known || strcmp(key, shown[i]) == 0;
        if (!known && value)
            printf(", %s %s", key, text_of(p, key));
    }
    if (json_object_object_get_ex(p, "when", &values)) {
        printf("  when ");
        print_list(values, " and ");
    }
    putchar('\n');
}

static void print_parameters(struct json_object *list)
{
    int width = 0;
    size_t n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++) {
        int w = (int)strlen(text_of(json_object_array_get_idx(list, i), "name"));
        width = w > width ? w : width;
    }
    puts("parameters");
    for (size_t i = 0; i < n; i++)
        print_parameter(json_object_array_get_idx(list, i), width);
}

static void print_metrics(const fid_outline *outline)
{
    for (size_t m = 0; m < outline->n_metrics; m++) {
        const fid_metric *metric = &outline->metrics[m];
        printf("%-11s %s\n",
               m >= outline->n_objectives          ? "watch"
               : metric->goal == FID_GOAL_MAXIMIZE ? "maximize"
                                                   : "minimize",
               metric->name);
    }
}

static void print_budget(const fid_sweep *sweep)
{
    const fid_sweep_budget *budget = &sweep->budget;
    printf("budget      ");
    if (budget->trials)
        printf("%zu trials, ", budget->trials);
    if (budget->seconds > 0)
        printf("%g s, ", budget->seconds);
    if (budget->cost > 0)
        printf("%g %s, ", budget->cost, sweep->outline.fidelity.name);
    if (!budget->trials && !(budget->seconds > 0) && !(budget->cost > 0))
        printf("none (runs until it is stopped), ");
    printf("%zu at a time\n", sweep->resources.parallel);
}

/* And what `auto` is here. */
static void print_method(const fid_sweep *sweep)
{
    const fid_sampler_type *chosen =
        fid_sampler_chosen(sweep->sampler, sweep->space, &sweep->outline);
    printf("method      %s", sweep->method);
    if (chosen != sweep->sampler)
        printf(": %s, %s", chosen->name, chosen->summary);
    putchar('\n');
}

static void print_fidelity(const fid_sweep *sweep, struct json_object *tree)
{
    struct json_object *fidelity, *rungs;
    if (sweep->outline.fidelity.mode == FID_MODE_NONE ||
        !json_object_object_get_ex(tree, "fidelity", &fidelity))
        return;
    printf("fidelity    %s ", sweep->outline.fidelity.name);
    if (json_object_object_get_ex(fidelity, "rungs", &rungs))
        print_list(rungs, " ");
    printf(", mode %s, scheduler %s\n", text_of(fidelity, "mode"),
           text_of(tree, "scheduler"));
}

void cli_describe(const cli_place *place, const char *json)
{
    const fid_sweep *sweep = place->sweep;
    struct json_object *tree = json_tokener_parse(json), *space, *list;
    printf("study       %s, kept in %s\n", sweep->name, place->folder);
    print_metrics(&sweep->outline);
    print_method(sweep);
    print_budget(sweep);
    print_fidelity(sweep, tree);
    if (json_object_object_get_ex(tree, "space", &space)) {
        if (json_object_object_get_ex(space, "parameters", &list))
            print_parameters(list);
        if (json_object_object_get_ex(space, "constraints", &list) &&
            json_object_array_length(list)) {
            printf("constraints ");
            print_list(list, "\n            ");
            putchar('\n');
        }
    }
    json_object_put(tree);
}
