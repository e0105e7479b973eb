/* The loop in C: ask for a configuration, train it a while, report, end.
 * Build: cc loop.c $(pkg-config --cflags --libs --static fidelio) */
#include <fidelio/catalog.h>
#include <fidelio/study.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What training would give: better with epochs, best at lr = 0.01. */
static double train(double lr, double epoch)
{
    double off = log10(lr) + 2;
    return 0.1 + off * off + 1 / epoch;
}

static void must(fid_status status, const fid_error *err)
{
    if (status == FID_OK)
        return;
    (void)fprintf(stderr, "loop: %s\n", err->message);
    exit(EXIT_FAILURE);
}

/* One attempt, up to its budget or to the scheduler's word. */
static void run_trial(fid_study *study, const fid_ask *ask, fid_error *err)
{
    double lr = ask->config[0].f;
    fid_decision decision = {.kind = FID_CONTINUE};
    for (double epoch = ask->budget_done + 1; epoch <= ask->budget; epoch++) {
        double loss = train(lr, epoch);
        must(fid_study_report(study, ask->trial, ask->attempt, epoch, &loss, 1, &decision, err), err);
        if (decision.kind != FID_CONTINUE)
            break;
    }
    fid_end how = decision.kind == FID_CONTINUE ? FID_END_DONE : FID_END_STOPPED;
    must(fid_study_end(study, ask->trial, ask->attempt, how, NULL, err), err);
}

int main(void)
{
    fid_space *space;
    fid_study *study;
    fid_error err = {0};
    must(fid_space_create(&space), &err);
    must(fid_space_add_float(space, "lr", 1e-5, 1, FID_SCALE_LOG, 0, &err), &err);
    must(fid_space_freeze(space, &err), &err);

    fid_study_settings settings = {
        .outline = {.metrics[0] = {.name = "loss", .goal = FID_GOAL_MINIMIZE},
                    .n_metrics = 1,
                    .n_objectives = 1,
                    .fidelity = {FID_MODE_RESUME, "epochs", 1, 27, 3, true}},
        .sampler = fid_catalog_sampler("tpe"),
        .scheduler = fid_catalog_scheduler("sha"),
        .seed = 1,
        .max_trials = 40,
    };
    fid_store_options in_memory = {.path = NULL};
    must(fid_study_open(&study, space, &settings, &fid_store_memory, &in_memory, NULL, &err), &err);

    fid_ask ask;
    fid_status status;
    while ((status = fid_study_ask(study, &ask, &err)) == FID_OK)
        run_trial(study, &ask, &err);
    if (status != FID_EXHAUSTED)
        must(status, &err);

    const fid_history *history = fid_study_history(study);
    uint64_t best;
    if (fid_history_incumbent(history, &best)) {
        fid_value config;
        fid_space_decode(space, fid_history_point(history, best), &config);
        (void)printf("best of %zu trials: lr = %g, loss = %g\n", fid_history_n_trials(history),
                     config.f, fid_history_loss(history, best, 0));
    }
    fid_study_close(study);
    fid_space_destroy(space);
    return EXIT_SUCCESS;
}
