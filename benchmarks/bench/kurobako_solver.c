#include "kurobako.h"

#include "solver.h"
#include "util/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 128 };

/* Kurobako counts trials over all solvers; a study counts its own. */
typedef struct {
    uint64_t theirs, ours;
} pair;

typedef struct {
    uint64_t id;
    bench_solver *solver;
    pair *pairs; /* ascending in `ours` */
    size_t n_pairs, cap;
} instance;

typedef struct {
    const char *method;
    instance *instances;
    size_t n, cap;
} server;

/* --- The problem. */

static fid_status add_choices(fid_space *space, const char *name, json_object *list,
                              fid_error *err)
{
    size_t n = list ? json_object_array_length(list) : 0;
    fid_literal *choices = fid_alloc(n, sizeof *choices);
    if (!choices)
        return FID_NOMEM;
    for (size_t i = 0; i < n; i++)
        choices[i] = (fid_literal){
            .kind = FID_LITERAL_STRING,
            .text = json_object_get_string(json_object_array_get_idx(list, i))};
    fid_status status = fid_space_add_choice(space, name, choices, n, false, err);
    free(choices);
    return status;
}

/* Their names may be anything: a parameter is known by its place. */
static fid_status add_variable(fid_space *space, size_t index, json_object *var,
                               fid_error *err)
{
    char name[LONGEST_NAME];
    json_object *range = bench_json_member(var, "range");
    const char *type = bench_json_text(range, "type", "");
    double low = bench_json_number(range, "low", (double)NAN),
           high = bench_json_number(range, "high", (double)NAN);
    bool is_log = strcmp(bench_json_text(var, "distribution", "UNIFORM"), "LOG_UNIFORM") == 0;
    fid_scale scale = is_log ? FID_SCALE_LOG : FID_SCALE_LINEAR;
    snprintf(name, sizeof name, "p%zu", index);
    if (bench_json_member(var, "constraint"))
        return fid_error_set(err, FID_UNSUPPORTED, "%s: conditions are not supported",
                             bench_json_text(var, "name", "?"));
    if (strcmp(type, "CONTINUOUS") == 0)
        return fid_space_add_float(space, name, low, high, scale, 0.0, err);
    if (strcmp(type, "DISCRETE") == 0)
        return fid_space_add_int(space, name, (int64_t)low, (int64_t)high - 1, scale, 1, err);
    if (strcmp(type, "CATEGORICAL") == 0)
        return add_choices(space, name, bench_json_member(range, "choices"), err);
    return fid_error_set(err, FID_UNSUPPORTED, "%s: a range of type %s",
                         bench_json_text(var, "name", "?"), type);
}

static fid_status build_space(json_object *domain, fid_space *space, fid_error *err)
{
    size_t n = domain ? json_object_array_length(domain) : 0;
    for (size_t i = 0; i < n; i++)
        FID_TRY(add_variable(space, i, json_object_array_get_idx(domain, i), err));
    return fid_space_freeze(space, err);
}

/* steps: the last one, or a list of those that can be evaluated. */
static fid_fidelity read_steps(json_object *steps)
{
    double first = 1.0, last = 1.0;
    size_t n = json_object_is_type(steps, json_type_array) ? json_object_array_length(steps) : 0;
    if (n > 0) {
        first = json_object_get_double(json_object_array_get_idx(steps, 0));
        last = json_object_get_double(json_object_array_get_idx(steps, n - 1));
    } else if (steps) {
        last = json_object_get_double(steps);
    }
    return (fid_fidelity){.mode = last > first && first > 0.0 ? FID_MODE_RESUME : FID_MODE_NONE,
                          .name = "step",
                          .min = first,
                          .max = last,
                          .eta = 3.0,
                          .integer = true};
}

