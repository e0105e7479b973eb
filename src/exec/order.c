#include "exec/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LOG_CAP = 8 << 20 };

static void put(fid__words *out, fid_text *word)
{
    out->failed |= word->failed || !word->data;
    if (!out->failed)
        fid__words_add(out, word->data, word->len);
    fid_text_clear(word);
}

static void put_double(fid__words *out, fid_text *word, const char *key, double x)
{
    fid_text_printf(word, "%s=", key);
    fid_text_append_double(word, x);
    put(out, word);
}

static void put_int(fid__words *out, fid_text *word, const char *key, uint64_t x)
{
    fid_text_printf(word, "%s=%" PRIu64, key, x);
    put(out, word);
}

/* collect=STREAM:ORIGIN:OFFSET:REGEX, with o, e for the stream and t, a for the origin */
static void put_rule(fid__words *out, fid_text *word, const fid_collect *rule)
{
    fid_text_printf(word, "collect=%c:%c:", rule->from == FID_FROM_STDOUT ? 'o' : 'e',
                    rule->step_from == FID_STEP_TOTAL ? 't' : 'a');
    fid_text_append_double(word, rule->step_offset);
    fid_text_append(word, ":");
    fid_text_append(word, rule->regex);
    put(out, word);
}

void fid__order_write(const fid__order *order, fid__words *out)
{
    fid_text word = {0};
    fid__words_add(out, "runner", 6);
    put_double(out, &word, "timeout", order->timeout);
    put_double(out, &word, "idle", order->idle_timeout);
    put_double(out, &word, "grace", order->grace);
    put_int(out, &word, "mem", order->mem);
    put_int(out, &word, "log", order->log_cap);
    put_int(out, &word, "engine", (uint64_t)order->engine);
    put_double(out, &word, "done", order->budget_done);
    if (order->workdir) {
        fid_text_printf(&word, "workdir=%s", order->workdir);
        put(out, &word);
    }
    for (size_t i = 0; i < order->n_collect; i++)
        put_rule(out, &word, &order->collect[i]);
    fid__words_add(out, "--", 2);
    for (char *const *arg = order->command; *arg; arg++)
        fid__words_add(out, *arg, strlen(*arg));
    fid_text_deinit(&word);
}

/* --- reading */

static bool get_rule(fid__order *o, const char *s)
{
    double offset;
    const char *end = strlen(s) > 4 ? strchr(s + 4, ':') : NULL;
    if (!end || (s[0] != 'o' && s[0] != 'e') || s[1] != ':' ||
        (s[2] != 't' && s[2] != 'a') || s[3] != ':' ||
        !fid_parse_double(s + 4, (size_t)(end - s) - 4, &offset))
        return false;
    o->collect[o->n_collect++] = (fid_collect){
        .from = s[0] == 'o' ? FID_FROM_STDOUT : FID_FROM_STDERR,
        .regex = end + 1,
        .step_from = s[2] == 't' ? FID_STEP_TOTAL : FID_STEP_ATTEMPT,
        .step_offset = offset,
    };
    return true;
}

static bool get_double(const char *s, double *out)
{
    return fid_parse_double(s, strlen(s), out) && isfinite(*out) && *out >= 0;
}

static bool get_int(const char *s, uint64_t *out)
{
    int64_t x;
    if (!fid_parse_int(s, strlen(s), &x) || x < 0)
        return false;
    *out = (uint64_t)x;
    return true;
}

static bool get_pair(fid__order *o, const char *pair)
{
    const char *value = strchr(pair, '=');
    uint64_t engine;
    if (!value)
        return false;
    size_t n = (size_t)(value++ - pair);
#define KEY_IS(key) (n == sizeof(key) - 1 && memcmp(pair, key, n) == 0)
    if (KEY_IS("timeout"))
        return get_double(value, &o->timeout);
    if (KEY_IS("idle"))
        return get_double(value, &o->idle_timeout);
    if (KEY_IS("grace"))
        return get_double(value, &o->grace);
    if (KEY_IS("mem"))
        return get_int(value, &o->mem);
    if (KEY_IS("log"))
        return get_int(value, &o->log_cap);
    if (KEY_IS("done"))
        return get_double(value, &o->budget_done);
    if (KEY_IS("engine")) {
        bool ok = get_int(value, &engine);
        o->engine = ok ? (int64_t)engine : 0;
        return ok;
    }
    if (KEY_IS("workdir"))
        o->workdir = value;
    return KEY_IS("workdir") || (KEY_IS("collect") && get_rule(o, value));
#undef KEY_IS
}

bool fid__order_read(int argc, char **argv, fid__order *out)
{
    int i = 2;
    *out = (fid__order){.collect = fid_alloc((size_t)argc + 1, sizeof *out->collect)};
    if (!out->collect || argc < 2 || strcmp(argv[1], "runner") != 0)
        goto bad;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (!get_pair(out, argv[i]))
            goto bad;
    if (i + 1 >= argc)
        goto bad;
    out->command = argv + i + 1;
    if (out->log_cap == 0)
        out->log_cap = DEFAULT_LOG_CAP;
    return true;
bad:
    fid__order_deinit(out);
    return false;
}

void fid__order_deinit(fid__order *order)
{
    free(order->collect);
    *order = (fid__order){0};
}
