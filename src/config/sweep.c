/* The sweep file from the top: its sections, and what they are together. */
#include "config/draft.h"

#include <fidelio/catalog.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20 };

/* --- Sections of a few plain values. */

static void read_budget(fid__walk *w, const fid__field *field, const fid__node *node,
                        const char *where, void *into)
{
#define AT(member) .offset = offsetof(fid_sweep_budget, member)
    static const fid__field fields[] = {
        {.key = "trials", .read = fid__read_count, AT(trials), .low = 1, .high = 1e9},
        {.key = "time", .read = fid__read_seconds, AT(seconds), .above = true, .high = 1e9},
        {.key = "cost", .read = fid__read_number, AT(cost), .above = true, .high = 1e18},
    };
#undef AT
    (void)field;
    (void)into;
    (void)fid__read_map(w, fields, sizeof fields / sizeof *fields, node, where,
                        &w->sweep->budget);
}

static void read_resources(fid__walk *w, const fid__field *field, const fid__node *node,
                           const char *where, void *into)
{
#define AT(member) .offset = offsetof(fid_sweep_resources, member)
    static const fid__field fields[] = {
        {.key = "parallel", .read = fid__read_count, AT(parallel), .low = 1, .high = 4096},
        {.key = "cpus", .read = fid__read_count, AT(cpus), .high = 4096},
        {.key = "gpus", .read = fid__read_count, AT(gpus), .high = 1024},
        {.key = "mem", .read = fid__read_bytes, AT(mem)},
        {.key = "timeout", .read = fid__read_seconds, AT(timeout), .high = 1e9, .above = true},
        {.key = "idle_timeout", .read = fid__read_seconds, AT(idle_timeout), .high = 1e9,
         .above = true},
        {.key = "grace", .read = fid__read_seconds, AT(grace), .high = 1e6},
        {.key = "log_cap", .read = fid__read_bytes, AT(log_cap)},
    };
#undef AT
    (void)field;
    (void)into;
    (void)fid__read_map(w, fields, sizeof fields / sizeof *fields, node, where,
                        &w->sweep->resources);
}

/* all | none | best-3 */
static void read_keep(fid__walk *w, const fid__field *field, const fid__node *node,
                      const char *where, void *into)
{
    int64_t n = 0;
    fid_sweep *sweep = w->sweep;
    (void)field;
    (void)into;
    if (fid__node_is(node, "all")) {
        sweep->keep = FID_KEEP_ALL;
    } else if (fid__node_is(node, "none")) {
        sweep->keep = FID_KEEP_NONE;
    } else if (node->kind == FID__SCALAR && strncmp(node->text, "best-", 5) == 0 &&
               fid_parse_int(node->text + 5, node->n - 5, &n) && n > 0) {
        sweep->keep = FID_KEEP_BEST;
        sweep->keep_n = (size_t)n;
    } else {
        fid__error(w->log, node->mark, NULL, "%s must be all, none or like best-3, not %s",
                   where, fid__describe(node).text);
    }
}

static void read_checkpoints(fid__walk *w, const fid__field *field, const fid__node *node,
                             const char *where, void *into)
{
    static const fid__field fields[] = {
        {.key = "keep", .read = read_keep, .required = true},
    };
    (void)field;
    (void)fid__read_map(w, fields, 1, node, where, into);
}

static void read_seed(fid__walk *w, const fid__field *field, const fid__node *node,
                      const char *where, void *into)
{
    fid__scalar scalar = {.kind = FID__STRING};
    (void)field;
    if (node->kind == FID__SCALAR)
        scalar = fid__scalar_of(node);
    if (scalar.kind == FID__INT && scalar.i >= 0)
        *(uint64_t *)into = (uint64_t)scalar.i;
    else
        fid__error(w->log, node->mark, NULL, "%s must be a whole number from 0 on, not %s",
                   where, fid__describe(node).text);
}

static void read_orphans(fid__walk *w, const fid__field *field, const fid__node *node,
                         const char *where, void *into)
{
    static const char *const words[] = {"adopt", "kill", NULL};
    const fid__field choice = {.words = words};
    int chosen = 0;
    (void)field;
    fid__read_choice(w, &choice, node, where, &chosen);
    *(bool *)into = chosen == 1;
}

/* Keys of W&B that mean nothing without its server. */
static void read_foreign(fid__walk *w, const fid__field *field, const fid__node *node,
                         const char *where, void *into)
{
    (void)field;
    (void)into;
    fid__note(w->log, node->mark, NULL, "'%s' means nothing here and is passed over", where);
}

static void refuse_foreign(fid__walk *w, const fid__field *field, const fid__node *node,
                           const char *where, void *into)
{
    (void)field;
    (void)into;
    fid__error(w->log, node->mark, "name the program or command that trains",
               "'%s' needs W&B's server", where);
}

/* --- The whole file. Sections fill w->sweep by themselves; the rest is kept here. */

typedef struct {
    const char *name, *workdir, *program, *interpreter;
    const fid__node *description, *parameters, *constraints, *forbidden, *enqueue;
    uint64_t seed;
    double risk;
    size_t retry, max_failures, run_cap;
    bool orphans_kill;
} top;

