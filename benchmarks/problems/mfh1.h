/* Tables in the `mfh1` format: NAME.hdr (text) says what NAME.f32 (little-endian
 * floats) holds; with `storage f16` it is NAME.f16 of half precision. The metric arrays'
 * last dimension is the fidelity. */
#ifndef BENCH_MFH1_H
#define BENCH_MFH1_H

#include <stdbool.h>
#include <stddef.h>

#include <fidelio/base.h>

typedef enum { BENCH_HP_FLOAT, BENCH_HP_INT, BENCH_HP_CAT, BENCH_HP_ORD } bench_hp_kind;

typedef struct {
    char name[128];
    bench_hp_kind kind;
    bool log;
    double low, high; /* FLOAT, INT */
    size_t n_choices; /* CAT, ORD */
    char (*choices)[64];
} bench_hp;

typedef struct {
    char name[64], role[16];
    bool maximize;
    const float *data; /* [n_conf][columns] */
    size_t columns;
} bench_array;

enum { BENCH_MFH1_HPS = 32, BENCH_MFH1_ARRAYS = 16 };

typedef struct {
    char name[128];
    size_t n_conf, n_hps, n_arrays, n_fids;
    bench_hp hps[BENCH_MFH1_HPS];
    bench_array arrays[BENCH_MFH1_ARRAYS];
    char fid_name[64];
    double *fids;         /* [n_fids] ascending */
    const float *configs; /* [n_conf][n_hps] */
    float *memory;
} bench_mfh1;

/* `path` names the header. FID_NOT_FOUND, FID_IO, FID_PARSE with file and line; arrays
 * that do not lie within the data or do not have n_conf rows are refused. */
fid_status bench_mfh1_open(bench_mfh1 **out, const char *path, fid_error *err);
void bench_mfh1_close(bench_mfh1 *table);

/* The first array with this role, or (name not NULL) with this name; NULL: none. */
const bench_array *bench_mfh1_find(const bench_mfh1 *table, const char *role,
                                   const char *name);

#endif
