/* For a loop of one's own in a script: ask, report-value, should-prune, tell; explain. */
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int step(const cli_args *args, cli_place *place, fid_error *err);

static int with_engine(const cli_args *args, step *body)
{
    cli_place place;
    fid_error err = {0};
    int code = cli_find(args, &place);
    if (code == EXIT_OK)
        code = cli_open_writing(&place, args);
    if (code == EXIT_OK)
        code = body(args, &place, &err);
    cli_close(&place);
    return code;
}

static int ask(const cli_args *args, cli_place *place, fid_error *err)
{
    (void)args;
    fid_ask what;
    fid_status status = fid_study_ask(place->study, &what, err);
    if (status == FID_WAIT || status == FID_EXHAUSTED) {
        fprintf(stderr, status == FID_WAIT ? "nothing until a running trial reports\n"
                                           : "the study is over\n");
        return EXIT_NO_RESULT;
    }
    if (status != FID_OK)
        return cli_complain(err);
    fid_text text = {0};
    fid_text_printf(&text, "{\"trial\":%llu,\"attempt\":%u,\"seed\":%llu,\"budget\":",
                    (unsigned long long)what.trial, what.attempt, (unsigned long long)what.seed);
    fid_text_append_double(&text, what.budget);
    fid_text_append(&text, ",\"budget_done\":");
    fid_text_append_double(&text, what.budget_done);
    fid_text_append(&text, ",\"config\":");
    fid_space_config_to_json(fid_study_space(place->study), what.config, &text);
    fid_text_append(&text, "}");
    puts(text.data);
    fid_text_deinit(&text);
    return EXIT_OK;
}

int cli_ask(const cli_args *args)
{
    return with_engine(args, ask);
}

/* "0.5,0.1" by metric; an empty field is absent. */
static bool parse_values(const char *text, double values[FID_MAX_METRICS], size_t most, size_t *n)
{
    *n = 0;
    while (text && *n < most) {
        size_t len = strcspn(text, ",");
        values[*n] = fid_absent();
        if (len && !fid_parse_double(text, len, &values[*n]))
            break;
        ++*n;
        if (!text[len])
            return true;
        text += len + 1;
    }
    fprintf(stderr, "fidelio: --values takes numbers in the order of the metrics, at most %zu\n",
            most);
    return false;
}

static int report(const cli_args *args, cli_place *place, fid_error *err)
{
    uint64_t trial;
    double at, values[FID_MAX_METRICS];
    size_t n;
    if (!cli_number_of_trial(args, place->study, &trial) ||
        !parse_values(args->values, values, place->sweep->outline.n_metrics, &n))
        return EXIT_USAGE;
    if (args->n_words < 3 || !fid_parse_double(args->words[2], strlen(args->words[2]), &at)) {
        fprintf(stderr, "fidelio: report-value SWEEP.yaml N STEP --values ...\n");
        return EXIT_USAGE;
    }
    fid_decision decision;
    const fid_trial *t = fid_history_trial(fid_study_history(place->study), trial);
    if (fid_study_report(place->study, trial, t->attempt, at, values, n, &decision, err) != FID_OK)
        return cli_complain(err);
    puts(decision.kind == FID_CONTINUE ? "continue" : decision.kind == FID_PAUSE ? "pause" : "stop");
    return EXIT_OK;
}

int cli_report_value(const cli_args *args)
{
    return with_engine(args, report);
}

static int should_prune(const cli_args *args, cli_place *place, fid_error *err)
{
    uint64_t trial;
    (void)err;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    return fid_history_trial(fid_study_history(place->study), trial)->stopping ? EXIT_OK
                                                                               : EXIT_FAILED;
}

int cli_should_prune(const cli_args *args)
{
    return with_engine(args, should_prune);
}

static int tell(const cli_args *args, cli_place *place, fid_error *err)
{
    uint64_t trial;
    double values[FID_MAX_METRICS];
    size_t n;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    const fid_trial *t = fid_history_trial(fid_study_history(place->study), trial);
    const char *word = args->n_words > 2 ? args->words[2] : NULL;
    fid_status status;
    if (word) {
        fid_end how = strcmp(word, "failed") == 0       ? FID_END_CRASHED
                      : strcmp(word, "infeasible") == 0 ? FID_END_INFEASIBLE
                      : strcmp(word, "stopped") == 0    ? FID_END_STOPPED
                                                        : FID_END_DONE;
        status = fid_study_end(place->study, trial, t->attempt, how, NULL, err);
    } else {
        if (!parse_values(args->values, values, place->sweep->outline.n_metrics, &n))
            return EXIT_USAGE;
        status = fid_study_tell(place->study, trial, t->attempt, values, n, err);
    }
    if (status != FID_OK)
        return cli_complain(err);
    puts(fid_trial_state_name(fid_history_trial(fid_study_history(place->study), trial)->state));
    return EXIT_OK;
}

int cli_tell(const cli_args *args)
{
    return with_engine(args, tell);
}

static void append_finite(fid_text *out, double x)
{
    if (isfinite(x))
        fid_text_append_double(out, x);
    else
        fid_text_append(out, "null");
}

static int explain(const cli_args *args, cli_place *place, fid_error *err)
{
    uint64_t trial;
    fid_explanation why;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    if (fid_study_explain(place->study, trial, &why, err) != FID_OK)
        return cli_complain(err);
    fid_text text = {0};
    fid_text_printf(&text, "{\"trial\":%llu,\"recomputed\":%s,\"same\":%s",
                    (unsigned long long)trial, why.recomputed ? "true" : "false",
                    why.same ? "true" : "false");
    if (why.recomputed) {
        fid_text_printf(&text, ",\"model\":\"%s\",\"level\":%d,\"mean\":",
                        why.suggestion.model ? why.suggestion.model : "", why.suggestion.level);
        append_finite(&text, why.suggestion.mean);
        fid_text_append(&text, ",\"sd\":");
        append_finite(&text, why.suggestion.sd);
        fid_text_append(&text, ",\"acquisition\":");
        append_finite(&text, why.suggestion.acquisition);
    }
    fid_text_append(&text, "}");
    puts(text.data);
    fid_text_deinit(&text);
    return EXIT_OK;
}

int cli_explain(const cli_args *args)
{
    return with_engine(args, explain);
}
