/* Does the `curve` scheduler keep its word? Studies with the curves of public tasks in
 * random order, each trial trained to the end unless it is stopped: how often is the
 * configuration lost that would have been the best, at which risk, and what is saved?
 */
#include "calibrate.h"

#include <fidelio/catalog.h>
#include <fidelio/rand.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RISKS = 3, MOST_WORKERS = 64 };

static const double risks[RISKS] = {0.01, 0.05, 0.1};

typedef struct {
    const calibrate_task *task;
    size_t order[CALIBRATE_CURVES];
    size_t n, n_started;
    fid_history *history;
    const fid_scheduler_type *type;
    void *state;
    uint64_t seq;
    double steps;           /* trained */
    double cpu_us, most_us; /* of reports with their decisions: sum, largest */
    double best;            /* least final loss that was reached */
} study;

typedef struct {
    size_t n, lost;
    double steps, cpu_us, most_us;
    double saved, regret; /* sums; regret in units of the task's range of losses */
} tally;

static void apply(study *s, fid_event event)
{
    event.seq = s->seq++;
    fid_error err = {0};
    if (fid_history_apply(s->history, &event, &err) != FID_OK)
        calibrate_die(err.message);
    s->type->observe(s->state, s->history, &event);
}

static uint64_t start_trial(study *s)
{
    static const double point[1] = {0.5};
    uint64_t trial = s->n_started++;
    apply(s, (fid_event){.kind = FID_EVENT_PROPOSED,
                         .trial = trial,
                         .point = point,
                         .n_point = 1});
    apply(s, (fid_event){.kind = FID_EVENT_STARTED,
                         .trial = trial,
                         .attempt = 1,
                         .budget = (double)s->task->steps});
    return trial;
}

static double final_loss(const study *s, size_t trial)
{
    double loss = s->task->loss[s->order[trial]][s->task->steps - 1];
    return isfinite(loss) ? loss : (double)INFINITY;
}

/* A report is folded, observed and decided on. */
static fid_decision report(study *s, uint64_t trial, size_t k)
{
    fid_decision decision = {0};
    double before = calibrate_cpu_us();
    apply(s, (fid_event){.kind = FID_EVENT_REPORT,
                         .trial = trial,
                         .attempt = 1,
                         .step = (double)(k + 1),
                         .values = &s->task->loss[s->order[trial]][k],
                         .n_values = 1});
    if (s->type->decide(s->state, s->history, trial, &decision) != FID_OK)
        calibrate_die("no decision");
    double us = calibrate_cpu_us() - before;
    s->cpu_us += us;
    s->most_us = fmax(s->most_us, us);
    s->steps++;
    return decision;
}

/* One more step; false: the trial has ended. */
static bool step_trial(study *s, uint64_t trial)
{
    size_t k = (size_t)fid_history_trial(s->history, trial)->step;
    fid_decision decision = report(s, trial, k);
    if (k + 1 == s->task->steps) {
        apply(s,
              (fid_event){.kind = FID_EVENT_COMPLETED, .trial = trial, .attempt = 1});
        s->best = fmin(s->best, final_loss(s, trial));
        return false;
    }
    if (decision.kind != FID_STOP)
        return true;
    apply(s, (fid_event){.kind = FID_EVENT_DECIDED,
                         .trial = trial,
                         .attempt = 1,
                         .decision = FID_STOP,
                         .reason = FID_REASON_RULE});
    apply(s, (fid_event){.kind = FID_EVENT_PRUNED,
                         .trial = trial,
                         .attempt = 1,
                         .reason = FID_REASON_RULE});
    return false;
}

static void run_workers(study *s, size_t workers)
{
    uint64_t trial[MOST_WORKERS];
    bool busy[MOST_WORKERS] = {false};
    for (size_t n_busy = 1; n_busy;) {
        n_busy = 0;
        for (size_t w = 0; w < workers; w++) {
            if (!busy[w] && s->n_started < s->n) {
                trial[w] = start_trial(s);
                busy[w] = true;
            }
            if (busy[w])
                busy[w] = step_trial(s, trial[w]);
            n_busy += busy[w] || s->n_started < s->n;
        }
    }
}

static void open_study(study *s, const fid_space *space, const calibrate_task *t,
                       uint64_t seed, size_t n, const fid_scheduler_rules *base)
{
    fid_outline outline = {.n_metrics = 1, .n_objectives = 1};
    outline.metrics[0] = (fid_metric){.name = "loss", .goal = FID_GOAL_MINIMIZE};
    outline.fidelity = (fid_fidelity){.mode = FID_MODE_STOP,
                                      .name = "epoch",
                                      .min = 1,
                                      .max = (double)t->steps,
                                      .eta = 3,
                                      .integer = true};
    fid_scheduler_rules rules = *base;
    rules.fidelity = outline.fidelity;
    *s = (study){.task = t,
                 .n = n < t->n ? n : t->n,
                 .best = (double)INFINITY,
                 .type = fid_catalog_scheduler("curve")};
    for (size_t i = 0; i < t->n; i++)
        s->order[i] = i;
    fid_rng rng = fid_rng_stream(seed, FID_RNG_TEST, strlen(t->name));
    fid_rng_shuffle(&rng, s->order, t->n);
    fid_error err = {0};
    s->state = calloc(1, s->type->state_size);
    if (!s->state || fid_history_create(&s->history, space, &outline) != FID_OK ||
        s->type->init(s->state, &rules, &err) != FID_OK)
        calibrate_die(err.message);
    apply(s, (fid_event){.kind = FID_EVENT_STUDY, .text = "{}"});
}

