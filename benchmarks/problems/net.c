/* Reads a surrogate's header and weights. */
#include "net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bench_net *net;
    const char *path;
    FILE *file;
    int line;
    char text[4096];
    size_t d, hidden, n_blocks, n_weights;
    double bn_eps;
    fid_error *err;
} reader;

static fid_status malformed(reader *r, const char *what)
{
    return fid_error_at(r->err, FID_PARSE, r->path, r->line, 1, "%s: %.80s", what,
                        r->text);
}

static bool next_line(reader *r)
{
    r->line++;
    if (!fgets(r->text, sizeof r->text, r->file))
        return false;
    r->text[strcspn(r->text, "\r\n")] = '\0';
    return true;
}

static bool transform(const char *word, bench_net_tf *out)
{
    static const char *const names[] = {"id",     "log",    "exp",
                                        "negexp", "neglog", "round"};
    for (size_t i = 0; i < 6; i++)
        if (strcmp(word, names[i]) == 0) {
            *out = (bench_net_tf)i;
            return true;
        }
    return false;
}

static fid_status read_cat(reader *r)
{
    bench_net *net = r->net;
    char role[16];
    if (net->n_cats == 4)
        return malformed(r, "too many categorical inputs");
    bench_net_cat *cat = &net->cats[net->n_cats++];
    if (sscanf(r->text, "cat %63s nlevels %zu dim %zu role %15s", cat->name,
               &cat->n_levels, &cat->width, role) != 4 ||
        cat->n_levels < 1 || cat->n_levels > 10000 || cat->width > 1024)
        return malformed(r, "bad cat line");
    cat->instance = strcmp(role, "instance") == 0;
    cat->levels = fid_alloc(cat->n_levels, sizeof *cat->levels);
    cat->valid = fid_alloc(cat->n_levels, sizeof *cat->valid);
    if (!cat->levels || !cat->valid)
        return fid_error_set(r->err, FID_NOMEM, "out of memory");
    for (size_t k = 0; k < cat->n_levels; k++) {
        size_t code;
        int valid;
        char name[32];
        if (!next_line(r) ||
            sscanf(r->text, "level %zu %31s %d", &code, name, &valid) != 3 ||
            code >= cat->n_levels)
            return malformed(r, "bad level line");
        memcpy(cat->levels[code], name, sizeof name);
        cat->valid[code] = valid != 0;
    }
    return FID_OK;
}

static fid_status read_cont(reader *r)
{
    bench_net *net = r->net;
    char type[16], role[16], tf[16];
    int log;
    if (net->n_conts == BENCH_NET_INPUTS)
        return malformed(r, "too many numeric inputs");
    bench_net_cont *c = &net->conts[net->n_conts++];
    if (sscanf(r->text,
               "cont %63s type %15s log %d lower %lf upper %lf role %15s tf %15s eps "
               "%lf c "
               "%lf sub %lf div %lf",
               c->name, type, &log, &c->low, &c->high, role, tf, &c->eps, &c->c,
               &c->sub, &c->div) != 11 ||
        !transform(tf, &c->tf))
        return malformed(r, "bad cont line");
    c->integer = strcmp(type, "int") == 0;
    c->log = log != 0;
    c->fidelity = strcmp(role, "fidelity") == 0;
    return FID_OK;
}

static fid_status read_cond(reader *r)
{
    bench_net *net = r->net;
    if (net->n_conds == BENCH_NET_INPUTS)
        return malformed(r, "too many conditions");
    bench_net_cond *c = &net->conds[net->n_conds++];
    int used = 0;
    if (sscanf(r->text, "cond %63s %63s %zu%n", c->child, c->parent, &c->n, &used) !=
            3 ||
        c->n < 1 || c->n > 8)
        return malformed(r, "bad cond line");
    const char *rest = r->text + used;
    for (size_t k = 0; k < c->n; k++, rest += used)
        if (sscanf(rest, " %31s%n", c->values[k], &used) != 1)
            return malformed(r, "bad cond line");
    return FID_OK;
}

