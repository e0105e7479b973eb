/* What trials write: junk, floods, half lines, NaN, odd steps. */
#include "fault/harness.h"

#include <sys/resource.h>

static fault f;
static fault_log got;

static void run(const char *shape, long number)
{
    static uint64_t trial;
    fault_shape(&f, shape, number);
    fault_run(&f, trial++, FAULT_PATIENCE, &got);
    CHECK(fault_nobody_left(&f));
}

TEST(a_plain_report_comes_through)
{
    run("quick", 0);
    CHECK(got.n == 1 && got.reports[0].given == 1 && got.reports[0].values[0] == 0.5);
    CHECK(isnan(got.reports[0].step) && got.end.end == FID_END_DONE &&
          got.end.code == 0);
    CHECK(got.end.seconds > 0 && got.end.refused == 0 && !*got.text);
}

TEST(many_fast_reports_come_through_in_order)
{
    enum { N = 4000 };
    uint64_t offset = 0;
    run("fast", N);
    CHECK(got.n == N && got.end.end == FID_END_DONE);
    for (size_t i = 0; i < got.n; i++) {
        CHECK(got.reports[i].step == (double)(i + 1));
        CHECK(got.reports[i].values[0] == (double)(i + 1) + 0.5);
        CHECK(got.reports[i].offset > offset);
        offset = got.reports[i].offset;
    }
}

TEST(lines_in_pieces_are_put_together)
{
    run("pieces", 0);
    CHECK(got.n == 2 && got.reports[0].values[0] == 1.25 &&
          got.reports[1].values[0] == 2.5);
    CHECK(got.end.refused == 0);
}

TEST(nan_and_infinity_are_values_and_other_spellings_are_refused)
{
    run("nans", 0);
    static const struct {
        double step, value;
    } want[] = {{1, NAN},       {2, NAN},      {3, INFINITY}, {4, NAN},
                {5, -INFINITY}, {6, INFINITY}, {10, 4.9e-324}};
    CHECK(got.n == sizeof want / sizeof *want && got.end.refused == 3);
    for (size_t i = 0; i < got.n && i < sizeof want / sizeof *want; i++) {
        double value = got.reports[i].values[0];
        CHECK(got.reports[i].step == want[i].step && got.reports[i].given == 1);
        CHECK(value == want[i].value || (isnan(value) && isnan(want[i].value)));
    }
    CHECK(strstr(got.text, "not a number: step=7 loss=0x1p3") != NULL);
}

/* The executor passes steps on as they come; which of two wins is the history's rule. */
TEST(steps_out_of_order_are_passed_on_and_impossible_ones_refused)
{
    static const double want[] = {2, 1, 2, 2, 100, 9223372036854775808.0};
    run("steps", 0);
    CHECK(got.n == 7 && got.end.refused == 1);
    for (size_t i = 0; i < 6; i++)
        CHECK(got.reports[i].step == want[i]);
    CHECK(isnan(got.reports[6].step) && got.reports[6].values[0] == 7);
}

TEST(a_half_line_counts_only_when_the_trial_ended_by_itself)
{
    run("half", 0);
    CHECK(got.n == 2 && got.reports[1].values[0] == 2 && got.end.end == FID_END_DONE);
    run("half", 3);
    CHECK(got.n == 2 && got.end.end == FID_END_CRASHED && got.end.code == 3);
    run("half", -9);
    CHECK(got.n == 1 && got.end.end == FID_END_CRASHED && got.end.code == -9);
    CHECK(strstr(got.text, "signal 9") != NULL);
    run("half-family", 0);
    CHECK(got.n == 1 && got.end.end == FID_END_DONE);
}

TEST(junk_is_refused_and_the_good_lines_in_it_are_taken)
{
    size_t found = 0;
    run("junk", 0);
    CHECK(got.end.end == FID_END_CRASHED && got.end.code == 1 && got.end.refused >= 20);
    for (size_t i = 0; i < got.n; i++)
        found += got.reports[i].given == 1 &&
                 got.reports[i].step == (double)(found + 1);
    CHECK(found == 20);
    for (const char *s = got.text; *s; s++)
        CHECK((unsigned char)*s >= ' ' || *s == '\n' || *s == '\t');
}

