/* fidelio/space.h -- what may be searched: parameters, conditions, constraints, and the
 * way between a typed configuration and a point of the open unit cube.
 *
 * A space is built (add, set), then frozen, then never changes. From then on a parameter
 * is an index 0..n_params-1 in order of addition, and a *dimension* is an index
 * 0..dim-1 over the parameters that can vary (fixed ones, and those with a single legal
 * value, have no dimension). A point has one coordinate per dimension.
 *
 * Coordinates. Floats: linear in value, log value or logit value. A dimension with a
 * grid (int, step, ordered, categorical) has `levels` cells, numbered from 0; each cell
 * owns an interval of the coordinate and its centre is the canonical coordinate of the
 * level. Log integers get intervals of log-uniform mass (edges at value +- 1/2); the two
 * end levels are not cheated of half their mass. Nothing is ever allocated or enumerated
 * by the width of a range. A range of more than FID_MAX_LEVELS integers is thinned to
 * that many evenly spread values, both ends included (log integers: neighbours share a
 * level where the coordinate could not tell them apart, about from 2^37 on, relative
 * spacing 2^-36); encoding one of the values left out gives the nearest level.
 *
 * Canonical points. Two points that decode to the same configuration have the same
 * canonical point: grid coordinates at the centre of their cell, coordinates of inactive
 * parameters at exactly 0.5. fid_space_snap makes a point canonical. (A continuous
 * coordinate is its own canonical one; where two of them round to the same double,
 * encoding that double gives one of the two, always the same.) */
#ifndef FID_SPACE_H
#define FID_SPACE_H

#include <fidelio/base.h>
#include <fidelio/rand.h>

#define FID_MAX_LEVELS (UINT64_C(1) << 50)

typedef struct fid_space fid_space;

typedef enum {
    FID_PARAM_FLOAT,
    FID_PARAM_INT,
    FID_PARAM_CATEGORICAL, /* choices without order */
    FID_PARAM_ORDERED,     /* choices in order, equally spaced */
    FID_PARAM_FIXED,       /* one value, no dimension */
} fid_param_kind;

typedef enum { FID_SCALE_LINEAR, FID_SCALE_LOG, FID_SCALE_LOGIT } fid_scale;

/* A typed constant: what YAML or JSON had in that place. JSON holds a list or mapping as
 * JSON text (a choice may be [64, 64]). `text` is set for STRING and JSON only; as an
 * argument it is borrowed, what a space keeps it copies. */
typedef enum {
    FID_LITERAL_NULL,
    FID_LITERAL_BOOL,
    FID_LITERAL_INT,
    FID_LITERAL_FLOAT,
    FID_LITERAL_STRING,
    FID_LITERAL_JSON,
} fid_literal_kind;

typedef struct {
    fid_literal_kind kind;
    int64_t i; /* BOOL (0, 1), INT */
    double f;  /* FLOAT; INT too, rounded */
    const char *text;
} fid_literal;

/* One parameter's value in a configuration, which is an array of n_params of these.
 * `f` is valid for FLOAT and INT, `i` for INT, `choice` for CATEGORICAL and ORDERED.
 * Inactive: not part of this configuration, the other members are 0. */
typedef struct {
    bool active;
    double f;
    int64_t i;
    size_t choice;
} fid_value;

/* --- Building. All return FID_INVALID with words like
 * "lr: max (1e-5) must exceed min (1e-1)" in *err; the space stays usable. Names are
 * [A-Za-z_][A-Za-z0-9_.:/-]* of at most 128 bytes and unique; no two names may give the
 * same FIDELIO_PARAM_ variable. Bounds must be finite with low < high; equal bounds make
 * a FIXED parameter. */
FID_API fid_status fid_space_create(fid_space **out);
FID_API void fid_space_destroy(fid_space *space);

/* step 0 = continuous; else the values are low + k*step, k = 0.., up to high.
 * LOG needs low > 0 (and no step), LOGIT needs 0 < low < high < 1. */
FID_API fid_status fid_space_add_float(fid_space *space, const char *name, double low,
                                       double high, fid_scale scale, double step,
                                       fid_error *err);
/* step >= 1. LOG needs low >= 1 and step 1. Any 64-bit range. */
FID_API fid_status fid_space_add_int(fid_space *space, const char *name, int64_t low,
                                     int64_t high, fid_scale scale, int64_t step,
                                     fid_error *err);
/* ordered: ORDERED, else CATEGORICAL. At most 4096 distinct choices. */
FID_API fid_status fid_space_add_choice(fid_space *space, const char *name,
                                        const fid_literal *choices, size_t n,
                                        bool ordered, fid_error *err);
