/* Help, manual page and shell completions, all from the tables. */
#include "cli/cli.h"

#include <string.h>

static const char synopsis[] =
    "A study is named by its sweep file, or by --study FOLDER (runs/NAME beside the file).";

int cli_usage(const cli_command *command, FILE *to)
{
    fprintf(to, "fidelio %s %s\n  %s\n", command->name, command->arguments,
            command->summary);
    for (const cli_option *o = cli_options; o->name; o++)
        if (cli_takes(command, o)) {
            char left[32];
            (void)snprintf(left, sizeof left, "%s%s%s%s%s", o->name,
                           o->brief ? ", " : "", o->brief ? o->brief : "",
                           o->value ? " " : "", o->value ? o->value : "");
            fprintf(to, "  %-18s %s\n", left, o->summary);
        }
    return EXIT_USAGE;
}

static void print_help(void)
{
    puts("fidelio finds good hyperparameters with as little training as possible.\n");
    for (const cli_command *c = cli_commands; c->name; c++)
        printf("  fidelio %-12s %s\n", c->name, c->summary);
    printf("\n%s\nfidelio help COMMAND shows the command's arguments.\n\nexit codes\n",
           synopsis);
    for (const cli_exit_code *e = cli_exit_codes; e->meaning; e++)
        printf("  %3d  %s\n", e->code, e->meaning);
}

/* --- the manual page */

/* A hyphen that stays one. */
static void print_troff(const char *s)
{
    for (; *s; s++)
        if (*s == '-')
            fputs("\\-", stdout);
        else
            putchar(*s);
}

static void print_man_command(const cli_command *c)
{
    fputs(".TP\n.B fidelio ", stdout);
    print_troff(c->name);
    putchar(' ');
    print_troff(c->arguments);
    for (const cli_option *o = cli_options; o->name; o++)
        if (cli_takes(c, o) && strcmp(o->name, "--help") != 0) {
            fputs(" [", stdout);
            print_troff(o->name);
            printf("%s%s]", o->value ? " " : "", o->value ? o->value : "");
        }
    putchar('\n');
    print_troff(c->summary);
    putchar('\n');
}

static void print_man(void)
{
    puts(
        ".TH FIDELIO 1 \"\" \"fidelio " FID_VERSION "\" \"User Commands\"\n"
        ".SH NAME\nfidelio \\- find good hyperparameters with as little training as possible\n"
        ".SH SYNOPSIS\n.B fidelio\n.I COMMAND\n.RI [ ARGUMENTS ]\n.SH DESCRIPTION");
    print_troff(synopsis);
    puts("\nData goes to standard output, talk to standard error.\n.SH COMMANDS");
    for (const cli_command *c = cli_commands; c->name; c++)
        print_man_command(c);
    puts(".SH OPTIONS");
    for (const cli_option *o = cli_options; o->name; o++) {
        fputs(".TP\n.B ", stdout);
        print_troff(o->name);
        if (o->brief) {
            fputs(", ", stdout);
            print_troff(o->brief);
        }
        printf("%s%s\n", o->value ? " " : "", o->value ? o->value : "");
        print_troff(o->summary);
        putchar('\n');
    }
    puts(".SH EXIT STATUS");
    for (const cli_exit_code *e = cli_exit_codes; e->meaning; e++)
        printf(".TP\n.B %d\n%s\n", e->code, e->meaning);
}

int cli_help(const cli_args *args)
{
    if (args->man) {
        print_man();
    } else if (args->n_words) {
        const cli_command *command = cli_find_command(args->words[0]);
        if (!command) {
            fprintf(stderr, "fidelio: there is no command '%s'\n", args->words[0]);
            return EXIT_USAGE;
        }
        (void)cli_usage(command, stdout);
    } else {
        print_help();
    }
    return EXIT_OK;
}

int cli_version(const cli_args *args)
{
    puts(args->json ? "{\"version\":\"" FID_VERSION "\"}" : "fidelio " FID_VERSION);
    return EXIT_OK;
}

/* --- completions: commands first, then the command's options, else files */

static void print_options(const cli_command *c, const char *separator)
{
    for (const cli_option *o = cli_options; o->name; o++)
        if (cli_takes(c, o))
            printf("%s%s", separator, o->name);
}

static void print_bash(void)
{
    fputs("_fidelio() {\n    local words\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='",
          stdout);
    for (const cli_command *c = cli_commands; c->name; c++)
        printf("%s%s", c == cli_commands ? "" : " ", c->name);
    puts("'\n    else\n        case ${COMP_WORDS[1]} in");
    for (const cli_command *c = cli_commands; c->name; c++) {
        printf("        %s) words='", c->name);
        print_options(c, " ");
        puts("' ;;");
    }
    puts("        esac\n        case $2 in -*) ;; *) return ;; esac\n    fi\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$2\"))\n}\n"
         "complete -o default -F _fidelio fidelio");
}

static void print_zsh(void)
{
    puts("#compdef fidelio\n_fidelio() {\n    local -a commands\n    commands=(");
    for (const cli_command *c = cli_commands; c->name; c++)
        printf("        \"%s:%s\"\n", c->name, c->summary);
    puts("    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n"
         "        return\n    fi\n    case $words[2] in");
    for (const cli_command *c = cli_commands; c->name; c++) {
        printf("    %s) [[ $PREFIX == -* ]] && compadd --", c->name);
        print_options(c, " ");
        puts(" || _files ;;");
    }
    puts("    esac\n}\ncompdef _fidelio fidelio");
}

static void print_fish(void)
{
    for (const cli_command *c = cli_commands; c->name; c++) {
        printf("complete -c fidelio -n __fish_use_subcommand -f -a %s -d '%s'\n",
               c->name, c->summary);
        for (const cli_option *o = cli_options; o->name; o++)
            if (cli_takes(c, o))
                printf(
                    "complete -c fidelio -n '__fish_seen_subcommand_from %s' -l %s%s -d '%s'\n",
                    c->name, o->name + 2, o->value ? " -r" : "",
                    strchr(o->summary, '\'') ? o->name + 2 : o->summary);
    }
}

int cli_completions(const cli_args *args)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    const char *wanted = args->n_words ? args->words[0] : "bash";
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(wanted, shells[i].shell) == 0) {
            shells[i].print();
            return EXIT_OK;
        }
    fprintf(stderr, "fidelio: completions are for bash, zsh and fish, not '%s'\n",
            wanted);
    return EXIT_USAGE;
}
