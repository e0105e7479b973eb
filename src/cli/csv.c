#include "cli/csv.h"

#include <stdlib.h>
#include <string.h>

static bool begins_formula(const char *s)
{
    double number;
    return *s && strchr("=+-@", *s) && !fid_parse_double(s, strlen(s), &number);
}

void cli_csv_append(fid_text *out, const char *s)
{
    bool formula = begins_formula(s);
    if (!formula && !strpbrk(s, ",\"\n\r")) {
        fid_text_append(out, s);
        return;
    }
    fid_text_append(out, formula ? "\"'" : "\"");
    for (; *s; s++) {
        if (*s == '"')
            fid_text_append(out, "\"");
        fid_text_append_n(out, s, 1);
    }
    fid_text_append(out, "\"");
}

const char *cli_csv_plain(const char *field)
{
    return field[0] == '\'' && begins_formula(field + 1) ? field + 1 : field;
}

void cli_csv_deinit(cli_csv *self)
{
    free(self->copy);
    free(self->fields);
    *self = (cli_csv){0};
}

/* Where the record at `s` ends: at a line end outside quotes. NULL: inside quotes. */
static const char *record_end(const char *s)
{
    bool quoted = false;
    for (; *s && (quoted || (*s != '\n' && *s != '\r')); s++)
        quoted ^= *s == '"';
    return quoted ? NULL : s;
}

/* Cut one field off `s`, in place; returns the rest behind its comma, NULL at the end. */
static char *cut_field(char *s, char **field)
{
    char *to = s;
    bool quoted = *s == '"';
    *field = s;
    for (s += quoted; *s; s++) {
        if (quoted && *s == '"' && s[1] == '"')
            s++;
        else if (quoted && *s == '"') {
            quoted = false;
            continue;
        } else if (!quoted && *s == ',') {
            *to = '\0';
            return s + 1;
        }
        *to++ = *s;
    }
    *to = '\0';
    return NULL;
}

fid_status cli_csv_next(cli_csv *self, const char **at, size_t *line)
{
    while (**at == '\n' || **at == '\r')
        *line += *(*at)++ == '\n';
    if (!**at)
        return FID_EXHAUSTED;
    const char *end = record_end(*at);
    if (!end)
        return FID_PARSE;
    free(self->copy);
    self->copy = fid_strndup(*at, (size_t)(end - *at));
    self->n = 0;
    for (char *rest = self->copy; rest;) {
        char **grown = fid_grow(self->fields, &self->cap, self->n + 1, sizeof *grown);
        if (!grown)
            return FID_NOMEM;
        self->fields = grown;
        rest = cut_field(rest, &grown[self->n++]);
    }
    for (; *at < end; ++*at)
        *line += **at == '\n';
    return self->copy ? FID_OK : FID_NOMEM;
}
