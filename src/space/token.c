#include "space/expr.h"

#include <string.h>

typedef struct {
    const char *word;
    fid__token_kind kind;
    fid__op op;
    fid_literal number;
} reserved;

/* Python's spelling of the constants is welcome too. */
static const reserved words[] = {
    {.word = "and", .kind = FID__TOKEN_AND},
    {.word = "or", .kind = FID__TOKEN_OR},
    {.word = "not", .kind = FID__TOKEN_NOT},
    {.word = "in", .kind = FID__TOKEN_IN},
    {.word = "true",
     .kind = FID__TOKEN_WORD,
     .number = {.kind = FID_LITERAL_BOOL, .i = 1}},
    {.word = "True",
     .kind = FID__TOKEN_WORD,
     .number = {.kind = FID_LITERAL_BOOL, .i = 1}},
    {.word = "false", .kind = FID__TOKEN_WORD, .number = {.kind = FID_LITERAL_BOOL}},
    {.word = "False", .kind = FID__TOKEN_WORD, .number = {.kind = FID_LITERAL_BOOL}},
    {.word = "null", .kind = FID__TOKEN_WORD, .number = {.kind = FID_LITERAL_NULL}},
    {.word = "None", .kind = FID__TOKEN_WORD, .number = {.kind = FID_LITERAL_NULL}},
    {.word = "min", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_MIN},
    {.word = "max", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_MAX},
    {.word = "abs", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_ABS},
    {.word = "log", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_LOG},
    {.word = "exp", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_EXP},
    {.word = "sqrt", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_SQRT},
    {.word = "floor", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_FLOOR},
    {.word = "ceil", .kind = FID__TOKEN_FUNCTION, .op = FID__OP_CEIL},
};

/* Longer signs before their beginnings. */
static const reserved signs[] = {
    {.word = "**", .kind = FID__TOKEN_BINARY, .op = FID__OP_POW},
    {.word = "//", .kind = FID__TOKEN_BINARY, .op = FID__OP_FLOOR_DIV},
    {.word = "<=", .kind = FID__TOKEN_BINARY, .op = FID__OP_LE},
    {.word = ">=", .kind = FID__TOKEN_BINARY, .op = FID__OP_GE},
    {.word = "==", .kind = FID__TOKEN_BINARY, .op = FID__OP_EQ},
    {.word = "!=", .kind = FID__TOKEN_BINARY, .op = FID__OP_NE},
    {.word = "&&", .kind = FID__TOKEN_AND},
    {.word = "||", .kind = FID__TOKEN_OR},
    {.word = "<", .kind = FID__TOKEN_BINARY, .op = FID__OP_LT},
    {.word = ">", .kind = FID__TOKEN_BINARY, .op = FID__OP_GT},
    {.word = "+", .kind = FID__TOKEN_BINARY, .op = FID__OP_ADD},
    {.word = "-", .kind = FID__TOKEN_BINARY, .op = FID__OP_SUB},
    {.word = "*", .kind = FID__TOKEN_BINARY, .op = FID__OP_MUL},
    {.word = "/", .kind = FID__TOKEN_BINARY, .op = FID__OP_DIV},
    {.word = "%", .kind = FID__TOKEN_BINARY, .op = FID__OP_MOD},
    {.word = "!", .kind = FID__TOKEN_NOT},
    {.word = "(", .kind = FID__TOKEN_OPEN},
    {.word = ")", .kind = FID__TOKEN_CLOSE},
    {.word = "[", .kind = FID__TOKEN_OPEN_LIST},
    {.word = "]", .kind = FID__TOKEN_CLOSE_LIST},
    {.word = ",", .kind = FID__TOKEN_COMMA},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static void fail(fid__token *token, const char *problem)
{
    token->kind = FID__TOKEN_ERROR;
    token->problem = problem;
}

static void number(const char *text, fid__token *token)
{
    const char *s = text + token->from;
    size_t n = 0;
    bool whole = true;
    while (is_digit(s[n]) || s[n] == '.')
        whole = s[n++] != '.' && whole;
    if (s[n] == 'e' || s[n] == 'E') {
        whole = false;
        n++;
        n += s[n] == '+' || s[n] == '-';
        while (is_digit(s[n]))
            n++;
    }
    token->to = token->from + n;
    token->kind = FID__TOKEN_NUMBER;
    fid_literal *v = &token->number;
    if (whole && !is_word(s[n]) && fid_parse_int(s, n, &v->i)) {
        v->kind = FID_LITERAL_INT;
        v->f = (double)v->i;
        return;
    }
    v->kind = FID_LITERAL_FLOAT;
    if (is_word(s[n]) || !fid_parse_double(s, n, &v->f))
        fail(token, "this is not a number");
}

static char unescape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case '\\':
    case '\'':
    case '"':
        return c;
    default:
        return '\0';
    }
}

