/* The language of conditions and constraints: text -> code for a stack machine.
 *
 * parse makes the code once and knows no parameters; bind looks its names up and checks
 * types; after that evaluation allocates nothing, cannot fail and does not recurse. The
 * parser bounds its own recursion, the code's length and the machine's stack, so that a
 * hostile text gives an error and nothing worse. */
#ifndef SPACE_EXPR_H
#define SPACE_EXPR_H

#include <fidelio/base.h>
#include <fidelio/space.h>

enum {
    FID__EXPR_BYTES = 1 << 16, /* longest text */
    FID__EXPR_CODE = 1 << 15,  /* most instructions */
    FID__EXPR_STACK = 64,      /* deepest stack */
    FID__EXPR_NESTING = 192,   /* deepest recursion of the parser, 64 brackets */
};

typedef enum {
    FID__OP_CONST, /* push constants[arg] */
    FID__OP_NAME,  /* push the value of names[arg] */
    /* two numbers -> a number */
    FID__OP_ADD,
    FID__OP_SUB,
    FID__OP_MUL,
    FID__OP_DIV,
    FID__OP_FLOOR_DIV,
    FID__OP_MOD,
    FID__OP_POW,
    FID__OP_MIN,
    FID__OP_MAX,
    /* a number -> a number */
    FID__OP_NEG,
    FID__OP_ABS,
    FID__OP_LOG,
    FID__OP_EXP,
    FID__OP_SQRT,
    FID__OP_FLOOR,
    FID__OP_CEIL,
    /* two values -> a truth; with arg 1 (in a chain, a < b < c) -> a truth and the
     * second value */
    FID__OP_LT,
    FID__OP_LE,
    FID__OP_GT,
    FID__OP_GE,
    FID__OP_EQ,
    FID__OP_NE,
    /* x in [..]: OPEN (x -> x, false), for each item MEMBER (x, found, item -> x, found),
     * CLOSE (x, found -> found) */
    FID__OP_IN_OPEN,
    FID__OP_IN_MEMBER,
    FID__OP_IN_CLOSE,
    FID__OP_NOT,
    /* two truths -> a truth; AND with arg 1 (in a chain) works below the top value */
    FID__OP_AND,
    FID__OP_OR,
} fid__op;

typedef struct {
    fid__op op;
    uint32_t arg;
    int column; /* where in the text, for messages */
} fid__instruction;

typedef struct {
    char *text; /* the tokens in one way of spacing: equal expressions, equal texts */
    char *written; /* as given: what columns count in */
    fid__instruction *code;
    size_t n_code, cap_code;
    fid_literal *constants;
    size_t n_constants, cap_constants;
    char **names; /* distinct parameters in order of appearance */
    size_t n_names, cap_names;
    size_t *params; /* [n_names] their indexes, after bind */
} fid__expr;

/* What the words of an error begin with, as in: rate_drop: when "booster ==": ... */
typedef struct {
    const char *param; /* NULL: a constraint */
} fid__expr_owner;

/* expr_parse.c. On failure *expr holds nothing. */
fid_status fid__expr_parse(fid__expr *expr, const char *text, fid__expr_owner owner,
                           fid_error *err);
void fid__expr_deinit(fid__expr *expr);
fid_status fid__expr_complain(fid_error *err, fid__expr_owner owner, const char *text,
                              int column, const char *format, ...) FID_PRINTF(5, 6);

/* expr_bind.c */
fid_status fid__expr_bind(fid__expr *expr, const fid_space *space,
                          fid__expr_owner owner, fid_error *err);

/* expr_eval.c */
struct fid__source;
bool fid__expr_holds(const fid__expr *expr, const struct fid__source *source);
/* 0 where it holds, else a positive number that falls on the way to where it does: the
 * branch distance of search-based testing (Tracey et al. 1998). */
double fid__expr_miss(const fid__expr *expr, const struct fid__source *source);

/* token.c */
typedef enum {
    FID__TOKEN_END,
    FID__TOKEN_ERROR, /* text: what is wrong */
    FID__TOKEN_NUMBER,
    FID__TOKEN_STRING,
    FID__TOKEN_NAME,
    FID__TOKEN_FUNCTION, /* op */
    FID__TOKEN_WORD,     /* true, false, null: number */
    FID__TOKEN_BINARY,   /* op; also - */
    FID__TOKEN_IN,
    FID__TOKEN_NOT,
    FID__TOKEN_AND,
    FID__TOKEN_OR,
    FID__TOKEN_OPEN,
    FID__TOKEN_CLOSE,
    FID__TOKEN_OPEN_LIST,
    FID__TOKEN_CLOSE_LIST,
    FID__TOKEN_COMMA,
} fid__token_kind;

typedef struct {
    fid__token_kind kind;
    fid__op op;
    fid_literal number;  /* NUMBER, WORD */
    size_t from, to;     /* bytes of the text */
    const char *problem; /* ERROR */
} fid__token;

/* The token at *at, which moves behind it. For STRING and NAME their characters replace
 * `chars`. */
fid__token fid__token_next(const char *text, size_t *at, fid_text *chars);
bool fid__token_is_reserved(const char *name); /* needs back ticks as a name */

#endif