static fid_status read_out(reader *r)
{
    bench_net *net = r->net;
    char goal[8], tf[16], role[16];
    if (net->n_outs == BENCH_NET_OUTPUTS)
        return malformed(r, "too many outputs");
    bench_net_out *o = &net->outs[net->n_outs++];
    if (sscanf(r->text,
               "out %63s goal %7s tf %15s eps %lf c %lf mul %lf add %lf role %15s",
               o->name, goal, tf, &o->eps, &o->c, &o->mul, &o->add, role) != 8 ||
        !transform(tf, &o->tf))
        return malformed(r, "bad out line");
    /* upstream's Python says that f1 is minimised; its R package is right (README) */
    o->maximize = strcmp(goal, "max") == 0 || strcmp(o->name, "f1") == 0;
    o->runtime = strcmp(role, "runtime") == 0;
    return FID_OK;
}

static fid_status read_header(reader *r)
{
    if (!next_line(r) || strcmp(r->text, "yahpo1") != 0)
        return malformed(r, "not a yahpo1 header");
    while (next_line(r)) {
        char key[16] = "";
        double number = 0.0;
        fid_status status = FID_OK;
        int n = sscanf(r->text, "%15s %lf", key, &number);
        if (strcmp(key, "cat") == 0)
            status = read_cat(r);
        else if (strcmp(key, "cont") == 0)
            status = read_cont(r);
        else if (strcmp(key, "cond") == 0)
            status = read_cond(r);
        else if (strcmp(key, "out") == 0)
            status = read_out(r);
        else if (strcmp(key, "name") == 0)
            sscanf(r->text, "name %63s", r->net->name);
        else if (strcmp(key, "source") == 0)
            sscanf(r->text, "source %255[^\n]", r->net->source);
        else if (n == 2 && strcmp(key, "d") == 0)
            r->d = (size_t)number;
        else if (n == 2 && strcmp(key, "hidden") == 0)
            r->hidden = (size_t)number;
        else if (n == 2 && strcmp(key, "nblocks") == 0)
            r->n_blocks = (size_t)number;
        else if (n == 2 && strcmp(key, "bneps") == 0)
            r->bn_eps = number;
        else if (n == 2 && strcmp(key, "nweights") == 0)
            r->n_weights = (size_t)number;
        if (status)
            return status;
    }
    if (r->d == 0 || r->d % (4 * BENCH_NET_LANES) || r->d > 1024 || r->hidden == 0 ||
        r->hidden > BENCH_NET_HIDDEN || r->n_blocks > 16 || r->net->n_outs == 0)
        return malformed(r, "sizes are missing or not supported");
    return FID_OK;
}

static size_t count_inputs(const bench_net *net)
{
    size_t n = net->n_conts;
    for (size_t i = 0; i < net->n_cats; i++)
        n += net->cats[i].width;
    return n;
}

static size_t expected_weights(const reader *r)
{
    size_t d = r->d, h = r->hidden, n = 0;
    for (size_t i = 0; i < r->net->n_cats; i++)
        n += r->net->cats[i].n_levels * r->net->cats[i].width;
    n += d * count_inputs(r->net) + d;
    n += r->n_blocks * (4 * d + 2 * h * d + 2 * h + d * h + d);
    return n + 4 * d + r->net->n_outs * (d + 1);
}

static size_t round_up(size_t n)
{
    return (n + BENCH_NET_LANES - 1) / BENCH_NET_LANES * BENCH_NET_LANES;
}

/* Cursor over the weights as stored. */
typedef struct {
    const float *from;
    float *to;
} cursor;

static float *take(cursor *c, size_t n)
{
    float *out = c->to;
    memcpy(out, c->from, n * sizeof *out);
    memset(out + n, 0, (round_up(n) - n) * sizeof *out);
    c->from += n;
    c->to += round_up(n);
    return out;
}

/* stored [rows][cols] -> [cols][rows] */
static float *take_transposed(cursor *c, size_t rows, size_t cols)
{
    float *out = c->to;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            out[j * rows + i] = c->from[i * cols + j];
    c->from += rows * cols;
    c->to += round_up(rows * cols);
    return out;
}

/* stored [units][d] -> [units / LANES][d][LANES], zeros beyond the last unit */
static float *take_units(cursor *c, size_t units, size_t d)
{
    float *out = c->to;
    size_t padded = round_up(units);
    for (size_t u = 0; u < padded; u++)
        for (size_t i = 0; i < d; i++)
            out[(u / BENCH_NET_LANES * d + i) * BENCH_NET_LANES + u % BENCH_NET_LANES] =
                u < units ? c->from[u * d + i] : 0.0f;
    c->from += units * d;
    c->to += padded * d;
    return out;
}

