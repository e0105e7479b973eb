/* What every problem must keep, whichever family it is of. The public data are looked at
 * where they are. */
#include "check.h"

#include "problems/problem.h"

#include <string.h>

enum { MAX_DIM = 256, SAMPLES = 20 };

static bench_problem_options options;
static char data[600], tables[600], reference[600];

static void set_options(void)
{
    const char *root = getenv("FIDELIO_DATA"), *source = getenv("FIDELIO_SOURCE");
    source = source ? source : ".";
    snprintf(tables, sizeof tables, "%s/benchmarks/tables", source);
    snprintf(reference, sizeof reference, "%s/benchmarks/reference.tsv", source);
    if (root)
        snprintf(data, sizeof data, "%s", root);
    else
        snprintf(data, sizeof data, "%s/../shared/data", source);
    options = (bench_problem_options){
        .data = data, .tables = tables, .reference = reference, .instance = 3, .whole = true};
}

static bench_problem *open_problem(const char *name)
{
    bench_problem *p = NULL;
    fid_error err = {0};
    if (bench_problem_open(&p, name, &options, &err)) {
        printf("%s: %s\n", name, err.message);
        check_failures++;
    }
    return p;
}

/* A random configuration; in a pool, a row. */
static void draw(const bench_problem *p, fid_rng *rng, fid_value *config)
{
    double u[MAX_DIM];
    size_t dim = fid_space_dim(p->space);
    fid_space_sample(p->space, rng, false, u);
    if (p->pool.n)
        memcpy(u, p->pool.points + fid_rng_below(rng, p->pool.n) * dim, dim * sizeof *u);
    fid_space_decode(p->space, u, config);
}

static bench_answer evaluate(bench_problem *p, const fid_value *config, uint64_t seed,
                             double fidelity)
{
    bench_answer answer = {0};
    bench_query query = {config, seed, fidelity};
    CHECK(bench_problem_evaluate(p, &query, 1, &answer, NULL) == FID_OK);
    return answer;
}

/* The optimum is finite, below the median, and no random configuration is better. */
static void check_one(void *ctx, const char *name)
{
    size_t *count = ctx;
    fid_value config[MAX_DIM];
    bench_problem *p = open_problem(name);
    if (!p)
        return;
    (*count)++;
    fid_rng rng = fid_rng_stream(5, FID_RNG_PROBLEM, 1);
    bool fine = isfinite(p->best) && p->best < p->median && p->source[0] && p->licence[0] &&
                p->cost && p->group[0] && fid_space_dim(p->space) <= MAX_DIM;
    for (size_t k = 0; fine && k < SAMPLES; k++) {
        draw(p, &rng, config);
        bench_answer a = evaluate(p, config, k, p->max_fidelity);
        bench_answer again = evaluate(p, config, k, p->max_fidelity);
        fine = memcmp(a.values, again.values, sizeof *a.values) == 0 && a.seconds >= 0.0;
        /* several objectives: one point's volume says nothing of the whole front's */
        if (a.end == FID_END_DONE && p->outline.n_objectives == 1 && !isnan(a.truth))
            fine = fine && bench_problem_loss(p, 0, a.truth) >=
                               p->best - 1e-6 * fmax(1.0, fabs(p->best));
    }
    if (!fine)
        printf("%s: best %g, median %g\n", name, p->best, p->median);
    CHECK(fine);
    bench_problem_close(p);
}

/* Of families with many members, every seventh: `fidelio-bench verify` looks at all. */
static void check_some(void *ctx, const char *name)
{
    static size_t n;
    bool many = strncmp(name, "rbv2_", 5) == 0 || strncmp(name, "lcbench", 7) == 0 ||
                strncmp(name, "bbob", 4) == 0 || strncmp(name, "quantile", 8) == 0;
    if (!many || n++ % 7 == 0)
        check_one(ctx, name);
}

TEST(every_listed_problem_opens_repeats_itself_and_keeps_its_optimum)
{
    size_t count = 0;
    CHECK(bench_problem_list(&options, check_some, &count) == FID_OK);
    CHECK(count >= 50);
    printf("%zu problems\n", count);
}

/* Its header says epoch_milliseconds; a network that small trains within a minute. */
TEST(a_tables_milliseconds_become_seconds)
{
    fid_value config[MAX_DIM];
    bench_problem *p = open_problem("mlp/vehicle");
    fid_rng rng = fid_rng_stream(5, FID_RNG_PROBLEM, 2);
    for (size_t k = 0; p && k < SAMPLES; k++) {
        draw(p, &rng, config);
        double seconds = evaluate(p, config, k, p->max_fidelity).seconds;
        CHECK(seconds > 1e-3 && seconds < 60);
    }
    bench_problem_close(p);
}

