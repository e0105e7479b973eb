/* Open, replay, close. */
#include "study/study.h"

#include <stdlib.h>
#include <string.h>

/* --- looking at what is stored */

/* ctx: the text of the last STUDY event seen, NULL before the first. */
static fid_status see_definition(void *ctx, const fid_event *event)
{
    char **last = ctx;
    if (event->kind != FID_EVENT_STUDY || !event->text)
        return FID_OK;
    char *copy = fid_strdup(event->text);
    if (!copy)
        return FID_NOMEM;
    free(*last);
    *last = copy;
    return FID_OK;
}

/* --- replay: fold stored events; points of an older space are carried over */

typedef struct {
    fid_study *study;
    fid_text space;        /* the present space as text */
    fid__definition older; /* the definition in force; no space when that is the same */
    fid_value *config;
    fid_error *err;
} replayer;

static fid_status carry_over(replayer *self, const fid_event *event, double *point)
{
    const fid_space *space = self->study->space;
    fid_text json = {0};
    fid_space_decode(self->older.space, event->point, self->config);
    fid_space_config_to_json(self->older.space, self->config, &json);
    fid_status status =
        json.failed ? FID_NOMEM
                    : fid_space_config_from_json(space, json.data, json.len, false,
                                                 self->study->config, self->err);
    fid_text_deinit(&json);
    if (status == FID_OK)
        status = fid_space_encode(space, self->study->config, point, self->err);
    if (status != FID_OK && self->err) {
        char why[300];
        memcpy(why, self->err->message, sizeof why - 1);
        why[sizeof why - 1] = '\0';
        (void)fid_error_set(self->err, FID_INVALID,
                            "the new space has no place for trial %llu: %s",
                            (unsigned long long)event->trial, why);
    }
    return status;
}

static fid_status enter_definition(replayer *self, const fid_event *event)
{
    fid__definition_deinit(&self->older);
    free(self->config);
    self->config = NULL;
    FID_TRY(fid__definition_read(event->text, &self->older, self->err));
    fid_text space = {0};
    fid_space_to_json(self->older.space, &space);
    bool same = !space.failed && strcmp(space.data, self->space.data) == 0;
    fid_text_deinit(&space);
    if (same) {
        fid__definition_deinit(&self->older);
        return FID_OK;
    }
    self->config =
        fid_alloc(fid_space_n_params(self->older.space), sizeof *self->config);
    return self->config ? FID_OK : FID_NOMEM;
}

static fid_status fold(void *ctx, const fid_event *stored)
{
    replayer *self = ctx;
    fid_event event = *stored;
    if (event.kind == FID_EVENT_STUDY && event.text)
        FID_TRY(enter_definition(self, &event));
    if (event.kind == FID_EVENT_PROPOSED && self->older.space) {
        FID_TRY(carry_over(self, &event, self->study->point));
        event.point = self->study->point;
        event.n_point = fid_space_dim(self->study->space);
    }
    FID_TRY(fid_history_apply(self->study->history, &event, self->err));
    return fid__follow(self->study, &event);
}

static fid_status replay(fid_study *study, fid_error *err)
{
    replayer self = {.study = study, .err = err};
    fid_space_to_json(study->space, &self.space);
    fid_status status = self.space.failed ? FID_NOMEM : FID_OK;
    if (status == FID_OK)
        status = study->store->replay(study->store_state, 0, fold, &self, err);
    fid_text_deinit(&self.space);
    fid__definition_deinit(&self.older);
    free(self.config);
    return status;
}

/* --- opening */

static fid_status open_store(fid_study *study, const fid_store_type *store,
                             const fid_store_options *options, fid_error *err)
{
    study->store = store;
    study->store_state = fid_alloc(1, store->state_size);
    if (!study->store_state)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    FID_TRY(store->open(study->store_state, options, err));
    study->store_open = true;
    return FID_OK;
}

static void fill_defaults(fid_study_settings *settings)
{
    fid_fidelity *fidelity = &settings->outline.fidelity;
    if (!settings->name)
        settings->name = "study";
    if (!settings->parallel)
        settings->parallel = 1;
    if (!settings->outline.n_objectives)
        settings->outline.n_objectives = 1;
    if (fidelity->mode == FID_MODE_NONE)
        fidelity->min = fidelity->max = 1;
    if (!(fidelity->eta > 1))
        fidelity->eta = 3;
}

