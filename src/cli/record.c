#include "cli/record.h"

#include "cli/csv.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

fid_status cli_record_init(cli_record *self, const fid_study *study)
{
    const fid_space *space = fid_study_space(study);
    *self = (cli_record){.study = study};
    self->config = fid_alloc(fid_space_n_params(space), sizeof *self->config);
    self->u = fid_alloc(fid_space_dim(space), sizeof *self->u);
    return self->config && self->u ? FID_OK : FID_NOMEM;
}

void cli_record_deinit(cli_record *self)
{
    free(self->config);
    free(self->u);
    free(self->steps);
    free(self->values);
    *self = (cli_record){0};
}

static size_t n_metrics(const cli_record *self)
{
    return fid_history_outline(fid_study_history(self->study))->n_metrics;
}

static void begin(cli_record *self)
{
    self->n_reports = 0;
    self->how = FID_END_DONE;
    self->unborn = false;
    memset(self->config, 0,
           fid_space_n_params(fid_study_space(self->study)) * sizeof *self->config);
}

/* A report of absent values; NULL = out of memory. */
static double *add_report(cli_record *self, double step)
{
    size_t m = n_metrics(self), n = self->n_reports;
    double *steps = fid_grow(self->steps, &self->steps_cap, n + 1, sizeof *steps);
    if (!steps)
        return NULL;
    self->steps = steps;
    double *values =
        fid_grow(self->values, &self->values_cap, (n + 1) * m, sizeof *values);
    if (!values)
        return NULL;
    self->values = values;
    steps[n] = step;
    for (size_t k = 0; k < m; k++)
        values[n * m + k] = fid_absent();
    self->n_reports++;
    return values + n * m;
}

static bool find_metric(const cli_record *self, const char *name, size_t *metric)
{
    const fid_outline *outline = fid_history_outline(fid_study_history(self->study));
    for (*metric = 0; *metric < outline->n_metrics; ++*metric)
        if (strcmp(outline->metrics[*metric].name, name) == 0)
            return true;
    return false;
}

static fid_end end_of_failure(const char *reason)
{
    static const struct {
        fid_reason reason;
        fid_end end;
    } known[] = {{FID_REASON_INFEASIBLE, FID_END_INFEASIBLE},
                 {FID_REASON_TIMEOUT, FID_END_TIMEOUT},
                 {FID_REASON_MEMORY, FID_END_MEMORY},
                 {FID_REASON_LAUNCH, FID_END_LAUNCH},
                 {FID_REASON_LOST, FID_END_LOST},
                 {FID_REASON_DIVERGED, FID_END_DONE}, /* its last value says it again */
                 {FID_REASON_NO_METRIC, FID_END_DONE}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(reason, fid_reason_name(known[i].reason)) == 0)
            return known[i].end;
    return FID_END_CRASHED;
}

/* What "pruned", "failed" and the like come to; `reason` may be "". */
static fid_status set_state(cli_record *self, const char *state, const char *reason,
                            fid_error *err)
{
    int s = FID_TRIAL_WAITING;
    while (s <= FID_TRIAL_FAILED &&
           strcmp(state, fid_trial_state_name((fid_trial_state)s)) != 0)
        s++;
    switch (s) {
    case FID_TRIAL_COMPLETE:
        self->how = FID_END_DONE;
        return FID_OK;
    case FID_TRIAL_FAILED:
        self->how = end_of_failure(reason);
        return FID_OK;
    case FID_TRIAL_PRUNED:
    case FID_TRIAL_PAUSED: /* its checkpoint stayed where it was: it cannot go on here */
    case FID_TRIAL_RUNNING:
    case FID_TRIAL_WAITING:
        self->how = FID_END_STOPPED;
        self->unborn = self->n_reports == 0;
        return FID_OK;
    default:
        return fid_error_set(err, FID_PARSE, "there is no state '%s'", state);
    }
}

/* --- JSON lines */

