#include "mfh1.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bench_mfh1 *table;
    const char *path;
    int line;
    char *words[4096 + 16]; /* of the present line */
    size_t n_words;
    size_t offsets[BENCH_MFH1_ARRAYS]; /* bytes */
    size_t bytes;
    size_t size; /* of a number: 2 or 4 bytes */
    fid_error *err;
} reader;

static fid_status malformed(const reader *r, const char *what)
{
    return fid_error_at(r->err, FID_PARSE, r->path, r->line, 1, "%s", what);
}

static void split(reader *r, char *line)
{
    r->n_words = 0;
    for (char *word = strtok(line, " \t\r\n"); word; word = strtok(NULL, " \t\r\n"))
        if (r->n_words < sizeof r->words / sizeof *r->words)
            r->words[r->n_words++] = word;
}

static bool number(const reader *r, size_t word, double *out)
{
    return word < r->n_words &&
           fid_parse_double(r->words[word], strlen(r->words[word]), out);
}

static bool count(const reader *r, size_t word, size_t *out)
{
    int64_t value;
    if (word >= r->n_words ||
        !fid_parse_int(r->words[word], strlen(r->words[word]), &value) || value < 0)
        return false;
    *out = (size_t)value;
    return true;
}

static bool copy_word(const reader *r, size_t word, char *to, size_t room)
{
    return word < r->n_words && snprintf(to, room, "%s", r->words[word]) < (int)room;
}

static fid_status read_choices(reader *r, bench_hp *hp)
{
    if (!count(r, 3, &hp->n_choices) || hp->n_choices < 1 || hp->n_choices > 4096 ||
        r->n_words != 4 + hp->n_choices)
        return malformed(r, "hp: the number of choices does not fit");
    hp->choices = fid_alloc(hp->n_choices, sizeof *hp->choices);
    if (!hp->choices)
        return fid_error_set(r->err, FID_NOMEM, "out of memory");
    for (size_t k = 0; k < hp->n_choices; k++)
        if (!copy_word(r, 4 + k, hp->choices[k], sizeof hp->choices[k]))
            return malformed(r, "hp: choice too long");
    return FID_OK;
}

static fid_status read_hp(reader *r)
{
    static const char *const kinds[] = {"float", "int", "cat", "ord"};
    bench_mfh1 *t = r->table;
    if (t->n_hps == BENCH_MFH1_HPS)
        return malformed(r, "too many hp lines");
    bench_hp *hp = &t->hps[t->n_hps];
    size_t kind = 0;
    while (kind < 4 && (r->n_words < 3 || strcmp(r->words[2], kinds[kind]) != 0))
        kind++;
    if (kind == 4 || !copy_word(r, 1, hp->name, sizeof hp->name))
        return malformed(r, "hp: expected `hp NAME float|int|cat|ord ...`");
    t->n_hps++;
    hp->kind = (bench_hp_kind)kind;
    if (hp->kind >= BENCH_HP_CAT)
        return read_choices(r, hp);
    hp->log = r->n_words > 3 && strcmp(r->words[3], "log") == 0;
    if (!number(r, 4, &hp->low) || !number(r, 5, &hp->high) || !(hp->low < hp->high))
        return malformed(r, "hp: bad bounds");
    return FID_OK;
}

static fid_status read_fid(reader *r)
{
    bench_mfh1 *t = r->table;
    if (t->fids || !copy_word(r, 1, t->fid_name, sizeof t->fid_name) ||
        !count(r, 2, &t->n_fids) || t->n_fids < 1 || r->n_words != 3 + t->n_fids)
        return malformed(r, "fid: the number of values does not fit");
    t->fids = fid_alloc(t->n_fids, sizeof *t->fids);
    if (!t->fids)
        return fid_error_set(r->err, FID_NOMEM, "out of memory");
    for (size_t k = 0; k < t->n_fids; k++)
        if (!number(r, 3 + k, &t->fids[k]) || (k > 0 && t->fids[k] <= t->fids[k - 1]))
            return malformed(r, "fid: values must ascend");
    return FID_OK;
}

static fid_status read_array(reader *r)
{
    bench_mfh1 *t = r->table;
    if (t->n_arrays == BENCH_MFH1_ARRAYS)
        return malformed(r, "too many arrays");
    bench_array *a = &t->arrays[t->n_arrays];
    size_t ndim, rows, offset;
    if (!copy_word(r, 1, a->name, sizeof a->name) ||
        !copy_word(r, 2, a->role, sizeof a->role) || !count(r, 4, &offset) ||
        !count(r, 5, &ndim) || ndim < 1 || r->n_words != 6 + ndim ||
        !count(r, 6, &rows))
        return malformed(r, "expected `array NAME ROLE GOAL OFFSET NDIM DIM...`");
    a->maximize = strcmp(r->words[3], "max") == 0;
    a->columns = 1;
    for (size_t k = 1; k < ndim; k++) {
        size_t n;
        if (!count(r, 6 + k, &n) || n < 1 || n > 1000000)
            return malformed(r, "array: bad dimension");
        a->columns *= n;
    }
    if (rows != t->n_conf || offset % sizeof(uint16_t))
        return malformed(r, "array: rows must be nconf, the offset even");
    r->offsets[t->n_arrays++] = offset;
    return FID_OK;
}

