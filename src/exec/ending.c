#include "exec/ending.h"

#include <inttypes.h>
#include <string.h>

static const char *const words[FID__N_WHY] = {
#define X(name, word) word,
    FID__WHY_MAP(X)
#undef X
};

void fid__ending_write(const fid__ending *ending, fid_text *out)
{
    fid_text_printf(out, "why=%s code=%d seconds=", words[ending->why], ending->code);
    fid_text_append_double(out, ending->seconds);
    fid_text_append(out, " cpu=");
    fid_text_append_double(out, ending->cpu);
    fid_text_printf(out,
                    " peak=%" PRIu64 " outlived=%" PRIu32 " left=%" PRIu32
                    " cut=%" PRIu64 " dropped=%" PRIu64 " end\n",
                    ending->peak, ending->outlived, ending->left, ending->n_cut,
                    ending->n_dropped);
}

/* The value of key in s[0..n). */
static const char *find_value(const char *s, size_t n, const char *key, size_t *len)
{
    size_t key_len = strlen(key);
    for (const char *end = s + n; s < end;) {
        const char *space = memchr(s, ' ', (size_t)(end - s));
        size_t word = (size_t)((space ? space : end) - s);
        if (word > key_len && memcmp(s, key, key_len) == 0 && s[key_len] == '=') {
            *len = word - key_len - 1;
            return s + key_len + 1;
        }
        s += word + 1;
    }
    return NULL;
}

static bool read_int(const char *s, size_t n, const char *key, int64_t low,
                     int64_t high, int64_t *out)
{
    size_t len;
    const char *value = find_value(s, n, key, &len);
    return value && fid_parse_int(value, len, out) && *out >= low && *out <= high;
}

static bool read_why(const char *s, size_t n, fid__why *out)
{
    size_t len;
    const char *value = find_value(s, n, "why", &len);
    for (int i = 0; value && i < FID__N_WHY; i++)
        if (strlen(words[i]) == len && memcmp(value, words[i], len) == 0) {
            *out = (fid__why)i;
            return true;
        }
    return false;
}

static bool read_seconds(const char *s, size_t n, const char *key, double *out)
{
    size_t len;
    const char *value = find_value(s, n, key, &len);
    return value && fid_parse_double(value, len, out) && *out >= 0 && *out <= 1e15;
}

bool fid__ending_read(const char *text, size_t n, fid__ending *out)
{
    static const char last[] = " end\n";
    int64_t code, peak, outlived, left, cut, dropped;
    if (n < sizeof last || memcmp(text + n - strlen(last), last, strlen(last)) != 0)
        return false;
    n -= strlen(last);
    *out = (fid__ending){0};
    if (!read_why(text, n, &out->why) ||
        !read_seconds(text, n, "seconds", &out->seconds) ||
        !read_seconds(text, n, "cpu", &out->cpu) ||
        !read_int(text, n, "code", -1000, 1000, &code) ||
        !read_int(text, n, "peak", 0, INT64_MAX, &peak) ||
        !read_int(text, n, "outlived", 0, UINT32_MAX, &outlived) ||
        !read_int(text, n, "left", 0, UINT32_MAX, &left) ||
        !read_int(text, n, "cut", 0, INT64_MAX, &cut) ||
        !read_int(text, n, "dropped", 0, INT64_MAX, &dropped))
        return false;
    out->code = (int)code;
    out->peak = (uint64_t)peak;
    out->outlived = (uint32_t)outlived;
    out->left = (uint32_t)left;
    out->n_cut = (uint64_t)cut;
    out->n_dropped = (uint64_t)dropped;
    return true;
}
