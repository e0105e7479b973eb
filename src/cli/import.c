/* `import`: finished trials from a file; `enqueue`: a configuration to try next. */
#include "cli/cli.h"

#include "cli/csv.h"
#include "cli/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    fid_study *study;
    const char *file;
    size_t line;
    bool dry;        /* look only: nothing is imported unless all can be */
    size_t n_before; /* trials that were there */
    size_t n_new, n_known, n_unborn;
    cli_record record;
} importer;

static fid_status complain_at(const importer *self, fid_status status, fid_error *err)
{
    char words[sizeof err->message];
    memcpy(words, err->message, sizeof words);
    return fid_error_set(err, status, "%s:%zu: %.400s", self->file, self->line, words);
}

/* A trial that was there before is not imported again: the same file twice is the same. */
static bool is_known(importer *self)
{
    uint64_t found;
    return fid_history_find_point(fid_study_history(self->study), self->record.u,
                                  &found) &&
           found < self->n_before;
}

static fid_status add(importer *self, fid_error *err)
{
    cli_record *r = &self->record;
    FID_TRY(fid_space_encode(fid_study_space(self->study), r->config, r->u, err));
    size_t *count = r->unborn        ? &self->n_unborn
                    : is_known(self) ? &self->n_known
                                     : &self->n_new;
    ++*count;
    if (self->dry || count != &self->n_new)
        return FID_OK;
    return fid_study_import(self->study, r->config, r->steps, r->values, r->n_reports,
                            r->how, NULL, err);
}

static fid_status read_json_lines(importer *self, const char *text, fid_error *err)
{
    self->line = 1;
    for (const char *at = text; *at; self->line++) {
        size_t n = strcspn(at, "\n");
        if (strspn(at, " \t\r") < n) {
            fid_status status = cli_record_from_json(&self->record, at, n, err);
            if (status == FID_OK)
                status = add(self, err);
            if (status != FID_OK)
                return complain_at(self, status, err);
        }
        at += n + (at[n] == '\n');
    }
    return FID_OK;
}

static fid_status read_rows(importer *self, cli_csv *row, const char *at,
                            fid_error *err)
{
    fid_status status = cli_csv_next(row, &at, &self->line);
    size_t n = row->n;
    cli_column *columns = fid_alloc(n, sizeof *columns);
    if (!columns)
        return FID_NOMEM;
    if (status == FID_OK)
        status = cli_record_columns(&self->record, row->fields, n, columns, err);
    for (size_t c = 0; c < n && status == FID_OK && self->dry; c++)
        if (columns[c].kind == COLUMN_NONE && strcmp(row->fields[c], "trial") != 0 &&
            strcmp(row->fields[c], "seconds") != 0 &&
            strcmp(row->fields[c], "attempts") != 0)
            fprintf(stderr, "%s: column '%s' is not used\n", self->file,
                    row->fields[c]);
    while (status == FID_OK &&
           (status = cli_csv_next(row, &at, &self->line)) == FID_OK) {
        status =
            cli_record_from_csv(&self->record, columns, n, row->fields, row->n, err);
        if (status == FID_OK)
            status = add(self, err);
    }
    free(columns);
    if (status == FID_EXHAUSTED)
        return FID_OK;
    if (status == FID_PARSE && !err->message[0])
        (void)fid_error_set(err, status, "a quote is never closed");
    return complain_at(self, status, err);
}

static fid_status read_csv(importer *self, const char *text, fid_error *err)
{
    cli_csv row = {0};
    self->line = 1;
    fid_status status = read_rows(self, &row, text, err);
    cli_csv_deinit(&row);
    return status;
}

/* Twice: first to see whether all of it can be read. */
static fid_status import_text(importer *self, const char *text, fid_error *err)
{
    bool json = text[strspn(text, " \t\r\n")] == '{';
    for (int pass = 0; pass < 2; pass++) {
        self->dry = pass == 0;
        self->n_new = self->n_known = self->n_unborn = 0;
        FID_TRY(json ? read_json_lines(self, text, err) : read_csv(self, text, err));
    }
    return FID_OK;
}

