/* list problems|methods|peers|suites, and show PROBLEM. */
#include "command.h"

#include <fidelio/catalog.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A line: NAME KIND WORDS, of which kind and words may be "". */
static void print_entry(bool json, const char *kind, const char *name, const char *words)
{
    fid_text line = {0};
    if (!json) {
        if (!*kind)
            printf("%s\n", name);
        else
            printf("%-14s %-10s%s%s\n", name, kind, *words ? " " : "", words);
        return;
    }
    fid_text_append(&line, "{\"name\": ");
    fid_text_append_json(&line, name, strlen(name));
    if (*kind) {
        fid_text_append(&line, ", \"kind\": ");
        fid_text_append_json(&line, kind, strlen(kind));
        fid_text_append(&line, ", \"words\": ");
        fid_text_append_json(&line, words, strlen(words));
    }
    fid_text_append(&line, "}");
    puts(line.failed ? "{}" : line.data);
    fid_text_deinit(&line);
}

/* ctx: whether as JSON */
static void print_name(void *ctx, const char *name)
{
    print_entry(*(const bool *)ctx, "", name, "");
}

static void list_methods(bool json)
{
    for (const fid_sampler_type *const *s = fid_catalog_samplers(); *s; s++)
        print_entry(json, "sampler", (*s)->name, (*s)->summary);
    for (const fid_scheduler_type *const *s = fid_catalog_schedulers(); *s; s++)
        print_entry(json, "scheduler", (*s)->name, (*s)->summary);
}

static void list_folder(bool json, const char *folder, const char *end)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *name = entries[i]->d_name;
        size_t length = strlen(name), tail = strlen(end);
        if (length > tail && strcmp(name + length - tail, end) == 0) {
            name[length - tail] = '\0';
            print_entry(json, "", name, "");
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* What setup.sh wrote of its failure. */
static bool visit_failures(const char *venvs, const char *peer, bench_peer_visit *visit,
                           void *ctx)
{
    char path[4400], line[400];
    snprintf(path, sizeof path, "%.4000s/%.100s.failed", venvs, peer);
    FILE *file = fopen(path, "r");
    bool any = false;
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        visit(ctx, peer, "failed", line);
        any = true;
    }
    if (file)
        fclose(file);
    return any;
}

static void visit_peer(const char *venvs, const char *peer, bench_peer_visit *visit, void *ctx)
{
    char path[4400];
    struct stat seen;
    snprintf(path, sizeof path, "%.4000s/%.100s/bin/python", venvs, peer);
    bool there = stat(path, &seen) == 0;
    if (there)
        visit(ctx, peer, "installed", "");
    if (!visit_failures(venvs, peer, visit, ctx) && !there)
        visit(ctx, peer, "absent", "benchmarks/peers/setup.sh installs it");
}

void bench_each_peer(const bench_places *places, bench_peer_visit *visit, void *ctx)
{
    static const char end[] = "_peer.py";
    struct dirent **entries;
    int n = scandir(places->peers, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *name = entries[i]->d_name, *tail = strstr(name, end);
        if (tail && strcmp(tail, end) == 0 && strcmp(name, "fidelio_peer.py") != 0) {
            *tail = '\0';
            visit_peer(places->venvs, name, visit, ctx);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void print_peer(void *ctx, const char *peer, const char *state, const char *words)
{
    print_entry(*(const bool *)ctx, state, peer, words);
}

static void print_failed_peer(void *ctx, const char *peer, const char *state,
                              const char *words)
{
    (void)ctx;
    if (strcmp(state, "failed") == 0)
        print_entry(false, state, peer, words);
}

void bench_print_failed_peers(const bench_places *places)
{
    bench_each_peer(places, print_failed_peer, NULL);
}

int bench_command_list(const bench_command *command)
{
    const char *what = command->n_words == 1 ? command->words[0] : "";
    bool json = command->json;
    if (strcmp(what, "problems") == 0)
        bench_problem_list(&command->places.problems, print_name, &json);
    else if (strcmp(what, "methods") == 0)
        list_methods(json);
    else if (strcmp(what, "suites") == 0)
        list_folder(json, command->suites, ".yaml");
    else if (strcmp(what, "peers") == 0)
        bench_each_peer(&command->places, print_peer, &json);
    else {
        fprintf(stderr, "usage: fidelio-bench list problems|methods|suites|peers\n");
        return 2;
    }
    return 0;
}

static void print_text(const char *name, const char *value, const char *after)
{
    fid_text text = {0};
    fid_text_append_json(&text, value ? value : "", strlen(value ? value : ""));
    printf("  \"%s\": %s%s\n", name, text.data ? text.data : "\"\"", after);
    fid_text_deinit(&text);
}

static void print_number(const char *name, double value)
{
    fid_text text = {0};
    fid_text_append_double(&text, value);
    printf("  \"%s\": %s,\n", name, text.data ? text.data : "NaN");
    fid_text_deinit(&text);
}

static void print_metrics(const fid_outline *outline)
{
    static const char *const goals[] = {"minimize", "maximize", "at_most", "at_least", "none"};
    fid_text text = {0};
    for (size_t m = 0; m < outline->n_metrics; m++) {
        const fid_metric *metric = &outline->metrics[m];
        fid_text_append(&text, m ? ", {\"name\": " : "{\"name\": ");
        fid_text_append_json(&text, metric->name, strlen(metric->name));
        fid_text_printf(&text, ", \"goal\": \"%s\"", goals[metric->goal]);
        if (metric->goal == FID_GOAL_AT_MOST || metric->goal == FID_GOAL_AT_LEAST) {
            fid_text_append(&text, ", \"bound\": ");
            fid_text_append_double(&text, metric->bound);
        }
        fid_text_append(&text, "}");
    }
    printf("  \"metrics\": [%s],\n  \"objectives\": %zu,\n", text.data ? text.data : "",
           outline->n_objectives);
    fid_text_deinit(&text);
}

static void print_problem(const bench_problem *p)
{
    fid_text space = {0};
    const fid_fidelity *f = &p->outline.fidelity;
    puts("{");
    print_text("problem", p->name, ",");
    print_text("family", p->type->family, ",");
    print_text("group", p->group, ",");
    print_text("source", p->source, ",");
    print_text("licence", p->licence, ",");
    print_text("cost", p->cost, ",");
    print_metrics(&p->outline);
    print_text("regret",
               p->regret == BENCH_REGRET_OBSERVED ? "best observed" : "incumbent, full",
               ",");
    if (f->mode != FID_MODE_NONE)
        print_text("fidelity", f->name, ",");
    print_number("fidelity_min", f->min);
    print_number("fidelity_max", p->max_fidelity);
    print_number("best", p->best);
    print_number("median", p->median);
    print_number("pool", (double)p->pool.n);
    fid_space_to_json(p->space, &space);
    printf("  \"space\": %s\n}\n", space.data ? space.data : "null");
    fid_text_deinit(&space);
}

int bench_command_show(const bench_command *command)
{
    fid_error err = {0};
    bench_problem *problem = NULL;
    if (command->n_words != 1) {
        fprintf(stderr, "usage: fidelio-bench show PROBLEM\n");
        return 2;
    }
    bench_problem_options options = command->places.problems;
    options.instance = 1;
    fid_status status = bench_problem_open(&problem, command->words[0], &options, &err);
    if (status == FID_UNSUPPORTED) {
        options.whole = true;
        status = bench_problem_open(&problem, command->words[0], &options, &err);
    }
    if (status)
        return bench_fail(&err);
    print_problem(problem);
    bench_problem_close(problem);
    return 0;
}