FID_API fid_status fid_space_add_fixed(fid_space *space, const char *name,
                                       fid_literal value, fid_error *err);

FID_API fid_status fid_space_set_default(fid_space *space, const char *name,
                                         fid_literal value, fid_error *err);

/* A user's belief over one parameter (piBO, Hvarfner et al. 2022). Numbers: normal with
 * mean and sd in the parameter's own scale (for LOG: mean is a value, sd is in natural
 * log units). Choices: n_weights = number of choices, non-negative, not all 0. */
FID_API fid_status fid_space_set_prior_normal(fid_space *space, const char *name,
                                              double mean, double sd, fid_error *err);
FID_API fid_status fid_space_set_prior_weights(fid_space *space, const char *name,
                                               const double *weights, size_t n_weights,
                                               fid_error *err);

/* Expressions, for conditions and constraints alike:
 *   numbers, 'text' or "text", true, false, null, parameter names (`odd.name` in back
 *   ticks), + - * / // % ** unary -, < <= > >= == !=, in [a, b], not in [..],
 *   not/!, and/&&, or/||, (..), min max abs log exp sqrt floor ceil (..)
 * Precedence as in Python (comparisons chain: 1 < a <= 8; `not` and `!` bind weaker than
 * they do). A choice that is a list is compared with a list of constants: net == [64, 64].
 * == between different types is false (true == 1 too: a bool is not a number); < or
 * arithmetic on what may not be a number, `and` on what is no condition, a text that is
 * none of a parameter's choices, unknown names: errors when the space is frozen. Division
 * by zero and NaN make a comparison false, != too. Integers are exact in 64 bits and
 * become doubles beyond; `/`, `**` and `log` work in doubles. Errors carry the column
 * within the expression in err->column. At most 64 KiB of text, 64 nested brackets.
 *
 * when: `name` is active only where the expression is true and every parameter it names
 * is active. Conditions may nest to any depth; a cycle is an error at freeze. Several
 * calls for one name are joined by `and`. */
FID_API fid_status fid_space_set_when(fid_space *space, const char *name,
                                      const char *expression, fid_error *err);
/* A configuration is legal only where all constraints are true. A constraint that names
 * an inactive parameter holds. A forbidden combination is `not (...)`. */
FID_API fid_status fid_space_add_constraint(fid_space *space, const char *expression,
                                            fid_error *err);
/* For those who make expressions: a name, in back ticks where it needs them, and a
 * constant with its quotes and escapes. */
FID_API void fid_expression_append_name(fid_text *out, const char *name);
FID_API void fid_expression_append_literal(fid_text *out, const fid_literal *literal);

/* Check names, types and cycles of all expressions; nothing can be added afterwards.
 * Also finds one legal point: FID_INVALID "no configuration satisfies ..." if 10,000
 * scrambled Sobol points and a repair search have none, or "the defaults break ..." when
 * the defaults that were given leave none. After a failure the space is as before. */
FID_API fid_status fid_space_freeze(fid_space *space, fid_error *err);

/* --- Reading. On a frozen space only. Borrowed pointers live as long as the space. */
FID_API size_t fid_space_n_params(const fid_space *space);
FID_API size_t fid_space_dim(const fid_space *space);
FID_API const char *fid_space_param_name(const fid_space *space, size_t param);
FID_API fid_param_kind fid_space_param_kind(const fid_space *space, size_t param);
FID_API size_t fid_space_n_choices(const fid_space *space, size_t param);
FID_API const fid_literal *fid_space_choice(const fid_space *space, size_t param,
                                            size_t choice); /* FIXED: choice 0 */
FID_API bool fid_space_find(const fid_space *space, const char *name, size_t *param);

typedef struct {
    size_t param;
    fid_param_kind kind; /* FLOAT, INT, CATEGORICAL, ORDERED */
    uint64_t levels;     /* cells of the grid, 2 .. FID_MAX_LEVELS; 0 = continuous */
    bool ordered;        /* coordinates near each other mean values near each other:
                            all but CATEGORICAL */
    fid_scale scale;     /* LINEAR of choices */
    bool conditional;    /* may be inactive */
    const size_t *parents; /* dimensions that its condition reads, directly */
    size_t n_parents;
    bool has_default;
    double default_u;    /* canonical coordinate of the default */
    bool has_prior;
} fid_dim;

FID_API const fid_dim *fid_space_dims(const fid_space *space); /* [dim] */

/* Number of distinct canonical points, ignoring constraints (an upper bound);
 * INFINITY where a dimension is continuous. */