static fid_status check_settings(const fid_study_settings *settings, fid_error *err)
{
    const fid_outline *outline = &settings->outline;
    const fid_fidelity *fidelity = &outline->fidelity;
    if (!settings->sampler || !settings->scheduler)
        return fid_error_set(err, FID_INVALID,
                             "a study needs a sampler and a scheduler");
    if (outline->n_metrics < 1 || outline->n_metrics > FID_MAX_METRICS ||
        outline->n_objectives > 4 || outline->n_objectives > outline->n_metrics)
        return fid_error_set(err, FID_INVALID,
                             "a study has 1 to %d metrics, 1 to 4 objectives",
                             FID_MAX_METRICS);
    if (outline->n_objectives > 1 && !settings->scheduler->compares_none &&
        !settings->read_only)
        return fid_error_set(err, FID_UNSUPPORTED,
                             "%s ranks trials by one objective, and there are %zu",
                             settings->scheduler->name, outline->n_objectives);
    if (!(fidelity->min > 0) || !(fidelity->max >= fidelity->min))
        return fid_error_set(err, FID_INVALID, "fidelity: need 0 < min <= max (%g, %g)",
                             fidelity->min, fidelity->max);
    return FID_OK;
}

static fid_status prepare(fid_study *study, fid_error *err)
{
    FID_TRY(check_settings(&study->settings, err));
    study->config = fid_alloc(fid_space_n_params(study->space), sizeof *study->config);
    study->point = fid_alloc(fid_space_dim(study->space), sizeof *study->point);
    if (study->settings.keep == FID_KEEP_BEST)
        study->kept.trials = fid_alloc(study->settings.keep_n + 1, sizeof(uint64_t));
    if (!study->config || !study->point ||
        (study->settings.keep == FID_KEEP_BEST && !study->kept.trials))
        return fid_error_set(err, FID_NOMEM, "out of memory");
    FID_TRY(
        fid_history_create(&study->history, study->space, &study->settings.outline));
    FID_TRY(fid__make_sampler(study, &study->sampler_state, err));
    return fid__make_scheduler(study, &study->scheduler_state, err);
}

/* Metrics are stored by position: other ones would give old values new names. */
static bool same_metrics(const fid_outline *a, const fid_outline *b)
{
    if (a->n_metrics != b->n_metrics || a->n_objectives != b->n_objectives)
        return false;
    for (size_t m = 0; m < a->n_metrics; m++)
        if (strcmp(a->metrics[m].name, b->metrics[m].name) != 0 ||
            a->metrics[m].goal != b->metrics[m].goal)
            return false;
    return true;
}

/* Whether the stored definition may go on as the present one; says what differs. */
static fid_status compare(const fid_study *study, const char *stored, fid_text *diff,
                          fid_error *err)
{
    fid__definition before;
    fid_text words = {0};
    FID_TRY(fid__definition_read(stored, &before, err));
    fid_space_diff(before.space, study->space, &words);
    fid__outline_diff(&before.outline, &study->settings.outline, &words);
    bool extends = study->settings.extend &&
                   same_metrics(&before.outline, &study->settings.outline);
    fid__definition_deinit(&before);
    fid_status status = FID_OK;
    if (words.len && study->settings.extend && !extends) {
        status = fid_error_set(err, FID_INVALID,
                               "the study was made with other metrics, and the values "
                               "that it has cannot become theirs");
    } else if (words.len && !extends) {
        int first = diff ? 0 : (int)strcspn(words.data, "\n");
        bool more = !diff && words.len > (size_t)first + 1;
        status = fid_error_set(
            err, FID_INVALID, "the study was made with another definition%s%.*s%s",
            diff ? "" : ": ", first, words.data, more ? " (and more)" : "");
    }
    if (status != FID_OK && diff)
        fid_text_append(diff, words.data);
    fid_text_deinit(&words);
    return status;
}

static fid_status begin_definition(fid_study *study, fid_error *err)
{
    fid_event event = {.kind = FID_EVENT_STUDY, .text = study->definition};
    FID_TRY(fid__emit(study, &event, err));
    return fid__commit(study, err);
}

static fid_status load_or_begin(fid_study *study, fid_text *diff, fid_error *err)
{
    char *last = NULL;
    fid_status status =
        study->store->replay(study->store_state, 0, see_definition, &last, err);
    if (status == FID_OK && last)
        status = compare(study, last, diff, err);
    if (status == FID_OK && last)
        status = replay(study, err);
    bool same = last && strcmp(last, study->definition) == 0;
    if (status == FID_OK && !same && !study->settings.read_only)
        status = begin_definition(study, err);
    free(last);
    return status;
}

