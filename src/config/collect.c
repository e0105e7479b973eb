/* `collect`: metrics from what the program prints. */
#include "config/draft.h"

#include <stdio.h>
#include <string.h>

static const char *const sources[] = {"stdout", "stderr", NULL};
static const char *const origins[] = {"total", "attempt", NULL};

typedef struct {
    int from, step_from;
    const fid__node *regex;
    double step_offset;
} rule;

#define AT(member) .offset = offsetof(rule, member)
static const fid__field fields[] = {
    {.key = "from",
     .read = fid__read_choice,
     AT(from),
     .words = sources,
     .required = true},
    {.key = "regex", .read = fid__read_node, AT(regex), .required = true},
    {.key = "step_from", .read = fid__read_choice, AT(step_from), .words = origins},
    {.key = "step_offset", .read = fid__read_number, AT(step_offset)},
};
#undef AT

/* The executor compiles it as it will when a trial runs. */
static void try_rule(fid__walk *w, const fid__node *node, const fid_collect *out)
{
    fid_error err = {0};
    fid_status status = fid_collect_check(out, &err);
    if (status == FID_NOMEM)
        w->arena->failed = true;
    if (status == FID_OK || status == FID_NOMEM)
        return;
    fid__mark at = node->mark;
    if (err.column > 0 && node->verbatim) {
        at.column += err.column - 1 + !node->plain;
        at.length = 1;
    }
    const char *words = strstr(err.message, "regex: ");
    fid__error(w->log, at, NULL, "collect: %s", words ? words : err.message);
}

static bool read_one(fid__walk *w, const fid__node *node, const char *where,
                     fid_collect *out)
{
    rule given = {0};
    if (!fid__read_map(w, fields, sizeof fields / sizeof *fields, node, where,
                       &given) ||
        !given.regex ||
        !fid__want_text(w, given.regex, fid__path_join(where, "regex").text,
                        &out->regex))
        return false;
    out->from = (fid_collect_source)given.from;
    out->step_from = (fid_step_origin)given.step_from;
    out->step_offset = given.step_offset;
    try_rule(w, given.regex, out);
    return true;
}

void fid__read_collect(fid__walk *w, const fid__field *field, const fid__node *node,
                       const char *where, void *into)
{
    bool list = node->kind == FID__LIST;
    size_t n = 0, i = 0;
    fid_collect *rules = fid__arena_alloc(w->arena, list ? node->n : 1, sizeof *rules);
    (void)field;
    (void)into;
    w->draft->collect = node;
    if (!rules)
        return;
    if (!list)
        n += read_one(w, node, where, rules);
    for (const fid__node *at = list ? node->first : NULL; at; at = at->next)
        n += read_one(w, at, fid__path_index(where, i++).text, &rules[n]);
    w->sweep->collect = rules;
    w->sweep->n_collect = n;
}

/* --- Does any group give the metric? */

typedef struct {
    char text[33]; /* PCRE2 allows 32 bytes */
} group;

/* The next (?<name>, (?'name' or (?P<name> from *at on. */
static bool next_group(const char **at, group *out)
{
    const char *s = *at;
    while ((s = strstr(s, "(?"))) {
        s += 2;
        s += *s == 'P';
        if (*s != '<' && *s != '\'')
            continue;
        size_t n = strcspn(s + 1, ">'");
        if (n == 0 || n >= sizeof out->text || s[1] == '=' || s[1] == '!')
            continue;
        *out = (group){{0}};
        memcpy(out->text, s + 1, n);
        *at = s + 1 + n;
        return true;
    }
    return false;
}

static bool collects(const fid_sweep *sweep, const char *metric, group *near)
{
    *near = (group){{0}};
    for (size_t i = 0; i < sweep->n_collect; i++) {
        const char *at = sweep->collect[i].regex;
        group found;
        while (next_group(&at, &found)) {
            const char *words[] = {found.text};
            if (strcmp(found.text, metric) == 0)
                return true;
            if (strcmp(found.text, "step") != 0 && fid__nearest(metric, words, 1))
                *near = found;
        }
    }
    return false;
}

/* A metric may also come through the report file, so a missing group is no error unless
 * it is there under nearly the same name. */
void fid__check_collect(fid__walk *w)
{
    const fid_sweep *sweep = w->sweep;
    if (!sweep->n_collect)
        return;
    for (size_t m = 0; m < sweep->outline.n_metrics; m++) {
        const char *name = sweep->outline.metrics[m].name;
        group near;
        if (collects(sweep, name, &near))
            continue;
        char remedy[96];
        (void)snprintf(remedy, sizeof remedy,
                       "the group is called '%s'; they must agree", near.text);
        if (*near.text)
            fid__error(w->log, w->draft->collect->mark, remedy,
                       "collect: no regex has a group for the metric '%s'", name);
        else
            fid__warn(w->log, w->draft->collect->mark,
                      "name a group after it, as in (?<loss>\\S+), unless the program "
                      "writes it to its report file",
                      "collect: no regex has a group for the metric '%s'", name);
    }
}
