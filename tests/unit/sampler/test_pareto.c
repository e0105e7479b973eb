#include "check.h"
#include "sampler/pareto.h"

#include <fidelio/rand.h>

enum { N = 60, MAX_M = 4 };

static bool dominates(const double *a, const double *b, size_t m)
{
    bool better = false;
    for (size_t c = 0; c < m; c++) {
        if (a[c] > b[c])
            return false;
        better |= a[c] < b[c];
    }
    return better;
}

/* Front number by the definition: 1 + the largest front of those that dominate it. */
static void fronts(const double *loss, size_t n, size_t m, int *front)
{
    for (size_t i = 0; i < n; i++)
        front[i] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                if (dominates(loss + j * m, loss + i * m, m) && front[i] <= front[j]) {
                    front[i] = front[j] + 1;
                    changed = true;
                }
            }
        }
    }
}

TEST(no_one_is_left_out_who_is_in_an_earlier_front)
{
    fid_rng rng = fid_rng_stream(2, FID_RNG_TEST, 0);
    for (int round = 0; round < 60; round++) {
        double loss[N * MAX_M];
        int front[N];
        size_t out[N], m = 1 + (size_t)round % MAX_M,
                       k = (size_t)fid_rng_below(&rng, N + 1);
        for (size_t i = 0; i < N * m; i++) /* coarse: there are ties and duplicates */
            loss[i] = (double)fid_rng_below(&rng, 8) * (round % 3 ? 1 : 1e300);
        fronts(loss, N, m, front);
        CHECK(fid__pareto_best(loss, N, m, k, out) == FID_OK);
        bool in[N] = {false};
        int last = -1, first_out = N;
        for (size_t i = 0; i < k; i++) {
            CHECK(out[i] < N && !in[out[i]]);
            in[out[i]] = true;
            last = front[out[i]] > last ? front[out[i]] : last;
        }
        for (size_t i = 0; i < N; i++) {
            if (!in[i] && front[i] < first_out)
                first_out = front[i];
        }
        CHECK(last <= first_out);
    }
}

TEST(a_front_that_does_not_fit_gives_its_ends_and_its_middle)
{
    const double loss[5 * 2] = {0.1, 0.9, 0, 1, 0.5, 0.5, 1, 0, 0.05, 0.95};
    size_t out[3];
    bool in[5] = {false};
    CHECK(fid__pareto_best(loss, 5, 2, 3, out) == FID_OK);
    for (int i = 0; i < 3; i++)
        in[out[i]] = true;
    CHECK(in[1] && in[2] && in[3]);
}

int main(void)
{
    RUN(no_one_is_left_out_who_is_in_an_earlier_front);
    RUN(a_front_that_does_not_fit_gives_its_ends_and_its_middle);
    DONE();
}
