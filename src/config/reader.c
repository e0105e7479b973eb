/* libyaml's events into a tree, with limits: libyaml itself neither types scalars nor
 * refuses duplicate keys, aliases that multiply, or endless nesting. */
#include "config/node.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MOST_DEPTH = 32, MOST_NODES = 100000, MOST_SCALAR = 65536 };

/* A collection that has not ended. */
typedef struct {
    fid__node *node, *last;
    bool wants_value; /* of a MAP: `last` is a key without its value */
} frame;

typedef struct {
    fid__arena *arena;
    fid__log *log;
    yaml_parser_t parser;
    fid__node *root;
    frame open[MOST_DEPTH];
    size_t depth, n_nodes;
} reader;

static fid__mark mark_of(yaml_mark_t start, yaml_mark_t end)
{
    fid__mark mark = {(int)start.line + 1, (int)start.column + 1, 1};
    if (end.line == start.line && end.column > start.column)
        mark.length = (int)(end.column - start.column);
    return mark;
}

/* --- What libyaml says, in the words of somebody who has to repair it. */

static const struct {
    const char *problem, *remedy;
} syntax_remedies[] = {
    {"mapping values are not allowed",
     "a value that contains ': ' needs quotes; otherwise check the indentation"},
    {"cannot start any token",
     "tabs cannot indent; a value that begins with @, ` or % needs quotes"},
    {"tab character", "indent with spaces, not tabs"},
    {"did not find expected ',' or ']'",
     "in [ ] a macro needs quotes: [\"${program}\", \"${args}\"]; or a comma or ] is "
     "missing"},
    {"did not find expected ',' or '}'",
     "in { } a value with { } , or [ ] needs quotes; or a comma or } is missing"},
    {"could not find expected ':'",
     "every line of a mapping is 'key: value', with a space after the colon"},
    {"did not find expected key",
     "lines of one mapping begin in the same column; check the indentation"},
    {"did not find expected '-' indicator",
     "elements of one list begin with '- ' in the same column"},
    {"block sequence entries are not allowed",
     "a list begins on the line below its key"},
    {"unexpected end of stream", "a quote is not closed"},
    {"unknown escape character",
     "in double quotes a backslash starts an escape: use single quotes for patterns"},
    {"did not find expected hexdecimal number",
     "in double quotes a backslash starts an escape: use single quotes for patterns"},
    {"found unknown directive name", NULL},
    {"did not find URI escaped octet", NULL},
    {"did not find expected <document start>",
     "a second value follows the first; check the indentation"},
};

static const char *remedy_for(const char *problem)
{
    for (size_t i = 0; i < sizeof syntax_remedies / sizeof *syntax_remedies; i++)
        if (strstr(problem, syntax_remedies[i].problem))
            return syntax_remedies[i].remedy;
    return NULL;
}

static void complain_of_bytes(reader *r)
{
    fid__mark at = fid__log_place(r->log, r->parser.problem_offset);
    if (strstr(r->parser.problem, "control characters"))
        fid__error(r->log, at, "a sweep file is plain text; is this the right file?",
                   "a control character (U+%04X)", (unsigned)r->parser.problem_value);
    else
        fid__error(r->log, at, "save the file as UTF-8",
                   "bytes that are not UTF-8 text");
}

static void complain_of_syntax(reader *r)
{
    yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) {
        r->log->out->failed = true;
        return;
    }
    if (p->error == YAML_READER_ERROR) {
        complain_of_bytes(r);
        return;
    }
    const char *problem = p->problem ? p->problem : "malformed";
    fid__mark at = mark_of(p->problem_mark, p->problem_mark);
    const char *remedy = remedy_for(problem);
    if (p->context && p->context_mark.line != p->problem_mark.line)
        fid__error(r->log, at, remedy, "YAML: %s (%s that begins on line %zu)", problem,
                   p->context, p->context_mark.line + 1);
    else
        fid__error(r->log, at, remedy, "YAML: %s", problem);
}

/* --- Building. Functions that return false end the reading; they have complained. */

static bool attach(reader *r, fid__node *node)
{
    if (r->depth == 0) {
        r->root = node;
        return true;
    }
    frame *top = &r->open[r->depth - 1];
    if (top->wants_value) {
        top->last->value = node;
        top->wants_value = false;
        return true;
    }
    if (top->node->kind == FID__MAP && node->kind != FID__SCALAR) {
        fid__error(r->log, node->mark, NULL,
                   "a key must be a word, not a list or mapping");
        return false;
    }
    if (top->last)
        top->last->next = node;
    else
        top->node->first = node;
    top->last = node;
    top->node->n++;
    top->wants_value = top->node->kind == FID__MAP;
    return true;
}