static fid_status read_config(cli_record *self, struct json_object *config,
                              fid_error *err)
{
    if (!json_object_is_type(config, json_type_object))
        return fid_error_set(err, FID_PARSE, "there is no object 'config'");
    const char *text = json_object_to_json_string_ext(config, JSON_C_TO_STRING_PLAIN);
    return fid_space_config_from_json(fid_study_space(self->study), text, strlen(text),
                                      false, self->config, err);
}

static double number(struct json_object *value)
{
    return value ? json_object_get_double(value) : fid_absent();
}

static fid_status read_curve(cli_record *self, struct json_object *curve,
                             fid_error *err)
{
    size_t m = n_metrics(self);
    for (size_t k = 0; k < json_object_array_length(curve); k++) {
        struct json_object *row = json_object_array_get_idx(curve, k);
        if (!json_object_is_type(row, json_type_array) ||
            json_object_array_length(row) != m + 1)
            return fid_error_set(err, FID_PARSE,
                                 "curve: entry %zu is not [step, %zu values]", k, m);
        double *values = add_report(self, number(json_object_array_get_idx(row, 0)));
        if (!values)
            return fid_error_set(err, FID_NOMEM, "out of memory");
        for (size_t j = 0; j < m; j++)
            values[j] = number(json_object_array_get_idx(row, j + 1));
    }
    return FID_OK;
}

static double full_budget(const cli_record *self)
{
    return fid_history_outline(fid_study_history(self->study))->fidelity.max;
}

static fid_status read_metrics(cli_record *self, struct json_object *metrics,
                               struct json_object *step, fid_error *err)
{
    double *values = add_report(self, step ? number(step) : full_budget(self));
    if (!values)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    json_object_object_foreach(metrics, name, value)
    {
        size_t metric;
        if (!find_metric(self, name, &metric))
            return fid_error_set(err, FID_PARSE, "the study has no metric '%s'", name);
        values[metric] = number(value);
    }
    return FID_OK;
}

static const char *word(struct json_object *from, const char *key)
{
    struct json_object *found;
    return json_object_object_get_ex(from, key, &found) && found
               ? json_object_get_string(found)
               : "";
}

static fid_status read_object(cli_record *self, struct json_object *from,
                              fid_error *err)
{
    struct json_object *config = NULL, *curve = NULL, *metrics = NULL, *step = NULL;
    if (!json_object_is_type(from, json_type_object))
        return fid_error_set(err, FID_PARSE, "not a JSON object");
    (void)json_object_object_get_ex(from, "config", &config);
    (void)json_object_object_get_ex(from, "curve", &curve);
    (void)json_object_object_get_ex(from, "metrics", &metrics);
    (void)json_object_object_get_ex(from, "step", &step);
    FID_TRY(read_config(self, config, err));
    if (json_object_is_type(curve, json_type_array))
        FID_TRY(read_curve(self, curve, err));
    else if (json_object_is_type(metrics, json_type_object))
        FID_TRY(read_metrics(self, metrics, step, err));
    const char *state = word(from, "state");
    return *state ? set_state(self, state, word(from, "reason"), err) : FID_OK;
}

fid_status cli_record_from_json(cli_record *self, const char *line, size_t n,
                                fid_error *err)
{
    enum { DEPTH = 32 };
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
    if (!tokener || n > INT32_MAX) {
        json_tokener_free(tokener);
        return fid_error_set(err, FID_LIMIT, "the line is too long");
    }
    begin(self);
    struct json_object *from = json_tokener_parse_ex(tokener, line, (int)n);
    fid_status status;
    if (json_tokener_get_error(tokener) != json_tokener_success)
        status =
            fid_error_set(err, FID_PARSE, "not JSON: %s",
                          json_tokener_error_desc(json_tokener_get_error(tokener)));
    else
        status = read_object(self, from, err);
    json_object_put(from);
    json_tokener_free(tokener);
    return status;
}

/* --- CSV */

