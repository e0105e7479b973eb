/* For a loop of one's own in a script: ask, report-value, should-prune, tell. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int step(const cli_args *args, cli_place *place, fid_error *err);

/* As the one engine of the study. */
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

/* A word as a line, or as {"key":"word"}. */
static void say(const cli_args *args, const char *key, const char *word)
{
    if (args->json)
        printf("{\"%s\":\"%s\"}\n", key, word);
    else
        puts(word);
}

static int ask(const cli_args *args, cli_place *place, fid_error *err)
{
    (void)args;
    fid_ask what;
    fid_status status = fid_study_ask(place->study, &what, err);
    if (status == FID_WAIT || status == FID_EXHAUSTED) {
        fprintf(stderr, status == FID_WAIT ? "nothing until a running trial reports\n"
                                           : "the study is over\n");
        return status == FID_WAIT ? EXIT_WAIT : EXIT_NO_RESULT;
    }
    if (status != FID_OK)
        return cli_complain(err);
    fid_text text = {0};
    fid_text_printf(&text, "{\"trial\":%llu,\"attempt\":%u,\"seed\":%llu,\"budget\":",
                    (unsigned long long)what.trial, what.attempt,
                    (unsigned long long)what.seed);
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
static bool parse_values(const char *text, double values[FID_MAX_METRICS], size_t most,
                         size_t *n)
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
    fprintf(
        stderr,
        "fidelio: --values takes numbers in the order of the metrics, at most %zu\n",
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
    const char *word = cli_word(args, 1);
    if (!word || !fid_parse_double(word, strlen(word), &at)) {
        fprintf(stderr,
                "fidelio: report-value needs the step: SWEEP N STEP --values ...\n");
        return EXIT_USAGE;
    }
    fid_decision decision;
    const fid_trial *t = fid_history_trial(fid_study_history(place->study), trial);
    if (fid_study_report(place->study, trial, t->attempt, at, values, n, &decision,
                         err) != FID_OK)
        return cli_complain(err);
    say(args, "decision",
        decision.kind == FID_CONTINUE ? "continue"
        : decision.kind == FID_PAUSE  ? "pause"
                                      : "stop");
    return EXIT_OK;
}

int cli_report_value(const cli_args *args)
{
    return with_engine(args, report);
}

static int should_prune(const cli_args *args, cli_place *place, fid_text *out)
{
    uint64_t trial;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    bool stop = fid_history_trial(fid_study_history(place->study), trial)->stopping;
    if (args->json)
        fid_text_printf(out, "{\"stop\":%s}\n", stop ? "true" : "false");
    return stop ? EXIT_OK : EXIT_FAILED;
}

int cli_should_prune(const cli_args *args)
{
    return cli_with_study(args, should_prune);
}

static bool parse_end(const char *word, fid_end *out)
{
    static const struct {
        const char *word;
        fid_end end;
    } ends[] = {{"failed", FID_END_CRASHED},
                {"infeasible", FID_END_INFEASIBLE},
                {"stopped", FID_END_STOPPED},
                {"done", FID_END_DONE}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(word, ends[i].word) == 0) {
            *out = ends[i].end;
            return true;
        }
    fprintf(
        stderr,
        "fidelio: tell takes failed, infeasible, stopped, done or --values, not '%s'\n",
        word);
    return false;
}

static int tell(const cli_args *args, cli_place *place, fid_error *err)
{
    uint64_t trial;
    double values[FID_MAX_METRICS];
    size_t n;
    fid_end how;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    const fid_trial *t = fid_history_trial(fid_study_history(place->study), trial);
    const char *word = cli_word(args, 1);
    fid_status status;
    if (word) {
        if (!parse_end(word, &how))
            return EXIT_USAGE;
        status = fid_study_end(place->study, trial, t->attempt, how, NULL, err);
    } else {
        if (!parse_values(args->values, values, place->sweep->outline.n_metrics, &n))
            return EXIT_USAGE;
        status = fid_study_tell(place->study, trial, t->attempt, values, n, err);
    }
    if (status != FID_OK)
        return cli_complain(err);
    say(args, "state",
        fid_trial_state_name(
            fid_history_trial(fid_study_history(place->study), trial)->state));
    return EXIT_OK;
}

int cli_tell(const cli_args *args)
{
    return with_engine(args, tell);
}
