/* A report's numbers on results made by hand: two methods, two problems, eight seeds.
 * `slow` finds the optimum at evaluation 8 after 80 s, `fast` at evaluation 2 after 20 s,
 * but on the second problem `fast` stays at the middle. */
#include "check.h"

#include "bench/ranking.h"
#include "bench/series.h"

#include <string.h>

enum { SEEDS = 8, N = 2 * 2 * SEEDS };

static bench_result made[N];
static bench_moment moments[N][2];
static bench_effort efforts[N][3];

static void make(size_t i, const char *problem, const char *method, unsigned seed,
                 uint64_t when, double end)
{
    bench_result *r = &made[i];
    *r = (bench_result){.seed = seed, .workers = 1, .whole = true, .ok = true, .budget = 10,
                        .best = 0.0, .median = 1.0};
    snprintf(r->problem, sizeof r->problem, "%s", problem);
    snprintf(r->method, sizeof r->method, "%s", method);
    snprintf(r->group, sizeof r->group, "%s", strcmp(problem, "p") == 0 ? "smooth" : "rugged");
    moments[i][0] = (bench_moment){1, 1.0, 10.0, 1.0};
    moments[i][1] = (bench_moment){when, (double)when, 10.0 * (double)when, end};
    efforts[i][0] = (bench_effort){1, 0.0};
    efforts[i][1] = (bench_effort){2, 0.001 * seed};
    efforts[i][2] = (bench_effort){10, 0.001 * seed + 0.008};
    r->trace = (bench_trace){.moments = moments[i], .n_moments = 2, .efforts = efforts[i],
                             .n_efforts = 3, .evaluations = 10, .spent = 10.0,
                             .seconds = 100.0, .asks = 10};
}

static void make_all(void)
{
    size_t i = 0;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        make(i++, "p", "fast", seed, 2, 0.0);
        make(i++, "p", "slow", seed, 8, 0.0);
        make(i++, "q", "fast", seed, 2, 0.5);
        make(i++, "q", "slow", seed, 8, 0.01 * seed); /* quartiles of 0.01 .. 0.08 */
    }
}

static bench_table *table(void)
{
    bench_table *t;
    size_t n;
    make_all();
    CHECK(bench_tables_create(&t, &n, made, N) == FID_OK && n == 1);
    CHECK(t->n_methods == 2 && t->n_problems == 2 && t->n_cases == 16);
    return t;
}

static size_t method(const bench_table *t, const char *name)
{
    return strcmp(t->methods[0], name) == 0 ? 0 : 1;
}

static size_t problem(const bench_table *t, const char *name)
{
    return strcmp(t->problems[0], name) == 0 ? 0 : 1;
}

TEST(curves_over_evaluations_and_time_are_the_mean_of_the_problems)
{
    static bench_series s;
    bench_table *t = table();
    size_t fast = method(t, "fast"), slow = method(t, "slow");
    CHECK(bench_series_compute(t, BENCH_BY_EVALUATIONS, &s) == FID_OK);
    CHECK_NEAR(s.x[0], 1.0, 1e-12);
    CHECK_NEAR(s.x[BENCH_POINTS - 1], 10.0, 1e-12);
    for (size_t i = 0; i < BENCH_POINTS; i++) {
        CHECK_NEAR(s.regret[i][fast], s.x[i] >= 2.0 ? 0.25 : 1.0, 1e-12);
        CHECK_NEAR(s.regret[i][slow], s.x[i] >= 8.0 ? 0.0225 : 1.0, 1e-12);
        /* equal before 2; fast leads; then equal on p and behind on q */
        CHECK_NEAR(s.rank[i][fast], s.x[i] < 2.0 ? 1.5 : s.x[i] < 8.0 ? 1.0 : 1.75, 1e-12);
    }
    CHECK(bench_series_compute(t, BENCH_BY_SECONDS, &s) == FID_OK);
    CHECK_NEAR(s.x[BENCH_POINTS - 1], 1.0, 1e-12); /* all took 100 s */
    for (size_t i = 0; i < BENCH_POINTS; i++)
        if (fabs(s.x[i] - 0.2) > 1e-9 && s.x[i] >= 0.1)
            CHECK_NEAR(s.regret[i][fast], s.x[i] > 0.2 ? 0.25 : 1.0, 1e-12);
    bench_tables_destroy(t, 1);
}