#define AT(member) .offset = offsetof(top, member)
static const fid__field top_fields[] = {
    {.key = "name", .read = fid__read_text, AT(name)},
    {.key = "description", .read = fid__read_node, AT(description)},
    {.key = "workdir", .read = fid__read_text, AT(workdir)},
    {.key = "program", .read = fid__read_text, AT(program)},
    {.key = "interpreter", .read = fid__read_text, AT(interpreter)},
    {.key = "metric", .read = fid__read_metric, .required = true},
    {.key = "method", .read = fid__read_method},
    {.key = "parameters", .read = fid__read_node, AT(parameters), .required = true},
    {.key = "constraints", .read = fid__read_node, AT(constraints)},
    {.key = "forbidden", .read = fid__read_node, AT(forbidden)},
    {.key = "enqueue", .read = fid__read_node, AT(enqueue)},
    {.key = "seed", .read = read_seed, AT(seed)},
    {.key = "risk", .read = fid__read_number, AT(risk), .high = 0.5, .above = true},
    {.key = "budget", .read = read_budget},
    {.key = "resources", .read = read_resources},
    {.key = "fidelity", .read = fid__read_fidelity},
    {.key = "early_terminate", .read = fid__read_early_terminate},
    {.key = "collect", .read = fid__read_collect},
    {.key = "command", .read = fid__read_command},
    {.key = "resume_args", .read = fid__read_resume_args},
    {.key = "retry", .read = fid__read_count, AT(retry), .high = 1000},
    {.key = "max_failures", .read = fid__read_count, AT(max_failures), .high = 1e9},
    {.key = "checkpoints", .read = read_checkpoints},
    {.key = "orphans", .read = read_orphans, AT(orphans_kill)},
    {.key = "run_cap", .read = fid__read_count, AT(run_cap), .low = 1, .high = 1e9},
    {.key = "project", .read = read_foreign},
    {.key = "entity", .read = read_foreign},
    {.key = "controller", .read = read_foreign},
    {.key = "apiVersion", .read = read_foreign},
    {.key = "kind", .read = read_foreign},
    {.key = "job", .read = refuse_foreign},
    {.key = "image_uri", .read = refuse_foreign},
};
#undef AT

static void set_places(fid__walk *w, const char *file, const top *given)
{
    fid_sweep *sweep = w->sweep;
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    const char *dot = strrchr(base, '.');
    const fid__node *at = fid__node_get(w->draft->root, "name");
    sweep->file = fid__arena_copy(w->arena, file, strlen(file));
    sweep->folder = fid__folder_of(w->arena, file);
    sweep->name = given->name ? fid__folder_name(w->arena, given->name, strlen(given->name))
                              : fid__folder_name(w->arena, base,
                                                 dot && dot > base ? (size_t)(dot - base)
                                                                   : strlen(base));
    if (given->name && sweep->name && strcmp(given->name, sweep->name) != 0)
        fid__note(w->log, at->mark, NULL, "name: the study's folder is called '%s'", sweep->name);
    sweep->workdir = sweep->folder && given->workdir
                         ? fid__path_under(w->arena, sweep->folder, given->workdir)
                         : sweep->folder;
}

/* W&B's own: a program is run by its interpreter with all parameters. */
static void use_program(fid_sweep *sweep)
{
    static const char *const words[] = {"${env}", "${interpreter}", "${program}", "${args}"};
    if (sweep->n_command || !sweep->program)
        return;
    sweep->command = words;
    sweep->n_command = sizeof words / sizeof *words;
}

static void set_defaults(fid_sweep *sweep)
{
    sweep->method = "auto";
    sweep->sampler = fid_catalog_sampler("auto");
    sweep->resources = (fid_sweep_resources){.parallel = 1, .cpus = 1, .grace = 10};
    sweep->outline.n_objectives = 1;
}

static void read_root(fid__walk *w, const char *file)
{
    top given = {.max_failures = 3};
    fid_sweep *sweep = w->sweep;
    fid__draft *draft = w->draft;
    set_defaults(sweep);
    if (!fid__read_map(w, top_fields, sizeof top_fields / sizeof *top_fields, draft->root, "",
                       &given))
        return;
    set_places(w, file, &given);
    sweep->program = given.program;
    sweep->interpreter = given.interpreter;
    sweep->seed = given.seed;
    sweep->retry = given.retry;
    sweep->max_failures = given.max_failures;
    sweep->orphans_kill = given.orphans_kill;
    sweep->rules.risk = given.risk;
    if (!sweep->budget.trials)
        sweep->budget.trials = given.run_cap;
    draft->parameters = given.parameters;
    draft->constraints = given.constraints;
    draft->forbidden = given.forbidden;
    draft->enqueue = given.enqueue;
    use_program(sweep);
    fid__choose_mode(w);
    fid__choose_scheduler(w);
    fid__build_space(w);
    fid__read_enqueue(w);
    fid__try_sampler(w);
    fid__check_collect(w);
    fid__check_command(w);
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
    draft.root = fid__read_yaml(&self->arena, &log);
    if (draft.root)
        read_root(&walk, file);
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
    char *text;
    size_t n;
    fid_error err = {0};
    *out = NULL;
    fid_diagnostics_deinit(d);
    fid_status status = fid__read_file(path, MOST_BYTES, &text, &n, &err);
    if (status == FID_OK) {
        status = fid_sweep_parse(out, text, n, path, d);
    } else if (status != FID_NOMEM) {
        fid__log log;
        d->file = fid_strdup(path);
        fid__log_init(&log, d, "", 0);
        fid__error(&log, (fid__mark){0}, NULL, "%s", err.message);
        fid__log_deinit(&log);
        status = status == FID_LIMIT ? FID_PARSE : status;
    }
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
