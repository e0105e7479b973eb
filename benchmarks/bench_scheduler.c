/* What a decision costs: observe + decide per report, and next per question, as the
 * study grows to 10^6 trials. The history's own fold is measured beside it.
 *
 *   bench_scheduler [TRIALS [REPORTS]]
 *
 * A line per scheduler and decade of trials: nanoseconds (mean). A batch of 64 that
 * took over a millisecond lost the processor and is left out. */
#include <fidelio/rand.h>
#include <fidelio/scheduler.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    BATCH = 64
}; /* events between two looks at the clock, so that it costs nothing */

typedef struct {
    const char *label;
    const fid_scheduler_type *type;
    fid_fidelity_mode mode;
} subject;

typedef struct {
    fid_history *history;
    const fid_scheduler_type *type;
    void *state;
    uint64_t seq;
    double fold_ns, decide_ns, next_ns; /* since the last line */
    size_t n_reports, n_next;
} bench;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void apply(bench *b, fid_event *event)
{
    event->seq = b->seq++;
    if (fid_history_apply(b->history, event, NULL) != FID_OK)
        exit(1);
}

static void both(bench *b, fid_event event)
{
    apply(b, &event);
    b->type->observe(b->state, b->history, &event);
}

/* Start BATCH trials as next() says. */
static void start(bench *b, uint64_t *trial)
{
    static const double point[1] = {0.5};
    for (size_t i = 0; i < BATCH; i++) {
        fid_assign a = {0};
        fid_rng rng = fid_rng_stream(1, FID_RNG_SCHEDULE, b->seq);
        double t = now_ns();
        if (b->type->next(b->state, b->history, &rng, &a) != FID_OK)
            exit(1);
        t = now_ns() - t;
        if (t < 1e6) {
            b->next_ns += t;
            b->n_next++;
        }
        trial[i] = a.trial;
        if (a.kind == FID_ASSIGN_NEW) {
            trial[i] = fid_history_n_trials(b->history);
            both(b, (fid_event){.kind = FID_EVENT_PROPOSED,
                                .trial = trial[i],
                                .point = point,
                                .n_point = 1,
                                .tag = a.tag});
        }
        uint32_t attempt = fid_history_trial(b->history, trial[i])->attempt + 1;
        both(b, (fid_event){.kind = FID_EVENT_STARTED,
                            .trial = trial[i],
                            .attempt = attempt,
                            .budget = a.budget,
                            .tag = a.tag});
    }
}

/* One more step of every trial of the batch that still runs. */
static void step(bench *b, const uint64_t *trial, bool *running, fid_rng *rng)
{
    fid_event event[BATCH];
    double loss[BATCH];
    size_t n = 0;
    double t0 = now_ns();
    for (size_t i = 0; i < BATCH; i++) {
        const fid_trial *t = fid_history_trial(b->history, trial[i]);
        if (!running[i])
            continue;
        loss[n] = fid_rng_uniform(rng) + 1 / (2 + t->step);
        event[n] = (fid_event){.kind = FID_EVENT_REPORT,
                               .trial = trial[i],
                               .attempt = t->attempt,
                               .step = t->step + 1,
                               .values = &loss[n],
                               .n_values = 1};
        apply(b, &event[n]);
        n++;
    }
    double t1 = now_ns();
    fid_decision decision[BATCH];
    for (size_t k = 0; k < n; k++) {
        b->type->observe(b->state, b->history, &event[k]);
        if (b->type->decide(b->state, b->history, event[k].trial, &decision[k]) !=
            FID_OK)
            exit(1);
    }
    double t2 = now_ns();
    if (t2 - t0 < 1e6) {
        b->fold_ns += t1 - t0;
        b->decide_ns += t2 - t1;
        b->n_reports += n;
    }
    for (size_t i = 0, k = 0; i < BATCH; i++) {
        if (!running[i])
            continue;
        const fid_trial *t = fid_history_trial(b->history, trial[i]);
        bool stop = decision[k++].kind == FID_STOP, full = t->step >= t->budget;
        if (!stop && !full)
            continue;
        running[i] = false;
        double max = fid_history_outline(b->history)->fidelity.max;
        both(b, (fid_event){.kind = stop              ? FID_EVENT_PRUNED
                                    : t->budget < max ? FID_EVENT_PAUSED
                                                      : FID_EVENT_COMPLETED,
                            .trial = trial[i],
                            .attempt = t->attempt});
    }
}

