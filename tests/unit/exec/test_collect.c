/* Metrics out of output: rules, steps, escape sequences, regexes that take for ever. */
#include "check.h"

#include "exec/collect.h"
#include "exec/lines.h"

#include <string.h>

static void expect(fid__collector *c, fid_collect_source from, const char *line,
                   size_t n, const char *want)
{
    fid_text got = {0};
    fid_text_append(&got, "");
    fid__collector_take(c, from, line, n, &got);
    CHECK(strcmp(got.data, want) == 0);
    if (strcmp(got.data, want) != 0)
        printf("  in: %s\n  got: %s\n", line, got.data);
    fid_text_deinit(&got);
}

#define EXPECT(c, from, line, want) expect(c, from, line, sizeof(line) - 1, want)

/* The line is from xgboost 1.7. */
TEST(xgboost_lines_give_step_and_loss)
{
    const fid_collect rule = {
        FID_FROM_STDERR,
        "^\\[[^]]*\\] \\[(?<step>\\d+)\\]\\s+valid-logloss:(?<logloss>\\S+)",
        FID_STEP_ATTEMPT, 1};
    fid__collector *c;
    CHECK(fid__collector_create(&c, &rule, 1, 27, NULL) == FID_OK);
    CHECK(fid__collector_wants(c, FID_FROM_STDERR) &&
          !fid__collector_wants(c, FID_FROM_STDOUT));
    EXPECT(c, FID_FROM_STDERR, "[10:11:12] [0]\tvalid-logloss:0.5631",
           "{\"step\": 28, \"logloss\": 0.5631}\n");
    EXPECT(c, FID_FROM_STDERR, "[10:11:12] [8]\tvalid-logloss:-nan",
           "{\"step\": 36, \"logloss\": NaN}\n");
    EXPECT(c, FID_FROM_STDERR, "[10:11:12] [8]\tvalid-logloss:fast", "");
    EXPECT(c, FID_FROM_STDOUT, "[10:11:12] [0]\tvalid-logloss:0.5631", "");
    EXPECT(c, FID_FROM_STDERR, "", "");
    EXPECT(c, FID_FROM_STDERR, "nothing", "");
    fid__collector_destroy(c);
}

TEST(rules_on_one_line_are_joined_and_a_step_line_counts_for_the_next)
{
    const fid_collect rules[] = {
        {FID_FROM_STDOUT, "^Epoch (?<step>\\d+)/", FID_STEP_TOTAL, 0},
        {FID_FROM_STDOUT, "loss: (?<loss>\\S+)", FID_STEP_TOTAL, 0},
        {FID_FROM_STDOUT, "acc: (?<acc>\\S+)", FID_STEP_TOTAL, 0},
    };
    fid__collector *c;
    CHECK(fid__collector_create(&c, rules, 3, 5, NULL) == FID_OK);
    EXPECT(c, FID_FROM_STDOUT, "loss: 1", "{\"loss\": 1}\n");
    EXPECT(c, FID_FROM_STDOUT, "Epoch 3/10", "");
    EXPECT(c, FID_FROM_STDOUT, "loss: 0.5 - acc: 0.9",
           "{\"step\": 3, \"loss\": 0.5, \"acc\": 0.9}\n");
    EXPECT(c, FID_FROM_STDOUT, "Epoch 4/10 loss: 0.25",
           "{\"step\": 4, \"loss\": 0.25}\n");
    fid__collector_destroy(c);
}

TEST(escape_sequences_nul_and_bad_utf8_do_not_disturb)
{
    const fid_collect rule = {FID_FROM_STDOUT, "loss=(?<loss>[^\\s\\x00]+)",
                              FID_STEP_TOTAL, 0};
    fid__collector *c;
    CHECK(fid__collector_create(&c, &rule, 1, 0, NULL) == FID_OK);
    EXPECT(c, FID_FROM_STDOUT, "\033[1;32mlo\033[0mss=\033]0;title\a0.5\033[K",
           "{\"loss\": 0.5}\n");
    EXPECT(c, FID_FROM_STDOUT, "\033]8;;http://x\033\\loss=2", "{\"loss\": 2}\n");
    EXPECT(c, FID_FROM_STDOUT, "a\0b loss=1\0", "{\"loss\": 1}\n");
    EXPECT(c, FID_FROM_STDOUT, "\xff\xfe loss=3 \xc3", "{\"loss\": 3}\n");
    EXPECT(c, FID_FROM_STDOUT, "loss=4\033", "{\"loss\": 4}\n");
    EXPECT(c, FID_FROM_STDOUT, "loss=5\033[", "{\"loss\": 5}\n");
    fid__collector_destroy(c);
}

TEST(a_regex_that_would_take_for_ever_is_given_up)
{
    const fid_collect rule = {FID_FROM_STDOUT, "^(a+)+(?<loss>\\d)$", FID_STEP_TOTAL,
                              0};
    static char line[FID__LINE_MAX];
    fid__collector *c;
    CHECK(fid__collector_create(&c, &rule, 1, 0, NULL) == FID_OK);
    memset(line, 'a', sizeof line);
    for (size_t n = 10; n < sizeof line; n *= 4)
        expect(c, FID_FROM_STDOUT, line, n, "");
    EXPECT(c, FID_FROM_STDOUT, "aaa7", "{\"loss\": 7}\n");
    fid__collector_destroy(c);
}

TEST(bad_rules_are_named)
{
    fid_error err;
    fid_collect rule = {FID_FROM_STDOUT, "(?<loss>", FID_STEP_TOTAL, 0};
    CHECK(fid_collect_check(&rule, &err) == FID_INVALID);
    CHECK(err.column == 9 && strstr(err.message, "collect[0].regex"));
    rule.regex = "loss=(\\S+)";
    CHECK(fid_collect_check(&rule, &err) == FID_INVALID);
    CHECK(strstr(err.message, "no named group") != NULL);
    rule.regex = "loss=(?<loss>\\S+)";
    CHECK(fid_collect_check(&rule, &err) == FID_OK);
}

int main(void)
{
    RUN(xgboost_lines_give_step_and_loss);
    RUN(rules_on_one_line_are_joined_and_a_step_line_counts_for_the_next);
    RUN(escape_sequences_nul_and_bad_utf8_do_not_disturb);
    RUN(a_regex_that_would_take_for_ever_is_given_up);
    RUN(bad_rules_are_named);
    DONE();
}
