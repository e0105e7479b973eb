/* A method of somebody else's, behind an adapter that speaks JSON lines:
 *
 *   > {"op": "create", "method": "tpe", "space": {..}, "goal": "minimize", "seed": 1,
 *      "workers": 1, "budget": 200, "fidelity": {..} or null, "initial": [{..}, ..]}
 *      and with several metrics "metrics": [{"goal": "minimize"}, {"goal": "at_most",
 *      "bound": 3}, ..], objectives first; each tell then has "values": [..]
 *   < {"ok": true}                 its first asks must give the configurations `initial`
 *   > {"op": "ask"}
 *   < {"id": 0, "config": {..}, "budget": 9}   the same id again continues a trial;
 *     {"wait": true} until something runs out; {"done": true}
 *   > {"op": "move", "id": 0, "config": {..}}     a table's row that is trained instead
 *   < {"ok": true}
 *   > {"op": "report", "id": 0, "step": 3, "value": 0.4}      with a fidelity only
 *   < {"decision": "continue"} or "stop" or "pause"
 *   > {"op": "tell", "id": 0, "value": 0.3, "step": 9, "status": "done"}
 *   < {"ok": true}
 *
 * Every answer may carry "cpu": the adapter's CPU seconds so far, without start-up. */
#include "contest.h"

#include "pool.h"
#include "stage.h"
#include "util/child.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORTS = 64 };

typedef struct {
    double value, step; /* last reported; NaN */
    double values[BENCH_METRICS];
    double done;        /* budget reached */
    uint32_t attempt;
} peer_trial;

typedef struct {
    const bench_method *method;
    bench_problem *problem;
    const bench_contest *contest;
    const bench_places *places;
    void *stage;
    bench_child *child;
    peer_trial *trials;
    size_t cap, n_running;
    fid_value *config;
    bool *used; /* [pool.n] rows that were proposed */
    fid_text line;
    fid_error *err;
} session;

/* Send self->line; *answer is the caller's to put, or NULL when nothing but "ok" is
 * expected. */
static fid_status talk(session *self, json_object **answer)
{
    const char *reply;
    if (answer)
        *answer = NULL;
    if (self->line.failed)
        return fid_error_set(self->err, FID_NOMEM, "out of memory");
    FID_TRY(bench_child_send(self->child, self->line.data, self->err));
    FID_TRY(bench_child_receive(self->child, self->places->peer_timeout, &reply,
                                self->err));
    json_object *object = json_tokener_parse(reply), *member;
    if (!object || !json_object_is_type(object, json_type_object)) {
        json_object_put(object);
        return fid_error_set(self->err, FID_PARSE, "the peer answered: %.300s", reply);
    }
    if (json_object_object_get_ex(object, "error", &member)) {
        fid_error_set(self->err, FID_STATE, "%.400s", json_object_get_string(member));
        json_object_put(object);
        return FID_STATE;
    }
    if (json_object_object_get_ex(object, "cpu", &member))
        bench_stage_charge(self->stage, json_object_get_double(member));
    if (answer)
        *answer = object;
    else
        json_object_put(object);
    return FID_OK;
}

static void write_value(fid_text *out, const char *name, double value)
{
    fid_text_printf(out, ", \"%s\": ", name);
    if (isnan(value))
        fid_text_append(out, "null");
    else
        fid_text_append_double(out, value);
}

/* , "initial": [..] */
static fid_status write_design(session *self)
{
    const bench_contest *contest = self->contest;
    size_t n_params = fid_space_n_params(self->problem->space);
    fid_value *configs = fid_alloc(contest->initial * n_params, sizeof *configs);
    uint64_t seed = bench_contest_seed(contest->problem, contest->seed);
    fid_status status = configs ? bench_contest_design(self->problem, seed,
                                                       contest->initial, configs)
                                : FID_NOMEM;
    fid_text_append(&self->line, ", \"initial\": [");
    for (size_t k = 0; !status && k < contest->initial; k++) {
        fid_text_append(&self->line, k ? ", " : "");
        fid_space_config_to_json(self->problem->space, configs + k * n_params,
                                 &self->line);
    }
    fid_text_append(&self->line, "]");
    free(configs);
    return status;
}

/* , "metrics": [..] where there are several */
static void write_metrics(const fid_outline *outline, fid_text *out)
{
    static const char *const goals[] = {"minimize", "maximize", "at_most", "at_least",
                                        "none"};
    for (size_t m = 0; outline->n_metrics > 1 && m < outline->n_metrics; m++) {
        const fid_metric *metric = &outline->metrics[m];
        fid_text_printf(out, "%s{\"goal\": \"%s\"", m ? ", " : ", \"metrics\": [",
                        goals[metric->goal]);
        write_value(out, "bound", metric->bound);
        fid_text_append(out, m + 1 == outline->n_metrics ? "}]" : "}");
    }
}

