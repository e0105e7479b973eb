/* reference: looks for the optima of problems that cannot tell them, by random search
 * and then by evolution of the best; prints the lines of reference.tsv. With several
 * objectives (named in full: --problems NAME) the best is a volume, median 0. */
#include "command.h"

#include <fidelio/acq.h>

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM = 4000, ROUNDS = 60, CHILDREN = 64, PARENTS = 32, MAX_DIM = 64 };
enum { ARCHIVE = 400, MOST_OBJECTIVES = 4 };

typedef struct {
    bench_problem *problem;
    size_t dim;
    double (*points)[MAX_DIM]; /* [PARENTS + CHILDREN] best first */
    double losses[PARENTS + CHILDREN];
    size_t n;
    double known; /* a loss that was found before: of the whole problem, for its curve */
    fid_rng rng;
} search;

/* The loss that regret counts: at full fidelity, or the best of a curve. */
static double loss_at(search *s, const double *u)
{
    bench_problem *p = s->problem;
    fid_value config[MAX_DIM * 2];
    bench_query queries[128];
    bench_answer answers[128];
    const fid_fidelity *f = &p->outline.fidelity;
    bool curve = p->regret == BENCH_REGRET_OBSERVED && f->mode != FID_MODE_NONE;
    size_t n = curve ? (size_t)fmin(p->max_fidelity, 128.0) : 1;
    fid_space_decode(p->space, u, config);
    for (size_t k = 0; k < n; k++)
        queries[k] =
            (bench_query){config, 0, curve ? (double)(k + 1) : p->max_fidelity};
    double best = HUGE_VAL;
    if (bench_problem_evaluate(p, queries, n, answers, NULL))
        return best;
    for (size_t k = 0; k < n; k++)
        if (answers[k].end == FID_END_DONE)
            best = fmin(best, bench_problem_loss(p, 0, answers[k].truth));
    return best;
}

/* Keep the PARENTS best. */
static void insert(search *s, const double *u, double loss)
{
    size_t at = s->n < PARENTS ? s->n++ : PARENTS;
    if (at == PARENTS && !(loss < s->losses[PARENTS - 1]))
        return;
    if (at == PARENTS)
        at--;
    for (; at > 0 && s->losses[at - 1] > loss; at--) {
        s->losses[at] = s->losses[at - 1];
        memcpy(s->points[at], s->points[at - 1], s->dim * sizeof **s->points);
    }
    s->losses[at] = loss;
    memcpy(s->points[at], u, s->dim * sizeof *u);
}

