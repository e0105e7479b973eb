/* Complaints as text for people and as JSON for programs. */
#include <fidelio/config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fid_diagnostics_deinit(fid_diagnostics *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->items[i].message);
        free(d->items[i].remedy);
        free(d->items[i].source);
    }
    free(d->items);
    free(d->file);
    *d = (fid_diagnostics){0};
}

static const char *severity_name(fid_severity severity)
{
    static const char *const names[] = {"error", "warning", "note"};
    return names[severity];
}

/* A hostile file must not reach the terminal: no control bytes, C1 ones included, no
 * marks that change the direction of writing. */
static void append_clean(fid_text *out, const char *s)
{
    const unsigned char *b = (const unsigned char *)s;
    for (; *b; b++) {
        bool c1 = b[0] == 0xC2 && b[1] >= 0x80 && b[1] < 0xA0;
        bool bidi = b[0] == 0xE2 && ((b[1] == 0x80 && b[2] >= 0xAA && b[2] <= 0xAE) ||
                                     (b[1] == 0x81 && b[2] >= 0xA6 && b[2] <= 0xA9));
        if (*b == '\t')
            fid_text_append(out, " ");
        else if (*b < 0x20 || *b == 0x7F || c1 || bidi)
            fid_text_append(out, "?");
        else
            fid_text_append_n(out, (const char *)b, 1);
        b += c1 ? 1 : bidi ? 2 : 0;
    }
}

static size_t count_characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void append_source(fid_text *out, const fid_diagnostic *item)
{
    fid_text_printf(out, "%5d | ", item->line);
    append_clean(out, item->source);
    fid_text_append(out, "\n      | ");
    for (int i = 1; i < item->window; i++)
        fid_text_append(out, " ");
    size_t width = count_characters(item->source);
    size_t room = width >= (size_t)item->window ? width - (size_t)item->window + 1 : 1;
    for (size_t i = 0; i < (size_t)item->length && i < room; i++)
        fid_text_append(out, "^");
    fid_text_append(out, "\n");
}

static void append_item(fid_text *out, const char *file, const fid_diagnostic *item)
{
    append_clean(out, file);
    if (item->line > 0)
        fid_text_printf(out, ":%d:%d", item->line, item->column);
    fid_text_printf(out, ": %s: ", severity_name(item->severity));
    append_clean(out, item->message);
    fid_text_append(out, "\n");
    if (item->source)
        append_source(out, item);
    if (!item->remedy)
        return;
    fid_text_append(out, "      = ");
    append_clean(out, item->remedy);
    fid_text_append(out, "\n");
}

void fid_diagnostics_to_text(const fid_diagnostics *d, fid_severity least,
                             fid_text *out)
{
    size_t shown = 0;
    for (size_t i = 0; i < d->n; i++) {
        shown += d->items[i].severity == FID_SEVERITY_ERROR;
        if (d->items[i].severity <= least)
            append_item(out, d->file ? d->file : "", &d->items[i]);
    }
    if (shown < d->n_errors)
        fid_text_printf(out, "and %zu more errors\n", d->n_errors - shown);
}

void fid_diagnostics_to_json(const fid_diagnostics *d, fid_text *out)
{
    fid_text_append(out, "[");
    for (size_t i = 0; i < d->n; i++) {
        const fid_diagnostic *item = &d->items[i];
        fid_text_printf(
            out, "%s{\"severity\":\"%s\",\"line\":%d,\"column\":%d,\"message\":",
            i ? "," : "", severity_name(item->severity), item->line, item->column);
        fid_text_append_json(out, item->message, strlen(item->message));
        fid_text_append(out, ",\"remedy\":");
        if (item->remedy)
            fid_text_append_json(out, item->remedy, strlen(item->remedy));
        else
            fid_text_append(out, "null");
        fid_text_append(out, "}");
    }
    fid_text_append(out, "]");
}
