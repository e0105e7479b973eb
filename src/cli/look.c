/* Looking at a study: status, trials, show, logs, best, explain, export. */
#include "cli/cli.h"

#include <fidelio/exec.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one trial */

static void append_number(fid_text *out, double x)
{
    if (fid_is_absent(x))
        fid_text_append(out, "null");
    else
        fid_text_append_double(out, x);
}

static void append_config(const fid_study *study, uint64_t trial, fid_text *out)
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

static double last_value(const fid_study *study, uint64_t trial, size_t metric)
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
    append_config(study, trial, out);
    fid_text_append(out, ",\"metrics\":{");
    for (size_t m = 0; m < outline->n_metrics; m++) {
        fid_text_append(out, m ? "," : "");
        fid_text_append_json(out, outline->metrics[m].name, strlen(outline->metrics[m].name));
        fid_text_append(out, ":");
        append_number(out, last_value(study, trial, m));
    }
    fid_text_append(out, "},\"step\":");
    fid_text_append_double(out, t->step);
    fid_text_append(out, ",\"budget\":");
    fid_text_append_double(out, t->budget);
    fid_text_append(out, ",\"seconds\":");
    fid_text_append_double(out, t->seconds);
    fid_text_printf(out, ",\"attempts\":%u,\"origin\":\"%s\",\"level\":%d,\"visible\":%llu",
                    t->attempt, origins[t->origin], t->level, (unsigned long long)t->visible);
    if (curve)
        append_curve(study, t, out);
    fid_text_append(out, "}");
}

/* --- the frame of every command here */

typedef int look(const cli_args *args, cli_place *place, fid_text *out);

static int with_study(const cli_args *args, look *body)
{
    cli_place place;
    fid_text out = {0};
    int code = cli_find(args, &place);
    if (code == EXIT_OK)
        code = cli_open_reading(&place);
    if (code == EXIT_OK)
        code = body(args, &place, &out);
    if (out.len)
        fwrite(out.data, 1, out.len, stdout);
    fid_text_deinit(&out);
    cli_close(&place);
    return code;
}

/* --- status */

static int status(const cli_args *args, cli_place *place, fid_text *out)
{
    const fid_history *history = fid_study_history(place->study);
    static const char *const names[] = {"waiting", "running", "paused", "complete", "pruned", "failed"};
    uint64_t best;
    bool found = fid_history_incumbent(history, &best);
    if (args->json) {
        fid_text_printf(out, "{\"trials\":%zu", fid_history_n_trials(history));
        for (size_t s = 0; s < 6; s++)
            fid_text_printf(out, ",\"%s\":%zu", names[s],
                            fid_history_count(history, (fid_trial_state)s));
        fid_text_append(out, ",\"spent\":");
        fid_text_append_double(out, fid_history_spent(history));
        fid_text_append(out, ",\"seconds\":");
        fid_text_append_double(out, fid_history_seconds(history));
        fid_text_append(out, ",\"best\":");
        if (found)
            cli_trial_json(place->study, best, false, out);
        else
            fid_text_append(out, "null");
        fid_text_append(out, "}\n");
        return EXIT_OK;
    }
    fid_text_printf(out, "trials    %zu\n", fid_history_n_trials(history));
    for (size_t s = 0; s < 6; s++)
        fid_text_printf(out, "%-9s %zu\n", names[s],
                        fid_history_count(history, (fid_trial_state)s));
    fid_text_printf(out, "spent     %g\nseconds   %.1f\n", fid_history_spent(history),
                    fid_history_seconds(history));
    if (found)
        fid_text_printf(out, "best      %.8g (trial %llu)\n", last_value(place->study, best, 0),
                        (unsigned long long)best);
    return EXIT_OK;
}

int cli_status(const cli_args *args)
{
    return with_study(args, status);
}

/* --- trials, export */

/* A cell: quoted where needed; a leading =, +, -, @ cannot become a formula. */
static void append_cell(fid_text *out, const char *s)
{
    double number;
    bool formula = strchr("=+-@", *s) && *s && !fid_parse_double(s, strlen(s), &number);
    bool quote = formula || strpbrk(s, ",\"\n\r");
    if (!quote) {
        fid_text_append(out, s);
        return;
    }
    fid_text_append(out, formula ? "\"'" : "\"");
    for (; *s; s++) {
        if (*s == '"')
            fid_text_append(out, "\"");
        fid_text_append_n(out, s, 1);
    }
    fid_text_append(out, "\"");
}

