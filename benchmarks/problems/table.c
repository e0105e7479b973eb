/* Problems over mfh1 tables. Where every hyperparameter is a choice the table is a
 * space of its own, and a configuration without a row fails at once; otherwise the rows
 * are a pool, and a configuration gets the curve of the nearest row (in the unit cube).
 */
#include "problem.h"

#include "mfh1.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bench_problem base;
    bench_mfh1 *table;
    const bench_array *metric, *cost, *status;
    double cost_unit; /* seconds: some tables count in milliseconds */
    size_t first;   /* column of fidelity 1: a step 0 is not a step */
    size_t columns; /* of the metric from there on */
    size_t seeds;   /* curves of a row; a trial's seed chooses one, the truth is their mean */
    bool repeats;   /* columns are seeds, not steps */
    bool noisy;     /* one seed by the trial's, not their mean */
    bool only_rows; /* a pool although it is a grid */
    int32_t *grid;  /* [product of choices] row, -1: none */
    double *points; /* [n_conf][dim]: the pool */
    int32_t *places; /* [n_places] rows + 1 by the hash of their point; 0 = empty */
    size_t n_places; /* a power of two */
    double *point;   /* [dim] scratch */
} table_problem;

/* --- A row's values. */

static double mean(const float *x, size_t n)
{
    double sum = 0.0;
    size_t valid = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i])) {
            sum += (double)x[i];
            valid++;
        }
    return valid ? sum / (double)valid : (double)NAN;
}

/* At step 1..columns. */
static double curve_value(const table_problem *t, size_t row, size_t step)
{
    const float *values = t->metric->data + row * t->metric->columns + t->first;
    if (t->repeats)
        return mean(values, step);
    double sum = 0.0; /* NaN when a curve diverged */
    for (size_t k = 0; k < t->seeds; k++)
        sum += (double)values[k * t->table->n_fids + step - 1];
    return sum / (double)t->seeds;
}

/* The curve that a trial with this seed sees. */
static double seed_curve_value(const table_problem *t, size_t row, size_t step,
                               uint64_t seed)
{
    fid_rng rng = fid_rng_stream(seed, FID_RNG_PROBLEM, row);
    size_t k = (size_t)fid_rng_below(&rng, t->seeds);
    return (double)t->metric->data[row * t->metric->columns + k * t->table->n_fids +
                                   t->first + step - 1];
}

static double seed_value(const table_problem *t, size_t row, uint64_t seed)
{
    const float *values = t->metric->data + row * t->metric->columns;
    fid_rng rng = fid_rng_stream(seed, FID_RNG_PROBLEM, row);
    size_t first = (size_t)fid_rng_below(&rng, t->columns);
    for (size_t k = 0; k < t->columns; k++)
        if (isfinite(values[(first + k) % t->columns]))
            return (double)values[(first + k) % t->columns];
    return (double)NAN;
}

/* Seconds from the start to `step`. */
static double curve_cost(const table_problem *t, size_t row, size_t step)
{
    if (!t->cost)
        return (double)step;
    const float *cost = t->cost->data + row * t->cost->columns;
    if (t->cost->columns == t->metric->columns && !t->repeats) {
        double sum = 0.0;
        for (size_t k = 0; k < t->first + step; k++)
            sum += isfinite(cost[k]) ? (double)cost[k] : 0.0;
        return sum * t->cost_unit;
    }
    double one = mean(cost, t->cost->columns) * t->cost_unit;
    return isfinite(one) && one > 0.0 ? one * (t->repeats ? 1.0 : (double)step) : 1.0;
}

static bool has_failed(const table_problem *t, size_t row)
{
    return t->status && t->status->data[row * t->status->columns] != 0.0f;
}

/* --- From a configuration to its row. */

static bool grid_row(const table_problem *t, const fid_value *config, size_t *row)
{
    size_t index = 0;
    for (size_t p = 0; p < t->table->n_hps; p++)
        index = index * t->table->hps[p].n_choices + config[p].choice;
    *row = t->grid[index] < 0 ? 0 : (size_t)t->grid[index];
    return t->grid[index] >= 0;
}

static size_t nearest_row(const table_problem *t, const double *u)
{
    size_t dim = fid_space_dim(t->base.space), best = 0;
    double least = HUGE_VAL;
    for (size_t row = 0; row < t->table->n_conf; row++) {
        const double *point = t->points + row * dim;
        double sum = 0.0;
        for (size_t i = 0; i < dim && sum < least; i++)
            sum += (u[i] - point[i]) * (u[i] - point[i]);
        if (sum < least) {
            least = sum;
            best = row;
        }
    }
    return best;
}

