#include "check.h"

#include <fidelio/base.h>
#include <fidelio/rand.h>

#include <locale.h>
#include <string.h>

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
    static const char *const good[] = {"1",   "-1.5", "1e-3", "1E+5", ".5",       "5.",
                                       "nan", "-nan", "NaN",  "inf",  "-Infinity", "1e400"};
    static const char *const bad[] = {"", "-", ".", "1,5", "0x10", " 1", "1 ", "1e", "1e+", "infinit", "--1", "1.2.3"};
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
    CHECK(strcmp(text.data, "\"a\\\"\\\\\\u000a\\u003c\\u2028\xC3\xA9\xEF\xBF\xBD\"") == 0);
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
    RUN(doubles_read_back_bit_for_bit);
    RUN(what_python_and_c_print_is_a_number_and_the_rest_is_not);
    RUN(integers_overflow_to_false);
    RUN(json_strings_are_safe_in_html_and_mend_bad_utf8);
    RUN(allocation_sizes_that_overflow_are_refused);
    RUN(edit_distance_counts_a_swap_as_one);
    DONE();
}
