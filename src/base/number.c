/* Numbers to text and back, whatever the host program's locale is. */
#include <fidelio/base.h>

#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t c_locale;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool word_is(const char *s, size_t n, const char *word)
{
    if (n != strlen(word))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((s[i] | 0x20) != word[i])
            return false;
    return true;
}

static bool parse_special(const char *s, size_t n, double *out)
{
    double sign = 1;
    if (n && (*s == '-' || *s == '+')) {
        sign = *s == '-' ? -1 : 1;
        s++, n--;
    }
    if (word_is(s, n, "nan"))
        *out = (double)NAN;
    else if (word_is(s, n, "inf") || word_is(s, n, "infinity"))
        *out = sign * (double)INFINITY;
    else
        return false;
    return true;
}

/* digits [. digits] [e [sign] digits], with at least one digit before the e */
static bool looks_decimal(const char *s, size_t n)
{
    size_t i = 0, digits = 0;
    if (i < n && (s[i] == '-' || s[i] == '+'))
        i++;
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
        digits++;
    if (i < n && s[i] == '.')
        for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++)
            digits++;
    if (!digits)
        return false;
    if (i < n && (s[i] | 0x20) == 'e') {
        i++;
        if (i < n && (s[i] == '-' || s[i] == '+'))
            i++;
        size_t first = i;
        while (i < n && s[i] >= '0' && s[i] <= '9')
            i++;
        if (i == first)
            return false;
    }
    return i == n;
}

bool fid_parse_double(const char *s, size_t n, double *out)
{
    enum { LONGEST = 400 };
    char copy[LONGEST + 1];
    if (parse_special(s, n, out))
        return true;
    if (n > LONGEST || !looks_decimal(s, n))
        return false;
    memcpy(copy, s, n);
    copy[n] = '\0';
    (void)pthread_once(&once, make_locale);
    *out = strtod_l(copy, NULL, c_locale);
    return true;
}

bool fid_parse_int(const char *s, size_t n, int64_t *out)
{
    char copy[32];
    if (n == 0 || n >= sizeof copy)
        return false;
    size_t first = *s == '-' || *s == '+';
    if (first == n)
        return false;
    for (size_t i = first; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    memcpy(copy, s, n);
    copy[n] = '\0';
    errno = 0;
    long long value = strtoll(copy, NULL, 10);
    if (errno)
        return false;
    *out = value;
    return true;
}

size_t fid__format_double(char out[32], double x)
{
    if (isnan(x))
        return (size_t)sprintf(out, "NaN");
    if (isinf(x))
        return (size_t)sprintf(out, x > 0 ? "Infinity" : "-Infinity");
    size_t exact = fid__format_exactly(out, x);
    if (exact)
        return exact;
    (void)pthread_once(&once, make_locale);
    locale_t host = uselocale(c_locale);
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(out, 32, "%.*g", digits, x);
        if (strtod(out, NULL) == x)
            break;
    }
    (void)uselocale(host);
    return (size_t)len;
}
