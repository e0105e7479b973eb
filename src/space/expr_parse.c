/* Recursive descent with precedence climbing; levels as in Python:
 *   or < and < not < comparisons and in < + - < * / // % < unary - < ** */
#include "space/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_SUM,
    LEVEL_TERM,
    LEVEL_UNARY
};

typedef struct {
    fid__expr *expr;
    const char *text;
    size_t at;
    fid__token token; /* the current one */
    fid_text chars;   /* its characters */
    fid_text clean;   /* the text so far, evenly spaced */
    bool glue;        /* the next token follows without a space */
    size_t stack, nesting;
    fid__expr_owner owner;
    fid_error *err;
} parser;

static fid_status parse_level(parser *p, int level);

/* --- Words. */

/* The beginning of a text for a message: no control bytes, no half UTF-8 sequence. */
static const char *excerpt(const char *text, char out[84])
{
    enum { MOST = 80 };
    size_t n = strnlen(text, MOST + 1);
    bool cut = n > MOST;
    if (cut)
        for (n = MOST; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80;)
            n--;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7F ? ' ' : text[i];
    (void)strcpy(out + n, cut ? ".." : "");
    return out;
}

fid_status fid__expr_complain(fid_error *err, fid__expr_owner owner, const char *text,
                              int column, const char *format, ...)
{
    char words[256], shown[84];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return fid_error_at(err, FID_INVALID, NULL, 0, column, "%s%s \"%s\": %s",
                        owner.param ? owner.param : "constraint",
                        owner.param ? ": when" : "", excerpt(text, shown), words);
}

static int column_of(const fid__token *token)
{
    return (int)token->from + 1;
}

static fid_status complain(parser *p, const char *words)
{
    return fid__expr_complain(p->err, p->owner, p->text, column_of(&p->token), "%s",
                              words);
}

static fid_status no_memory(parser *p)
{
    return fid_error_set(p->err, FID_NOMEM, "out of memory");
}

/* --- Tokens. */

static bool after_value(const parser *p)
{
    if (!p->clean.len)
        return false;
    switch (p->token.kind) {
    case FID__TOKEN_NUMBER:
    case FID__TOKEN_STRING:
    case FID__TOKEN_NAME:
    case FID__TOKEN_WORD:
    case FID__TOKEN_CLOSE:
    case FID__TOKEN_CLOSE_LIST:
        return true;
    default:
        return false;
    }
}

static void append_clean(parser *p)
{
    const fid__token *token = &p->token;
    size_t n = token->to - token->from;
    if (token->kind == FID__TOKEN_NAME)
        fid_expression_append_name(&p->clean, p->chars.data);
    else if (token->kind == FID__TOKEN_STRING || token->kind == FID__TOKEN_WORD) {
        fid_literal literal = token->number;
        if (token->kind == FID__TOKEN_STRING)
            literal = (fid_literal){.kind = FID_LITERAL_STRING,
                                    .text = p->chars.data ? p->chars.data : ""};
        fid_expression_append_literal(&p->clean, &literal);
    } else if (token->kind == FID__TOKEN_AND || token->kind == FID__TOKEN_OR)
        fid_text_append(&p->clean, token->kind == FID__TOKEN_AND ? "and" : "or");
    else if (token->kind == FID__TOKEN_NOT)
        fid_text_append(&p->clean, "not");
    else
        fid_text_append_n(&p->clean, p->text + token->from, n);
}

/* To the next token; the current one goes to the clean text. */
static fid_status advance(parser *p)
{
    bool value_before = after_value(p);
    p->token = fid__token_next(p->text, &p->at, &p->chars);
    if (p->token.kind == FID__TOKEN_ERROR)
        return complain(p, p->token.problem);
    if (p->token.kind == FID__TOKEN_END)
        return FID_OK;
    fid__token_kind kind = p->token.kind;
    bool closes = kind == FID__TOKEN_CLOSE || kind == FID__TOKEN_CLOSE_LIST ||
                  kind == FID__TOKEN_COMMA;
    if (p->clean.len && !p->glue && !closes)
        fid_text_append(&p->clean, " ");
    append_clean(p);
    bool unary = kind == FID__TOKEN_BINARY && p->token.op == FID__OP_SUB &&
                 !value_before;
    p->glue = unary || kind == FID__TOKEN_OPEN || kind == FID__TOKEN_OPEN_LIST ||
              kind == FID__TOKEN_FUNCTION;
    return p->clean.failed || p->chars.failed ? no_memory(p) : FID_OK;
}

static fid_status expect(parser *p, fid__token_kind kind, const char *words)
{
    if (p->token.kind != kind)
        return complain(p, words);
    return advance(p);
}

/* --- Code. */

