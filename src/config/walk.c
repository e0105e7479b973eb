/* The walker and the readers of plain values. */
#include "config/walk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

fid__path fid__path_join(const char *where, const char *key)
{
    fid__path path;
    (void)snprintf(path.text, sizeof path.text, "%.100s%s%.90s", where,
                   *where ? "." : "", key);
    return path;
}

fid__path fid__path_index(const char *where, size_t index)
{
    fid__path path;
    (void)snprintf(path.text, sizeof path.text, "%.150s[%zu]", where, index);
    return path;
}

fid__shown fid__describe(const fid__node *node)
{
    fid__shown shown = {{0}};
    if (node->kind == FID__LIST)
        return fid__show("a list", 6);
    if (node->kind == FID__MAP)
        return fid__show("a mapping", 9);
    if (fid__scalar_of(node).kind == FID__NULL)
        return fid__show("nothing", 7);
    fid__shown text = fid__show(node->text, node->n);
    (void)snprintf(shown.text, sizeof shown.text, "'%.68s'", text.text);
    return shown;
}

/* --- Unknown keys. */

const char *fid__nearest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) < 4 ? 2 : 3;
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(words[i]), distance = fid_edit_distance(word, words[i]);
        if (distance < best_distance && distance < length) {
            best = words[i];
            best_distance = distance;
        }
    }
    return best;
}

fid__remedy fid__did_you_mean(const char *word, const char *const *words, size_t n)
{
    fid__remedy remedy = {{0}};
    const char *near = fid__nearest(word, words, n);
    if (near)
        (void)snprintf(remedy.text, sizeof remedy.text, "did you mean '%.100s'?", near);
    return remedy;
}

/* What other tools call our keys; the remedy is given where `key` is one of the keys.
 */
static const struct {
    const char *word, *key, *remedy;
} other_words[] = {
    {"low", "min", NULL},
    {"lower", "min", NULL},
    {"high", "max", NULL},
    {"upper", "max", NULL},
    {"choices", "values", NULL},
    {"options", "values", NULL},
    {"categories", "values", NULL},
    {"condition", "when", NULL},
    {"conditions", "when", NULL},
    {"if", "when", NULL},
    {"log", "scale", "write 'scale: log'"},
    {"type", "distribution",
     "min and max written as integers make an integer, 'values' a "
     "choice; 'scale: log' for a logarithmic range"},
    {"dtype", "distribution", "min and max written as integers make an integer"},
    {"objective", "metric", NULL},
    {"objectives", "metric", "metric may be a list"},
    {"metrics", "metric", "metric may be a list"},
    {"direction", "goal", NULL},
    {"mode", "goal", NULL},
    {"threshold", "target", NULL},
    {"algorithm", "method", NULL},
    {"algo", "method", NULL},
    {"sampler", "method", NULL},
    {"search", "method", NULL},
    {"search_space", "parameters", NULL},
    {"space", "parameters", NULL},
    {"params", "parameters", NULL},
    {"hyperparameters", "parameters", NULL},
    {"script", "program", NULL},
    {"cmd", "command", NULL},
    {"run", "command", NULL},
    {"scheduler", "resume_args", "write 'fidelity: {.., scheduler: NAME}'"},
    {"pruner", "resume_args", "write 'fidelity: {.., scheduler: NAME}'"},
    {"early_stopping", "resume_args", "write 'fidelity: {.., scheduler: NAME}'"},
    {"trials", "budget", "write 'budget: {trials: N}'"},
    {"n_trials", "budget", "write 'budget: {trials: N}'"},
    {"max_trials", "budget", "write 'budget: {trials: N}'"},
    {"num_samples", "budget", "write 'budget: {trials: N}'"},
    {"time", "budget", "write 'budget: {time: 10m}'"},
    {"max_time", "budget", "write 'budget: {time: 10m}'"},
    {"parallel", "resources", "write 'resources: {parallel: N}'"},
    {"n_jobs", "resources", "write 'resources: {parallel: N}'"},
    {"workers", "resources", "write 'resources: {parallel: N}'"},
    {"cpus", "resources", "write 'resources: {cpus: N}'"},
    {"gpus", "resources", "write 'resources: {gpus: N}'"},
    {"timeout", "resources", "write 'resources: {timeout: 10m}'"},
    {"grace", "resources", "write 'resources: {grace: 10s}'"},
    {"memory", "mem", NULL},
    {"cpu", "cpus", NULL},
    {"gpu", "gpus", NULL},
    {"workers", "parallel", NULL},
    {"n_jobs", "parallel", NULL},
    {"reduction_factor", "eta", NULL},
    {"max_resource", "max", NULL},
    {"max_t", "max", NULL},
    {"min_resource", "min", NULL},
    {"grace_period", "min", NULL},
    {"n_trials", "trials", NULL},
    {"max_trials", "trials", NULL},
    {"seconds", "time", "write 'time: 90s' or 'time: 10m'"},
    {"pattern", "regex", NULL},
    {"source", "from", NULL},
};

static bool has_key(const fid__field *fields, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].key, key) == 0)
            return true;
    return false;
}