TEST(functions_exist_at_any_dimension_and_with_every_wrap)
{
    static const char *const names[] = {
        "branin+noise", "hartmann3+cat", "hartmann6+cond+noise", "ackley-d1", "ackley-d37",
        "rosenbrock-d2", "rosenbrock-d12+cat+noise", "levy-d3+cond", "griewank-d50",
        "styblinskitang-d7+noise", "bbob-f1-d2", "bbob-f24-d40", "bbob-f7-d3+noise",
        "hartmann6+mf", "hartmann3+mfbad", "branin+mf", "currin+mf", "hartmann6+mf+noise"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_one(&count, names[i]);
    CHECK(count == sizeof names / sizeof *names);
}

TEST(what_makes_no_sense_is_not_found)
{
    static const char *const names[] = {"branin+", "branin+cold", "ackley", "ackley-d0",
                                        "bbob-f25-d5", "bbob-f3-d1", "bbob-f3-d5+cat",
                                        "ackley-d5+mf", "levy-d4+cat+cond", "nobody", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bench_problem *p = NULL;
        fid_error err = {0};
        CHECK(bench_problem_open(&p, names[i], &options, &err) == FID_NOT_FOUND);
        CHECK(p == NULL && err.message[0]);
    }
}

TEST(noise_is_the_trials_own_and_leaves_the_truth)
{
    bench_problem *noisy = open_problem("hartmann6+noise"), *plain = open_problem("hartmann6");
    fid_value config[6];
    fid_rng rng = fid_rng_stream(6, FID_RNG_PROBLEM, 1);
    double sum = 0.0, squares = 0.0;
    enum { N = 2000 };
    draw(plain, &rng, config);
    double truth = evaluate(plain, config, 0, 1.0).truth;
    for (uint64_t seed = 0; seed < N; seed++) {
        bench_answer a = evaluate(noisy, config, seed, 1.0);
        CHECK(a.truth == truth);
        sum += a.values[0] - truth;
        squares += (a.values[0] - truth) * (a.values[0] - truth);
    }
    double sd = 0.05 * (noisy->median - noisy->best); /* as the name promises */
    CHECK(fabs(sum / N) < 4.0 * sd / sqrt(N));
    CHECK_NEAR(sqrt(squares / N) / sd, 1.0, 0.05);
    bench_problem_close(noisy);
    bench_problem_close(plain);
}

TEST(low_fidelities_are_biased_and_the_highest_is_the_function)
{
    options.whole = false;
    bench_problem *mf = open_problem("hartmann6+mf"), *bad = open_problem("hartmann6+mfbad");
    options.whole = true;
    bench_problem *plain = open_problem("hartmann6");
    fid_value config[6];
    double low = 0.0, worse = 0.0;
    fid_rng rng = fid_rng_stream(7, FID_RNG_PROBLEM, 1);
    for (int k = 0; k < 50; k++) {
        draw(plain, &rng, config);
        double truth = evaluate(plain, config, 0, 1.0).truth;
        CHECK_NEAR(evaluate(mf, config, 0, mf->max_fidelity).truth, truth, 1e-12);
        CHECK_NEAR(evaluate(bad, config, 0, bad->max_fidelity).truth, truth, 1e-12);
        low += fabs(evaluate(mf, config, 0, 1.0).truth - truth);
        worse += fabs(evaluate(bad, config, 0, 1.0).truth - truth);
    }
    CHECK(low > 0.0 && worse > low);
    bench_problem_close(mf);
    bench_problem_close(bad);
    bench_problem_close(plain);
}

/* A grid is searched as a space and as a pool: the same values either way. */
TEST(a_pool_of_a_grids_rows_has_the_values_of_the_space)
{
    bench_problem *space = open_problem("mlp/vehicle"), *pool = open_problem("mlp/vehicle+pool");
    fid_value config[32];
    fid_rng rng = fid_rng_stream(8, FID_RNG_PROBLEM, 1);
    CHECK(space->pool.n == 0 && pool->pool.n == 1536);
    CHECK(space->best == pool->best && space->median == pool->median);
    for (int k = 0; k < 100; k++) {
        draw(pool, &rng, config);
        bench_answer a = evaluate(space, config, 1, 27.0), b = evaluate(pool, config, 1, 27.0);
        /* bit for bit: a diverged run is NaN */
        CHECK(memcmp(&a.values[0], &b.values[0], sizeof a.values[0]) == 0);
        CHECK(memcmp(&a.truth, &b.truth, sizeof a.truth) == 0 && a.end == b.end);
    }
    bench_problem_close(space);
    bench_problem_close(pool);
}

int main(void)
{
    set_options();
    RUN(every_listed_problem_opens_repeats_itself_and_keeps_its_optimum);
    RUN(a_tables_milliseconds_become_seconds);
    RUN(functions_exist_at_any_dimension_and_with_every_wrap);
    RUN(what_makes_no_sense_is_not_found);
    RUN(noise_is_the_trials_own_and_leaves_the_truth);
    RUN(low_fidelities_are_biased_and_the_highest_is_the_function);
    RUN(a_pool_of_a_grids_rows_has_the_values_of_the_space);
    DONE();
}