/* What an instruction adds to the stack. */
static int growth(fid__op op, uint32_t arg)
{
    switch (op) {
    case FID__OP_CONST:
    case FID__OP_NAME:
    case FID__OP_IN_OPEN:
        return 1;
    case FID__OP_NEG:
    case FID__OP_ABS:
    case FID__OP_LOG:
    case FID__OP_EXP:
    case FID__OP_SQRT:
    case FID__OP_FLOOR:
    case FID__OP_CEIL:
    case FID__OP_NOT:
        return 0;
    case FID__OP_LT:
    case FID__OP_LE:
    case FID__OP_GT:
    case FID__OP_GE:
    case FID__OP_EQ:
    case FID__OP_NE:
        return arg ? 0 : -1;
    default:
        return -1;
    }
}

static fid_status emit(parser *p, fid__op op, uint32_t arg, int column)
{
    fid__expr *expr = p->expr;
    p->stack = (size_t)((int)p->stack + growth(op, arg));
    if (p->stack > FID__EXPR_STACK)
        return complain(p, "nested too deeply");
    if (expr->n_code == FID__EXPR_CODE)
        return complain(p, "the expression is too long");
    fid__instruction *grown =
        fid_grow(expr->code, &expr->cap_code, expr->n_code + 1, sizeof *grown);
    if (!grown)
        return no_memory(p);
    expr->code = grown;
    grown[expr->n_code++] = (fid__instruction){.op = op, .arg = arg, .column = column};
    return FID_OK;
}

static fid_status emit_constant(parser *p, fid_literal literal, int column)
{
    fid__expr *expr = p->expr;
    fid_literal *grown = fid_grow(expr->constants, &expr->cap_constants,
                                  expr->n_constants + 1, sizeof *grown);
    if (!grown)
        return no_memory(p);
    expr->constants = grown;
    if (literal.text) {
        literal.text = fid_strdup(literal.text);
        if (!literal.text)
            return no_memory(p);
    }
    grown[expr->n_constants++] = literal;
    return emit(p, FID__OP_CONST, (uint32_t)(expr->n_constants - 1), column);
}

static fid_status emit_name(parser *p)
{
    fid__expr *expr = p->expr;
    const char *name = p->chars.data;
    int column = column_of(&p->token);
    size_t i = 0;
    while (i < expr->n_names && strcmp(expr->names[i], name) != 0)
        i++;
    if (i == expr->n_names) {
        char **grown = fid_grow(expr->names, &expr->cap_names, i + 1, sizeof *grown);
        if (!grown)
            return no_memory(p);
        expr->names = grown;
        grown[i] = fid_strdup(name);
        if (!grown[i])
            return no_memory(p);
        expr->n_names++;
    }
    FID_TRY(emit(p, FID__OP_NAME, (uint32_t)i, column));
    return advance(p);
}

/* --- Values. */

static fid_status enter(parser *p)
{
    return ++p->nesting > FID__EXPR_NESTING ? complain(p, "nested too deeply") : FID_OK;
}

/* A list in the place of a value is a constant: the JSON text of a choice that is a
 * list. */
static fid_status list_constant(parser *p, fid_text *json)
{
    FID_TRY(enter(p));
    FID_TRY(advance(p));
    fid_text_append(json, "[");
    const char *comma = "";
    while (p->token.kind != FID__TOKEN_CLOSE_LIST) {
        fid_text_append(json, comma);
        comma = ",";
        bool minus = p->token.kind == FID__TOKEN_BINARY && p->token.op == FID__OP_SUB;
        if (minus) {
            fid_text_append(json, "-");
            FID_TRY(advance(p));
        }
        fid__token_kind kind = p->token.kind;
        if (!minus && kind == FID__TOKEN_OPEN_LIST) {
            FID_TRY(list_constant(p, json));
        } else if (!minus && kind == FID__TOKEN_STRING) {
            fid_text_append_json(json, p->chars.data ? p->chars.data : "",
                                 p->chars.len);
            FID_TRY(advance(p));
        } else if (kind == FID__TOKEN_NUMBER || (!minus && kind == FID__TOKEN_WORD)) {
            fid__literal_to_json(&p->token.number, json);
            FID_TRY(advance(p));
        } else {
            return complain(p, "a list here holds constants only");
        }
        if (p->token.kind != FID__TOKEN_CLOSE_LIST)
            FID_TRY(expect(p, FID__TOKEN_COMMA, "expected , or ]"));
    }
    fid_text_append(json, "]");
    p->nesting--;
    return advance(p);
}

static fid_status list_value(parser *p)
{
    int column = column_of(&p->token);
    fid_text json = {0};
    fid_status status = list_constant(p, &json);
    if (status == FID_OK && json.failed)
        status = no_memory(p);
    if (status == FID_OK)
        status = emit_constant(
            p, (fid_literal){.kind = FID_LITERAL_JSON, .text = json.data}, column);
    fid_text_deinit(&json);
    return status;
}

