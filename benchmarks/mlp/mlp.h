/* mlp.h -- a small multi-layer perceptron classifier, the program that the sweeps and
 * the benchmark table of our own train. Single precision, one BLAS thread, the same
 * numbers for the same seed whether a run is resumed or not. */
#ifndef MLP_H
#define MLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Print "fidelio-mlp: ..." and exit 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Zeroed room for n objects, or die. */
void *room(size_t n, size_t size);

/* --- Random numbers: a stream is a function of (seed, purpose, index), so an epoch can
 * be trained again without the ones before it. */
typedef struct {
    uint64_t state;
} stream;
enum { FOR_SPLIT = 1, FOR_WEIGHTS, FOR_SHUFFLE, FOR_DROPOUT };
stream stream_of(uint64_t seed, uint64_t purpose, uint64_t index);
uint64_t stream_u64(stream *s);
double stream_unit(stream *s);   /* [0, 1) */
double stream_normal(stream *s); /* Box-Muller */

/* --- Data: x is [n][d] row-major, y[n] classes 0..n_classes-1. */
typedef struct {
    size_t n, d, n_classes;
    float *x;
    int *y;
} table;
/* A CSV file of numbers, the last column the class; a first line that is no number is a
 * header. */
table table_read(const char *path);
void table_free(table *t);
/* Split off `fraction` of the rows by `seed` as *valid, the rest is *train; both scaled
 * to mean 0 and variance 1 per column of train. */
void table_split(const table *all, double fraction, uint64_t seed, table *train,
                 table *valid);

/* --- The network: depth hidden layers of `width` units and a softmax. */
typedef enum { RELU, TANH, SIGMOID, SILU, N_ACTIVATIONS } activation;

typedef struct {
    size_t d, width, depth, n_classes;
    activation act;
    double dropout;
    size_t n_weights; /* of all layers, W [in][out] then b [out] each */
    float *weights, *gradient;
    size_t batch;   /* rows that the arrays below hold */
    float **z, **a; /* [depth + 1] pre-activations, activations */
    float **mask;   /* [depth] dropout factors */
    float *dz, *da; /* [batch][max(width, n_classes)] */
    float *ones;    /* [batch] for sums over rows */
} net;

void net_init(net *m, size_t d, size_t width, size_t depth, size_t n_classes,
              activation act, double dropout, size_t batch, uint64_t seed);
void net_deinit(net *m);
/* Mean cross-entropy over n <= batch rows; *wrong is increased by the misclassified
 * ones. With `drop` the units are dropped by that stream (training). */
double net_forward(net *m, const float *x, const int *y, size_t n, stream *drop,
                   size_t *wrong);
/* Fill `gradient` for the rows of the last forward pass. */
void net_backward(net *m, const float *x, const int *y, size_t n);

/* --- Training. */
typedef enum { SGD, ADAM } rule;
typedef enum { CONSTANT, COSINE, STEPS, EXPONENTIAL, N_SCHEDULES } schedule;

typedef struct {
    rule rule;
    schedule schedule;
    double lr, momentum, beta2, weight_decay, horizon, warmup;
    size_t batch;
    uint64_t seed;
} recipe;

typedef struct {
    net *model;
    recipe recipe;
    size_t epoch;          /* epochs trained so far */
    uint64_t steps;        /* updates so far */
    float *first, *second; /* moments, [n_weights] */
    size_t *order;         /* [train.n] */
    float *x;              /* one batch */
    int *y;
} trainer;

void trainer_init(trainer *t, net *model, const recipe *r, const table *train);
void trainer_deinit(trainer *t);
/* One pass over the shuffled rows; the mean loss seen on the way. */
double trainer_epoch(trainer *t, const table *train);
/* Mean loss and misclassified share. */
void trainer_evaluate(trainer *t, const table *data, double *loss, double *error);
/* The whole state, written beside `path` and renamed over it. */
void trainer_save(const trainer *t, const char *path);
/* false: no such file. A file of another network or recipe: die. */
bool trainer_load(trainer *t, const char *path);

#endif