TEST(a_truncated_report_file_is_noticed)
{
    run("truncating", 0);
    CHECK(got.end.refused >= 1 && strstr(got.text, "truncated") != NULL);
}

TEST(a_trial_may_close_its_output)
{
    run("deaf", 0);
    CHECK(got.n == 5 && got.end.end == FID_END_DONE);
}

TEST(infeasible_is_an_end_of_its_own_whatever_the_exit_code)
{
    run("infeasible", 0);
    CHECK(got.end.end == FID_END_INFEASIBLE);
    CHECK(strcmp(got.extra, "{\"message\": \"too big\"}") == 0);
    run("infeasible", 1);
    CHECK(got.end.end == FID_END_INFEASIBLE && got.end.code == 1);
}

/* Kept: the first half of the cap and the end. Read: every metric. Memory: little. */
static void check_flood(long mib, long in_between)
{
    fid_collect rule = {FID_FROM_STDOUT, "^at (?<step>\\d+) loss (?<loss>\\S+)",
                        FID_STEP_TOTAL, 0};
    f.options.collect = &rule;
    f.options.n_collect = 1;
    f.options.log_cap = 1 << 20;
    double start = fault_now();
    run("flood", mib);
    printf("  %ld MiB in %.2f s\n", mib, fault_now() - start);
    CHECK(got.end.end == FID_END_DONE && got.n == (size_t)in_between + 1);
    size_t collected = 0;
    for (size_t i = 0; i < got.n; i++)
        if (got.reports[i].step == (double)(collected + 1)) {
            collected++;
            CHECK(got.reports[i].values[0] == (double)collected + 0.25);
        }
    CHECK(collected == (size_t)in_between);
    f.options.collect = NULL;
    f.options.n_collect = 0;
    f.options.log_cap = 0;
}

TEST(a_flood_of_output_is_capped_and_its_metrics_are_read)
{
    fid_text log = {0};
    long mib = FAULT_SLOW ? 20 : 400;
    check_flood(mib, mib / 10);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (!FAULT_SLOW)
        CHECK(usage.ru_maxrss < 40 * 1024); /* this program with its libraries */
    CHECK(fid_exec_local_log(f.folder, got.end.trial, 0, FID_FROM_STDOUT, 0, &log) ==
          FID_OK);
    CHECK(log.len <= (1 << 20) + 100 && log.len > (1 << 19));
    CHECK(log.data && strstr(log.data, "bytes left out") != NULL);
    fid_text_deinit(&log);
}

/* The runner is waited for by its engine, so this is the largest of all children. */
TEST(a_runner_stays_small_in_a_flood)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    if (FAULT_SLOW)
        SKIP("sanitizers need memory of their own");
    CHECK(usage.ru_maxrss < 20 * 1024);
    printf("  largest child: %ld KiB\n", usage.ru_maxrss);
}

TEST(a_line_without_end_is_cut)
{
    fid_collect rule = {FID_FROM_STDOUT, "^at (?<step>\\d+) loss (?<loss>\\S+)",
                        FID_STEP_TOTAL, 0};
    f.options.collect = &rule;
    f.options.n_collect = 1;
    run("long-line", FAULT_SLOW ? 8 : 200);
    f.options.n_collect = 0;
    CHECK(got.end.end == FID_END_DONE && got.n == 3 && got.end.refused == 1);
    CHECK(strstr(got.text, "longer than 64 KiB") != NULL);
    bool seen[3] = {false, false, false};
    for (size_t i = 0; i < got.n; i++) {
        seen[0] |= got.reports[i].step == 1 && got.reports[i].values[0] == 1;
        seen[1] |= got.reports[i].step == 2 && got.reports[i].values[0] == 2;
        seen[2] |= got.reports[i].step == 7 && got.reports[i].values[0] == 0.5;
    }
    CHECK(seen[0] && seen[1] && seen[2]);
}

static char *given;
static size_t n_given;

static bool was_given(const char *entry)
{
    for (size_t at = 0; at < n_given; at += strlen(given + at) + 1)
        if (strcmp(given + at, entry) == 0)
            return true;
    return false;
}

static bool was_given_name(const char *name)
{
    for (size_t at = 0; at < n_given; at += strlen(given + at) + 1)
        if (strncmp(given + at, name, strlen(name)) == 0)
            return true;
    return false;
}

