/* What the files of the command share. stdout is data, stderr is talk. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <fidelio/config.h>
#include <fidelio/study.h>

/* Exit codes, as DESIGN section 5 has them. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_RESULT = 3,
    EXIT_FAILURES = 4,
    EXIT_STORE = 5,
    EXIT_INTERRUPTED = 130,
};

typedef struct {
    const char *words[16]; /* positional arguments */
    size_t n_words;
    const char *study;     /* --study PATH */
    const char *values;    /* --values */
    bool json, csv, help, smoke, fresh, extend, quiet, drain, follow, command, env;
    fid_severity talk;     /* what is said of a sweep file that can be used */
    size_t parallel;       /* --parallel N, 0 = as in the file */
} cli_args;

typedef struct {
    const char *name, *usage, *summary;
    int (*run)(const cli_args *args);
} cli_command;

extern const cli_command cli_commands[]; /* ends with a NULL name */

/* false and words on stderr: not understood. */
bool cli_parse(int argc, char **argv, cli_args *out);

/* A study on disk: where it lies, and the sweep when it was named by one. */
typedef struct {
    fid_sweep *sweep; /* NULL for --study */
    char *folder;     /* runs/NAME */
    char *store;      /* runs/NAME/study.db */
    char *trials;     /* runs/NAME/trials */
    fid_study *study;
} cli_place;

/* Find the study that `args` names (words[0] or --study). Returns an exit code. */
int cli_find(const cli_args *args, cli_place *out);
/* Open it for reading, or for writing (then with the sweep's sampler and scheduler). */
int cli_open_reading(cli_place *place);
int cli_open_writing(cli_place *place, const cli_args *args);
void cli_close(cli_place *place);

int cli_complain(const fid_error *err); /* prints, returns the exit code that fits */
bool cli_number_of_trial(const cli_args *args, const fid_study *study, uint64_t *out);
/* Path of the program that supervises a trial. */
const char *cli_runner(void);
bool cli_make_folders(const char *path);

/* Run the open study with local processes, to its end or to a signal. */
int cli_run_processes(cli_place *place, const cli_args *args, fid_run_outcome *outcome);

/* One trial as JSON, as a line of the table. */
void cli_trial_json(const fid_study *study, uint64_t trial, bool curve, fid_text *out);

int cli_run(const cli_args *args);
int cli_check(const cli_args *args);
int cli_status(const cli_args *args);
int cli_trials(const cli_args *args);
int cli_show(const cli_args *args);
int cli_logs(const cli_args *args);
int cli_best(const cli_args *args);
int cli_explain(const cli_args *args);
int cli_export(const cli_args *args);
int cli_ask(const cli_args *args);
int cli_tell(const cli_args *args);
int cli_report_value(const cli_args *args);
int cli_should_prune(const cli_args *args);
int cli_stop(const cli_args *args);
int cli_doctor(const cli_args *args);
int cli_completions(const cli_args *args);
int cli_version(const cli_args *args);
int cli_help(const cli_args *args);

#endif