static fid__remedy remedy_for_key(const fid__field *fields, size_t n, const char *word)
{
    enum { MOST_KEYS = 64 };
    const char *keys[MOST_KEYS];
    fid__remedy remedy = {{0}};
    for (size_t i = 0; i < sizeof other_words / sizeof *other_words; i++) {
        if (strcmp(other_words[i].word, word) != 0 ||
            !has_key(fields, n, other_words[i].key))
            continue;
        if (other_words[i].remedy)
            (void)snprintf(remedy.text, sizeof remedy.text, "%s",
                           other_words[i].remedy);
        else
            (void)snprintf(remedy.text, sizeof remedy.text, "did you mean '%s'?",
                           other_words[i].key);
        return remedy;
    }
    for (size_t i = 0; i < n && i < MOST_KEYS; i++)
        keys[i] = fields[i].key;
    remedy = fid__did_you_mean(word, keys, n < MOST_KEYS ? n : MOST_KEYS);
    if (*remedy.text || n > 12)
        return remedy;
    size_t used = (size_t)snprintf(remedy.text, sizeof remedy.text, "known here:");
    for (size_t i = 0; i < n && used < sizeof remedy.text; i++)
        used += (size_t)snprintf(remedy.text + used, sizeof remedy.text - used, "%s %s",
                                 i ? "," : "", keys[i]);
    return remedy;
}

static void refuse_unknown(fid__walk *w, const fid__field *fields, size_t n,
                           const fid__node *map, const char *where)
{
    for (const fid__node *key = map->first; key; key = key->next) {
        if (has_key(fields, n, key->text) || strcmp(key->text, "<<") == 0)
            continue;
        fid__remedy remedy = remedy_for_key(fields, n, key->text);
        fid__error(w->log, key->mark, *remedy.text ? remedy.text : NULL,
                   "unknown key '%s'%s%s", fid__show(key->text, key->n).text,
                   *where ? " in " : "", where);
    }
}

bool fid__read_map(fid__walk *w, const fid__field *fields, size_t n,
                   const fid__node *node, const char *where, void *into)
{
    if (!fid__want_map(w, node, *where ? where : "a sweep file"))
        return false;
    refuse_unknown(w, fields, n, node, where);
    for (size_t i = 0; i < n; i++) {
        const fid__node *value = fid__node_get(node, fields[i].key);
        if (value) {
            fid__path path = fid__path_join(where, fields[i].key);
            fields[i].read(w, &fields[i], value, path.text,
                           (char *)into + fields[i].offset);
        } else if (fields[i].required) {
            fid__error(w->log, node->mark, NULL, "%s%s'%s' is missing", where,
                       *where ? ": " : "", fields[i].key);
        }
    }
    return true;
}

/* --- Kinds of nodes. */

bool fid__want_map(fid__walk *w, const fid__node *node, const char *where)
{
    if (node->kind == FID__MAP)
        return true;
    fid__error(w->log, node->mark, NULL, "%s must be a mapping (key: value), not %s",
               where, fid__describe(node).text);
    return false;
}

bool fid__want_list(fid__walk *w, const fid__node *node, const char *where)
{
    if (node->kind == FID__LIST)
        return true;
    fid__error(w->log, node->mark, NULL, "%s must be a list ([a, b]), not %s", where,
               fid__describe(node).text);
    return false;
}

bool fid__want_scalar(fid__walk *w, const fid__node *node, const char *where,
                      const char *what)
{
    if (node->kind == FID__SCALAR && fid__scalar_of(node).kind != FID__NULL)
        return true;
    fid__error(w->log, node->mark, NULL, "%s must be %s, not %s", where, what,
               fid__describe(node).text);
    return false;
}

/* --- Values. */

/* A quoted number is text; say so instead of repeating "must be a number". */
static const char *remedy_for_quotes(const fid__node *node)
{
    bool number = node->kind == FID__SCALAR && !node->plain &&
                  fid__scalar_resolve(node->text, node->n).kind != FID__STRING;
    return number ? "remove the quotes" : NULL;
}

bool fid__want_number(fid__walk *w, const fid__node *node, const char *where,
                      double *out)
{
    fid__scalar scalar = {.kind = FID__STRING};
    if (node->kind == FID__SCALAR)
        scalar = fid__scalar_of(node);
    if (scalar.kind == FID__INT || scalar.kind == FID__FLOAT ||
        scalar.kind == FID__HUGE) {
        *out = scalar.f;
        return true;
    }
    fid__error(w->log, node->mark, remedy_for_quotes(node),
               "%s must be a number, not %s", where, fid__describe(node).text);
    return false;
}

bool fid__want_text(fid__walk *w, const fid__node *node, const char *where,
                    const char **out)
{
    if (!fid__want_scalar(w, node, where, "text"))
        return false;
    char *copy = fid__arena_copy(w->arena, node->text, node->n);
    if (!copy)
        return false;
    *out = copy;
    return true;
}

static bool in_range(const fid__field *field, double x)
{
    if (field->low == 0 && field->high == 0 && !field->above)
        return isfinite(x);
    double high = field->high == 0 ? (double)INFINITY : field->high;
    return isfinite(x) && (field->above ? x > field->low : x >= field->low) &&
           x <= high;
}

