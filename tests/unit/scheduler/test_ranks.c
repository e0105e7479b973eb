#include "check.h"
#include "scheduler/heap.h"
#include "scheduler/ranks.h"

#include <fidelio/rand.h>

enum { N = 20000 };

static int by_key(const void *x, const void *y)
{
    const fid__key *a = x, *b = y;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Insert N keys of few distinct values, so that ties abound, and compare with qsort. */
static void compare_with_sorting(double (*value)(fid_rng *rng, size_t i))
{
    static fid__key keys[N];
    static size_t below[N];
    fid__ranks ranks = {0};
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 1);
    for (size_t i = 0; i < N; i++) {
        keys[i] = (fid__key){value(&rng, i), i};
        CHECK(fid__ranks_insert(&ranks, keys[i], &below[i]));
    }
    for (size_t i = 0; i < N; i += 97) { /* the rank at the time of arrival */
        size_t n = 0;
        for (size_t j = 0; j < i; j++)
            n += by_key(&keys[j], &keys[i]) < 0;
        CHECK(below[i] == n);
    }
    qsort(keys, N, sizeof *keys, by_key);
    CHECK(ranks.n == N);
    for (size_t i = 0; i < N; i++) {
        fid__key at = fid__ranks_at(&ranks, i);
        CHECK(at.value == keys[i].value && at.id == keys[i].id);
        CHECK(fid__ranks_below(&ranks, keys[i]) == i);
    }
    CHECK(fid__ranks_below(&ranks, (fid__key){-1e300, 0}) == 0);
    CHECK(fid__ranks_below(&ranks, (fid__key){INFINITY, UINT64_MAX}) == N);
    fid__ranks_deinit(&ranks);
}

static double random_value(fid_rng *rng, size_t i)
{
    (void)i;
    return (double)fid_rng_below(rng, 500);
}

static double rising(fid_rng *rng, size_t i)
{
    (void)rng;
    return (double)i;
}

static double falling(fid_rng *rng, size_t i)
{
    (void)rng;
    return i % 3 ? -(double)i : (double)INFINITY;
}

TEST(ranks_agree_with_sorting)
{
    compare_with_sorting(random_value);
    compare_with_sorting(rising);
    compare_with_sorting(falling);
}

/* numpy.percentile([3, 1, 2, 10], [0, 25, 50, 90, 100]) */
TEST(percentiles_are_numpys)
{
    fid__ranks ranks = {0};
    static const double x[] = {3, 1, 2, 10};
    for (size_t i = 0; i < 4; i++)
        CHECK(fid__ranks_insert(&ranks, (fid__key){x[i], 0}, NULL));
    CHECK(fid__ranks_percentile(&ranks, 0) == 1);
    CHECK(fid__ranks_percentile(&ranks, 25) == 1.75);
    CHECK(fid__ranks_percentile(&ranks, 50) == 2.5);
    CHECK_NEAR(fid__ranks_percentile(&ranks, 90), 7.9, 1e-15);
    CHECK(fid__ranks_percentile(&ranks, 100) == 10);
    fid__ranks_deinit(&ranks);
}

TEST(a_heap_gives_its_entries_best_first_and_first_come_first)
{
    fid__heap heap = {0};
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 2);
    for (size_t i = 0; i < 1000; i++)
        CHECK(
            fid__heap_push(&heap, (fid__entry){(double)fid_rng_below(&rng, 50), i, i}));
    fid__entry last = heap.entry[0];
    for (size_t n = 1000; n > 0; n--) {
        fid__entry e = heap.entry[0];
        CHECK(heap.n == n);
        CHECK(last.value < e.value ||
              (last.value == e.value && last.arrival <= e.arrival));
        last = e;
        fid__heap_pop(&heap);
    }
    fid__heap_deinit(&heap);
}

int main(void)
{
    RUN(ranks_agree_with_sorting);
    RUN(percentiles_are_numpys);
    RUN(a_heap_gives_its_entries_best_first_and_first_come_first);
    DONE();
}
