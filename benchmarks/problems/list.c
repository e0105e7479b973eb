/* Which problems there are. Analytic functions exist at every dimension; those named
 * here are the ones that suites use. */
#include "problem.h"

#include "net.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void visitor(void *ctx, const char *name);

static const char *const analytic[] = {"branin",
                                       "hartmann3",
                                       "hartmann6",
                                       "ackley-d5",
                                       "ackley-d10",
                                       "ackley-d20",
                                       "rosenbrock-d5",
                                       "rosenbrock-d10",
                                       "levy-d5",
                                       "levy-d10",
                                       "levy-d20",
                                       "griewank-d5",
                                       "griewank-d10",
                                       "styblinskitang-d5",
                                       "styblinskitang-d10",
                                       "styblinskitang-d40",
                                       "branin+noise",
                                       "hartmann6+noise",
                                       "levy-d5+noise",
                                       "rosenbrock-d5+noise",
                                       "ackley-d10+noise",
                                       "ackley-d6+cat",
                                       "levy-d8+cat",
                                       "rosenbrock-d6+cat",
                                       "hartmann6+cat",
                                       "branin+cond",
                                       "levy-d4+cond",
                                       "hartmann6+cond",
                                       "ackley-d6+cond",
                                       "branin+mf",
                                       "currin+mf",
                                       "hartmann3+mf",
                                       "hartmann6+mf",
                                       "hartmann3+mfbad",
                                       "hartmann6+mfbad",
                                       "zdt1-d6",
                                       "zdt2-d6",
                                       "zdt3-d6",
                                       "dtlz2-d6",
                                       "dtlz2m3-d6",
                                       "dtlz2m4-d6",
                                       "branincurrin",
                                       "c2dtlz2-d6",
                                       "gardner1",
                                       "gardner2",
                                       "gramacy",
                                       "spring",
                                       "vessel",
                                       "beam"};

static void visit_analytic(visitor *visit, void *ctx)
{
    for (size_t i = 0; i < sizeof analytic / sizeof *analytic; i++)
        visit(ctx, analytic[i]);
    for (int d = 5; d <= 10; d += 5)
        for (int f = 1; f <= 24; f++) {
            char name[32];
            snprintf(name, sizeof name, "bbob-f%d-d%d", f, d);
            visit(ctx, name);
        }
}

static void visit_instances(const char *folder, const char *family, visitor *visit,
                            void *ctx)
{
    bench_net *net;
    if (bench_net_open(&net, folder, family, NULL))
        return;
    for (size_t i = 0; i < net->n_cats; i++)
        for (size_t k = 1; net->cats[i].instance && k < net->cats[i].n_levels; k++)
            if (net->cats[i].valid[k]) {
                char name[512];
                snprintf(name, sizeof name, "%s/%s", family, net->cats[i].levels[k]);
                visit(ctx, name);
            }
    bench_net_close(net);
}

static bool has_end(const char *name, const char *end, size_t *stem)
{
    size_t n = strlen(name), tail = strlen(end);
    *stem = n - tail;
    return n > tail && name[0] != '.' && strcmp(name + *stem, end) == 0;
}

/* NAMEend files of one folder, as FAMILY/NAME. */
static void visit_folder(const char *root, const char *family, const char *end,
                         visitor *visit, void *ctx)
{
    char path[4096];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/%s", root, family);
    int n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t stem;
        if (has_end(entries[i]->d_name, end, &stem)) {
            char name[512];
            snprintf(name, sizeof name, "%s/%.*s", family, (int)stem,
                     entries[i]->d_name);
            if (strcmp(family, "yahpo") == 0)
                visit_instances(path, name + 6, visit, ctx);
            else
                visit(ctx, name);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void visit_root(const char *root, const char *end, visitor *visit, void *ctx)
{
    struct dirent **entries;
    int n = root ? scandir(root, &entries, NULL, alphasort) : -1;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.')
            visit_folder(root, entries[i]->d_name, end, visit, ctx);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

fid_status bench_problem_list(const bench_problem_options *options, visitor *visit,
                              void *ctx)
{
    visit_analytic(visit, ctx);
    visit_root(options->tables, ".hdr", visit, ctx);
    visit_root(options->data, ".hdr", visit, ctx);
    visit_root(options->trained, ".json", visit, ctx);
    return FID_OK;
}
