/* A problem of the user's own: a JSON file that names a command which answers JSON
 * lines.
 *
 *   {"command": ["python3", "mine.py"], "space": {..},      started in the file's folder
 *    "metric": {"name": "loss", "goal": "minimize"},
 *    "fidelity": {"name": "epochs", "min": 1, "max": 50, "mode": "resume"},
 *    "best": 0.0, "median": 1.0, "source": "..", "licence": ".."}
 *
 * `space` is this library's JSON or ConfigSpace's. For each line
 *   {"config": {..}, "seed": 17, "fidelity": 5}
 * the command answers one line: {"value": 0.3} with "truth" (without noise) and
 * "seconds" (from the trial's start) where it knows them, or {"status": "failed"} or
 * {"status": "infeasible"}. */
#include "problem.h"

#include "../util/child.h"
#include "../util/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    bench_problem base;
    json_object *file;
    bench_child *child;
    char *argv[65];
    char folder[4096]; /* where the file lies: the command starts there */
    double timeout;
} command_problem;

static void write_query(const command_problem *c, const bench_query *query,
                        fid_text *out)
{
    fid_text_clear(out);
    fid_text_append(out, "{\"config\": ");
    fid_space_config_to_json(c->base.space, query->config, out);
    fid_text_printf(out, ", \"seed\": %llu", (unsigned long long)query->seed);
    bool whole = c->base.outline.fidelity.mode == FID_MODE_NONE;
    fid_text_append(out, ", \"fidelity\": ");
    fid_text_append_double(out, whole ? c->base.max_fidelity : query->fidelity);
    fid_text_append(out, "}");
}

static fid_status read_answer(const command_problem *c, const char *line,
                              bench_answer *out, fid_error *err)
{
    json_object *object = json_tokener_parse(line), *value;
    const char *status = "";
    if (object && json_object_is_type(object, json_type_object))
        status = bench_json_text(object, "status", "ok");
    *out = (bench_answer){.seconds = 1.0, .end = FID_END_DONE};
    if (strcmp(status, "infeasible") == 0)
        out->end = FID_END_INFEASIBLE;
    else if (strcmp(status, "failed") == 0)
        out->end = FID_END_CRASHED;
    else if (!*status || !json_object_object_get_ex(object, "value", &value)) {
        json_object_put(object);
        return fid_error_set(err, FID_PARSE, "%s: the command answered %.200s",
                             c->base.name, line);
    }
    out->values[0] = bench_json_number(object, "value", (double)NAN);
    out->truth = bench_json_number(object, "truth", out->values[0]);
    out->seconds = bench_json_number(object, "seconds", 1.0);
    json_object_put(object);
    return FID_OK;
}

static fid_status evaluate(bench_problem *problem, const bench_query *queries, size_t n,
                           bench_answer *answers, fid_error *err)
{
    command_problem *c = (command_problem *)problem;
    fid_text line = {0};
    fid_status status = FID_OK;
    if (!c->child)
        status = bench_child_start(&c->child, c->argv, c->folder, err);
    for (size_t k = 0; !status && k < n; k++) {
        const char *reply = NULL;
        write_query(c, &queries[k], &line);
        status = line.failed ? FID_NOMEM : bench_child_send(c->child, line.data, err);
        if (!status)
            status = bench_child_receive(c->child, c->timeout, &reply, err);
        if (!status)
            status = read_answer(c, reply, &answers[k], err);
    }
    fid_text_deinit(&line);
    return status;
}

static void destroy(bench_problem *problem)
{
    command_problem *c = (command_problem *)problem;
    bench_child_stop(c->child);
    fid_space_destroy(problem->space);
    json_object_put(c->file);
    free(c);
}

static const bench_problem_type type = {"command", evaluate, destroy};

static fid_status read_command(command_problem *c, fid_error *err)
{
    json_object *list;
    if (!json_object_object_get_ex(c->file, "command", &list) ||
        !json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) < 1 || json_object_array_length(list) > 64)
        return fid_error_set(err, FID_PARSE, "%s: \"command\" must be a list of words",
                             c->base.name);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        c->argv[i] = (char *)(uintptr_t)json_object_get_string(
            json_object_array_get_idx(list, i));
    return FID_OK;
}

