/* verify: the surrogates against their 200 vectors each, every table readable and
 * sound, analytic optima where they are said to be. */
#include "command.h"

#include "problems/functions.h"
#include "problems/net.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t passed, failed;
} tally;

static void note(tally *t, bool ok, const char *name, const char *words)
{
    *(ok ? &t->passed : &t->failed) += 1;
    printf("%s %s%s%s\n", ok ? "ok    " : "not ok", name, *words ? ": " : "", words);
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

/* A table must open and every tenth of its space must give an answer. */
static void verify_table(void *ctx, const char *name)
{
    const table_visit *v = ctx;
    bench_problem *problem;
    fid_error err = {0};
    bench_problem_options options = v->command->places.problems;
    options.whole = true;
    if (!strchr(name, '/') || strncmp(name, "rbv2", 4) == 0 ||
        strncmp(name, "lcbench", 7) == 0 || strncmp(name, "iaml", 4) == 0)
        return;
    fid_status status = bench_problem_open(&problem, name, &options, &err);
    bool sound = !status && isfinite(problem->best) && problem->best < problem->median;
    note(v->tally, sound, name,
         status  ? err.message
         : sound ? ""
                 : "no spread of values");
    if (!status)
        bench_problem_close(problem);
}

int bench_command_verify(const bench_command *command)
{
    tally t = {0};
    table_visit visit = {&t, command};
    verify_functions(&t);
    if (command->places.problems.data)
        verify_surrogates(&t, command->places.problems.data);
    bench_problem_list(&command->places.problems, verify_table, &visit);
    printf("%zu passed, %zu failed\n", t.passed, t.failed);
    return t.failed ? 1 : 0;
}