/* Where the row that is exactly at u is in `places`, or would be. */
static size_t place_of(const table_problem *t, const double *u)
{
    size_t bytes = fid_space_dim(t->base.space) * sizeof *u;
    size_t at = (size_t)fid_space_hash(t->base.space, u) & (t->n_places - 1);
    while (t->places[at] &&
           memcmp(t->points + (size_t)(t->places[at] - 1) * bytes / sizeof *u, u, bytes) != 0)
        at = (at + 1) & (t->n_places - 1);
    return at;
}

static bool find_row(table_problem *t, const fid_value *config, size_t *row)
{
    if (t->grid)
        return grid_row(t, config, row);
    if (fid_space_encode(t->base.space, config, t->point, NULL))
        return false;
    int32_t exact = t->places[place_of(t, t->point)];
    *row = exact ? (size_t)exact - 1 : nearest_row(t, t->point);
    return true;
}

static void answer(const table_problem *t, size_t row, const bench_query *query,
                   bench_answer *out)
{
    size_t step = t->columns;
    if (t->base.outline.fidelity.mode != FID_MODE_NONE)
        step = (size_t)fmin(fmax(query->fidelity, 1.0), (double)t->columns);
    out->truth = curve_value(t, row, step);
    out->values[0] = t->noisy        ? seed_value(t, row, query->seed)
                     : t->seeds > 1 ? seed_curve_value(t, row, step, query->seed)
                                    : out->truth;
    out->seconds = curve_cost(t, row, step);
    out->end = has_failed(t, row) || (t->repeats && !isfinite(out->truth))
                   ? FID_END_CRASHED
                   : FID_END_DONE;
}

static fid_status evaluate(bench_problem *problem, const bench_query *queries, size_t n,
                           bench_answer *answers, fid_error *err)
{
    table_problem *t = (table_problem *)problem;
    const fid_value *known = NULL;
    size_t row = 0;
    bool found = false;
    (void)err;
    for (size_t k = 0; k < n; k++) {
        answers[k] = (bench_answer){.truth = (double)NAN,
                                    .seconds = 1e-3,
                                    .values = {(double)NAN},
                                    .end = FID_END_INFEASIBLE};
        if (queries[k].config != known)
            found = find_row(t, queries[k].config, &row);
        known = queries[k].config;
        if (found)
            answer(t, row, &queries[k], &answers[k]);
    }
    return FID_OK;
}

static void destroy(bench_problem *problem)
{
    table_problem *t = (table_problem *)problem;
    fid_space_destroy(problem->space);
    bench_mfh1_close(t->table);
    free(t->grid);
    free(t->points);
    free(t->places);
    free(t->point);
    free(t);
}

static const bench_problem_type type = {"table", evaluate, destroy};

/* --- Building. */

static fid_literal literal(const char *word)
{
    size_t n = strlen(word);
    fid_literal out = {.kind = FID_LITERAL_STRING, .text = word};
    if (fid_parse_int(word, n, &out.i)) {
        out.kind = FID_LITERAL_INT;
        out.f = (double)out.i;
    } else if (fid_parse_double(word, n, &out.f)) {
        out.kind = FID_LITERAL_FLOAT;
    }
    return out;
}

static fid_status add_choice(table_problem *t, const bench_hp *hp, fid_error *err)
{
    fid_literal *choices = fid_alloc(hp->n_choices, sizeof *choices);
    if (!choices)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    for (size_t k = 0; k < hp->n_choices; k++)
        choices[k] = literal(hp->choices[k]);
    fid_status status = fid_space_add_choice(
        t->base.space, hp->name, choices, hp->n_choices, hp->kind == BENCH_HP_ORD, err);
    free(choices);
    return status;
}

static fid_status build_space(table_problem *t, fid_error *err)
{
    FID_TRY(fid_space_create(&t->base.space));
    for (size_t i = 0; i < t->table->n_hps; i++) {
        const bench_hp *hp = &t->table->hps[i];
        fid_scale scale = hp->log ? FID_SCALE_LOG : FID_SCALE_LINEAR;
        if (hp->kind >= BENCH_HP_CAT)
            FID_TRY(add_choice(t, hp, err));
        else if (hp->kind == BENCH_HP_INT)
            FID_TRY(fid_space_add_int(t->base.space, hp->name, (int64_t)hp->low,
                                      (int64_t)hp->high, scale, 1, err));
        else
            FID_TRY(fid_space_add_float(t->base.space, hp->name, hp->low, hp->high,
                                        scale, 0.0, err));
    }
    return fid_space_freeze(t->base.space, err);
}