static void complain_of_range(fid__walk *w, const fid__field *field,
                              const fid__node *node, const char *where,
                              const char *what)
{
    fid_text range = {0};
    if (field->low == 0 && field->high == 0 && !field->above) {
        fid_text_append(&range, "finite");
    } else {
        fid_text_append(&range, field->above ? "above " : "at least ");
        fid_text_append_double(&range, field->low);
        if (field->high > 0) {
            fid_text_append(&range, " and at most ");
            fid_text_append_double(&range, field->high);
        }
    }
    fid__error(w->log, node->mark, NULL, "%s must be %s%s, not %s", where, what,
               range.data ? range.data : "", fid__show(node->text, node->n).text);
    fid_text_deinit(&range);
}

void fid__read_text(fid__walk *w, const fid__field *field, const fid__node *node,
                    const char *where, void *into)
{
    (void)field;
    (void)fid__want_text(w, node, where, into);
}

void fid__read_node(fid__walk *w, const fid__field *field, const fid__node *node,
                    const char *where, void *into)
{
    (void)w;
    (void)field;
    (void)where;
    *(const fid__node **)into = node;
}

void fid__read_flag(fid__walk *w, const fid__field *field, const fid__node *node,
                    const char *where, void *into)
{
    (void)field;
    fid__scalar scalar = {.kind = FID__STRING};
    if (node->kind == FID__SCALAR)
        scalar = fid__scalar_of(node);
    if (scalar.kind == FID__BOOL)
        *(bool *)into = scalar.i != 0;
    else
        fid__error(w->log, node->mark, remedy_for_quotes(node),
                   "%s must be true or false, not %s", where, fid__describe(node).text);
}

void fid__read_number(fid__walk *w, const fid__field *field, const fid__node *node,
                      const char *where, void *into)
{
    double x;
    if (!fid__want_number(w, node, where, &x))
        return;
    if (in_range(field, x))
        *(double *)into = x;
    else
        complain_of_range(w, field, node, where, "");
}

void fid__read_count(fid__walk *w, const fid__field *field, const fid__node *node,
                     const char *where, void *into)
{
    double x;
    if (!fid__want_number(w, node, where, &x))
        return;
    fid__field limits = *field;
    if (limits.high == 0)
        limits.high = 0x1p53;
    if (x != floor(x))
        fid__error(w->log, node->mark, NULL, "%s must be a whole number, not %s", where,
                   fid__show(node->text, node->n).text);
    else if (in_range(&limits, x))
        *(size_t *)into = (size_t)x;
    else
        complain_of_range(w, field, node, where, "");
}

void fid__read_choice(fid__walk *w, const fid__field *field, const fid__node *node,
                      const char *where, void *into)
{
    size_t n = 0;
    fid_text all = {0};
    for (; field->words[n]; n++) {
        if (node->kind == FID__SCALAR && strcmp(node->text, field->words[n]) == 0) {
            *(int *)into = (int)n;
            fid_text_deinit(&all);
            return;
        }
        fid_text_printf(&all, "%s%s", n ? " | " : "", field->words[n]);
    }
    fid__remedy remedy = {{0}};
    if (node->kind == FID__SCALAR)
        remedy = fid__did_you_mean(node->text, field->words, n);
    fid__error(w->log, node->mark, *remedy.text ? remedy.text : NULL,
               "%s must be one of %s, not %s", where, all.data ? all.data : "",
               fid__describe(node).text);
    fid_text_deinit(&all);
}

/* A number or text with units. */
static void read_measure(fid__walk *w, const fid__field *field, const fid__node *node,
                         const char *where, const char *forms,
                         bool (*parse)(const char *, size_t, double *), double *out)
{
    double x;
    fid__scalar scalar = {.kind = FID__NULL};
    if (node->kind == FID__SCALAR)
        scalar = fid__scalar_of(node);
    if (scalar.kind == FID__INT || scalar.kind == FID__FLOAT ||
        scalar.kind == FID__HUGE)
        x = scalar.f;
    else if (scalar.kind != FID__STRING || !parse(node->text, node->n, &x)) {
        fid__error(w->log, node->mark, NULL, "%s must be %s, not %s", where, forms,
                   fid__describe(node).text);
        return;
    }
    if (in_range(field, x))
        *out = x;
    else
        complain_of_range(w, field, node, where, "");
}

void fid__read_seconds(fid__walk *w, const fid__field *field, const fid__node *node,
                       const char *where, void *into)
{
    read_measure(w, field, node, where, "a time like 90, 90s, 10m or 1h30m",
                 fid__parse_seconds, into);
}

void fid__read_bytes(fid__walk *w, const fid__field *field, const fid__node *node,
                     const char *where, void *into)
{
    fid__field limits = *field;
    limits.high = 0x1p62;
    double bytes = -1;
    read_measure(w, &limits, node, where, "a size like 512M or 4G", fid__parse_bytes,
                 &bytes);
    if (bytes >= 0)
        *(uint64_t *)into = (uint64_t)bytes;
}