static fid_status create(server *s, json_object *message, fid_error *err)
{
    json_object *problem = bench_json_member(message, "problem");
    json_object *values = bench_json_member(problem, "values_domain");
    fid_space *space = NULL;
    bench_solver_settings settings = {
        .method = s->method,
        .outline = {.n_metrics = 1, .n_objectives = 1, .metrics = {{.name = "value"}}},
        .seed = json_object_get_uint64(bench_json_member(message, "random_seed")),
        .workers = 1};
    settings.outline.fidelity = read_steps(bench_json_member(problem, "steps"));
    if (values && json_object_array_length(values) != 1)
        return fid_error_set(err, FID_UNSUPPORTED, "several objectives are not supported");
    instance *grown = fid_grow(s->instances, &s->cap, s->n + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    s->instances = grown;
    FID_TRY(fid_space_create(&space));
    fid_status status = build_space(bench_json_member(problem, "params_domain"), space, err);
    if (status) {
        fid_space_destroy(space);
        return status;
    }
    grown[s->n] = (instance){
        .id = json_object_get_uint64(bench_json_member(message, "solver_id"))};
    FID_TRY(bench_solver_open(&grown[s->n].solver, space, &settings, err));
    s->n++;
    return FID_OK;
}

/* --- Asking and telling. */

static instance *find(server *s, json_object *message)
{
    uint64_t id = json_object_get_uint64(bench_json_member(message, "solver_id"));
    for (size_t i = 0; i < s->n; i++)
        if (s->instances[i].id == id)
            return &s->instances[i];
    return NULL;
}

/* The pair with our number; a new one takes *next. */
static pair *pair_of(instance *self, uint64_t ours, uint64_t *next)
{
    for (size_t i = self->n_pairs; i-- > 0;)
        if (self->pairs[i].ours == ours)
            return &self->pairs[i];
    pair *grown = fid_grow(self->pairs, &self->cap, self->n_pairs + 1, sizeof *grown);
    if (!grown)
        return NULL;
    self->pairs = grown;
    grown[self->n_pairs] = (pair){.theirs = (*next)++, .ours = ours};
    return &grown[self->n_pairs++];
}

static void write_params(const fid_space *space, const fid_value *config, fid_text *out)
{
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        fid_param_kind kind = fid_space_param_kind(space, p);
        fid_text_append(out, p ? ", " : "");
        if (kind == FID_PARAM_CATEGORICAL)
            fid_text_printf(out, "%zu", config[p].choice);
        else if (kind == FID_PARAM_FIXED) /* one value, or one choice: number 0 */
            fid_text_append_double(out, fid_space_choice(space, p, 0)->kind == FID_LITERAL_STRING
                                            ? 0.0
                                            : fid_space_choice(space, p, 0)->f);
        else
            fid_text_append_double(out, config[p].f);
    }
}

static fid_status ask(instance *self, json_object *message, fid_text *out, fid_error *err)
{
    fid_ask next;
    uint64_t next_id = json_object_get_uint64(bench_json_member(message, "next_trial_id"));
    fid_status status = fid_study_ask(self->solver->study, &next, err);
    if (status)
        return err->message[0] ? status : fid_error_set(err, status, "nothing to evaluate now");
    pair *trial = pair_of(self, next.trial, &next_id);
    if (!trial)
        return FID_NOMEM;
    fid_text_printf(out, "{\"type\": \"ASK_REPLY\", \"trial\": {\"id\": %llu, \"params\": [",
                    (unsigned long long)trial->theirs);
    write_params(self->solver->space, next.config, out);
    fid_text_printf(out, "], \"next_step\": %.0f}, \"next_trial_id\": %llu}", next.budget,
                    (unsigned long long)next_id);
    return FID_OK;
}