static cli_column column_named(const cli_record *self, const char *name)
{
    size_t at;
    if (find_metric(self, name, &at))
        return (cli_column){COLUMN_METRIC, at};
    if (fid_space_find(fid_study_space(self->study), name, &at))
        return (cli_column){COLUMN_PARAM, at};
    return (cli_column){strcmp(name, "state") == 0    ? COLUMN_STATE
                        : strcmp(name, "reason") == 0 ? COLUMN_REASON
                        : strcmp(name, "step") == 0   ? COLUMN_STEP
                                                      : COLUMN_NONE,
                        0};
}

fid_status cli_record_columns(const cli_record *self, char *const *names, size_t n,
                              cli_column *columns, fid_error *err)
{
    /* Our own head line: a parameter may be called `step` as well. */
    bool ours = n > 6 && strcmp(names[0], "trial") == 0 &&
                strcmp(names[1], "state") == 0 && strcmp(names[2], "reason") == 0 &&
                strcmp(names[3], "step") == 0;
    bool objective = false;
    for (size_t c = 0; c < n; c++) {
        columns[c] = column_named(self, cli_csv_plain(names[c]));
        if (ours && c < 6)
            columns[c] = (cli_column){c == 1   ? COLUMN_STATE
                                      : c == 2 ? COLUMN_REASON
                                      : c == 3 ? COLUMN_STEP
                                               : COLUMN_NONE,
                                      0};
        objective |= columns[c].kind == COLUMN_METRIC && columns[c].index == 0;
    }
    const fid_outline *outline = fid_history_outline(fid_study_history(self->study));
    return objective
               ? FID_OK
               : fid_error_set(err, FID_PARSE, "there is no column '%s', the metric",
                               outline->metrics[0].name);
}

/* Conditions and defaults are what the space says, whatever columns are there. */
fid_status cli_record_fill(cli_record *self, fid_error *err)
{
    const fid_space *space = fid_study_space(self->study);
    fid_text text = {0};
    fid_space_config_to_json(space, self->config, &text);
    fid_status status = text.failed
                            ? FID_NOMEM
                            : fid_space_config_from_json(space, text.data, text.len,
                                                         false, self->config, err);
    fid_text_deinit(&text);
    return status;
}

static fid_status read_number(const char *field, double *out, fid_error *err)
{
    if (fid_parse_double(field, strlen(field), out))
        return FID_OK;
    return fid_error_set(err, FID_PARSE, "'%s' is not a number", field);
}

fid_status cli_record_from_csv(cli_record *self, const cli_column *columns,
                               size_t n_columns, char *const *fields, size_t n,
                               fid_error *err)
{
    const char *state = "", *reason = "";
    double step = full_budget(self), values[FID_MAX_METRICS];
    bool measured = false;
    begin(self);
    if (n != n_columns)
        return fid_error_set(err, FID_PARSE, "%zu fields, the head line has %zu", n,
                             n_columns);
    for (size_t k = 0; k < FID_MAX_METRICS; k++)
        values[k] = fid_absent();
    for (size_t c = 0; c < n; c++) {
        const char *field = cli_csv_plain(fields[c]);
        size_t at = columns[c].index;
        if (!*field)
            continue;
        switch (columns[c].kind) {
        case COLUMN_NONE:
            break;
        case COLUMN_STATE:
            state = field;
            break;
        case COLUMN_REASON:
            reason = field;
            break;
        case COLUMN_STEP:
            FID_TRY(read_number(field, &step, err));
            break;
        case COLUMN_METRIC:
            FID_TRY(read_number(field, &values[at], err));
            measured = true;
            break;
        case COLUMN_PARAM:
            FID_TRY(fid_space_value_from_text(fid_study_space(self->study), at, field,
                                              &self->config[at], err));
            self->config[at].active = true;
            break;
        }
    }
    FID_TRY(cli_record_fill(self, err));
    double *report = measured ? add_report(self, step) : NULL;
    if (measured && !report)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    if (report)
        memcpy(report, values, n_metrics(self) * sizeof *report);
    return *state ? set_state(self, state, reason, err) : FID_OK;
}