static fid_status create(session *self)
{
    const fid_fidelity *f = &self->problem->outline.fidelity;
    bool maximize = self->problem->outline.metrics[0].goal == FID_GOAL_MAXIMIZE;
    fid_text *out = &self->line;
    fid_text_clear(out);
    fid_text_append(out, "{\"op\": \"create\", \"method\": ");
    fid_text_append_json(out, self->method->variant, strlen(self->method->variant));
    fid_text_append(out, ", \"space\": ");
    fid_space_to_json(self->problem->space, out);
    fid_text_printf(out, ", \"goal\": \"%s\", \"seed\": %llu, \"workers\": %zu",
                    maximize ? "maximize" : "minimize",
                    (unsigned long long)bench_contest_seed(self->contest->problem,
                                                           self->contest->seed),
                    self->contest->workers);
    write_value(out, "budget", self->contest->budget);
    FID_TRY(write_design(self));
    write_metrics(&self->problem->outline, out);
    if (f->mode == FID_MODE_NONE) {
        fid_text_append(out, ", \"fidelity\": null}");
    } else {
        fid_text_append(out, ", \"fidelity\": {\"name\": ");
        fid_text_append_json(out, f->name, strlen(f->name));
        write_value(out, "min", f->min);
        write_value(out, "max", f->max);
        fid_text_printf(out, ", \"integer\": %s, \"mode\": \"%s\"}}",
                        f->integer ? "true" : "false",
                        f->mode == FID_MODE_RESTART ? "restart" : "resume");
    }
    return talk(self, NULL);
}

/* Where only a table's rows can be trained, self->config becomes the nearest one that
 * was not proposed yet. */
static fid_status move_to_row(session *self, int64_t trial)
{
    const bench_pool *pool = &self->problem->pool;
    const fid_space *space = self->problem->space;
    size_t dim = fid_space_dim(space);
    double u[FID_SOBOL_MAX_DIM];
    FID_TRY(fid_space_encode(space, self->config, u, self->err));
    size_t row = bench_pool_nearest(pool, dim, u, self->used);
    if (row == SIZE_MAX)
        return FID_EXHAUSTED;
    self->used[row] = true;
    if (memcmp(u, pool->points + row * dim, dim * sizeof *u) == 0)
        return FID_OK;
    fid_space_decode(space, pool->points + row * dim, self->config);
    fid_text_clear(&self->line);
    fid_text_printf(&self->line, "{\"op\": \"move\", \"id\": %lld, \"config\": ",
                    (long long)trial);
    fid_space_config_to_json(space, self->config, &self->line);
    fid_text_append(&self->line, "}");
    return talk(self, NULL);
}

static fid_status begin(session *self, json_object *answer)
{
    json_object *id, *config, *budget;
    const fid_fidelity *f = &self->problem->outline.fidelity;
    if (!json_object_object_get_ex(answer, "id", &id) ||
        !json_object_object_get_ex(answer, "config", &config))
        return fid_error_set(self->err, FID_PARSE,
                             "the peer asked without id or config");
    int64_t trial = json_object_get_int64(id);
    if (trial < 0 || trial > 10000000)
        return fid_error_set(self->err, FID_PARSE, "the peer's id is out of range");
    const char *text = json_object_to_json_string(config);
    FID_TRY(fid_space_config_from_json(self->problem->space, text, strlen(text), false,
                                       self->config, self->err));
    peer_trial *grown =
        fid_grow(self->trials, &self->cap, (size_t)trial + 1, sizeof *grown);
    if (!grown)
        return fid_error_set(self->err, FID_NOMEM, "out of memory");
    self->trials = grown;
    double until = f->max;
    if (json_object_object_get_ex(answer, "budget", &budget))
        until = fmin(fmax(json_object_get_double(budget), f->min), f->max);
    peer_trial *t = &grown[trial];
    if (self->problem->pool.n && t->attempt == 0)
        FID_TRY(move_to_row(self, trial));
    fid_job job = {.trial = (uint64_t)trial,
                   .attempt = ++t->attempt,
                   .seed = (uint64_t)trial,
                   .space = self->problem->space,
                   .config = self->config,
                   .outline = &self->problem->outline,
                   .budget = until,
                   .budget_done = f->mode == FID_MODE_RESTART ? 0.0 : t->done,
                   .has_checkpoint = t->attempt > 1,
                   .parent = -1};
    t->value = (double)NAN;
    self->n_running++;
    return bench_stage.start(self->stage, &job, self->err);
}

/* *over: the peer has nothing more. */
static fid_status ask_for_free_slots(session *self, bool *over)
{
    while (!*over && bench_stage.free_slots(self->stage) > 0) {
        json_object *answer, *member;
        fid_text_clear(&self->line);
        fid_text_append(&self->line, "{\"op\": \"ask\"}");
        FID_TRY(talk(self, &answer));
        bool wait = json_object_object_get_ex(answer, "wait", &member);
        fid_status status = FID_OK;
        if (json_object_object_get_ex(answer, "done", &member))
            *over = true;
        else if (!wait)
            status = begin(self, answer);
        json_object_put(answer);
        if (status == FID_EXHAUSTED)
            *over = true;
        else
            FID_TRY(status);
        if (wait)
            return FID_OK;
    }
    return FID_OK;
}