static fid_status index_grid(table_problem *t, fid_error *err)
{
    size_t cells = 1;
    for (size_t i = 0; i < t->table->n_hps; i++) {
        cells *= t->table->hps[i].n_choices;
        if (cells > 50000000)
            return fid_error_set(err, FID_LIMIT, "%s: too many combinations",
                                 t->base.name);
    }
    t->grid = malloc(cells * sizeof *t->grid);
    if (!t->grid)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    for (size_t i = 0; i < cells; i++)
        t->grid[i] = -1;
    for (size_t row = 0; row < t->table->n_conf; row++) {
        size_t index = 0;
        for (size_t i = 0; i < t->table->n_hps; i++) {
            double choice = (double)t->table->configs[row * t->table->n_hps + i];
            size_t n = t->table->hps[i].n_choices;
            if (!(choice >= 0.0) || choice >= (double)n)
                return fid_error_set(err, FID_CORRUPT,
                                     "%s: row %zu, %s: choice %g of %zu", t->base.name,
                                     row, t->table->hps[i].name, choice, n);
            index = index * n + (size_t)choice;
        }
        t->grid[index] = (int32_t)row;
    }
    return FID_OK;
}

static void row_config(const table_problem *t, size_t row, fid_value *config)
{
    for (size_t i = 0; i < t->table->n_hps; i++) {
        const bench_hp *hp = &t->table->hps[i];
        double x = (double)t->table->configs[row * t->table->n_hps + i];
        config[i] = (fid_value){.active = true};
        if (hp->kind >= BENCH_HP_CAT) {
            config[i].choice = (size_t)x;
            continue;
        }
        config[i].f =
            fmin(fmax(x, hp->low), hp->high); /* single precision may overstep */
        if (hp->kind == BENCH_HP_INT) {
            config[i].f = rint(config[i].f);
            config[i].i = (int64_t)config[i].f;
        }
    }
}

static fid_status index_pool(table_problem *t, fid_error *err)
{
    size_t dim = fid_space_dim(t->base.space), n = t->table->n_conf;
    fid_value *config = fid_alloc(t->table->n_hps, sizeof *config);
    t->points = fid_alloc(n * dim, sizeof *t->points);
    t->point = fid_alloc(dim, sizeof *t->point);
    for (t->n_places = 16; t->n_places < 2 * n;)
        t->n_places *= 2;
    t->places = fid_alloc(t->n_places, sizeof *t->places);
    fid_status status =
        config && t->points && t->point && t->places ? FID_OK : FID_NOMEM;
    for (size_t row = 0; !status && row < n; row++) {
        double *point = t->points + row * dim;
        row_config(t, row, config);
        status = fid_space_encode(t->base.space, config, point, err);
        /* the point that the row's configuration has when it comes back */
        fid_space_decode(t->base.space, point, config);
        if (!status)
            status = fid_space_encode(t->base.space, config, point, err);
        size_t place = status ? 0 : place_of(t, point);
        if (!status && !t->places[place]) /* of equal rows the first counts */
            t->places[place] = (int32_t)row + 1;
    }
    free(config);
    t->base.pool = (bench_pool){n, t->points};
    return status;
}

