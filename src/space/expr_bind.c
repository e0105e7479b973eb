/* Names and types, by running the code on sets of types instead of values. */
#include "space/model.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER = 1, TRUTH = 2, STRING = 4, NOTHING = 8, LIST = 16 };

typedef struct {
    unsigned types;
    const fid__param *param;    /* when the value is simply a parameter's */
    const fid_literal *literal; /* when it is simply a constant */
} kind_of;

typedef struct {
    const fid__expr *expr;
    const fid_space *space;
    fid__expr_owner owner;
    fid_error *err;
    kind_of stack[FID__EXPR_STACK];
    size_t n;
} checker;

static unsigned literal_type(const fid_literal *literal)
{
    switch (literal->kind) {
    case FID_LITERAL_NULL:
        return NOTHING;
    case FID_LITERAL_BOOL:
        return TRUTH;
    case FID_LITERAL_STRING:
        return STRING;
    case FID_LITERAL_JSON:
        return LIST;
    default:
        return NUMBER;
    }
}

static unsigned param_types(const fid__param *param)
{
    if (param->kind == FID_PARAM_FLOAT || param->kind == FID_PARAM_INT)
        return NUMBER;
    unsigned types = 0;
    for (size_t c = 0; c < param->n_choices; c++)
        types |= literal_type(&param->choices[c]);
    return types;
}

static const char *type_words(unsigned types)
{
    switch (types) {
    case NUMBER:
        return "a number";
    case TRUTH:
        return "true or false";
    case STRING:
        return "text";
    case NOTHING:
        return "null";
    case LIST:
        return "a list";
    default:
        return "of several types";
    }
}

static fid_status complain(checker *c, int column, const char *words)
{
    return fid__expr_complain(c->err, c->owner, c->expr->written, column, "%s", words);
}

static fid_status need(checker *c, const fid__instruction *at, const kind_of *value,
                       unsigned type)
{
    if (value->types == type)
        return FID_OK;
    return fid__expr_complain(c->err, c->owner, c->expr->written, at->column,
                              "%s is needed here, but %s is %s",
                              type == NUMBER ? "a number" : "a condition",
                              value->param     ? value->param->name
                              : value->literal ? "this"
                                               : "the operand",
                              type_words(value->types));
}

/* A choice that does not exist is a slip of the pen and would never be true. */
static fid_status check_choice(checker *c, const fid__instruction *at, const kind_of *a,
                               const kind_of *b)
{
    const fid__param *param = a->param ? a->param : b->param;
    const fid_literal *literal = a->literal ? a->literal : b->literal;
    if (!param || !literal || literal->kind != FID_LITERAL_STRING ||
        param->n_choices < 2)
        return FID_OK;
    const char *near = NULL;
    size_t best = 3;
    for (size_t i = 0; i < param->n_choices; i++) {
        const fid_literal *choice = &param->choices[i];
        if (fid__literal_equal(choice, literal))
            return FID_OK;
        if (choice->kind != FID_LITERAL_STRING)
            continue;
        size_t distance = fid_edit_distance(choice->text, literal->text);
        if (distance < best) {
            best = distance;
            near = choice->text;
        }
    }
    return fid__expr_complain(c->err, c->owner, c->expr->written, at->column,
                              "%s has no choice '%.40s'%s%.40s%s", param->name,
                              literal->text, near ? "; did you mean '" : "",
                              near ? near : "", near ? "'?" : "");
}

static fid_status binary(checker *c, const fid__instruction *at, unsigned operands,
                         unsigned result)
{
    kind_of *a = &c->stack[c->n - 2], *b = &c->stack[c->n - 1];
    if (operands) {
        FID_TRY(need(c, at, a, operands));
        FID_TRY(need(c, at, b, operands));
    } else {
        FID_TRY(check_choice(c, at, a, b));
    }
    kind_of second = *b;
    *a = (kind_of){.types = result};
    *b = second;
    c->n--;
    return FID_OK;
}

static fid_status compare(checker *c, const fid__instruction *at, unsigned operands)
{
    FID_TRY(binary(c, at, operands, TRUTH));
    c->n += at->arg; /* a chain keeps its second value */
    return FID_OK;
}

static fid_status conjunction(checker *c, const fid__instruction *at)
{
    kind_of top = c->stack[c->n - 1];
    c->n -= at->arg; /* in a chain: below its last value */
    FID_TRY(binary(c, at, TRUTH, TRUTH));
    if (at->arg)
        c->stack[c->n++] = top;
    return FID_OK;
}

