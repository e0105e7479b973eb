/* The peers' protocol on our side, kurobako's on the other. Conditions are not passed on:
 * the solver sees every parameter, and what is inactive is dropped. */
#include "kurobako.h"

#include "solver.h"
#include "util/child.h"
#include "util/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *command;
    double timeout;
    bench_child *child;
    json_object *request; /* the create message: owns `parameters` */
    json_object *parameters;
    bool maximize;
    double last_step;
    uint64_t next_id;
    double cpu_start;
    fid_text line;
} bridge;

/* --- Talking to the solver. */

static fid_status send_line(bridge *b, fid_error *err)
{
    return b->line.failed ? FID_NOMEM : bench_child_send(b->child, b->line.data, err);
}

/* The next message, which must be of this type; the caller puts it. */
static fid_status receive(bridge *b, const char *type, json_object **out, fid_error *err)
{
    const char *line;
    FID_TRY(bench_child_receive(b->child, b->timeout, &line, err));
    *out = json_tokener_parse(line);
    if (json_object_is_type(*out, json_type_object) &&
        strcmp(bench_json_text(*out, "type", ""), type) == 0)
        return FID_OK;
    fid_error_set(err, FID_PARSE, "need %s, the solver answered: %.300s", type, line);
    json_object_put(*out);
    *out = NULL;
    return FID_PARSE;
}

/* --- The problem in its words. */

static bool is_fixed(json_object *parameter)
{
    return strcmp(bench_json_text(parameter, "type", ""), "fixed") == 0;
}

/* Returns the capability that it needs. */
static const char *write_variable(json_object *p, fid_text *out)
{
    const char *name = bench_json_text(p, "name", "?"), *type = bench_json_text(p, "type", "");
    bool is_log = strcmp(bench_json_text(p, "scale", ""), "log") == 0;
    bool is_float = strcmp(type, "float") == 0, is_int = strcmp(type, "int") == 0;
    fid_text_append(out, "{\"name\": ");
    fid_text_append_json(out, name, strlen(name));
    fid_text_append(out, ", \"range\": ");
    if (is_float || is_int) {
        fid_text_printf(out, "{\"type\": \"%s\", \"low\": ",
                        is_float ? "CONTINUOUS" : "DISCRETE");
        fid_text_append_double(out, bench_json_number(p, "min", 0.0));
        fid_text_append(out, ", \"high\": ");
        fid_text_append_double(out, bench_json_number(p, "max", 1.0) + (is_int ? 1.0 : 0.0));
        fid_text_append(out, "}");
    } else {
        json_object *values = bench_json_member(p, "values");
        size_t n = values ? json_object_array_length(values) : 0;
        fid_text_append(out, "{\"type\": \"CATEGORICAL\", \"choices\": [");
        for (size_t i = 0; i < n; i++) {
            const char *word =
                json_object_get_string(json_object_array_get_idx(values, i));
            fid_text_append(out, i ? ", " : "");
            fid_text_append_json(out, word, strlen(word));
        }
        fid_text_append(out, "]}");
    }
    fid_text_printf(out, ", \"distribution\": \"%s\", \"constraint\": null}",
                    is_log ? "LOG_UNIFORM" : "UNIFORM");
    return !is_float && !is_int ? "CATEGORICAL"
           : is_float           ? is_log ? "LOG_UNIFORM_CONTINUOUS" : "UNIFORM_CONTINUOUS"
                                : is_log ? "LOG_UNIFORM_DISCRETE" : "UNIFORM_DISCRETE";
}

static bool has_word(json_object *list, const char *word)
{
    size_t n = list ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), word) == 0)
            return true;
    return false;
}

