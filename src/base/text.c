#include <fidelio/base.h>

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fid_text_deinit(fid_text *text)
{
    free(text->data);
    *text = (fid_text){0};
}

void fid_text_clear(fid_text *text)
{
    text->len = 0;
    text->failed = false;
    if (text->data)
        text->data[0] = '\0';
}

static bool reserve(fid_text *text, size_t more)
{
    if (text->failed)
        return false;
    size_t need;
    char *grown = NULL;
    if (!__builtin_add_overflow(text->len + 1, more, &need))
        grown = fid_grow(text->data, &text->cap, need, 1);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->data = grown;
    return true;
}

char *fid_text_room(fid_text *text, size_t n)
{
    return reserve(text, n) ? text->data + text->len : NULL;
}

void fid_text_append_n(fid_text *text, const char *s, size_t n)
{
    if (!reserve(text, n))
        return;
    if (n)
        memcpy(text->data + text->len, s, n);
    text->len += n;
    text->data[text->len] = '\0';
}

void fid_text_append(fid_text *text, const char *s)
{
    fid_text_append_n(text, s, strlen(s));
}

void fid_text_printf(fid_text *text, const char *format, ...)
{
    enum { USUAL = 100 }; /* seldom does it need more, and a second go */
    va_list args, again;
    if (!reserve(text, USUAL))
        return;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(text->data + text->len, USUAL + 1, format, args);
    va_end(args);
    if (n > USUAL && reserve(text, (size_t)n))
        (void)vsnprintf(text->data + text->len, (size_t)n + 1, format, again);
    va_end(again);
    if (n < 0)
        text->failed = true;
    if (text->failed)
        text->data[text->len] = '\0';
    else
        text->len += (size_t)n;
}

void fid_text_append_double(fid_text *text, double x)
{
    char digits[32];
    fid_text_append_n(text, digits, fid__format_double(digits, x));
}

/* Length of the UTF-8 sequence at s, 0 when it is not one (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    static const struct {
        unsigned char first, last, low, high, len;
    } rows[] = {
        {0x00, 0x7F, 0x80, 0xBF, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2},
        {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4},
        {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        if (s[0] < rows[r].first || s[0] > rows[r].last)
            continue;
        if (rows[r].len > n)
            return 0;
        for (size_t i = 1; i < rows[r].len; i++) {
            unsigned char low = i == 1 ? rows[r].low : 0x80;
            unsigned char high = i == 1 ? rows[r].high : 0xBF;
            if (s[i] < low || s[i] > high)
                return 0;
        }
        return rows[r].len;
    }
    return 0;
}

static void append_json_char(fid_text *text, const unsigned char *s, size_t len)
{
    if (len == 0)
        fid_text_append(text, "\xEF\xBF\xBD");
    else if (len == 1 && (*s == '"' || *s == '\\'))
        fid_text_printf(text, "\\%c", *s);
    else if (len == 1 &&
             (*s < 0x20 || *s == 0x7F || *s == '<' || *s == '>' || *s == '&'))
        fid_text_printf(text, "\\u%04x", *s);
    else if (len == 3 && s[0] == 0xE2 && s[1] == 0x80 && (s[2] | 1) == 0xA9)
        fid_text_append(text, s[2] == 0xA8 ? "\\u2028" : "\\u2029");
    else
        fid_text_append_n(text, (const char *)s, len);
}

/* How many bytes from s on stand for themselves. */
static size_t plain_length(const unsigned char *s, size_t n)
{
    size_t i = 0;
    while (i < n && s[i] >= 0x20 && s[i] < 0x7F && s[i] != '"' && s[i] != '\\' &&
           s[i] != '<' && s[i] != '>' && s[i] != '&')
        i++;
    return i;
}

void fid_text_append_json(fid_text *text, const char *s, size_t n)
{
    const unsigned char *at = (const unsigned char *)s;
    fid_text_append(text, "\"");
    for (size_t i = 0; i < n;) {
        size_t plain = plain_length(at + i, n - i);
        fid_text_append_n(text, s + i, plain);
        i += plain;
        if (i == n)
            break;
        size_t len = utf8_length(at + i, n - i);
        append_json_char(text, at + i, len);
        i += len ? len : 1;
    }
    fid_text_append(text, "\"");
}

char *fid_text_take(fid_text *text)
{
    if (!text->data)
        fid_text_append_n(text, "", 0);
    char *data = text->failed ? NULL : text->data;
    if (!data)
        free(text->data);
    *text = (fid_text){0};
    return data;
}

size_t fid_edit_distance(const char *a, const char *b)
{
    enum { MOST = 64 };
    size_t n = strnlen(a, MOST), m = strnlen(b, MOST);
    size_t d[MOST + 1][MOST + 1];
    for (size_t i = 0; i <= n; i++)
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}
