#include "suite.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct {
    bench_suites *out;
    size_t index; /* of the suite being read: the array moves when one is included */
    const char *path, *folder;
    const bench_problem_options *options;
    yaml_document_t document;
    size_t *missing;
    int depth;
    fid_error *err;
} loader;

/* --- lists */

static fid_status add(char ***list, size_t *n, size_t *cap, const char *word,
                      size_t length)
{
    for (size_t i = 0; i < *n; i++)
        if (strlen((*list)[i]) == length && memcmp((*list)[i], word, length) == 0)
            return FID_OK;
    char **grown = fid_grow(*list, cap, *n + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    *list = grown;
    grown[*n] = fid_strndup(word, length);
    return grown[(*n)++] ? FID_OK : FID_NOMEM;
}

static void clear(char **list, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        free(list[i]);
    *n = 0;
}

typedef struct {
    bench_suite *suite;
    const char *pattern;
    size_t every, seen, matched;
    fid_status status;
} match;

static void consider(void *ctx, const char *name)
{
    match *m = ctx;
    if (m->status || fnmatch(m->pattern, name, 0) != 0)
        return;
    m->matched++;
    if (m->seen++ % m->every == 0)
        m->status = add(&m->suite->problems, &m->suite->n_problems,
                        &m->suite->problems_cap, name, strlen(name));
}

/* A pattern is matched against the list; a plain name is taken when it can be opened.
 */
static fid_status add_problems(bench_suite *suite, const char *pattern, size_t every,
                               const bench_problem_options *options, size_t *missing)
{
    match m = {suite, pattern, every ? every : 1, 0, 0, FID_OK};
    if (strpbrk(pattern, "*?[")) {
        FID_TRY(bench_problem_list(options, consider, &m));
    } else {
        bench_problem *problem;
        bench_problem_options open = *options;
        open.whole = suite->whole;
        open.instance = 1;
        m.status = bench_problem_open(&problem, pattern, &open, NULL);
        if (!m.status) {
            bench_problem_close(problem);
            consider(&m, pattern);
        } else if (m.status == FID_NOT_FOUND) {
            m.status = FID_OK;
        }
    }
    if (m.matched == 0)
        ++*missing;
    return m.status;
}

/* --- YAML */

static bench_suite *suite_of(const loader *l)
{
    return &l->out->suites[l->index];
}

static fid_status complain(const loader *l, const yaml_node_t *node, const char *what)
{
    return fid_error_at(l->err, FID_PARSE, l->path, (int)node->start_mark.line + 1,
                        (int)node->start_mark.column + 1, "%s", what);
}

static yaml_node_t *node_at(loader *l, int index)
{
    return yaml_document_get_node(&l->document, index);
}

static const char *scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                          : NULL;
}

static fid_status number(loader *l, const yaml_node_t *node, double *out)
{
    const char *text = scalar(node);
    if (!text || !fid_parse_double(text, strlen(text), out) || !(*out >= 0.0))
        return complain(l, node, "expected a number");
    return FID_OK;
}

static fid_status flag(loader *l, const yaml_node_t *node, bool *out)
{
    const char *text = scalar(node);
    *out = text && strcmp(text, "true") == 0;
    if (!text || (!*out && strcmp(text, "false") != 0))
        return complain(l, node, "expected true or false");
    return FID_OK;
}

static fid_status load_file(loader *l, const char *name);

static fid_status take_problem(loader *l, const yaml_node_t *node)
{
    const char *pattern = scalar(node);
    double every = 1.0;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
         node->type == YAML_MAPPING_NODE && p < node->data.mapping.pairs.top; p++) {
        const char *word = scalar(node_at(l, p->key));
        if (word && strcmp(word, "name") == 0)
            pattern = scalar(node_at(l, p->value));
        else if (word && strcmp(word, "every") == 0)
            FID_TRY(number(l, node_at(l, p->value), &every));
        else
            return complain(l, node_at(l, p->key), "expected name or every");
    }
    if (!pattern)
        return complain(l, node, "expected a problem's name");
    fid_status status =
        add_problems(suite_of(l), pattern, (size_t)every, l->options, l->missing);
    return status ? complain(l, node, "the problem cannot be opened") : FID_OK;
}

