#include "exec/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const fid_exec_local_options *options;
    const fid_job *job;
    const fid__paths *paths;
    const char *const *environment;
    fid_error *err;
    bool inactive; /* the element named an inactive parameter */
} context;

uint32_t fid__small_seed(uint64_t seed)
{
    return (uint32_t)(seed ^ seed >> 32) & 0x7FFFFFFF;
}

/* --- what the macros stand for */

typedef enum {
    ENV,
    INTERPRETER,
    PROGRAM,
    ARGS_JSON,
    ARGS_JSON_FILE,
    BUDGET,
    BUDGET_DONE,
    BUDGET_LEFT,
    CHECKPOINT_DIR,
    PARENT_CHECKPOINT_DIR,
    SEED,
    TRIAL,
    ATTEMPT,
    STUDY,
    ENVVAR,
    PARAM,
    FIRST_LIST,
    ARGS = FIRST_LIST,
    ARGS_NO_HYPHENS,
    ARGS_NO_EQUALS,
    ARGS_NO_BOOLEAN_FLAGS,
    RESUME_ARGS,
    N_MACROS
} macro;

static const char *const macro_names[N_MACROS] = {
    "env",
    "interpreter",
    "program",
    "args_json",
    "args_json_file",
    "budget",
    "budget_done",
    "budget_left",
    "checkpoint_dir",
    "parent_checkpoint_dir",
    "seed",
    "trial",
    "attempt",
    "study",
    "envvar:",
    "param:",
    "args",
    "args_no_hyphens",
    "args_no_equals",
    "args_no_boolean_flags",
    "resume_args",
};

/* Name is s[0..n), arguments included; *argument is what follows the colon. */
static bool find_macro(const char *s, size_t n, macro *out, const char **argument)
{
    for (int m = 0; m < N_MACROS; m++) {
        size_t len = strlen(macro_names[m]);
        bool takes = macro_names[m][len - 1] == ':';
        if (takes ? n > len && memcmp(s, macro_names[m], len) == 0
                  : n == len && memcmp(s, macro_names[m], n) == 0) {
            *out = (macro)m;
            *argument = s + len;
            return true;
        }
    }
    return false;
}

static const char *find_variable(const char *const *environment, const char *name,
                                 size_t n)
{
    for (; environment && *environment; environment++)
        if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
            return *environment + n + 1;
    return NULL;
}

static fid_status expand_param(context *c, const char *name, size_t n, fid_text *out)
{
    size_t param;
    char copy[129];
    if (n >= sizeof copy)
        return fid_error_set(c->err, FID_INVALID, "${param:..}: the name is too long");
    memcpy(copy, name, n);
    copy[n] = '\0';
    if (!fid_space_find(c->job->space, copy, &param))
        return fid_error_set(c->err, FID_INVALID,
                             "${param:%s}: there is no such parameter", copy);
    if (c->job->config[param].active)
        fid_space_value_to_text(c->job->space, param, &c->job->config[param], out);
    else
        c->inactive = true;
    return FID_OK;
}

static fid_status expand_text(context *c, const char *value, const char *missing,
                              fid_text *out)
{
    if (!value)
        return fid_error_set(c->err, FID_INVALID, "%s", missing);
    fid_text_append(out, value);
    return FID_OK;
}

