/* The space as a whole: from `parameters` or from another tool's JSON file. */
#include "config/draft.h"

#include <stdlib.h>
#include <string.h>

/* --- parameters: space.json, in our own form, ConfigSpace's or Optuna's. */

static fid_status import_space(fid_space **out, const char *json, size_t n,
                               fid_error *err)
{
    if (strstr(json, "\"hyperparameters\""))
        return fid_space_from_configspace(out, json, n, err);
    if (strstr(json, "Distribution\""))
        return fid_space_from_optuna(out, json, n, err);
    return fid_space_from_json(out, json, n, err);
}

static void read_import(fid__walk *w, const fid__node *node)
{
    enum { MOST = 1 << 24 };
    const fid__node *rules[] = {w->draft->constraints, w->draft->forbidden};
    const char *path = fid__path_under(w->arena, w->sweep->folder, node->text);
    char *json = NULL;
    size_t n;
    fid_error err = {0};
    for (size_t i = 0; i < 2; i++)
        if (rules[i])
            fid__error(w->log, rules[i]->mark, "put them into the file",
                       "a space that comes from a file takes no constraints here");
    if (!path)
        return;
    fid_space_destroy(w->sweep->space);
    w->sweep->space = NULL;
    fid_status status = fid__read_file(path, MOST, &json, &n, &err);
    if (status == FID_OK)
        status = import_space(&w->sweep->space, json, n, &err);
    free(json);
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else if (status != FID_OK)
        fid__error(w->log, node->mark, NULL, "parameters: %s", err.message);
}

/* --- Our own. */

static void read_own(fid__walk *w, const fid__node *node)
{
    fid_error err = {0};
    size_t before = w->log->out->n_errors;
    fid__read_parameters(w, node);
    for (const fid__param *p = w->draft->params; p; p = p->next)
        if (p->spec.when)
            fid__add_when(w, p);
    fid__add_constraints(w);
    if (w->log->out->n_errors != before)
        return;
    fid_status status = fid_space_freeze(w->sweep->space, &err);
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else if (status != FID_OK)
        fid__complain_of_rule(w, &err);
}

void fid__build_space(fid__walk *w)
{
    const fid__node *node = w->draft->parameters;
    size_t before = w->log->out->n_errors;
    if (!node)
        return;
    if (fid_space_create(&w->sweep->space) != FID_OK) {
        w->arena->failed = true;
        return;
    }
    if (node->kind == FID__SCALAR && fid__scalar_of(node).kind == FID__STRING)
        read_import(w, node);
    else
        read_own(w, node);
    if (w->log->out->n_errors == before)
        return;
    fid_space_destroy(w->sweep->space); /* later steps ask a frozen space or none */
    w->sweep->space = NULL;
}

/* --- enqueue: [{lr: 0.1, depth: 3}, ...] */

/* The space names the parameter first: "lr: 7 is not ...". */
static fid__mark mark_of_error(const fid__node *item, const char *message)
{
    for (const fid__node *key = item->first; key; key = key->next)
        if (strncmp(message, key->text, key->n) == 0 && message[key->n] == ':')
            return key->value->mark;
    return item->mark;
}

static bool know_names(fid__walk *w, const fid__node *item, const char *where)
{
    bool right = true;
    for (const fid__node *key = item->first; key; key = key->next) {
        size_t param;
        if (fid_space_find(w->sweep->space, key->text, &param))
            continue;
        fid__remedy remedy = fid__near_param(w, key->text);
        fid__error(w->log, key->mark, *remedy.text ? remedy.text : NULL,
                   "%s: there is no parameter '%s'", where,
                   fid__show(key->text, key->n).text);
        right = false;
    }
    return right;
}

static void read_one(fid__walk *w, const fid__node *item, const char *where,
                     fid_value *out)
{
    fid_text json = {0};
    fid_error err = {0};
    if (!fid__want_map(w, item, where) || !know_names(w, item, where))
        return;
    fid__node_to_json(item, &json);
    fid_status status = json.failed
                            ? FID_NOMEM
                            : fid_space_config_from_json(w->sweep->space, json.data,
                                                         json.len, true, out, &err);
    fid_text_deinit(&json);
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else if (status != FID_OK)
        fid__error(w->log, mark_of_error(item, err.message), NULL, "%s: %s", where,
                   err.message);
}

void fid__read_enqueue(fid__walk *w)
{
    const fid__node *list = w->draft->enqueue;
    if (!list || !w->sweep->space || !fid__want_list(w, list, "enqueue"))
        return;
    size_t n_params = fid_space_n_params(w->sweep->space), rows;
    fid_value *configs = NULL;
    if (!__builtin_mul_overflow(list->n, n_params, &rows))
        configs = fid__arena_alloc(w->arena, rows, sizeof *configs);
    if (!configs)
        return;
    size_t i = 0;
    for (const fid__node *item = list->first; item; item = item->next, i++)
        read_one(w, item, fid__path_index("enqueue", i).text, configs + i * n_params);
    w->sweep->enqueued = configs;
    w->sweep->n_enqueued = i;
}
