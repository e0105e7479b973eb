/* argv to cli_args, by the tables. */
#include "cli/cli.h"

#include <string.h>

static const cli_option *find_option(const char *word)
{
    for (const cli_option *o = cli_options; o->name; o++)
        if (strcmp(word, o->name) == 0 || (o->brief && strcmp(word, o->brief) == 0))
            return o;
    return NULL;
}

static bool parse_count(const char *option, const char *word, int64_t most, size_t *out)
{
    int64_t n;
    if (!word)
        return true;
    if (!fid_parse_int(word, strlen(word), &n) || n < 1 || n > most) {
        fprintf(stderr, "fidelio: %s takes a number from 1 to %lld, not '%s'\n", option,
                (long long)most, word);
        return false;
    }
    *out = (size_t)n;
    return true;
}

bool cli_parse(const cli_command *command, int argc, char **argv, cli_args *out)
{
    *out = (cli_args){.command = command->name};
    for (int i = 0; i < argc; i++) {
        const cli_option *o = find_option(argv[i]);
        if (argv[i][0] != '-' || !argv[i][1]) {
            if (out->n_words == sizeof out->words / sizeof *out->words) {
                fprintf(stderr, "fidelio: too many arguments\n");
                return false;
            }
            out->words[out->n_words++] = argv[i];
        } else if (!o || !cli_takes(command, o)) {
            fprintf(stderr, "fidelio: %s does not take '%s'\n", command->name, argv[i]);
            return cli_usage(command, stderr), false;
        } else if (!o->value) {
            *(bool *)((char *)out + o->at) = true;
        } else if (++i < argc) {
            *(const char **)((char *)out + o->at) = argv[i];
        } else {
            fprintf(stderr, "fidelio: %s needs a value: %s\n", o->name, o->value);
            return false;
        }
    }
    return parse_count("--parallel", out->parallel, 4096, &out->n_parallel) &&
           parse_count("--trials", out->trials, 1000000000, &out->n_trials) &&
           parse_count("--top", out->top, 1000000000, &out->n_top);
}
