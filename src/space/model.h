/* What a space is made of; shared by the files of this room only. */
#ifndef SPACE_MODEL_H
#define SPACE_MODEL_H

#include <fidelio/space.h>

#include "space/axis.h"
#include "space/expr.h"

/* A bound on parameters keeps activity masks on the stack of the hot calls. */
enum { FID__MAX_PARAMS = 4096, FID__MAX_CHOICES = 4096, FID__MAX_NAME = 128 };

#define FID__NO_DIM SIZE_MAX

typedef enum { FID__PRIOR_NONE, FID__PRIOR_NORMAL, FID__PRIOR_WEIGHTS } fid__prior_kind;

typedef struct {
    fid__prior_kind kind;
    double mean, sd; /* as the user gave them */
    double *weights; /* [n_choices] */
} fid__prior;

typedef struct {
    char *name;
    fid_param_kind kind;
    fid__axis axis;       /* all but FIXED */
    fid_literal *choices; /* CATEGORICAL, ORDERED; FIXED: one */
    size_t n_choices;
    bool has_default;
    fid_value given; /* the default, when has_default */
    fid__prior prior;
    fid__expr *whens; /* active where all hold */
    size_t n_whens, cap_whens;
    size_t dim; /* FID__NO_DIM for FIXED */
} fid__param;

struct fid_space {
    fid__param *params;
    size_t n_params, cap_params;
    fid__expr *constraints;
    size_t n_constraints, cap_constraints;
    bool frozen;
    /* From here on filled by freeze. */
    bool has_conditions;
    size_t *order; /* [n_params] what a condition reads comes before what it governs */
    fid_dim *dims;
    size_t dim;
    size_t *parents; /* the room for fid_dim.parents */
    size_t *levers;  /* dimensions that decide whether the constraints hold */
    size_t n_levers;
    double *start; /* [dim] the default configuration, legal */
    double *legal; /* [dim] some legal point */
    double cardinality;
};

/* Where the value of a parameter is read from: a point or a configuration. */
typedef struct fid__source {
    const fid_space *space;
    const double *u;
    const fid_value *config; /* when u is NULL */
} fid__source;

/* literal.c */
/* JSON text becomes canonical, so that equal lists are equal texts. FID_INVALID when it
 * is no JSON. */
fid_status fid__literal_copy(const fid_literal *from, fid_literal *to);
/* json.c: a literal of its own from JSON text. */
fid_status fid__json_tidy(const char *text, fid_literal *to);
void fid__literal_deinit(fid_literal *literal);
bool fid__is_number(const fid_literal *literal);
/* An integer, also when it is written as a float (32.0). */
bool fid__literal_whole(const fid_literal *literal, int64_t *i);
/* -1, 0, 1 or FID__UNORDERED (a NaN), exact. */
enum { FID__UNORDERED = 2 };
int fid__number_compare(const fid_literal *a, const fid_literal *b);
/* Numbers are equal when their values are, whatever their kind; a bool is no number. */
bool fid__literal_equal(const fid_literal *a, const fid_literal *b);
void fid__literal_to_json(const fid_literal *literal, fid_text *out);
/* As words in a message show it, cut to `size` bytes. */
const char *fid__literal_show(const fid_literal *literal, char *out, size_t size);
/* FID_INVALID with words that begin with the parameter's name. */
fid_status fid__param_value(const fid__param *param, const fid_literal *literal,
                            fid_value *value, fid_error *err);
/* The constant that a value stands for; text is borrowed from the parameter. */
fid_literal fid__param_literal(const fid__param *param, const fid_value *value);

/* expr_bind.c: "did you mean", or NULL. */
const char *fid__nearest_name(const fid_space *space, const char *wanted);

/* freeze.c: release what freeze made. */
void fid__thaw(fid_space *space);

/* point.c */
fid_value fid__source_value(const fid__source *source, size_t param);
/* active[n_params] */
void fid__activity(const fid__source *source, bool *active);
/* 0 where u is legal, else how far it is from being so. */
double fid__point_miss(const fid_space *space, const double *u);
/* The first constraint that is broken, NULL when the source is legal. */
const fid__expr *fid__broken(const fid__source *source);
/* Whether one parameter of a configuration is active; those that its condition reads say
 * so themselves. */
bool fid__param_active(const fid__source *source, size_t param);

/* search.c */
/* Walk to a legal point by changing dimensions that are not held (NULL: none is); true
 * when found. u is canonical, before and after. */
bool fid__search_legal(const fid_space *space, fid_rng *rng, const bool *held,
                       size_t steps, double *u);
/* Change legal point `u` to be as near to `wish` as single coordinates can make it. */
void fid__search_near(const fid_space *space, const double *wish, double *u);

/* prior.c */
double fid__prior_log(const fid__param *param, double x);
double fid__prior_draw(const fid__param *param, fid_rng *rng);

#endif