static fid_status take_item(loader *l, const char *key, const yaml_node_t *node)
{
    bench_suite *s = suite_of(l);
    double value;
    if (strcmp(key, "problems") == 0)
        return take_problem(l, node);
    if (strcmp(key, "methods") == 0) {
        const char *name = scalar(node);
        return name ? add(&s->methods, &s->n_methods, &s->methods_cap, name,
                          strlen(name))
                    : complain(l, node, "expected a method's name");
    }
    if (strcmp(key, "include") == 0)
        return scalar(node) ? load_file(l, scalar(node))
                            : complain(l, node, "expected a suite's name");
    FID_TRY(number(l, node, &value));
    if (strcmp(key, "at") == 0 && s->n_at < BENCH_CHECKPOINTS)
        s->at[s->n_at++] = value;
    else if (strcmp(key, "workers") == 0 && s->n_workers < 8)
        s->workers[s->n_workers++] = (size_t)value;
    else
        return complain(l, node, "the list is too long");
    return FID_OK;
}

static fid_status take_list(loader *l, const char *key, const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return complain(l, node, "expected a list");
    for (yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++)
        FID_TRY(take_item(l, key, node_at(l, *i)));
    return FID_OK;
}

static fid_status take(loader *l, const char *key, const yaml_node_t *key_node,
                       const yaml_node_t *node)
{
    static const char *const lists[] = {"problems", "methods", "include", "at",
                                        "workers"};
    bench_suite *s = suite_of(l);
    double value;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(key, lists[i]) == 0)
            return take_list(l, key, node);
    if (strcmp(key, "name") == 0)
        return snprintf(s->name, sizeof s->name, "%s",
                        scalar(node) ? scalar(node) : "") > 0
                   ? FID_OK
                   : complain(l, node, "expected a name");
    if (strcmp(key, "whole") == 0)
        return flag(l, node, &s->whole);
    if (strcmp(key, "timed") == 0)
        return flag(l, node, &s->timed);
    if (strcmp(key, "count_overhead") == 0)
        return flag(l, node, &s->count_overhead);
    if (strcmp(key, "seeds") == 0)
        return scalar(node) && !bench_suite_set_seeds(s, scalar(node), NULL)
                   ? FID_OK
                   : complain(l, node, "expected seeds as A-B");
    if (strcmp(key, "budget") == 0)
        return number(l, node, &s->budget);
    if (strcmp(key, "timeout") == 0)
        return number(l, node, &s->timeout);
    if (strcmp(key, "initial") == 0) {
        FID_TRY(number(l, node, &value));
        s->initial = (size_t)value;
        return FID_OK;
    }
    return complain(l, key_node, "unknown key of a suite");
}

static fid_status take_document(loader *l)
{
    yaml_node_t *root = yaml_document_get_root_node(&l->document);
    if (!root || root->type != YAML_MAPPING_NODE)
        return fid_error_at(l->err, FID_PARSE, l->path, 1, 1, "expected a mapping");
    /* `whole` first: it decides which problems can be opened */
    for (int round = 0; round < 2; round++)
        for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
             p < root->data.mapping.pairs.top; p++) {
            const yaml_node_t *key_node = node_at(l, p->key);
            const char *key = scalar(key_node);
            if (!key)
                return complain(l, key_node, "expected a key");
            if ((strcmp(key, "whole") == 0) == (round == 0))
                FID_TRY(take(l, key, key_node, node_at(l, p->value)));
        }
    return FID_OK;
}

static fid_status parse(loader *l, FILE *file)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return fid_error_set(l->err, FID_NOMEM, "out of memory");
    yaml_parser_set_input_file(&parser, file);
    fid_status status;
    if (yaml_parser_load(&parser, &l->document)) {
        status = take_document(l);
        yaml_document_delete(&l->document);
    } else {
        status = fid_error_at(l->err, FID_PARSE, l->path,
                              (int)parser.problem_mark.line + 1,
                              (int)parser.problem_mark.column + 1, "%s",
                              parser.problem ? parser.problem : "cannot be read");
    }
    yaml_parser_delete(&parser);
    return status;
}

static fid_status new_suite(loader *l)
{
    bench_suite *grown =
        fid_grow(l->out->suites, &l->out->cap, l->out->n + 1, sizeof *grown);
    if (!grown)
        return fid_error_set(l->err, FID_NOMEM, "out of memory");
    l->out->suites = grown;
    l->index = l->out->n++;
    grown[l->index] = (bench_suite){
        .first_seed = 1, .last_seed = 10, .timeout = 3600.0, .budget = 100.0};
    return FID_OK;
}