static int import_file(const cli_args *args, cli_place *place)
{
    fid_error err = {0};
    fid_text text = {0};
    importer self = {.study = place->study,
                     .file = cli_word(args, 0),
                     .n_before = fid_history_n_trials(fid_study_history(place->study))};
    if (!self.file) {
        fprintf(stderr, "fidelio: import which file? - is standard input\n");
        return EXIT_USAGE;
    }
    fid_status status = cli_read_file(self.file, SIZE_MAX, &text, &err);
    if (status == FID_OK && memchr(text.data, '\0', text.len))
        status =
            fid_error_set(&err, FID_PARSE, "%s: neither CSV nor JSON lines", self.file);
    if (status == FID_OK)
        status = cli_record_init(&self.record, place->study);
    if (status == FID_OK)
        status = import_text(&self, text.data, &err);
    cli_record_deinit(&self.record);
    fid_text_deinit(&text);
    if (status != FID_OK)
        return cli_complain(&err);
    if (args->json)
        printf("{\"imported\":%zu,\"known\":%zu,\"unborn\":%zu}\n", self.n_new,
               self.n_known, self.n_unborn);
    else
        printf("%zu imported, %zu already there, %zu that never ran left out\n",
               self.n_new, self.n_known, self.n_unborn);
    return EXIT_OK;
}

int cli_import(const cli_args *args)
{
    cli_place place;
    int code = cli_find(args, &place);
    if (code == EXIT_OK)
        code = cli_open_writing(&place, args);
    if (code == EXIT_OK)
        code = import_file(args, &place);
    cli_close(&place);
    return code;
}

/* --- enqueue */

/* name=value */
static fid_status read_setting(cli_record *record, const char *word, fid_error *err)
{
    const fid_space *space = fid_study_space(record->study);
    const char *equals = strchr(word, '=');
    size_t param;
    char *name = equals ? fid_strndup(word, (size_t)(equals - word)) : NULL;
    if (!name)
        return fid_error_set(err, FID_PARSE,
                             "enqueue takes name=value or a JSON object, not '%s'",
                             word);
    bool found = fid_space_find(space, name, &param);
    fid_status status =
        found ? fid_space_value_from_text(space, param, equals + 1,
                                          &record->config[param], err)
              : fid_error_set(err, FID_NOT_FOUND, "there is no parameter '%s'", name);
    if (status == FID_OK)
        record->config[param].active = true;
    free(name);
    return status;
}

static fid_status read_settings(cli_record *record, const cli_args *args,
                                fid_error *err)
{
    const char *word = cli_word(args, 0);
    if (word && word[0] == '{')
        return fid_space_config_from_json(fid_study_space(record->study), word,
                                          strlen(word), true, record->config, err);
    for (size_t k = 0; (word = cli_word(args, k)); k++)
        FID_TRY(read_setting(record, word, err));
    return cli_record_fill(record, err);
}

int cli_enqueue(const cli_args *args)
{
    cli_place place;
    fid_error err = {0};
    uint64_t trial;
    cli_record record = {0};
    int code = cli_find(args, &place);
    if (code == EXIT_OK)
        code = cli_open_writing(&place, args);
    if (code == EXIT_OK) {
        fid_status status = cli_record_init(&record, place.study);
        if (status == FID_OK)
            status = read_settings(&record, args, &err);
        if (status == FID_OK)
            status = fid_study_enqueue(place.study, record.config, FID_ORIGIN_USER,
                                       &trial, &err);
        code = status == FID_OK ? EXIT_OK : cli_complain(&err);
    }
    if (code == EXIT_OK)
        printf(args->json ? "{\"trial\":%llu}\n" : "trial %llu\n",
               (unsigned long long)trial);
    cli_record_deinit(&record);
    cli_close(&place);
    return code;
}
