/* The report parser, on what people and broken programs write. */
#include "check.h"

#include "exec/report.h"

#include <string.h>

static const fid_outline outline = {.metrics = {{.name = "loss"}, {.name = "val/acc"}},
                                    .n_metrics = 2,
                                    .n_objectives = 1};

typedef struct {
    const char *line;
    fid__report_kind kind;
    double step; /* -1: not given */
    double loss; /* -1: not given */
    const char *extra;
} row;

static const row understood[] = {
    {"{\"step\": 3, \"loss\": 0.25}", FID__REPORT_SAYS, 3, 0.25, ""},
    {"  {\"loss\":1e-3}\r", FID__REPORT_SAYS, -1, 1e-3, ""},
    {"{\"loss\": NaN}", FID__REPORT_SAYS, -1, NAN, ""},
    {"{\"loss\": -nan, \"step\":0}", FID__REPORT_SAYS, 0, NAN, ""},
    {"{\"loss\": null}", FID__REPORT_SAYS, -1, NAN, ""},
    {"{\"loss\": \"nan\"}", FID__REPORT_SAYS, -1, NAN, ""},
    {"{\"loss\": Infinity}", FID__REPORT_SAYS, -1, INFINITY, ""},
    {"{\"loss\": 1e400}", FID__REPORT_SAYS, -1, INFINITY, ""},
    {"{\"loss\": 4.9e-324}", FID__REPORT_SAYS, -1, 4.9e-324, ""},
    {"{\"loss\": 1, \"loss\": 2}", FID__REPORT_SAYS, -1, 2, ""},
    {"{\"l\\u006fss\": 7}", FID__REPORT_SAYS, -1, 7, ""},
    {"{\"lr\": 0.1, \"who\": \"a\\tb \\ud83d\\ude00\", \"ok\": true, \"no\": null}",
     FID__REPORT_SAYS, -1, -1,
     "{\"lr\": 0.1, \"who\": \"a\\u0009b \xf0\x9f\x98\x80\", \"ok\": true, \"no\": null}"},
    {"{\"x\": \"\\ud83d\"}", FID__REPORT_SAYS, -1, -1, "{\"x\": \"\xef\xbf\xbd\"}"},
    {"{\"x\": NaN, \"y\": -inf}", FID__REPORT_SAYS, -1, -1,
     "{\"x\": NaN, \"y\": -Infinity}"},
    {"step=3 loss=0.25", FID__REPORT_SAYS, 3, 0.25, ""},
    {"\tloss=inf  step=9007199254740993 ", FID__REPORT_SAYS, 9007199254740992.0,
     INFINITY, ""},
    {"step=9223372036854775808 loss=1", FID__REPORT_SAYS, 9223372036854775808.0, 1, ""},
    {"loss=\"0.5\" note=\"two \\\"words\\\"\"", FID__REPORT_SAYS, -1, 0.5,
     "{\"note\": \"two \\\"words\\\"\"}"},
    {"loss=0.5 message=all the = rest", FID__REPORT_SAYS, -1, 0.5,
     "{\"message\": \"all the = rest\"}"},
    {"note= loss=1", FID__REPORT_SAYS, -1, 1, "{\"note\": \"\"}"},
    {"status=failed", FID__REPORT_SAYS, -1, -1, "{\"status\": \"failed\"}"},
    {"status=\"\"", FID__REPORT_SAYS, -1, -1, "{\"status\": \"\"}"},
    {"step=5", FID__REPORT_SAYS, 5, -1, ""},
    {"", FID__REPORT_EMPTY, -1, -1, ""},
    {"   \r", FID__REPORT_EMPTY, -1, -1, ""},
    {"# a comment {", FID__REPORT_EMPTY, -1, -1, ""},
    {"{}", FID__REPORT_EMPTY, -1, -1, ""},
};

static void parse(const char *line, size_t n, bool loose, fid__report *out,
                  fid__report_kind *kind, const char **why)
{
    *kind = fid__report_parse(line, n, &outline, loose, out, why);
}

static bool same(double got, double want)
{
    return (isnan(got) && isnan(want)) || got == want;
}

TEST(lines_are_understood)
{
    fid__report got = {0};
    for (size_t i = 0; i < sizeof understood / sizeof *understood; i++) {
        const row *r = &understood[i];
        fid__report_kind kind;
        const char *why;
        int before = check_failures;
        parse(r->line, strlen(r->line), false, &got, &kind, &why);
        CHECK(kind == r->kind);
        CHECK(r->step == -1 ? isnan(got.step) : same(got.step, r->step));
        CHECK((got.given & 1) == (r->loss != -1));
        CHECK(r->loss == -1 ? isnan(got.values[0]) : same(got.values[0], r->loss));
        CHECK(strcmp(got.extra.data ? got.extra.data : "", r->extra) == 0);
        CHECK(!got.infeasible);
        if (check_failures != before)
            printf("  in: %s (%s) -> %s\n", r->line, why ? why : "", got.extra.data);
    }
    fid__report_deinit(&got);
}