static fid_status expand_scalar(context *c, macro m, const char *argument, size_t n,
                                fid_text *out)
{
    const fid_exec_local_options *o = c->options;
    const fid_job *job = c->job;
    char missing[200];
    switch (m) {
    case ENV:
        fid_text_append(out, "/usr/bin/env");
        break;
    case INTERPRETER:
        fid_text_append(out, o->interpreter ? o->interpreter : "python3");
        break;
    case PROGRAM:
        return expand_text(c, o->program, "${program}: no program is given", out);
    case ARGS_JSON:
        fid_space_config_to_json(job->space, job->config, out);
        break;
    case ARGS_JSON_FILE:
        fid_text_append(out, c->paths->params);
        break;
    case BUDGET:
        fid_text_append_double(out, job->budget);
        break;
    case BUDGET_DONE:
        fid_text_append_double(out, job->budget_done);
        break;
    case BUDGET_LEFT:
        fid_text_append_double(out, job->budget - job->budget_done);
        break;
    case CHECKPOINT_DIR:
        fid_text_append(out, c->paths->checkpoint);
        break;
    case PARENT_CHECKPOINT_DIR:
        if (c->paths->parent_checkpoint)
            fid_text_append(out, c->paths->parent_checkpoint);
        break;
    case SEED:
        fid_text_printf(out, "%" PRIu32, fid__small_seed(job->seed));
        break;
    case TRIAL:
        fid_text_printf(out, "%" PRIu64, job->trial);
        break;
    case ATTEMPT:
        fid_text_printf(out, "%" PRIu32, job->attempt);
        break;
    case STUDY:
        fid_text_append(out, o->study ? o->study : "");
        break;
    case ENVVAR:
        snprintf(missing, sizeof missing, "${envvar:%.*s}: the variable is not set",
                 n > 128 ? 128 : (int)n, argument);
        return expand_text(c, find_variable(c->environment, argument, n), missing, out);
    case PARAM:
        return expand_param(c, argument, n, out);
    default:
        break;
    }
    return FID_OK;
}

/* The value as Python's str() writes it, which is what W&B passes. */
static void python_value(const context *c, size_t param, fid_text *out)
{
    const fid_space *space = c->job->space;
    const fid_value *value = &c->job->config[param];
    fid_param_kind kind = fid_space_param_kind(space, param);
    if (kind != FID_PARAM_FLOAT && kind != FID_PARAM_INT) {
        const fid_literal *literal = fid_space_choice(space, param, value->choice);
        if (literal->kind == FID_LITERAL_BOOL || literal->kind == FID_LITERAL_NULL) {
            bool null = literal->kind == FID_LITERAL_NULL;
            fid_text_append(out, null ? "None" : literal->i ? "True" : "False");
            return;
        }
    }
    fid_space_value_to_text(space, param, value, out);
}

static bool is_boolean(const context *c, size_t param, bool *value)
{
    const fid_space *space = c->job->space;
    fid_param_kind kind = fid_space_param_kind(space, param);
    if (kind == FID_PARAM_FLOAT || kind == FID_PARAM_INT)
        return false;
    const fid_literal *literal =
        fid_space_choice(space, param, c->job->config[param].choice);
    *value = literal->i != 0;
    return literal->kind == FID_LITERAL_BOOL;
}

static void add_argument(const context *c, macro m, size_t param, fid__words *out)
{
    const char *name = fid_space_param_name(c->job->space, param);
    bool on = false, flag = m == ARGS_NO_BOOLEAN_FLAGS && is_boolean(c, param, &on);
    fid_text word = {0};
    if (flag && !on)
        return;
    fid_text_printf(&word, "%s%s", m == ARGS_NO_HYPHENS ? "" : "--", name);
    if (m == ARGS_NO_EQUALS && word.data) {
        fid__words_add(out, word.data, word.len);
        fid_text_clear(&word);
    } else if (!flag) {
        fid_text_append(&word, "=");
    }
    if (!flag)
        python_value(c, param, &word);
    out->failed |= word.failed || !word.data;
    if (!out->failed)
        fid__words_add(out, word.data, word.len);
    fid_text_deinit(&word);
}

static fid_status expand_element(context *c, const char *element, size_t index,
                                 fid__words *out, bool *placed);

static fid_status expand_resume(context *c, fid__words *out)
{
    bool placed = true;
    for (size_t i = 0; c->job->has_checkpoint && i < c->options->n_resume_args; i++)
        FID_TRY(expand_element(c, c->options->resume_args[i], i, out, &placed));
    return FID_OK;
}

static fid_status expand_list(context *c, macro m, fid__words *out)
{
    if (m == RESUME_ARGS)
        return expand_resume(c, out);
    for (size_t p = 0; p < fid_space_n_params(c->job->space); p++)
        if (c->job->config[p].active)
            add_argument(c, m, p, out);
    return FID_OK;
}

/* --- finding macros in a text */

typedef struct {
    bool known;   /* else: ${name} that stays as it is */
    bool escaped; /* $${name} */
    macro m;
    const char *argument; /* [n_argument] */
    size_t n_argument;
    const char *end; /* after the brace */
} mention;