TEST(a_trial_gets_the_protocols_variables_and_no_secrets)
{
    const char *inherited[] = {"PATH=/usr/bin:/bin",   "PGPASSWORD=canary",
                               "FIDELIO_TOKEN=canary", "HOME=/h",
                               "OMP_NUM_THREADS=64",   NULL};
    char path[400], entry[500];
    fid_text expected = {0};
    f.options.environment = inherited;
    f.options.cpus = 2;
    fault_shape(&f, "dump", 0);
    fault_start(&f, 500, 1);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_DONE);
    f.options.environment = NULL;
    f.options.cpus = 0;
    given = malloc(1 << 16);
    snprintf(path, sizeof path, "%s/500/checkpoint/given", f.folder);
    FILE *in = fopen(path, "r");
    n_given = in ? fread(given, 1, 1 << 16, in) : 0;
    if (in)
        fclose(in);
    CHECK(was_given("FIDELIO_PROTOCOL=1") && was_given("FIDELIO_STUDY=zoo study"));
    CHECK(was_given("FIDELIO_TRIAL=500") && was_given("FIDELIO_ATTEMPT=1"));
    CHECK(was_given("FIDELIO_SEED=6")); /* 0x100000007 as 31 bits: 1 ^ 7 */
    CHECK(was_given("FIDELIO_PARAM_LR=0.25") &&
          was_given("FIDELIO_PARAM_DEPTH_OF_TREE=3"));
    CHECK(was_given("FIDELIO_BUDGET=9") && was_given("FIDELIO_BUDGET_DONE=0"));
    CHECK(was_given("OMP_NUM_THREADS=2") && was_given("HOME=/h"));
    CHECK(!was_given_name("PGPASSWORD") && !was_given_name("FIDELIO_TOKEN"));
    CHECK(!was_given_name("FIDELIO_PARENT_CHECKPOINT_DIR"));
    CHECK(!was_given("OMP_NUM_THREADS=64"));
    snprintf(entry, sizeof entry, "FIDELIO_CHECKPOINT_DIR=%s/500/checkpoint", f.folder);
    CHECK(was_given(entry));
    snprintf(entry, sizeof entry, "FIDELIO_REPORT=%s/500/attempt-1/report", f.folder);
    CHECK(was_given(entry));
    snprintf(path, sizeof path, "%s/500/checkpoint/fds", f.folder);
    in = fopen(path, "r");
    char fds[200] = {0};
    if (in) {
        (void)!fgets(fds, sizeof fds, in);
        fclose(in);
    }
    CHECK(strcmp(fds, "0 1 2 3 ") == 0); /* 3 is the file that says so */
    snprintf(path, sizeof path, "%s/500/attempt-1/params.json", f.folder);
    int dir = open("/", O_RDONLY | O_DIRECTORY);
    char json[200] = {0};
    CHECK(fid__folder_read(dir, path + 1, json, sizeof json - 1) > 0);
    fid_space_config_to_json(f.space, f.config, &expected);
    fid_text_append(&expected, "\n");
    CHECK(strcmp(json, expected.data) == 0);
    fid_text_deinit(&expected);
    close(dir);
    free(given);
}

int main(void)
{
    fault_init(&f, "output");
    RUN(a_plain_report_comes_through);
    RUN(many_fast_reports_come_through_in_order);
    RUN(lines_in_pieces_are_put_together);
    RUN(nan_and_infinity_are_values_and_other_spellings_are_refused);
    RUN(steps_out_of_order_are_passed_on_and_impossible_ones_refused);
    RUN(a_half_line_counts_only_when_the_trial_ended_by_itself);
    RUN(junk_is_refused_and_the_good_lines_in_it_are_taken);
    RUN(a_truncated_report_file_is_noticed);
    RUN(a_trial_may_close_its_output);
    RUN(infeasible_is_an_end_of_its_own_whatever_the_exit_code);
    RUN(a_flood_of_output_is_capped_and_its_metrics_are_read);
    RUN(a_runner_stays_small_in_a_flood);
    RUN(a_line_without_end_is_cut);
    RUN(a_trial_gets_the_protocols_variables_and_no_secrets);
    fault_close(&f);
    fault_deinit(&f);
    DONE();
}
