/* Adding parameters and what belongs to one of them. Every rule on a definition is
 * checked here, in words; what needs the whole space is checked in freeze.c. */
#include "space/model.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fid_status fid_space_create(fid_space **out)
{
    *out = fid_alloc(1, sizeof **out);
    return *out ? FID_OK : FID_NOMEM;
}

static void param_deinit(fid__param *param)
{
    free(param->name);
    for (size_t c = 0; param->choices && c < param->n_choices; c++)
        fid__literal_deinit(&param->choices[c]);
    free(param->choices);
    free(param->prior.weights);
    for (size_t w = 0; w < param->n_whens; w++)
        fid__expr_deinit(&param->whens[w]);
    free(param->whens);
    *param = (fid__param){0};
}

void fid_space_destroy(fid_space *space)
{
    if (!space)
        return;
    for (size_t p = 0; p < space->n_params; p++)
        param_deinit(&space->params[p]);
    free(space->params);
    for (size_t c = 0; c < space->n_constraints; c++)
        fid__expr_deinit(&space->constraints[c]);
    free(space->constraints);
    fid__thaw(space);
    free(space);
}

/* --- Names. */

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(const char *s)
{
    size_t n = strnlen(s, FID__MAX_NAME + 1);
    if (n == 0 || n > FID__MAX_NAME || !is_alpha(s[0]))
        return false;
    for (size_t i = 1; i < n; i++)
        if (!is_alpha(s[i]) && !(s[i] >= '0' && s[i] <= '9') && !strchr("-./:", s[i]))
            return false;
    return true;
}

/* The character of FIDELIO_PARAM_<NAME>, see DESIGN section 3. */
static char env_char(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    return is_alpha(c) || (c >= '0' && c <= '9') ? c : '_';
}

static bool same_variable(const char *a, const char *b)
{
    while (*a && *b && env_char(*a) == env_char(*b))
        a++, b++;
    return !*a && !*b;
}

static fid_status check_name(const fid_space *space, const char *name, fid_error *err)
{
    char shown[64];
    fid_literal text = {.kind = FID_LITERAL_STRING, .text = name};
    if (!is_name(name))
        return fid_error_set(err, FID_INVALID,
                             "%s is not a parameter name: a letter or _, then letters, "
                             "digits, _ - . / :, at most %d bytes",
                             fid__literal_show(&text, shown, sizeof shown),
                             FID__MAX_NAME);
    if (space->n_params == FID__MAX_PARAMS)
        return fid_error_set(err, FID_LIMIT, "%s: more than %d parameters", name,
                             FID__MAX_PARAMS);
    for (size_t p = 0; p < space->n_params; p++) {
        const char *other = space->params[p].name;
        if (strcmp(other, name) == 0)
            return fid_error_set(err, FID_INVALID, "%s: this parameter exists already",
                                 name);
        if (same_variable(other, name))
            return fid_error_set(err, FID_INVALID,
                                 "%s: gives the same FIDELIO_PARAM_ variable as %s",
                                 name, other);
    }
    return FID_OK;
}

/* Takes over what `param` owns, also on failure. */
static fid_status push(fid_space *space, const char *name, fid__param *param,
                       fid_error *err)
{
    fid__param *grown =
        fid_grow(space->params, &space->cap_params, space->n_params + 1, sizeof *grown);
    if (grown)
        space->params = grown;
    param->name = fid_strdup(name);
    if (!grown || !param->name) {
        param_deinit(param);
        return fid_error_set(err, FID_NOMEM, "%s: out of memory", name);
    }
    space->params[space->n_params++] = *param;
    return FID_OK;
}

static fid_status copy_literal(const char *name, const fid_literal *from,
                               fid_literal *to, fid_error *err)
{
    fid_status status = fid__literal_copy(from, to);
    if (status == FID_NOMEM)
        return fid_error_set(err, status, "%s: out of memory", name);
    if (status != FID_OK)
        return fid_error_set(err, status, "%s: a value is not well-formed JSON", name);
    if (to->kind == FID_LITERAL_FLOAT && isnan(to->f))
        return fid_error_set(err, FID_INVALID, "%s: NaN cannot be a value", name);
    return FID_OK;
}

