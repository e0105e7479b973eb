/* fidelio-bench: methods on problems, in virtual time. */
#include "command.h"

#include <fidelio/exec.h>

#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: fidelio-bench COMMAND [options]\n"
    "\n"
    "  list problems|methods|peers|suites\n"
    "  show PROBLEM            its space, fidelity, optimum, source\n"
    "  verify                  golden values, surrogates' vectors, tables\n"
    "  run SUITE               runs or resumes it; results go to --out DIR\n"
    "  report DIR..            tables of what was run\n"
    "  speed                   CPU of a decision after n evaluations, simulated steps\n"
    "                          a second; JSON lines\n"
    "  calibrate               learning curves: how well they are extrapolated\n"
    "  solver [METHOD]         a method of ours for another benchmark: JSON lines on\n"
    "                          stdin and stdout; --kurobako: in kurobako's protocol\n"
    "  bridge COMMAND          a kurobako solver in the peers' protocol (what the method\n"
    "                          kurobako:COMMAND runs)\n"
    "  reference               searches surrogates for their optima; prints the file\n"
    "\n"
    "  --methods A,B  --problems GLOB,..  --seeds A-B  --jobs N  --out DIR\n"
    "  --budget N     --workers K         --half tune|confirm\n"
    "  --initial N    points of a common design that every method starts with\n"
    "  --peer-timeout S (600)             seconds that a peer may take for an answer\n"
    "  --dry-run      (run) prints the studies that are to do\n"
    "  --against METHOD, --per-problem, --pairs, --markdown, --curves (as CSV),\n"
    "  --html FILE, --gnuplot FOLDER (report)\n"
    "  --json  --csv  --quiet\n"
    "  --data DIR     folder of the public tables (or FIDELIO_DATA)\n";

typedef struct {
    const char *name;
    int (*run)(const bench_command *command);
} subcommand;

static const subcommand subcommands[] = {
    {"list", bench_command_list},     {"show", bench_command_show},
    {"verify", bench_command_verify}, {"run", bench_command_run},
    {"report", bench_command_report}, {"reference", bench_command_reference},
    {"speed", bench_command_speed},   {"solver", bench_command_solver},
    {"bridge", bench_command_bridge},   {"calibrate", bench_command_calibrate}};

int bench_fail(const fid_error *err)
{
    if (err->file[0] && err->line)
        fprintf(stderr, "%s:%d:%d: ", err->file, err->line, err->column);
    else if (err->file[0])
        fprintf(stderr, "%s: ", err->file);
    fprintf(stderr, "%s\n",
            err->message[0] ? err->message : fid_status_text(err->code));
    return 1;
}

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

/* Options with a value; false: none of them. */
static bool take_value(bench_command *c, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **to;
    } texts[] = {{"--methods", &c->methods}, {"--problems", &c->problems},
                 {"--seeds", &c->seeds},     {"--out", &c->out},
                 {"--half", &c->half},       {"--against", &c->reference_method},
                 {"--workers", &c->workers}, {"--data", &c->places.problems.data},
                 {"--suites", &c->suites},   {"--gnuplot", &c->gnuplot},
                 {"--html", &c->html}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].to = value;
            return true;
        }
    if (strcmp(name, "--jobs") == 0)
        c->jobs = (size_t)strtoul(value, NULL, 10);
    else if (strcmp(name, "--budget") == 0)
        c->budget = strtod(value, NULL);
    else if (strcmp(name, "--initial") == 0)
        c->initial = strtol(value, NULL, 10);
    else if (strcmp(name, "--peer-timeout") == 0)
        c->places.peer_timeout = strtod(value, NULL);
    else
        return false;
    return true;
}

static bool take_flag(bench_command *c, const char *name)
{
    if (strcmp(name, "--json") == 0)
        c->json = true;
    else if (strcmp(name, "--csv") == 0)
        c->csv = true;
    else if (strcmp(name, "--markdown") == 0)
        c->markdown = true;
    else if (strcmp(name, "--pairs") == 0)
        c->pairs = true;
    else if (strcmp(name, "--quiet") == 0)
        c->quiet = true;
    else if (strcmp(name, "--per-problem") == 0)
        c->problems_too = true;
    else if (strcmp(name, "--dry-run") == 0)
        c->dry_run = true;
    else if (strcmp(name, "--curves") == 0)
        c->curves = true;
    else if (strcmp(name, "--kurobako") == 0)
        c->kurobako = true;
    else
        return false;
    return true;
}

static bool parse(bench_command *c, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            c->words[c->n_words++] = argv[i];
        } else if (!take_flag(c, argv[i])) {
            if (i + 1 == argc || !take_value(c, argv[i], argv[i + 1])) {
                fprintf(stderr, "%s: unknown option, or without its value\n%s", argv[i],
                        usage);
                return false;
            }
            i++;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    char *words[256];
    bench_command command = {
        .places = {.problems = {.data = environment("FIDELIO_DATA",
                                                    BENCH_SOURCE "/../shared/data"),
                                .tables = BENCH_SOURCE "/benchmarks/tables",
                                .trained = BENCH_SOURCE "/benchmarks/trained",
                                .reference = BENCH_SOURCE "/benchmarks/reference.tsv"},
                   .peers = BENCH_SOURCE "/benchmarks/peers",
                   .venvs = environment("FIDELIO_PEERS", BENCH_SOURCE "/build/peers"),
                   .peer_timeout = 600.0},
        .suites = BENCH_SOURCE "/configs/suites",
        .jobs = 1,
        .initial = -1,
        .words = words};
    if (argc > 1 && strcmp(argv[1], "runner") == 0) /* of a sweep that is really run */
        return fid_runner_main(argc, argv);
    if (argc > 256 || argc < 2 || !parse(&command, argc, argv)) {
        if (argc < 2)
            fputs(usage, stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(&command);
    fprintf(stderr, "%s: unknown command\n%s", argv[1], usage);
    return 2;
}
