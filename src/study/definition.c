/* The text of a STUDY event: written, read, compared. */
#include "study/study.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const goal_names[] = {"minimize", "maximize", "at_most", "at_least",
                                         "none"};
static const char *const mode_names[] = {"none", "resume", "restart", "stop"};

static void append_string(fid_text *out, const char *key, const char *value)
{
    fid_text_printf(out, "\"%s\":", key);
    fid_text_append_json(out, value, strlen(value));
}

static void append_number(fid_text *out, const char *key, double value)
{
    fid_text_printf(out, "\"%s\":", key);
    fid_text_append_double(out, value);
}

static void write_metric(const fid_metric *metric, fid_text *out)
{
    fid_text_append(out, "{");
    append_string(out, "name", metric->name);
    fid_text_append(out, ",");
    append_string(out, "goal", goal_names[metric->goal]);
    if (metric->goal == FID_GOAL_AT_MOST || metric->goal == FID_GOAL_AT_LEAST) {
        fid_text_append(out, ",");
        append_number(out, "bound", metric->bound);
    }
    if (metric->has_target) {
        fid_text_append(out, ",");
        append_number(out, "target", metric->target);
    }
    if (metric->has_reference) {
        fid_text_append(out, ",");
        append_number(out, "reference", metric->reference);
    }
    fid_text_append(out, "}");
}

static void write_outline(const fid_outline *outline, fid_text *out)
{
    const fid_fidelity *fidelity = &outline->fidelity;
    fid_text_append(out, "{\"metrics\":[");
    for (size_t m = 0; m < outline->n_metrics; m++) {
        if (m)
            fid_text_append(out, ",");
        write_metric(&outline->metrics[m], out);
    }
    fid_text_printf(out, "],\"n_objectives\":%zu,\"fidelity\":{",
                    outline->n_objectives);
    append_string(out, "mode", mode_names[fidelity->mode]);
    fid_text_append(out, ",");
    append_string(out, "name", fidelity->name);
    fid_text_append(out, ",");
    append_number(out, "min", fidelity->min);
    fid_text_append(out, ",");
    append_number(out, "max", fidelity->max);
    fid_text_append(out, ",");
    append_number(out, "eta", fidelity->eta);
    fid_text_printf(out, ",\"integer\":%s}}", fidelity->integer ? "true" : "false");
}

fid_status fid__definition_write(const fid_study_settings *settings,
                                 const fid_space *space, fid_text *out)
{
    fid_text_append(out, "{\"version\":1,");
    append_string(out, "name", settings->name ? settings->name : "study");
    fid_text_append(out, ",\"space\":");
    fid_space_to_json(space, out);
    fid_text_append(out, ",\"outline\":");
    write_outline(&settings->outline, out);
    fid_text_append(out, ",");
    append_string(out, "sampler", settings->sampler->name);
    fid_text_append(out, ",");
    append_string(out, "scheduler", settings->scheduler->name);
    fid_text_printf(out, ",\"seed\":%llu,\"definition\":%s}",
                    (unsigned long long)settings->seed,
                    settings->definition ? settings->definition : "{}");
    return out->failed ? FID_NOMEM : FID_OK;
}

/* --- reading */

static size_t index_of(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (name && strcmp(names[i], name) == 0)
            return i;
    return n;
}

static const char *string_at(json_object *object, const char *key)
{
    json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

static bool number_at(json_object *object, const char *key, double *out)
{
    json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value) ||
        !(json_object_is_type(value, json_type_double) ||
          json_object_is_type(value, json_type_int)))
        return false;
    *out = json_object_get_double(value);
    return true;
}

static bool copy_name(char out[129], const char *name)
{
    if (!name || strlen(name) > 128)
        return false;
    memcpy(out, name, strlen(name) + 1);
    return true;
}

static bool read_metric(json_object *object, fid_metric *out)
{
    size_t goal = index_of(goal_names, 5, string_at(object, "goal"));
    if (goal == 5 || !copy_name(out->name, string_at(object, "name")))
        return false;
    out->goal = (fid_goal)goal;
    (void)number_at(object, "bound", &out->bound);
    out->has_target = number_at(object, "target", &out->target);
    out->has_reference = number_at(object, "reference", &out->reference);
    return true;
}

