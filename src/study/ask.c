/* What to train next: enqueued and retried trials, the scheduler's word, the sampler's
 * point. */
#include "study/study.h"

#include <math.h>
#include <string.h>

static void append_number(const char *key, double x, fid_text *out)
{
    if (!isfinite(x))
        return;
    fid_text_printf(out, ",\"%s\":", key);
    fid_text_append_double(out, x);
}

void fid__numbers_json(const fid_decision *numbers, fid_text *out)
{
    const char *rule = numbers->rule ? numbers->rule : "";
    fid_text_append(out, "{\"rule\":");
    fid_text_append_json(out, rule, strlen(rule));
    append_number("value", numbers->value, out);
    append_number("threshold", numbers->threshold, out);
    if (numbers->of)
        fid_text_printf(out, ",\"rank\":%zu,\"of\":%zu", numbers->rank, numbers->of);
    append_number("mean", numbers->mean, out);
    append_number("low", numbers->low, out);
    append_number("high", numbers->high, out);
    fid_text_append(out, "}");
}

bool fid__over(const fid_study *study)
{
    const fid_study_settings *settings = &study->settings;
    if (study->target_reached)
        return true;
    if (settings->max_cost > 0 &&
        fid_history_spent(study->history) >= settings->max_cost)
        return true;
    if (settings->max_seconds > 0) {
        int64_t active = fid__active_until(study, fid__now_us(study));
        if ((double)active * 1e-6 >= settings->max_seconds)
            return true;
    }
    return settings->max_failures && study->failures_in_a_row >= settings->max_failures;
}

/* The oldest trial that still waits, or NULL; forgets those that no longer do. */
static const fid_trial *first_waiting(fid_study *study)
{
    while (study->waiting_head < study->n_waiting) {
        const fid_trial *trial =
            fid_history_trial(study->history, study->waiting[study->waiting_head]);
        if (trial->state == FID_TRIAL_WAITING)
            return trial;
        study->waiting_head++;
    }
    return NULL;
}

static fid_status start(fid_study *study, uint64_t id, double budget, int64_t tag,
                        const char *text, fid_ask *out, fid_error *err)
{
    const fid_trial *trial = fid_history_trial(study->history, id);
    bool first = trial->attempt == 0;
    fid_event event = {.kind = FID_EVENT_STARTED,
                       .trial = id,
                       .attempt = trial->attempt + 1,
                       .budget = budget,
                       .tag = tag,
                       .text = text};
    if (first)
        event.visible = (uint64_t)(fid__choose_parent(study, id) + 1);
    FID_TRY(fid__emit(study, &event, err));

    trial = fid_history_trial(study->history, id);
    bool anew = study->settings.outline.fidelity.mode == FID_MODE_RESTART;
    fid_rng rng = fid_rng_stream(study->settings.seed, FID_RNG_TRIAL, id);
    *out = (fid_ask){
        .trial = id,
        .attempt = trial->attempt,
        .seed = fid_rng_u64(&rng) >> 33, /* fits a positive int of any language */
        .budget = budget,
        .budget_done = anew ? 0 : trial->step,
        .has_checkpoint = !first,
    };
    return FID_OK;
}

static fid_status propose(fid_study *study, fid_event *event, fid_error *err)
{
    event->kind = FID_EVENT_PROPOSED;
    event->trial = fid_history_n_trials(study->history);
    event->visible = fid_history_n_events(study->history);
    event->n_point = fid_space_dim(study->space);
    return fid__emit(study, event, err);
}

/* The space's own defaults are worth the first look. */
static bool wants_default(const fid_study *study)
{
    return !study->settings.skip_default && fid_history_n_trials(study->history) == 0 &&
           fid_space_has_default(study->space);
}

static fid_status propose_new(fid_study *study, const fid_assign *assign,
                              fid_error *err)
{
    fid_event event = {.point = study->point, .tag = assign->tag};
    if (wants_default(study)) {
        fid_space_default_point(study->space, study->point);
        if (fid_space_is_legal(study->space, study->point)) {
            event.origin = FID_ORIGIN_DEFAULT;
            return propose(study, &event, err);
        }
    }
    uint64_t id = fid_history_n_trials(study->history);
    fid_rng rng = fid_rng_stream(study->settings.seed, FID_RNG_SUGGEST, id);
    fid_suggestion why = {
        .mean = (double)NAN, .sd = (double)NAN, .acquisition = (double)NAN};
    fid_status status = study->settings.sampler->suggest(
        study->sampler_state, study->history, &rng, study->point, &why);
    if (status != FID_OK)
        return status == FID_EXHAUSTED
                   ? status
                   : fid_error_set(err, status, "%s: no suggestion for trial %llu: %s",
                                   study->settings.sampler->name,
                                   (unsigned long long)id, fid_status_text(status));
    event.level = why.level;
    event.text = why.model;
    event.memo = why.memo;
    event.n_memo = why.n_memo;
    return propose(study, &event, err);
}

static fid_status nothing_now(const fid_study *study)
{
    return fid_history_count(study->history, FID_TRIAL_RUNNING) ? FID_WAIT
                                                                : FID_EXHAUSTED;
}

