/* The sweep file from the top: its sections, and what they are together. */
#include "config/draft.h"

#include <fidelio/catalog.h>

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
        {.key = "time",
         .read = fid__read_seconds,
         AT(seconds),
         .above = true,
         .high = 1e9},
        {.key = "cost",
         .read = fid__read_number,
         AT(cost),
         .above = true,
         .high = 1e18},
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
        {.key = "parallel",
         .read = fid__read_count,
         AT(parallel),
         .low = 1,
         .high = 4096},
        {.key = "cpus", .read = fid__read_count, AT(cpus), .high = 4096},
        {.key = "gpus", .read = fid__read_count, AT(gpus), .high = 1024},
        {.key = "mem", .read = fid__read_bytes, AT(mem)},
        {.key = "timeout",
         .read = fid__read_seconds,
         AT(timeout),
         .high = 1e9,
         .above = true},
        {.key = "idle_timeout",
         .read = fid__read_seconds,
         AT(idle_timeout),
         .high = 1e9,
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
        fid__error(w->log, node->mark, NULL,
                   "%s must be all, none or like best-3, not %s", where,
                   fid__describe(node).text);
    }
}

static void read_checkpoints(fid__walk *w, const fid__field *field,
                             const fid__node *node, const char *where, void *into)
{
    static const fid__field fields[] = {
        {.key = "keep", .read = read_keep},
        {.key = "inherit",
         .read = fid__read_flag,
         .offset = offsetof(fid_sweep, inherit)},
    };
    (void)field;
    (void)into;
    (void)fid__read_map(w, fields, 2, node, where, w->sweep);
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
        fid__error(w->log, node->mark, NULL,
                   "%s must be a whole number from 0 on, not %s", where,
                   fid__describe(node).text);
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
    fid__note(w->log, node->mark, NULL, "'%s' means nothing here and is passed over",
              where);
}

static void refuse_foreign(fid__walk *w, const fid__field *field, const fid__node *node,
                           const char *where, void *into)
{
    (void)field;
    (void)into;
    fid__error(w->log, node->mark, "name the program or command that trains",
               "'%s' needs W&B's server", where);
}

/* --- The whole file, in the order in which it is understood. */

/* What a load makes; fid_sweep.owned points here. */
typedef struct {
    fid_sweep sweep;
    fid__draft draft; /* its nodes die with the load */
    fid__arena arena;
} whole;

#define AT(member) .offset = offsetof(whole, member)
#define NODE(name)                                                                     \
    {                                                                                  \
        .key = #name, .read = fid__read_node, AT(draft.name)                           \
    }
static const fid__field top_fields[] = {
    {.key = "name", .read = fid__read_node, AT(draft.name)},
    {.key = "description", .read = fid__read_text, AT(sweep.description)},
    {.key = "workdir", .read = fid__read_text, AT(draft.workdir)},
    {.key = "program", .read = fid__read_text, AT(sweep.program)},
    {.key = "interpreter", .read = fid__read_text, AT(sweep.interpreter)},
    {.key = "metric", .read = fid__read_metric},
    {.key = "method", .read = fid__read_method},
    {.key = "seed", .read = read_seed, AT(sweep.seed)},
    NODE(parameters),
    NODE(constraints),
    NODE(forbidden),
    NODE(enqueue),
    {.key = "run_cap",
     .read = fid__read_count,
     AT(sweep.budget.trials),
     .low = 1,
     .high = 1e9},
    {.key = "budget", .read = read_budget},
    {.key = "resources", .read = read_resources},
    {.key = "risk",
     .read = fid__read_number,
     AT(sweep.rules.risk),
     .high = 0.5,
     .above = true},
    {.key = "fidelity", .read = fid__read_fidelity},
    {.key = "early_terminate", .read = fid__read_early_terminate},
    {.key = "collect", .read = fid__read_collect},
    {.key = "command", .read = fid__read_command},
    {.key = "resume_args", .read = fid__read_resume_args},
    {.key = "retry", .read = fid__read_count, AT(sweep.retry), .high = 1000},
    {.key = "max_failures",
     .read = fid__read_count,
     AT(sweep.max_failures),
     .high = 1e9},
    {.key = "checkpoints", .read = read_checkpoints},
    {.key = "orphans", .read = read_orphans, AT(sweep.orphans_kill)},
    {.key = "project", .read = read_foreign},
    {.key = "entity", .read = read_foreign},
    {.key = "controller", .read = read_foreign},
    {.key = "apiVersion", .read = read_foreign},
    {.key = "kind", .read = read_foreign},
    {.key = "job", .read = refuse_foreign},
    {.key = "image_uri", .read = refuse_foreign},
};
#undef NODE
#undef AT
enum { N_TOP = sizeof top_fields / sizeof *top_fields };

static void need(fid__walk *w, const char *key, const char *example)
{
    if (!fid__node_get(w->draft->root, key))
        fid__error(w->log, (fid__mark){0}, example, "'%s' is missing", key);
}