TEST(lines_are_refused_with_a_reason)
{
    static const char *const lines[] = {
        "hello",
        "epoch 3 loss=0.5",
        "loss=1,5",
        "loss=0x1p3",
        "loss=",
        "loss=fast",
        "step=-1 loss=1",
        "step=nan loss=1",
        "step=inf",
        "step=x",
        "=5",
        "loss=\"1",
        "loss=\"1\"x",
        "{",
        "{\"loss\"",
        "{\"loss\":",
        "{\"loss\": }",
        "{\"loss\": 1",
        "{\"loss\": 1,}",
        "{\"loss\": 1} {\"loss\": 2}",
        "{\"loss\": 1} x",
        "[1]",
        "{loss: 1}",
        "{\"loss\": {\"a\": 1}}",
        "{\"x\": [1, 2], \"loss\": 1}",
        "{\"loss\": true}",
        "{\"loss\": \"x\"}",
        "{\"loss\": 0x10}",
        "{\"loss\": 1.2.3}",
        "{\"\": 1}",
        "{\"step\": -0.5}",
        "{\"step\": null}",
        "{\"a\\x\": 1}",
        "{\"a\\u12g4\": 1}",
        "{\"a\": \"\\ud83d\\u0041\"}",
        "{\"a\": \"unfinished}",
        "{\"a\\",
        "{'loss': 1}",
        "{\"a\": truer}",
        "{\"a\": 1 \"b\": 2}",
    };
    fid__report got = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        fid__report_kind kind;
        const char *why;
        parse(lines[i], strlen(lines[i]), false, &got, &kind, &why);
        CHECK(kind == FID__REPORT_REFUSED);
        CHECK(why != NULL);
        if (kind != FID__REPORT_REFUSED)
            printf("  taken: %s\n", lines[i]);
    }
    fid__report_kind kind;
    const char *why;
    parse("loss=1\0", 7, false, &got, &kind, &why);
    CHECK(kind == FID__REPORT_REFUSED);
    char long_key[200];
    memset(long_key, 'k', sizeof long_key);
    memcpy(long_key + 190, "=1", 2);
    parse(long_key, 192, false, &got, &kind, &why);
    CHECK(kind == FID__REPORT_REFUSED);
    fid__report_deinit(&got);
}

TEST(infeasible_is_said_by_status)
{
    static const char *const lines[] = {"status=infeasible",
                                        "loss=1 status=\"infeasible\"",
                                        "{\"status\": \"infeasible\"}"};
    fid__report got = {0};
    for (int i = 0; i < 3; i++) {
        fid__report_kind kind;
        const char *why;
        parse(lines[i], strlen(lines[i]), false, &got, &kind, &why);
        CHECK(kind == FID__REPORT_SAYS && got.infeasible && got.extra.len == 0);
    }
    fid__report_deinit(&got);
}

TEST(a_regex_group_name_stands_for_a_metric_with_other_characters)
{
    fid__report got = {0};
    fid__report_kind kind;
    const char *why, *line = "{\"val_acc\": 0.5}";
    parse(line, strlen(line), true, &got, &kind, &why);
    CHECK(kind == FID__REPORT_SAYS && got.given == 2 && got.values[1] == 0.5);
    parse(line, strlen(line), false, &got, &kind, &why);
    CHECK(kind == FID__REPORT_SAYS && got.given == 0 && got.extra.len);
    line = "val/acc=0.25";
    parse(line, strlen(line), false, &got, &kind, &why);
    CHECK(got.given == 2 && got.values[1] == 0.25);
    fid__report_deinit(&got);
}

/* Every prefix and every single-byte change of good lines must be taken or refused without
 * reading outside of the line (the sanitizer watches) and never half taken: a refused line
 * says why. */
TEST(damaged_lines_do_no_harm)
{
    fid__report got = {0};
    char copy[256];
    for (size_t i = 0; i < sizeof understood / sizeof *understood; i++) {
        size_t n = strlen(understood[i].line);
        for (size_t cut = 0; cut <= n; cut++)
            for (int byte = 0; byte < 256; byte += 3) {
                fid__report_kind kind;
                const char *why;
                char *exact = malloc(n + 1);
                memcpy(copy, understood[i].line, n);
                if (cut < n)
                    copy[cut] = (char)byte;
                memcpy(exact, copy, n);
                parse(exact, byte % 2 ? n : cut, false, &got, &kind, &why);
                CHECK((kind == FID__REPORT_REFUSED) == (why != NULL));
                CHECK(isnan(got.step) || (got.step >= 0 && isfinite(got.step)));
                free(exact);
            }
    }
    fid__report_deinit(&got);
}

int main(void)
{
    RUN(lines_are_understood);
    RUN(lines_are_refused_with_a_reason);
    RUN(infeasible_is_said_by_status);
    RUN(a_regex_group_name_stands_for_a_metric_with_other_characters);
    RUN(damaged_lines_do_no_harm);
    DONE();
}
