/* `trials`: all of them or the best, as a table, JSON or CSV. */
#include "cli/cli.h"

#include <fidelio/report.h>

#include <stdlib.h>
#include <string.h>

static void append_value(const fid_space *space, size_t param, const fid_value *value,
                         fid_text *out)
{
    if (!value->active)
        fid_text_append(out, "-");
    else if (fid_space_param_kind(space, param) == FID_PARAM_FLOAT)
        fid_text_printf(out, "%.6g", value->f);
    else {
        fid_text text = {0};
        fid_space_value_to_text(space, param, value, &text);
        cli_append_cell(text.data ? text.data : "", out);
        fid_text_deinit(&text);
    }
}

/* Cells are separated by tabs until their widths are known. */
static void append_row(const fid_study *study, uint64_t id, fid_value *config,
                       fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    const fid_history *history = fid_study_history(study);
    const fid_trial *t = fid_history_trial(history, id);
    fid_text_printf(out, "%llu\t%s", (unsigned long long)id,
                    fid_trial_state_name(t->state));
    for (size_t m = 0; m < fid_history_outline(history)->n_metrics; m++) {
        double value = cli_last_value(study, id, m);
        if (fid_is_absent(value))
            fid_text_append(out, "\t-");
        else
            fid_text_printf(out, "\t%.8g", value);
    }
    fid_text_printf(out, "\t%g\t%.1f", t->step, t->seconds);
    fid_space_decode(space, fid_history_point(history, id), config);
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        fid_text_append(out, "\t");
        append_value(space, p, &config[p], out);
    }
    fid_text_append(out, "\n");
}

static void append_head(const fid_study *study, fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    const fid_outline *outline = fid_history_outline(fid_study_history(study));
    fid_text_append(out, "trial\tstate");
    for (size_t m = 0; m < outline->n_metrics; m++) {
        fid_text_append(out, "\t");
        cli_append_cell(outline->metrics[m].name, out);
    }
    fid_text_append(out, "\t");
    cli_append_cell(
        outline->fidelity.mode == FID_MODE_NONE ? "step" : outline->fidelity.name, out);
    fid_text_append(out, "\tseconds");
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        fid_text_append(out, "\t");
        cli_append_cell(fid_space_param_name(space, p), out);
    }
    fid_text_append(out, "\n");
}

int cli_trials_table(const fid_study *study, const uint64_t *trials, size_t n,
                     fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    fid_value *config = fid_alloc(fid_space_n_params(space), sizeof *config);
    fid_text cells = {0};
    if (config) {
        append_head(study, &cells);
        for (size_t i = 0; i < n; i++)
            append_row(study, trials[i], config, &cells);
    }
    bool ok = config && !cells.failed && cli_lay_out(cells.data, 1, out);
    fid_text_deinit(&cells);
    free(config);
    return ok ? EXIT_OK : EXIT_FAILED;
}

static void json_array(const fid_study *study, const uint64_t *list, size_t n,
                       fid_text *out)
{
    for (size_t i = 0; i < n; i++) {
        fid_text_append(out, i ? ",\n" : "[");
        cli_trial_json(study, list[i], false, out);
    }
    fid_text_append(out, n ? "]\n" : "[]\n");
}

static int trials(const cli_args *args, cli_place *place, fid_text *out)
{
    size_t n;
    uint64_t *list = fid_report_rank(fid_study_history(place->study), args->n_top, &n);
    int code = list ? EXIT_OK : EXIT_FAILED;
    if (list && args->csv)
        code = cli_trials_csv(place->study, list, n, out);
    else if (list && args->json)
        json_array(place->study, list, n, out);
    else if (list)
        code = cli_trials_table(place->study, list, n, out);
    free(list);
    return code;
}

int cli_trials(const cli_args *args)
{
    return cli_with_study(args, trials);
}