static fid_status copy_choices(fid__param *param, const char *name,
                               const fid_literal *choices, size_t n, fid_error *err)
{
    param->choices = fid_alloc(n, sizeof *choices);
    if (!param->choices)
        return fid_error_set(err, FID_NOMEM, "%s: out of memory", name);
    for (; param->n_choices < n; param->n_choices++)
        FID_TRY(copy_literal(name, &choices[param->n_choices],
                             &param->choices[param->n_choices], err));
    return FID_OK;
}

static fid_status push_fixed(fid_space *space, const char *name,
                             const fid_literal *value, fid_error *err)
{
    fid__param param = {.kind = FID_PARAM_FIXED};
    fid_status status = copy_choices(&param, name, value, 1, err);
    if (status == FID_OK)
        return push(space, name, &param, err);
    param_deinit(&param);
    return status;
}

/* A new parameter may be named `name`. */
static fid_status begin(const fid_space *space, const char *name, fid_error *err)
{
    if (space->frozen)
        return fid_error_set(err, FID_STATE, "the space is frozen");
    return check_name(space, name, err);
}

/* --- Kinds. */

static fid_status check_float_scale(const char *name, double low, double high,
                                    fid_scale scale, double step, fid_error *err)
{
    if (scale != FID_SCALE_LINEAR && step > 0)
        return fid_error_set(err, FID_INVALID, "%s: a step needs the linear scale",
                             name);
    if (scale == FID_SCALE_LOG && !(low > 0))
        return fid_error_set(err, FID_INVALID,
                             "%s: the log scale needs min above 0, not %.15g", name,
                             low);
    if (scale == FID_SCALE_LOGIT && !(low > 0 && high < 1))
        return fid_error_set(
            err, FID_INVALID,
            "%s: the logit scale needs 0 < min and max < 1, not %.15g and "
            "%.15g",
            name, low, high);
    return FID_OK;
}

static fid_status check_float_step(const char *name, double low, double high,
                                   double step, fid_error *err)
{
    if (!isfinite(step) || step < 0)
        return fid_error_set(err, FID_INVALID, "%s: step must be positive, not %.15g",
                             name, step);
    double finest = 16 * DBL_EPSILON * fmax(fabs(low), fabs(high));
    double values = high / step - low / step;
    if (step > 0 && (step < finest || !(values < (double)FID_MAX_LEVELS)))
        return fid_error_set(
            err, FID_INVALID,
            "%s: step %.15g is too small for %.15g .. %.15g (at most 2^50 "
            "values, which doubles can tell apart)",
            name, step, low, high);
    return FID_OK;
}

static fid_status check_float(const char *name, double low, double high,
                              fid_scale scale, double step, fid_error *err)
{
    if (!isfinite(low) || !isfinite(high))
        return fid_error_set(err, FID_INVALID, "%s: %s must be a finite number, not %g",
                             name, isfinite(low) ? "max" : "min",
                             isfinite(low) ? high : low);
    if (low > high)
        return fid_error_set(err, FID_INVALID,
                             "%s: max (%.15g) must exceed min (%.15g)", name, high,
                             low);
    FID_TRY(check_float_step(name, low, high, step, err));
    return check_float_scale(name, low, high, scale, step, err);
}

fid_status fid_space_add_float(fid_space *space, const char *name, double low,
                               double high, fid_scale scale, double step,
                               fid_error *err)
{
    FID_TRY(begin(space, name, err));
    low += 0.0; /* no -0 */
    high += 0.0;
    FID_TRY(check_float(name, low, high, scale, step, err));
    fid__param param = {.kind = FID_PARAM_FLOAT};
    fid__axis_float(&param.axis, low, high, scale, step);
    if (low == high || param.axis.levels == 1)
        return push_fixed(space, name,
                          &(fid_literal){.kind = FID_LITERAL_FLOAT, .f = low}, err);
    return push(space, name, &param, err);
}

