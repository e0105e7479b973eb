/* The stack machine. Arithmetic as in Python, except that integers which leave 64 bits
 * become doubles and that what Python refuses (1/0, log(-1)) is NaN. */
#include "space/model.h"

#include <math.h>
#include <string.h>

typedef struct {
    fid_literal v;   /* BOOL: .i */
    double true_at;  /* BOOL: 0 when true, else how far from it */
    double false_at; /* 0 when false, else how far from it */
} slot;

static slot truth_of(bool holds, double away)
{
    slot s = {.v = {.kind = FID_LITERAL_BOOL, .i = holds}};
    *(holds ? &s.false_at : &s.true_at) = away;
    return s;
}

/* --- Numbers. */

static fid_literal real(double f)
{
    return (fid_literal){.kind = FID_LITERAL_FLOAT, .f = f};
}

static fid_literal whole(int64_t i)
{
    return (fid_literal){.kind = FID_LITERAL_INT, .i = i, .f = (double)i};
}

static fid_literal whole_of(double f)
{
    return f >= -0x1p63 && f < 0x1p63 ? whole((int64_t)f) : real(f);
}

static bool add_whole(fid__op op, int64_t a, int64_t b, int64_t *out)
{
    switch (op) {
    case FID__OP_ADD:
        return !__builtin_add_overflow(a, b, out);
    case FID__OP_SUB:
        return !__builtin_sub_overflow(a, b, out);
    case FID__OP_MUL:
        return !__builtin_mul_overflow(a, b, out);
    case FID__OP_FLOOR_DIV:
        if (b == 0 || (a == INT64_MIN && b == -1))
            return false;
        *out = a / b - (a % b != 0 && (a < 0) != (b < 0));
        return true;
    case FID__OP_MOD:
        if (b == 0)
            return false;
        *out = b == -1 ? 0 : a % b;
        *out += *out != 0 && (*out < 0) != (b < 0) ? b : 0;
        return true;
    default:
        return false;
    }
}

/* float_divmod of CPython's floatobject.c. */
static double python_mod(double a, double b)
{
    double mod = fmod(a, b);
    if (mod == 0)
        return copysign(0, b);
    return (b < 0) != (mod < 0) ? mod + b : mod;
}

static double python_floor_div(double a, double b)
{
    double mod = fmod(a, b), div = (a - mod) / b;
    if (mod != 0 && (b < 0) != (mod < 0))
        div -= 1;
    if (div == 0)
        return copysign(0, a / b);
    double down = floor(div);
    return div - down > 0.5 ? down + 1 : down;
}

static double of_reals(fid__op op, double a, double b)
{
    switch (op) {
    case FID__OP_ADD:
        return a + b;
    case FID__OP_SUB:
        return a - b;
    case FID__OP_MUL:
        return a * b;
    case FID__OP_DIV:
        return b == 0 ? (double)NAN : a / b;
    case FID__OP_FLOOR_DIV:
        return b == 0 ? (double)NAN : python_floor_div(a, b);
    case FID__OP_MOD:
        return b == 0 ? (double)NAN : python_mod(a, b);
    default:
        return a == 0 && b < 0 ? (double)NAN : pow(a, b);
    }
}

static fid_literal arithmetic(fid__op op, const fid_literal *a, const fid_literal *b)
{
    int64_t i;
    if (a->kind == FID_LITERAL_INT && b->kind == FID_LITERAL_INT &&
        add_whole(op, a->i, b->i, &i))
        return whole(i);
    if (op == FID__OP_MIN || op == FID__OP_MAX) {
        int order = fid__number_compare(a, b);
        if (order == FID__UNORDERED)
            return real((double)NAN);
        return (op == FID__OP_MIN ? order <= 0 : order >= 0) ? *a : *b;
    }
    return real(of_reals(op, a->f, b->f));
}

static fid_literal function(fid__op op, const fid_literal *a)
{
    bool is_whole = a->kind == FID_LITERAL_INT;
    switch (op) {
    case FID__OP_NEG:
        return is_whole && a->i != INT64_MIN ? whole(-a->i) : real(-a->f);
    case FID__OP_ABS:
        if (is_whole && a->i != INT64_MIN)
            return whole(a->i < 0 ? -a->i : a->i);
        return real(fabs(a->f));
    case FID__OP_LOG:
        return real(a->f > 0 ? log(a->f) : (double)NAN);
    case FID__OP_EXP:
        return real(exp(a->f));
    case FID__OP_SQRT:
        return real(sqrt(a->f));
    case FID__OP_FLOOR:
        return is_whole ? *a : whole_of(floor(a->f));
    default:
        return is_whole ? *a : whole_of(ceil(a->f));
    }
}

/* --- Truths. */

/* Distances grow slowly, so that no clause drowns the others, and begin at 1, so that
 * each clause which fails counts. */
