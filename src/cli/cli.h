/* What the files of the command share. stdout is data, stderr is talk. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <fidelio/config.h>
#include <fidelio/study.h>

#include <stdio.h>

/* Exit codes; cli_exit_codes has the words for each. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_RESULT = 3,
    EXIT_FAILURES = 4,
    EXIT_STORE = 5,
    EXIT_WAIT = 75,
    EXIT_INTERRUPTED = 130,
};

typedef struct {
    const char *command;   /* name of the command, for the lock's holder */
    const char *words[64]; /* positional arguments */
    size_t n_words;
    const char *study;  /* --study FOLDER */
    const char *values; /* --values */
    bool json, csv, help, man, smoke, fresh, extend, quiet, drain, follow, argv, env;
    fid_severity talk;    /* what is said of a sweep file that can be used */
    const char *parallel; /* as written; see n_parallel */
    size_t n_parallel;    /* --parallel N, 0 = as in the file */
    const char *trials;   /* as written; see n_trials */
    size_t n_trials;      /* --trials N, 0 = as in the file */
    const char *top;      /* as written; see n_top */
    const char *metric;   /* --metric NAME */
    const char *output;   /* --output FILE */
    size_t n_top;         /* --top N, 0 = all */
} cli_args;

/* --- The tables from which arguments are read, and help, man page and completions made. */

typedef struct {
    const char *name;  /* "--follow" */
    const char *brief; /* "-f", NULL = none */
    const char *value; /* "N": takes one; NULL: a flag */
    const char *summary;
    size_t at; /* where in cli_args */
} cli_option;

extern const cli_option cli_options[]; /* ends with a NULL name */

typedef struct {
    const char *name;
    const char *arguments; /* "SWEEP N" */
    const char *options;   /* their names with a space before and behind each */
    const char *summary;
    int (*run)(const cli_args *args);
} cli_command;

extern const cli_command cli_commands[]; /* ends with a NULL name */

typedef struct {
    int code;
    const char *meaning;
} cli_exit_code;

extern const cli_exit_code cli_exit_codes[]; /* ends with a NULL meaning */

const cli_command *cli_find_command(const char *name);
bool cli_takes(const cli_command *command, const cli_option *option);
/* false and words on stderr: not understood. */
bool cli_parse(const cli_command *command, int argc, char **argv, cli_args *out);
int cli_usage(const cli_command *command, FILE *to); /* returns EXIT_USAGE */

/* --- A study on disk: where it lies, and the sweep when it was named by one. */

typedef struct {
    fid_sweep *sweep; /* NULL for --study */
    char *folder;     /* runs/NAME */
    char *store;      /* runs/NAME/study.db */
    char *trials;     /* runs/NAME/trials */
    fid_study *study;
} cli_place;

/* Find the study that `args` names (words[0] or --study). Returns an exit code. */
int cli_find(const cli_args *args, cli_place *out);
/* Open it for reading; the same with the sweep's sampler, to ask it again; or for writing
 * (waits a moment for another short command that has it). */
int cli_open_reading(cli_place *place);
fid_status cli_open_stored(cli_place *place, fid_error *err); /* no words printed */
int cli_open_asking(cli_place *place);
int cli_open_writing(cli_place *place, const cli_args *args);
void cli_close(cli_place *place);
/* Whether its sweep says how to train; the second says so when it does not. */
bool cli_has_command(const cli_place *place);
bool cli_needs_command(const cli_place *place);

/* The k-th argument behind the study's name; NULL = not there. */
const char *cli_word(const cli_args *args, size_t k);
/* A file, or standard input for "-"; no more than a little over `most` bytes. */
fid_status cli_read_file(const char *path, size_t most, fid_text *out, fid_error *err);
int cli_complain(const fid_error *err); /* prints, returns the exit code that fits */
bool cli_number_of_trial(const cli_args *args, const fid_study *study, uint64_t *out);
/* Path of the program that supervises a trial. */
const char *cli_runner(void);
bool cli_make_folders(const char *path);
double cli_seconds(void); /* of a clock that is never set */

/* A sweep as it was understood, for people; `json` is what fid_sweep_to_json gave. */
void cli_describe(const cli_place *place, const char *json);

/* Run the open study with local processes, to its end or to a signal. *started: how many
 * attempts. */
int cli_run_processes(cli_place *place, const cli_args *args, fid_run_outcome *outcome,
                      size_t *started);

/* --- What a study looks like. `body` appends to `out`, which goes to stdout. */

typedef int cli_look(const cli_args *args, cli_place *place, fid_text *out);
/* Open for reading, call, print, close. */
int cli_with_study(const cli_args *args, cli_look *body);

/* One trial as JSON, with all its reports or only the last. */
void cli_trial_json(const fid_study *study, uint64_t trial, bool curve, fid_text *out);
void cli_append_config(const fid_study *study, uint64_t trial, fid_text *out);
/* The last value that it gave of a metric; absent when none. */
double cli_last_value(const fid_study *study, uint64_t trial, size_t metric);
/* A command line, quoted for a shell. */
void cli_append_command(char *const *argv, size_t n, fid_text *out);
/* Whether the command line itself carries the parameters; else the program reads them from
 * its environment. */
bool cli_names_params(const fid_sweep *sweep);
/* The command line that trains a trial in full; needs the sweep. */
int cli_append_training(cli_place *place, uint64_t trial, const fid_value *config,
                        fid_text *out);
/* "12/40 trials: 2 running, ..; best loss 0.3 (trial 7)" */
void cli_status_line(const fid_study *study, char *out, size_t size);
/* A cell is one line and does nothing to a terminal. */
void cli_append_cell(const char *s, fid_text *out);
/* Rows of cells, a tab between two, as many in each row as in the first: in columns. `left`:
 * the column that begins at the left. false: out of memory. */
bool cli_lay_out(const char *cells, size_t left, fid_text *out);
/* A head line, then those trials: for people, and as CSV. */
int cli_trials_table(const fid_study *study, const uint64_t *trials, size_t n,
                     fid_text *out);
int cli_trials_csv(const fid_study *study, const uint64_t *trials, size_t n,
                   fid_text *out);

int cli_run(const cli_args *args);
int cli_check(const cli_args *args);
int cli_status(const cli_args *args);
int cli_top(const cli_args *args);
int cli_trials(const cli_args *args);
int cli_importance(const cli_args *args);
int cli_report(const cli_args *args);
int cli_show(const cli_args *args);
int cli_logs(const cli_args *args);
int cli_best(const cli_args *args);
int cli_explain(const cli_args *args);
int cli_export(const cli_args *args);
int cli_import(const cli_args *args);
int cli_enqueue(const cli_args *args);
int cli_rescue(const cli_args *args);
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