static fid_status check_int(const char *name, int64_t low, int64_t high,
                            fid_scale scale, int64_t step, fid_error *err)
{
    if (low > high)
        return fid_error_set(err, FID_INVALID, "%s: max (%lld) must exceed min (%lld)",
                             name, (long long)high, (long long)low);
    if (step < 1)
        return fid_error_set(err, FID_INVALID, "%s: step must be 1 or more, not %lld",
                             name, (long long)step);
    if (scale == FID_SCALE_LOGIT)
        return fid_error_set(err, FID_INVALID, "%s: the logit scale is for floats",
                             name);
    if (scale == FID_SCALE_LOG && low < 1)
        return fid_error_set(err, FID_INVALID,
                             "%s: the log scale needs min of 1 or more, not %lld", name,
                             (long long)low);
    if (scale == FID_SCALE_LOG && step != 1)
        return fid_error_set(err, FID_INVALID, "%s: a step needs the linear scale",
                             name);
    return FID_OK;
}

fid_status fid_space_add_int(fid_space *space, const char *name, int64_t low,
                             int64_t high, fid_scale scale, int64_t step,
                             fid_error *err)
{
    FID_TRY(begin(space, name, err));
    FID_TRY(check_int(name, low, high, scale, step, err));
    fid__param param = {.kind = FID_PARAM_INT};
    fid__axis_int(&param.axis, low, high, scale, step);
    if (param.axis.last == 0)
        return push_fixed(
            space, name,
            &(fid_literal){.kind = FID_LITERAL_INT, .i = low, .f = (double)low}, err);
    return push(space, name, &param, err);
}

static fid_status check_distinct(const char *name, const fid_literal *choices, size_t n,
                                 fid_error *err)
{
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < a; b++)
            if (fid__literal_equal(&choices[a], &choices[b])) {
                char shown[80];
                return fid_error_set(
                    err, FID_INVALID, "%s: the choice %s is there twice", name,
                    fid__literal_show(&choices[a], shown, sizeof shown));
            }
    return FID_OK;
}

fid_status fid_space_add_choice(fid_space *space, const char *name,
                                const fid_literal *choices, size_t n, bool ordered,
                                fid_error *err)
{
    FID_TRY(begin(space, name, err));
    if (n == 0)
        return fid_error_set(err, FID_INVALID, "%s: needs at least one choice", name);
    if (n > FID__MAX_CHOICES)
        return fid_error_set(err, FID_LIMIT, "%s: %zu choices, at most %d are possible",
                             name, n, FID__MAX_CHOICES);
    if (n == 1)
        return push_fixed(space, name, choices, err);
    fid__param param = {.kind = ordered ? FID_PARAM_ORDERED : FID_PARAM_CATEGORICAL};
    fid__axis_choice(&param.axis, param.kind, n);
    fid_status status = copy_choices(&param, name, choices, n, err);
    if (status == FID_OK)
        status = check_distinct(name, param.choices, n, err);
    if (status == FID_OK)
        return push(space, name, &param, err);
    param_deinit(&param);
    return status;
}

fid_status fid_space_add_fixed(fid_space *space, const char *name, fid_literal value,
                               fid_error *err)
{
    FID_TRY(begin(space, name, err));
    return push_fixed(space, name, &value, err);
}

/* --- What belongs to one parameter. */

static fid_status find(fid_space *space, const char *name, fid__param **param,
                       fid_error *err)
{
    if (space->frozen)
        return fid_error_set(err, FID_STATE, "the space is frozen");
    for (size_t p = 0; p < space->n_params; p++)
        if (strcmp(space->params[p].name, name) == 0) {
            *param = &space->params[p];
            return FID_OK;
        }
    return fid_error_set(err, FID_NOT_FOUND, "there is no parameter '%.*s'",
                         FID__MAX_NAME, name);
}

fid_status fid_space_set_default(fid_space *space, const char *name, fid_literal value,
                                 fid_error *err)
{
    fid__param *param;
    fid_literal own;
    FID_TRY(find(space, name, &param, err));
    FID_TRY(copy_literal(name, &value, &own, err));
    fid_status status = fid__param_value(param, &own, &param->given, err);
    fid__literal_deinit(&own);
    FID_TRY(status);
    param->has_default = param->kind != FID_PARAM_FIXED;
    return FID_OK;
}