static fid__node *new_node(reader *r, fid__node_kind kind, fid__mark at)
{
    if (++r->n_nodes > MOST_NODES) {
        fid__error(r->log, at, NULL, "more than 100,000 values");
        return NULL;
    }
    fid__node *node = fid__arena_alloc(r->arena, 1, sizeof *node);
    if (!node) {
        r->log->out->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->mark = at;
    return node;
}

static void refuse_properties(reader *r, fid__mark at, const yaml_char_t *anchor,
                              const yaml_char_t *tag)
{
    if (anchor)
        fid__error(r->log, at, "write the value out where it is needed",
                   "anchors (&%s) are not supported",
                   fid__show((const char *)anchor, strlen((const char *)anchor)).text);
    if (tag)
        fid__error(r->log, at, "remove it: types follow from how a value is written",
                   "tags (%s) are not supported",
                   fid__show((const char *)tag, strlen((const char *)tag)).text);
}

static bool open_collection(reader *r, fid__node_kind kind, fid__mark at)
{
    if (r->depth == MOST_DEPTH) {
        fid__error(r->log, at, NULL, "nested deeper than %d levels", MOST_DEPTH);
        return false;
    }
    at.length = 1;
    fid__node *node = new_node(r, kind, at);
    if (!node || !attach(r, node))
        return false;
    r->open[r->depth++] = (frame){.node = node};
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const fid__node *x = *(fid__node *const *)a, *y = *(fid__node *const *)b;
    int order = strcmp(x->text, y->text);
    if (order == 0)
        order = x->mark.line != y->mark.line ? x->mark.line - y->mark.line
                                             : x->mark.column - y->mark.column;
    return order;
}

static bool refuse_duplicates(reader *r, const fid__node *map)
{
    const fid__node **keys = fid_alloc(map->n, sizeof *keys);
    if (!keys) {
        r->log->out->failed = true;
        return false;
    }
    size_t n = 0;
    for (const fid__node *key = map->first; key; key = key->next)
        keys[n++] = key;
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (strcmp(keys[i]->text, keys[i - 1]->text) == 0)
            fid__error(
                r->log, keys[i]->mark, NULL, "duplicate key '%s', first on line %d",
                fid__show(keys[i]->text, keys[i]->n).text, keys[i - 1]->mark.line);
    free(keys);
    return true;
}

static bool close_collection(reader *r)
{
    const fid__node *node = r->open[--r->depth].node;
    return node->kind != FID__MAP || refuse_duplicates(r, node);
}

/* Whether the file's characters from the mark on are the scalar's own, so that an
 * offset into it is a place in the file. */
static bool is_verbatim(const fid__node *node, const yaml_event_t *event)
{
    size_t quotes = node->plain ? 0 : 2, characters = 0;
    for (size_t i = 0; i < node->n; i++)
        characters += ((unsigned char)node->text[i] & 0xC0) != 0x80;
    return event->start_mark.line == event->end_mark.line &&
           event->end_mark.column - event->start_mark.column == characters + quotes;
}

static bool add_scalar(reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    fid__mark at = mark_of(event->start_mark, event->end_mark);
    if (n > MOST_SCALAR) {
        fid__error(r->log, at, NULL, "a value of %zu bytes; at most %d are allowed", n,
                   MOST_SCALAR);
        return false;
    }
    if (memchr(text, '\0', n)) {
        fid__error(r->log, at, NULL, "a value with a zero byte");
        return false;
    }
    fid__node *node = new_node(r, FID__SCALAR, at);
    if (!node)
        return false;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = fid__arena_copy(r->arena, text, n);
    node->n = n;
    if (!node->text) {
        r->log->out->failed = true;
        return false;
    }
    node->verbatim = is_verbatim(node, event);
    bool is_key = r->depth && r->open[r->depth - 1].node->kind == FID__MAP &&
                  !r->open[r->depth - 1].wants_value;
    if (is_key && node->plain && fid__node_is(node, "<<"))
        fid__error(r->log, at, "write the keys out where they are needed",
                   "merge keys (<<) are not supported");
    return attach(r, node);
}

/* A null stands for the alias, so that the rest of the file can be looked at. */
static bool add_alias(reader *r, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    fid__mark at = mark_of(event->start_mark, event->end_mark);
    fid__error(r->log, at, "write the value out; text that begins with * needs quotes",
               "aliases (*%s) are not supported", fid__show(name, strlen(name)).text);
    fid__node *node = new_node(r, FID__SCALAR, at);
    if (!node)
        return false;
    node->plain = true;
    node->text = "";
    return attach(r, node);
}

static bool take(reader *r, const yaml_event_t *event)
{
    fid__mark at = mark_of(event->start_mark, event->end_mark);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->root)
            fid__error(r->log, at,
                       "one file holds one sweep; remove what follows '---'",
                       "a second document");
        return !r->root;
    case YAML_ALIAS_EVENT:
        return add_alias(r, event);
    case YAML_SCALAR_EVENT:
        refuse_properties(r, at, event->data.scalar.anchor, event->data.scalar.tag);
        return add_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(r, at, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
        return open_collection(r, FID__LIST, at);
    case YAML_MAPPING_START_EVENT:
        refuse_properties(r, at, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
        return open_collection(r, FID__MAP, at);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(r);
    default:
        return true;
    }
}

static bool read_events(reader *r)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event)) {
            complain_of_syntax(r);
            return false;
        }
        bool more = take(r, &event), ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (!more || ended)
            return more;
    }
}

fid__node *fid__read_yaml(fid__arena *arena, fid__log *log)
{
    reader r = {.arena = arena, .log = log};
    if (!yaml_parser_initialize(&r.parser)) {
        log->out->failed = true;
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)log->text, log->n);
    bool whole = read_events(&r);
    yaml_parser_delete(&r.parser);
    if (!whole)
        return NULL;
    if (!r.root)
        fid__error(log, (fid__mark){0}, NULL, "the file is empty");
    return r.root;
}

fid__node *fid__node_get(const fid__node *map, const char *key)
{
    if (!map || map->kind != FID__MAP)
        return NULL;
    for (const fid__node *at = map->first; at; at = at->next)
        if (strcmp(at->text, key) == 0)
            return at->value;
    return NULL;
}

bool fid__node_is(const fid__node *scalar, const char *text)
{
    return scalar->kind == FID__SCALAR && strcmp(scalar->text, text) == 0;
}