TEST(a_problem_and_a_group_have_their_own_quartiles_and_tests)
{
    bench_table *t = table();
    bench_numbers x = {0};
    double q[3], p[BENCH_MAX_METHODS];
    size_t fast = method(t, "fast"), slow = method(t, "slow");
    bench_quartiles(t, problem(t, "q"), slow, 10.0, q);
    CHECK_NEAR(q[0], 0.0275, 1e-12); /* NumPy's linear quantiles of 0.01 .. 0.08 */
    CHECK_NEAR(q[1], 0.045, 1e-12);
    CHECK_NEAR(q[2], 0.0625, 1e-12);
    bench_group_quartiles(t, "rugged", fast, 10.0, q);
    CHECK_NEAR(q[1], 0.5, 1e-12);
    /* areas differ the same way on all eight seeds: the least exact p is 2 / 2^8 */
    bench_problem_p(t, problem(t, "q"), slow, p);
    CHECK_NEAR(p[fast], 2.0 / 256.0, 1e-12);
    CHECK(isnan(p[slow]));
    bench_numbers_compute(t, "smooth", NULL, &x);
    CHECK(x.reference == fast); /* found it earlier */
    CHECK_NEAR(x.area[fast], 0.2, 1e-12);
    CHECK_NEAR(x.area[slow], 0.8, 1e-12);
    bench_numbers_compute(t, NULL, "slow", &x);
    CHECK(x.reference == slow);
    CHECK(bench_count_in(t, "smooth") == 1 && bench_count_in(t, NULL) == 2);
    bench_tables_destroy(t, 1);
}

TEST(decision_times_are_means_between_two_counts)
{
    bench_table *t = table();
    double n[BENCH_EFFORTS], ms[BENCH_EFFORTS];
    CHECK(bench_efforts(t, method(t, "fast"), n, ms) == 2);
    CHECK(n[0] == 2.0 && n[1] == 10.0);
    CHECK_NEAR(ms[0], 4.5, 1e-9); /* 1 ms x seed, seeds 1 .. 8 */
    CHECK_NEAR(ms[1], 1.0, 1e-9);
    bench_tables_destroy(t, 1);
}

TEST(methods_whose_difference_is_not_significant_share_a_bar)
{
    static bench_ranking r;
    bench_numbers x = {0};
    bench_table *t = table();
    bench_numbers_compute(t, NULL, NULL, &x);
    CHECK(bench_ranking_compute(t, &x, &r) == FID_OK);
    CHECK(r.order[0] == method(t, "slow"));
    CHECK_NEAR(r.rank[r.order[0]], 1.25, 1e-12);
    CHECK(r.n_bars == 0); /* sixteen pairs, the area of all differs the same way */
    bench_tables_destroy(t, 1);
}

TEST(a_problem_without_an_optimum_takes_it_from_the_results)
{
    make_all();
    for (size_t i = 0; i < N; i++)
        if (strcmp(made[i].problem, "q") == 0)
            made[i].best = made[i].median = (double)NAN;
    CHECK(bench_results_fill_references(made, N) == FID_OK);
    for (size_t i = 0; i < N; i++) {
        bool is_q = strcmp(made[i].problem, "q") == 0;
        CHECK_NEAR(made[i].best, is_q ? 0.01 : 0.0, 1e-12);
        CHECK_NEAR(made[i].median, 1.0, 1e-12);
    }
}

int main(void)
{
    RUN(curves_over_evaluations_and_time_are_the_mean_of_the_problems);
    RUN(a_problem_and_a_group_have_their_own_quartiles_and_tests);
    RUN(decision_times_are_means_between_two_counts);
    RUN(methods_whose_difference_is_not_significant_share_a_bar);
    RUN(a_problem_without_an_optimum_takes_it_from_the_results);
    DONE();
}