/* `definition`: the text of the STUDY event, or NULL to write it from the settings. */
static fid_status open_study(fid_study **out, const fid_space *space,
                             const fid_study_settings *settings, const char *definition,
                             const fid_store_type *store,
                             const fid_store_options *options, fid_text *diff,
                             fid_error *err)
{
    fid_study *study = fid_alloc(1, sizeof *study);
    fid_text text = {0};
    *out = NULL;
    if (!study)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    study->space = space;
    study->settings = *settings;
    fid__set_clock(study);
    fill_defaults(&study->settings);
    fid_status status = prepare(study, err);
    if (status == FID_OK && definition)
        fid_text_append(&text, definition);
    else if (status == FID_OK)
        status = fid__definition_write(&study->settings, space, &text);
    study->definition = fid_text_take(&text);
    if (status == FID_OK && !study->definition)
        status = fid_error_set(err, FID_NOMEM, "out of memory");
    if (status == FID_OK)
        status = open_store(study, store, options, err);
    if (status == FID_OK)
        status = load_or_begin(study, diff, err);
    if (status == FID_OK)
        *out = study;
    else
        fid_study_close(study);
    return status;
}

fid_status fid_study_open(fid_study **out, const fid_space *space,
                          const fid_study_settings *settings,
                          const fid_store_type *store,
                          const fid_store_options *store_options, fid_text *diff,
                          fid_error *err)
{
    return open_study(out, space, settings, NULL, store, store_options, diff, err);
}

fid_status fid_study_peek(const fid_store_type *store,
                          const fid_store_options *store_options, fid_text *definition,
                          fid_error *err)
{
    void *state = fid_alloc(1, store->state_size);
    char *last = NULL;
    if (!state)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    fid_status status = store->open(state, store_options, err);
    if (status == FID_OK) {
        status = store->replay(state, 0, see_definition, &last, err);
        store->close(state);
    }
    if (status == FID_OK && !last)
        status = fid_error_set(err, FID_NOT_FOUND, "there is no study in the store");
    if (status == FID_OK)
        fid_text_append(definition, last);
    free(last);
    free(state);
    return status;
}

fid_status fid_study_open_stored(fid_study **out, const fid_study_settings *settings,
                                 const fid_store_type *store,
                                 const fid_store_options *store_options, fid_error *err)
{
    fid_text text = {0};
    fid__definition stored = {0};
    fid_study_settings own = *settings;
    *out = NULL;
    fid_store_options peek = *store_options;
    peek.read_only = true;
    fid_status status = fid_study_peek(store, &peek, &text, err);
    if (status == FID_OK)
        status = fid__definition_read(text.data, &stored, err);
    if (status == FID_OK) {
        own.outline = stored.outline;
        own.seed = stored.seed;
        own.name = stored.name;
        status = open_study(out, stored.space, &own, text.data, store, store_options,
                            NULL, err);
    }
    if (status == FID_OK) {
        (*out)->own_space = stored.space;
        (*out)->own_name = stored.name;
        stored.space = NULL;
        stored.name = NULL;
    }
    fid_text_deinit(&text);
    fid__definition_deinit(&stored);
    return status;
}

void fid_study_close(fid_study *study)
{
    if (!study)
        return;
    if (study->store_open) {
        (void)fid__commit(study, NULL);
        study->store->close(study->store_state);
    }
    const fid_study_settings *settings = &study->settings;
    if (study->sampler_state && settings->sampler->deinit)
        settings->sampler->deinit(study->sampler_state);
    if (study->scheduler_state && settings->scheduler->deinit)
        settings->scheduler->deinit(study->scheduler_state);
    fid_history_destroy(study->history);
    fid__queue_deinit(&study->queue);
    free(study->store_state);
    free(study->sampler_state);
    free(study->scheduler_state);
    free(study->waiting);
    free(study->kept.trials);
    free(study->config);
    free(study->point);
    free(study->definition);
    fid_space_destroy(study->own_space);
    free(study->own_name);
    free(study);
}

const fid_history *fid_study_history(const fid_study *study)
{
    return study->history;
}

const fid_space *fid_study_space(const fid_study *study)
{
    return study->space;
}

const fid_study_settings *fid_study_get_settings(const fid_study *study)
{
    return &study->settings;
}

const char *fid_study_definition(const fid_study *study)
{
    return study->definition;
}

const char *fid_study_store_note(const fid_study *study)
{
    return study->store->note ? study->store->note(study->store_state) : NULL;
}
