/* Random events, legal and not: what is refused changes nothing, and what was folded live
 * is what is folded from the stored bytes. */
#include "check.h"

#include <fidelio/history.h>
#include <fidelio/store.h>

#include <string.h>

enum { STEPS = 4000, SEEDS = 20 };

static fid_rng rng;

static uint64_t below(uint64_t n)
{
    return fid_rng_below(&rng, n);
}

static fid_space *make_space(void)
{
    fid_space *space = NULL;
    fid_error err;
    CHECK(fid_space_create(&space) == FID_OK);
    CHECK(fid_space_add_float(space, "x", 0, 1, FID_SCALE_LINEAR, 0, &err) == FID_OK);
    CHECK(fid_space_add_int(space, "n", 1, 3, FID_SCALE_LINEAR, 1, &err) == FID_OK);
    CHECK(fid_space_freeze(space, &err) == FID_OK);
    return space;
}

static fid_outline make_outline(fid_fidelity_mode mode)
{
    fid_outline outline = {.n_metrics = 2, .n_objectives = 1};
    (void)strcpy(outline.metrics[0].name, "loss");
    (void)strcpy(outline.metrics[1].name, "size");
    outline.metrics[1].goal = FID_GOAL_AT_MOST;
    outline.metrics[1].bound = 1;
    outline.fidelity = (fid_fidelity){.mode = mode, .min = 1, .max = 9, .eta = 3};
    return outline;
}

static double any_value(void)
{
    static const double odd[] = {0, -0.0, 1e300, -1e-300};
    switch (below(8)) {
    case 0:
        return (double)NAN;
    case 1:
        return (double)INFINITY;
    case 2:
        return fid_absent();
    case 3:
        return odd[below(4)];
    default:
        return fid_rng_normal(&rng);
    }
}

/* An event that may or may not be legal now. */
static fid_event any_event(const fid_space *space, const fid_history *history,
                           double point[2], double values[2])
{
    size_t n = fid_history_n_trials(history);
    fid_event event = {.seq = fid_history_n_events(history),
                       .time_us = (int64_t)(1000 * fid_history_n_events(history)),
                       .kind = (fid_event_kind)(2 + below(13))};
    event.trial = n && below(20) ? below(n) : n;
    const fid_trial *trial = fid_history_trial(history, event.trial);
    event.attempt = trial ? trial->attempt + (below(4) == 0) - (below(9) == 0) : 1;
    if (event.kind == FID_EVENT_STARTED && trial && below(3))
        event.attempt = trial->attempt + 1;
    event.budget = below(30) ? (double)(1 + below(9)) : -1;
    event.step = below(30) ? (double)below(12) : (double)NAN;
    event.reason = (fid_reason)below(14);
    event.decision = (fid_decision_kind)below(3);
    event.offset = below(1000);
    event.visible = fid_history_n_events(history);
    event.text = below(3) ? NULL : "words";
    if (event.kind == FID_EVENT_PROPOSED) {
        event.trial = below(10) ? n : event.trial;
        fid_space_sample(space, &rng, false, point);
        event.point = point;
        event.n_point = below(30) ? 2 : 1;
    }
    if (event.kind == FID_EVENT_REPORT || event.kind == FID_EVENT_LATE) {
        values[0] = any_value();
        values[1] = any_value();
        event.values = values;
        event.n_values = below(30) ? 1 + below(2) : 3;
    }
    return event;
}

/* All that can be read of a history, as bytes. */
static void digest(const fid_history *history, fid_text *out)
{
    fid_text_clear(out);
    uint64_t best = UINT64_MAX;
    (void)fid_history_incumbent(history, &best);
    fid_text_printf(out, "%llu %zu %zu %llu ",
                    (unsigned long long)fid_history_n_events(history),
                    fid_history_n_trials(history), fid_history_n_ended(history),
                    (unsigned long long)best);
    fid_text_append_double(out, fid_history_spent(history));
    fid_text_append_double(out, fid_history_seconds(history));
    for (int s = 0; s < 6; s++)
        fid_text_printf(out, " %zu", fid_history_count(history, (fid_trial_state)s));
    for (uint64_t t = 0; t < fid_history_n_trials(history); t++) {
        const fid_trial *trial = fid_history_trial(history, t);
        fid_text_append_n(out, (const char *)trial->steps,
                          trial->n_reports * sizeof(double));
        fid_text_append_n(out, (const char *)trial->values,
                          trial->n_reports * 2 * sizeof(double));
        fid_text_append_n(out, (const char *)fid_history_point(history, t),
                          2 * sizeof(double));
        fid_text_printf(out, "%d %d %u %u %d %zu %zu %llu %zu", (int)trial->state,
                        (int)trial->reason, trial->attempt, trial->n_failed,
                        trial->stopping, trial->n_late, trial->n_conflicts,
                        (unsigned long long)trial->offset, trial->n_reports);
        fid_text_append_double(out,
                               trial->budget + 1e3 * trial->step + 1e6 * trial->spent);
    }
    CHECK(!out->failed);
}