/* weight, bias, mean, variance -> gain x + offset */
static void take_norm(cursor *c, size_t d, double eps, float **gain, float **offset)
{
    float *weight = take(c, d), *bias = take(c, d);
    for (size_t i = 0; i < d; i++) {
        double mean = (double)c->from[i], variance = (double)c->from[d + i];
        double scale = (double)weight[i] / sqrt(variance + eps);
        weight[i] = (float)scale;
        bias[i] = (float)((double)bias[i] - mean * scale);
    }
    c->from += 2 * d;
    *gain = weight;
    *offset = bias;
}

static void lay_out(const reader *r, struct bench_net_weights *w, const float *stored)
{
    cursor c = {stored, w->memory};
    size_t d = r->d, h = r->hidden;
    for (size_t i = 0; i < r->net->n_cats; i++)
        w->embeddings[i] = take(&c, r->net->cats[i].n_levels * r->net->cats[i].width);
    w->first = take_transposed(&c, d, w->n_in);
    w->first_bias = take(&c, d);
    for (size_t b = 0; b < r->n_blocks; b++) {
        bench__net_block *block = &w->blocks[b];
        take_norm(&c, d, r->bn_eps, &block->gain, &block->offset);
        block->linear = take_units(&c, h, d);
        block->gate = take_units(&c, h, d);
        block->linear_bias = take(&c, h);
        block->gate_bias = take(&c, h);
        block->back = take_transposed(&c, d, h);
        block->back_bias = take(&c, d);
    }
    take_norm(&c, d, r->bn_eps, &w->gain, &w->offset);
    w->head = take(&c, r->net->n_outs * d);
    w->head_bias = take(&c, r->net->n_outs);
}

static fid_status read_weights(reader *r, const char *path)
{
    size_t n = expected_weights(r);
    if (n != r->n_weights)
        return malformed(r, "nweights does not fit the sizes");
    struct bench_net_weights *w = r->net->weights = fid_alloc(1, sizeof *w);
    float *stored = malloc(n * sizeof *stored);
    FILE *file = fopen(path, "rb");
    fid_status status = FID_OK;
    if (w) {
        w->d = r->d;
        w->hidden = r->hidden;
        w->n_blocks = r->n_blocks;
        w->n_in = count_inputs(r->net);
        /* every array is rounded up, the units of a block by up to a row of d */
        size_t room = n + BENCH_NET_LANES *
                              (8 + r->net->n_cats + r->n_blocks * (8 + 2 * r->d));
        w->memory = aligned_alloc(64, (room * sizeof(float) + 63) / 64 * 64);
    }
    if (!w || !stored || !w->memory)
        status = fid_error_set(r->err, FID_NOMEM, "out of memory");
    else if (!file)
        status = fid_error_set(r->err, FID_IO, "%s: cannot be opened", path);
    else if (fread(stored, sizeof *stored, n, file) != n)
        status = fid_error_set(r->err, FID_IO, "%s: shorter than %zu weights", path, n);
    else
        lay_out(r, w, stored);
    if (file)
        fclose(file);
    free(stored);
    return status;
}

fid_status bench_net_open(bench_net **out, const char *folder, const char *name,
                          fid_error *err)
{
    char header[4096], weights[4096];
    snprintf(header, sizeof header, "%s/%s.hdr", folder, name);
    snprintf(weights, sizeof weights, "%s/%s.weights.f32", folder, name);
    *out = NULL;
    reader r = {.path = header, .err = err, .file = fopen(header, "r")};
    if (!r.file)
        return fid_error_set(err, FID_NOT_FOUND, "%s: cannot be opened", header);
    fid_status status = FID_NOMEM;
    r.net = fid_alloc(1, sizeof *r.net);
    if (r.net)
        status = read_header(&r);
    fclose(r.file);
    if (!status)
        status = read_weights(&r, weights);
    if (status)
        bench_net_close(r.net);
    else
        *out = r.net;
    return status;
}

void bench_net_close(bench_net *net)
{
    if (!net)
        return;
    for (size_t i = 0; i < net->n_cats; i++) {
        free(net->cats[i].levels);
        free(net->cats[i].valid);
    }
    if (net->weights)
        free(net->weights->memory);
    free(net->weights);
    free(net);
}