static fid_status member(checker *c, const fid__instruction *at)
{
    FID_TRY(check_choice(c, at, &c->stack[c->n - 3], &c->stack[c->n - 1]));
    c->n--;
    return FID_OK;
}

static void push(checker *c, kind_of value)
{
    c->stack[c->n++] = value;
}

static fid_status step(checker *c, const fid__instruction *at)
{
    kind_of *top = &c->stack[c->n ? c->n - 1 : 0];
    switch (at->op) {
    case FID__OP_CONST: {
        const fid_literal *literal = &c->expr->constants[at->arg];
        push(c, (kind_of){.types = literal_type(literal), .literal = literal});
        return FID_OK;
    }
    case FID__OP_NAME: {
        const fid__param *param = &c->space->params[c->expr->params[at->arg]];
        push(c, (kind_of){.types = param_types(param), .param = param});
        return FID_OK;
    }
    case FID__OP_LT:
    case FID__OP_LE:
    case FID__OP_GT:
    case FID__OP_GE:
        return compare(c, at, NUMBER);
    case FID__OP_EQ:
    case FID__OP_NE:
        return compare(c, at, 0);
    case FID__OP_IN_OPEN:
        push(c, (kind_of){.types = TRUTH});
        return FID_OK;
    case FID__OP_IN_MEMBER:
        return member(c, at);
    case FID__OP_IN_CLOSE:
        c->n--;
        c->stack[c->n - 1] = (kind_of){.types = TRUTH};
        return FID_OK;
    case FID__OP_NOT:
        FID_TRY(need(c, at, top, TRUTH));
        *top = (kind_of){.types = TRUTH};
        return FID_OK;
    case FID__OP_AND:
        return conjunction(c, at);
    case FID__OP_OR:
        return binary(c, at, TRUTH, TRUTH);
    case FID__OP_NEG:
    case FID__OP_ABS:
    case FID__OP_LOG:
    case FID__OP_EXP:
    case FID__OP_SQRT:
    case FID__OP_FLOOR:
    case FID__OP_CEIL:
        FID_TRY(need(c, at, top, NUMBER));
        *top = (kind_of){.types = NUMBER};
        return FID_OK;
    default:
        return binary(c, at, NUMBER, NUMBER);
    }
}

const char *fid__nearest_name(const fid_space *space, const char *wanted)
{
    const char *near = NULL;
    size_t best = 3;
    for (size_t p = 0; p < space->n_params; p++) {
        size_t distance = fid_edit_distance(space->params[p].name, wanted);
        if (distance < best && distance < strlen(wanted)) {
            best = distance;
            near = space->params[p].name;
        }
    }
    return near;
}

static fid_status unknown_name(checker *c, size_t name)
{
    int column = 0;
    for (size_t i = 0; i < c->expr->n_code && !column; i++)
        if (c->expr->code[i].op == FID__OP_NAME && c->expr->code[i].arg == name)
            column = c->expr->code[i].column;
    const char *wanted = c->expr->names[name],
               *near = fid__nearest_name(c->space, wanted);
    return fid__expr_complain(c->err, c->owner, c->expr->written, column,
                              "there is no parameter '%.*s'%s%s%s", FID__MAX_NAME,
                              wanted, near ? "; did you mean '" : "", near ? near : "",
                              near ? "'?" : "");
}

static fid_status resolve(checker *c, size_t *params)
{
    for (size_t i = 0; i < c->expr->n_names; i++)
        if (!fid_space_find(c->space, c->expr->names[i], &params[i]))
            return unknown_name(c, i);
    return FID_OK;
}

fid_status fid__expr_bind(fid__expr *expr, const fid_space *space,
                          fid__expr_owner owner, fid_error *err)
{
    checker c = {.expr = expr, .space = space, .owner = owner, .err = err};
    free(expr->params);
    expr->params = fid_alloc(expr->n_names, sizeof *expr->params);
    if (!expr->params)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    FID_TRY(resolve(&c, expr->params));
    for (size_t i = 0; i < expr->n_code; i++)
        FID_TRY(step(&c, &expr->code[i]));
    if (c.stack[0].types != TRUTH)
        return complain(&c, 1, "this is not a condition: compare it with something");
    return FID_OK;
}