static void fill_defaults(bench_suite *s)
{
    if (s->n_workers == 0)
        s->workers[s->n_workers++] = 1;
    if (s->n_at == 0)
        s->at[s->n_at++] = s->budget;
}

static fid_status load_file(loader *parent, const char *name)
{
    char path[4096];
    FILE *file = strchr(name, '/') || strstr(name, ".yaml") ? fopen(name, "r") : NULL;
    snprintf(path, sizeof path, "%s", name);
    if (!file) {
        snprintf(path, sizeof path, "%s/%s.yaml", parent->folder, name);
        file = fopen(path, "r");
    }
    if (!file || parent->depth > 4) {
        if (file)
            fclose(file);
        return fid_error_set(
            parent->err, FID_NOT_FOUND,
            file ? "%s: suites include each other" : "%s: no such suite", name);
    }
    loader l = *parent;
    l.path = path;
    l.depth++;
    fid_status status = new_suite(&l);
    if (!status)
        status = parse(&l, file);
    fclose(file);
    if (!status)
        fill_defaults(suite_of(&l));
    return status;
}

fid_status bench_suites_load(bench_suites *out, const char *name, const char *folder,
                             const bench_problem_options *options, size_t *missing,
                             fid_error *err)
{
    memset(out, 0, sizeof *out);
    *missing = 0;
    loader l = {.out = out,
                .folder = folder,
                .options = options,
                .missing = missing,
                .err = err};
    return load_file(&l, name);
}

void bench_suites_deinit(bench_suites *suites)
{
    for (size_t i = 0; i < suites->n; i++) {
        bench_suite *s = &suites->suites[i];
        clear(s->methods, &s->n_methods);
        clear(s->problems, &s->n_problems);
        free(s->methods);
        free(s->problems);
    }
    free(suites->suites);
    memset(suites, 0, sizeof *suites);
}

/* --- changes from the command line */

/* The next item of a comma-separated list; commas within braces belong to it. */
static const char *next_item(const char *list, size_t *length)
{
    int depth = 0;
    const char *c = list;
    for (; *c && (*c != ',' || depth > 0); c++)
        depth += (*c == '{') - (*c == '}');
    *length = (size_t)(c - list);
    return *c ? c + 1 : c;
}

fid_status bench_suite_set_methods(bench_suite *suite, const char *list, fid_error *err)
{
    clear(suite->methods, &suite->n_methods);
    while (*list) {
        size_t length;
        const char *item = list;
        list = next_item(list, &length);
        if (length &&
            add(&suite->methods, &suite->n_methods, &suite->methods_cap, item, length))
            return fid_error_set(err, FID_NOMEM, "out of memory");
    }
    return FID_OK;
}

fid_status bench_suite_set_problems(bench_suite *suite, const char *list,
                                    const bench_problem_options *options,
                                    size_t *missing, fid_error *err)
{
    clear(suite->problems, &suite->n_problems);
    *missing = 0;
    while (*list) {
        size_t length;
        char pattern[256];
        const char *item = list;
        list = next_item(list, &length);
        snprintf(pattern, sizeof pattern, "%.*s", (int)length, item);
        if (length && add_problems(suite, pattern, 1, options, missing))
            return fid_error_set(err, FID_INVALID, "%s: cannot be opened", pattern);
    }
    return FID_OK;
}

fid_status bench_suite_set_seeds(bench_suite *suite, const char *range, fid_error *err)
{
    unsigned first, last;
    int used = 0, n = sscanf(range, "%u%n-%u%n", &first, &used, &last, &used);
    if (n < 1 || range[used] || first < 1 || (n == 2 && last < first))
        return fid_error_set(err, FID_INVALID, "seeds must be A or A-B, from 1: %s",
                             range);
    suite->first_seed = first;
    suite->last_seed = n == 2 ? last : first;
    return FID_OK;
}

void bench_suite_keep_half(bench_suite *suite, unsigned half)
{
    size_t kept = 0;
    for (size_t i = 0; i < suite->n_problems; i++) {
        if (i % 2 == half)
            suite->problems[kept++] = suite->problems[i];
        else
            free(suite->problems[i]);
    }
    suite->n_problems = kept;
}