static bool read_fidelity(json_object *object, fid_fidelity *out)
{
    size_t mode = index_of(mode_names, 4, string_at(object, "mode"));
    json_object *integer = NULL;
    if (mode == 4 || !copy_name(out->name, string_at(object, "name")))
        return false;
    out->mode = (fid_fidelity_mode)mode;
    out->integer = json_object_object_get_ex(object, "integer", &integer) &&
                   json_object_get_boolean(integer);
    return number_at(object, "min", &out->min) && number_at(object, "max", &out->max) &&
           number_at(object, "eta", &out->eta);
}

static bool read_outline(json_object *object, fid_outline *out)
{
    json_object *metrics = NULL, *fidelity = NULL;
    double n_objectives = 0;
    if (!json_object_object_get_ex(object, "metrics", &metrics) ||
        !json_object_is_type(metrics, json_type_array) ||
        !json_object_object_get_ex(object, "fidelity", &fidelity) ||
        !number_at(object, "n_objectives", &n_objectives))
        return false;
    size_t n = json_object_array_length(metrics);
    if (n < 1 || n > FID_MAX_METRICS || n_objectives < 1 || n_objectives > (double)n)
        return false;
    out->n_metrics = n;
    out->n_objectives = (size_t)n_objectives;
    for (size_t m = 0; m < n; m++)
        if (!read_metric(json_object_array_get_idx(metrics, m), &out->metrics[m]))
            return false;
    return read_fidelity(fidelity, &out->fidelity);
}

static fid_status read_all(json_object *root, fid__definition *out, fid_error *err)
{
    json_object *space = NULL, *outline = NULL, *seed = NULL;
    if (!json_object_object_get_ex(root, "space", &space) ||
        !json_object_object_get_ex(root, "outline", &outline) ||
        !read_outline(outline, &out->outline))
        return fid_error_set(err, FID_CORRUPT, "the study's definition is damaged");
    if (json_object_object_get_ex(root, "seed", &seed))
        out->seed = json_object_get_uint64(seed);
    const char *name = string_at(root, "name");
    out->name = fid_strdup(name ? name : "study");
    out->sampler = fid_strdup(string_at(root, "sampler"));
    out->scheduler = fid_strdup(string_at(root, "scheduler"));
    if (!out->name)
        return FID_NOMEM;
    const char *text = json_object_to_json_string_ext(space, JSON_C_TO_STRING_PLAIN);
    return fid_space_from_json(&out->space, text, strlen(text), err);
}

fid_status fid__definition_read(const char *text, fid__definition *out, fid_error *err)
{
    *out = (fid__definition){0};
    json_object *root = json_tokener_parse(text);
    if (!root)
        return fid_error_set(err, FID_CORRUPT, "the study's definition is not JSON");
    fid_status status = read_all(root, out, err);
    json_object_put(root);
    if (status != FID_OK)
        fid__definition_deinit(out);
    return status;
}

void fid__definition_deinit(fid__definition *definition)
{
    fid_space_destroy(definition->space);
    free(definition->name);
    free(definition->sampler);
    free(definition->scheduler);
    *definition = (fid__definition){0};
}

/* --- difference */

static void diff_numbers(const char *what, double before, double after, fid_text *out)
{
    if (before == after)
        return;
    fid_text_printf(out, "%s: ", what);
    fid_text_append_double(out, before);
    fid_text_append(out, " -> ");
    fid_text_append_double(out, after);
    fid_text_append(out, "\n");
}

static void diff_words(const char *what, const char *before, const char *after,
                       fid_text *out)
{
    if (strcmp(before, after) != 0)
        fid_text_printf(out, "%s: %s -> %s\n", what, before, after);
}

void fid__outline_diff(const fid_outline *before, const fid_outline *after,
                       fid_text *out)
{
    diff_numbers("number of metrics", (double)before->n_metrics,
                 (double)after->n_metrics, out);
    size_t n = before->n_metrics < after->n_metrics ? before->n_metrics
                                                    : after->n_metrics;
    for (size_t m = 0; m < n; m++) {
        diff_words("metric", before->metrics[m].name, after->metrics[m].name, out);
        diff_words("goal", goal_names[before->metrics[m].goal],
                   goal_names[after->metrics[m].goal], out);
        diff_numbers("bound", before->metrics[m].bound, after->metrics[m].bound, out);
    }
    diff_words("fidelity mode", mode_names[before->fidelity.mode],
               mode_names[after->fidelity.mode], out);
    diff_numbers("fidelity min", before->fidelity.min, after->fidelity.min, out);
    diff_numbers("fidelity max", before->fidelity.max, after->fidelity.max, out);
    diff_numbers("fidelity eta", before->fidelity.eta, after->fidelity.eta, out);
}