static void count(const study *s, tally *to)
{
    double winner = (double)INFINITY, worst = -(double)INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double loss = final_loss(s, i);
        winner = fmin(winner, loss);
        worst = isfinite(loss) ? fmax(worst, loss) : worst;
    }
    to->n++;
    to->steps += s->steps;
    to->cpu_us += s->cpu_us;
    to->most_us = fmax(to->most_us, s->most_us);
    to->lost += s->best > winner;
    to->saved += 1 - s->steps / (double)(s->n * s->task->steps);
    if (worst > winner)
        to->regret += (fmin(s->best, worst) - winner) / (worst - winner);
}

static void close_study(study *s)
{
    s->type->deinit(s->state);
    free(s->state);
    fid_history_destroy(s->history);
}

/* --- groups of tasks */

typedef struct {
    const bench_command *command;
    fid_space *space;
    size_t trials, workers, seeds, n_tasks;
    tally tally[RISKS];
} group;

static void visit(void *ctx, const calibrate_task *t)
{
    group *g = ctx;
    static study s;
    tally one[RISKS] = {{0}};
    for (size_t r = 0; r < RISKS; r++)
        for (uint64_t seed = 0; seed < g->seeds; seed++) {
            fid_scheduler_rules rules = {.risk = risks[r]};
            open_study(&s, g->space, t, seed, g->trials, &rules);
            run_workers(&s, g->workers);
            count(&s, &g->tally[r]);
            count(&s, &one[r]);
            close_study(&s);
        }
    g->n_tasks++;
    if (g->command->problems_too)
        for (size_t r = 0; r < RISKS; r++)
            printf("  %-40s %3.0f %% lost %3zu of %3zu, saved %.3f, regret %.5f\n",
                   t->name, 100 * risks[r], one[r].lost, one[r].n,
                   one[r].saved / (double)one[r].n, one[r].regret / (double)one[r].n);
}

/* Wilson's interval at 95 % for a share. */
static void wilson(size_t k, size_t n, double *low, double *high)
{
    const double z = 1.959964;
    double m = (double)n, p = (double)k / m, d = 1 + z * z / m;
    double centre = (p + z * z / (2 * m)) / d;
    double half = z * sqrt(p * (1 - p) / m + z * z / (4 * m * m)) / d;
    *low = fmax(centre - half, 0);
    *high = fmin(centre + half, 1);
}

static void print_group(const group *g, const char *prefix, bool json)
{
    for (size_t r = 0; r < RISKS; r++) {
        const tally *t = &g->tally[r];
        double low, high, n = (double)t->n;
        wilson(t->lost, t->n, &low, &high);
        const char *format =
            json ? "{\"group\":\"%s\",\"tasks\":%zu,\"workers\":%zu,\"risk\":%g,"
                   "\"studies\":%zu,\"lost\":%.4f,\"low\":%.4f,\"high\":%.4f,"
                   "\"saved\":%.4f,\"regret\":%.6f,\"decision_us\":%.1f,"
                   "\"most_us\":%.0f}\n"
                 : "%-14s %3zu  %7zu %6g %8zu %7.4f  (%.4f .. %.4f) %7.4f %9.6f %6.1f "
                   "%6.0f\n";
        printf(format, prefix, g->n_tasks, g->workers, risks[r], t->n,
               (double)t->lost / n, low, high, t->saved / n, t->regret / n,
               t->cpu_us / t->steps, t->most_us);
    }
    fflush(stdout);
}

void calibrate_pruner(const bench_command *command)
{
    static const char *const families[] = {"made/noise", "made/crossing", "made/late",
                                           "taskset/",   "nasbench_nlp/", "mlp/",
                                           "lcbench/"};
    fid_space *space;
    if (fid_space_create(&space) != FID_OK ||
        fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, NULL) != FID_OK ||
        fid_space_freeze(space, NULL) != FID_OK)
        calibrate_die("out of memory");
    size_t workers = command->workers ? strtoul(command->workers, NULL, 10) : 1;
    if (workers < 1 || workers > MOST_WORKERS)
        calibrate_die("--workers must be in 1..64");
    if (!command->json)
        printf("%-18s %8s %6s %8s %7s  %-20s %7s %9s %6s %6s\n", "tasks", "workers",
               "risk", "studies", "lost", "(95 %)", "saved", "regret", "us", "most");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        group g = {.command = command,
                   .space = space,
                   .workers = workers,
                   .trials = command->budget > 0 ? (size_t)command->budget : 100,
                   .seeds = command->seeds ? strtoul(command->seeds, NULL, 10) : 20};
        const char *prefix = command->problems ? command->problems : families[i];
        calibrate_walk walk = {
            .command = command, .prefix = prefix, .study = visit, .ctx = &g};
        calibrate_tasks(&walk);
        if (g.n_tasks)
            print_group(&g, prefix, command->json);
        if (command->problems)
            break;
    }
    fid_space_destroy(space);
}
