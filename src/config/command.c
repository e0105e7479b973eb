/* `command`, `resume_args`: what is run, and whether it hears of the parameters. */
#include "config/draft.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t read_words(fid__walk *w, const fid__node *node, const char *where,
                         const char *const **out)
{
    const char **words = fid__arena_alloc(w->arena, node->n, sizeof *words);
    size_t n = 0, i = 0;
    *out = words;
    for (const fid__node *at = node->first; at && words; at = at->next)
        n += fid__want_text(w, at, fid__path_index(where, i++).text, &words[n]);
    return n;
}

void fid__read_command(fid__walk *w, const fid__field *field, const fid__node *node,
                       const char *where, void *into)
{
    (void)field;
    (void)into;
    w->draft->command = node;
    if (node->kind == FID__LIST) {
        w->sweep->n_command = read_words(w, node, where, &w->sweep->command);
        if (!node->first)
            fid__error(w->log, node->mark, "[python3, train.py, \"${args}\"]",
                       "command: an empty list");
        return;
    }
    const char **line = fid__arena_alloc(w->arena, 1, sizeof *line);
    if (!line ||
        !fid__want_scalar(w, node, where, "a list of words or a line for the shell") ||
        !fid__want_text(w, node, where, line))
        return;
    w->sweep->command = line;
    w->sweep->n_command = 1;
    w->sweep->shell = true;
}

void fid__read_resume_args(fid__walk *w, const fid__field *field, const fid__node *node,
                           const char *where, void *into)
{
    (void)field;
    (void)into;
    w->draft->resume_args = node;
    if (fid__want_list(w, node, where))
        w->sweep->n_resume_args = read_words(w, node, where, &w->sweep->resume_args);
}

/* --- Cross checks. */

static bool mentions(const fid_sweep *sweep, const char *text)
{
    for (size_t i = 0; i < sweep->n_command; i++)
        if (strstr(sweep->command[i], text))
            return true;
    for (size_t i = 0; i < sweep->n_resume_args; i++)
        if (strstr(sweep->resume_args[i], text))
            return true;
    return false;
}

/* ${param:lr} or $FIDELIO_PARAM_LR */
static bool mentions_param(const fid_sweep *sweep, const char *name)
{
    char macro[160], variable[160];
    (void)snprintf(macro, sizeof macro, "${param:%.128s}", name);
    int n = snprintf(variable, sizeof variable, "FIDELIO_PARAM_%.128s", name);
    for (int i = 0; i < n; i++)
        variable[i] = (char)(isalnum((unsigned char)variable[i])
                                 ? toupper((unsigned char)variable[i])
                                 : '_');
    return mentions(sweep, macro) || mentions(sweep, variable);
}

static void check_params(fid__walk *w)
{
    const fid_sweep *sweep = w->sweep;
    size_t n_params = fid_space_n_params(sweep->space), used = 0;
    if (sweep->n_command == 0 || mentions(sweep, "${args") ||
        mentions(sweep, "FIDELIO_PARAMS"))
        return;
    for (size_t p = 0; p < n_params; p++)
        used += mentions_param(sweep, fid_space_param_name(sweep->space, p));
    const fid__node *at = w->draft->command;
    if (used == 0) {
        fid__note(w->log, at->mark, "${args} passes all of them as --name=value",
                  "command: names no parameter; the program reads $FIDELIO_PARAMS or "
                  "$FIDELIO_PARAM_..");
        return;
    }
    for (size_t p = 0; p < n_params; p++) {
        const char *name = fid_space_param_name(sweep->space, p);
        const fid__param *param = fid__find_param(w, name);
        if (!mentions_param(sweep, name))
            fid__warn(w->log, param ? param->mark : at->mark,
                      "name it as ${param:NAME} in the command, or pass ${args}",
                      "the command does not use the parameter '%s'", name);
    }
}

static void check_resume(fid__walk *w)
{
    if (w->sweep->outline.fidelity.mode != FID_MODE_RESUME ||
        mentions(w->sweep, "checkpoint_dir") ||
        mentions(w->sweep, "FIDELIO_CHECKPOINT_DIR"))
        return;
    if (w->draft->resume_args)
        fid__warn(w->log, w->draft->resume_args->mark,
                  "as in [\"model_in=${checkpoint_dir}/model\"]",
                  "resume_args: no ${checkpoint_dir} here or in the command");
    else
        fid__note(
            w->log, w->draft->fidelity->mark, NULL,
            "fidelity: mode resume: the program itself goes on from what it left in "
            "$FIDELIO_CHECKPOINT_DIR");
}

/* Which word of the command the executor complains of: "command[2]: ...". */
static fid__mark mark_of_word(const fid__walk *w, const char *message)
{
    size_t index;
    const fid__node *list = w->draft->command;
    if (!list)
        return (fid__mark){0};
    if (list->kind == FID__LIST && sscanf(message, "command[%zu]", &index) == 1)
        for (const fid__node *at = list->first; at; at = at->next)
            if (index-- == 0)
                return at->mark;
    return list->mark;
}

/* Expand the command as the executor will, for the default configuration. */
static bool try_command(fid__walk *w)
{
    const fid_sweep *sweep = w->sweep;
    fid_exec_local_options options;
    fid_error err = {0};
    char **argv = NULL;
    size_t n;
    double *u = fid_alloc(fid_space_dim(sweep->space), sizeof *u);
    fid_value *config = fid_alloc(fid_space_n_params(sweep->space), sizeof *config);
    fid_status status = FID_NOMEM;
    if (u && config) {
        fid_space_default_point(sweep->space, u);
        fid_space_decode(sweep->space, u, config);
        fid_job job = {.attempt = 1,
                       .space = sweep->space,
                       .config = config,
                       .outline = &sweep->outline,
                       .budget = sweep->outline.fidelity.max,
                       .has_checkpoint = true,
                       .parent = -1};
        fid_sweep_exec_options(sweep, &options);
        options.folder = "/";
        status = fid_exec_local_argv(&options, &job, &argv, &n, &err);
    }
    if (status == FID_NOMEM)
        w->arena->failed = true;
    else if (status != FID_OK)
        fid__error(w->log, mark_of_word(w, err.message), NULL, "%s", err.message);
    free(argv);
    free(config);
    free(u);
    return status == FID_OK;
}

void fid__check_command(fid__walk *w)
{
    if (!w->sweep->n_command && !w->sweep->program) {
        if (!w->draft->command)
            fid__warn(
                w->log, (fid__mark){0}, "command: [python3, train.py, \"${args}\"]",
                "no 'command' (or 'program'): fit only for a loop of your own, with ask "
                "and tell");
        return;
    }
    check_resume(w);
    if (!w->sweep->space)
        return;
    if (try_command(w))
        check_params(w);
}