static void string(const char *text, fid__token *token, fid_text *chars)
{
    char quote = text[token->from];
    size_t i = token->from + 1;
    token->kind = FID__TOKEN_STRING;
    for (; text[i] && text[i] != quote; i++) {
        char c = text[i];
        if (c == '\\') {
            c = unescape(text[++i]);
            if (!c) {
                token->from = i - 1;
                fail(token, "unknown escape: only \\n \\t \\r \\\\ \\' \\\" are known");
                return;
            }
        }
        fid_text_append_n(chars, &c, 1);
    }
    if (!text[i])
        fail(token, "the closing quote is missing");
    token->to = i + 1;
}

static void quoted_name(const char *text, fid__token *token, fid_text *chars)
{
    const char *s = text + token->from + 1, *end = strchr(s, '`');
    token->kind = FID__TOKEN_NAME;
    if (!end || end == s) {
        fail(token, end ? "there is no name between the back ticks"
                        : "the closing back tick is missing");
        return;
    }
    fid_text_append_n(chars, s, (size_t)(end - s));
    token->to = token->from + 2 + (size_t)(end - s);
}

static const reserved *find_word(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == n && memcmp(words[i].word, s, n) == 0)
            return &words[i];
    return NULL;
}

bool fid__token_is_reserved(const char *name)
{
    return find_word(name, strlen(name)) != NULL;
}

static void word(const char *text, fid__token *token, fid_text *chars)
{
    const char *s = text + token->from;
    size_t n = 0;
    while (is_word(s[n]))
        n++;
    token->to = token->from + n;
    const reserved *known = find_word(s, n);
    token->kind = FID__TOKEN_NAME;
    if (known) {
        token->kind = known->kind;
        token->op = known->op;
        token->number = known->number;
    } else {
        fid_text_append_n(chars, s, n);
    }
}

static void sign(const char *text, fid__token *token)
{
    const char *s = text + token->from;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].word);
        if (strncmp(s, signs[i].word, n) != 0)
            continue;
        token->kind = signs[i].kind;
        token->op = signs[i].op;
        token->to = token->from + n;
        return;
    }
    fail(token, *s == '=' ? "use == to compare" : "this character has no meaning here");
}

fid__token fid__token_next(const char *text, size_t *at, fid_text *chars)
{
    while (text[*at] && strchr(" \t\r\n", text[*at]))
        ++*at;
    fid__token token = {.from = *at, .to = *at};
    char c = text[*at];
    fid_text_clear(chars);
    if (!c)
        token.kind = FID__TOKEN_END;
    else if (is_digit(c) || (c == '.' && is_digit(text[*at + 1])))
        number(text, &token);
    else if (c == '\'' || c == '"')
        string(text, &token, chars);
    else if (c == '`')
        quoted_name(text, &token, chars);
    else if (is_word(c))
        word(text, &token, chars);
    else
        sign(text, &token);
    *at = token.to;
    return token;
}