static bool equal(const fid_text *a, const fid_text *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void run(uint64_t seed, fid_fidelity_mode mode)
{
    rng = fid_rng_stream(seed, FID_RNG_TEST, 1);
    fid_space *space = make_space();
    fid_outline outline = make_outline(mode);
    fid_history *live, *replayed;
    fid_text before = {0}, after = {0}, bytes = {0};
    fid_event_room room = {0};
    fid_error err;
    CHECK(fid_history_create(&live, space, &outline) == FID_OK);
    CHECK(fid_history_create(&replayed, space, &outline) == FID_OK);
    fid_event first = {.kind = FID_EVENT_STUDY, .text = "{}"};
    CHECK(fid_history_apply(live, &first, &err) == FID_OK);
    CHECK(fid_history_apply(replayed, &first, &err) == FID_OK);
    size_t legal = 0, refused = 0;
    for (int i = 0; i < STEPS; i++) {
        double point[2], values[3] = {0, 0, 0};
        fid_event event = any_event(space, live, point, values);
        bool look = i % 16 == 0;
        if (look)
            digest(live, &before);
        if (fid_history_apply(live, &event, &err) != FID_OK) {
            refused++;
            if (look) {
                digest(live, &after);
                CHECK(equal(&before, &after));
            }
            continue;
        }
        legal++;
        fid_event stored;
        fid_text_clear(&bytes);
        fid_event_encode(&event, &bytes);
        CHECK(fid_event_decode(bytes.data, bytes.len, &room, &stored) == FID_OK);
        CHECK(fid_history_apply(replayed, &stored, &err) == FID_OK);
    }
    CHECK(legal > STEPS / 10 && refused > STEPS / 10);
    digest(live, &before);
    digest(replayed, &after);
    CHECK(equal(&before, &after));
    fid_history_destroy(live);
    fid_history_destroy(replayed);
    fid_space_destroy(space);
    fid_text_deinit(&before);
    fid_text_deinit(&after);
    fid_text_deinit(&bytes);
    fid_event_room_deinit(&room);
}

TEST(live_is_replay_and_what_is_refused_changes_nothing)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        run(seed, (fid_fidelity_mode)(seed % 4));
}

/* The incumbent kept event by event is the one that a look at all trials finds. */
TEST(the_incumbent_is_what_a_scan_finds)
{
    fid_space *space = make_space();
    fid_outline outline = make_outline(FID_MODE_RESUME);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        rng = fid_rng_stream(seed, FID_RNG_TEST, 2);
        fid_history *history;
        fid_error err;
        CHECK(fid_history_create(&history, space, &outline) == FID_OK);
        fid_event first = {.kind = FID_EVENT_STUDY, .text = "{}"};
        CHECK(fid_history_apply(history, &first, &err) == FID_OK);
        for (int i = 0; i < STEPS; i++) {
            double point[2], values[3] = {0, 0, 0};
            fid_event event = any_event(space, history, point, values);
            (void)fid_history_apply(history, &event, &err);
        }
        double best = (double)INFINITY;
        int64_t want = -1;
        for (uint64_t k = 0; k < fid_history_n_ended(history); k++) {
            uint64_t t = fid_history_ended(history, k);
            double loss = fid_history_loss(history, t, 0);
            if (fid_history_trial(history, t)->state == FID_TRIAL_COMPLETE &&
                isfinite(loss) && fid_history_is_feasible(history, t) && loss < best) {
                best = loss;
                want = (int64_t)t;
            }
        }
        uint64_t got;
        if (want >= 0)
            CHECK(fid_history_incumbent(history, &got) && got == (uint64_t)want);
        fid_history_destroy(history);
    }
    fid_space_destroy(space);
}

int main(void)
{
    RUN(live_is_replay_and_what_is_refused_changes_nothing);
    RUN(the_incumbent_is_what_a_scan_finds);
    DONE();
}
