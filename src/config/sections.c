/* The sections metric, fidelity, early_terminate, collect, command. */
#include "config/sweep.h"

#include <fidelio/catalog.h>

#include <math.h>
#include <stddef.h>
#include <string.h>

/* --- metric */

typedef struct {
    const char *name;
    int goal;
    const fid__node *target, *at_most, *at_least;
} metric_draft;

static const char *const goals[] = {"minimize", "maximize", "none", NULL};

static const fid__field metric_fields[] = {
    {.key = "name", .read = fid__read_text, .offset = offsetof(metric_draft, name), .required = true},
    {.key = "goal", .read = fid__read_choice, .offset = offsetof(metric_draft, goal), .words = goals},
    {.key = "target", .read = fid__read_node, .offset = offsetof(metric_draft, target)},
    {.key = "at_most", .read = fid__read_node, .offset = offsetof(metric_draft, at_most)},
    {.key = "at_least", .read = fid__read_node, .offset = offsetof(metric_draft, at_least)},
};

static void read_one_metric(fid__walk *w, const fid__node *node, const char *where,
                            fid_metric *out)
{
    metric_draft draft = {0};
    fid_goal goal = FID_GOAL_MINIMIZE;
    if (!fid__read_map(w, metric_fields, 5, node, where, &draft) || !draft.name)
        return;
    if (strlen(draft.name) > 128) {
        fid__error(w->log, node->mark, NULL, "%s: the name is too long", where);
        return;
    }
    if (draft.goal == 1)
        goal = FID_GOAL_MAXIMIZE;
    else if (draft.goal == 2)
        goal = FID_GOAL_NONE;
    memcpy(out->name, draft.name, strlen(draft.name) + 1);
    const fid__node *bound = draft.at_most ? draft.at_most : draft.at_least;
    if (bound && fid__want_number(w, bound, where, &out->bound))
        goal = draft.at_most ? FID_GOAL_AT_MOST : FID_GOAL_AT_LEAST;
    if (draft.target)
        out->has_target = fid__want_number(w, draft.target, where, &out->target);
    out->goal = goal;
}

static bool is_objective(const fid_metric *metric)
{
    return metric->goal == FID_GOAL_MINIMIZE || metric->goal == FID_GOAL_MAXIMIZE;
}

/* Objectives first, in their own order. */
static void order_metrics(fid_outline *outline)
{
    fid_metric ordered[FID_MAX_METRICS];
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t m = 0; m < outline->n_metrics; m++)
            if (is_objective(&outline->metrics[m]) == (pass == 0))
                ordered[n++] = outline->metrics[m];
        if (pass == 0)
            outline->n_objectives = n;
    }
    memcpy(outline->metrics, ordered, n * sizeof *ordered);
}

void fid__read_metric(fid__walk *w, const fid__field *field, const fid__node *node,
                      const char *where, void *into)
{
    fid_outline *outline = &w->sweep->outline;
    (void)field;
    (void)into;
    if (node->kind != FID__LIST) {
        outline->n_metrics = 1;
        read_one_metric(w, node, where, &outline->metrics[0]);
    } else {
        for (const fid__node *item = node->first; item; item = item->next) {
            if (outline->n_metrics == FID_MAX_METRICS) {
                fid__error(w->log, item->mark, NULL, "more than %d metrics", FID_MAX_METRICS);
                break;
            }
            fid__path path = fid__path_index(where, outline->n_metrics);
            read_one_metric(w, item, path.text, &outline->metrics[outline->n_metrics++]);
        }
    }
    order_metrics(outline);
    if (outline->n_objectives < 1 || outline->n_objectives > 4)
        fid__error(w->log, node->mark, "one to four metrics with goal minimize or maximize",
                   "metric: %zu objectives", outline->n_objectives);
}

/* --- fidelity */

typedef struct {
    const char *name, *scheduler;
    double min, max, eta, risk, percentile;
    int mode;
    const fid__node *min_node;
    size_t brackets, patience;
    bool stopping;
} fidelity_draft;

static const char *const modes[] = {"resume", "restart", "stop", NULL};