static fid_status read_space(command_problem *c, fid_error *err)
{
    json_object *space;
    if (!json_object_object_get_ex(c->file, "space", &space))
        return fid_error_set(err, FID_PARSE, "%s: \"space\" is missing", c->base.name);
    const char *text = json_object_to_json_string(space);
    if (json_object_object_get_ex(space, "hyperparameters", NULL))
        return fid_space_from_configspace(&c->base.space, text, strlen(text), err);
    return fid_space_from_json(&c->base.space, text, strlen(text), err);
}

static fid_status read_fidelity(command_problem *c,
                                const bench_problem_options *options, fid_error *err)
{
    json_object *f = NULL;
    bool has = json_object_object_get_ex(c->file, "fidelity", &f);
    double low = has ? bench_json_number(f, "min", 1.0) : 1.0,
           high = has ? bench_json_number(f, "max", 1.0) : 1.0;
    c->base.max_fidelity = high;
    if (options->whole) {
        bench__set_whole(&c->base);
        return FID_OK;
    }
    if (!has || !(low < high) || !(low > 0.0))
        return fid_error_set(err, FID_UNSUPPORTED, "%s has no fidelity", c->base.name);
    bool restart = strcmp(bench_json_text(f, "mode", "resume"), "restart") == 0;
    c->base.regret = restart ? BENCH_REGRET_INCUMBENT : BENCH_REGRET_OBSERVED;
    bench__set_fidelity(&c->base, bench_json_text(f, "name", "fidelity"), low, high,
                        restart ? FID_MODE_RESTART : FID_MODE_RESUME,
                        low == floor(low) && high == floor(high));
    return FID_OK;
}

static fid_status build(command_problem *c, const bench_problem_options *options,
                        fid_error *err)
{
    bench_problem *p = &c->base;
    json_object *metric = NULL;
    FID_TRY(read_command(c, err));
    FID_TRY(read_space(c, err));
    FID_TRY(read_fidelity(c, options, err));
    json_object_object_get_ex(c->file, "metric", &metric);
    bench__set_objective(
        p, 0, metric ? bench_json_text(metric, "name", "loss") : "loss",
        metric && strcmp(bench_json_text(metric, "goal", "minimize"), "maximize") == 0);
    p->source = bench_json_text(c->file, "source", "the user");
    p->licence = bench_json_text(c->file, "licence", "not said");
    p->cost = "seconds as the command tells";
    p->group = bench_json_text(c->file, "group", "command");
    p->best = bench_json_number(c->file, "best", (double)NAN);
    p->median = bench_json_number(c->file, "median", (double)NAN);
    p->evaluate_ahead = 1;
    c->timeout = bench_json_number(c->file, "timeout", 600.0);
    return FID_OK;
}

fid_status bench__open_command(bench_problem **out, const char *name,
                               const char *metric, const bench_problem_options *options,
                               fid_error *err)
{
    (void)metric;
    command_problem *c = fid_alloc(1, sizeof *c);
    if (!c)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    c->base.type = &type;
    snprintf(c->base.name, sizeof c->base.name, "%s", name);
    const char *slash = strrchr(name, '/');
    snprintf(c->folder, sizeof c->folder, "%.*s", slash ? (int)(slash - name) : 1,
             slash ? name : ".");
    c->file = json_object_from_file(name);
    fid_status status = c->file ? build(c, options, err)
                                : fid_error_set(err, FID_PARSE, "%s: %s", name,
                                                json_util_get_last_err());
    if (status)
        destroy(&c->base);
    else
        *out = &c->base;
    return status;
}

fid_status bench__open_trained(bench_problem **out, const char *name,
                               const char *metric, const bench_problem_options *options,
                               fid_error *err)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s.json",
                     options->trained ? options->trained : "", name);
    if (!options->trained || n >= (int)sizeof path || access(path, R_OK))
        return FID_NOT_FOUND;
    return bench__open_command(out, path, metric, options, err);
}