static fid_status write_problem(bridge *b, json_object *capabilities, fid_error *err)
{
    fid_text *out = &b->line;
    size_t n = b->parameters ? json_object_array_length(b->parameters) : 0, written = 0;
    fid_text_clear(out);
    fid_text_printf(
        out,
        "{\"type\": \"CREATE_SOLVER_CAST\", \"solver_id\": 0, \"random_seed\": %lld, "
        "\"problem\": {\"name\": \"fidelio-bench\", \"attrs\": {}, \"params_domain\": [",
        (long long)json_object_get_int64(bench_json_member(b->request, "seed")));
    for (size_t i = 0; i < n; i++) {
        json_object *p = json_object_array_get_idx(b->parameters, i);
        if (is_fixed(p))
            continue;
        fid_text_append(out, written++ ? ", " : "");
        const char *needs = write_variable(p, out);
        if (!has_word(capabilities, needs))
            return fid_error_set(err, FID_UNSUPPORTED, "the solver has no %s for %s", needs,
                                 bench_json_text(p, "name", "?"));
    }
    fid_text_printf(out,
                    "], \"values_domain\": [{\"name\": \"value\", \"range\": {\"type\": "
                    "\"CONTINUOUS\"}, \"distribution\": \"UNIFORM\", \"constraint\": "
                    "null}], \"steps\": %.0f}}",
                    b->last_step);
    return FID_OK;
}

static fid_status create(bridge *b, json_object *request, fid_text *out, fid_error *err)
{
    char start[4096];
    char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, start, NULL};
    json_object *greeting, *fidelity = bench_json_member(request, "fidelity");
    json_object *initial = bench_json_member(request, "initial");
    if (b->child)
        return fid_error_set(err, FID_STATE, "there was a create already");
    if (initial && json_object_array_length(initial))
        return fid_error_set(err, FID_UNSUPPORTED,
                             "a kurobako solver cannot begin with a given design");
    snprintf(start, sizeof start, "exec %s", b->command);
    b->request = json_object_get(request);
    b->parameters = bench_json_member(bench_json_member(request, "space"), "parameters");
    b->maximize = strcmp(bench_json_text(request, "goal", "minimize"), "maximize") == 0;
    b->last_step = fidelity ? floor(bench_json_number(fidelity, "max", 1.0)) : 1.0;
    if (b->last_step < 1.0)
        return fid_error_set(err, FID_UNSUPPORTED, "kurobako's steps are whole numbers");
    FID_TRY(bench_child_start(&b->child, argv, NULL, err));
    FID_TRY(receive(b, "SOLVER_SPEC_CAST", &greeting, err));
    fid_status status =
        write_problem(b, bench_json_member(bench_json_member(greeting, "spec"), "capabilities"), err);
    json_object_put(greeting);
    FID_TRY(status);
    FID_TRY(send_line(b, err));
    b->cpu_start = bench_child_cpu(b->child);
    fid_text_append(out, "{\"ok\": true}");
    return FID_OK;
}

/* --- Asking and telling. */

static void write_value(json_object *p, json_object *param, fid_text *out)
{
    const char *type = bench_json_text(p, "type", "");
    double value = json_object_get_double(param);
    json_object *values = bench_json_member(p, "values");
    if (strcmp(type, "float") == 0)
        fid_text_append_double(out, value);
    else if (strcmp(type, "int") == 0)
        fid_text_printf(out, "%.0f", value);
    else
        fid_text_append(out, json_object_to_json_string(
                                 json_object_array_get_idx(values, (size_t)value)));
}

static void write_config(bridge *b, json_object *params, fid_text *out)
{
    size_t n = json_object_array_length(b->parameters), next = 0;
    fid_text_append(out, "{");
    for (size_t i = 0, written = 0; i < n; i++) {
        json_object *p = json_object_array_get_idx(b->parameters, i), *param;
        if (is_fixed(p))
            continue;
        param = json_object_array_get_idx(params, next++);
        if (!param)
            continue;
        const char *name = bench_json_text(p, "name", "?");
        fid_text_append(out, written++ ? ", " : "");
        fid_text_append_json(out, name, strlen(name));
        fid_text_append(out, ": ");
        write_value(p, param, out);
    }
    fid_text_append(out, "}");
}

