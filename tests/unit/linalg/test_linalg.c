/* Against LAPACK, and against itself done another way. */
#include "check.h"

#include <fidelio/linalg.h>
#include <fidelio/rand.h>
#include <lapacke.h>

#include "linalg/tile.h"

#include <string.h>

static double *matrix(size_t n, size_t ld, uint64_t id)
{
    double *k = calloc(n * ld, sizeof *k), *x = calloc(n, sizeof *x);
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, id);
    for (size_t i = 0; i < n; i++)
        x[i] = fid_rng_uniform(&rng);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            k[i * ld + j] = exp(-3 * fabs(x[i] - x[j])) + (i == j ? 1e-3 : 0);
    free(x);
    return k;
}

static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 31, 32, 33, 64, 97, 130};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

TEST(factor_and_inverse_agree_with_lapack)
{
    for (size_t s = 0; s < N_SIZES; s++) {
        size_t n = sizes[s], ld = fid_pad(n);
        double *k = matrix(n, ld, s), *u = calloc(n * ld, 8), *ref = calloc(n * ld, 8);
        double *inv = calloc(n * ld, 8), *x = calloc(n * ld, 8);
        double *work = calloc(n * FID_PANEL, 8), jitter = -1;
        memcpy(ref, k, n * ld * sizeof *k);
        CHECK(fid_chol_factor(k, n, ld, u, &jitter, work) == FID_OK);
        CHECK(jitter == 0);
        fid_chol_inverse(u, n, ld, inv, x, work);
        /* Column-major lower is row-major upper. */
        LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', (int)n, ref, (int)ld);
        double logdet = 0;
        for (size_t i = 0; i < n; i++) {
            logdet += 2 * log(ref[i * ld + i]);
            for (size_t j = i; j < n; j++)
                CHECK_NEAR(u[i * ld + j], ref[i * ld + j], 1e-11);
        }
        CHECK_NEAR(fid_chol_logdet(u, n, ld), logdet, 1e-12);
        LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', (int)n, ref, (int)ld);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++)
                CHECK_NEAR(inv[i * ld + j], ref[i * ld + j], 1e-9);
        free(k), free(u), free(ref), free(inv), free(x), free(work);
    }
}

TEST(solves_undo_the_product)
{
    for (size_t s = 0; s < N_SIZES; s++) {
        size_t n = sizes[s], ld = fid_pad(n);
        double *k = matrix(n, ld, s), *u = calloc(n * ld, 8);
        double *panel = calloc(n * FID_PANEL, 8), *b = calloc(n * FID_PANEL, 8);
        double *x = calloc(n, 8), *work = calloc(n * FID_PANEL, 8), jitter;
        CHECK(fid_chol_factor(k, n, ld, u, &jitter, work) == FID_OK);
        for (size_t i = 0; i < n * FID_PANEL; i++)
            b[i] = panel[i] = sin((double)i);
        fid_chol_lower_panel(u, n, ld, panel);
        for (size_t i = 0; i < n; i++)
            x[i] = b[i * FID_PANEL + 5];
        fid_chol_lower(u, n, ld, x);
        for (size_t i = 0; i < n; i++)
            CHECK_NEAR(x[i], panel[i * FID_PANEL + 5], 1e-12);
        fid_chol_upper_panel(u, n, ld, panel);
        fid_chol_upper(u, n, ld, x);
        for (size_t i = 0; i < n; i++) {
            CHECK_NEAR(x[i], panel[i * FID_PANEL + 5], 1e-9);
            for (size_t c = 0; c < FID_PANEL; c += 7) {
                double sum = 0;
                for (size_t j = 0; j < n; j++)
                    sum += k[i * ld + j] * panel[j * FID_PANEL + c];
                CHECK_NEAR(sum, b[i * FID_PANEL + c], 1e-10);
            }
        }
        free(k), free(u), free(panel), free(b), free(x), free(work);
    }
}

TEST(a_factor_grown_by_rows_equals_one_made_at_once_bit_for_bit)
{
    size_t n = 97, ld = fid_pad(n);
    double *k = matrix(n, ld, 50), *u = calloc(n * ld, 8), *v = calloc(n * ld, 8);
    double *work = calloc(n * FID_PANEL, 8), *column = calloc(n, 8), jitter;
    CHECK(fid_chol_factor(k, n, ld, u, &jitter, work) == FID_OK);
    CHECK(fid_chol_factor(k, 40, ld, v, &jitter, work) == FID_OK);
    for (size_t m = 40; m < n; m++) {
        for (size_t i = 0; i <= m; i++)
            column[i] = k[i * ld + m];
        CHECK(fid_chol_append(v, m, ld, column) == FID_OK);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            CHECK(u[i * ld + j] == v[i * ld + j]);
    free(k), free(u), free(v), free(work), free(column);
}

TEST(a_singular_matrix_gets_a_reported_jitter)
{
    size_t n = 40, ld = fid_pad(n);
    double *k = calloc(n * ld, 8), *u = calloc(n * ld, 8), jitter;
    double *work = calloc(n * FID_PANEL, 8);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            k[i * ld + j] = 1;
    CHECK(fid_chol_factor(k, n, ld, u, &jitter, work) == FID_OK);
    CHECK(jitter >= 1e-10 && jitter <= 1e-8);
    k[3 * ld + 3] = -1;
    CHECK(fid_chol_factor(k, n, ld, u, &jitter, work) == FID_NOT_PD);
    k[3 * ld + 3] = NAN;
    CHECK(fid_chol_factor(k, n, ld, u, &jitter, work) == FID_NOT_PD);
    free(k), free(u), free(work);
}

#if defined(__x86_64__)
/* Instruction sets with fused multiply-add give the same bits. */
static void compare(const fid__linalg_ops *one, const fid__linalg_ops *two)
{
    double a[4 * 64], b[64 * FID_PANEL], c[4 * FID_PANEL], d[4 * FID_PANEL], x[77],
        y[77];
    for (size_t i = 0; i < 256; i++)
        a[i] = sin((double)i);
    for (size_t i = 0; i < 64 * FID_PANEL; i++)
        b[i] = cos((double)i);
    for (size_t rows = 1; rows <= 4; rows++) {
        for (size_t i = 0; i < 4 * FID_PANEL; i++)
            c[i] = d[i] = (double)i;
        one->tile(a, 4, 1, b, 61, c, rows);
        two->tile(a, 4, 1, b, 61, d, rows);
        CHECK(memcmp(c, d, sizeof c) == 0);
    }
    for (size_t n = 0; n < 77; n++) {
        CHECK(one->dot(a, b, n) == two->dot(a, b, n));
        memcpy(x, a, sizeof x);
        memcpy(y, a, sizeof y);
        one->axpy(0.3, b, x, n);
        two->axpy(0.3, b, y, n);
        CHECK(memcmp(x, y, sizeof x) == 0);
    }
}
#endif

TEST(avx2_and_avx512_agree_bit_for_bit)
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq"))
        SKIP("no AVX-512 here");
    compare(&fid__linalg_avx2, &fid__linalg_avx512);
#else
    SKIP("not this machine");
#endif
}

int main(void)
{
    RUN(factor_and_inverse_agree_with_lapack);
    RUN(solves_undo_the_product);
    RUN(a_factor_grown_by_rows_equals_one_made_at_once_bit_for_bit);
    RUN(a_singular_matrix_gets_a_reported_jitter);
    RUN(avx2_and_avx512_agree_bit_for_bit);
    DONE();
}
