/* A finished trial in a file, on its way into a study. */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <fidelio/study.h>

typedef struct {
    const fid_study *study;
    fid_value *config;      /* [n_params] */
    double *u;              /* [dim] its point */
    double *steps, *values; /* [n_reports], [n_reports][n_metrics] */
    size_t n_reports, steps_cap, values_cap;
    fid_end how;
    bool unborn; /* it never ran: there is nothing to import */
} cli_record;

fid_status cli_record_init(cli_record *self, const fid_study *study);
void cli_record_deinit(cli_record *self);

/* Complete the values that were given as text: absent ones get their default. */
fid_status cli_record_fill(cli_record *self, fid_error *err);
/* One line of JSON as `export` and `show` print it. */
fid_status cli_record_from_json(cli_record *self, const char *line, size_t n,
                                fid_error *err);

/* What the columns of a CSV file mean. */
typedef struct {
    enum {
        COLUMN_NONE,
        COLUMN_STATE,
        COLUMN_REASON,
        COLUMN_STEP,
        COLUMN_METRIC,
        COLUMN_PARAM
    } kind;
    size_t index; /* of the metric or parameter */
} cli_column;

/* columns[0..n) from the head line. Unknown ones are COLUMN_NONE. */
fid_status cli_record_columns(const cli_record *self, char *const *names, size_t n,
                              cli_column *columns, fid_error *err);
fid_status cli_record_from_csv(cli_record *self, const cli_column *columns,
                               size_t n_columns, char *const *fields, size_t n,
                               fid_error *err);

#endif