/* A trial that goes on; a pruned one (without a next step) is passed over. */
static fid_status ask(bridge *b, fid_text *out, fid_error *err)
{
    enum { PRUNED_IN_A_ROW = 100000 };
    for (int i = 0; i < PRUNED_IN_A_ROW; i++) {
        json_object *reply;
        fid_text_clear(&b->line);
        fid_text_printf(&b->line,
                        "{\"type\": \"ASK_CALL\", \"solver_id\": 0, \"next_trial_id\": %llu}",
                        (unsigned long long)b->next_id);
        FID_TRY(send_line(b, err));
        FID_TRY(receive(b, "ASK_REPLY", &reply, err));
        b->next_id = json_object_get_uint64(bench_json_member(reply, "next_trial_id"));
        json_object *trial = bench_json_member(reply, "trial");
        json_object *params = bench_json_member(trial, "params");
        double step = bench_json_number(trial, "next_step", 0.0);
        bool usable = step > 0.0 && json_object_is_type(params, json_type_array);
        if (usable) {
            fid_text_printf(out, "{\"id\": %llu, \"budget\": %.0f, \"config\": ",
                            (unsigned long long)json_object_get_uint64(
                                bench_json_member(trial, "id")),
                            step);
            write_config(b, params, out);
            fid_text_printf(out, ", \"cpu\": %.6f}", bench_child_cpu(b->child) - b->cpu_start);
        }
        json_object_put(reply);
        if (usable)
            return FID_OK;
    }
    return fid_error_set(err, FID_STATE, "the solver prunes and prunes");
}

static fid_status tell(bridge *b, json_object *request, fid_text *out, fid_error *err)
{
    json_object *reply;
    double value = bench_json_number(request, "value", (double)NAN);
    bool done = strcmp(bench_json_text(request, "status", "done"), "done") == 0;
    fid_text_clear(&b->line);
    fid_text_printf(&b->line,
                    "{\"type\": \"TELL_CALL\", \"solver_id\": 0, \"trial\": {\"id\": %llu, "
                    "\"values\": [",
                    (unsigned long long)json_object_get_uint64(bench_json_member(request, "id")));
    if (done && isfinite(value))
        fid_text_append_double(&b->line, b->maximize ? -value : value);
    fid_text_printf(&b->line, "], \"current_step\": %.0f}}",
                    bench_json_number(request, "step", b->last_step));
    FID_TRY(send_line(b, err));
    FID_TRY(receive(b, "TELL_REPLY", &reply, err));
    json_object_put(reply);
    fid_text_append(out, "{\"ok\": true}");
    return FID_OK;
}

static fid_status carry_out(bridge *b, json_object *request, fid_text *out, fid_error *err)
{
    const char *op = bench_json_text(request, "op", "");
    if (strcmp(op, "create") == 0)
        return create(b, request, out, err);
    if (!b->child)
        return fid_error_set(err, FID_STATE, "the first message must be a create");
    if (strcmp(op, "ask") == 0)
        return ask(b, out, err);
    if (strcmp(op, "tell") == 0)
        return tell(b, request, out, err);
    if (strcmp(op, "report") == 0) /* it has no word in between */
        fid_text_append(out, "{\"decision\": \"continue\"}");
    else if (strcmp(op, "move") == 0) /* what it is told is the nearest row's value */
        fid_text_append(out, "{\"ok\": true}");
    else
        return fid_error_set(err, FID_UNSUPPORTED, "op %s", op);
    return FID_OK;
}

static bool answer(void *ctx, const char *line, fid_text *out)
{
    fid_error err = {0};
    json_object *request = json_tokener_parse(line);
    fid_status status =
        json_object_is_type(request, json_type_object)
            ? carry_out(ctx, request, out, &err)
            : fid_error_set(&err, FID_PARSE, "not a JSON object: %.200s", line);
    if (status)
        bench_serve_error(status, &err, out);
    json_object_put(request);
    return true;
}

int bench_kurobako_bridge(const char *command, double timeout)
{
    bridge b = {.command = command, .timeout = timeout};
    int code = bench_serve(answer, &b);
    bench_child_stop(b.child);
    json_object_put(b.request);
    fid_text_deinit(&b.line);
    return code;
}
