/* `fidelity`, and W&B's `early_terminate`, which is one. */
#include "config/draft.h"

#include <fidelio/catalog.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    const fid__node *min, *max, *mode, *scheduler;
    double eta;
} fidelity;

#define AT(member) .offset = offsetof(fidelity, member)
static const fid__field fields[] = {
    {.key = "name", .read = fid__read_text, AT(name)},
    {.key = "min", .read = fid__read_node, AT(min)},
    {.key = "max", .read = fid__read_node, AT(max), .required = true},
    {.key = "eta",
     .read = fid__read_number,
     AT(eta),
     .low = 1,
     .high = 1e6,
     .above = true},
    {.key = "mode", .read = fid__read_node, AT(mode)},
    {.key = "scheduler", .read = fid__read_node, AT(scheduler)},
};
#undef AT

/* A scheduler with its rules: {name: median, min_trials: 5}. */
typedef struct {
    const char *name;
    fid_scheduler_rules rules;
} scheduler;

#define AT(member) .offset = offsetof(scheduler, rules.member)
static const fid__field rule_fields[] = {
    {.key = "name",
     .read = fid__read_text,
     .offset = offsetof(scheduler, name),
     .required = true},
    {.key = "brackets", .read = fid__read_count, AT(brackets), .low = 1, .high = 32},
    {.key = "stopping", .read = fid__read_flag, AT(stopping)},
    {.key = "ceil_brackets", .read = fid__read_flag, AT(ceil_brackets)},
    {.key = "min_trials",
     .read = fid__read_count,
     AT(min_trials),
     .low = 1,
     .high = 1e9},
    {.key = "min_step", .read = fid__read_number, AT(min_step), .above = true},
    {.key = "interval", .read = fid__read_number, AT(interval), .above = true},
    {.key = "percentile",
     .read = fid__read_number,
     AT(percentile),
     .high = 100,
     .above = true},
    {.key = "patience", .read = fid__read_count, AT(patience), .low = 1, .high = 1e9},
    {.key = "min_delta", .read = fid__read_number, AT(min_delta), .above = true},
    {.key = "lower", .read = fid__read_number, AT(lower)},
    {.key = "upper", .read = fid__read_number, AT(upper)},
    {.key = "p_threshold",
     .read = fid__read_number,
     AT(p_threshold),
     .high = 1,
     .above = true},
    {.key = "risk", .read = fid__read_number, AT(risk), .high = 0.5, .above = true},
};
#undef AT

static void read_scheduler(fid__walk *w, const fid__node *node)
{
    enum { N = sizeof rule_fields / sizeof *rule_fields };
    static const char where[] = "fidelity.scheduler";
    scheduler given = {0};
    w->draft->scheduler = node;
    if (node->kind != FID__MAP) {
        (void)fid__want_text(w, node, where, &w->draft->scheduler_name);
        return;
    }
    (void)fid__read_map(w, rule_fields, N, node, where, &given);
    given.rules.has_lower = fid__node_get(node, "lower") != NULL;
    given.rules.has_upper = fid__node_get(node, "upper") != NULL;
    if (!fid__node_get(node, "risk"))
        given.rules.risk = w->sweep->rules.risk;
    w->sweep->rules = given.rules;
    w->draft->scheduler_name = given.name;
}

static bool is_whole(const fid__node *node)
{
    return node->kind == FID__SCALAR && fid__scalar_of(node).kind == FID__INT;
}

static bool budget_of(fid__walk *w, const fid__node *node, const char *where,
                      double *out)
{
    fid__field field = {.above = true, .high = 0x1p53};
    *out = 0;
    fid__read_number(w, &field, node, where, out);
    return *out > 0;
}

/* Without `min`, three rungs below `max`. */
static double usual_min(const fid_fidelity *f)
{
    double min = f->max / (f->eta * f->eta * f->eta);
    return f->integer ? fmax(1, nearbyint(min)) : min;
}

static bool set_range(fid__walk *w, const fidelity *given, fid_fidelity *out)
{
    if (!budget_of(w, given->max, "fidelity.max", &out->max))
        return false;
    out->integer = is_whole(given->max) && (!given->min || is_whole(given->min));
    out->min = usual_min(out);
    if (given->min && !budget_of(w, given->min, "fidelity.min", &out->min))
        return false;
    if (out->min < out->max)
        return true;
    fid__error(w->log, (given->min ? given->min : given->max)->mark,
               "without rungs between them leave `fidelity` out",
               "fidelity: min must be below max (%g), not %g", out->max, out->min);
    return false;
}