static void csv_header(const fid_study *study, fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    const fid_outline *outline = fid_history_outline(fid_study_history(study));
    fid_text_append(out, "trial,state,reason,step,seconds,attempts");
    for (size_t m = 0; m < outline->n_metrics; m++) {
        fid_text_append(out, ",");
        append_cell(out, outline->metrics[m].name);
    }
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        fid_text_append(out, ",");
        append_cell(out, fid_space_param_name(space, p));
    }
    fid_text_append(out, "\n");
}

static void csv_row(const fid_study *study, uint64_t trial, fid_value *config, fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    const fid_history *history = fid_study_history(study);
    const fid_trial *t = fid_history_trial(history, trial);
    fid_text cell = {0};
    fid_text_printf(out, "%llu,%s,%s,", (unsigned long long)trial, fid_trial_state_name(t->state),
                    t->reason ? fid_reason_name(t->reason) : "");
    fid_text_append_double(out, t->step);
    fid_text_printf(out, ",%.6f,%u", t->seconds, t->attempt);
    for (size_t m = 0; m < fid_history_outline(history)->n_metrics; m++) {
        double value = last_value(study, trial, m);
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
            append_cell(out, cell.data ? cell.data : "");
        }
    }
    fid_text_append(out, "\n");
    fid_text_deinit(&cell);
}

static int export_csv(const fid_study *study, fid_text *out)
{
    fid_value *config = fid_alloc(fid_space_n_params(fid_study_space(study)), sizeof *config);
    if (!config)
        return EXIT_FAILED;
    csv_header(study, out);
    for (uint64_t t = 0; t < fid_history_n_trials(fid_study_history(study)); t++)
        csv_row(study, t, config, out);
    free(config);
    return EXIT_OK;
}

static int export_all(const cli_args *args, cli_place *place, fid_text *out)
{
    if (args->csv)
        return export_csv(place->study, out);
    for (uint64_t t = 0; t < fid_history_n_trials(fid_study_history(place->study)); t++) {
        cli_trial_json(place->study, t, true, out);
        fid_text_append(out, "\n");
    }
    return EXIT_OK;
}

int cli_export(const cli_args *args)
{
    return with_study(args, export_all);
}

static int trials(const cli_args *args, cli_place *place, fid_text *out)
{
    const fid_study *study = place->study;
    const fid_history *history = fid_study_history(study);
    if (args->csv)
        return export_csv(study, out);
    if (!args->json)
        fid_text_printf(out, "%6s  %-9s %14s %10s %9s  %s\n", "trial", "state",
                        fid_history_outline(history)->metrics[0].name, "step", "seconds",
                        "configuration");
    for (uint64_t id = 0; id < fid_history_n_trials(history); id++) {
        const fid_trial *t = fid_history_trial(history, id);
        if (args->json) {
            fid_text_append(out, id ? ",\n" : "[");
            cli_trial_json(study, id, false, out);
            continue;
        }
        double value = last_value(study, id, 0);
        char shown[32] = "";
        if (!fid_is_absent(value))
            (void)snprintf(shown, sizeof shown, "%.8g", value);
        fid_text_printf(out, "%6llu  %-9s %14s %10g %9.2f  ", (unsigned long long)id,
                        fid_trial_state_name(t->state), shown, t->step, t->seconds);
        append_config(study, id, out);
        fid_text_append(out, "\n");
    }
    if (args->json)
        fid_text_append(out, fid_history_n_trials(history) ? "]\n" : "[]\n");
    return EXIT_OK;
}

int cli_trials(const cli_args *args)
{
    return with_study(args, trials);
}

/* --- one trial */

static int show(const cli_args *args, cli_place *place, fid_text *out)
{
    uint64_t trial;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    cli_trial_json(place->study, trial, true, out);
    fid_text_append(out, "\n");
    return EXIT_OK;
}

int cli_show(const cli_args *args)
{
    return with_study(args, show);
}

static void copy_file(const char *path, FILE *to)
{
    char bytes[65536];
    FILE *file = fopen(path, "r");
    size_t n;
    if (!file)
        return;
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
        fwrite(bytes, 1, n, to);
    (void)fclose(file);
}

