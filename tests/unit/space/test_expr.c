/* The language of conditions and constraints by itself. */
#include "check.h"
#include "space/model.h"

#include <string.h>

enum { A, B, X, Y, KIND, FLAG, SIZE, N };

static const fid_literal kinds[] = {{.kind = FID_LITERAL_STRING, .text = "gbtree"},
                                    {.kind = FID_LITERAL_STRING, .text = "dart"},
                                    {.kind = FID_LITERAL_STRING, .text = "it's"}};
static const fid_literal flags[] = {{.kind = FID_LITERAL_BOOL, .i = 1},
                                    {.kind = FID_LITERAL_BOOL, .i = 0}};
static const fid_literal sizes[] = {{.kind = FID_LITERAL_INT, .i = 32},
                                    {.kind = FID_LITERAL_INT, .i = 64},
                                    {.kind = FID_LITERAL_INT, .i = 128}};
static const fid_literal nets[] = {
    {.kind = FID_LITERAL_JSON, .text = "[64,64]"},
    {.kind = FID_LITERAL_JSON, .text = "[\"a\",[-1.5,null]]"}};

static fid_space *make_space(void)
{
    fid_space *s = NULL;
    CHECK(fid_space_create(&s) == FID_OK);
    CHECK(!fid_space_add_int(s, "a", INT64_MIN, INT64_MAX, FID_SCALE_LINEAR, 1, NULL));
    CHECK(!fid_space_add_int(s, "b", -5, 5, FID_SCALE_LINEAR, 1, NULL));
    CHECK(!fid_space_add_float(s, "x", -1e16, 1e16, FID_SCALE_LINEAR, 0, NULL));
    CHECK(!fid_space_add_float(s, "y", -1e3, 1e3, FID_SCALE_LINEAR, 0, NULL));
    CHECK(!fid_space_add_choice(s, "kind", kinds, 3, false, NULL));
    CHECK(!fid_space_add_choice(s, "flag", flags, 2, false, NULL));
    CHECK(!fid_space_add_choice(s, "size", sizes, 3, true, NULL));
    CHECK(!fid_space_add_choice(s, "odd.name", kinds, 3, false, NULL));
    CHECK(!fid_space_add_choice(s, "net", nets, 2, false, NULL));
    return s;
}

static fid_value int_value(int64_t i)
{
    return (fid_value){.active = true, .i = i, .f = (double)i};
}

static fid_value float_value(double f)
{
    return (fid_value){.active = true, .f = f};
}

static fid_value choice_value(size_t c)
{
    return (fid_value){.active = true, .choice = c};
}

/* 1, 0 or -1 for an expression that is refused. */
static int holds(const fid_space *space, const char *text, const fid_value *config,
                 fid_error *err)
{
    fid__expr expr;
    int result = -1;
    fid__source source = {.space = space, .config = config};
    if (fid__expr_parse(&expr, text, (fid__expr_owner){0}, err) != FID_OK)
        return -1;
    if (fid__expr_bind(&expr, space, (fid__expr_owner){0}, err) == FID_OK) {
        result = fid__expr_holds(&expr, &source);
        /* The distance says the same. */
        CHECK((fid__expr_miss(&expr, &source) > 0) == !result);
        /* The evenly spaced text is a fixed point and means the same. */
        fid__expr again;
        CHECK(fid__expr_parse(&again, expr.text, (fid__expr_owner){0}, err) == FID_OK);
        CHECK(strcmp(again.text, expr.text) == 0);
        CHECK(fid__expr_bind(&again, space, (fid__expr_owner){0}, err) == FID_OK);
        CHECK(fid__expr_holds(&again, &source) == result);
        fid__expr_deinit(&again);
    }
    fid__expr_deinit(&expr);
    return result;
}

static const struct {
    const char *text;
    int64_t a, b;
    double x, y;
    size_t kind, flag, size;
    int want;
} python[] = {
#include "expressions.inc"
};

TEST(six_hundred_random_expressions_mean_what_python_says)
{
    fid_space *space = make_space();
    for (size_t i = 0; i < sizeof python / sizeof *python; i++) {
        fid_value config[] = {int_value(python[i].a),
                              int_value(python[i].b),
                              float_value(python[i].x),
                              float_value(python[i].y),
                              choice_value(python[i].kind),
                              choice_value(python[i].flag),
                              choice_value(python[i].size),
                              choice_value(0),
                              choice_value(0)};
        fid_error err = {0};
        int got = holds(space, python[i].text, config, &err);
        CHECK(got == python[i].want);
        if (got != python[i].want)
            printf("  row %zu: %s gives %d %s\n", i, python[i].text, got, err.message);
    }
    fid_space_destroy(space);
}

