/* verify: the BBOB functions against COCO's values, the surrogates against their 200
 * vectors each, every table readable and sound, analytic optima where they are said to
 * be, a finite optimum for all. What is not here is skipped in words. */
#include "command.h"

#include "golden/bbob.h"
#include "problems/bbob.h"
#include "problems/functions.h"
#include "problems/net.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t passed, failed, skipped;
    bool json;
} tally;

static void print_line(const tally *t, const char *how, const char *name, const char *words)
{
    if (!t->json) {
        printf("%-6s %s%s%s\n", how, name, *words ? ": " : "", words);
        return;
    }
    fid_text line = {0};
    fid_text_printf(&line, "{\"result\": \"%s\", \"name\": ", how);
    fid_text_append_json(&line, name, strlen(name));
    fid_text_append(&line, ", \"words\": ");
    fid_text_append_json(&line, words, strlen(words));
    fid_text_append(&line, "}");
    puts(line.failed ? "{}" : line.data);
    fid_text_deinit(&line);
}

static void note(tally *t, bool ok, const char *name, const char *words)
{
    *(ok ? &t->passed : &t->failed) += 1;
    print_line(t, ok ? "ok" : "not ok", name, words);
}

static void verify_functions(tally *t)
{
    for (size_t i = 0; bench_functions[i]; i++) {
        const bench_function *f = bench_functions[i];
        size_t d = f->dim ? f->dim : 7;
        double x[16];
        f->optimiser(x, d);
        double miss = fabs(f->value(x, d) - bench_function_optimum(f, d));
        note(t, miss < 1e-6, f->name,
             miss < 1e-6 ? "" : "optimum is not where it should be");
    }
}

static void verify_bbob(tally *t)
{
    double worst = 0.0;
    size_t n = sizeof golden / sizeof *golden;
    char words[120];
    for (size_t i = 0; i < n; i++) {
        const bbob_golden *g = &golden[i];
        bench_bbob *f = bench_bbob_create(g->function, g->d, g->instance);
        double miss = f ? fabs(bench_bbob_value(f, g->x) - g->value) : HUGE_VAL;
        worst = fmax(worst, miss / fmax(1.0, fabs(g->value)));
        bench_bbob_destroy(f);
    }
    snprintf(words, sizeof words, "%zu values of COCO, largest relative error %.1e", n, worst);
    note(t, worst <= 1e-9, "bbob-f1 .. bbob-f24", words);
}

/* Every family of the public data that is not in the folder. */
static void name_absent(tally *t, const char *data)
{
    static const char *const families[] = {
        "yahpo", "taskset", "nasbench_nlp", "fcnet_final", "hpobench_mlp_final",
        "nasbench201_final", "nasbench_macro", "ktune", "quantile_xgboost", "quantile_deepar"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        char path[4200];
        snprintf(path, sizeof path, "%.4000s/%s", data ? data : "", families[i]);
        DIR *folder = data ? opendir(path) : NULL;
        if (folder) {
            closedir(folder);
            continue;
        }
        snprintf(path, sizeof path, "not in %.4000s", data ? data : "any folder (--data)");
        print_line(t, "skip", families[i], path);
        t->skipped++;
    }
}

enum { VECTORS = 200 };

typedef struct {
    bench_net_row rows[VECTORS];
    double want[VECTORS][BENCH_NET_OUTPUTS];
    size_t n;
} vectors;

static bool read_vectors(const bench_net *net, const char *path, vectors *v)
{
    FILE *file = fopen(path, "r");
    char line[8192];
    while (file && v->n < VECTORS && fgets(line, sizeof line, file)) {
        if (line[0] < '0' || line[0] > '9')
            continue; /* a comment, the header */
        char *c = line;
        for (size_t i = 0; i < net->n_cats; i++, c += *c == ',')
            v->rows[v->n].codes[i] = (int)strtol(c, &c, 10);
        for (size_t i = 0; i < net->n_conts; i++, c += *c == ',')
            v->rows[v->n].numbers[i] = strtof(c, &c);
        for (size_t i = 0; i < net->n_outs; i++, c += *c == ',')
            v->want[v->n][i] = strtod(c, &c);
        v->n++;
    }
    if (file)
        fclose(file);
    return v->n > 0;
}