static fid_status read_line(reader *r)
{
    const char *key = r->words[0];
    bench_mfh1 *t = r->table;
    if (strcmp(key, "hp") == 0)
        return read_hp(r);
    if (strcmp(key, "fid") == 0)
        return read_fid(r);
    if (strcmp(key, "array") == 0)
        return read_array(r);
    if (strcmp(key, "name") == 0 && copy_word(r, 1, t->name, sizeof t->name))
        return FID_OK;
    if (strcmp(key, "nconf") == 0 && count(r, 1, &t->n_conf) && t->n_conf >= 1)
        return FID_OK;
    if (strcmp(key, "bytes") == 0 && count(r, 1, &r->bytes))
        return FID_OK;
    if (strcmp(key, "storage") == 0 && r->n_words == 2 && strcmp(r->words[1], "f16") == 0) {
        r->size = 2;
        return FID_OK;
    }
    return strcmp(key, "nhp") == 0 ? FID_OK : malformed(r, "line not understood");
}

static fid_status read_header(reader *r, FILE *file)
{
    char *line = NULL;
    size_t cap = 0;
    fid_status status = FID_OK;
    while (!status && getline(&line, &cap, file) >= 0) {
        r->line++;
        split(r, line);
        if (r->line == 1 && (r->n_words != 1 || strcmp(r->words[0], "mfh1") != 0))
            status = malformed(r, "not an mfh1 header");
        else if (r->line > 1 && r->n_words > 0)
            status = read_line(r);
    }
    free(line);
    if (!status && (!r->table->fids || r->table->n_hps == 0))
        status = malformed(r, "hp or fid lines are missing");
    return status;
}

/* IEEE 754 binary16. */
static float from_half(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    float value = exponent == 31 ? (fraction ? NAN : INFINITY)
                  : exponent     ? ldexpf((float)(fraction + 1024), exponent - 25)
                                 : ldexpf((float)fraction, -24);
    return h >> 15 ? -value : value;
}

/* From the back, as the halves lie at the front of the same memory. */
static void widen(float *memory, size_t n)
{
    const char *halves = (const char *)memory;
    for (size_t i = n; i-- > 0;) {
        uint16_t h;
        memcpy(&h, halves + 2 * i, sizeof h);
        memory[i] = from_half(h);
    }
}

static fid_status read_data(reader *r)
{
    char path[4096];
    size_t stem = strlen(r->path);
    bench_mfh1 *t = r->table;
    if (stem > 4 && strcmp(r->path + stem - 4, ".hdr") == 0)
        stem -= 4;
    snprintf(path, sizeof path, "%.*s.f%zu", (int)stem, r->path, 8 * r->size);
    FILE *file = fopen(path, "rb");
    if (!file)
        return fid_error_set(r->err, FID_IO, "%s: cannot be opened", path);
    size_t n = r->bytes / r->size;
    t->memory = fid_alloc(n, sizeof *t->memory);
    size_t got = t->memory ? fread(t->memory, r->size, n, file) : 0;
    fclose(file);
    if (got != n)
        return fid_error_set(r->err, FID_IO, "%s: shorter than %zu bytes", path,
                             r->bytes);
    if (r->size == 2)
        widen(t->memory, n);
    for (size_t i = 0; i < t->n_arrays; i++) {
        bench_array *a = &t->arrays[i];
        size_t first = r->offsets[i] / r->size;
        if (r->offsets[i] % r->size || a->columns > n / t->n_conf ||
            first > n - t->n_conf * a->columns)
            return malformed(r, "an array lies beyond the data");
        a->data = t->memory + first;
    }
    const bench_array *configs = bench_mfh1_find(t, "config", NULL);
    if (!configs || configs->columns != t->n_hps)
        return malformed(r, "no config array of nconf x nhp");
    t->configs = configs->data;
    return FID_OK;
}

fid_status bench_mfh1_open(bench_mfh1 **out, const char *path, fid_error *err)
{
    *out = NULL;
    FILE *file = fopen(path, "r");
    if (!file)
        return fid_error_set(err, FID_NOT_FOUND, "%s: cannot be opened", path);
    reader *r = fid_alloc(1, sizeof *r);
    fid_status status = FID_NOMEM;
    if (r) {
        r->path = path;
        r->err = err;
        r->size = sizeof(float);
        r->table = fid_alloc(1, sizeof *r->table);
        if (r->table)
            status = read_header(r, file);
        if (!status)
            status = read_data(r);
        if (status)
            bench_mfh1_close(r->table);
        else
            *out = r->table;
    }
    fclose(file);
    free(r);
    return status;
}

void bench_mfh1_close(bench_mfh1 *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->n_hps; i++)
        free(table->hps[i].choices);
    free(table->fids);
    free(table->memory);
    free(table);
}

const bench_array *bench_mfh1_find(const bench_mfh1 *table, const char *role,
                                   const char *name)
{
    for (size_t i = 0; i < table->n_arrays; i++) {
        const bench_array *a = &table->arrays[i];
        if (name ? strcmp(a->name, name) == 0 : strcmp(a->role, role) == 0)
            return a;
    }
    return NULL;
}
