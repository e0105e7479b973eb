#include "sampler/acquisition.h"

#include <fidelio/acq.h>
#include <fidelio/linalg.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_FEATURES = 512, /* of a drawn function */
    N_JOINT = 384,    /* points of a joint draw */
};

typedef enum { BY_MERIT, BY_LEAST, BY_PATH, BY_JOINT, IN_TURN } way;

static const struct {
    const char *name;
    way way;
    fid__merit_kind kind;
} known[] = {
    {"ei", BY_MERIT, FID__MERIT_EI},
    {"mes", BY_LEAST, FID__MERIT_MES},
    {"ucb", BY_MERIT, FID__MERIT_UCB},
    {"thompson", BY_PATH, FID__MERIT_DRAW},
    {"pi", BY_MERIT, FID__MERIT_PI},
    {"thompson_joint", BY_JOINT, FID__MERIT_FEASIBLE},
    {"portfolio", IN_TURN, FID__MERIT_EI},
};

/* The first four: a number that is prime to that of the warps. */
enum { N_KNOWN = sizeof known / sizeof *known, N_TURNS = 4 };

fid_status fid__acquisition_read(fid__acquisition *a, const char *name, fid_error *err)
{
    for (a->named = 0; a->named < N_KNOWN; a->named++)
        if (!name || strcmp(known[a->named].name, name) == 0)
            return FID_OK;
    return fid_error_set(err, FID_INVALID,
                         "bayes: unknown acquisition %s (there are: ei, mes, ucb, pi, "
                         "thompson, thompson_joint, portfolio)",
                         name);
}

bool fid__acquisition_improves(const fid__acquisition *a)
{
    return known[a->named].way == BY_MERIT && known[a->named].kind == FID__MERIT_EI;
}

/* --- Max-value entropy search. */

static void predict_candidates(const fid__search *s, fid__merit *merit, double *mean,
                               double *sd)
{
    size_t dim = s->features->dim, width = fid__features_width(s->features);
    for (size_t from = 0; from < s->n; from += FID__MERIT_BATCH) {
        size_t n = s->n - from < FID__MERIT_BATCH ? s->n - from : FID__MERIT_BATCH;
        for (size_t i = 0; i < n; i++)
            fid__features_of(s->features, s->points + (from + i) * dim,
                             merit->rows + i * width);
        fid_gp_predict(merit->objective, merit->rows, n, mean + from, sd + from,
                       merit->work);
    }
    for (size_t i = 0; i < s->n; i++)
        sd[i] = sqrt(sd[i]);
}

/* What the least value may be, as if the values at the candidates were independent; it is
 * not above what has been reached. */
static fid_status draw_least(fid__acquisition *a, const fid__search *s,
                             fid__merit *merit, fid_rng *rng)
{
    double *mean = fid_alloc(s->n, 2 * sizeof *mean);
    if (!mean)
        return FID_NOMEM;
    predict_candidates(s, merit, mean, mean + s->n);
    fid_draw_least(mean, mean + s->n, s->n, rng, a->least, FID__N_LEAST);
    for (size_t k = 0; k < FID__N_LEAST; k++)
        a->least[k] = fmin(a->least[k], merit->best);
    free(mean);
    merit->least = a->least;
    merit->n_least = FID__N_LEAST;
    return FID_OK;
}

/* --- A draw at all candidates at once. */

typedef struct {
    double *rows, *mean, *cov, *factor, *z, *work;
    fid_ranked *order;
} joint;

static fid_status joint_init(joint *j, size_t n, size_t width)
{
    size_t ld = fid_pad(n);
    j->rows = fid_alloc(n, (width + n + 2) * sizeof(double));
    j->factor = fid_alloc(ld, (2 * ld + FID_PANEL) * sizeof(double));
    j->order = fid_alloc(n, sizeof *j->order);
    if (!j->rows || !j->factor || !j->order)
        return FID_NOMEM;
    j->cov = j->rows + n * width;
    j->mean = j->cov + n * n;
    j->z = j->mean + n;
    j->work = j->factor + 2 * ld * ld;
    return FID_OK;
}

