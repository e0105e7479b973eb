/* One score per trial from several fidelities. */
#include "check.h"

#include "sampler/scores.h"

#include <fidelio/rand.h>

#include <math.h>
#include <string.h>

typedef struct {
    fid_space *space;
    fid_outline outline;
    fid_history *history;
    uint64_t seq;
} bench;

static void open_bench(bench *b)
{
    fid_error err = {0};
    *b = (bench){.outline = {.metrics = {{.name = "loss"}},
                             .n_metrics = 1,
                             .n_objectives = 1,
                             .fidelity = {.mode = FID_MODE_RESUME,
                                          .min = 1,
                                          .max = 9,
                                          .eta = 3,
                                          .integer = true}}};
    CHECK(fid_space_create(&b->space) == FID_OK);
    CHECK(fid_space_add_float(b->space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_freeze(b->space, &err) == FID_OK);
    CHECK(fid_history_create(&b->history, b->space, &b->outline) == FID_OK);
}

static void close_bench(bench *b)
{
    fid_history_destroy(b->history);
    fid_space_destroy(b->space);
}

static void fold(bench *b, fid_event event)
{
    fid_error err = {0};
    event.seq = b->seq++;
    CHECK(fid_history_apply(b->history, &event, &err) == FID_OK);
    if (err.message[0])
        printf("%s\n", err.message);
}

/* A trial that reports losses[0..n) at steps 1, 3, 9; with `pause` it is then paused. */
static void play(bench *b, const double *losses, size_t n, bool pause)
{
    uint64_t trial = fid_history_n_trials(b->history);
    double u = ((double)trial + 0.5) / 100, step = 1;
    if (b->seq == 0)
        fold(b, (fid_event){.kind = FID_EVENT_STUDY, .text = "{}"});
    fold(b, (fid_event){
                .kind = FID_EVENT_PROPOSED, .trial = trial, .point = &u, .n_point = 1});
    fold(b, (fid_event){
                .kind = FID_EVENT_STARTED, .trial = trial, .attempt = 1, .budget = 9});
    for (size_t k = 0; k < n; k++, step *= 3)
        fold(b, (fid_event){.kind = FID_EVENT_REPORT,
                            .trial = trial,
                            .attempt = 1,
                            .step = step,
                            .values = losses + k,
                            .n_values = 1});
    if (pause)
        fold(b, (fid_event){.kind = FID_EVENT_PAUSED, .trial = trial, .attempt = 1});
}

static void score(bench *b, fid__scores *s)
{
    fid__score_rules rules = {.agreement = 0.8, .weight = 8};
    fid__scores_init(s, &b->outline, &rules);
    CHECK(fid__score(s, b->history) == FID_OK);
}

static double score_at(const fid__scores *s, size_t trial, size_t level)
{
    return s->score[trial * s->n_levels + level];
}

/* 1 2 3 4 at step 1: normal quantiles of 1/8, 3/8, 5/8, 7/8. The better two go on and
 * swap. Their scores there are the means of the lower and the upper half of the ten
 * quantiles (those of .1, .3, .5, .7, .9) of two normals, at `agreement` times the scores
 * below; the agreement being .8 times 8 trials and a -1 that counts for none. */
TEST(scores_of_a_level_are_spread_over_what_was_expected)
{
    bench b;
    fid__scores s;
    open_bench(&b);
    play(&b, (double[]){0.1, 0.09}, 2, true);
    play(&b, (double[]){0.2, 0.08}, 2, true);
    play(&b, (double[]){0.3}, 1, true);
    play(&b, (double[]){0.4}, 1, true);
    play(&b, NULL, 0, false);
    score(&b, &s);
    CHECK(s.n_levels == 3 && s.n == 4 && s.n_pending == 1 && s.pending[0] == 4);
    CHECK(s.count[0] == 4 && s.count[1] == 2 && s.count[2] == 0 && !s.flat);
    for (size_t k = 0; k < 4; k++)
        CHECK_NEAR(score_at(&s, k, 0), fid_normal_quantile(0.125 + 0.25 * (double)k), 1e-15);
    CHECK(isnan(score_at(&s, 2, 1)) && isnan(score_at(&s, 0, 2)));
    CHECK(s.agreement[0] == 0.8 && s.agreement[1] == 0.8);
    /* by Python's statistics.NormalDist */
    CHECK_NEAR(score_at(&s, 1, 1), -1.0947782774056491, 1e-12);
    CHECK_NEAR(score_at(&s, 0, 1), -0.0804127180666572, 1e-12);
    CHECK_NEAR(s.best[1], 0.8 * score_at(&s, 1, 1), 1e-15);
    CHECK_NEAR(s.best[3], 0.64 * score_at(&s, 3, 0), 1e-15);
    fid__scores_deinit(&s);
    close_bench(&b);
}

static void play_random(bench *b, fid_rng *rng, double disorder, bool bend)
{
    for (int i = 0; i < 200; i++) {
        double truth = fid_rng_normal(rng), losses[3];
        for (int k = 0; k < 3; k++)
            losses[k] = truth + (k < 2 ? disorder * fid_rng_normal(rng) : 0);
        size_t n = losses[0] > 0 ? 1 : losses[1] > -0.5 ? 2 : 3;
        for (int k = 0; bend && k < 3; k++)
            losses[k] = exp(2 * losses[k]) * pow(10, k);
        play(b, losses, n, true);
    }
}

TEST(a_monotone_change_of_the_losses_of_a_level_changes_nothing)
{
    bench plain, bent;
    fid__scores s, t;
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0), same = rng;
    open_bench(&plain);
    open_bench(&bent);
    play_random(&plain, &rng, 0.5, false);
    play_random(&bent, &same, 0.5, true);
    score(&plain, &s);
    score(&bent, &t);
    CHECK(s.n == 200 && t.n == 200);
    CHECK(!memcmp(s.score, t.score, s.n * s.n_levels * sizeof *s.score));
    CHECK(!memcmp(s.agreement, t.agreement, 2 * sizeof *s.agreement));
    fid__scores_deinit(&s);
    fid__scores_deinit(&t);
    close_bench(&plain);
    close_bench(&bent);
}