static fid_status pass_report(session *self, const fid_exec_report *r)
{
    json_object *answer, *decision;
    peer_trial *t = &self->trials[r->trial];
    t->value = r->values[0];
    memcpy(t->values, r->values, sizeof t->values);
    t->step = t->done = r->step;
    if (self->problem->outline.fidelity.mode == FID_MODE_NONE)
        return FID_OK;
    fid_text_clear(&self->line);
    fid_text_printf(&self->line, "{\"op\": \"report\", \"id\": %llu",
                    (unsigned long long)r->trial);
    write_value(&self->line, "step", r->step);
    write_value(&self->line, "value", r->values[0]);
    fid_text_append(&self->line, "}");
    FID_TRY(talk(self, &answer));
    if (json_object_object_get_ex(answer, "decision", &decision) &&
        strcmp(json_object_get_string(decision), "continue") != 0)
        bench_stage.stop(self->stage, r->trial, 0.0);
    json_object_put(answer);
    return FID_OK;
}

static fid_status pass_end(session *self, const fid_exec_report *r)
{
    const peer_trial *t = &self->trials[r->trial];
    const char *how = r->end == FID_END_DONE         ? "done"
                      : r->end == FID_END_STOPPED    ? "stopped"
                      : r->end == FID_END_INFEASIBLE ? "infeasible"
                                                     : "failed";
    self->n_running--;
    fid_text_clear(&self->line);
    fid_text_printf(&self->line, "{\"op\": \"tell\", \"id\": %llu, \"status\": \"%s\"",
                    (unsigned long long)r->trial, how);
    write_value(&self->line, "value", t->value);
    write_value(&self->line, "step", t->step);
    size_t n = self->problem->outline.n_metrics;
    for (size_t m = 0; n > 1 && !isnan(t->value) && m < n; m++) {
        fid_text_append(&self->line, m ? ", " : ", \"values\": [");
        fid_text_append_double(&self->line, t->values[m]);
        fid_text_append(&self->line, m + 1 == n ? "]" : "");
    }
    fid_text_append(&self->line, "}");
    return talk(self, NULL);
}

static bool is_spent(const session *self, const bench_trace *trace)
{
    if (self->contest->whole)
        return (double)(trace->evaluations + self->n_running) >= self->contest->budget;
    return trace->spent >= self->contest->budget;
}

static fid_status rounds(session *self, const bench_trace *trace)
{
    bool over = false;
    fid_exec_report reports[REPORTS];
    FID_TRY(create(self));
    for (;;) {
        size_t n = 0;
        bool spent = is_spent(self, trace);
        if (spent && !self->contest->whole)
            return FID_OK;
        if (!spent)
            FID_TRY(ask_for_free_slots(self, &over));
        if (self->n_running == 0)
            return over || spent ? FID_OK
                                 : fid_error_set(self->err, FID_STATE,
                                                 "the peer waits but nothing runs");
        FID_TRY(bench_stage.poll(self->stage, 0.0, reports, REPORTS, &n, self->err));
        for (size_t i = 0; i < n; i++)
            FID_TRY(reports[i].kind == FID_EXEC_REPORT ? pass_report(self, &reports[i])
                                                       : pass_end(self, &reports[i]));
    }
}

/* An adapter in its virtual environment, or this program: `kurobako:COMMAND` through the
 * bridge, `fidelio:METHOD` as our own peer. */
static void choose_program(const bench_method *method, const bench_places *places,
                           char program[4200], char adapter[4200], char *argv[4])
{
    bool is_kurobako = strcmp(method->peer, "kurobako") == 0;
    memset(argv, 0, 4 * sizeof *argv);
    argv[0] = program;
    argv[1] = adapter;
    if (is_kurobako || strcmp(method->peer, "fidelio") == 0) {
        snprintf(program, 4200, "/proc/self/exe");
        snprintf(adapter, 4200, "%s", is_kurobako ? "bridge" : "solver");
        argv[2] = (char *)(uintptr_t)method->variant;
        return;
    }
    snprintf(program, 4200, "%.4000s/%s/bin/python", places->venvs, method->peer);
    snprintf(adapter, 4200, "%.4000s/%s_peer.py", places->peers, method->peer);
}

fid_status bench__run_peer(const bench_method *method, bench_problem *problem,
                           const bench_contest *contest, const bench_places *places,
                           void *stage, const bench_trace *trace, fid_error *err)
{
    char program[4200], adapter[4200], *argv[4];
    choose_program(method, places, program, adapter, argv);
    session self = {.method = method,
                    .problem = problem,
                    .contest = contest,
                    .places = places,
                    .stage = stage,
                    .err = err};
    self.config = fid_alloc(fid_space_n_params(problem->space), sizeof *self.config);
    self.used = fid_alloc(problem->pool.n, sizeof *self.used);
    fid_status status = self.config && self.used
                            ? bench_child_start(&self.child, argv, NULL, err)
                            : FID_NOMEM;
    if (!status)
        status = rounds(&self, trace);
    bench_child_stop(self.child);
    fid_text_deinit(&self.line);
    free(self.trials);
    free(self.config);
    free(self.used);
    return status;
}