static bool set_name(fid__walk *w, const fid__node *at, const char *name,
                     fid_fidelity *out)
{
    size_t n = strlen(name);
    if (n >= sizeof out->name) {
        fid__error(w->log, at->mark, NULL, "fidelity.name: at most %zu bytes",
                   sizeof out->name - 1);
        return false;
    }
    memcpy(out->name, name, n + 1);
    return true;
}

static const char *const modes[] = {"resume", "restart", "stop", NULL};

static void read_mode(fid__walk *w, const fid__node *node, fid_fidelity *out)
{
    static const fid_fidelity_mode by_word[] = {FID_MODE_RESUME, FID_MODE_RESTART,
                                                FID_MODE_STOP};
    const fid__field field = {.words = modes};
    int mode = 2;
    fid__read_choice(w, &field, node, "fidelity.mode", &mode);
    out->mode = by_word[mode];
    w->draft->has_mode = true;
}

void fid__read_fidelity(fid__walk *w, const fid__field *field, const fid__node *node,
                        const char *where, void *into)
{
    fidelity given = {.name = "budget", .eta = 3};
    fid_fidelity *out = &w->sweep->outline.fidelity;
    (void)field;
    (void)into;
    w->draft->fidelity = node;
    if (!fid__read_map(w, fields, sizeof fields / sizeof *fields, node, where, &given))
        return;
    out->mode = FID_MODE_STOP;
    out->eta = given.eta;
    if (given.scheduler)
        read_scheduler(w, given.scheduler);
    if (given.mode)
        read_mode(w, given.mode, out);
    if (set_name(w, node, given.name, out) && given.max)
        (void)set_range(w, &given, out);
}

/* --- early_terminate. W&B's Hyperband has one bracket: at every band a run goes on
 * only while it is among the best 1/eta of those that got there. That is asynchronous
 * halving in its stopping form. With max_iter the bands are max_iter/eta ..
 * max_iter/eta^s, with min_iter they are min_iter, min_iter*eta, ... without end. */

typedef struct {
    const char *type;
    size_t min_iter, max_iter, s;
    double eta;
    bool strict;
} terminate;

#define AT(member) .offset = offsetof(terminate, member)
static const fid__field terminate_fields[] = {
    {.key = "type", .read = fid__read_text, AT(type), .required = true},
    {.key = "min_iter", .read = fid__read_count, AT(min_iter), .low = 1, .high = 1e9},
    {.key = "max_iter", .read = fid__read_count, AT(max_iter), .low = 2, .high = 1e9},
    {.key = "s", .read = fid__read_count, AT(s), .low = 1, .high = 60},
    {.key = "eta",
     .read = fid__read_number,
     AT(eta),
     .low = 1,
     .high = 1e6,
     .above = true},
    {.key = "strict", .read = fid__read_flag, AT(strict)},
};
#undef AT

/* Bands below 1 do not exist. */
static double lowest_band(const terminate *t)
{
    double band = (double)t->max_iter;
    for (size_t i = 0; i < t->s && band / t->eta >= 1; i++)
        band /= t->eta;
    return floor(band);
}

/* An end far enough that no run is cut short by it. */
static double open_end(const terminate *t)
{
    double end = (double)t->min_iter;
    while (end < 1000.0 * (double)t->min_iter)
        end *= t->eta;
    return ceil(end);
}

static bool check_terminate(fid__walk *w, const fid__node *node, const terminate *t)
{
    if (strcmp(t->type, "hyperband") != 0) {
        const fid__node *type = fid__node_get(node, "type");
        fid__error(
            w->log, type->mark,
            "W&B knows one: hyperband; for others write 'fidelity: {.., scheduler: "
            "NAME}'",
            "early_terminate.type: there is no '%s'",
            fid__show(t->type, strlen(t->type)).text);
        return false;
    }
    const char *problem =
        t->min_iter && t->max_iter     ? "give one of min_iter and max_iter"
        : !t->min_iter && !t->max_iter ? "min_iter or max_iter is missing"
        : t->max_iter && !t->s         ? "max_iter needs s, the number of bands"
                                       : NULL;
    if (problem)
        fid__error(w->log, node->mark, NULL, "early_terminate: %s", problem);
    return !problem;
}

