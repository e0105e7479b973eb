/* solver: our methods behind the protocol that the adapters of peers speak (its messages
 * are at the head of peer.c), for others' benchmarks; --kurobako: behind kurobako's. */
#include "command.h"

#include "kurobako.h"
#include "solver.h"
#include "util/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    const char *method; /* where `create` names none */
    bench_solver *solver;
    double cpu_start;
} server;

static double cpu_now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static fid_fidelity read_fidelity(json_object *f)
{
    fid_fidelity fidelity = {.mode = FID_MODE_NONE, .min = 1.0, .max = 1.0, .eta = 3.0};
    if (!f)
        return fidelity;
    snprintf(fidelity.name, sizeof fidelity.name, "%s", bench_json_text(f, "name", "step"));
    fidelity.mode = strcmp(bench_json_text(f, "mode", "resume"), "restart") == 0
                        ? FID_MODE_RESTART
                        : FID_MODE_RESUME;
    fidelity.min = bench_json_number(f, "min", 1.0);
    fidelity.max = bench_json_number(f, "max", 1.0);
    fidelity.integer = json_object_get_boolean(bench_json_member(f, "integer"));
    return fidelity;
}

/* `initial` configurations are asked for first. */
static fid_status enqueue_all(bench_solver *solver, json_object *list, fid_error *err)
{
    size_t n = list ? json_object_array_length(list) : 0;
    fid_value *config = fid_alloc(fid_space_n_params(solver->space), sizeof *config);
    fid_status status = config ? FID_OK : FID_NOMEM;
    for (size_t i = 0; !status && i < n; i++) {
        const char *text =
            json_object_to_json_string(json_object_array_get_idx(list, i));
        status = fid_space_config_from_json(solver->space, text, strlen(text), false,
                                            config, err);
        if (!status)
            status = fid_study_enqueue(solver->study, config, FID_ORIGIN_USER, NULL, err);
    }
    free(config);
    return status;
}

static fid_status create(server *s, json_object *request, fid_text *out, fid_error *err)
{
    json_object *space_json = bench_json_member(request, "space");
    const char *method = bench_json_text(request, "method", "");
    const char *text = json_object_to_json_string(space_json);
    fid_space *space = NULL;
    bench_solver_settings settings = {
        .method = *method ? method : s->method,
        .outline = {.n_metrics = 1, .n_objectives = 1, .metrics = {{.name = "value"}}},
        .seed = (uint64_t)json_object_get_int64(bench_json_member(request, "seed")),
        .workers = (size_t)bench_json_number(request, "workers", 1.0),
        .budget = bench_json_number(request, "budget", 0.0)};
    settings.outline.fidelity = read_fidelity(bench_json_member(request, "fidelity"));
    if (strcmp(bench_json_text(request, "goal", "minimize"), "maximize") == 0)
        settings.outline.metrics[0].goal = FID_GOAL_MAXIMIZE;
    if (json_object_object_get_ex(space_json, "hyperparameters", NULL))
        FID_TRY(fid_space_from_configspace(&space, text, strlen(text), err));
    else
        FID_TRY(fid_space_from_json(&space, text, strlen(text), err));
    bench_solver_close(s->solver);
    FID_TRY(bench_solver_open(&s->solver, space, &settings, err));
    FID_TRY(enqueue_all(s->solver, bench_json_member(request, "initial"), err));
    s->cpu_start = cpu_now();
    fid_text_append(out, "{\"ok\": true}");
    return FID_OK;
}

static fid_status ask(server *s, fid_text *out, fid_error *err)
{
    fid_ask next;
    fid_status status = fid_study_ask(s->solver->study, &next, err);
    if (status == FID_WAIT || status == FID_EXHAUSTED) {
        fid_text_append(out, status == FID_WAIT ? "{\"wait\": true" : "{\"done\": true");
    } else {
        FID_TRY(status);
        fid_text_printf(out, "{\"id\": %llu, \"config\": ", (unsigned long long)next.trial);
        fid_space_config_to_json(s->solver->space, next.config, out);
        fid_text_append(out, ", \"budget\": ");
        fid_text_append_double(out, next.budget);
    }
    fid_text_printf(out, ", \"cpu\": %.6f}", cpu_now() - s->cpu_start);
    return FID_OK;
}