static fid_status constant_value(parser *p)
{
    fid_literal literal = p->token.number;
    if (p->token.kind == FID__TOKEN_STRING)
        literal = (fid_literal){.kind = FID_LITERAL_STRING,
                                .text = p->chars.data ? p->chars.data : ""};
    FID_TRY(emit_constant(p, literal, column_of(&p->token)));
    return advance(p);
}

/* f(a) or, for min and max, f(a, b, ..) */
static fid_status call(parser *p)
{
    fid__op op = p->token.op;
    int column = column_of(&p->token);
    bool folds = op == FID__OP_MIN || op == FID__OP_MAX;
    FID_TRY(advance(p));
    FID_TRY(expect(p, FID__TOKEN_OPEN, "a function needs ( behind its name"));
    FID_TRY(parse_level(p, LEVEL_OR));
    if (!folds)
        FID_TRY(emit(p, op, 0, column));
    else if (p->token.kind != FID__TOKEN_COMMA)
        return complain(p, "min and max need at least two arguments");
    while (folds && p->token.kind == FID__TOKEN_COMMA) {
        FID_TRY(advance(p));
        FID_TRY(parse_level(p, LEVEL_OR));
        FID_TRY(emit(p, op, 0, column));
    }
    return expect(p, FID__TOKEN_CLOSE, "expected )");
}

static fid_status value(parser *p)
{
    switch (p->token.kind) {
    case FID__TOKEN_NUMBER:
    case FID__TOKEN_STRING:
    case FID__TOKEN_WORD:
        return constant_value(p);
    case FID__TOKEN_NAME:
        return emit_name(p);
    case FID__TOKEN_FUNCTION:
        return call(p);
    case FID__TOKEN_OPEN_LIST:
        return list_value(p);
    case FID__TOKEN_OPEN:
        FID_TRY(advance(p));
        FID_TRY(parse_level(p, LEVEL_OR));
        return expect(p, FID__TOKEN_CLOSE, "expected )");
    case FID__TOKEN_END:
        return complain(p, p->clean.len ? "a value is missing at the end"
                                        : "the expression is empty");
    default:
        return complain(p, "there should be a value here");
    }
}

/* --- Operators. */

static bool is_op(const parser *p, fid__op op)
{
    return p->token.kind == FID__TOKEN_BINARY && p->token.op == op;
}

static fid_status unary(parser *p)
{
    int column = column_of(&p->token);
    if (is_op(p, FID__OP_SUB)) {
        FID_TRY(advance(p));
        FID_TRY(parse_level(p, LEVEL_UNARY));
        return emit(p, FID__OP_NEG, 0, column);
    }
    FID_TRY(value(p));
    if (!is_op(p, FID__OP_POW))
        return FID_OK;
    column = column_of(&p->token);
    FID_TRY(advance(p));
    FID_TRY(parse_level(p, LEVEL_UNARY));
    return emit(p, FID__OP_POW, 0, column);
}

static int level_of(fid__op op)
{
    switch (op) {
    case FID__OP_ADD:
    case FID__OP_SUB:
        return LEVEL_SUM;
    case FID__OP_MUL:
    case FID__OP_DIV:
    case FID__OP_FLOOR_DIV:
    case FID__OP_MOD:
        return LEVEL_TERM;
    case FID__OP_POW:
        return LEVEL_UNARY;
    default:
        return LEVEL_COMPARE;
    }
}

static fid_status arithmetic(parser *p, int level)
{
    FID_TRY(parse_level(p, level + 1));
    while (p->token.kind == FID__TOKEN_BINARY && level_of(p->token.op) == level) {
        fid__op op = p->token.op;
        int column = column_of(&p->token);
        FID_TRY(advance(p));
        FID_TRY(parse_level(p, level + 1));
        FID_TRY(emit(p, op, 0, column));
    }
    return FID_OK;
}

/* The items of x in [..]; x is on the stack. */
static fid_status members(parser *p, bool negated)
{
    int column = column_of(&p->token);
    FID_TRY(advance(p));
    if (p->token.kind != FID__TOKEN_OPEN_LIST)
        return complain(p, "in needs a list in [ ]");
    FID_TRY(advance(p));
    FID_TRY(emit(p, FID__OP_IN_OPEN, 0, column));
    while (p->token.kind != FID__TOKEN_CLOSE_LIST) {
        int item = column_of(&p->token);
        FID_TRY(parse_level(p, LEVEL_OR));
        FID_TRY(emit(p, FID__OP_IN_MEMBER, 0, item));
        if (p->token.kind != FID__TOKEN_CLOSE_LIST)
            FID_TRY(expect(p, FID__TOKEN_COMMA, "expected , or ]"));
    }
    FID_TRY(advance(p));
    FID_TRY(emit(p, FID__OP_IN_CLOSE, 0, column));
    return negated ? emit(p, FID__OP_NOT, 0, column) : FID_OK;
}

