/* The sweep file as a whole: read, checked, and turned into settings. */
#include "config/sweep.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- small sections */

typedef struct {
    const char *name, *workdir, *description, *project, *entity, *interpreter, *program;
    const fid__node *method_node, *parameters, *constraints, *forbidden, *metric,
        *fidelity, *early_terminate, *collect, *command, *resume_args, *budget, *resources,
        *checkpoints, *controller;
    size_t retry, run_cap, seed, max_failures;
    int orphans;
} top;

static const char *const orphan_words[] = {"adopt", "kill", NULL};

#define AT(member) .offset = offsetof(top, member)
#define NODE(member) {.key = #member, .read = fid__read_node, AT(member)}
static const fid__field top_fields[] = {
    {.key = "name", .read = fid__read_text, AT(name)},
    {.key = "workdir", .read = fid__read_text, AT(workdir)},
    {.key = "program", .read = fid__read_text, AT(program)},
    {.key = "interpreter", .read = fid__read_text, AT(interpreter)},
    {.key = "description", .read = fid__read_text, AT(description)},
    {.key = "project", .read = fid__read_text, AT(project)},
    {.key = "entity", .read = fid__read_text, AT(entity)},
    {.key = "method", .read = fid__read_node, AT(method_node)},
    NODE(parameters),
    NODE(constraints),
    NODE(forbidden),
    NODE(metric),
    NODE(fidelity),
    NODE(early_terminate),
    NODE(collect),
    NODE(command),
    NODE(resume_args),
    NODE(budget),
    NODE(resources),
    NODE(checkpoints),
    NODE(controller),
    {.key = "retry", .read = fid__read_count, AT(retry), .low = 0, .high = 1000},
    {.key = "run_cap", .read = fid__read_count, AT(run_cap), .low = 1, .high = 1e9},
    {.key = "seed", .read = fid__read_count, AT(seed), .low = 0, .high = 9007199254740992.0},
    {.key = "max_failures", .read = fid__read_count, AT(max_failures), .low = 1, .high = 1e9},
    {.key = "orphans", .read = fid__read_choice, AT(orphans), .words = orphan_words},
};
#undef NODE
#undef AT

#define AT(member) .offset = offsetof(fid_sweep_budget, member)
static const fid__field budget_fields[] = {
    {.key = "trials", .read = fid__read_count, AT(trials), .low = 1, .high = 1e9},
    {.key = "time", .read = fid__read_seconds, AT(seconds), .low = 0, .high = 1e9, .above = true},
    {.key = "cost", .read = fid__read_number, AT(cost), .low = 0, .high = 1e18, .above = true},
};
#undef AT

#define AT(member) .offset = offsetof(fid_sweep_resources, member)
static const fid__field resource_fields[] = {
    {.key = "parallel", .read = fid__read_count, AT(parallel), .low = 1, .high = 4096},
    {.key = "cpus", .read = fid__read_count, AT(cpus), .low = 0, .high = 4096},
    {.key = "gpus", .read = fid__read_count, AT(gpus), .low = 0, .high = 64},
    {.key = "mem", .read = fid__read_bytes, AT(mem)},
    {.key = "timeout", .read = fid__read_seconds, AT(timeout), .low = 0, .high = 1e9, .above = true},
    {.key = "idle_timeout", .read = fid__read_seconds, AT(idle_timeout), .low = 0, .high = 1e9, .above = true},
    {.key = "grace", .read = fid__read_seconds, AT(grace), .low = 0, .high = 1e6},
    {.key = "log_cap", .read = fid__read_bytes, AT(log_cap)},
};
#undef AT

static void read_checkpoints(fid__walk *w, const fid__node *node)
{
    static const fid__field fields[] = {{.key = "keep", .read = fid__read_text}};
    const char *keep = NULL;
    if (!fid__read_map(w, fields, 1, node, "checkpoints", &keep) || !keep)
        return;
    int64_t n;
    if (strcmp(keep, "all") == 0) {
        w->sweep->keep = FID_KEEP_ALL;
    } else if (strcmp(keep, "none") == 0) {
        w->sweep->keep = FID_KEEP_NONE;
    } else if (strncmp(keep, "best-", 5) == 0 &&
               fid_parse_int(keep + 5, strlen(keep + 5), &n) && n >= 1 && n <= 100000) {
        w->sweep->keep = FID_KEEP_BEST;
        w->sweep->keep_n = (size_t)n;
    } else {
        fid__error(w->log, node->mark, "one of all, none, best-3",
                   "checkpoints.keep: '%s' is not known", keep);
    }
}

/* --- names and places */

static const char *copy(fid__walk *w, const char *s)
{
    return s ? fid__arena_copy(w->arena, s, strlen(s)) : NULL;
}

static bool is_name(const char *s)
{
    static const char *const legal =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(s);
    return n >= 1 && n <= 128 && strspn(s, legal) == n && *s != '.' && *s != '-';
}