static int logs(const cli_args *args, cli_place *place, fid_text *out)
{
    uint64_t trial;
    (void)out;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    uint32_t attempts = fid_history_trial(fid_study_history(place->study), trial)->attempt;
    for (uint32_t a = 1; a <= attempts; a++) {
        char path[4300];
        fprintf(stderr, "== attempt %u\n", a);
        (void)snprintf(path, sizeof path, "%s/%llu/attempt-%u/stdout", place->trials,
                       (unsigned long long)trial, a);
        copy_file(path, stdout);
        (void)snprintf(path, sizeof path, "%s/%llu/attempt-%u/stderr", place->trials,
                       (unsigned long long)trial, a);
        copy_file(path, stdout);
    }
    return EXIT_OK;
}

int cli_logs(const cli_args *args)
{
    return with_study(args, logs);
}

/* --- best */

static void shell_quote(const char *s, fid_text *out)
{
    fid_text_append(out, "'");
    for (; *s; s++)
        if (*s == '\'')
            fid_text_append(out, "'\\''");
        else
            fid_text_append_n(out, s, 1);
    fid_text_append(out, "'");
}

static void best_env(const fid_study *study, const fid_value *config, fid_text *out)
{
    const fid_space *space = fid_study_space(study);
    fid_text cell = {0};
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        if (!config[p].active)
            continue;
        fid_text_append(out, "FIDELIO_PARAM_");
        for (const char *c = fid_space_param_name(space, p); *c; c++) {
            bool lower = *c >= 'a' && *c <= 'z';
            bool word = lower || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
            char letter = !word ? '_' : lower ? (char)(*c - 32) : *c;
            fid_text_append_n(out, &letter, 1);
        }
        fid_text_clear(&cell);
        fid_space_value_to_text(space, p, &config[p], &cell);
        fid_text_append(out, "=");
        shell_quote(cell.data ? cell.data : "", out);
        fid_text_append(out, "\n");
    }
    fid_text_deinit(&cell);
}

static int best_command(cli_place *place, uint64_t trial, const fid_value *config, fid_text *out)
{
    if (!place->sweep) {
        fprintf(stderr, "fidelio: --command needs the sweep file\n");
        return EXIT_USAGE;
    }
    fid_exec_local_options options;
    fid_sweep_exec_options(place->sweep, &options);
    options.folder = place->trials;
    double most = place->sweep->outline.fidelity.max;
    fid_job job = {.trial = trial, .attempt = 1, .space = place->sweep->space, .config = config,
                   .outline = &place->sweep->outline, .budget = most, .parent = -1};
    char **argv = NULL;
    size_t n = 0;
    fid_error err = {0};
    if (fid_exec_local_argv(&options, &job, &argv, &n, &err) != FID_OK)
        return cli_complain(&err);
    for (size_t i = 0; i < n; i++) {
        fid_text_append(out, i ? " " : "");
        shell_quote(argv[i], out);
    }
    fid_text_append(out, "\n");
    free(argv);
    return EXIT_OK;
}

static int best(const cli_args *args, cli_place *place, fid_text *out)
{
    uint64_t trial;
    const fid_study *study = place->study;
    if (!fid_history_incumbent(fid_study_history(study), &trial)) {
        fprintf(stderr, "fidelio: no trial has a result yet\n");
        return EXIT_NO_RESULT;
    }
    int code = EXIT_OK;
    fid_value *config = fid_alloc(fid_space_n_params(fid_study_space(study)), sizeof *config);
    if (!config)
        return EXIT_FAILED;
    fid_space_decode(fid_study_space(study), fid_history_point(fid_study_history(study), trial),
                     config);
    if (args->env) {
        best_env(study, config, out);
    } else if (args->command) {
        code = best_command(place, trial, config, out);
    } else if (args->json) {
        cli_trial_json(study, trial, false, out);
        fid_text_append(out, "\n");
    } else {
        fid_text_printf(out, "%s = %.8g  (trial %llu)\n",
                        fid_history_outline(fid_study_history(study))->metrics[0].name,
                        last_value(study, trial, 0), (unsigned long long)trial);
        append_config(study, trial, out);
        fid_text_append(out, "\n");
    }
    free(config);
    return code;
}

int cli_best(const cli_args *args)
{
    return with_study(args, best);
}
