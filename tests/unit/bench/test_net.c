/* The surrogates against the vectors that ship with them (ONNX Runtime 1.17). */
#include "check.h"

#include "problems/net.h"

#include <string.h>

enum { VECTORS = 200 };

static const char *data_folder(char *path, size_t room, const char *rest)
{
    const char *root = getenv("FIDELIO_DATA"), *source = getenv("FIDELIO_SOURCE");
    if (root)
        snprintf(path, room, "%s/%s", root, rest);
    else
        snprintf(path, room, "%s/../shared/data/%s", source ? source : ".", rest);
    return path;
}

static size_t read_rows(const bench_net *net, const char *path, bench_net_row *rows,
                        double (*want)[BENCH_NET_OUTPUTS])
{
    FILE *file = fopen(path, "r");
    static char line[8192];
    size_t n = 0;
    while (file && n < VECTORS && fgets(line, sizeof line, file)) {
        char *c = line;
        if (*c < '0' || *c > '9')
            continue;
        for (size_t i = 0; i < net->n_cats; i++, c += *c == ',')
            rows[n].codes[i] = (int)strtol(c, &c, 10);
        for (size_t i = 0; i < net->n_conts; i++, c += *c == ',')
            rows[n].numbers[i] = strtof(c, &c);
        for (size_t i = 0; i < net->n_outs; i++, c += *c == ',')
            want[n][i] = strtod(c, &c);
        n++;
    }
    if (file)
        fclose(file);
    return n;
}

static void compare(const char *name)
{
    static bench_net_row rows[VECTORS];
    static double want[VECTORS][BENCH_NET_OUTPUTS], got[VECTORS * BENCH_NET_OUTPUTS];
    char folder[4096], path[4200];
    bench_net *net;
    fid_status status =
        bench_net_open(&net, data_folder(folder, sizeof folder, "yahpo"), name, NULL);
    if (status == FID_NOT_FOUND)
        SKIP("no ../shared/data/yahpo");
    CHECK(status == FID_OK);
    snprintf(path, sizeof path, "%s/%s.vectors.csv", folder, name);
    size_t n = read_rows(net, path, rows, want);
    CHECK(n == VECTORS);
    CHECK(bench_net_evaluate(net, rows, n, got) == FID_OK);
    for (size_t o = 0; o < net->n_outs; o++) {
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (size_t i = 0; i < n; i++) {
            low = fmin(low, want[i][o]);
            high = fmax(high, want[i][o]);
        }
        for (size_t i = 0; i < n; i++)
            CHECK(fabs(got[i * net->n_outs + o] - want[i][o]) <= 2e-5 * (high - low));
    }
    /* a row's result does not depend on its company */
    double alone[BENCH_NET_OUTPUTS];
    CHECK(bench_net_evaluate(net, rows + 4, 1, alone) == FID_OK);
    CHECK(memcmp(alone, got + 4 * net->n_outs, net->n_outs * sizeof *alone) == 0);
    bench_net_close(net);
}

TEST(lcbench_agrees_with_its_vectors)
{
    compare("lcbench");
}

TEST(rbv2_xgboost_agrees_with_its_vectors)
{
    compare("rbv2_xgboost");
}

TEST(iaml_glmnet_agrees_with_its_vectors)
{
    compare("iaml_glmnet");
}

int main(void)
{
    RUN(lcbench_agrees_with_its_vectors);
    RUN(rbv2_xgboost_agrees_with_its_vectors);
    RUN(iaml_glmnet_agrees_with_its_vectors);
    DONE();
}
