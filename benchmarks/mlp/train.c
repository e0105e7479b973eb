/* Optimisers, learning-rate schedules, one epoch, checkpoints. */
#include "mlp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trainer_init(trainer *t, net *model, const recipe *r, const table *train)
{
    *t = (trainer){.model = model, .recipe = *r};
    t->first = room(model->n_weights, sizeof(float));
    t->second = room(model->n_weights, sizeof(float));
    t->order = room(train->n, sizeof *t->order);
    t->x = room(r->batch * train->d, sizeof(float));
    t->y = room(r->batch, sizeof(int));
}

void trainer_deinit(trainer *t)
{
    free(t->first);
    free(t->second);
    free(t->order);
    free(t->x);
    free(t->y);
}

/* Learning rate after `epoch` epochs (a fraction inside one). */
static double rate_at(const recipe *r, double epoch)
{
    double done = fmin(epoch / r->horizon, 1), factor = 1;
    switch (r->schedule) {
    case COSINE: /* Loshchilov and Hutter 2017, without restarts */
        factor = 0.5 * (1 + cos(3.14159265358979323846 * done));
        break;
    case STEPS:
        factor = done >= 0.75 ? 0.01 : done >= 0.5 ? 0.1 : 1;
        break;
    case EXPONENTIAL:
        factor = pow(0.01, done);
        break;
    default:
        break;
    }
    return r->lr * factor * (epoch < r->warmup ? (epoch + 1e-3) / r->warmup : 1);
}

static void update_sgd(trainer *t, double rate)
{
    const recipe *r = &t->recipe;
    net *m = t->model;
    float lr = (float)rate, mu = (float)r->momentum, decay = (float)r->weight_decay;
    for (size_t i = 0; i < m->n_weights; i++) {
        t->first[i] = mu * t->first[i] + m->gradient[i] + decay * m->weights[i];
        m->weights[i] -= lr * t->first[i];
    }
}

/* AdamW: Loshchilov and Hutter 2019; the decay is scaled by the rate as theirs. */
static void update_adam(trainer *t, double rate)
{
    const recipe *r = &t->recipe;
    net *m = t->model;
    double n = (double)t->steps, b1 = r->momentum, b2 = r->beta2;
    float lr = (float)(rate * sqrt(1 - pow(b2, n)) / (1 - pow(b1, n)));
    float shrink = (float)(rate * r->weight_decay), f1 = (float)b1, f2 = (float)b2;
    for (size_t i = 0; i < m->n_weights; i++) {
        float g = m->gradient[i];
        t->first[i] = f1 * t->first[i] + (1 - f1) * g;
        t->second[i] = f2 * t->second[i] + (1 - f2) * g * g;
        m->weights[i] -= lr * t->first[i] / (sqrtf(t->second[i]) + 1e-8f) +
                         shrink * m->weights[i];
    }
}

static void shuffle(trainer *t, size_t n)
{
    stream s = stream_of(t->recipe.seed, FOR_SHUFFLE, t->epoch);
    for (size_t i = 0; i < n; i++)
        t->order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(stream_u64(&s) % i), keep = t->order[i - 1];
        t->order[i - 1] = t->order[j];
        t->order[j] = keep;
    }
}

static void gather(trainer *t, const table *train, size_t first, size_t n)
{
    size_t d = train->d;
    for (size_t i = 0; i < n; i++) {
        size_t row = t->order[first + i];
        memcpy(t->x + i * d, train->x + row * d, d * sizeof *t->x);
        t->y[i] = train->y[row];
    }
}

double trainer_epoch(trainer *t, const table *train)
{
    shuffle(t, train->n);
    stream drop = stream_of(t->recipe.seed, FOR_DROPOUT, t->epoch);
    double sum = 0;
    size_t wrong = 0;
    for (size_t at = 0, n; at < train->n; at += n) {
        n = train->n - at < t->recipe.batch ? train->n - at : t->recipe.batch;
        gather(t, train, at, n);
        sum += (double)n * net_forward(t->model, t->x, t->y, n, &drop, &wrong);
        net_backward(t->model, t->x, t->y, n);
        double epoch = (double)t->epoch + (double)at / (double)train->n;
        t->steps++;
        if (t->recipe.rule == ADAM)
            update_adam(t, rate_at(&t->recipe, epoch));
        else
            update_sgd(t, rate_at(&t->recipe, epoch));
    }
    t->epoch++;
    return sum / (double)train->n;
}

void trainer_evaluate(trainer *t, const table *data, double *loss, double *error)
{
    size_t wrong = 0, batch = t->model->batch;
    double sum = 0;
    for (size_t at = 0, n; at < data->n; at += n) {
        n = data->n - at < batch ? data->n - at : batch;
        sum += (double)n * net_forward(t->model, data->x + at * data->d, data->y + at,
                                       n, NULL, &wrong);
    }
    *loss = sum / (double)data->n;
    *error = (double)wrong / (double)data->n;
}

/* What must agree for a checkpoint to be of use. */
typedef struct {
    char magic[8];
    uint64_t d, width, depth, n_classes, act, seed, rule, n_weights;
    uint64_t epoch, steps;
} header;

static header header_of(const trainer *t)
{
    const net *m = t->model;
    return (header){"fidmlp1",    m->d,     m->width,       m->depth,
                    m->n_classes, m->act,   t->recipe.seed, t->recipe.rule,
                    m->n_weights, t->epoch, t->steps};
}

void trainer_save(const trainer *t, const char *path)
{
    char part[4096];
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        die("checkpoint path is too long");
    header h = header_of(t);
    size_t n = t->model->n_weights;
    FILE *file = fopen(part, "wb");
    bool good = file && fwrite(&h, sizeof h, 1, file) == 1 &&
                fwrite(t->model->weights, sizeof(float), n, file) == n &&
                fwrite(t->first, sizeof(float), n, file) == n &&
                fwrite(t->second, sizeof(float), n, file) == n;
    if (file && fclose(file) != 0)
        good = false;
    if (!good || rename(part, path) != 0)
        die("cannot write %s", path);
}

bool trainer_load(trainer *t, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    header h, want = header_of(t);
    size_t n = t->model->n_weights;
    if (fread(&h, sizeof h, 1, file) != 1 || memcmp(&h, &want, offsetof(header, epoch)))
        die("%s is not a checkpoint of this network", path);
    if (fread(t->model->weights, sizeof(float), n, file) != n ||
        fread(t->first, sizeof(float), n, file) != n ||
        fread(t->second, sizeof(float), n, file) != n)
        die("%s is cut short", path);
    (void)fclose(file);
    t->epoch = (size_t)h.epoch;
    t->steps = h.steps;
    return true;
}