static bool is_grid(const table_problem *t)
{
    for (size_t i = 0; i < t->table->n_hps; i++)
        if (t->table->hps[i].kind < BENCH_HP_CAT)
            return false;
    return true;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Exact: every row is looked at. A curve's best is over all steps where checkpoints
 * count. */
static fid_status exact_reference(table_problem *t, fid_error *err)
{
    bench_problem *p = &t->base;
    bool every_step = !t->repeats && p->outline.fidelity.mode != FID_MODE_NONE;
    double *final = fid_alloc(t->table->n_conf, sizeof *final);
    size_t n = 0;
    if (!final)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    p->best = HUGE_VAL;
    for (size_t row = 0; row < t->table->n_conf; row++) {
        if (has_failed(t, row))
            continue;
        double last = bench_problem_loss(p, 0, curve_value(t, row, t->columns));
        /* a run that diverged is worse than any that did not */
        final[n++] = isfinite(last) ? last : HUGE_VAL;
        for (size_t step = every_step ? 1 : t->columns; step <= t->columns; step++) {
            double loss = bench_problem_loss(p, 0, curve_value(t, row, step));
            if (loss < p->best)
                p->best = loss;
        }
    }
    qsort(final, n, sizeof *final, ascending);
    p->median = n ? final[n / 2] : (double)NAN;
    free(final);
    return FID_OK;
}

static bool is_in_milliseconds(const char *name)
{
    size_t n = strlen(name);
    return strstr(name, "millisecond") || (n > 3 && strcmp(name + n - 3, "_ms") == 0);
}

static fid_status choose_arrays(table_problem *t, const char *metric, fid_error *err)
{
    t->metric = bench_mfh1_find(t->table, "metric", metric);
    t->cost = bench_mfh1_find(t->table, "cost", NULL);
    t->cost_unit = t->cost && is_in_milliseconds(t->cost->name) ? 1e-3 : 1.0;
    t->status = bench_mfh1_find(t->table, "status", NULL);
    if (!t->metric || t->metric->columns % t->table->n_fids)
        return fid_error_set(err, FID_NOT_FOUND,
                             "%s has no metric %s over its fidelity", t->base.name,
                             metric ? metric : "");
    t->repeats = strcmp(t->table->fid_name, "repeat") == 0;
    t->first = t->table->fids[0] == 0.0 && t->table->n_fids > 1 ? 1 : 0;
    t->columns = t->table->n_fids - t->first;
    t->seeds = t->metric->columns / t->table->n_fids;
    return FID_OK;
}

static const char *group_of(const table_problem *t)
{
    const char *name = t->base.name;
    if (strncmp(name, "nas", 3) == 0)
        return "nas";
    return t->repeats || t->columns == 1 ? "table" : "curves";
}

static fid_status build(table_problem *t, const char *metric,
                        const bench_problem_options *options, fid_error *err)
{
    bench_problem *p = &t->base;
    FID_TRY(choose_arrays(t, metric, err));
    FID_TRY(build_space(t, err));
    FID_TRY(is_grid(t) && !t->only_rows ? index_grid(t, err) : index_pool(t, err));
    p->source = t->table->name;
    p->licence = "not said";
    p->cost = t->cost ? t->cost->name : "a second a step";
    p->group = group_of(t);
    p->max_fidelity = (double)t->columns;
    p->evaluate_ahead = t->columns;
    p->regret = t->repeats ? BENCH_REGRET_INCUMBENT : BENCH_REGRET_OBSERVED;
    bench__set_objective(p, 0, t->metric->name, t->metric->maximize);
    if (options->whole)
        bench__set_whole(p);
    else if (t->columns < 2)
        return fid_error_set(err, FID_UNSUPPORTED, "%s has no fidelity", p->name);
    else
        bench__set_fidelity(p, t->repeats ? "repeats" : t->table->fid_name, 1.0,
                            (double)t->columns, FID_MODE_RESUME, true);
    return exact_reference(t, err);
}

static fid_status read_wraps(table_problem *t, const char *wraps, fid_error *err)
{
    while (*wraps == '+') {
        size_t n = strcspn(++wraps, "+");
        if (n == 5 && memcmp(wraps, "noise", n) == 0)
            t->noisy = true;
        else if (n == 4 && memcmp(wraps, "pool", n) == 0)
            t->only_rows = true;
        else
            return fid_error_set(err, FID_INVALID, "%s: a table has +noise and +pool only",
                                 t->base.name);
        wraps += n;
    }
    return FID_OK;
}

static fid_status open_path(bench_problem **out, const char *path, const char *name,
                            const char *metric, const bench_problem_options *options,
                            fid_error *err)
{
    table_problem *t = fid_alloc(1, sizeof *t);
    if (!t)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    size_t stem = strlen(path) - strlen(".hdr");
    t->base.type = &type;
    snprintf(t->base.name, sizeof t->base.name, "%s", name);
    snprintf(t->base.sidecar, sizeof t->base.sidecar, "%.*s.json", (int)stem, path);
    fid_status status = bench_mfh1_open(&t->table, path, err);
    if (!status)
        status = read_wraps(t, name + strcspn(name, "+"), err);
    if (!status)
        status = build(t, metric, options, err);
    if (status)
        destroy(&t->base);
    else
        *out = &t->base;
    return status;
}

fid_status bench__open_table(bench_problem **out, const char *name, const char *metric,
                             const bench_problem_options *options, fid_error *err)
{
    const char *folders[] = {options->tables, options->data};
    size_t stem = strcspn(name, "+");
    char path[4096];
    if (stem > 4 && memcmp(name + stem - 4, ".hdr", 4) == 0) {
        snprintf(path, sizeof path, "%.*s", (int)stem, name);
        return open_path(out, path, name, metric, options, err);
    }
    fid_status status = FID_NOT_FOUND;
    for (size_t i = 0; i < 2 && status == FID_NOT_FOUND; i++) {
        if (!folders[i])
            continue;
        snprintf(path, sizeof path, "%s/%.*s.hdr", folders[i], (int)stem, name);
        status = open_path(out, path, name, metric, options, err);
    }
    return status;
}
