#include "check.h"

#include <fidelio/base.h>
#include <fidelio/rand.h>

#include <locale.h>
#include <string.h>

/* The shortest of %.15g, %.16g, %.17g that strtod reads back. */
static void print_plainly(char out[32], double x)
{
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(out, 32, "%.*g", digits, x);
        if (strtod(out, NULL) == x)
            return;
    }
}

static void check_digits(double x)
{
    char want[32];
    fid_text text = {0};
    print_plainly(want, x);
    fid_text_append_double(&text, x);
    CHECK(strcmp(text.data, want) == 0);
    fid_text_deinit(&text);
}

TEST(doubles_have_the_digits_that_printf_gives)
{
    uint64_t state = 1;
    for (int i = 0; i < 60000; i++) {
        uint64_t bits;
        double x;
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bits = state ^ state >> 29;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x))
            check_digits(x); /* of any size */
        x = (double)(int64_t)bits * 0x1p-63;
        check_digits(x);
        check_digits(x * 1e-5 * (double)(1 + (i & 1023)));
        check_digits(x * 1e15);
        check_digits(1.0 / (1 + i));
        check_digits((double)i * 0.1);
        check_digits((double)i);
        check_digits(nextafter(pow(10, i % 40 - 20), i % 2 ? 0 : 1e300));
        check_digits(nextafter(ldexp(1, i % 120 - 60), i % 2 ? 0 : 1e300));
        check_digits(ldexp((double)(bits % 1001 + 1), -(i % 70)));
    }
}

TEST(printed_text_of_any_length_is_whole)
{
    fid_text text = {0};
    char word[400];
    memset(word, 'x', sizeof word);
    for (int n = 0; n < 399; n++) {
        fid_text_clear(&text);
        fid_text_printf(&text, "%.*s|%d", n, word, n);
        CHECK(text.len == (size_t)n + (n < 10 ? 2 : n < 100 ? 3 : 4));
        CHECK(strlen(text.data) == text.len && text.data[n] == '|');
    }
    fid_text_deinit(&text);
}

TEST(doubles_read_back_bit_for_bit)
{
    fid_rng rng = fid_rng_stream(3, FID_RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = fid_rng_u64(&rng);
        double x, y = 0;
        memcpy(&x, &bits, sizeof x);
        fid_text text = {0};
        fid_text_append_double(&text, x);
        CHECK(fid_parse_double(text.data, text.len, &y));
        CHECK((isnan(x) && isnan(y)) || memcmp(&x, &y, sizeof x) == 0);
        fid_text_deinit(&text);
    }
}

TEST(what_python_and_c_print_is_a_number_and_the_rest_is_not)
{
    static const char *const good[] = {"1",   "-1.5", "1e-3",      "1E+5",
                                       ".5",  "5.",   "nan",       "-nan",
                                       "NaN", "inf",  "-Infinity", "1e400"};
    static const char *const bad[] = {"",   "-",  ".",   "1,5",     "0x10", " 1",
                                      "1 ", "1e", "1e+", "infinit", "--1",  "1.2.3"};
    double x;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(fid_parse_double(good[i], strlen(good[i]), &x));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!fid_parse_double(bad[i], strlen(bad[i]), &x));
    CHECK(fid_parse_double("1e400", 5, &x) && isinf(x));
}

TEST(integers_overflow_to_false)
{
    int64_t i = 0;
    CHECK(fid_parse_int("9223372036854775807", 19, &i) && i == INT64_MAX);
    CHECK(!fid_parse_int("9223372036854775808", 19, &i));
    CHECK(!fid_parse_int("1.0", 3, &i));
    CHECK(!fid_parse_int("+", 1, &i));
}

TEST(json_strings_are_safe_in_html_and_mend_bad_utf8)
{
    fid_text text = {0};
    static const char s[] = "a\"\\\n<\xE2\x80\xA8\xC3\xA9\xFF";
    fid_text_append_json(&text, s, sizeof s - 1);
    CHECK(strcmp(text.data, "\"a\\\"\\\\\\u000a\\u003c\\u2028\xC3\xA9\xEF\xBF\xBD\"") ==
          0);
    fid_text_deinit(&text);
}

TEST(allocation_sizes_that_overflow_are_refused)
{
    CHECK(fid_alloc(SIZE_MAX / 2, 3) == NULL);
    size_t cap = 0;
    CHECK(fid_grow(NULL, &cap, SIZE_MAX / 4, 8) == NULL && cap == 0);
}

TEST(edit_distance_counts_a_swap_as_one)
{
    CHECK(fid_edit_distance("minimize", "minimzie") == 1);
    CHECK(fid_edit_distance("kitten", "sitting") == 3);
    CHECK(fid_edit_distance("", "abc") == 3);
}

int main(void)
{
    RUN(doubles_have_the_digits_that_printf_gives);
    RUN(printed_text_of_any_length_is_whole);
    RUN(doubles_read_back_bit_for_bit);
    RUN(what_python_and_c_print_is_a_number_and_the_rest_is_not);
    RUN(integers_overflow_to_false);
    RUN(json_strings_are_safe_in_html_and_mend_bad_utf8);
    RUN(allocation_sizes_that_overflow_are_refused);
    RUN(edit_distance_counts_a_swap_as_one);
    DONE();
}
