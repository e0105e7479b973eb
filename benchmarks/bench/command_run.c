/* run: every method on every problem with every seed, each study in a process of its
 * own; results.jsonl grows by one line a study, and a study that is in it is not run
 * again. */
#include "command.h"

#include "jobs.h"
#include "result.h"
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    bench_contest contest;
    double timeout;
} study;

typedef struct {
    const bench_command *command;
    study *studies;
    size_t n, cap, finished, failed;
    char **done; /* keys of results.jsonl, sorted */
    size_t n_done;
    FILE *file;
    time_t shown;
} campaign;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_done(const campaign *c, const bench_contest *contest)
{
    fid_text key = {0};
    bench_contest_key(contest, &key);
    bool found = key.data && c->n_done &&
                 bsearch(&key.data, c->done, c->n_done, sizeof *c->done, by_text);
    fid_text_deinit(&key);
    return found;
}

static fid_status load_done(campaign *c, const char *path, fid_error *err)
{
    bench_result *results;
    size_t n, skipped;
    fid_status status = bench_results_load(path, &results, &n, &skipped, err);
    if (status == FID_NOT_FOUND)
        return FID_OK;
    c->done = fid_alloc(n, sizeof *c->done);
    for (size_t i = 0; !status && c->done && i < n; i++) {
        fid_text key = {0};
        /* what failed is tried again */
        if (results[i].ok) {
            bench_result_key(&results[i], &key);
            c->done[c->n_done++] = fid_text_take(&key);
        }
    }
    for (size_t i = 0; i < n; i++)
        bench_result_deinit(&results[i]);
    free(results);
    if (!c->done)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    qsort(c->done, c->n_done, sizeof *c->done, by_text);
    return status;
}

static fid_status add(campaign *c, const bench_suite *suite,
                      const bench_contest *contest)
{
    if (is_done(c, contest))
        return FID_OK;
    study *grown = fid_grow(c->studies, &c->cap, c->n + 1, sizeof *grown);
    if (!grown)
        return FID_NOMEM;
    c->studies = grown;
    grown[c->n++] = (study){*contest, suite->timeout};
    return FID_OK;
}

/* Seed by seed, so that a suite that is cut short has all methods on the same ground.
 */
static fid_status plan(campaign *c, const bench_suite *suite, fid_error *err)
{
    for (unsigned seed = suite->first_seed; seed <= suite->last_seed; seed++)
        for (size_t p = 0; p < suite->n_problems; p++)
            for (size_t w = 0; w < suite->n_workers; w++)
                for (size_t m = 0; m < suite->n_methods; m++) {
                    bench_contest contest = {.method = suite->methods[m],
                                             .problem = suite->problems[p],
                                             .seed = seed,
                                             .workers = suite->workers[w],
                                             .whole = suite->whole,
                                             .timed = suite->timed,
                                             .budget = suite->budget,
                                             .initial = suite->initial,
                                             .count_overhead = suite->count_overhead};
                    if (add(c, suite, &contest))
                        return fid_error_set(err, FID_NOMEM, "out of memory");
                }
    return FID_OK;
}

static void run_one(void *ctx, size_t job, fid_text *out)
{
    const campaign *c = ctx;
    const study *s = &c->studies[job];
    bench_outcome outcome;
    bench_contest_run(&s->contest, &c->command->places, &outcome);
    bench_result_write(&s->contest, &outcome, out);
    bench_outcome_deinit(&outcome);
}

static void show_progress(campaign *c)
{
    time_t now = time(NULL);
    if (c->command->quiet || (now - c->shown < 2 && c->finished < c->n))
        return;
    c->shown = now;
    fprintf(stderr,
            isatty(2) ? "\r%zu of %zu studies, %zu failed "
                      : "%zu of %zu studies, %zu failed\n",
            c->finished, c->n, c->failed);
}

static bool keep(void *ctx, size_t job, bool died, const char *text)
{
    campaign *c = ctx;
    const bench_contest *contest = &c->studies[job].contest;
    fid_text line = {0};
    if (died)
        bench_result_write_lost(contest, text, &line);
    else
        fid_text_append(&line, text);
    bool ok = !line.failed && fwrite(line.data, 1, line.len, c->file) == line.len &&
              fflush(c->file) == 0;
    c->finished++;
    if (line.data && strstr(line.data, "\"status\": \"failed\"")) {
        c->failed++;
        const char *words = strstr(line.data, "\"error\": ");
        fprintf(stderr, "\n%s on %s, seed %u: %.300s\n", contest->method,
                contest->problem, contest->seed, words ? words + 9 : "");
    }
    fid_text_deinit(&line);
    show_progress(c);
    return ok;
}

