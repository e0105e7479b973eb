/* `best`: the best configuration, in the form that its user needs. */
#include "cli/cli.h"
#include "cli/front.h"

#include <fidelio/exec.h>
#include <fidelio/sampler.h>

#include <stdlib.h>
#include <string.h>

/* As a shell reads it back. */
static void shell_quote(const char *s, fid_text *out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789_-+=./:,@%";
    if (*s && strspn(s, plain) == strlen(s)) {
        fid_text_append(out, s);
        return;
    }
    fid_text_append(out, "'");
    for (; *s; s++)
        if (*s == '\'')
            fid_text_append(out, "'\\''");
        else
            fid_text_append_n(out, s, 1);
    fid_text_append(out, "'");
}

void cli_append_command(char *const *argv, size_t n, fid_text *out)
{
    for (size_t i = 0; i < n; i++) {
        fid_text_append(out, i ? " " : "");
        shell_quote(argv[i], out);
    }
}

/* FIDELIO_PARAM_NAME='value' of each active parameter, `separator` behind each. */
static void append_env(const fid_study *study, const fid_value *config,
                       const char *separator, fid_text *out)
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
        fid_text_append(out, separator);
    }
    fid_text_deinit(&cell);
}

bool cli_names_params(const fid_sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_command; i++)
        if (strstr(sweep->command[i], "${args") || strstr(sweep->command[i], "${param"))
            return true;
    return false;
}

static void append_protocol(const cli_place *place, const fid_job *job, fid_text *out)
{
    fid_text folder = {0};
    fid_text_append(
        out, "env FIDELIO_PROTOCOL=1 FIDELIO_REPORT=/dev/stdout FIDELIO_BUDGET_DONE=0 "
             "FIDELIO_BUDGET=");
    fid_text_append_double(out, job->budget);
    fid_text_printf(&folder, "%s/%llu/checkpoint", place->trials,
                    (unsigned long long)job->trial);
    fid_text_append(out, " FIDELIO_CHECKPOINT_DIR=");
    shell_quote(folder.data ? folder.data : "", out);
    fid_text_append(out, " ");
    append_env(place->study, job->config, " ", out);
    fid_text_deinit(&folder);
}

int cli_append_training(cli_place *place, uint64_t trial, const fid_value *config,
                        fid_text *out)
{
    if (!place->sweep) {
        fprintf(stderr, "fidelio: --command needs the sweep file\n");
        return EXIT_USAGE;
    }
    if (!cli_needs_command(place))
        return EXIT_USAGE;
    fid_exec_local_options options;
    fid_sweep_exec_options(place->sweep, &options);
    options.folder = place->trials;
    double most = place->sweep->outline.fidelity.max;
    fid_job job = {.trial = trial,
                   .attempt = 1,
                   .space = place->sweep->space,
                   .config = config,
                   .outline = &place->sweep->outline,
                   .budget = most,
                   .parent = -1};
    char **argv = NULL;
    size_t n = 0;
    fid_error err = {0};
    if (fid_exec_local_argv(&options, &job, &argv, &n, &err) != FID_OK)
        return cli_complain(&err);
    if (!cli_names_params(place->sweep))
        append_protocol(place, &job, out);
    cli_append_command(argv, n, out);
    fid_text_append(out, "\n");
    free(argv);
    return EXIT_OK;
}

/* With noise the least value is often luck: name the trial that a model believes best,
 * when that is another one. */
static void append_belief(const fid_study *study, uint64_t trial, fid_text *out)
{
    fid_belief belief;
    fid_status status =
        fid_believed_best(fid_study_space(study), fid_study_history(study), &belief);
    if (status != FID_OK || !belief.noisy || belief.trial == trial)
        return;
    double sign = fid_history_sign(fid_study_history(study), 0);
    fid_text_printf(
        out,
        "values are noisy: trial %llu (seen %.6g) is believed best, at %.6g +- "
        "%.2g without noise\n",
        (unsigned long long)belief.trial, cli_last_value(study, belief.trial, 0),
        sign * belief.loss, belief.sd);
}

/* One trial. */
static int best_trial(const cli_args *args, cli_place *place, uint64_t trial,
                      fid_text *out)
{
    int code = EXIT_OK;
    const fid_study *study = place->study;
    fid_value *config =
        fid_alloc(fid_space_n_params(fid_study_space(study)), sizeof *config);
    if (!config)
        return EXIT_FAILED;
    fid_space_decode(fid_study_space(study),
                     fid_history_point(fid_study_history(study), trial), config);
    if (args->env) {
        append_env(study, config, "\n", out);
    } else if (args->argv) {
        code = cli_append_training(place, trial, config, out);
    } else if (args->json) {
        cli_trial_json(study, trial, false, out);
        fid_text_append(out, "\n");
    } else if (args->csv) {
        code = cli_trials_csv(study, &trial, 1, out);
    } else {
        fid_text_printf(out, "%s = %.8g  (trial %llu)\n",
                        fid_history_outline(fid_study_history(study))->metrics[0].name,
                        cli_last_value(study, trial, 0), (unsigned long long)trial);
        cli_append_config(study, trial, out);
        fid_text_append(out, "\n");
    }
    free(config);
    return code;
}

/* Several objectives: all that are not dominated. */
static int best_front(const cli_args *args, const cli_place *place,
                      const cli_front *front, fid_text *out)
{
    if (args->env || args->argv) {
        fprintf(
            stderr,
            "fidelio: %zu trials are best, each in its way; which one? fidelio best "
            "SWEEP %llu %s\n",
            front->n, (unsigned long long)front->trials[0],
            args->env ? "--env" : "--command");
        return EXIT_USAGE;
    }
    if (args->csv)
        return cli_trials_csv(place->study, front->trials, front->n, out);
    if (args->json) {
        cli_front_json(place->study, front, out);
        fid_text_append(out, "\n");
    } else {
        cli_front_append_table(place->study, front, out);
    }
    return EXIT_OK;
}

static int best(const cli_args *args, cli_place *place, fid_text *out)
{
    uint64_t trial;
    if (cli_word(args, 0))
        return cli_number_of_trial(args, place->study, &trial)
                   ? best_trial(args, place, trial, out)
                   : EXIT_USAGE;
    if (!fid_history_incumbent(fid_study_history(place->study), &trial)) {
        fprintf(stderr, "fidelio: no trial has a result yet\n");
        return EXIT_NO_RESULT;
    }
    if (!cli_has_front(place->study)) {
        int code = best_trial(args, place, trial, out);
        if (!args->env && !args->argv && !args->json && !args->csv)
            append_belief(place->study, trial, out);
        return code;
    }
    cli_front front;
    if (!cli_front_find(place->study, &front))
        return EXIT_FAILED;
    int code = best_front(args, place, &front, out);
    cli_front_deinit(&front);
    return code;
}

int cli_best(const cli_args *args)
{
    return cli_with_study(args, best);
}