static fid_status tell(instance *self, json_object *message, fid_text *out, fid_error *err)
{
    json_object *told = bench_json_member(message, "trial");
    json_object *values = bench_json_member(told, "values");
    uint64_t theirs = json_object_get_uint64(bench_json_member(told, "id"));
    const pair *known = NULL;
    for (size_t i = 0; i < self->n_pairs; i++)
        if (self->pairs[i].theirs == theirs)
            known = &self->pairs[i];
    if (!known)
        return fid_error_set(err, FID_NOT_FOUND, "there is no trial %llu",
                             (unsigned long long)theirs);
    fid_study *study = self->solver->study;
    const fid_trial *trial = fid_history_trial(fid_study_history(study), known->ours);
    uint32_t attempt = trial->attempt;
    bool failed = !values || json_object_array_length(values) == 0;
    if (!failed) {
        double value = json_object_get_double(json_object_array_get_idx(values, 0));
        FID_TRY(fid_study_report(study, known->ours, attempt,
                                 bench_json_number(told, "current_step", trial->budget),
                                 &value, 1, NULL, err));
    }
    FID_TRY(fid_study_end(study, known->ours, attempt,
                          failed ? FID_END_INFEASIBLE : FID_END_DONE, NULL, err));
    fid_text_append(out, "{\"type\": \"TELL_REPLY\"}");
    return FID_OK;
}

static void drop(server *s, instance *self)
{
    bench_solver_close(self->solver);
    free(self->pairs);
    *self = s->instances[--s->n];
}

static fid_status carry_out(server *s, json_object *message, fid_text *out, fid_error *err)
{
    const char *type = bench_json_text(message, "type", "");
    instance *self = find(s, message);
    if (strcmp(type, "CREATE_SOLVER_CAST") == 0)
        return self ? fid_error_set(err, FID_STATE, "the solver exists") : create(s, message, err);
    if (!self)
        return fid_error_set(err, FID_NOT_FOUND, "there is no such solver");
    if (strcmp(type, "ASK_CALL") == 0)
        return ask(self, message, out, err);
    if (strcmp(type, "TELL_CALL") == 0)
        return tell(self, message, out, err);
    if (strcmp(type, "DROP_SOLVER_CAST") != 0)
        return fid_error_set(err, FID_UNSUPPORTED, "a message of type %s", type);
    drop(s, self);
    return FID_OK;
}

static bool answer(void *ctx, const char *line, fid_text *out)
{
    fid_error err = {0};
    json_object *message = json_tokener_parse(line);
    fid_status status =
        json_object_is_type(message, json_type_object)
            ? carry_out(ctx, message, out, &err)
            : fid_error_set(&err, FID_PARSE, "not a JSON object: %.200s", line);
    if (status) {
        const char *words = err.message[0] ? err.message : fid_status_text(status);
        fid_text_clear(out);
        fid_text_printf(out, "{\"type\": \"ERROR_REPLY\", \"kind\": \"%s\", \"message\": ",
                        status == FID_IO || status == FID_NOMEM ? "OTHER" : "INVALID_INPUT");
        fid_text_append_json(out, words, strlen(words));
        fid_text_append(out, "}");
    }
    json_object_put(message);
    return true;
}

int bench_kurobako_serve(const char *method)
{
    server s = {.method = method};
    fid_text spec = {0};
    fid_text_append(&spec, "{\"type\": \"SOLVER_SPEC_CAST\", \"spec\": {\"name\": ");
    fid_text_append_json(&spec, method, strlen(method));
    fid_text_append(&spec, ", \"attrs\": {}, \"capabilities\": [\"UNIFORM_CONTINUOUS\", "
                           "\"UNIFORM_DISCRETE\", \"LOG_UNIFORM_CONTINUOUS\", "
                           "\"LOG_UNIFORM_DISCRETE\", \"CATEGORICAL\", \"CONCURRENT\"]}}");
    puts(spec.failed ? "{}" : spec.data);
    fflush(stdout);
    fid_text_deinit(&spec);
    int code = bench_serve(answer, &s);
    while (s.n)
        drop(&s, &s.instances[0]);
    free(s.instances);
    return code;
}