static void place(fid__walk *w, const char *file, const top *read, const fid__node *root)
{
    fid_sweep *sweep = w->sweep;
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    size_t stem = strcspn(base, ".");
    sweep->file = copy(w, file);
    sweep->folder = slash ? fid__arena_copy(w->arena, file, slash > file ? (size_t)(slash - file) : 1)
                          : copy(w, ".");
    sweep->name = read->name ? read->name : fid__arena_copy(w->arena, base, stem);
    if (sweep->name && !is_name(sweep->name)) {
        const fid__node *at = fid__node_get(root, "name");
        if (at)
            fid__error(w->log, at->mark, "letters, digits, '.', '_', '-'",
                       "name: '%.60s' is not fit for a folder", sweep->name);
        else
            sweep->name = copy(w, "sweep");
    }
    fid_text workdir = {0};
    if (read->workdir && read->workdir[0] == '/')
        fid_text_append(&workdir, read->workdir);
    else
        fid_text_printf(&workdir, "%s%s%s", sweep->folder ? sweep->folder : ".",
                        read->workdir ? "/" : "", read->workdir ? read->workdir : "");
    sweep->workdir = fid__arena_take(w->arena, &workdir);
}

/* --- the whole */

static void read_space(fid__walk *w, const top *read)
{
    fid_error err = {0};
    if (fid_space_create(&w->sweep->space) != FID_OK) {
        w->log->out->failed = true;
        return;
    }
    size_t before = w->log->out->n_errors;
    fid__read_parameters(w, read->parameters);
    for (const fid__param *p = w->draft->params; p; p = p->next)
        if (p->spec.when)
            fid__add_when(w, p);
    fid__add_constraints(w);
    if (w->log->out->n_errors == before &&
        fid_space_freeze(w->sweep->space, &err) != FID_OK)
        fid__error(w->log, read->parameters->mark, NULL, "%s", err.message);
}

static void default_command(fid__walk *w)
{
    static const char *const macros[] = {"${env}", "${interpreter}", "${program}", "${args}"};
    if (w->sweep->n_command || !w->sweep->program)
        return;
    w->sweep->command = macros;
    w->sweep->n_command = sizeof macros / sizeof *macros;
}

static void read_method(fid__walk *w, const top *read)
{
    const char *method = "auto";
    if (read->method_node)
        (void)fid__want_text(w, read->method_node, "method", &method);
    w->sweep->method = method;
    fid__choose_method(w, read->method_node);
}

static void need(fid__walk *w, bool there, const char *what, const char *remedy)
{
    if (!there)
        fid__error(w->log, (fid__mark){0}, remedy, "'%s' is missing", what);
}

static void read_sections(fid__walk *w, const top *read)
{
    fid_sweep *sweep = w->sweep;
    if (read->metric)
        fid__read_metric(w, NULL, read->metric, "metric", NULL);
    if (read->fidelity)
        fid__read_fidelity(w, NULL, read->fidelity, "fidelity", NULL);
    else if (read->early_terminate)
        fid__read_early_terminate(w, NULL, read->early_terminate, "early_terminate", NULL);
    if (read->collect)
        fid__read_collect(w, NULL, read->collect, "collect", NULL);
    if (read->command)
        fid__read_command(w, NULL, read->command, "command", NULL);
    if (read->resume_args)
        fid__read_words(w, NULL, read->resume_args, "resume_args", NULL);
    if (read->budget)
        (void)fid__read_map(w, budget_fields, sizeof budget_fields / sizeof *budget_fields,
                            read->budget, "budget", &sweep->budget);
    if (read->resources)
        (void)fid__read_map(w, resource_fields, sizeof resource_fields / sizeof *resource_fields,
                            read->resources, "resources", &sweep->resources);
    if (read->checkpoints)
        read_checkpoints(w, read->checkpoints);
}

static void read_root(fid__walk *w, const char *file, const fid__node *root)
{
    fid_sweep *sweep = w->sweep;
    top read = {.seed = 0, .max_failures = 3};
    if (!fid__want_map(w, root, "the sweep file"))
        return;
    (void)fid__read_map(w, top_fields, sizeof top_fields / sizeof *top_fields, root, "", &read);
    w->draft->root = root;
    w->draft->constraints = read.constraints;
    w->draft->forbidden = read.forbidden;
    place(w, file, &read, root);
    sweep->program = read.program;
    sweep->interpreter = read.interpreter;
    sweep->retry = read.retry;
    sweep->seed = read.seed;
    sweep->max_failures = read.max_failures;
    sweep->orphans_kill = read.orphans == 1;
    sweep->budget.trials = read.run_cap;
    sweep->resources = (fid_sweep_resources){.parallel = 1, .cpus = 1, .grace = 10};
    sweep->outline.n_objectives = 1;
    read_sections(w, &read);
    if (!read.fidelity && !read.early_terminate)
        sweep->outline.fidelity = (fid_fidelity){.min = 1, .max = 1, .eta = 3};
    read_method(w, &read);
    fid__choose_scheduler(w);
    default_command(w);
    need(w, read.parameters != NULL, "parameters", "parameters: {lr: {min: 1e-4, max: 0.1, scale: log}}");
    need(w, read.metric != NULL, "metric", "metric: {name: loss, goal: minimize}");
    need(w, sweep->n_command > 0, "command", "command: [python3, train.py, '${args}']");
    if (read.parameters)
        read_space(w, &read);
}