/* Is there ${name} or $${name} at s? */
static bool find_mention(const char *s, mention *out)
{
    *out = (mention){.escaped = s[0] == '$' && s[1] == '$' && s[2] == '{'};
    const char *name = s + out->escaped + 2;
    if (s[0] != '$' || (s[1] != '{' && !out->escaped))
        return false;
    const char *brace = strchr(name, '}');
    if (!brace)
        return false;
    out->end = brace + 1;
    out->known = find_macro(name, (size_t)(brace - name), &out->m, &out->argument);
    if (out->known)
        out->n_argument = (size_t)(brace - out->argument);
    return true;
}

/* A name that is nearly a macro's, in small letters, is taken for a slip of the pen. */
static const char *misspelt(const char *name, size_t n)
{
    char copy[32];
    if (n < 3 || n >= sizeof copy)
        return NULL;
    memcpy(copy, name, n);
    copy[n] = '\0';
    if (strspn(copy, "abcdefghijklmnopqrstuvwxyz_-") != n)
        return NULL;
    for (int m = 0; m < N_MACROS; m++)
        if (fid_edit_distance(copy, macro_names[m]) <= (n < 6 ? 1 : 2))
            return macro_names[m];
    return NULL;
}

/* --- a list of elements */

static fid_status expand_mention(context *c, const char *at, const mention *found,
                                 size_t index, fid_text *out)
{
    if (found->escaped) {
        fid_text_append_n(out, at + 1, (size_t)(found->end - at) - 1);
        return FID_OK;
    }
    if (!found->known) {
        const char *name = at + 2;
        size_t n = (size_t)(found->end - name) - 1;
        const char *meant = misspelt(name, n);
        if (meant)
            return fid_error_set(
                c->err, FID_INVALID,
                "command[%zu]: unknown macro ${%.*s}: did you mean ${%s}? "
                "(write $${..} for the text itself)",
                index, (int)n, name, meant);
        fid_text_append_n(out, at, (size_t)(found->end - at));
        return FID_OK;
    }
    if (found->m >= FIRST_LIST)
        return fid_error_set(
            c->err, FID_INVALID,
            "command[%zu]: ${%s} stands for a list and must be an element "
            "of its own",
            index, macro_names[found->m]);
    return expand_scalar(c, found->m, found->argument, found->n_argument, out);
}

static fid_status expand_element(context *c, const char *element, size_t index,
                                 fid__words *out, bool *placed)
{
    mention found;
    fid_text word = {0};
    fid_status status = FID_OK;
    if (find_mention(element, &found) && !*found.end && found.known && !found.escaped &&
        found.m >= FIRST_LIST) {
        if (found.m == RESUME_ARGS && *placed) /* not inside resume_args itself */
            return FID_OK;
        *placed |= found.m == RESUME_ARGS;
        return expand_list(c, found.m, out);
    }
    c->inactive = false;
    fid_text_append(&word, "");
    while (status == FID_OK && *element) {
        if (find_mention(element, &found)) {
            status = expand_mention(c, element, &found, index, &word);
            element = found.end;
        } else {
            fid_text_append_n(&word, element++, 1);
        }
    }
    out->failed |= word.failed;
    if (status == FID_OK && !out->failed && !c->inactive)
        fid__words_add(out, word.data, word.len);
    fid_text_deinit(&word);
    return status;
}

static fid_status expand_elements(context *c, fid__words *out)
{
    static const char *const usual[] = {"${env}", "${interpreter}", "${program}",
                                        "${args}"};
    bool given = c->options->n_command > 0, placed = false;
    const char *const *command = given ? c->options->command : usual;
    size_t n = given ? c->options->n_command : sizeof usual / sizeof *usual;
    for (size_t i = 0; i < n; i++)
        FID_TRY(expand_element(c, command[i], i, out, &placed));
    return placed ? FID_OK : expand_resume(c, out);
}

/* --- a line for the shell */

typedef enum { BARE, SINGLE, DOUBLE, COMMENT } quoting;

/* How the shell reads what follows the character at s. Good enough for a command line;
 * here-documents are not followed. */
