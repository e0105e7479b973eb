#include "method.h"

#include <fidelio/catalog.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { SIZE, REAL, FLAG, WORD } value_kind;

typedef struct {
    const char *key;
    value_kind kind;
    size_t offset; /* in bench_method */
} setting;

#define AT(member) offsetof(bench_method, member)

static const setting sampler_settings[] = {
    {"n_initial", SIZE, AT(sampler_options.n_initial)},
    {"deadline", REAL, AT(sampler_options.deadline)},
    {"acquisition", WORD, AT(sampler_options.acquisition)},
    {"model", WORD, AT(sampler_options.model)},
    {"noisy", FLAG, AT(sampler_options.noisy)},
    {"deterministic", FLAG, AT(sampler_options.deterministic)},
    {NULL, SIZE, 0}};

static const setting scheduler_settings[] = {
    {"eta", REAL, AT(eta)},
    {"min", REAL, AT(min_fidelity)},
    {"brackets", SIZE, AT(rules.brackets)},
    {"stopping", FLAG, AT(rules.stopping)},
    {"ceil_brackets", FLAG, AT(rules.ceil_brackets)},
    {"min_trials", SIZE, AT(rules.min_trials)},
    {"min_step", REAL, AT(rules.min_step)},
    {"interval", REAL, AT(rules.interval)},
    {"percentile", REAL, AT(rules.percentile)},
    {"patience", SIZE, AT(rules.patience)},
    {"min_delta", REAL, AT(rules.min_delta)},
    {"p_threshold", REAL, AT(rules.p_threshold)},
    {"risk", REAL, AT(rules.risk)},
    {NULL, SIZE, 0}};

static fid_status set_word(bench_method *m, size_t offset, const char *value,
                           fid_error *err)
{
    if (m->n_words == 4)
        return fid_error_set(err, FID_INVALID, "%s: too many words", m->name);
    const char *word = m->words[m->n_words];
    snprintf(m->words[m->n_words++], sizeof *m->words, "%s", value);
    memcpy((char *)m + offset, &word, sizeof word);
    return FID_OK;
}

static fid_status set(bench_method *m, const setting *settings, const char *key,
                      const char *value, fid_error *err)
{
    char *at = (char *)m;
    double number = 1.0;
    while (settings->key && strcmp(settings->key, key) != 0)
        settings++;
    if (!settings->key)
        return fid_error_set(err, FID_INVALID, "%s: unknown setting `%s`", m->name,
                             key);
    at += settings->offset;
    if (settings->kind == WORD)
        return set_word(m, settings->offset, value, err);
    if (*value && !fid_parse_double(value, strlen(value), &number))
        return fid_error_set(err, FID_INVALID, "%s: %s=%s is not a number", m->name,
                             key, value);
    if (settings->kind == SIZE)
        memcpy(at, &(size_t){(size_t)number}, sizeof(size_t));
    else if (settings->kind == REAL)
        memcpy(at, &number, sizeof number);
    else
        memcpy(at, &(bool){number != 0.0}, sizeof(bool));
    return FID_OK;
}

/* text: "{a=1,b=2}" or "" */
static fid_status set_all(bench_method *m, const setting *settings, char *text,
                          fid_error *err)
{
    size_t n = strlen(text);
    if (n == 0)
        return FID_OK;
    if (text[0] != '{' || text[n - 1] != '}')
        return fid_error_set(err, FID_INVALID, "%s: expected {key=value,...}", m->name);
    text[n - 1] = '\0';
    char *rest = NULL;
    for (char *item = strtok_r(text + 1, ",", &rest); item;
         item = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(item, '=');
        if (equals)
            *equals = '\0';
        FID_TRY(set(m, settings, item, equals ? equals + 1 : "", err));
    }
    return FID_OK;
}

static fid_status unknown(const bench_method *m, const char *kind, const char *name,
                          const char *near, fid_error *err)
{
    return fid_error_set(err, FID_NOT_FOUND, "%s: no %s `%s`%s%s%s", m->name, kind,
                         name, near ? "; did you mean `" : "", near ? near : "",
                         near ? "`?" : "");
}

/* Cut `text` at its '{'; returns what follows ("" when there is none). */
static void split_settings(const char *text, char name[64], char settings[192])
{
    size_t n = strcspn(text, "{");
    snprintf(name, 64, "%.*s", (int)n, text);
    snprintf(settings, 192, "%s", text + n);
}

static fid_status parse_ours(bench_method *m, fid_error *err)
{
    char first[192], name[64], settings[192];
    /* '+' inside braces (an exponent) belongs to a value */
    size_t depth = 0, n = 0;
    for (; m->name[n] && (m->name[n] != '+' || depth); n++)
        depth += (size_t)(m->name[n] == '{') - (size_t)(m->name[n] == '}' && depth);
    snprintf(first, sizeof first, "%.*s", (int)n, m->name);
    split_settings(first, name, settings);
    m->sampler = fid_catalog_sampler(name);
    if (!m->sampler)
        return unknown(m, "sampler", name, fid_catalog_near_sampler(name), err);
    FID_TRY(set_all(m, sampler_settings, settings, err));
    const char *alone = strcmp(name, "auto") == 0 ? "auto" : "none";
    split_settings(m->name[n] ? m->name + n + 1 : alone, name, settings);
    m->scheduler = fid_catalog_scheduler(name);
    if (!m->scheduler && strcmp(name, "auto") != 0)
        return unknown(m, "scheduler", name, fid_catalog_near_scheduler(name), err);
    return set_all(m, scheduler_settings, settings, err);
}

fid_status bench_method_parse(bench_method *out, const char *name, fid_error *err)
{
    memset(out, 0, sizeof *out);
    if (strlen(name) >= sizeof out->name)
        return fid_error_set(err, FID_INVALID, "%.40s...: name too long", name);
    snprintf(out->name, sizeof out->name, "%s", name);
    size_t stem = strcspn(name, ":{");
    if (name[stem] != ':')
        return parse_ours(out, err);
    out->is_peer = true;
    if (stem >= sizeof out->peer || strlen(name + stem + 1) >= sizeof out->variant)
        return fid_error_set(err, FID_INVALID, "%s: name too long", name);
    snprintf(out->peer, sizeof out->peer, "%.*s", (int)stem, name);
    snprintf(out->variant, sizeof out->variant, "%s", name + stem + 1);
    return FID_OK;
}