static double distance(double a, double b)
{
    double d = fabs(a - b);
    return d < (double)INFINITY ? 1 + log1p(d) : 1e3;
}

static slot compare(fid__op op, const fid_literal *a, const fid_literal *b,
                    bool measure)
{
    bool numbers = fid__is_number(a) && fid__is_number(b);
    bool equality = op == FID__OP_EQ || op == FID__OP_NE;
    int order = numbers                    ? fid__number_compare(a, b)
                : !equality                ? FID__UNORDERED
                : fid__literal_equal(a, b) ? 0
                                           : 1;
    if (order == FID__UNORDERED)
        return truth_of(false, 1e3);
    bool holds = op == FID__OP_LT   ? order < 0
                 : op == FID__OP_LE ? order <= 0
                 : op == FID__OP_GT ? order > 0
                 : op == FID__OP_GE ? order >= 0
                 : op == FID__OP_EQ ? order == 0
                                    : order != 0;
    return truth_of(holds, measure && numbers ? distance(a->f, b->f) : 1);
}

static slot both(const slot *a, const slot *b)
{
    slot s = truth_of(a->v.i && b->v.i, 0);
    s.true_at = a->true_at + b->true_at;
    s.false_at = fmin(a->false_at, b->false_at);
    return s;
}

static slot either(const slot *a, const slot *b)
{
    slot s = truth_of(a->v.i || b->v.i, 0);
    s.true_at = fmin(a->true_at, b->true_at);
    s.false_at = a->false_at + b->false_at;
    return s;
}

static slot opposite(const slot *a)
{
    slot s = truth_of(!a->v.i, 0);
    s.true_at = a->false_at;
    s.false_at = a->true_at;
    return s;
}

static slot load(const fid__source *source, size_t param)
{
    fid_value value = fid__source_value(source, param);
    slot s = {.v = fid__param_literal(&source->space->params[param], &value)};
    if (s.v.kind == FID_LITERAL_BOOL)
        s = truth_of(s.v.i != 0, 1);
    return s;
}

static slot constant(const fid_literal *literal)
{
    if (literal->kind == FID_LITERAL_BOOL)
        return truth_of(literal->i != 0, 1);
    return (slot){.v = *literal};
}

/* Runs one instruction; the stack grows upward, *n is its height. */
static void step(const fid__expr *expr, const fid__source *source,
                 const fid__instruction *at, bool measure, slot *stack, size_t *n)
{
    slot *top = &stack[*n];
    switch (at->op) {
    case FID__OP_CONST:
        *top = constant(&expr->constants[at->arg]);
        ++*n;
        break;
    case FID__OP_NAME:
        *top = load(source, expr->params[at->arg]);
        ++*n;
        break;
    case FID__OP_NEG:
    case FID__OP_ABS:
    case FID__OP_LOG:
    case FID__OP_EXP:
    case FID__OP_SQRT:
    case FID__OP_FLOOR:
    case FID__OP_CEIL:
        top[-1].v = function(at->op, &top[-1].v);
        break;
    case FID__OP_LT:
    case FID__OP_LE:
    case FID__OP_GT:
    case FID__OP_GE:
    case FID__OP_EQ:
    case FID__OP_NE:
        top[-2] = compare(at->op, &top[-2].v, &top[-1].v, measure);
        *n -= !at->arg;
        break;
    case FID__OP_IN_OPEN:
        *top = truth_of(false, 1e3);
        ++*n;
        break;
    case FID__OP_IN_MEMBER: {
        slot same = compare(FID__OP_EQ, &top[-3].v, &top[-1].v, measure);
        top[-2] = either(&top[-2], &same);
        --*n;
        break;
    }
    case FID__OP_IN_CLOSE:
        top[-2] = top[-1];
        --*n;
        break;
    case FID__OP_NOT:
        top[-1] = opposite(&top[-1]);
        break;
    case FID__OP_AND:
        top -= at->arg;
        top[-2] = both(&top[-2], &top[-1]);
        if (at->arg)
            top[-1] = top[0];
        --*n;
        break;
    case FID__OP_OR:
        top[-2] = either(&top[-2], &top[-1]);
        --*n;
        break;
    default:
        top[-2].v = arithmetic(at->op, &top[-2].v, &top[-1].v);
        --*n;
        break;
    }
}

static slot run(const fid__expr *expr, const fid__source *source, bool measure)
{
    slot stack[FID__EXPR_STACK + 1];
    size_t n = 0;
    for (size_t i = 0; i < expr->n_code; i++)
        step(expr, source, &expr->code[i], measure, stack, &n);
    return stack[0];
}

bool fid__expr_holds(const fid__expr *expr, const fid__source *source)
{
    return run(expr, source, false).v.i != 0;
}

double fid__expr_miss(const fid__expr *expr, const fid__source *source)
{
    slot result = run(expr, source, true);
    return result.v.i ? 0 : fmax(result.true_at, 1e-3);
}