typedef struct {
    fid__arena arena;
    fid_sweep sweep;
} owned;

fid_status fid_sweep_parse(fid_sweep **out, const char *text, size_t n, const char *file,
                           fid_diagnostics *d)
{
    *out = NULL;
    fid_diagnostics_deinit(d);
    d->file = fid_strdup(file);
    owned *self = fid_alloc(1, sizeof *self);
    if (!self || !d->file) {
        free(self);
        return FID_NOMEM;
    }
    self->sweep.owned = self;
    fid__log log;
    fid__log_init(&log, d, text, n);
    fid__draft draft = {0};
    draft.last_param = &draft.params;
    fid__walk walk = {&self->arena, &log, &self->sweep, &draft};
    fid__node *root = fid__read_yaml(&self->arena, &log);
    if (root)
        read_root(&walk, file, root);
    fid__log_sort(&log);
    fid__log_deinit(&log);
    fid_status status = d->failed || self->arena.failed ? FID_NOMEM
                        : d->n_errors                   ? FID_PARSE
                                                        : FID_OK;
    if (status == FID_OK)
        *out = &self->sweep;
    else
        fid_sweep_destroy(&self->sweep);
    return status;
}

fid_status fid_sweep_load(fid_sweep **out, const char *path, fid_diagnostics *d)
{
    enum { MOST = 1 << 20 };
    *out = NULL;
    fid_diagnostics_deinit(d);
    char *text = malloc(MOST + 1);
    FILE *file = text ? fopen(path, "rb") : NULL;
    size_t n = file ? fread(text, 1, MOST + 1, file) : 0;
    fid_status status = file && !ferror(file) ? FID_OK : FID_IO;
    if (status != FID_OK || n > MOST) {
        fid__log log;
        d->file = fid_strdup(path);
        fid__log_init(&log, d, "", 0);
        if (n > MOST)
            fid__error(&log, (fid__mark){0}, NULL, "the file is larger than 1 MiB");
        else
            fid__error(&log, (fid__mark){0}, NULL, "cannot read the file: %s", strerror(errno));
        fid__log_deinit(&log);
        status = FID_IO;
    } else {
        status = fid_sweep_parse(out, text, n, path, d);
    }
    if (file)
        (void)fclose(file);
    free(text);
    return status;
}

void fid_sweep_destroy(fid_sweep *sweep)
{
    if (!sweep)
        return;
    owned *self = sweep->owned;
    fid_space_destroy(self->sweep.space);
    fid__arena_deinit(&self->arena);
    free(self);
}

/* --- what the study and the executor want of it */

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
        .keep = sweep->keep,
        .keep_n = sweep->keep_n,
        .grace = sweep->resources.grace,
    };
}

void fid_sweep_exec_options(const fid_sweep *sweep, fid_exec_local_options *out)
{
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
        .parallel = sweep->resources.parallel,
        .cpus = sweep->resources.cpus,
        .gpus = sweep->resources.gpus,
        .mem = sweep->resources.mem,
        .timeout = sweep->resources.timeout,
        .idle_timeout = sweep->resources.idle_timeout,
        .grace = sweep->resources.grace,
        .log_cap = sweep->resources.log_cap,
        .orphans_kill = sweep->orphans_kill,
    };
}

void fid_sweep_to_json(const fid_sweep *sweep, fid_text *out)
{
    const fid_fidelity *fidelity = &sweep->outline.fidelity;
    fid_text_append(out, "{\"name\":");
    fid_text_append_json(out, sweep->name, strlen(sweep->name));
    fid_text_printf(out, ",\"sampler\":\"%s\",\"scheduler\":\"%s\",\"seed\":%llu",
                    sweep->sampler->name, sweep->scheduler->name, (unsigned long long)sweep->seed);
    fid_text_append(out, ",\"fidelity\":{\"min\":");
    fid_text_append_double(out, fidelity->min);
    fid_text_append(out, ",\"max\":");
    fid_text_append_double(out, fidelity->max);
    fid_text_append(out, ",\"eta\":");
    fid_text_append_double(out, fidelity->eta);
    fid_text_printf(out, "},\"parallel\":%zu,\"retry\":%zu,\"trials\":%zu,\"seconds\":",
                    sweep->resources.parallel, sweep->retry, sweep->budget.trials);
    fid_text_append_double(out, sweep->budget.seconds);
    fid_text_append(out, ",\"command\":[");
    for (size_t i = 0; i < sweep->n_command; i++) {
        fid_text_append(out, i ? "," : "");
        fid_text_append_json(out, sweep->command[i], strlen(sweep->command[i]));
    }
    fid_text_append(out, "],\"space\":");
    fid_space_to_json(sweep->space, out);
    fid_text_append(out, "}");
}