static fid_status make_folders(const char *path, fid_error *err)
{
    char part[4096];
    for (size_t i = 1; path[i - 1]; i++)
        if (path[i] == '/' || path[i] == '\0') {
            snprintf(part, sizeof part, "%.*s", (int)i, path);
            if (mkdir(part, 0777) && errno != EEXIST)
                return fid_error_set(err, FID_IO, "%s: %s", part, strerror(errno));
        }
    return FID_OK;
}

/* A line that a crash cut short must not swallow the next one. */
static void heal(FILE *file)
{
    if (fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n')
        fputc('\n', file);
    fseek(file, 0, SEEK_END);
}

static fid_status adjust(const bench_command *command, bench_suite *suite,
                         size_t *missing, fid_error *err)
{
    if (command->methods)
        FID_TRY(bench_suite_set_methods(suite, command->methods, err));
    if (command->problems)
        FID_TRY(bench_suite_set_problems(suite, command->problems,
                                         &command->places.problems, missing, err));
    if (command->seeds)
        FID_TRY(bench_suite_set_seeds(suite, command->seeds, err));
    if (command->half)
        bench_suite_keep_half(suite, strcmp(command->half, "confirm") == 0);
    if (command->budget > 0.0)
        suite->budget = command->budget;
    if (command->initial >= 0)
        suite->initial = (size_t)command->initial;
    if (command->workers) {
        suite->n_workers = 1;
        suite->workers[0] = (size_t)strtoul(command->workers, NULL, 10);
    }
    for (size_t i = 0; i < suite->n_methods; i++) {
        bench_method method;
        FID_TRY(bench_method_parse(&method, suite->methods[i], err));
    }
    return FID_OK;
}

static void print_plan(const campaign *c)
{
    for (size_t i = 0; i < c->n; i++) {
        fid_text key = {0};
        bench_contest_key(&c->studies[i].contest, &key);
        puts(key.data ? key.data : "");
        fid_text_deinit(&key);
    }
}

static fid_status run_all(campaign *c, const bench_suites *suites, const char *out,
                          fid_error *err)
{
    char path[4096];
    double timeout = 0.0;
    snprintf(path, sizeof path, "%.4000s/results.jsonl", out);
    FID_TRY(load_done(c, path, err));
    for (size_t i = 0; i < suites->n; i++) {
        FID_TRY(plan(c, &suites->suites[i], err));
        timeout = suites->suites[i].timeout > timeout ? suites->suites[i].timeout
                                                      : timeout;
    }
    if (c->command->dry_run) {
        print_plan(c);
        return FID_OK;
    }
    FID_TRY(make_folders(out, err));
    c->file = fopen(path, "a+");
    if (!c->file)
        return fid_error_set(err, FID_IO, "%s: %s", path, strerror(errno));
    heal(c->file);
    fprintf(stderr, "%zu studies to run, %zu done before; %s\n", c->n, c->n_done, path);
    bench_jobs jobs = {.n_jobs = c->n,
                       .parallel = c->command->jobs,
                       .timeout = timeout,
                       .ctx = c,
                       .run = run_one,
                       .done = keep};
    fid_status status = bench_jobs_run(&jobs, err);
    fclose(c->file);
    if (c->command->json)
        printf("{\"results\": \"%s\", \"studies\": %zu, \"before\": %zu, \"failed\": %zu}\n",
               path, c->finished, c->n_done, c->failed);
    return status;
}

int bench_command_run(const bench_command *command)
{
    bench_suites suites;
    campaign c = {.command = command};
    fid_error err = {0};
    size_t missing = 0;
    char out[4096];
    if (command->n_words != 1) {
        fprintf(stderr, "usage: fidelio-bench run SUITE [options]\n");
        return 2;
    }
    fid_status status = bench_suites_load(&suites, command->words[0], command->suites,
                                          &command->places.problems, &missing, &err);
    for (size_t i = 0; !status && i < suites.n; i++)
        status = adjust(command, &suites.suites[i], &missing, &err);
    if (missing)
        fprintf(stderr, "%zu problems of the suite are not here (no data?): left out\n",
                missing);
    if (!status) {
        snprintf(out, sizeof out, "runs/bench-%s", suites.suites[0].name);
        status = run_all(&c, &suites, command->out ? command->out : out, &err);
    }
    for (size_t i = 0; i < c.n_done; i++)
        free(c.done[i]);
    free(c.done);
    free(c.studies);
    bench_suites_deinit(&suites);
    return status ? bench_fail(&err) : c.failed ? 1 : 0;
}