FID_API double fid_space_cardinality(const fid_space *space);
FID_API bool fid_space_has_constraints(const fid_space *space);
FID_API bool fid_space_has_prior(const fid_space *space);
/* True when some parameter was given a default. */
FID_API bool fid_space_has_default(const fid_space *space);
/* The default configuration's canonical point: given defaults, and the centre of the
 * range or the first choice for the rest, moved only where constraints demand it. Legal. */
FID_API void fid_space_default_point(const fid_space *space, double *u);

/* --- Points and configurations. u: [dim], config: [n_params], the caller's. */

/* Every u in [0,1]^dim decodes (coordinates are clamped into the open interval, NaN is
 * 0.5). Constraints are not looked at. */
FID_API void fid_space_decode(const fid_space *space, const double *u, fid_value *config);
/* Canonical point of a configuration. FID_INVALID: a value out of range or off the grid
 * by more than 1e-9 of its step, or activity that the conditions contradict. */
FID_API fid_status fid_space_encode(const fid_space *space, const fid_value *config,
                                    double *u, fid_error *err);
FID_API void fid_space_snap(const fid_space *space, double *u);
/* active[dim] <- which dimensions are active at u. */
FID_API void fid_space_activity(const fid_space *space, const double *u, bool *active);
FID_API bool fid_space_is_legal(const fid_space *space, const double *u);

/* Level of a grid dimension at coordinate x, and its canonical coordinate. */
FID_API uint64_t fid_space_level(const fid_space *space, size_t dim, double x);
FID_API double fid_space_level_u(const fid_space *space, size_t dim, uint64_t level);

/* log of the user's belief at u relative to its maximum, summed over active dimensions
 * with a prior: 0 where there is none, never above 0, finite. */
FID_API double fid_space_log_prior(const fid_space *space, const double *u);

/* A legal canonical point, uniform over the cube by rejection (or drawn from the
 * priors when from_prior). After 1,000 rejections it repairs the last draw towards a
 * known legal point; always succeeds on a frozen space. */
FID_API void fid_space_sample(const fid_space *space, fid_rng *rng, bool from_prior,
                              double *u);
/* Move u (made canonical) to a legal point near it: itself when legal, else towards a
 * known legal point. */
FID_API void fid_space_repair(const fid_space *space, fid_rng *rng, double *u);

/* 64-bit hash of a canonical point. Equal canonical points are equal bytes. */
FID_API uint64_t fid_space_hash(const fid_space *space, const double *u);

/* --- Text. */

/* Append a configuration as a JSON object of its active parameters, in order. Numbers
 * read back bit for bit; floats always have '.', 'e' or are non-finite. */
FID_API void fid_space_config_to_json(const fid_space *space, const fid_value *config,
                                      fid_text *out);
/* Read such an object. Missing active parameters get their default, else centre or
 * first choice; unknown names and illegal values are errors that name them. The
 * result's activity is what the conditions say; a value given for an inactive parameter
 * is an error only when strict. Constraints are checked. */
FID_API fid_status fid_space_config_from_json(const fid_space *space, const char *json,
                                              size_t n, bool strict, fid_value *config,
                                              fid_error *err);
/* One value as a command line shows it: 0.1, 32, gbtree, true; JSON for lists. */
FID_API void fid_space_value_to_text(const fid_space *space, size_t param,
                                     const fid_value *value, fid_text *out);
/* The inverse of value_to_text for one parameter, e.g. from argv or CSV. */
FID_API fid_status fid_space_value_from_text(const fid_space *space, size_t param,
                                             const char *text, fid_value *value,
                                             fid_error *err);

/* The whole definition as canonical JSON: equal spaces give equal bytes. This is what a
 * study stores, and what is compared when it is resumed. */
FID_API void fid_space_to_json(const fid_space *space, fid_text *out);
/* Builds and freezes. The inverse of to_json. */
FID_API fid_status fid_space_from_json(fid_space **out, const char *json, size_t n,
                                       fid_error *err);
/* ConfigSpace JSON, old layout ("hyperparameters", "conditions", "forbiddens" as YAHPO
 * ships) and 1.x. Builds and freezes. Unsupported pieces are errors that name them. */
FID_API fid_status fid_space_from_configspace(fid_space **out, const char *json, size_t n,
                                              fid_error *err);
/* Optuna distributions: an object name -> {"name": "FloatDistribution", "attributes":
 * {...}} (distribution_to_json), old class names included. Builds and freezes. */
FID_API fid_status fid_space_from_optuna(fid_space **out, const char *json, size_t n,
                                         fid_error *err);
/* Words for the difference of two definitions, one line each ("lr: max 0.1 -> 0.5");
 * nothing appended when they are equal. */
FID_API void fid_space_diff(const fid_space *before, const fid_space *after,
                            fid_text *out);

#endif