static void joint_deinit(joint *j)
{
    free(j->rows);
    free(j->factor);
    free(j->order);
}

/* order[0..n) <- candidates by what the draw says of them, less what the merit, which
 * knows all but the objective, has for them. */
static fid_status draw_jointly(joint *j, const fid__search *s, fid__merit *merit,
                               fid_rng *rng)
{
    size_t n = s->n, dim = s->features->dim, width = fid__features_width(s->features);
    size_t ld = fid_pad(n);
    double *padded = j->factor + ld * ld;
    for (size_t i = 0; i < n; i++)
        fid__features_of(s->features, s->points + i * dim, j->rows + i * width);
    FID_TRY(fid_gp_predict_joint(merit->objective, j->rows, n, j->mean, j->cov));
    for (size_t i = 0; i < n; i++)
        memcpy(padded + i * ld, j->cov + i * n, n * sizeof *padded);
    double jitter;
    FID_TRY(fid_chol_factor(padded, n, ld, j->factor, &jitter, j->work));
    fid__merit_of(merit, s->points, n, s->value, NULL);
    for (size_t i = 0; i < n; i++)
        j->z[i] = fid_rng_normal(rng);
    for (size_t i = 0; i < n; i++) {
        double drawn = j->mean[i];
        for (size_t k = 0; k <= i; k++)
            drawn += j->factor[k * ld + i] * j->z[k];
        j->order[i] = (fid_ranked){drawn - s->value[i], i};
    }
    fid_rank(j->order, n);
    return FID_OK;
}

static fid_status search_jointly(fid__search *s, fid__merit *merit, fid_rng *rng,
                                 double *points, double *values, size_t n,
                                 size_t *found)
{
    size_t dim = s->features->dim;
    joint j = {0};
    fid_status status = joint_init(&j, s->n, fid__features_width(s->features));
    if (status == FID_OK)
        status = draw_jointly(&j, s, merit, rng);
    for (*found = 0; status == FID_OK && *found < n && *found < s->n; ++*found) {
        memcpy(points + *found * dim, s->points + j.order[*found].index * dim,
               dim * sizeof *points);
        values[*found] = -j.order[*found].value;
    }
    joint_deinit(&j);
    return status;
}

/* --- All. */

static fid__effort fewer(const fid__effort *effort)
{
    fid__effort e = *effort;
    e.n_sobol = e.n_sobol < 2 * N_JOINT / 3 ? e.n_sobol : 2 * N_JOINT / 3;
    e.n_local = e.n_local < N_JOINT / 3 ? e.n_local : N_JOINT / 3;
    return e;
}

fid_status fid__acquisition_search(fid__acquisition *a, uint64_t trial,
                                   fid__search *search, fid__merit *merit,
                                   const fid__effort *effort, const double *theta,
                                   const double *anchors, size_t n_anchors,
                                   fid_rng *rng, double *points, double *values,
                                   size_t n, size_t *found)
{
    size_t which = known[a->named].way == IN_TURN ? trial % N_TURNS : a->named;
    way how = known[which].way;
    merit->kind = known[which].kind;
    if (how == BY_LEAST || how == BY_JOINT) {
        fid__effort e = fewer(effort);
        fid__search_candidates(search, &e, theta, anchors, n_anchors, rng);
    }
    if (how == BY_JOINT)
        return search_jointly(search, merit, rng, points, values, n, found);
    if (how == BY_LEAST)
        FID_TRY(draw_least(a, search, merit, rng));
    if (how == BY_PATH)
        FID_TRY(fid_gp_draw_create(&merit->draw, merit->objective, N_FEATURES, rng));
    *found = fid__search_run(search, merit, effort, theta, anchors, n_anchors, rng,
                             points, values, n);
    if (how == BY_PATH)
        fid_gp_draw_destroy(merit->draw);
    return FID_OK;
}
