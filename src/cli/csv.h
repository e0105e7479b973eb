/* Comma-separated values as RFC 4180 has them. */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <fidelio/base.h>

/* Fields point into the line's own copy. Zero-initialise; release with cli_csv_deinit. */
typedef struct {
    char *copy;
    char **fields;
    size_t n, cap;
} cli_csv;

/* Split the record that starts at *at; *at moves behind it, *line counts its line ends.
 * FID_EXHAUSTED: none is left. FID_PARSE: a quote is never closed. */
fid_status cli_csv_next(cli_csv *self, const char **at, size_t *line);
void cli_csv_deinit(cli_csv *self);

/* Append a field, quoted where needed; one that a spreadsheet would take for a formula
 * gets a ' in front. cli_csv_plain undoes that. */
void cli_csv_append(fid_text *out, const char *s);
const char *cli_csv_plain(const char *field);

#endif