TEST(where_python_raises_a_comparison_is_false_and_types_never_mix)
{
    static const struct {
        const char *text;
        int want;
    } rows[] = {{"1 / 0 > 0", 0},
                {"1 / 0 < 0", 0},
                {"1 / 0 == 1 / 0", 0},
                {"1 / 0 != 1", 0},
                {"not 1 // 0 > 0", 1},
                {"1 % 0 == 0 or 1.5 % 0.0 == 0", 0},
                {"log(0) < 0 or log(-1) < 0 or sqrt(-1) < 0", 0},
                {"(-8) ** 0.5 == 0 or 0 ** -1 > 0", 0},
                {"exp(1e9) > 1e308", 1},
                {"min(1, 0 / 0) <= 1", 0},
                {"true == 1", 0},
                {"flag != 1", 1},
                {"kind == 5", 0},
                {"b == '0'", 0},
                {"null == null", 1},
                {"size == 32.0", 1},
                {"a + 1 > 0", 1}, /* beyond 64 bits: doubles, not a wrap */
                {"a * 2 > 1.8e19", 1},
                {"-(-a - 1) > 0 and abs(-a - 1) > 9e18", 1},
                {"(-a - 1) // -1 > 0 and (-a - 1) % -1 == 0", 1},
                {"a > 9223372036854775806", 1},
                {"a < 9223372036854775808", 1},
                {"a == 9223372036854775807.0", 0}, /* that double is 2^63 */
                {"`odd.name` == 'gbtree' and `odd.name` != `kind`", 1},
                {"net == [64, 64]", 1},
                {"net in [['a', [-1.5, null]], [64,64,]]", 1},
                {"net != ['a', [-1.5, null]]", 1},
                {"1e999 > a", 1}};
    fid_space *space = make_space();
    fid_value config[] = {int_value(INT64_MAX), int_value(0),    float_value(0),
                          float_value(0),       choice_value(1), choice_value(0),
                          choice_value(0),      choice_value(0), choice_value(0)};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_error err = {0};
        int got = holds(space, rows[i].text, config, &err);
        CHECK(got == rows[i].want);
        if (got != rows[i].want)
            printf("  %s gives %d %s\n", rows[i].text, got, err.message);
    }
    fid_space_destroy(space);
}

TEST(each_wrong_expression_is_refused_with_its_column_and_words)
{
    static const struct {
        const char *text;
        int column;
        const char *words;
    } rows[] = {
        {"", 1, "the expression is empty"},
        {"   ", 4, "the expression is empty"},
        {"a <", 4, "a value is missing at the end"},
        {"a < * 3", 5, "there should be a value here"},
        {"a = 3", 3, "use == to compare"},
        {"a < 3 b", 7, "expected an operator here"},
        {"a < 3)", 6, "expected an operator here"},
        {"(a < 3", 7, "expected )"},
        {"a < 3 & b < 2", 7, "this character has no meaning here"},
        {"a < 3x", 5, "this is not a number"},
        {"a < 1.2.3", 5, "this is not a number"},
        {"a < 1e", 5, "this is not a number"},
        {"kind == 'dart", 9, "the closing quote is missing"},
        {"kind == 'da\\qrt'", 12,
         "unknown escape: only \\n \\t \\r \\\\ \\' \\\" are known"},
        {"`kind == 'dart'", 1, "the closing back tick is missing"},
        {"`` == 3", 1, "there is no name between the back ticks"},
        {"a in b", 6, "in needs a list in [ ]"},
        {"a in [1, 2", 11, "expected , or ]"},
        {"a in [1 2]", 9, "expected , or ]"},
        {"a not 3", 7, "expected in behind not"},
        {"a in [1] == true", 10, "put ( ) around a membership that is compared"},
        {"log a < 3", 5, "a function needs ( behind its name"},
        {"max(a) < 3", 6, "min and max need at least two arguments"},
        {"log(a, b) < 3", 6, "expected )"},
        {"net == [a, 2]", 9, "a list here holds constants only"},
        {"a", 1, "this is not a condition: compare it with something"},
        {"a + 1", 1, "this is not a condition: compare it with something"},
        {"a and b < 3", 3, "a condition is needed here, but a is a number"},
        {"not a", 1, "a condition is needed here, but a is a number"},
        {"kind < 3", 6, "a number is needed here, but kind is text"},
        {"a < 'x'", 3, "a number is needed here, but this is text"},
        {"(a < 3) + 1 < 2", 9,
         "a number is needed here, but the operand is true or false"},
        {"log(kind) < 1", 1, "a number is needed here, but kind is text"},
        {"c < 3", 1, "there is no parameter 'c'"},
        {"a < 3 and kinf == 'dart'", 11,
         "there is no parameter 'kinf'; did you mean 'kind'?"},
        {"kind == 'drat'", 6, "kind has no choice 'drat'; did you mean 'dart'?"},
        {"kind in ['dart', 'linear']", 18, "kind has no choice 'linear'"},
        {"size == '32'", 6, "size has no choice '32'"},
        {"\xff < 3", 1, "this character has no meaning here"},
    };
    fid_space *space = make_space();
    fid_value config[N + 2] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_error err = {0};
        char want[512];
        (void)snprintf(want, sizeof want, "constraint \"%s\": %s", rows[i].text,
                       rows[i].words);
        CHECK(holds(space, rows[i].text, config, &err) == -1);
        CHECK(err.code == FID_INVALID && err.column == rows[i].column);
        CHECK(strcmp(err.message, want) == 0);
        if (strcmp(err.message, want) != 0 || err.column != rows[i].column)
            printf("  column %d: %s\n", err.column, err.message);
    }
    fid_space_destroy(space);
}