static fid_status ask_scheduler(fid_study *study, fid_ask *out, fid_error *err);

/* The scheduler wanted what there is not. */
static fid_status ask_without_new(fid_study *study, fid_ask *out, fid_error *err)
{
    FID_TRY(fid__emit(study, &(fid_event){.kind = FID_EVENT_EXHAUSTED}, err));
    return ask_scheduler(study, out, err);
}

static fid_status start_new(fid_study *study, const fid_assign *assign, fid_ask *out,
                            fid_error *err)
{
    const fid_trial *enqueued = first_waiting(study);
    uint64_t id = fid_history_n_trials(study->history);
    if (enqueued) {
        id = enqueued->id;
    } else {
        size_t most = study->settings.max_trials;
        if (study->exhausted || (most && id >= most))
            return nothing_now(study);
        fid_status status = propose_new(study, assign, err);
        if (status == FID_EXHAUSTED)
            return ask_without_new(study, out, err);
        FID_TRY(status);
    }
    return start(study, id, assign->budget, assign->tag, NULL, out, err);
}

/* Nothing new may start and no trial saw the full budget: the study owes its user one
 * that did, so the best of those that got furthest goes on to the end. */
static fid_status finish_best(fid_study *study, fid_ask *out, fid_error *err)
{
    const fid_fidelity *fidelity = &study->settings.outline.fidelity;
    uint64_t best;
    bool pauses = fidelity->mode == FID_MODE_RESUME ||
                  fidelity->mode == FID_MODE_RESTART;
    if (!pauses || fid_history_count(study->history, FID_TRIAL_COMPLETE) ||
        !fid_history_incumbent(study->history, &best))
        return FID_EXHAUSTED;
    const fid_trial *trial = fid_history_trial(study->history, best);
    if (trial->state != FID_TRIAL_PAUSED)
        return FID_EXHAUSTED;
    return start(study, best, fidelity->max, trial->tag, "{\"rule\":\"finish\"}", out,
                 err);
}

/* The scheduler's word, carried out. */
static fid_status ask_scheduler(fid_study *study, fid_ask *out, fid_error *err)
{
    fid_assign assign = {.value = (double)NAN, .threshold = (double)NAN};
    fid_rng rng = fid_rng_stream(study->settings.seed, FID_RNG_SCHEDULE,
                                 fid_history_n_events(study->history));
    FID_TRY(study->settings.scheduler->next(study->scheduler_state, study->history,
                                            &rng, &assign));
    if (assign.kind == FID_ASSIGN_NEW)
        return start_new(study, &assign, out, err);
    if (assign.kind != FID_ASSIGN_PROMOTE)
        return nothing_now(study);
    fid_text text = {0};
    fid_decision numbers = {.rule = assign.rule,
                            .value = assign.value,
                            .threshold = assign.threshold,
                            .rank = assign.rank,
                            .of = assign.of,
                            .mean = (double)NAN,
                            .low = (double)NAN,
                            .high = (double)NAN};
    fid__numbers_json(&numbers, &text);
    fid_status status = text.failed ? FID_NOMEM
                                    : start(study, assign.trial, assign.budget,
                                            assign.tag, text.data, out, err);
    fid_text_deinit(&text);
    return status;
}

fid_status fid__ask(fid_study *study, fid_ask *out, fid_error *err)
{
    if (study->settings.read_only)
        return fid_error_set(err, FID_STATE, "the study is open for reading only");
    if (fid__over(study))
        return nothing_now(study);
    const fid_trial *waiting = first_waiting(study);
    if (waiting && waiting->attempt > 0)
        return start(study, waiting->id, waiting->budget, waiting->tag, NULL, out, err);
    fid_status status = ask_scheduler(study, out, err);
    return status == FID_EXHAUSTED ? finish_best(study, out, err) : status;
}

fid_status fid_study_ask(fid_study *study, fid_ask *out, fid_error *err)
{
    FID_TRY(fid__commit(study, err));
    FID_TRY(fid__ask(study, out, err));
    fid_space_decode(study->space, fid_history_point(study->history, out->trial),
                     study->config);
    out->config = study->config;
    return fid__commit(study, err);
}

fid_status fid__enqueue(fid_study *study, const fid_value *config, fid_origin origin,
                        uint64_t *trial, fid_error *err)
{
    FID_TRY(fid_space_encode(study->space, config, study->point, err));
    if (!fid_space_is_legal(study->space, study->point))
        return fid_error_set(err, FID_INVALID, "the configuration breaks a constraint");
    fid_event event = {.point = study->point, .origin = origin};
    FID_TRY(propose(study, &event, err));
    if (trial)
        *trial = event.trial;
    return FID_OK;
}

fid_status fid_study_enqueue(fid_study *study, const fid_value *config,
                             fid_origin origin, uint64_t *trial, fid_error *err)
{
    FID_TRY(fid__commit(study, err));
    FID_TRY(fid__enqueue(study, config, origin, trial, err));
    return fid__commit(study, err);
}