static bool is_comparison(const parser *p)
{
    return p->token.kind == FID__TOKEN_BINARY && level_of(p->token.op) == LEVEL_COMPARE;
}

/* a < b <= c is a < b and b <= c, b evaluated once. A membership ends the chain. */
static fid_status comparison(parser *p)
{
    FID_TRY(parse_level(p, LEVEL_SUM));
    size_t links = 0;
    bool more = true;
    while (more) {
        int column = column_of(&p->token);
        bool negated = p->token.kind == FID__TOKEN_NOT;
        if (is_comparison(p)) {
            fid__op op = p->token.op;
            FID_TRY(advance(p));
            FID_TRY(parse_level(p, LEVEL_SUM));
            more = is_comparison(p) || p->token.kind == FID__TOKEN_IN ||
                   p->token.kind == FID__TOKEN_NOT;
            FID_TRY(emit(p, op, more, column));
        } else if (p->token.kind == FID__TOKEN_IN || negated) {
            if (negated)
                FID_TRY(advance(p));
            if (p->token.kind != FID__TOKEN_IN)
                return complain(p, "expected in behind not");
            FID_TRY(members(p, negated));
            more = false;
        } else {
            break;
        }
        if (links++ > 0)
            FID_TRY(emit(p, FID__OP_AND, more, column));
    }
    if (is_comparison(p) || p->token.kind == FID__TOKEN_IN)
        return complain(p, "put ( ) around a membership that is compared");
    return FID_OK;
}

static fid_status joined(parser *p, int level, fid__token_kind kind, fid__op op)
{
    FID_TRY(parse_level(p, level + 1));
    while (p->token.kind == kind) {
        int column = column_of(&p->token);
        FID_TRY(advance(p));
        FID_TRY(parse_level(p, level + 1));
        FID_TRY(emit(p, op, 0, column));
    }
    return FID_OK;
}

static fid_status negation(parser *p)
{
    if (p->token.kind != FID__TOKEN_NOT)
        return parse_level(p, LEVEL_COMPARE);
    int column = column_of(&p->token);
    FID_TRY(advance(p));
    FID_TRY(parse_level(p, LEVEL_NOT));
    return emit(p, FID__OP_NOT, 0, column);
}

static fid_status parse_level(parser *p, int level)
{
    /* Only a return to the lowest level or a chain of prefix operators is nesting. */
    bool deeper = level == LEVEL_OR || level == LEVEL_NOT || level == LEVEL_UNARY;
    fid_status status;
    if (deeper)
        FID_TRY(enter(p));
    if (level == LEVEL_OR)
        status = joined(p, level, FID__TOKEN_OR, FID__OP_OR);
    else if (level == LEVEL_AND)
        status = joined(p, level, FID__TOKEN_AND, FID__OP_AND);
    else if (level == LEVEL_NOT)
        status = negation(p);
    else if (level == LEVEL_COMPARE)
        status = comparison(p);
    else if (level == LEVEL_UNARY)
        status = unary(p);
    else
        status = arithmetic(p, level);
    p->nesting -= deeper;
    return status;
}

void fid__expr_deinit(fid__expr *expr)
{
    for (size_t i = 0; i < expr->n_constants; i++)
        fid__literal_deinit(&expr->constants[i]);
    for (size_t i = 0; i < expr->n_names; i++)
        free(expr->names[i]);
    free(expr->constants);
    free(expr->names);
    free(expr->params);
    free(expr->code);
    free(expr->text);
    free(expr->written);
    *expr = (fid__expr){0};
}

static fid_status parse_all(parser *p)
{
    if (strnlen(p->text, FID__EXPR_BYTES + 1) > FID__EXPR_BYTES)
        return complain(p, "the expression is too long");
    FID_TRY(advance(p));
    FID_TRY(parse_level(p, LEVEL_OR));
    if (p->token.kind != FID__TOKEN_END)
        return complain(p, "expected an operator here");
    p->expr->text = fid_text_take(&p->clean);
    p->expr->written = fid_strdup(p->text);
    return p->expr->text && p->expr->written ? FID_OK : no_memory(p);
}

fid_status fid__expr_parse(fid__expr *expr, const char *text, fid__expr_owner owner,
                           fid_error *err)
{
    *expr = (fid__expr){0};
    parser p = {.expr = expr, .text = text, .owner = owner, .err = err};
    fid_status status = parse_all(&p);
    fid_text_deinit(&p.chars);
    fid_text_deinit(&p.clean);
    if (status != FID_OK)
        fid__expr_deinit(expr);
    return status;
}