/* A crossing of two good points, some coordinates moved. */
static void breed(search *s, double spread, double *u)
{
    const double *a = s->points[fid_rng_below(&s->rng, s->n)];
    const double *b = s->points[fid_rng_below(&s->rng, s->n)];
    for (size_t i = 0; i < s->dim; i++) {
        u[i] = fid_rng_uniform(&s->rng) < 0.7 ? a[i] : b[i];
        double chance = fid_rng_uniform(&s->rng);
        if (chance < 0.05)
            u[i] = fid_rng_uniform(&s->rng);
        else if (chance < 0.5)
            u[i] += spread * fid_rng_normal(&s->rng);
    }
    fid_space_repair(s->problem->space, &s->rng, u);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void search_one(search *s)
{
    double u[MAX_DIM], *finals = fid_alloc(RANDOM, sizeof *finals);
    for (size_t k = 0; finals && k < RANDOM; k++) {
        fid_space_sample(s->problem->space, &s->rng, false, u);
        finals[k] = loss_at(s, u);
        insert(s, u, finals[k]);
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < CHILDREN; k++) {
            breed(s, 0.3 * pow(0.92, (double)round), u);
            insert(s, u, loss_at(s, u));
        }
    if (finals) {
        qsort(finals, RANDOM, sizeof *finals, ascending);
        printf("%s %s %.10g %.10g %d\n", s->problem->name,
               s->problem->outline.fidelity.mode == FID_MODE_NONE ? "whole" : "curve",
               fmin(s->losses[0], s->known), finals[RANDOM / 2], RANDOM + ROUNDS * CHILDREN);
        fflush(stdout);
    }
    free(finals);
}

/* --- Several objectives: points that nobody dominates, and children of them. */

typedef struct {
    double u[ARCHIVE][MAX_DIM], losses[ARCHIVE * MOST_OBJECTIVES];
    size_t n, m;
} archive;

static bool dominates(const double *a, const double *b, size_t m)
{
    for (size_t k = 0; k < m; k++)
        if (a[k] > b[k])
            return false;
    return true;
}

/* When it is full, anybody leaves. */
static void keep(archive *a, fid_rng *rng, const double *u, size_t dim, const double *losses)
{
    for (size_t i = 0; i < a->n; i++)
        if (dominates(a->losses + i * a->m, losses, a->m))
            return;
    for (size_t i = a->n; i-- > 0;)
        if (dominates(losses, a->losses + i * a->m, a->m)) {
            a->n--;
            memcpy(a->u[i], a->u[a->n], dim * sizeof *u);
            memcpy(a->losses + i * a->m, a->losses + a->n * a->m, a->m * sizeof *losses);
        }
    size_t at = a->n < ARCHIVE ? a->n++ : (size_t)fid_rng_below(rng, ARCHIVE);
    memcpy(a->u[at], u, dim * sizeof *u);
    memcpy(a->losses + at * a->m, losses, a->m * sizeof *losses);
}

static void try_point(search *s, archive *a, const double *u)
{
    fid_value config[MAX_DIM * 2];
    double losses[MOST_OBJECTIVES];
    bench_answer answer;
    fid_space_decode(s->problem->space, u, config);
    bench_query query = {config, 0, s->problem->max_fidelity};
    if (bench_problem_evaluate(s->problem, &query, 1, &answer, NULL) ||
        answer.end != FID_END_DONE)
        return;
    for (size_t k = 0; k < a->m; k++) {
        losses[k] = bench_problem_loss(s->problem, k, answer.values[k]);
        if (!(losses[k] < s->problem->volume_ref[k]))
            return;
    }
    keep(a, &s->rng, u, s->dim, losses);
}

static void search_front(search *s)
{
    enum { ROUNDS_OF_MANY = 400 };
    double u[MAX_DIM];
    archive *a = fid_alloc(1, sizeof *a);
    fid_front *front = NULL;
    for (size_t k = 0; a && k < RANDOM; k++) {
        a->m = s->problem->outline.n_objectives;
        fid_space_sample(s->problem->space, &s->rng, false, u);
        try_point(s, a, u);
    }
    for (size_t k = 0; a && a->n && k < ROUNDS_OF_MANY * CHILDREN; k++) {
        s->n = a->n < PARENTS ? a->n : PARENTS;
        for (size_t i = 0; i < s->n && k % CHILDREN == 0; i++)
            memcpy(s->points[i], a->u[fid_rng_below(&s->rng, a->n)], sizeof u);
        breed(s, 0.3 * pow(0.985, (double)(k / CHILDREN)), u);
        try_point(s, a, u);
    }
    if (a && !fid_front_create(&front, a->losses, a->n, a->m, s->problem->volume_ref))
        printf("%s whole %.10g 0 %d\n", s->problem->name, -fid_front_hypervolume(front),
               RANDOM + ROUNDS_OF_MANY * CHILDREN);
    fid_front_destroy(front);
    free(a);
}

static void visit(void *ctx, const char *name)
{
    const bench_command *command = ctx;
    if (!strchr(name, '/') ||
        (command->problems ? fnmatch(command->problems, name, 0) != 0 : false))
        return;
    double known = HUGE_VAL;
    for (int whole = 1; whole >= 0; whole--) {
        search s = {.known = known, .rng = fid_rng_stream(1, FID_RNG_PROBLEM, 7)};
        bench_problem_options options = command->places.problems;
        options.whole = whole;
        options.reference = NULL;
        if (bench_problem_open(&s.problem, name, &options, NULL))
            continue;
        s.dim = fid_space_dim(s.problem->space);
        s.points = fid_alloc(PARENTS + CHILDREN, sizeof *s.points);
        bool many = s.problem->outline.n_objectives > 1;
        if (s.points && s.dim <= MAX_DIM &&
            strcmp(s.problem->type->family, "surrogate") == 0)
            (many ? search_front : search_one)(&s);
        known = s.n && !many ? fmin(known, s.losses[0]) : known;
        free(s.points);
        bench_problem_close(s.problem);
    }
}

int bench_command_reference(const bench_command *command)
{
    if (command->problems && !strpbrk(command->problems, "*?["))
        visit((void *)(uintptr_t)command, command->problems);
    else
        bench_problem_list(&command->places.problems, visit, (void *)(uintptr_t)command);
    return 0;
}
