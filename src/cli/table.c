/* The tables: commands, options, exit codes. */
#include "cli/cli.h"

#include <string.h>

const cli_command cli_commands[] = {
    {"run", "SWEEP", " --new --extend --trials --parallel --quiet --json ",
     "tune; the same command again continues", cli_run},
    {"check", "SWEEP", " --smoke --json ",
     "show how the file was understood; with --smoke run one trial", cli_check},
    {"status", "SWEEP", " --study --json ", "how far the study is", cli_status},
    {"top", "SWEEP", " --study ", "what runs and what is best, every second", cli_top},
    {"trials", "SWEEP", " --study --top --json --csv ", "all trials, or the best",
     cli_trials},
    {"show", "SWEEP N", " --study --json ", "one trial with its curve, as JSON",
     cli_show},
    {"logs", "SWEEP N", " --study --follow ", "what trial N printed", cli_logs},
    {"best", "SWEEP [N]", " --study --json --csv --env --command ",
     "the best configuration (or trial N), or the front of several objectives",
     cli_best},
    {"explain", "SWEEP N", " --json ", "why trial N: recomputed from the events",
     cli_explain},
    {"importance", "SWEEP", " --study --metric --json ",
     "which parameters matter, how much, and where they are best", cli_importance},
    {"report", "SWEEP", " --study --output ", "write a page of HTML with all of it",
     cli_report},
    {"export", "SWEEP", " --study --json --csv ", "all trials as JSON lines or CSV",
     cli_export},
    {"import", "SWEEP FILE", " --json ",
     "add finished trials from JSON lines or CSV; - is stdin", cli_import},
    {"enqueue", "SWEEP NAME=VALUE.. | JSON", " --json ", "a configuration to try next",
     cli_enqueue},
    {"ask", "SWEEP", " --json ", "the next trial, as JSON, for a loop of your own",
     cli_ask},
    {"tell", "SWEEP N [failed | infeasible | stopped | done]", " --values --json ",
     "the result of trial N", cli_tell},
    {"report-value", "SWEEP N STEP", " --values --json ", "an intermediate result",
     cli_report_value},
    {"should-prune", "SWEEP N", " --study --json ",
     "exit 0 when trial N was told to stop, else 1", cli_should_prune},
    {"stop", "SWEEP", " --study --drain ", "ask a running engine to end", cli_stop},
    {"rescue", "SWEEP", " --study --json ",
     "make a damaged store whole, as far as it can be", cli_rescue},
    {"doctor", "[SWEEP]", " --study --json ", "what this installation is made of",
     cli_doctor},
    {"completions", "bash | zsh | fish", " ", "completions for a shell, on stdout",
     cli_completions},
    {"version", "", " --json ", "version", cli_version},
    {"help", "[COMMAND]", " --man ", "this text", cli_help},
    {0},
};

#define AT(member) offsetof(cli_args, member)

const cli_option cli_options[] = {
    {"--study", NULL, "FOLDER", "the study in FOLDER (runs/NAME) instead of SWEEP's",
     AT(study)},
    {"--json", NULL, NULL, "JSON on stdout, as docs/output.md has it", AT(json)},
    {"--csv", NULL, NULL, "comma-separated values with a head line", AT(csv)},
    {"--new", NULL, NULL, "move the earlier study aside and start afresh", AT(fresh)},
    {"--extend", NULL, NULL, "go on with a changed space or fidelity", AT(extend)},
    {"--trials", NULL, "N", "as many as this in all, whatever the file says",
     AT(trials)},
    {"--parallel", NULL, "N", "run N trials at a time", AT(parallel)},
    {"--top", NULL, "N", "the N best, best first", AT(top)},
    {"--metric", NULL, "NAME", "another objective than the first", AT(metric)},
    {"--output", "-o", "FILE", "where to; - is stdout", AT(output)},
    {"--quiet", NULL, NULL, "no progress line", AT(quiet)},
    {"--smoke", NULL, NULL, "run one trial at the smallest budget", AT(smoke)},
    {"--follow", "-f", NULL, "go on while the trial runs", AT(follow)},
    {"--env", NULL, NULL, "as FIDELIO_PARAM_NAME='value' lines for a shell", AT(env)},
    {"--command", NULL, NULL, "as the command line that trains it in full", AT(argv)},
    {"--values", NULL, "A[,B..]", "values in the order of the metrics", AT(values)},
    {"--drain", NULL, NULL, "let running trials reach their end", AT(drain)},
    {"--man", NULL, NULL, "the manual page, for man", AT(man)},
    {"--help", "-h", NULL, "the command's arguments", AT(help)},
    {0},
};

const cli_exit_code cli_exit_codes[] = {
    {EXIT_OK, "done"},
    {EXIT_FAILED, "failed"},
    {EXIT_USAGE, "the arguments or the sweep file are wrong"},
    {EXIT_NO_RESULT, "no trial succeeded; ask: the study is over"},
    {EXIT_FAILURES, "too many trials failed in a row"},
    {EXIT_STORE, "the store cannot be used, or another engine has it"},
    {EXIT_WAIT, "ask: nothing until a running trial reports; ask again"},
    {EXIT_INTERRUPTED, "interrupted; the same command continues"},
    {0},
};

const cli_command *cli_find_command(const char *name)
{
    for (const cli_command *c = cli_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

bool cli_takes(const cli_command *command, const cli_option *option)
{
    char word[32];
    if (strcmp(option->name, "--help") == 0)
        return true;
    (void)snprintf(word, sizeof word, " %s ", option->name);
    return strstr(command->options, word) != NULL;
}