static quoting follow(quoting q, const char *line, const char *s)
{
    switch (q) {
    case SINGLE:
        return *s == '\'' ? BARE : SINGLE;
    case DOUBLE:
        return *s == '"' ? BARE : DOUBLE;
    case COMMENT:
        return *s == '\n' ? BARE : COMMENT;
    default:
        if (*s == '#' && (s == line || strchr(" \t\n;|&(", s[-1])))
            return COMMENT;
        return *s == '\'' ? SINGLE : *s == '"' ? DOUBLE : BARE;
    }
}

static void quote(quoting q, const char *value, fid_text *out)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_./:=+,@%-";
    bool wrap = q == BARE && (!*value || value[strspn(value, safe)]);
    if (wrap)
        fid_text_append(out, "'");
    for (; *value; value++) {
        if ((q == SINGLE || wrap) && *value == '\'') {
            fid_text_append(out, "'\\''");
            continue;
        }
        if (q == DOUBLE && strchr("\\$\"`", *value))
            fid_text_append(out, "\\");
        if (q == COMMENT && *value == '\n')
            continue;
        fid_text_append_n(out, value, 1);
    }
    if (wrap)
        fid_text_append(out, "'");
}

static void quote_words(quoting q, const fid__words *words, fid_text *out)
{
    for (size_t i = 0; i < words->n; i++) {
        if (i)
            fid_text_append(out, " ");
        quote(q, words->items[i], out);
    }
    out->failed |= words->failed;
}

static fid_status expand_in_line(context *c, const mention *found, quoting q,
                                 fid_text *out)
{
    fid__words words = {0};
    fid_text value = {0};
    fid_status status;
    fid_text_append(&value, "");
    if (found->m >= FIRST_LIST) {
        status = expand_list(c, found->m, &words);
        quote_words(q, &words, out);
    } else {
        status = expand_scalar(c, found->m, found->argument, found->n_argument, &value);
        if (!value.failed)
            quote(q, value.data, out);
        out->failed |= value.failed;
    }
    fid_text_deinit(&value);
    fid__words_deinit(&words);
    return status;
}

static fid_status expand_line(context *c, const char *line, fid_text *out)
{
    quoting q = BARE;
    bool placed = false;
    fid_status status = FID_OK;
    for (const char *s = line; status == FID_OK && *s;) {
        mention found;
        if (find_mention(s, &found) && found.known) {
            if (found.escaped)
                fid_text_append_n(out, s + 1, (size_t)(found.end - s) - 1);
            else
                status = expand_in_line(c, &found, q, out);
            placed |= found.m == RESUME_ARGS;
            s = found.end;
            continue;
        }
        if (*s == '\\' && s[1] && (q == BARE || q == DOUBLE))
            fid_text_append_n(out, s++, 1);
        else
            q = follow(q, line, s);
        fid_text_append_n(out, s++, 1);
    }
    if (status == FID_OK && !placed && c->job->has_checkpoint &&
        c->options->n_resume_args) {
        mention resume = {.known = true, .m = RESUME_ARGS};
        fid_text_append(out, " ");
        status = expand_in_line(c, &resume, BARE, out);
    }
    return status;
}

static fid_status expand_shell(context *c, fid__words *out)
{
    fid_text line = {0};
    if (c->options->n_command != 1)
        return fid_error_set(c->err, FID_INVALID,
                             "command: a shell line must be one text");
    fid_status status = expand_line(c, c->options->command[0], &line);
    fid__words_add(out, "/bin/sh", 7);
    fid__words_add(out, "-c", 2);
    fid__words_add(out, line.data ? line.data : "", line.len);
    out->failed |= line.failed;
    fid_text_deinit(&line);
    return status;
}

fid_status fid__command_expand(const fid_exec_local_options *options,
                               const fid_job *job, const fid__paths *paths,
                               const char *const *environment, fid__words *out,
                               fid_error *err)
{
    context c = {options, job, paths, environment, err, false};
    FID_TRY(options->shell ? expand_shell(&c, out) : expand_elements(&c, out));
    if (out->failed)
        return fid_error_set(err, FID_NOMEM, "command: out of memory");
    if (out->n == 0 || !*out->items[0])
        return fid_error_set(err, FID_INVALID, "command: it is empty");
    return FID_OK;
}