void fid__read_early_terminate(fid__walk *w, const fid__field *field,
                               const fid__node *node, const char *where, void *into)
{
    enum { N = sizeof terminate_fields / sizeof *terminate_fields };
    fid_fidelity *out = &w->sweep->outline.fidelity;
    terminate given = {.eta = 3};
    size_t before = w->log->out->n_errors;
    (void)field;
    (void)into;
    w->draft->early_terminate = node;
    if (w->draft->fidelity) {
        fid__error(w->log, node->mark, NULL,
                   "give one of fidelity and early_terminate");
        return;
    }
    if (!fid__read_map(w, terminate_fields, N, node, where, &given) || !given.type ||
        w->log->out->n_errors != before || !check_terminate(w, node, &given))
        return;
    *out = (fid_fidelity){
        .mode = FID_MODE_STOP, .name = "iterations", .eta = given.eta, .integer = true};
    out->min = given.max_iter ? lowest_band(&given) : (double)given.min_iter;
    out->max = given.max_iter ? (double)given.max_iter : open_end(&given);
    w->draft->has_mode = true;
    w->draft->scheduler_name = "asha";
    fid__note(
        w->log, node->mark, NULL,
        "early_terminate: asynchronous halving that stops runs, from iteration %g, "
        "eta %g",
        out->min, out->eta);
}

/* --- What follows from the whole file. */

/* A program that can go on from its checkpoint is resumed; any other that reports as it
 * goes can be stopped. */
void fid__choose_mode(fid__walk *w)
{
    fid_fidelity *f = &w->sweep->outline.fidelity;
    if (!w->draft->fidelity && !w->draft->early_terminate)
        *f = (fid_fidelity){.mode = FID_MODE_NONE, .min = 1, .max = 1, .eta = 3};
    else if (!w->draft->has_mode && w->sweep->n_resume_args)
        f->mode = FID_MODE_RESUME;
}

static fid__remedy near_scheduler(const char *name)
{
    const fid_scheduler_type *const *types = fid_catalog_schedulers();
    enum { MOST = 32 };
    const char *names[MOST];
    size_t n = 0;
    for (; types[n] && n < MOST; n++)
        names[n] = types[n]->name;
    fid__remedy remedy = fid__did_you_mean(name, names, n);
    if (*remedy.text)
        return remedy;
    fid_text list = {0};
    fid_text_append(&list, "there are: auto");
    for (size_t i = 0; i < n; i++)
        fid_text_printf(&list, ", %s", names[i]);
    (void)snprintf(remedy.text, sizeof remedy.text, "%s", list.data ? list.data : "");
    fid_text_deinit(&list);
    return remedy;
}

/* Its own init knows best whether these rules make sense. */
static void try_scheduler(fid__walk *w, fid__mark at)
{
    fid_sweep *sweep = w->sweep;
    fid_scheduler_rules rules = sweep->rules;
    fid_error err = {0};
    void *state = fid_alloc(1, sweep->scheduler->state_size);
    if (!state) {
        w->arena->failed = true;
        return;
    }
    rules.fidelity = sweep->outline.fidelity;
    rules.n_parallel = sweep->resources.parallel;
    rules.max_trials = sweep->budget.trials;
    fid_status status = sweep->scheduler->init(state, &rules, &err);
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else if (status != FID_OK)
        fid__error(w->log, at, NULL, "fidelity.scheduler: %s", err.message);
    if (sweep->scheduler->deinit)
        sweep->scheduler->deinit(state);
    free(state);
}

void fid__choose_scheduler(fid__walk *w)
{
    fid_sweep *sweep = w->sweep;
    const fid_fidelity *f = &sweep->outline.fidelity;
    const char *name = w->draft->scheduler_name;
    size_t objectives = sweep->outline.n_objectives;
    if (!name || strcmp(name, "auto") == 0)
        name = fid_catalog_usual_scheduler(&sweep->outline, sweep->rules.risk,
                                           sweep->budget.trials, sweep->budget.seconds,
                                           sweep->budget.cost)
                   ->name;
    fid__mark at = w->draft->scheduler  ? w->draft->scheduler->mark
                   : w->draft->fidelity ? w->draft->fidelity->mark
                                        : (fid__mark){0};
    sweep->rules.stopping |= f->mode == FID_MODE_STOP;
    sweep->scheduler = fid_catalog_scheduler(name);
    if (!sweep->scheduler)
        fid__error(w->log, at, near_scheduler(name).text,
                   "fidelity.scheduler: there is no '%s'",
                   fid__show(name, strlen(name)).text);
    else if (objectives > 1 && !sweep->scheduler->compares_none)
        fid__error(
            w->log, at,
            "scheduler: none, or give all objectives but one a bound: "
            "at_most, at_least",
            "fidelity.scheduler: %s ranks trials by one objective, and there are %zu",
            name, objectives);
    else if (f->mode == FID_MODE_NONE || f->min < f->max)
        try_scheduler(w, at);
    if (sweep->rules.risk > 0 && strcmp(name, "curve") != 0)
        fid__warn(w->log, at, "write 'fidelity: {.., scheduler: curve}'",
                  "risk: only the scheduler curve knows it, not %s", name);
}
