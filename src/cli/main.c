/* From argv to a command of the table. */
#include "cli/cli.h"

#include <fidelio/exec.h>

#include <string.h>
#include <sys/stat.h>

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

static const char *command_word(const char *word)
{
    if (strcmp(word, "--version") == 0)
        return "version";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    return word;
}

/* How much is said of a sweep file that can be used. */
static fid_severity talk_of(const cli_command *command)
{
    if (command->run == cli_check)
        return FID_SEVERITY_NOTE;
    return command->run == cli_run ? FID_SEVERITY_WARNING : FID_SEVERITY_ERROR;
}

int main(int argc, char **argv)
{
    cli_args args = {0};
    if (argc < 2) {
        (void)cli_help(&args);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "runner") == 0)
        return fid_runner_main(argc, argv);
    (void)umask(077);
    const cli_command *command = cli_find_command(command_word(argv[1]));
    if (!command)
        return unknown(argv[1]);
    if (!cli_parse(command, argc - 2, argv + 2, &args))
        return EXIT_USAGE;
    if (args.help)
        return (void)cli_usage(command, stdout), EXIT_OK;
    args.talk = talk_of(command);
    int code = command->run(&args);
    if (fflush(stdout) != 0 && code == EXIT_OK)
        code = EXIT_FAILED;
    return code;
}
