/* Tables on the terminal. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* A cell is one line and does nothing to a terminal. */
void cli_append_cell(const char *s, fid_text *out)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        fid_text_append_n(out, c < 32 || c == 127 ? "?" : s, 1);
    }
}

/* Characters, not bytes. */
static size_t width_of(const char *s, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += ((unsigned char)s[i] & 0xC0) != 0x80;
    return width;
}

/* With the widths known the cells are printed, else measured. `left` is the column whose
 * text begins at the left; numbers end at the right. */
static void lay_out(const char *cells, size_t left, size_t *widths, bool print,
                    fid_text *out)
{
    size_t column = 0;
    for (const char *at = cells; *at; at++) {
        size_t n = strcspn(at, "\t\n"), width = width_of(at, n);
        if (!print && width > widths[column])
            widths[column] = width;
        if (print) {
            size_t room = widths[column] - width;
            if (column != left)
                fid_text_printf(out, "%*s", (int)room, "");
            fid_text_append_n(out, at, n);
            fid_text_printf(out, "%*s", column == left ? (int)room : 0, "");
            fid_text_append(out, at[n] == '\n' ? "\n" : "  ");
        }
        at += n;
        column = *at == '\n' ? 0 : column + 1;
    }
}

bool cli_lay_out(const char *cells, size_t left, fid_text *out)
{
    size_t columns = 1;
    for (const char *c = cells; *c && *c != '\n'; c++)
        columns += *c == '\t';
    size_t *widths = fid_alloc(columns, sizeof *widths);
    if (!widths)
        return false;
    lay_out(cells, left, widths, false, out);
    lay_out(cells, left, widths, true, out);
    free(widths);
    return true;
}
