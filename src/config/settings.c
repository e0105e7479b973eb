/* A sweep as the study, the executor and people want it. */
#include "config/draft.h"

#include <inttypes.h>
#include <string.h>

void fid_sweep_settings(const fid_sweep *sweep, fid_study_settings *out)
{
    *out = (fid_study_settings){
        .name = sweep->name,
        .outline = sweep->outline,
        .sampler = sweep->sampler,
        .sampler_options = sweep->sampler_options,
        .scheduler = sweep->scheduler,
        .rules = sweep->rules,
        .seed = sweep->seed,
        .parallel = sweep->resources.parallel,
        .max_trials = sweep->budget.trials,
        .max_seconds = sweep->budget.seconds,
        .max_cost = sweep->budget.cost,
        .retry = sweep->retry,
        .max_failures = sweep->max_failures,
        .skip_default = !fid_space_has_default(sweep->space),
        .keep = sweep->keep,
        .keep_n = sweep->keep_n,
        .inherit = sweep->inherit,
        .grace = sweep->resources.grace,
        .definition = sweep->definition,
    };
}

void fid_sweep_exec_options(const fid_sweep *sweep, fid_exec_local_options *out)
{
    const fid_sweep_resources *r = &sweep->resources;
    *out = (fid_exec_local_options){
        .workdir = sweep->workdir,
        .study = sweep->name,
        .command = sweep->command,
        .n_command = sweep->n_command,
        .shell = sweep->shell,
        .resume_args = sweep->resume_args,
        .n_resume_args = sweep->n_resume_args,
        .program = sweep->program,
        .interpreter = sweep->interpreter,
        .collect = sweep->collect,
        .n_collect = sweep->n_collect,
        .parallel = r->parallel,
        .cpus = r->cpus,
        .gpus = r->gpus,
        .mem = r->mem,
        .timeout = r->timeout,
        .idle_timeout = r->idle_timeout,
        .grace = r->grace,
        .log_cap = r->log_cap,
        .orphans_kill = sweep->orphans_kill,
    };
}

/* --- JSON. Each appends `,"key":value`, without the comma after a brace. */

static void key(fid_text *out, const char *name)
{
    if (out->len && out->data[out->len - 1] != '{')
        fid_text_append(out, ",");
    fid_text_printf(out, "\"%s\":", name);
}

static void text(fid_text *out, const char *name, const char *value)
{
    if (!value)
        return;
    key(out, name);
    fid_text_append_json(out, value, strlen(value));
}

static void number(fid_text *out, const char *name, double value)
{
    key(out, name);
    fid_text_append_double(out, value);
}

static void count(fid_text *out, const char *name, uint64_t value)
{
    key(out, name);
    fid_text_printf(out, "%" PRIu64, value);
}

static void flag(fid_text *out, const char *name, bool value)
{
    key(out, name);
    fid_text_append(out, value ? "true" : "false");
}

static void words(fid_text *out, const char *name, const char *const *list, size_t n)
{
    if (n == 0)
        return;
    key(out, name);
    for (size_t i = 0; i < n; i++) {
        fid_text_append(out, i ? "," : "[");
        fid_text_append_json(out, list[i], strlen(list[i]));
    }
    fid_text_append(out, "]");
}

static void append_collect(const fid_sweep *sweep, fid_text *out)
{
    if (sweep->n_collect == 0)
        return;
    key(out, "collect");
    for (size_t i = 0; i < sweep->n_collect; i++) {
        const fid_collect *c = &sweep->collect[i];
        fid_text_append(out, i ? ",{" : "[{");
        text(out, "from", c->from == FID_FROM_STDOUT ? "stdout" : "stderr");
        text(out, "regex", c->regex);
        text(out, "step_from", c->step_from == FID_STEP_TOTAL ? "total" : "attempt");
        number(out, "step_offset", c->step_offset);
        fid_text_append(out, "}");
    }
    fid_text_append(out, "]");
}

static void append_resources(const fid_sweep_resources *r, fid_text *out)
{
    key(out, "resources");
    fid_text_append(out, "{");
    count(out, "parallel", r->parallel);
    count(out, "cpus", r->cpus);
    count(out, "gpus", r->gpus);
    count(out, "mem", r->mem);
    number(out, "timeout", r->timeout);
    number(out, "idle_timeout", r->idle_timeout);
    number(out, "grace", r->grace);
    fid_text_append(out, "}");
}

/* How a trial is run. */
static void append_run(const fid_sweep *sweep, fid_text *out)
{
    words(out, sweep->shell ? "shell" : "command", sweep->command, sweep->n_command);
    words(out, "resume_args", sweep->resume_args, sweep->n_resume_args);
    text(out, "program", sweep->program);
    text(out, "interpreter", sweep->interpreter);
    text(out, "workdir", sweep->workdir);
    append_collect(sweep, out);
    append_resources(&sweep->resources, out);
    text(out, "orphans", sweep->orphans_kill ? "kill" : "adopt");
}

