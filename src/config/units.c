/* Times like 1h30m and sizes like 4G. */
#include "config/walk.h"

#include <math.h>
#include <string.h>

/* The number at text[*at..n) and where it ends. */
static bool take_number(const char *text, size_t n, size_t *at, double *out)
{
    size_t first = *at;
    while (*at < n && (text[*at] == '.' || (text[*at] >= '0' && text[*at] <= '9')))
        ++*at;
    return *at > first && fid_parse_double(text + first, *at - first, out);
}

typedef struct {
    const char *name;
    double factor;
} unit;

static const unit *find_unit(const unit *units, const char *text, size_t n, size_t *at)
{
    size_t first = *at;
    while (*at < n && text[*at] >= 'A' && text[*at] <= 'z')
        ++*at;
    for (; units->name; units++)
        if (strlen(units->name) == *at - first &&
            memcmp(units->name, text + first, *at - first) == 0)
            return units;
    return NULL;
}

bool fid__parse_seconds(const char *text, size_t n, double *out)
{
    static const unit units[] = {{"d", 86400}, {"h", 3600},  {"m", 60}, {"min", 60},
                                 {"s", 1},     {"ms", 1e-3}, {NULL, 0}};
    double sum = 0, last = (double)INFINITY;
    size_t at = 0;
    do {
        double x;
        if (!take_number(text, n, &at, &x))
            return false;
        const unit *found = find_unit(units, text, n, &at);
        if (!found || found->factor >= last) /* 30m1h is a slip of the pen */
            return false;
        sum += x * found->factor;
        last = found->factor;
    } while (at < n);
    *out = sum;
    return true;
}

bool fid__parse_bytes(const char *text, size_t n, double *out)
{
    static const unit units[] = {{"B", 1},        {"k", 0x1p10},   {"K", 0x1p10},
                                 {"M", 0x1p20},   {"G", 0x1p30},   {"T", 0x1p40},
                                 {"KB", 0x1p10},  {"MB", 0x1p20},  {"GB", 0x1p30},
                                 {"TB", 0x1p40},  {"KiB", 0x1p10}, {"MiB", 0x1p20},
                                 {"GiB", 0x1p30}, {"TiB", 0x1p40}, {NULL, 0}};
    size_t at = 0;
    double x;
    if (!take_number(text, n, &at, &x))
        return false;
    const unit *found = find_unit(units, text, n, &at);
    if (!found || at < n)
        return false;
    *out = floor(x * found->factor);
    return true;
}
