/* `metric`: what is optimised, what must hold, what is recorded. */
#include "config/draft.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *name;
    int goal;
    const fid__node *goal_node, *target, *reference, *at_most, *at_least, *impute;
} metric;

static const char *const goals[] = {"minimize", "maximize", "none", NULL};
static const fid__field goal_field = {.key = "goal", .words = goals};

#define AT(member) .offset = offsetof(metric, member)
static const fid__field fields[] = {
    {.key = "name", .read = fid__read_text, AT(name), .required = true},
    {.key = "goal", .read = fid__read_node, AT(goal_node)},
    {.key = "target", .read = fid__read_node, AT(target)},
    {.key = "reference", .read = fid__read_node, AT(reference)},
    {.key = "at_most", .read = fid__read_node, AT(at_most)},
    {.key = "at_least", .read = fid__read_node, AT(at_least)},
    /* W&B's way with failed trials; ours are modelled */
    {.key = "impute", .read = fid__read_node, AT(impute)},
    {.key = "impute_while_running", .read = fid__read_node, AT(impute)},
};
#undef AT

static bool name_is_free(fid__walk *w, const fid__node *node, const char *name)
{
    static const char *const reserved[] = {"step", "status", "message"};
    const fid_outline *outline = &w->sweep->outline;
    const fid__node *at = fid__node_get(node, "name");
    size_t n = strlen(name);
    if (n == 0 || n >= sizeof outline->metrics[0].name) {
        fid__error(w->log, at->mark, NULL,
                   "metric: a name of %zu bytes; 1 to %zu are allowed", n,
                   sizeof outline->metrics[0].name - 1);
        return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0) {
            fid__error(w->log, at->mark, NULL,
                       "metric: '%s' has a meaning of its own in a trial's report",
                       name);
            return false;
        }
    for (size_t m = 0; m < outline->n_metrics; m++)
        if (strcmp(name, outline->metrics[m].name) == 0) {
            fid__error(w->log, at->mark, NULL, "metric: '%s' stands there twice", name);
            return false;
        }
    return true;
}

static double finite_number(fid__walk *w, const fid__node *node, const char *where,
                            const char *key)
{
    double x = 0;
    fid__field field = {.key = key};
    if (node)
        fid__read_number(w, &field, node, fid__path_join(where, key).text, &x);
    return x;
}

static void set_goal(fid__walk *w, const metric *given, const char *where,
                     fid_metric *out)
{
    static const fid_goal by_word[] = {FID_GOAL_MINIMIZE, FID_GOAL_MAXIMIZE,
                                       FID_GOAL_NONE};
    const fid__node *bound = given->at_most ? given->at_most : given->at_least;
    out->goal = by_word[given->goal];
    if (bound) {
        out->goal = given->at_most ? FID_GOAL_AT_MOST : FID_GOAL_AT_LEAST;
        out->bound =
            finite_number(w, bound, where, given->at_most ? "at_most" : "at_least");
    }
    if ((given->at_most && given->at_least) || (bound && given->goal_node))
        fid__error(w->log, bound->mark, NULL,
                   "%s: give one of goal, at_most and at_least", where);
    if (given->target && out->goal != FID_GOAL_MINIMIZE &&
        out->goal != FID_GOAL_MAXIMIZE)
        fid__error(w->log, given->target->mark, NULL,
                   "%s: only what is minimized or maximized has a target", where);
    if (given->reference && out->goal != FID_GOAL_MINIMIZE &&
        out->goal != FID_GOAL_MAXIMIZE)
        fid__error(w->log, given->reference->mark, NULL,
                   "%s: only what is minimized or maximized has a reference", where);
    out->has_target = given->target != NULL;
    out->target = finite_number(w, given->target, where, "target");
    out->has_reference = given->reference != NULL;
    out->reference = finite_number(w, given->reference, where, "reference");
}

static void read_one(fid__walk *w, const fid__node *node, const char *where)
{
    fid_outline *outline = &w->sweep->outline;
    metric given = {0};
    if (!fid__read_map(w, fields, sizeof fields / sizeof *fields, node, where,
                       &given) ||
        !given.name || !name_is_free(w, node, given.name))
        return;
    if (given.goal_node)
        fid__read_choice(w, &goal_field, given.goal_node,
                         fid__path_join(where, "goal").text, &given.goal);
    if (given.impute)
        fid__note(w->log, given.impute->mark, NULL,
                  "%s: failed trials are modelled as failures, not imputed", where);
    if (outline->n_metrics == FID_MAX_METRICS) {
        fid__error(w->log, node->mark, NULL, "more than %d metrics", FID_MAX_METRICS);
        return;
    }
    fid_metric *out = &outline->metrics[outline->n_metrics++];
    memcpy(out->name, given.name, strlen(given.name) + 1);
    set_goal(w, &given, where, out);
}

static bool is_objective(const fid_metric *m)
{
    return m->goal == FID_GOAL_MINIMIZE || m->goal == FID_GOAL_MAXIMIZE;
}

/* Objectives first, each part in its own order. */
static void put_objectives_first(fid_outline *outline)
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
    enum { MOST_OBJECTIVES = 4 };
    (void)field;
    (void)into;
    w->draft->metric = node;
    size_t before = w->log->out->n_errors, i = 0;
    if (node->kind == FID__LIST)
        for (const fid__node *item = node->first; item; item = item->next)
            read_one(w, item, fid__path_index(where, i++).text);
    else
        read_one(w, node, where);
    put_objectives_first(&w->sweep->outline);
    size_t n = w->sweep->outline.n_objectives;
    if (w->log->out->n_errors == before && (n < 1 || n > MOST_OBJECTIVES))
        fid__error(w->log, node->mark, "goal: minimize or goal: maximize",
                   "metric: %zu metrics to optimize; 1 to %d are possible", n,
                   MOST_OBJECTIVES);
}
