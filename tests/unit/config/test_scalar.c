/* Scalars by the tables of YAML 1.2.2, sections 10.2.1 and 10.3.2, and units. */
#include "config/node.h"
#include "config/walk.h"

#include "check.h"

#include <string.h>

static fid__scalar resolve(const char *text)
{
    return fid__scalar_resolve(text, strlen(text));
}

static void check_strings(const char *const *words)
{
    for (; *words; words++)
        if (resolve(*words).kind != FID__STRING) {
            printf("'%s' should be a string\n", *words);
            CHECK(false);
        }
}

TEST(null_is_written_in_five_ways)
{
    CHECK(resolve("").kind == FID__NULL);
    CHECK(resolve("~").kind == FID__NULL);
    CHECK(resolve("null").kind == FID__NULL);
    CHECK(resolve("Null").kind == FID__NULL);
    CHECK(resolve("NULL").kind == FID__NULL);
    static const char *const words[] = {"nULL", "none", "None", "nil", "~~", NULL};
    check_strings(words);
}

TEST(only_true_and_false_are_booleans)
{
    static const char *const yes[] = {"true", "True", "TRUE"};
    static const char *const no[] = {"false", "False", "FALSE"};
    for (int k = 0; k < 3; k++) {
        CHECK(resolve(yes[k]).kind == FID__BOOL && resolve(yes[k]).i == 1);
        CHECK(resolve(no[k]).kind == FID__BOOL && resolve(no[k]).i == 0);
    }
    static const char *const words[] = {"yes", "no", "on",  "off",  "y", "n", "Yes",
                                        "NO",  "On", "OFF", "tRUE", "t", NULL};
    check_strings(words);
}

TEST(integers_are_decimal_octal_or_hexadecimal)
{
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {{"0", 0},
                {"-0", 0},
                {"+12", 12},
                {"-7", -7},
                {"0o7", 7},
                {"0o17", 15},
                {"0x3A", 58},
                {"0x1F", 31},
                {"0xabcdef", 0xabcdef},
                {"010", 10},
                {"007", 7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"0x7fffffffffffffff", INT64_MAX}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        fid__scalar scalar = resolve(rows[k].text);
        CHECK(scalar.kind == FID__INT && scalar.i == rows[k].value);
        CHECK(scalar.f == (double)rows[k].value);
    }
    CHECK(resolve("9223372036854775808").kind == FID__HUGE);
    CHECK(resolve("-9223372036854775809").kind == FID__HUGE);
    CHECK(resolve("0x8000000000000000").kind == FID__HUGE);
    CHECK(resolve("0x8000000000000000").f == 0x1p63);
    CHECK(resolve("0o7777777777777777777777777").kind == FID__HUGE);
    static const char *const words[] = {"0o8",  "0o",    "0x",    "0xG", "-0x1F",
                                        "+0o7", "1_000", "1,000", "--1", "+",
                                        "-",    "0b11",  "1:30",  NULL};
    check_strings(words);
}

TEST(floats_have_a_point_or_an_exponent)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {{"1e-4", 1e-4},
                {"1E5", 1e5},
                {"0.", 0},
                {".5", 0.5},
                {"-0.0", 0},
                {"+12e03", 12e3},
                {"-2E+05", -2e5},
                {"1.5e3", 1500},
                {"12.", 12},
                {"1e400", (double)INFINITY},
                {".inf", (double)INFINITY},
                {"+.Inf", (double)INFINITY},
                {"-.INF", -(double)INFINITY}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        fid__scalar scalar = resolve(rows[k].text);
        CHECK(scalar.kind == FID__FLOAT && scalar.f == rows[k].value);
    }
    CHECK(resolve(".nan").kind == FID__FLOAT && isnan(resolve(".nan").f));
    CHECK(isnan(resolve(".NaN").f) && isnan(resolve(".NAN").f));
    static const char *const words[] = {"inf",   "nan",   "-nan", "Infinity", "-.nan",
                                        ".e5",   "e5",    ".",    "1e",       "1e+",
                                        "1.2.3", "0x1p3", "1 2",  "1e5x",     NULL};
    check_strings(words);
}

TEST(quotes_make_a_string_of_anything)
{
    fid__node node = {.kind = FID__SCALAR, .plain = false, .text = "12", .n = 2};
    CHECK(fid__scalar_of(&node).kind == FID__STRING);
    node.plain = true;
    CHECK(fid__scalar_of(&node).kind == FID__INT);
}

TEST(times_are_written_with_units_from_large_to_small)
{
    static const struct {
        const char *text;
        double seconds;
    } rows[] = {{"90s", 90},
                {"10m", 600},
                {"1h30m", 5400},
                {"2d", 172800},
                {"1.5h", 5400},
                {"250ms", 0.25},
                {"1d2h3m4s5ms", 93784.005},
                {"5min", 300},
                {"0s", 0}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        double seconds = -1;
        CHECK(fid__parse_seconds(rows[k].text, strlen(rows[k].text), &seconds));
        CHECK_NEAR(seconds, rows[k].seconds, 1e-12);
    }
    static const char *const words[] = {"",      "10",  "m",   "10x", "30m1h",
                                        "1h1h",  "-5s", "1 h", "10M", "1h30",
                                        "1..5h", "h1",  NULL};
    for (size_t k = 0; words[k]; k++) {
        double seconds;
        CHECK(!fid__parse_seconds(words[k], strlen(words[k]), &seconds));
    }
}

TEST(sizes_count_in_powers_of_1024)
{
    static const struct {
        const char *text;
        double bytes;
    } rows[] = {{"512B", 512},          {"1K", 1024},           {"4G", 4294967296.0},
                {"4GB", 4294967296.0},  {"4GiB", 4294967296.0}, {"1.5M", 1572864},
                {"2T", 2199023255552.0}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        double bytes = -1;
        CHECK(fid__parse_bytes(rows[k].text, strlen(rows[k].text), &bytes));
        CHECK(bytes == rows[k].bytes);
    }
    static const char *const words[] = {"",    "4",   "G",  "4X", "4G4",
                                        "4 G", "-1K", "4g", NULL};
    for (size_t k = 0; words[k]; k++) {
        double bytes;
        CHECK(!fid__parse_bytes(words[k], strlen(words[k]), &bytes));
    }
}

int main(void)
{
    RUN(null_is_written_in_five_ways);
    RUN(only_true_and_false_are_booleans);
    RUN(integers_are_decimal_octal_or_hexadecimal);
    RUN(floats_have_a_point_or_an_exponent);
    RUN(quotes_make_a_string_of_anything);
    RUN(times_are_written_with_units_from_large_to_small);
    RUN(sizes_count_in_powers_of_1024);
    DONE();
}
