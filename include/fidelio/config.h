/* fidelio/config.h -- the sweep file: YAML in, everything a run needs out, or a list of
 * complaints with line and column.
 *
 * Scalars follow the YAML 1.2 core schema: 1e-4 is a number, `no` is a string, 0o17 and
 * 0x1F are integers. Anchors, aliases, tags, merge keys, duplicate keys and a second
 * document are refused. Files of W&B sweeps are read with their own meaning. */
#ifndef FID_CONFIG_H
#define FID_CONFIG_H

#include <fidelio/base.h>
#include <fidelio/exec.h>
#include <fidelio/history.h>
#include <fidelio/sampler.h>
#include <fidelio/scheduler.h>
#include <fidelio/space.h>
#include <fidelio/study.h>

/* --- Complaints. */

typedef enum {
    FID_SEVERITY_ERROR,   /* the file cannot be used */
    FID_SEVERITY_WARNING, /* it can, but probably not as meant */
    FID_SEVERITY_NOTE,    /* how something was understood */
} fid_severity;

typedef struct {
    fid_severity severity;
    int line, column; /* from 1, column in characters; 0 = the file as a whole */
    int length;       /* characters to underline, >= 1 */
    char *message;    /* "fidelity: eta must be above 1, not 0.5" */
    char *remedy;     /* "did you mean 'metric'?"; NULL when there is none */
    char *source;     /* the line, or what of it surrounds the place; NULL: none */
    int window;       /* the column within `source` */
} fid_diagnostic;

/* Zero-initialise; release with fid_diagnostics_deinit. In order of line and column
 * after a load. At most 50 are kept of each load; `n_errors` counts all. */
typedef struct {
    char *file; /* NULL before a load */
    fid_diagnostic *items;
    size_t n, cap;
    size_t n_errors, n_warnings;
    bool failed; /* out of memory: some are missing */
} fid_diagnostics;

FID_API void fid_diagnostics_deinit(fid_diagnostics *d);
/* Append all of at least that severity, each as
 *
 *   sweep.yaml:3:1: error: unknown key 'mertic'
 *       3 | mertic: {name: loss}
 *         | ^^^^^^
 *         = did you mean 'metric'?
 *
 * Control bytes are shown as '?', long lines are cut around the place. */
FID_API void fid_diagnostics_to_text(const fid_diagnostics *d, fid_severity least,
                                     fid_text *out);
/* The same as a JSON array of objects {severity, line, column, message, remedy}. */
FID_API void fid_diagnostics_to_json(const fid_diagnostics *d, fid_text *out);

/* --- The sweep. Read only; everything in it belongs to it. */

typedef struct {
    size_t trials;  /* 0 = not limited */
    double seconds; /* 0 = not limited */
    double cost;    /* fidelity units; 0 = not limited */
} fid_sweep_budget;

typedef struct {
    size_t parallel; /* >= 1 */
    size_t cpus, gpus;
    uint64_t mem;        /* bytes; 0 = no limit */
    double timeout;      /* seconds; 0 = none */
    double idle_timeout; /* seconds; 0 = none */
    double grace;        /* seconds */
    uint64_t log_cap;    /* bytes; 0 = the executor's default */
} fid_sweep_resources;

typedef struct {
    const char *name; /* [A-Za-z0-9._-]{1,128}, fit for a folder; from the file's name
                         when it gives none */
    const char *description; /* NULL = none */
    const char *file;        /* as given to load; "<buffer>" */
    const char *folder;      /* where the file lies, "." for a bare name */
    const char *workdir;     /* where commands start: `workdir` seen from `folder` */

    fid_space *space; /* frozen */
    fid_outline outline;
    const char *method; /* as written; "auto" when absent */
    const fid_sampler_type *sampler;
    fid_sampler_options sampler_options;
    const fid_scheduler_type *scheduler;
    fid_scheduler_rules rules;

    const char *const *command; /* [n_command] */
    size_t n_command;
    bool shell;                     /* command[0] is a line for sh -c */
    const char *const *resume_args; /* [n_resume_args] */
    size_t n_resume_args;
    const char *program, *interpreter; /* NULL = none, the default */
    const fid_collect *collect;        /* [n_collect] */
    size_t n_collect;
    fid_sweep_resources resources;
    bool orphans_kill;

    fid_sweep_budget budget;
    size_t retry;
    size_t max_failures; /* in a row */
    fid_keep keep;
    size_t keep_n;
    bool inherit;
    uint64_t seed;
    const fid_value *enqueued; /* [n_enqueued][n_params] */
    size_t n_enqueued;

    const char *definition; /* command, places and resources as JSON, for event 0 */
    void *owned;            /* all of the above */
} fid_sweep;

/* Read a sweep file. FID_OK: *out is the caller's, *d may hold warnings and notes.
 * FID_IO and FID_PARSE: *out is NULL and *d holds at least one error (all that were
 * found). Also FID_NOMEM. `d` is emptied first. Cost: under 100 ms and 32 MB whatever
 * the file. */
FID_API fid_status fid_sweep_load(fid_sweep **out, const char *path,
                                  fid_diagnostics *d);
/* The same for bytes in memory; `file` stands in messages and gives folder and name. */
FID_API fid_status fid_sweep_parse(fid_sweep **out, const char *text, size_t n,
                                   const char *file, fid_diagnostics *d);
FID_API void fid_sweep_destroy(fid_sweep *sweep); /* NULL is fine */

/* Fill settings for fid_study_open, but for clock, extend and read_only, which are
 * zero. Pointers belong to the sweep. n_parallel, seeds and budgets in
 * its options and rules are left to the study, as it asks. */
FID_API void fid_sweep_settings(const fid_sweep *sweep, fid_study_settings *out);
/* Fill options for fid_exec_local, but for `runner` and `folder`, which are NULL. */
FID_API void fid_sweep_exec_options(const fid_sweep *sweep,
                                    fid_exec_local_options *out);

/* The sweep as it was understood, every default filled in, as one JSON object: for
 * `check`. */
FID_API void fid_sweep_to_json(const fid_sweep *sweep, fid_text *out);

#endif
