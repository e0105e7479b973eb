/* command.h -- from a command's template and a job to argv. Pure.
 *
 * Macros (W&B's words first): ${env} ${interpreter} ${program} ${args}
 * ${args_no_hyphens} ${args_no_equals} ${args_no_boolean_flags} ${args_json}
 * ${args_json_file} ${envvar:X}; ${budget} ${budget_done} ${budget_left}
 * ${checkpoint_dir} ${parent_checkpoint_dir} ${seed} ${trial} ${attempt} ${study}
 * ${param:NAME} ${resume_args}.
 *
 * In a list, a macro is replaced inside its element, which is never split again; those
 * that stand for a list (the four ${args..} without json, ${resume_args}) must be the
 * whole element and become one element a parameter. An element that names an inactive
 * parameter is left out. In a shell line every value is quoted for the place where it
 * stands (bare, "..", '..'). Booleans and null in ${args..} are True, False, None, as
 * with W&B; ${param:NAME} gives true, false, null.
 *
 * ${X} that is no macro stays as it is, unless (in a list) it looks like a misspelt one:
 * that is an error. $${args} is a literal ${args}. */
#ifndef EXEC_COMMAND_H
#define EXEC_COMMAND_H

#include <fidelio/exec.h>

/* A list of strings that grows. Zero-initialise. */
typedef struct {
    char **items; /* [n], and NULL after them */
    size_t n, cap;
    bool failed; /* out of memory */
} fid__words;

void fid__words_add(fid__words *words, const char *s, size_t n);
void fid__words_deinit(fid__words *words);

/* Where an attempt's files are: absolute paths. */
typedef struct {
    char *trial;   /* FOLDER/N */
    char *attempt; /* FOLDER/N/attempt-K */
    char *checkpoint;
    char *parent_checkpoint; /* NULL = none */
    char *params, *report;
} fid__paths;

fid_status fid__paths_init(fid__paths *paths, const char *folder, const fid_job *job,
                           fid_error *err);
void fid__paths_deinit(fid__paths *paths);

/* environment: what ${envvar:X} reads, "NAME=value" .. NULL. */
fid_status fid__command_expand(const fid_exec_local_options *options,
                               const fid_job *job, const fid__paths *paths,
                               const char *const *environment, fid__words *out,
                               fid_error *err);

/* The trial's seed as programs take one: 31 bits. */
uint32_t fid__small_seed(uint64_t seed);

#endif