#define AT(member) .offset = offsetof(fidelity_draft, member)
static const fid__field fidelity_fields[] = {
    {.key = "name", .read = fid__read_text, AT(name)},
    {.key = "min", .read = fid__read_node, AT(min_node), .required = true},
    {.key = "max", .read = fid__read_number, AT(max), .low = 0, .high = 1e18, .above = true, .required = true},
    {.key = "eta", .read = fid__read_number, AT(eta), .low = 1, .high = 1e6, .above = true},
    {.key = "mode", .read = fid__read_choice, AT(mode), .words = modes},
    {.key = "scheduler", .read = fid__read_text, AT(scheduler)},
    {.key = "brackets", .read = fid__read_count, AT(brackets), .low = 1, .high = 32},
    {.key = "stopping", .read = fid__read_flag, AT(stopping)},
    {.key = "percentile", .read = fid__read_number, AT(percentile), .low = 0, .high = 100},
    {.key = "patience", .read = fid__read_count, AT(patience), .low = 1, .high = 1e9},
    {.key = "risk", .read = fid__read_number, AT(risk), .low = 0, .high = 0.5, .above = true},
};
#undef AT

static bool is_whole(const fid__node *node)
{
    return node && fid__scalar_of(node).kind == FID__INT;
}

void fid__read_fidelity(fid__walk *w, const fid__field *field, const fid__node *node,
                        const char *where, void *into)
{
    static const fid_fidelity_mode by_word[] = {FID_MODE_RESUME, FID_MODE_RESTART, FID_MODE_STOP};
    fidelity_draft draft = {.eta = 3, .mode = 0};
    fid_fidelity *out = &w->sweep->outline.fidelity;
    (void)field;
    (void)into;
    if (!fid__read_map(w, fidelity_fields, sizeof fidelity_fields / sizeof *fidelity_fields, node,
                       where, &draft) ||
        !draft.min_node || !fid__want_number(w, draft.min_node, "fidelity.min", &draft.min))
        return;
    if (!(draft.min > 0) || !(draft.min <= draft.max)) {
        fid__error(w->log, draft.min_node->mark, NULL,
                   "fidelity: need 0 < min <= max, not %g and %g", draft.min, draft.max);
        return;
    }
    const char *name = draft.name ? draft.name : "budget";
    (void)strncpy(out->name, name, sizeof out->name - 1);
    out->mode = by_word[draft.mode];
    out->min = draft.min;
    out->max = draft.max;
    out->eta = draft.eta;
    out->integer = is_whole(draft.min_node) && is_whole(fid__node_get(node, "max"));
    w->draft->scheduler_name = draft.scheduler;
    w->draft->fidelity = node;
    w->sweep->rules.brackets = draft.brackets;
    w->sweep->rules.stopping = draft.stopping || out->mode == FID_MODE_STOP;
    w->sweep->rules.percentile = draft.percentile;
    w->sweep->rules.patience = draft.patience;
    w->sweep->rules.risk = draft.risk;
}

/* --- early_terminate, as W&B has it */

typedef struct {
    const char *type;
    double min_iter, max_iter, eta;
    size_t s;
    bool strict;
} terminate_draft;

#define AT(member) .offset = offsetof(terminate_draft, member)
static const fid__field terminate_fields[] = {
    {.key = "type", .read = fid__read_text, AT(type), .required = true},
    {.key = "min_iter", .read = fid__read_number, AT(min_iter), .low = 1, .high = 1e9},
    {.key = "max_iter", .read = fid__read_number, AT(max_iter), .low = 1, .high = 1e9},
    {.key = "eta", .read = fid__read_number, AT(eta), .low = 1, .high = 1e6, .above = true},
    {.key = "s", .read = fid__read_count, AT(s), .low = 1, .high = 30},
    {.key = "strict", .read = fid__read_flag, AT(strict)},
};
#undef AT

void fid__read_early_terminate(fid__walk *w, const fid__field *field, const fid__node *node,
                               const char *where, void *into)
{
    enum { OPEN_RUNGS = 6 }; /* min_iter alone says no end: this many rungs above it */
    terminate_draft draft = {.eta = 3, .s = 3};
    fid_fidelity *out = &w->sweep->outline.fidelity;
    (void)field;
    (void)into;
    if (!fid__read_map(w, terminate_fields, 6, node, where, &draft) || !draft.type)
        return;
    if (strcmp(draft.type, "hyperband") != 0) {
        fid__error(w->log, node->mark, "did you mean 'hyperband'?",
                   "early_terminate.type: '%s' is not known", draft.type);
        return;
    }
    if ((draft.min_iter > 0) == (draft.max_iter > 0)) {
        fid__error(w->log, node->mark, NULL, "early_terminate: give min_iter or max_iter");
        return;
    }
    out->mode = FID_MODE_STOP;
    (void)strcpy(out->name, "iteration");
    out->eta = draft.eta;
    out->integer = true;
    if (draft.max_iter > 0) {
        double least = draft.max_iter * pow(draft.eta, -(double)draft.s);
        out->min = fmax(1, floor(least));
        out->max = draft.max_iter;
    } else {
        out->min = draft.min_iter;
        out->max = ceil(draft.min_iter * pow(draft.eta, OPEN_RUNGS));
    }
    w->sweep->rules.stopping = true;
}