static void run_batch(bench *b, fid_rng *rng, size_t reports)
{
    uint64_t trial[BATCH];
    bool running[BATCH];
    start(b, trial);
    for (size_t i = 0; i < BATCH; i++)
        running[i] = true;
    for (size_t r = 0; r < reports; r++)
        step(b, trial, running, rng);
}

static void line(bench *b, const char *label, size_t trials)
{
    printf("%-24s %8zu trials: fold %6.0f  observe+decide %6.0f  next %6.0f ns\n",
           label, trials, b->fold_ns / (double)b->n_reports,
           b->decide_ns / (double)b->n_reports, b->next_ns / (double)b->n_next);
    fflush(stdout);
    b->fold_ns = b->decide_ns = b->next_ns = 0;
    b->n_reports = b->n_next = 0;
}

static void run(const subject *what, const fid_space *space, size_t trials,
                size_t reports)
{
    fid_outline outline = {.n_metrics = 1, .n_objectives = 1};
    outline.metrics[0] = (fid_metric){.name = "loss", .goal = FID_GOAL_MINIMIZE};
    outline.fidelity = (fid_fidelity){.mode = what->mode,
                                      .name = "epochs",
                                      .min = 1,
                                      .max = (double)reports,
                                      .eta = 3,
                                      .integer = true};
    fid_scheduler_rules rules = {.fidelity = outline.fidelity,
                                 .seed = 1,
                                 .patience = 5,
                                 .upper = 1.4,
                                 .has_upper = true};
    bench b = {.type = what->type, .state = calloc(1, what->type->state_size)};
    fid_error err;
    if (fid_history_create(&b.history, space, &outline) != FID_OK ||
        b.type->init(b.state, &rules, &err) != FID_OK)
        exit(1);
    both(&b, (fid_event){.kind = FID_EVENT_STUDY, .text = "{}"});
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 1);
    size_t decade = 1000;
    while (fid_history_n_trials(b.history) < trials) {
        run_batch(&b, &rng, reports);
        if (fid_history_n_trials(b.history) >= decade) {
            line(&b, what->label, decade);
            decade *= 10;
        }
    }
    b.type->deinit(b.state);
    free(b.state);
    fid_history_destroy(b.history);
}

int main(int argc, char **argv)
{
    static const subject subjects[] = {
        {"none", &fid_scheduler_none, FID_MODE_STOP},
        {"asha promotion", &fid_scheduler_asha, FID_MODE_RESUME},
        {"asha stopping", &fid_scheduler_asha, FID_MODE_STOP},
        {"sha", &fid_scheduler_sha, FID_MODE_RESUME},
        {"hyperband", &fid_scheduler_hyperband, FID_MODE_RESUME},
        {"async_hyperband", &fid_scheduler_async_hyperband, FID_MODE_RESUME},
        {"pasha", &fid_scheduler_pasha, FID_MODE_RESUME},
        {"median", &fid_scheduler_median, FID_MODE_STOP},
        {"threshold", &fid_scheduler_threshold, FID_MODE_STOP},
        {"patience", &fid_scheduler_patience, FID_MODE_STOP},
        {"wilcoxon", &fid_scheduler_wilcoxon, FID_MODE_STOP},
    };
    size_t trials = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    size_t reports = argc > 2 ? strtoull(argv[2], NULL, 10) : 27;
    fid_space *space;
    fid_error err;
    if (fid_space_create(&space) != FID_OK ||
        fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) != FID_OK ||
        fid_space_freeze(space, &err) != FID_OK)
        return 1;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        run(&subjects[i], space, trials, reports);
    fid_space_destroy(space);
    return 0;
}