const char *fid__definition_of(fid__arena *arena, const fid_sweep *sweep)
{
    fid_text out = {0};
    fid_text_append(&out, "{");
    text(&out, "description", sweep->description);
    append_run(sweep, &out);
    fid_text_append(&out, "}");
    return fid__arena_take(arena, &out);
}

static void append_metrics(const fid_outline *outline, fid_text *out)
{
    static const char *const goals[] = {"minimize", "maximize", "at_most", "at_least",
                                        "none"};
    key(out, "metric");
    for (size_t m = 0; m < outline->n_metrics; m++) {
        const fid_metric *metric = &outline->metrics[m];
        fid_text_append(out, m ? ",{" : "[{");
        text(out, "name", metric->name);
        text(out, "goal", goals[metric->goal]);
        if (metric->goal == FID_GOAL_AT_MOST || metric->goal == FID_GOAL_AT_LEAST)
            number(out, "bound", metric->bound);
        if (metric->has_target)
            number(out, "target", metric->target);
        if (metric->has_reference)
            number(out, "reference", metric->reference);
        fid_text_append(out, "}");
    }
    fid_text_append(out, "]");
}

static void append_fidelity(const fid_fidelity *f, fid_text *out)
{
    enum { MOST = 64 };
    static const char *const modes[] = {"none", "resume", "restart", "stop"};
    double rungs[MOST];
    key(out, "fidelity");
    fid_text_append(out, "{");
    text(out, "mode", modes[f->mode]);
    if (f->mode != FID_MODE_NONE) {
        text(out, "name", f->name);
        number(out, "min", f->min);
        number(out, "max", f->max);
        number(out, "eta", f->eta);
        flag(out, "integer", f->integer);
        key(out, "rungs");
        size_t n = fid_ladder(f, rungs, MOST);
        for (size_t i = 0; i < n && i < MOST; i++) {
            fid_text_append(out, i ? "," : "[");
            fid_text_append_double(out, rungs[i]);
        }
        fid_text_append(out, "]");
    }
    fid_text_append(out, "}");
}

static void append_rules(const fid_scheduler_rules *r, fid_text *out)
{
    key(out, "rules");
    fid_text_append(out, "{");
    flag(out, "stopping", r->stopping);
    count(out, "brackets", r->brackets);
    count(out, "min_trials", r->min_trials);
    number(out, "min_step", r->min_step);
    number(out, "interval", r->interval);
    number(out, "percentile", r->percentile);
    count(out, "patience", r->patience);
    number(out, "min_delta", r->min_delta);
    if (r->has_lower)
        number(out, "lower", r->lower);
    if (r->has_upper)
        number(out, "upper", r->upper);
    number(out, "p_threshold", r->p_threshold);
    number(out, "risk", r->risk);
    fid_text_append(out, "}");
}

static void append_enqueued(const fid_sweep *sweep, fid_text *out)
{
    size_t n_params = fid_space_n_params(sweep->space);
    key(out, "enqueue");
    fid_text_append(out, "[");
    for (size_t i = 0; i < sweep->n_enqueued; i++) {
        fid_text_append(out, i ? "," : "");
        fid_space_config_to_json(sweep->space, sweep->enqueued + i * n_params, out);
    }
    fid_text_append(out, "]");
}

static void append_keep(const fid_sweep *sweep, fid_text *out)
{
    static const char *const keeps[] = {"all", "best", "none"};
    text(out, "keep", keeps[sweep->keep]);
    if (sweep->keep == FID_KEEP_BEST)
        count(out, "keep_n", sweep->keep_n);
    if (sweep->inherit)
        flag(out, "inherit", true);
}

void fid_sweep_to_json(const fid_sweep *sweep, fid_text *out)
{
    fid_text_append(out, "{");
    text(out, "name", sweep->name);
    text(out, "description", sweep->description);
    text(out, "file", sweep->file);
    text(out, "method", sweep->method);
    text(out, "sampler", sweep->sampler->name);
    text(out, "scheduler", sweep->scheduler->name);
    append_rules(&sweep->rules, out);
    append_metrics(&sweep->outline, out);
    append_fidelity(&sweep->outline.fidelity, out);
    append_run(sweep, out);
    key(out, "budget");
    fid_text_append(out, "{");
    count(out, "trials", sweep->budget.trials);
    number(out, "seconds", sweep->budget.seconds);
    number(out, "cost", sweep->budget.cost);
    fid_text_append(out, "}");
    count(out, "retry", sweep->retry);
    count(out, "max_failures", sweep->max_failures);
    append_keep(sweep, out);
    count(out, "seed", sweep->seed);
    append_enqueued(sweep, out);
    key(out, "space");
    fid_space_to_json(sweep->space, out);
    fid_text_append(out, "}");
}