/* --- collect */

typedef struct {
    int from, step_from;
    const char *regex;
    double step_offset;
} collect_draft;

static const char *const sources[] = {"stdout", "stderr", NULL};
static const char *const origins[] = {"total", "attempt", NULL};

#define AT(member) .offset = offsetof(collect_draft, member)
static const fid__field collect_fields[] = {
    {.key = "from", .read = fid__read_choice, AT(from), .words = sources, .required = true},
    {.key = "regex", .read = fid__read_text, AT(regex), .required = true},
    {.key = "step_from", .read = fid__read_choice, AT(step_from), .words = origins},
    {.key = "step_offset", .read = fid__read_number, AT(step_offset)},
};
#undef AT

void fid__read_collect(fid__walk *w, const fid__field *field, const fid__node *node,
                       const char *where, void *into)
{
    (void)field;
    (void)into;
    if (!fid__want_list(w, node, where))
        return;
    fid_collect *rules = fid__arena_alloc(w->arena, node->n ? node->n : 1, sizeof *rules);
    size_t n = 0;
    if (!rules)
        return;
    for (const fid__node *item = node->first; item; item = item->next) {
        collect_draft draft = {0};
        fid__path path = fid__path_index(where, n);
        if (!fid__read_map(w, collect_fields, 4, item, path.text, &draft) || !draft.regex)
            continue;
        rules[n++] = (fid_collect){.from = (fid_collect_source)draft.from,
                                   .regex = draft.regex,
                                   .step_from = (fid_step_origin)draft.step_from,
                                   .step_offset = draft.step_offset};
    }
    w->sweep->collect = rules;
    w->sweep->n_collect = n;
}

/* --- command */

static size_t read_list(fid__walk *w, const fid__node *node, const char *where,
                        const char *const **out)
{
    const char **words = fid__arena_alloc(w->arena, node->n + 1, sizeof *words);
    size_t n = 0;
    *out = words;
    if (!words)
        return 0;
    for (const fid__node *item = node->first; item; item = item->next) {
        fid__path path = fid__path_index(where, n);
        if (fid__want_scalar(w, item, path.text, "a word"))
            words[n++] = item->text;
    }
    return n;
}

void fid__read_command(fid__walk *w, const fid__field *field, const fid__node *node,
                       const char *where, void *into)
{
    (void)field;
    (void)into;
    if (node->kind == FID__LIST) {
        w->sweep->n_command = read_list(w, node, where, &w->sweep->command);
        return;
    }
    const char **line = fid__arena_alloc(w->arena, 1, sizeof *line);
    if (!line || !fid__want_text(w, node, where, line))
        return;
    w->sweep->command = line;
    w->sweep->n_command = 1;
    w->sweep->shell = true;
}

void fid__read_words(fid__walk *w, const fid__field *field, const fid__node *node,
                     const char *where, void *into)
{
    (void)field;
    (void)into;
    if (fid__want_list(w, node, where))
        w->sweep->n_resume_args = read_list(w, node, where, &w->sweep->resume_args);
}

/* --- method and scheduler, by name */

void fid__choose_method(fid__walk *w, const fid__node *at)
{
    fid_sweep *sweep = w->sweep;
    sweep->sampler = fid_catalog_sampler(sweep->method);
    if (sweep->sampler)
        return;
    const char *near = fid_catalog_near_sampler(sweep->method);
    fid_text remedy = {0};
    if (near)
        fid_text_printf(&remedy, "did you mean '%s'?", near);
    fid__error(w->log, at ? at->mark : (fid__mark){0}, remedy.data, "method: '%s' is not known",
               sweep->method);
    fid_text_deinit(&remedy);
}

void fid__choose_scheduler(fid__walk *w)
{
    fid_sweep *sweep = w->sweep;
    const char *name = w->draft->scheduler_name;
    bool none = sweep->outline.fidelity.mode == FID_MODE_NONE;
    if (!name || strcmp(name, "auto") == 0)
        name = none ? "none" : "asha";
    sweep->scheduler = fid_catalog_scheduler(name);
    if (sweep->scheduler)
        return;
    const fid__node *at = fid__node_get(w->draft->fidelity, "scheduler");
    const char *near = fid_catalog_near_scheduler(name);
    fid_text remedy = {0};
    if (near)
        fid_text_printf(&remedy, "did you mean '%s'?", near);
    fid__error(w->log, at ? at->mark : (fid__mark){0}, remedy.data,
               "fidelity.scheduler: '%s' is not known", name);
    fid_text_deinit(&remedy);
}