fid_status fid_space_set_prior_normal(fid_space *space, const char *name, double mean,
                                      double sd, fid_error *err)
{
    fid__param *param;
    FID_TRY(find(space, name, &param, err));
    if (!isfinite(mean) || !isfinite(sd) || sd <= 0)
        return fid_error_set(
            err, FID_INVALID,
            "%s: a prior needs a finite mean and an sd above 0, not %.15g "
            "and %.15g",
            name, mean, sd);
    if (param->kind == FID_PARAM_FIXED)
        return FID_OK; /* nothing to believe about a single value */
    if (param->kind != FID_PARAM_FLOAT && param->kind != FID_PARAM_INT)
        return fid_error_set(err, FID_INVALID, "%s: a prior over choices takes weights",
                             name);
    fid_scale scale = param->axis.scale;
    if ((scale != FID_SCALE_LINEAR && mean <= 0) ||
        (scale == FID_SCALE_LOGIT && mean >= 1))
        return fid_error_set(err, FID_INVALID,
                             "%s: a prior's mean of %.15g is not on the %s scale", name,
                             mean, scale == FID_SCALE_LOG ? "log" : "logit");
    param->prior = (fid__prior){.kind = FID__PRIOR_NORMAL, .mean = mean, .sd = sd};
    return FID_OK;
}

static fid_status check_weights(const fid__param *param, const double *weights,
                                size_t n, fid_error *err)
{
    double most = 0;
    if (n != param->n_choices)
        return fid_error_set(err, FID_INVALID, "%s: %zu weights for %zu choices",
                             param->name, n, param->n_choices);
    for (size_t c = 0; c < n; c++) {
        if (!isfinite(weights[c]) || weights[c] < 0)
            return fid_error_set(err, FID_INVALID,
                                 "%s: a weight must be 0 or more, not %g", param->name,
                                 weights[c]);
        most = fmax(most, weights[c]);
    }
    if (most > 0)
        return FID_OK;
    return fid_error_set(err, FID_INVALID, "%s: all weights are 0", param->name);
}

fid_status fid_space_set_prior_weights(fid_space *space, const char *name,
                                       const double *weights, size_t n_weights,
                                       fid_error *err)
{
    fid__param *param;
    FID_TRY(find(space, name, &param, err));
    if (param->kind == FID_PARAM_FLOAT || param->kind == FID_PARAM_INT)
        return fid_error_set(err, FID_INVALID, "%s: weights are for choices", name);
    FID_TRY(check_weights(param, weights, n_weights, err));
    if (param->kind == FID_PARAM_FIXED)
        return FID_OK;
    double *copy = fid_alloc(n_weights, sizeof *copy);
    if (!copy)
        return fid_error_set(err, FID_NOMEM, "%s: out of memory", name);
    memcpy(copy, weights, n_weights * sizeof *copy);
    free(param->prior.weights);
    param->prior = (fid__prior){.kind = FID__PRIOR_WEIGHTS, .weights = copy};
    return FID_OK;
}

/* --- Expressions. */

static fid_status push_expr(fid__expr **list, size_t *n, size_t *cap, const char *text,
                            fid__expr_owner owner, fid_error *err)
{
    fid__expr *grown = fid_grow(*list, cap, *n + 1, sizeof *grown);
    if (!grown)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    *list = grown;
    FID_TRY(fid__expr_parse(&grown[*n], text, owner, err));
    ++*n;
    return FID_OK;
}

fid_status fid_space_set_when(fid_space *space, const char *name,
                              const char *expression, fid_error *err)
{
    fid__param *param;
    FID_TRY(find(space, name, &param, err));
    return push_expr(&param->whens, &param->n_whens, &param->cap_whens, expression,
                     (fid__expr_owner){.param = param->name}, err);
}

fid_status fid_space_add_constraint(fid_space *space, const char *expression,
                                    fid_error *err)
{
    if (space->frozen)
        return fid_error_set(err, FID_STATE, "the space is frozen");
    return push_expr(&space->constraints, &space->n_constraints,
                     &space->cap_constraints, expression, (fid__expr_owner){0}, err);
}