/* `head` n times, `middle`, `tail` n times. */
static char *repeated(const char *head, const char *middle, const char *tail, size_t n)
{
    fid_text text = {0};
    for (size_t i = 0; i < n; i++)
        fid_text_append(&text, head);
    fid_text_append(&text, middle);
    for (size_t i = 0; i < n; i++)
        fid_text_append(&text, tail);
    return fid_text_take(&text);
}

TEST(hostile_texts_end_in_an_error_and_honest_long_ones_do_not)
{
    static const struct {
        const char *head, *middle, *tail;
        size_t n;
        int want;
    } rows[] = {{"(", "a < 3", ")", 60, 1},
                {"(", "a < 3", ")", 20000, -1},
                {"not ", "a < 3", "", 60, 1},
                {"!", "a < 3", "", 60000, -1},
                {"a < 3 and ", "b < 3", "", 5000, 1},
                {"", "a < 3", " or b < 3", 5000, 1},
                {"a < 3 and ", "b < 3", "", 50000, -1},
                {"-", "a < 3", "", 60000, -1},
                {"2 ** ", "1 < 3", "", 10000, -1},
                {"min(1, ", "a", ") < 3", 10000, -1},
                {"a in [", "1", "]", 10000, -1},
                {"net == ", "[1]", "", 1, 0},
                {"[", "1", "]", 20000, -1},
                {"1 + (", "1", ")", 15000, -1},
                {"a < b == (", "a < b", ")", 5000, -1},
                {"", "1", " + 1 < 2", 10000, -1}};
    fid_space *space = make_space();
    fid_value config[N + 2] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_error err = {0};
        char *text = repeated(rows[i].head, rows[i].middle, rows[i].tail, rows[i].n);
        int got = holds(space, text, config, &err);
        CHECK(got == rows[i].want);
        if (got != rows[i].want)
            printf("  row %zu gives %d %s\n", i, got, err.message);
        free(text);
    }
    fid_space_destroy(space);
}

TEST(random_bytes_and_random_tokens_never_do_worse_than_an_error)
{
    static const char *const tokens[] = {
        "a",  "b",  "kind", "'dart'", "1",    "2.5",  "(",  ")", "[", "]",
        ",",  "<",  "==",   "in",     "not",  "and",  "or", "!", "-", "+",
        "**", "//", "min(", "log(",   "flag", "null", "%",  " "};
    fid_space *space = make_space();
    fid_value config[N + 2] = {0};
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    int accepted = 0;
    for (int i = 0; i < 40000; i++) {
        fid_text text = {0};
        size_t n = 1 + fid_rng_below(&rng, 12);
        for (size_t k = 0; k < n; k++) {
            char byte = (char)(1 + fid_rng_below(&rng, 255));
            if (i % 4 == 0)
                fid_text_append_n(&text, &byte, 1);
            else
                fid_text_append(
                    &text, tokens[fid_rng_below(&rng, sizeof tokens / sizeof *tokens)]);
        }
        fid_error err = {0};
        int got = holds(space, text.data, config, &err);
        CHECK(got >= 0 || (err.code == FID_INVALID && err.column >= 1 &&
                           (size_t)err.column <= text.len + 1));
        accepted += got >= 0;
        fid_text_deinit(&text);
    }
    CHECK(accepted > 50); /* else this tests nothing */
    fid_space_destroy(space);
}

TEST(names_and_literals_are_written_as_the_parser_reads_them)
{
    fid_text text = {0};
    fid_expression_append_name(&text, "in");
    fid_text_append(&text, " ");
    fid_expression_append_name(&text, "odd.name");
    fid_text_append(&text, " ");
    fid_expression_append_name(&text, "lr");
    fid_text_append(&text, " ");
    fid_expression_append_literal(
        &text, &(fid_literal){.kind = FID_LITERAL_STRING, .text = "it's \\ \n"});
    CHECK(strcmp(text.data, "`in` `odd.name` lr 'it\\'s \\\\ \\n'") == 0);
    fid_text_deinit(&text);
}

int main(void)
{
    RUN(six_hundred_random_expressions_mean_what_python_says);
    RUN(where_python_raises_a_comparison_is_false_and_types_never_mix);
    RUN(each_wrong_expression_is_refused_with_its_column_and_words);
    RUN(hostile_texts_end_in_an_error_and_honest_long_ones_do_not);
    RUN(random_bytes_and_random_tokens_never_do_worse_than_an_error);
    RUN(names_and_literals_are_written_as_the_parser_reads_them);
    DONE();
}
