/* The surrogates of YAHPO Gym (Pfisterer et al. 2022): small residual networks with
 * gated (ReGLU) blocks, in the plain files of the `yahpo1` format: NAME.hdr says what
 * goes in and out, NAME.weights.f32 holds the weights.
 *
 *   x  = embeddings of the categorical inputs, then the transformed numbers
 *   h  = W1 x + b1;  per block: u = W BN(h) + b, g_k = u_k max(0, u_{hidden+k}),
 *        h += V g + c;  s = sigmoid(W_head max(0, BN(h)) + b_head)
 *   y  = inverse transform of s mul + add
 *
 * Everything in single precision, as in the original. A row's result does not depend on
 * which rows are evaluated with it. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stdbool.h>
#include <stddef.h>

#include <fidelio/base.h>

enum { BENCH_NET_INPUTS = 32, BENCH_NET_OUTPUTS = 16 };

typedef struct {
    char name[64];
    size_t n_levels;
    char (*levels)[32]; /* [n_levels] by code; code 0 = inactive */
    bool *valid;        /* [n_levels] */
    bool instance;      /* the data set, not a hyperparameter */
    size_t width;       /* of its embedding */
} bench_net_cat;

typedef enum {
    BENCH_TF_ID,
    BENCH_TF_LOG,
    BENCH_TF_EXP,
    BENCH_TF_NEGEXP,
    BENCH_TF_NEGLOG,
    BENCH_TF_ROUND
} bench_net_tf;

typedef struct {
    char name[64];
    bool integer, log, fidelity;
    double low, high;
    bench_net_tf tf;
    double eps, c, sub, div;
} bench_net_cont;

typedef struct {
    char child[64], parent[64];
    size_t n;
    char values[8][32];
} bench_net_cond;

typedef struct {
    char name[64];
    bool maximize, runtime;
    bench_net_tf tf;
    double eps, c, mul, add;
} bench_net_out;

typedef struct {
    char name[64], source[256];
    size_t n_cats, n_conts, n_conds, n_outs;
    bench_net_cat cats[4];
    bench_net_cont conts[BENCH_NET_INPUTS];
    bench_net_cond conds[BENCH_NET_INPUTS];
    bench_net_out outs[BENCH_NET_OUTPUTS];
    struct bench_net_weights *weights;
} bench_net;

/* One configuration as the network takes it: 0 for what is inactive. */
typedef struct {
    int codes[4];
    float numbers[BENCH_NET_INPUTS];
} bench_net_row;

/* FID_IO, FID_PARSE with the file and line. */
fid_status bench_net_open(bench_net **out, const char *folder, const char *name,
                          fid_error *err);
void bench_net_close(bench_net *net);
/* y: [n][n_outs]. About 0.5 to 1.5 million multiplications a row. */
fid_status bench_net_evaluate(const bench_net *net, const bench_net_row *rows, size_t n,
                              double *y);

/* --- Shared by net.c (reading) and net_forward.c. */
enum { BENCH_NET_LANES = 16, BENCH_NET_HIDDEN = 2048 };
typedef struct {
    float *gain, *offset;           /* [d] batch norm, folded */
    float *gate, *linear;           /* [hidden / LANES][d][LANES] */
    float *gate_bias, *linear_bias; /* [hidden] */
    float *back;                    /* [hidden][d], transposed */
    float *back_bias;               /* [d] */
} bench__net_block;

struct bench_net_weights {
    size_t d, hidden, n_blocks, n_in;
    float *embeddings[4];
    float *first, *first_bias; /* [n_in][d] transposed, [d] */
    bench__net_block blocks[16];
    float *gain, *offset;    /* [d] */
    float *head, *head_bias; /* [n_outs][d], [n_outs] */
    float *memory;           /* all of the above, 64-byte aligned */
};

#endif
