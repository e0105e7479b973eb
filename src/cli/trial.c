/* A trial as JSON and as a row of CSV. */
#include "cli/cli.h"

#include "cli/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void append_number(fid_text *out, double x)
{
    if (fid_is_absent(x))
        fid_text_append(out, "null");
    else
        fid_text_append_double(out, x);
}

void cli_append_config(const fid_study *study, uint64_t trial, fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    fid_value *config = fid_alloc(fid_space_n_params(space), sizeof *config);
    if (!config) {
        out->failed = true;
        return;
    }
    fid_space_decode(space, fid_history_point(fid_study_history(study), trial), config);
    fid_space_config_to_json(space, config, out);
    free(config);
}

double cli_last_value(const fid_study *study, uint64_t trial, size_t metric)
{
    const fid_history *history = fid_study_history(study);
    const fid_trial *t = fid_history_trial(history, trial);
    size_t n = fid_history_outline(history)->n_metrics;
    for (size_t k = t->n_reports; k-- > 0;)
        if (!fid_is_absent(t->values[k * n + metric]))
            return t->values[k * n + metric];
    return fid_absent();
}

static void append_curve(const fid_study *study, const fid_trial *t, fid_text *out)
{
    size_t n = fid_history_outline(fid_study_history(study))->n_metrics;
    fid_text_append(out, ",\"curve\":[");
    for (size_t k = 0; k < t->n_reports; k++) {
        fid_text_append(out, k ? ",[" : "[");
        fid_text_append_double(out, t->steps[k]);
        for (size_t m = 0; m < n; m++) {
            fid_text_append(out, ",");
            append_number(out, t->values[k * n + m]);
        }
        fid_text_append(out, "]");
    }
    fid_text_append(out, "]");
}

void cli_trial_json(const fid_study *study, uint64_t trial, bool curve, fid_text *out)
{
    const fid_history *history = fid_study_history(study);
    const fid_outline *outline = fid_history_outline(history);
    const fid_trial *t = fid_history_trial(history, trial);
    static const char *const origins[] = {"sampler", "user", "default", "import"};
    fid_text_printf(out, "{\"trial\":%llu,\"state\":\"%s\"", (unsigned long long)trial,
                    fid_trial_state_name(t->state));
    if (t->reason != FID_REASON_NONE)
        fid_text_printf(out, ",\"reason\":\"%s\"", fid_reason_name(t->reason));
    fid_text_append(out, ",\"config\":");
    cli_append_config(study, trial, out);
    fid_text_append(out, ",\"metrics\":{");
    for (size_t m = 0; m < outline->n_metrics; m++) {
        fid_text_append(out, m ? "," : "");
        fid_text_append_json(out, outline->metrics[m].name,
                             strlen(outline->metrics[m].name));
        fid_text_append(out, ":");
        append_number(out, cli_last_value(study, trial, m));
    }
    fid_text_append(out, "},\"step\":");
    fid_text_append_double(out, t->step);
    fid_text_append(out, ",\"budget\":");
    fid_text_append_double(out, t->budget);
    fid_text_append(out, ",\"seconds\":");
    fid_text_append_double(out, t->seconds);
    fid_text_printf(
        out, ",\"attempts\":%u,\"origin\":\"%s\",\"level\":%d,\"visible\":%llu",
        t->attempt, origins[t->origin], t->level, (unsigned long long)t->visible);
    if (t->parent >= 0)
        fid_text_printf(out, ",\"parent\":%lld", (long long)t->parent);
    if (curve)
        append_curve(study, t, out);
    fid_text_append(out, "}");
}

/* --- CSV */

static void csv_header(const fid_study *study, fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    const fid_outline *outline = fid_history_outline(fid_study_history(study));
    fid_text_append(out, "trial,state,reason,step,seconds,attempts");
    for (size_t m = 0; m < outline->n_metrics; m++) {
        fid_text_append(out, ",");
        cli_csv_append(out, outline->metrics[m].name);
    }
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        fid_text_append(out, ",");
        cli_csv_append(out, fid_space_param_name(space, p));
    }
    fid_text_append(out, "\n");
}

static void csv_row(const fid_study *study, uint64_t trial, fid_value *config,
                    fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    const fid_history *history = fid_study_history(study);
    const fid_trial *t = fid_history_trial(history, trial);
    fid_text cell = {0};
    fid_text_printf(out, "%llu,%s,%s,", (unsigned long long)trial,
                    fid_trial_state_name(t->state),
                    t->reason ? fid_reason_name(t->reason) : "");
    fid_text_append_double(out, t->step);
    fid_text_printf(out, ",%.6f,%u", t->seconds, t->attempt);
    for (size_t m = 0; m < fid_history_outline(history)->n_metrics; m++) {
        double value = cli_last_value(study, trial, m);
        fid_text_append(out, ",");
        if (!fid_is_absent(value))
            fid_text_append_double(out, value);
    }
    fid_space_decode(space, fid_history_point(history, trial), config);
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        fid_text_append(out, ",");
        fid_text_clear(&cell);
        if (config[p].active) {
            fid_space_value_to_text(space, p, &config[p], &cell);
            cli_csv_append(out, cell.data ? cell.data : "");
        }
    }
    fid_text_append(out, "\n");
    fid_text_deinit(&cell);
}

int cli_trials_csv(const fid_study *study, const uint64_t *trials, size_t n,
                   fid_text *out)
{
    fid_value *config =
        fid_alloc(fid_space_n_params(fid_study_space(study)), sizeof *config);
    if (!config)
        return EXIT_FAILED;
    csv_header(study, out);
    for (size_t i = 0; i < n; i++)
        csv_row(study, trials[i], config, out);
    free(config);
    return EXIT_OK;
}