static fid_status trial_of(server *s, json_object *request, const fid_trial **trial,
                           fid_error *err)
{
    json_object *id = bench_json_member(request, "id");
    *trial = fid_history_trial(fid_study_history(s->solver->study),
                               (uint64_t)json_object_get_int64(id));
    return id && *trial ? FID_OK
                        : fid_error_set(err, FID_NOT_FOUND, "there is no such trial");
}

static fid_status report(server *s, json_object *request, fid_text *out, fid_error *err)
{
    static const char *const words[] = {
        [FID_CONTINUE] = "continue", [FID_PAUSE] = "pause", [FID_STOP] = "stop"};
    const fid_trial *trial;
    fid_decision decision;
    FID_TRY(trial_of(s, request, &trial, err));
    double value = bench_json_number(request, "value", (double)NAN);
    FID_TRY(fid_study_report(s->solver->study, trial->id, trial->attempt,
                             bench_json_number(request, "step", (double)NAN), &value, 1,
                             &decision, err));
    fid_text_printf(out, "{\"decision\": \"%s\"}", words[decision.kind]);
    return FID_OK;
}

static fid_status tell(server *s, json_object *request, fid_text *out, fid_error *err)
{
    const fid_trial *trial;
    FID_TRY(trial_of(s, request, &trial, err));
    uint64_t id = trial->id;
    uint32_t attempt = trial->attempt;
    const char *how = bench_json_text(request, "status", "done");
    double step = bench_json_number(request, "step", trial->budget);
    double value = bench_json_number(request, "value", (double)NAN);
    fid_end end = strcmp(how, "done") == 0         ? FID_END_DONE
                  : strcmp(how, "stopped") == 0    ? FID_END_STOPPED
                  : strcmp(how, "infeasible") == 0 ? FID_END_INFEASIBLE
                                                   : FID_END_CRASHED;
    if (end == FID_END_DONE && (trial->n_reports == 0 || trial->step < step))
        FID_TRY(fid_study_report(s->solver->study, id, attempt, step, &value, 1, NULL, err));
    FID_TRY(fid_study_end(s->solver->study, id, attempt, end, NULL, err));
    fid_text_append(out, "{\"ok\": true}");
    return FID_OK;
}

static fid_status carry_out(server *s, json_object *request, fid_text *out, fid_error *err)
{
    const char *op = bench_json_text(request, "op", "");
    if (strcmp(op, "create") == 0)
        return create(s, request, out, err);
    if (!s->solver)
        return fid_error_set(err, FID_STATE, "the first message must be a create");
    if (strcmp(op, "ask") == 0)
        return ask(s, out, err);
    if (strcmp(op, "report") == 0)
        return report(s, request, out, err);
    if (strcmp(op, "tell") == 0)
        return tell(s, request, out, err);
    if (strcmp(op, "move") == 0) { /* it is told the value of the nearest row */
        fid_text_append(out, "{\"ok\": true}");
        return FID_OK;
    }
    return fid_error_set(err, FID_UNSUPPORTED, "op %s: need create, ask, report or tell",
                         op);
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

int bench_command_solver(const bench_command *command)
{
    if (command->n_words > 1) {
        fprintf(stderr, "usage: fidelio-bench solver [METHOD] [--kurobako]\n");
        return 2;
    }
    const char *method = command->n_words ? command->words[0] : "auto";
    if (command->kurobako)
        return bench_kurobako_serve(method);
    server s = {.method = method};
    int code = bench_serve(answer, &s);
    bench_solver_close(s.solver);
    return code;
}

int bench_command_bridge(const bench_command *command)
{
    if (command->n_words != 1) {
        fprintf(stderr, "usage: fidelio-bench bridge COMMAND\n");
        return 2;
    }
    return bench_kurobako_bridge(command->words[0], command->places.peer_timeout);
}
