/* argv, the table of commands, exit codes. */
#include "cli/cli.h"

#include <fidelio/exec.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const cli_command cli_commands[] = {
    {"run", "SWEEP.yaml [--new | --extend] [--parallel N] [--quiet] [--json]",
     "tune; the same command again continues", cli_run},
    {"check", "SWEEP.yaml [--smoke] [--json]",
     "show how the file was understood; --smoke runs one trial", cli_check},
    {"status", "SWEEP.yaml [--json]", "how far the study is", cli_status},
    {"trials", "SWEEP.yaml [--json | --csv]", "all trials", cli_trials},
    {"show", "SWEEP.yaml N", "one trial with its curve, as JSON", cli_show},
    {"logs", "SWEEP.yaml N", "what trial N printed", cli_logs},
    {"best", "SWEEP.yaml [--json | --env | --command]", "the best configuration", cli_best},
    {"explain", "SWEEP.yaml N", "why trial N: recomputed from the events", cli_explain},
    {"export", "SWEEP.yaml [--csv]", "all trials as JSON lines or CSV", cli_export},
    {"ask", "SWEEP.yaml", "the next trial, as JSON, for a loop of your own", cli_ask},
    {"tell", "SWEEP.yaml N --values A[,B..] | failed | infeasible", "the result of trial N",
     cli_tell},
    {"report-value", "SWEEP.yaml N STEP --values A[,B..]", "an intermediate result",
     cli_report_value},
    {"should-prune", "SWEEP.yaml N", "exit 0 when trial N was told to stop, else 1",
     cli_should_prune},
    {"stop", "SWEEP.yaml [--drain]", "ask a running engine to end", cli_stop},
    {"doctor", "[--json]", "what this installation is made of", cli_doctor},
    {"completions", "", "completions for bash, on stdout", cli_completions},
    {"version", "", "version", cli_version},
    {"help", "", "this text", cli_help},
    {NULL, NULL, NULL, NULL},
};

int cli_help(const cli_args *args)
{
    (void)args;
    puts("fidelio finds good hyperparameters with as little training as possible.\n");
    for (const cli_command *c = cli_commands; c->name; c++)
        printf("  fidelio %-12s %s\n", c->name, c->summary);
    puts("\nA study is named by its sweep file, or by --study FOLDER (runs/NAME).\n"
         "fidelio COMMAND --help shows the command's arguments.");
    return EXIT_OK;
}

int cli_version(const cli_args *args)
{
    (void)args;
    puts("fidelio " FID_VERSION);
    return EXIT_OK;
}

int cli_completions(const cli_args *args)
{
    (void)args;
    printf("complete -o default -W \"");
    for (const cli_command *c = cli_commands; c->name; c++)
        printf("%s%s", c == cli_commands ? "" : " ", c->name);
    puts("\" fidelio");
    return EXIT_OK;
}

static bool flag(const char *word, cli_args *out)
{
    const struct {
        const char *name;
        bool *set;
    } flags[] = {
        {"--json", &out->json},     {"--csv", &out->csv},       {"--help", &out->help},
        {"-h", &out->help},         {"--smoke", &out->smoke},   {"--new", &out->fresh},
        {"--extend", &out->extend}, {"--quiet", &out->quiet},   {"--drain", &out->drain},
        {"-f", &out->follow},       {"--command", &out->command}, {"--env", &out->env},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(word, flags[i].name) == 0) {
            *flags[i].set = true;
            return true;
        }
    return false;
}

static bool option(int argc, char **argv, int *at, cli_args *out)
{
    const char *word = argv[*at];
    if (*at + 1 >= argc)
        return false;
    const char *value = argv[*at + 1];
    if (strcmp(word, "--study") == 0) {
        out->study = value;
    } else if (strcmp(word, "--values") == 0) {
        out->values = value;
    } else if (strcmp(word, "--parallel") == 0) {
        int64_t n;
        if (!fid_parse_int(value, strlen(value), &n) || n < 1 || n > 4096)
            return false;
        out->parallel = (size_t)n;
    } else {
        return false;
    }
    ++*at;
    return true;
}

bool cli_parse(int argc, char **argv, cli_args *out)
{
    *out = (cli_args){0};
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1]) {
            if (!flag(argv[i], out) && !option(argc, argv, &i, out)) {
                fprintf(stderr, "fidelio: cannot use '%s' here; see --help\n", argv[i]);
                return false;
            }
        } else if (out->n_words < sizeof out->words / sizeof *out->words) {
            out->words[out->n_words++] = argv[i];
        } else {
            fprintf(stderr, "fidelio: too many arguments\n");
            return false;
        }
    }
    return true;
}

static int unknown(const char *word)
{
    const char *near = NULL;
    size_t least = 3;
    for (const cli_command *c = cli_commands; c->name; c++) {
        size_t distance = fid_edit_distance(word, c->name);
        if (distance < least) {
            least = distance;
            near = c->name;
        }
    }
    fprintf(stderr, "fidelio: there is no command '%s'", word);
    if (near)
        fprintf(stderr, "; did you mean '%s'?\n", near);
    else
        fprintf(stderr, "; 'fidelio help' lists them\n");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)cli_help(NULL);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "runner") == 0)
        return fid_runner_main(argc, argv);
    (void)umask(077);
    const char *name = strcmp(argv[1], "--version") == 0 ? "version"
                       : strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ? "help"
                                                                                      : argv[1];
    const cli_command *command = cli_commands;
    while (command->name && strcmp(command->name, name) != 0)
        command++;
    if (!command->name)
        return unknown(name);
    cli_args args;
    if (!cli_parse(argc - 2, argv + 2, &args))
        return EXIT_USAGE;
    if (args.help) {
        printf("fidelio %s %s\n  %s\n", command->name, command->usage, command->summary);
        return EXIT_OK;
    }
    args.talk = command->run == cli_check ? FID_SEVERITY_NOTE
                : command->run == cli_run ? FID_SEVERITY_WARNING
                                          : FID_SEVERITY_ERROR;
    int code = command->run(&args);
    if (fflush(stdout) != 0 && code == EXIT_OK)
        code = EXIT_FAILED;
    return code;
}