/* The name is that of a folder; without one it is the file's. */
static void choose_name(fid__walk *w)
{
    const fid__node *node = w->draft->name;
    const char *file = w->sweep->file, *slash = strrchr(file, '/'), *text = NULL;
    const char *base = slash ? slash + 1 : file;
    if (!node) {
        const char *dot = strrchr(base, '.');
        w->sweep->name = fid__folder_name(
            w->arena, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
        return;
    }
    if (!fid__want_text(w, node, "name", &text))
        return;
    w->sweep->name = fid__folder_name(w->arena, text, strlen(text));
    if (w->sweep->name && strcmp(w->sweep->name, text) != 0)
        fid__warn(w->log, node->mark, NULL,
                  "name: '%s' is not fit for a folder; the study is called '%s'",
                  fid__show(text, strlen(text)).text, w->sweep->name);
}

static void choose_places(fid__walk *w)
{
    const char *workdir = w->draft->workdir;
    w->sweep->workdir = workdir ? fid__path_under(w->arena, w->sweep->folder, workdir)
                                : w->sweep->folder;
}

static void warn_of_no_end(fid__walk *w)
{
    const fid_sweep *sweep = w->sweep;
    const fid_sweep_budget *b = &sweep->budget;
    if (b->trials || b->seconds > 0 || b->cost > 0 || !sweep->space ||
        (sweep->sampler && strcmp(sweep->sampler->name, "grid") == 0))
        return;
    fid__warn(w->log, (fid__mark){0}, "budget: {trials: 50} or {time: 1h}",
              "no budget: it goes on until it is stopped");
}

static void read_whole(fid__walk *w, const fid__node *root)
{
    fid_sweep *sweep = w->sweep;
    w->draft->root = root;
    sweep->method = "auto";
    sweep->sampler = fid_catalog_sampler("auto");
    sweep->resources = (fid_sweep_resources){.parallel = 1, .cpus = 1, .grace = 10};
    sweep->max_failures = 3;
    sweep->folder = fid__folder_of(w->arena, sweep->file);
    if (!sweep->folder ||
        !fid__read_map(w, top_fields, N_TOP, root, "", (char *)w->sweep))
        return;
    need(w, "parameters", "parameters: {lr: {min: 1e-4, max: 0.1, scale: log}}");
    need(w, "metric", "metric: {name: loss, goal: minimize}");
    choose_name(w);
    choose_places(w);
    fid__build_space(w);
    fid__read_enqueue(w);
    fid__choose_mode(w);
    fid__choose_scheduler(w);
    fid__try_sampler(w);
    fid__check_collect(w);
    fid__check_command(w);
    if (w->arena->failed || w->log->out->n_errors)
        return;
    warn_of_no_end(w);
    sweep->definition = fid__definition_of(w->arena, sweep);
}

/* --- Loading. */

/* Plain text in UTF-8; a byte order mark is passed over. */
static bool is_text(fid__log *log, const char *text, size_t n)
{
    const unsigned char *b = (const unsigned char *)text;
    bool wide = n > 1 &&
                ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF));
    const char *zero = memchr(text, 0, n);
    if (wide)
        fid__error(log, (fid__mark){0}, "save the file as UTF-8", "the file is UTF-16");
    else if (zero)
        fid__error(log, fid__log_place(log, (size_t)(zero - text)),
                   "a sweep file is plain text; is this the right file?",
                   "binary data");
    return !wide && !zero;
}

static void parse(whole *self, const char *text, size_t n, fid_diagnostics *d)
{
    static const char mark[] = "\xEF\xBB\xBF";
    fid__arena nodes = {0};
    fid__log log;
    if (n >= 3 && memcmp(text, mark, 3) == 0)
        text += 3, n -= 3;
    fid__log_init(&log, d, text, n);
    self->draft.last_param = &self->draft.params;
    fid__walk w = {&self->arena, &log, &self->sweep, &self->draft};
    const fid__node *root = NULL;
    if (!d->failed && is_text(&log, text, n))
        root = fid__read_yaml(&nodes, &log);
    if (root)
        read_whole(&w, root);
    fid__log_sort(&log);
    fid__log_deinit(&log);
    fid__arena_deinit(&nodes);
}

static fid_status start(whole **out, const char *file, fid_diagnostics *d)
{
    fid_diagnostics_deinit(d);
    d->file = fid_strdup(file);
    *out = fid_alloc(1, sizeof **out);
    if (!*out || !d->file) {
        free(*out);
        d->failed = true;
        return FID_NOMEM;
    }
    (*out)->sweep.owned = *out;
    (*out)->sweep.file = fid__arena_copy(&(*out)->arena, file, strlen(file));
    return FID_OK;
}

fid_status fid_sweep_parse(fid_sweep **out, const char *text, size_t n,
                           const char *file, fid_diagnostics *d)
{
    whole *self;
    *out = NULL;
    FID_TRY(start(&self, file ? file : "<buffer>", d));
    if (n <= MOST_BYTES && self->sweep.file) {
        parse(self, text, n, d);
    } else if (n > MOST_BYTES) {
        fid__log log = {.out = d};
        fid__error(&log, (fid__mark){0}, NULL, "larger than 1 MiB");
    }
    if (d->failed || self->arena.failed) {
        fid_sweep_destroy(&self->sweep);
        return FID_NOMEM;
    }
    if (d->n_errors) {
        fid_sweep_destroy(&self->sweep);
        return FID_PARSE;
    }
    *out = &self->sweep;
    return FID_OK;
}

fid_status fid_sweep_load(fid_sweep **out, const char *path, fid_diagnostics *d)
{
    char *text;
    size_t n;
    fid_error err = {0};
    *out = NULL;
    fid_status status = fid__read_file(path, MOST_BYTES, &text, &n, &err);
    if (status == FID_OK) {
        status = fid_sweep_parse(out, text, n, path, d);
        free(text);
        return status;
    }
    fid_diagnostics_deinit(d);
    d->file = fid_strdup(path);
    fid__log log = {.out = d};
    if (status != FID_NOMEM)
        fid__error(&log, (fid__mark){0}, NULL, "%s", err.message);
    return status == FID_LIMIT ? FID_PARSE : status;
}

void fid_sweep_destroy(fid_sweep *sweep)
{
    if (!sweep)
        return;
    whole *self = sweep->owned;
    fid_space_destroy(sweep->space);
    fid__arena_deinit(&self->arena);
    free(self);
}
