/* The line reader: whatever way the bytes are cut, the lines are the same. */
#include "check.h"

#include "exec/lines.h"

#include <stdlib.h>
#include <string.h>

static fid__lines lines; /* 64 KiB: not on the stack */

/* All lines as text "length:cut:end:first bytes|" so that two runs can be compared. */
static void feed(const char *data, size_t n, size_t chunk, bool carriage, fid_text *out)
{
    fid__line line;
    fid__lines_reset(&lines, 0, false);
    lines.carriage = carriage;
    lines.n_cut = 0;
    while (n) {
        size_t part = chunk < n ? chunk : n, left = part;
        const char *at = data;
        while (fid__lines_next(&lines, &at, &left, &line)) {
            fid_text_printf(out, "%zu:%d:%llu:", line.n, line.cut,
                            (unsigned long long)line.end);
            fid_text_append_n(out, line.data, line.n < 200 ? line.n : 200);
            fid_text_append(out, "|");
        }
        CHECK(left == 0);
        data += part;
        n -= part;
    }
    if (fid__lines_rest(&lines, &line)) {
        fid_text_printf(out, "rest %zu:%d:", line.n, line.cut);
        fid_text_append_n(out, line.data, line.n < 200 ? line.n : 200);
    }
    fid_text_append(out, "");
}

static void check_text(const char *data, size_t n, bool carriage, const char *want)
{
    for (size_t chunk = 1; chunk <= n + 1; chunk++) {
        fid_text got = {0};
        feed(data, n, chunk, carriage, &got);
        CHECK(strcmp(got.data, want) == 0);
        fid_text_deinit(&got);
    }
}

TEST(lines_end_at_newlines_and_the_last_one_waits)
{
    check_text("a\nbc\n\nd", 7, false, "1:0:2:a|2:0:5:bc|0:0:6:|rest 1:0:d");
    check_text("\n", 1, false, "0:0:1:|");
    check_text("ab\r\nc\rd\n", 8, false, "3:0:4:ab\r|3:0:8:c\rd|");
    check_text("ab\r\nc\rd\n", 8, true, "2:0:3:ab|0:0:4:|1:0:6:c|1:0:8:d|");
}

TEST(a_nul_and_bytes_that_are_not_utf8_are_bytes_like_others)
{
    const char data[] = "a\0b\n\xff\xfe\n";
    fid_text got = {0};
    feed(data, sizeof data - 1, 3, false, &got);
    const char want[] = "3:0:4:a\0b|2:0:7:\xff\xfe|";
    CHECK(got.len == sizeof want - 1 && memcmp(got.data, want, got.len) == 0);
    fid_text_deinit(&got);
}

TEST(a_long_line_is_cut_once_and_the_next_one_is_whole)
{
    enum { LONG = 3 * FID__LINE_MAX + 17 };
    char *data = malloc(LONG + 10);
    memset(data, 'x', LONG);
    memcpy(data + LONG, "\nnext\n", 6);
    const size_t chunks[] = {1, 7, 4096, 65535, 65536, 65537, 131072, LONG + 6};
    fid_text first = {0};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        fid_text got = {0};
        feed(data, LONG + 6, chunks[i], false, &got);
        CHECK(lines.n_cut == 1);
        if (i == 0)
            fid_text_append(&first, got.data);
        CHECK(strcmp(got.data, first.data) == 0);
        fid_text_deinit(&got);
    }
    CHECK(strncmp(first.data, "65536:1:196626:xxx", 18) == 0);
    CHECK(strstr(first.data, "|4:0:196631:next|") != NULL);
    fid_text_deinit(&first);
    free(data);
}

TEST(a_line_of_exactly_the_limit_is_not_cut)
{
    char *data = malloc(FID__LINE_MAX + 2);
    memset(data, 'x', FID__LINE_MAX + 1);
    for (size_t extra = 0; extra < 2; extra++)
        for (size_t chunk = 30000; chunk < 80000; chunk += 5001) {
            fid_text got = {0};
            data[FID__LINE_MAX + extra] = '\n';
            feed(data, FID__LINE_MAX + extra + 1, chunk, false, &got);
            CHECK(lines.n_cut == extra);
            fid_text_deinit(&got);
            data[FID__LINE_MAX + extra] = 'x';
        }
    free(data);
}

/* Property: random bytes, heavy in separators, fed in random pieces. */
TEST(feeding_byte_by_byte_is_the_same_as_all_at_once)
{
    enum { N = 3000 };
    char data[N];
    unsigned seed = 1;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < N; i++) {
            seed = seed * 1103515245 + 12345;
            data[i] = "ab\n\r\0\xffz\n"[seed >> 16 & 7];
        }
        fid_text whole = {0}, bytes = {0}, pieces = {0};
        bool carriage = round & 1;
        feed(data, N, N, carriage, &whole);
        feed(data, N, 1, carriage, &bytes);
        feed(data, N, 2 + seed % 500, carriage, &pieces);
        CHECK(whole.len == bytes.len && memcmp(whole.data, bytes.data, whole.len) == 0);
        CHECK(whole.len == pieces.len &&
              memcmp(whole.data, pieces.data, whole.len) == 0);
        fid_text_deinit(&whole);
        fid_text_deinit(&bytes);
        fid_text_deinit(&pieces);
    }
}

int main(void)
{
    RUN(lines_end_at_newlines_and_the_last_one_waits);
    RUN(a_nul_and_bytes_that_are_not_utf8_are_bytes_like_others);
    RUN(a_long_line_is_cut_once_and_the_next_one_is_whole);
    RUN(a_line_of_exactly_the_limit_is_not_cut);
    RUN(feeding_byte_by_byte_is_the_same_as_all_at_once);
    DONE();
}
