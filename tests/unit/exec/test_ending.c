/* The exit file and the runner's orders: what is written reads back; what is damaged is
 * refused. */
#include "check.h"

#include "exec/ending.h"
#include "exec/order.h"

#include <string.h>

TEST(an_ending_reads_back)
{
    for (int why = 0; why < FID__N_WHY; why++) {
        fid__ending in = {.why = (fid__why)why,
                          .code = -9,
                          .seconds = 1.0 / 3,
                          .cpu = 0.25,
                          .peak = UINT64_C(5) << 40,
                          .outlived = 3,
                          .left = 1,
                          .n_cut = 2,
                          .n_dropped = 4};
        fid__ending out;
        fid_text text = {0};
        fid__ending_write(&in, &text);
        CHECK(fid__ending_read(text.data, text.len, &out));
        CHECK(out.why == in.why && out.code == -9 && out.seconds == in.seconds);
        CHECK(out.cpu == 0.25 && out.peak == in.peak && out.outlived == 3);
        CHECK(out.left == 1 && out.n_cut == 2 && out.n_dropped == 4);
        fid_text_deinit(&text);
    }
}

/* A power failure may leave any prefix, or zeros. */
TEST(a_damaged_ending_is_refused)
{
    fid__ending in = {.why = FID__WHY_EXITED, .code = 1}, out;
    fid_text text = {0};
    char zeros[100] = {0};
    fid__ending_write(&in, &text);
    for (size_t n = 0; n < text.len; n++)
        CHECK(!fid__ending_read(text.data, n, &out));
    CHECK(!fid__ending_read(zeros, sizeof zeros, &out));
    for (size_t i = 0; i < text.len; i++) {
        char was = text.data[i];
        text.data[i] = '\0';
        CHECK(!fid__ending_read(text.data, text.len, &out));
        text.data[i] = was;
    }
    static const char *const lines[] = {
        "why=exited code=0 end\n",
        "why=x code=0 seconds=1 cpu=1 peak=0 outlived=0 left=0 cut=0 dropped=0 end\n",
        "why=exited code=0 seconds=nan cpu=1 peak=0 outlived=0 left=0 cut=0 dropped=0 end\n",
        "why=exited code=0 seconds=1 cpu=1 peak=-1 outlived=0 left=0 cut=0 dropped=0 end\n",
        "why=exited code=9999 seconds=1 cpu=1 peak=0 outlived=0 left=0 cut=0 dropped=0 end\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CHECK(!fid__ending_read(lines[i], strlen(lines[i]), &out));
    fid_text_deinit(&text);
}

TEST(an_order_reads_back_with_any_bytes)
{
    char *command[] = {"/bin/x", "", "a b", "--", "\xff\n'\"$", "timeout=3", NULL};
    fid_collect rules[] = {{FID_FROM_STDOUT, "a:(?<x>.):b=", FID_STEP_TOTAL, -0.5},
                           {FID_FROM_STDERR, "", FID_STEP_ATTEMPT, 1e300}};
    fid__order in = {.timeout = 1.0 / 3,
                     .idle_timeout = 7,
                     .grace = 0.1,
                     .mem = 1u << 31,
                     .log_cap = 99,
                     .engine = 123,
                     .budget_done = 27,
                     .workdir = "/a b",
                     .collect = rules,
                     .n_collect = 2,
                     .command = command};
    fid__order out;
    fid__words words = {0};
    fid__words_add(&words, "self", 4);
    fid__order_write(&in, &words);
    CHECK(!words.failed && fid__order_read((int)words.n, words.items, &out));
    CHECK(out.timeout == in.timeout && out.idle_timeout == 7 && out.grace == 0.1);
    CHECK(out.mem == in.mem && out.log_cap == 99 && out.engine == 123);
    CHECK(out.budget_done == 27 && strcmp(out.workdir, "/a b") == 0 &&
          out.n_collect == 2);
    for (size_t i = 0; i < 2; i++) {
        CHECK(strcmp(out.collect[i].regex, rules[i].regex) == 0);
        CHECK(out.collect[i].from == rules[i].from);
        CHECK(out.collect[i].step_from == rules[i].step_from);
        CHECK(out.collect[i].step_offset == rules[i].step_offset);
    }
    for (size_t i = 0; i < sizeof command / sizeof *command - 1; i++)
        CHECK(strcmp(out.command[i], command[i]) == 0);
    CHECK(out.command[sizeof command / sizeof *command - 1] == NULL);
    fid__order_deinit(&out);
    fid__words_deinit(&words);
}

TEST(what_is_no_order_is_refused)
{
    char *bad[][6] = {
        {"x", NULL},
        {"x", "runner", NULL},
        {"x", "runner", "--", NULL},
        {"x", "walker", "--", "cmd", NULL},
        {"x", "runner", "timeout=x", "--", "cmd", NULL},
        {"x", "runner", "timeout=-1", "--", "cmd", NULL},
        {"x", "runner", "what=1", "--", "cmd", NULL},
        {"x", "runner", "collect=o:t:", "--", "cmd", NULL},
        {"x", "runner", "collect=q:t:0:x", "--", "cmd", NULL},
        {"x", "runner", "mem", "--", "cmd", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int n = 0;
        fid__order out;
        while (bad[i][n])
            n++;
        CHECK(!fid__order_read(n, bad[i], &out));
        CHECK(fid_runner_main(n, bad[i]) == 2);
    }
}

int main(void)
{
    RUN(an_ending_reads_back);
    RUN(a_damaged_ending_is_refused);
    RUN(an_order_reads_back_with_any_bytes);
    RUN(what_is_no_order_is_refused);
    DONE();
}