/* Largest error as a share of the output's range. */
static double worst_error(const bench_net *net, const vectors *v, const double *got)
{
    double worst = 0.0;
    for (size_t o = 0; o < net->n_outs; o++) {
        double low = HUGE_VAL, high = -HUGE_VAL, miss = 0.0;
        for (size_t i = 0; i < v->n; i++) {
            low = fmin(low, v->want[i][o]);
            high = fmax(high, v->want[i][o]);
            miss = fmax(miss, fabs(v->want[i][o] - got[i * net->n_outs + o]));
        }
        worst = fmax(worst, miss / fmax(high - low, 1e-300));
    }
    return worst;
}

static void verify_surrogate(tally *t, const char *folder, const char *name)
{
    char path[4600], words[200] = "";
    bench_net *net;
    fid_error err = {0};
    vectors *v = fid_alloc(1, sizeof *v);
    double *got = fid_alloc(VECTORS * BENCH_NET_OUTPUTS, sizeof *got);
    if (!v || !got || bench_net_open(&net, folder, name, &err)) {
        note(t, false, name, err.message);
    } else {
        snprintf(path, sizeof path, "%s/%s.vectors.csv", folder, name);
        bool ok = read_vectors(net, path, v) &&
                  !bench_net_evaluate(net, v->rows, v->n, got);
        double worst = ok ? worst_error(net, v, got) : (double)NAN;
        snprintf(words, sizeof words, "%zu vectors, largest error %.1e of the range",
                 v->n, worst);
        note(t, ok && worst <= 2e-5, name, words);
        bench_net_close(net);
    }
    free(v);
    free(got);
}

static void verify_surrogates(tally *t, const char *data)
{
    char folder[4096];
    struct dirent **entries;
    snprintf(folder, sizeof folder, "%.4000s/yahpo", data);
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t length = strlen(entries[i]->d_name);
        if (length > 4 && strcmp(entries[i]->d_name + length - 4, ".hdr") == 0) {
            entries[i]->d_name[length - 4] = '\0';
            verify_surrogate(t, folder, entries[i]->d_name);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

typedef struct {
    tally *tally;
    const bench_command *command;
} table_visit;

/* Whatever is listed must open and have an optimum that regret can be counted from, but for
 * commands, whose optimum is the best that was found. */
static void verify_problem(void *ctx, const char *name)
{
    const table_visit *v = ctx;
    bench_problem *problem;
    fid_error err = {0};
    bench_problem_options options = v->command->places.problems;
    options.whole = true;
    fid_status status = bench_problem_open(&problem, name, &options, &err);
    bool sound = !status && isfinite(problem->best) && problem->best < problem->median;
    char words[600] = "no finite optimum below the median";
    if (status)
        snprintf(words, sizeof words, "%s", err.message);
    else if (strcmp(problem->type->family, "command") == 0)
        sound = snprintf(words, sizeof words, "opens") > 0;
    else if (sound)
        snprintf(words, sizeof words, "best %.6g, median %.6g", problem->best, problem->median);
    note(v->tally, sound, name, words);
    if (!status)
        bench_problem_close(problem);
}

int bench_command_verify(const bench_command *command)
{
    tally t = {.json = command->json};
    table_visit visit = {&t, command};
    verify_functions(&t);
    verify_bbob(&t);
    if (command->places.problems.data)
        verify_surrogates(&t, command->places.problems.data);
    bench_problem_list(&command->places.problems, verify_problem, &visit);
    name_absent(&t, command->places.problems.data);
    fprintf(command->json ? stderr : stdout, "%zu passed, %zu failed, %zu skipped\n", t.passed,
            t.failed, t.skipped);
    return t.failed ? 1 : 0;
}
