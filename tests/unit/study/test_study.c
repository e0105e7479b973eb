/* The conductor as a caller meets it: ask, report, end, reopen. */
#include "check.h"

#include <fidelio/study.h>

#include <string.h>
#include <unistd.h>

static fid_space *make_space(void)
{
    fid_space *space = NULL;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "lr", 1e-4, 1, FID_SCALE_LOG, 0, &err) == FID_OK);
    CHECK(fid_space_add_int(space, "depth", 1, 8, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

static fid_study_settings make_settings(fid_fidelity_mode mode)
{
    fid_study_settings settings = {
        .name = "test",
        .sampler = &fid_sampler_random,
        .scheduler = mode == FID_MODE_NONE ? &fid_scheduler_none : &fid_scheduler_asha,
        .seed = 5};
    settings.outline.n_metrics = 1;
    settings.outline.n_objectives = 1;
    (void)strcpy(settings.outline.metrics[0].name, "loss");
    settings.outline.fidelity = (fid_fidelity){
        .mode = mode, .name = "epoch", .min = 1, .max = 9, .eta = 3, .integer = true};
    return settings;
}

static fid_study *open_study(fid_space *space, const fid_study_settings *settings,
                             const char *path)
{
    fid_study *study = NULL;
    fid_error err = {0};
    fid_store_options options = {.path = path, .holder = "test"};
    fid_status status = fid_study_open(&study, space, settings,
                                       path ? &fid_store_sqlite : &fid_store_memory,
                                       &options, NULL, &err);
    if (status != FID_OK)
        printf("%s\n", err.message);
    CHECK(status == FID_OK);
    return study;
}

static double loss_of(const fid_ask *ask, double step)
{
    return fabs(log(ask->config[0].f) + 4) + (double)ask->config[1].i + 10 / step;
}

/* Train what is asked for, reporting each step, until the study is over. */
static size_t train_all(fid_study *study, size_t most)
{
    fid_ask ask;
    fid_error err = {0};
    size_t n = 0;
    while (n < most && fid_study_ask(study, &ask, &err) == FID_OK) {
        double lr = ask.config[0].f;
        int64_t depth = ask.config[1].i;
        fid_value config[2] = {{true, lr, 0, 0}, {true, (double)depth, depth, 0}};
        fid_ask own = ask;
        own.config = config;
        fid_decision decision = {.kind = FID_CONTINUE};
        for (double step = own.budget_done + 1;
             step <= own.budget && decision.kind == FID_CONTINUE; step++) {
            double loss = loss_of(&own, step);
            CHECK(fid_study_report(study, own.trial, own.attempt, step, &loss, 1,
                                   &decision, &err) == FID_OK);
        }
        fid_end how = decision.kind == FID_CONTINUE ? FID_END_DONE : FID_END_STOPPED;
        CHECK(fid_study_end(study, own.trial, own.attempt, how, NULL, &err) == FID_OK);
        n++;
    }
    return n;
}

TEST(a_study_with_asha_ends_with_a_fully_trained_trial)
{
    fid_space *space = make_space();
    fid_study_settings settings = make_settings(FID_MODE_RESUME);
    settings.max_trials = 4; /* too few for a promotion to the top */
    fid_study *study = open_study(space, &settings, NULL);
    (void)train_all(study, 1000);
    const fid_history *history = fid_study_history(study);
    CHECK(fid_history_n_trials(history) == 4);
    CHECK(fid_history_count(history, FID_TRIAL_COMPLETE) == 1);
    uint64_t best;
    CHECK(fid_history_incumbent(history, &best));
    CHECK(fid_history_trial(history, best)->step == 9);
    fid_study_close(study);
    fid_space_destroy(space);
}

/* Few configurations, where a bracket would begin with nine. */
static fid_space *small_space(int64_t lr, int64_t depth, const char *constraint)
{
    fid_space *space = NULL;
    fid_error err = {0};
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_int(space, "lr", 1, lr, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_add_int(space, "depth", 1, depth, FID_SCALE_LINEAR, 1, &err) ==
          FID_OK);
    CHECK(!constraint || fid_space_add_constraint(space, constraint, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

/* Six configurations: two and one of them go on. */
static void check_that_brackets_are_cut(fid_space *space,
                                        const fid_scheduler_type *scheduler)
{
    fid_study_settings settings = make_settings(FID_MODE_RESUME);
    settings.scheduler = scheduler;
    fid_study *study = open_study(space, &settings, NULL);
    (void)train_all(study, 1000);
    const fid_history *history = fid_study_history(study);
    size_t n_promoted = 0;
    CHECK(fid_history_n_trials(history) == 6);
    for (uint64_t t = 0; t < fid_history_n_trials(history); t++)
        n_promoted += fid_history_trial(history, t)->step >= 3;
    CHECK(n_promoted == 2);
    CHECK(fid_history_count(history, FID_TRIAL_COMPLETE) == 1);
    fid_study_close(study);
    fid_space_destroy(space);
}

TEST(a_bracket_does_not_wait_for_more_trials_than_a_small_space_has)
{
    check_that_brackets_are_cut(small_space(2, 3, NULL), &fid_scheduler_sha);
}

/* How many a constraint leaves only the sampler finds out. */
TEST(a_bracket_does_not_wait_for_more_trials_than_constraints_leave)
{
    check_that_brackets_are_cut(small_space(4, 3, "lr + depth <= 4"),
                                &fid_scheduler_sha);
    check_that_brackets_are_cut(small_space(4, 3, "lr + depth <= 4"),
                                &fid_scheduler_hyperband);
    check_that_brackets_are_cut(small_space(4, 3, "lr + depth <= 4"),
                                &fid_scheduler_asha);
}

static void check_reopened(fid_space *space, const fid_study_settings *settings)
{
    char path[] = "/tmp/fidelio-study-XXXXXX";
    CHECK(mkdtemp(path) != NULL);
    char store[64];
    (void)snprintf(store, sizeof store, "%s/study.db", path);

    fid_study *whole = open_study(space, settings, NULL);
    (void)train_all(whole, 1000);
    for (size_t part = 0; part < 200; part++) {
        fid_study *study = open_study(space, settings, store);
        size_t n = train_all(study, 3);
        fid_study_close(study);
        if (n < 3)
            break;
    }
    fid_study *again = open_study(space, settings, store);
    const fid_history *a = fid_study_history(whole), *b = fid_study_history(again);
    CHECK(fid_history_n_events(a) == fid_history_n_events(b));
    CHECK(fid_history_n_trials(a) == fid_history_n_trials(b));
    for (uint64_t t = 0; t < fid_history_n_trials(a) && t < fid_history_n_trials(b);
         t++) {
        const fid_trial *x = fid_history_trial(a, t), *y = fid_history_trial(b, t);
        CHECK(x->state == y->state && x->attempt == y->attempt &&
              x->n_reports == y->n_reports);
        CHECK(memcmp(fid_history_point(a, t), fid_history_point(b, t),
                     2 * sizeof(double)) == 0);
        CHECK(x->n_reports == 0 ||
              memcmp(x->values, y->values, x->n_reports * sizeof(double)) == 0);
    }
    fid_study_close(whole);
    fid_study_close(again);
    fid_space_destroy(space);
    (void)unlink(store);
    fid_text rest = {0};
    for (const char *const *end = (const char *const[]){"-wal", "-shm", ".lock", NULL};
         *end; end++) {
        fid_text_clear(&rest);
        fid_text_printf(&rest, "%s%s", store, *end);
        (void)unlink(rest.data);
    }
    fid_text_deinit(&rest);
    CHECK(rmdir(path) == 0);
}

TEST(a_reopened_study_goes_on_as_if_it_had_never_been_closed)
{
    fid_study_settings settings = make_settings(FID_MODE_RESUME);
    settings.max_trials = 20;
    check_reopened(make_space(), &settings);
    settings.max_trials = 0;
    settings.scheduler = &fid_scheduler_sha; /* cut brackets too */
    check_reopened(small_space(4, 3, "lr + depth <= 4"), &settings);
}

TEST(an_old_attempt_and_an_ended_trial_are_told_so_and_their_reports_kept_aside)
{
    fid_space *space = make_space();
    fid_study_settings settings = make_settings(FID_MODE_NONE);
    settings.retry = 1;
    fid_study *study = open_study(space, &settings, NULL);
    fid_error err = {0};
    fid_ask first, second;
    double loss = 1;
    CHECK(fid_study_ask(study, &first, &err) == FID_OK);
    CHECK(fid_study_end(study, first.trial, 1, FID_END_CRASHED, "boom", &err) ==
          FID_OK);
    CHECK(fid_study_ask(study, &second, &err) == FID_OK);
    CHECK(second.trial == first.trial && second.attempt == 2 &&
          second.seed == first.seed);
    CHECK(fid_study_report(study, first.trial, 1, 1, &loss, 1, NULL, &err) ==
          FID_SUPERSEDED);
    CHECK(fid_study_tell(study, first.trial, 2, &loss, 1, &err) == FID_OK);
    CHECK(fid_study_report(study, first.trial, 2, 2, &loss, 1, NULL, &err) ==
          FID_STATE);
    const fid_trial *trial = fid_history_trial(fid_study_history(study), first.trial);
    CHECK(trial->n_late == 2 && trial->n_reports == 1 &&
          trial->state == FID_TRIAL_COMPLETE);
    fid_study_close(study);
    fid_space_destroy(space);
}

TEST(failures_are_kept_with_their_reason)
{
    fid_space *space = make_space();
    fid_study_settings settings = make_settings(FID_MODE_NONE);
    fid_study *study = open_study(space, &settings, NULL);
    fid_error err = {0};
    const struct {
        fid_end how;
        double loss;
        fid_reason want;
    } rows[] = {{FID_END_CRASHED, 1, FID_REASON_CRASHED},
                {FID_END_INFEASIBLE, 1, FID_REASON_INFEASIBLE},
                {FID_END_TIMEOUT, 1, FID_REASON_TIMEOUT},
                {FID_END_MEMORY, 1, FID_REASON_MEMORY},
                {FID_END_LAUNCH, 1, FID_REASON_LAUNCH},
                {FID_END_DONE, (double)NAN, FID_REASON_DIVERGED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_ask ask;
        CHECK(fid_study_ask(study, &ask, &err) == FID_OK);
        CHECK(fid_study_report(study, ask.trial, 1, 1, &rows[i].loss, 1, NULL, &err) ==
              FID_OK);
        CHECK(fid_study_end(study, ask.trial, 1, rows[i].how, NULL, &err) == FID_OK);
        const fid_trial *trial = fid_history_trial(fid_study_history(study), ask.trial);
        CHECK(trial->state == FID_TRIAL_FAILED && trial->reason == rows[i].want);
    }
    fid_ask silent;
    CHECK(fid_study_ask(study, &silent, &err) == FID_OK);
    CHECK(fid_study_end(study, silent.trial, 1, FID_END_DONE, NULL, &err) == FID_OK);
    CHECK(fid_history_trial(fid_study_history(study), silent.trial)->reason ==
          FID_REASON_NO_METRIC);
    fid_study_close(study);
    fid_space_destroy(space);
}

TEST(a_changed_space_is_refused_with_the_difference_unless_extended)
{
    char path[] = "/tmp/fidelio-study-XXXXXX";
    CHECK(mkdtemp(path) != NULL);
    char store[64];
    (void)snprintf(store, sizeof store, "%s/study.db", path);
    fid_space *space = make_space(), *wider = NULL;
    fid_study_settings settings = make_settings(FID_MODE_NONE);
    settings.max_trials = 5;
    fid_study *study = open_study(space, &settings, store);
    CHECK(train_all(study, 100) == 5);
    double lr = 0;
    fid_value config[3];
    fid_space_decode(space, fid_history_point(fid_study_history(study), 3), config);
    lr = config[0].f;
    fid_study_close(study);

    fid_error err = {0};
    fid_text diff = {0};
    CHECK(fid_space_create(&wider) == FID_OK);
    CHECK(fid_space_add_float(wider, "lr", 1e-5, 1, FID_SCALE_LOG, 0, &err) == FID_OK);
    CHECK(fid_space_add_int(wider, "depth", 1, 8, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_add_float(wider, "decay", 0, 1, FID_SCALE_LINEAR, 0, &err) ==
          FID_OK);
    CHECK(fid_space_freeze(wider, &err) == FID_OK);
    fid_store_options options = {.path = store, .holder = "test"};
    CHECK(fid_study_open(&study, wider, &settings, &fid_store_sqlite, &options, &diff,
                         &err) == FID_INVALID);
    CHECK(diff.len && strstr(diff.data, "lr") && strstr(diff.data, "decay"));
    settings.extend = true;
    settings.max_trials = 8;
    study = open_study(wider, &settings, store);
    if (study) {
        fid_space_decode(wider, fid_history_point(fid_study_history(study), 3), config);
        CHECK_NEAR(config[0].f, lr, 1e-12);
        CHECK(train_all(study, 100) == 3);
    }
    fid_study_close(study);
    fid_text_deinit(&diff);
    fid_space_destroy(space);
    fid_space_destroy(wider);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", path);
    CHECK(system(command) == 0);
}

static int64_t read_time(void *ctx)
{
    return *(const int64_t *)ctx * 1000000;
}

/* Ask, train for some seconds, tell. */
static fid_status train_for(fid_study *study, int64_t *time, int64_t seconds)
{
    fid_ask ask;
    fid_error err = {0};
    double loss = 1;
    fid_status status = fid_study_ask(study, &ask, &err);
    *time += seconds;
    if (status == FID_OK)
        CHECK(fid_study_tell(study, ask.trial, ask.attempt, &loss, 1, &err) == FID_OK);
    return status;
}

TEST(the_pause_between_two_sessions_is_not_training)
{
    char path[128], command[160];
    (void)snprintf(path, sizeof path, "%s/fidelio-study-XXXXXX", check_place());
    CHECK(mkdtemp(path) != NULL);
    char store[160];
    (void)snprintf(store, sizeof store, "%s/study.db", path);
    int64_t time = 1000, night = 50000;
    fid_space *space = make_space();
    fid_study_settings settings = make_settings(FID_MODE_NONE);
    settings.clock = (fid_clock){read_time, &time};
    settings.max_seconds = 450; /* of 400 and a moment */
    fid_study *study = open_study(space, &settings, store);
    CHECK(train_for(study, &time, 100) == FID_OK);
    fid_study_close(study);

    time += night;
    study = open_study(space, &settings, store); /* the same file */
    CHECK(train_for(study, &time, 100) == FID_OK);
    fid_study_close(study);

    time += night;
    settings.definition = "{\"changed\":true}";
    study = open_study(space, &settings, store); /* a changed one */
    CHECK(train_for(study, &time, 100) == FID_OK);
    time -= night; /* somebody sets the clock */
    CHECK(train_for(study, &time, 100) == FID_OK);
    CHECK(train_for(study, &time, 100) == FID_EXHAUSTED);
    fid_study_close(study);
    fid_space_destroy(space);
    (void)snprintf(command, sizeof command, "rm -r %s", path);
    CHECK(system(command) == 0);
}

TEST(every_suggestion_can_be_recomputed)
{
    fid_space *space = make_space();
    fid_study_settings settings = make_settings(FID_MODE_NONE);
    settings.sampler = &fid_sampler_auto;
    settings.max_trials = 25;
    fid_study *study = open_study(space, &settings, NULL);
    fid_error err = {0};
    CHECK(train_all(study, 100) == 25);
    for (uint64_t t = 0; t < 25; t += 4) {
        fid_explanation why;
        CHECK(fid_study_explain(study, t, &why, &err) == FID_OK);
        CHECK(why.recomputed && why.same);
    }
    fid_study_close(study);
    fid_space_destroy(space);
}

int main(void)
{
    RUN(a_study_with_asha_ends_with_a_fully_trained_trial);
    RUN(a_bracket_does_not_wait_for_more_trials_than_a_small_space_has);
    RUN(a_bracket_does_not_wait_for_more_trials_than_constraints_leave);
    RUN(a_reopened_study_goes_on_as_if_it_had_never_been_closed);
    RUN(an_old_attempt_and_an_ended_trial_are_told_so_and_their_reports_kept_aside);
    RUN(failures_are_kept_with_their_reason);
    RUN(a_changed_space_is_refused_with_the_difference_unless_extended);
    RUN(the_pause_between_two_sessions_is_not_training);
    RUN(every_suggestion_can_be_recomputed);
    DONE();
}