/* The correlation of the low level with the truth is 1 / sqrt(1 + d^2), up to the prior
 * and what a selection hides. */
TEST(agreement_follows_disorder)
{
    double last = 2;
    for (double disorder = 0; disorder < 5; disorder = 2 * disorder + 0.5) {
        bench b;
        fid__scores s;
        fid_rng rng = fid_rng_stream(2, FID_RNG_TEST, 0);
        open_bench(&b);
        play_random(&b, &rng, disorder, false);
        score(&b, &s);
        CHECK_NEAR(s.agreement[1], 1 / sqrt(1 + disorder * disorder), 0.2);
        CHECK(s.agreement[1] < last);
        last = s.agreement[1];
        fid__scores_deinit(&s);
        close_bench(&b);
    }
}

/* A trial that began at a high level (restarted trials skip the lower ones) is compared
 * with all: the best of one level is as good as a draw from all can be expected to be. */
TEST(a_trial_that_skipped_a_level_has_a_score_above)
{
    bench b;
    fid__scores s;
    open_bench(&b);
    play(&b, (double[]){0.1}, 1, true);
    uint64_t trial = 1;
    double u = 0.5, loss = 3;
    fold(&b, (fid_event){
                 .kind = FID_EVENT_PROPOSED, .trial = trial, .point = &u, .n_point = 1});
    fold(&b, (fid_event){
                 .kind = FID_EVENT_STARTED, .trial = trial, .attempt = 1, .budget = 3});
    fold(&b, (fid_event){.kind = FID_EVENT_REPORT,
                         .trial = trial,
                         .attempt = 1,
                         .step = 3,
                         .values = &loss,
                         .n_values = 1});
    score(&b, &s);
    CHECK(s.n == 2 && isnan(score_at(&s, 1, 0)) && isnan(score_at(&s, 0, 1)));
    CHECK_NEAR(score_at(&s, 1, 1), 0, 1e-15);
    fid__scores_deinit(&s);
    close_bench(&b);
}

TEST(failures_are_the_worst_and_alone_say_nothing)
{
    bench b;
    fid__scores s;
    open_bench(&b);
    for (int k = 0; k < 3; k++) {
        play(&b, NULL, 0, false);
        fold(&b, (fid_event){.kind = FID_EVENT_FAILED,
                             .trial = (uint64_t)k,
                             .attempt = 1,
                             .reason = FID_REASON_CRASHED});
    }
    score(&b, &s);
    CHECK(s.n == 3 && s.flat && s.count[0] == 0);
    fid__scores_deinit(&s);
    play(&b, (double[]){1e300}, 1, true);
    play(&b, (double[]){NAN}, 1, true);
    score(&b, &s);
    CHECK(s.n == 5 && !s.flat);
    CHECK(score_at(&s, 3, 0) < score_at(&s, 0, 0));
    CHECK(score_at(&s, 0, 0) == score_at(&s, 2, 0));
    CHECK(score_at(&s, 4, 0) == score_at(&s, 0, 0));
    fid__scores_deinit(&s);
    close_bench(&b);
}

int main(void)
{
    RUN(scores_of_a_level_are_spread_over_what_was_expected);
    RUN(a_monotone_change_of_the_losses_of_a_level_changes_nothing);
    RUN(agreement_follows_disorder);
    RUN(a_trial_that_skipped_a_level_has_a_score_above);
    RUN(failures_are_the_worst_and_alone_say_nothing);
    DONE();
}
