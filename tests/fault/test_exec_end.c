/* How attempts end: by themselves, by a limit, by being stopped, by not starting. */
#include "fault/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static fault f;
static fault_log got;
static uint64_t trial;

static void run(const char *shape, long number)
{
    fault_shape(&f, shape, number);
    fault_run(&f, ++trial, FAULT_PATIENCE, &got);
    CHECK(fault_nobody_left(&f));
}

/* Start, and wait for the first report. */
static void run_until_ready(const char *shape, long number)
{
    fid_exec_report r;
    fault_shape(&f, shape, number);
    fault_start(&f, ++trial, 1);
    CHECK(fault_next(&f, FAULT_PATIENCE, &r) && r.kind == FID_EXEC_REPORT);
}

TEST(exit_codes_and_signals_say_what_became_of_it)
{
    run("leave", 75);
    CHECK(got.end.end == FID_END_AGAIN && got.end.code == 75);
    run("leave", 3);
    CHECK(got.end.end == FID_END_CRASHED && got.end.code == 3);
    CHECK(strcmp(got.text, "exit code 3\nlast words") == 0);
    run("die", SIGSEGV);
    CHECK(got.end.end == FID_END_CRASHED && got.end.code == -SIGSEGV);
    run("die", SIGKILL);
    CHECK(got.end.end == FID_END_CRASHED && got.end.code == -SIGKILL);
}

/* As where the disk was full when the trial began, or after `ulimit -f`. */
TEST(a_file_limit_is_the_trials_and_not_its_supervisors)
{
    struct rlimit before, small;
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    small = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
    fault_shape(&f, "leave", 3);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0); /* how it ended takes more than that */
    fault_start(&f, ++trial, 1);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_CRASHED && got.end.code == 3 && fault_nobody_left(&f));
}

TEST(a_polite_trial_is_asked_and_may_save)
{
    char path[400];
    struct stat st;
    run_until_ready("polite", 0);
    double start = fault_now();
    fault_stop(&f, trial, 20);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_STOPPED && got.end.code == 0 &&
          fault_now() - start < 10);
    snprintf(path, sizeof path, "%s/%llu/checkpoint/saved", f.folder,
             (unsigned long long)trial);
    CHECK(stat(path, &st) == 0 && fault_nobody_left(&f));
}

TEST(a_stubborn_trial_is_killed_after_its_grace)
{
    run_until_ready("stubborn", 0);
    double start = fault_now();
    fault_stop(&f, trial, 0.4);
    fault_read(&f, FAULT_PATIENCE, &got);
    double took = fault_now() - start;
    CHECK(got.end.end == FID_END_STOPPED && got.end.code == -SIGKILL);
    CHECK(took >= 0.39 && fault_nobody_left(&f));
    if (!FAULT_SLOW)
        CHECK(took < 5);
}

TEST(a_second_stop_can_only_shorten_the_grace)
{
    run_until_ready("stubborn", 0);
    double start = fault_now();
    fault_stop(&f, trial, 1000);
    fault_stop(&f, trial, 2000);
    fault_stop(&f, trial, 0);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_STOPPED && fault_now() - start < 20);
    CHECK(fid_exec_local.stop(f.state, trial, 0) == FID_NOT_FOUND);
}

TEST(a_stop_may_come_before_the_trial_has_begun)
{
    fault_shape(&f, "stubborn", 0);
    for (int i = 0; i < 10; i++) {
        fault_start(&f, ++trial, 1);
        fault_stop(&f, trial, 0);
        fault_read(&f, FAULT_PATIENCE, &got);
        CHECK(got.end.end == FID_END_STOPPED && got.end.trial == trial);
    }
    CHECK(fault_nobody_left(&f));
}

TEST(a_stopped_process_is_woken_to_hear_sigterm)
{
    fid_exec_report r;
    run_until_ready("polite", 0);
    fid__pids pids = {0};
    fid__tree_list(fault_runner_of(&f, trial), &pids);
    CHECK(pids.n == 1 && kill(pids.pids[0], SIGSTOP) == 0);
    free(pids.pids);
    CHECK(!fault_next(&f, 0.1, &r));
    fault_stop(&f, trial, 20);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_STOPPED && got.end.code == 0);
}

TEST(the_wall_timeout_ends_a_trial)
{
    f.options.timeout = 0.3;
    f.options.grace = 0.2;
    run("stubborn", 0);
    f.options.timeout = 0;
    CHECK(got.end.end == FID_END_TIMEOUT && got.end.seconds >= 0.5);
    CHECK(strstr(got.text, "timeout") != NULL);
}

TEST(the_idle_timeout_spares_who_prints_and_ends_who_is_silent)
{
    f.options.idle_timeout = 0.6;
    run("silent", 0);
    CHECK(got.end.end == FID_END_TIMEOUT &&
          strstr(got.text, "neither output nor report"));
    CHECK(got.end.seconds >= 0.6);
    f.options.idle_timeout = 1.5;
    run("chatty", 40); /* 2 seconds */
    CHECK(got.end.end == FID_END_DONE && got.end.seconds >= 1.9);
    f.options.idle_timeout = 0;
}

TEST(the_memory_of_the_whole_tree_is_limited)
{
    if (FAULT_SLOW)
        SKIP("sanitizers need memory of their own");
    f.options.mem = UINT64_C(100) << 20;
    run("hog", 4000);
    CHECK(got.end.end == FID_END_MEMORY && strstr(got.text, "allowed are 100") != NULL);
    run("hog-family", 4000);
    CHECK(got.end.end == FID_END_MEMORY);
    run("train", 20);
    CHECK(got.end.end == FID_END_DONE && got.n == 20);
    f.options.mem = 0;
}

/* --- not starting */

static void launch(const char *program, const char *workdir)
{
    f.options.workdir = workdir;
    fault_shape(&f, "quick", 0);
    fault_close(&f);
    f.command[0] = program;
    fault_open(&f);
    fault_run(&f, ++trial, FAULT_PATIENCE, &got);
    f.options.workdir = NULL;
    CHECK(got.end.end == FID_END_LAUNCH && got.n == 0);
}

TEST(a_command_that_cannot_start_says_why)
{
    launch("no-such-program-anywhere", NULL);
    CHECK(strstr(got.text, "could not be started: No such file or directory"));
    CHECK(strstr(got.text, "no-such-program-anywhere: No such file"));
    CHECK(got.end.code == ENOENT);
    launch("/etc/passwd", NULL);
    CHECK(strstr(got.text, "Permission denied") && got.end.code == EACCES);
    launch(f.zoo, "/no/such/folder");
    CHECK(strstr(got.text, "/no/such/folder: No such file"));
    launch("${envvar:NO_SUCH_VARIABLE}", NULL);
    CHECK(strstr(got.text, "NO_SUCH_VARIABLE") != NULL);
    CHECK(fault_nobody_left(&f));
}

TEST(lack_of_descriptors_fails_the_start_and_nothing_else)
{
    struct rlimit before, few;
    fid_exec_report r;
    run_until_ready("stubborn", 0);
    uint64_t first = trial;
    getrlimit(RLIMIT_NOFILE, &before);
    int next = dup(0);
    close(next);
    few = before;
    few.rlim_cur = (rlim_t)next; /* not one more */
    setrlimit(RLIMIT_NOFILE, &few);
    fault_start(&f, ++trial, 1);
    CHECK(fault_next(&f, FAULT_PATIENCE, &r));
    CHECK(r.kind == FID_EXEC_ENDED && r.end == FID_END_SHORTAGE && r.trial == trial);
    CHECK(strstr(r.text, "Too many open files") != NULL);
    CHECK(!fault_next(&f, 1.5, &r)); /* the other one is not taken for dead */
    setrlimit(RLIMIT_NOFILE, &before);
    fault_stop(&f, first, 0);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.trial == first && got.end.end == FID_END_STOPPED);
}

TEST(slots_are_counted)
{
    fid_error err;
    fault_shape(&f, "stubborn", 0);
    uint64_t first = trial + 1;
    for (int i = 0; i < 4; i++) {
        CHECK(fid_exec_local.free_slots(f.state) == (size_t)(4 - i));
        fault_start(&f, ++trial, 1);
    }
    fid_job job = fault_job(&f, trial + 1, 1);
    CHECK(fid_exec_local.start(f.state, &job, &err) == FID_LIMIT);
    for (uint64_t t = first; t <= trial; t++)
        fault_stop(&f, t, 0);
    for (int i = 0; i < 4; i++)
        fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(fid_exec_local.free_slots(f.state) == 4 && fault_nobody_left(&f));
}

TEST(the_next_attempt_keeps_the_checkpoint_and_discard_removes_it)
{
    char path[400];
    struct stat st;
    run("dump", 0);
    fault_shape(&f, "leave", 0);
    fault_start(&f, trial, 2);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_DONE && got.end.attempt == 2);
    snprintf(path, sizeof path, "%s/%llu/checkpoint", f.folder,
             (unsigned long long)trial);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0700);
    fid_exec_local.discard(f.state, trial);
    CHECK(stat(path, &st) != 0);
    snprintf(path, sizeof path, "%s/%llu/attempt-2/exit", f.folder,
             (unsigned long long)trial);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
}

int main(void)
{
    fault_init(&f, "end");
    RUN(exit_codes_and_signals_say_what_became_of_it);
    RUN(a_file_limit_is_the_trials_and_not_its_supervisors);
    RUN(a_polite_trial_is_asked_and_may_save);
    RUN(a_stubborn_trial_is_killed_after_its_grace);
    RUN(a_second_stop_can_only_shorten_the_grace);
    RUN(a_stop_may_come_before_the_trial_has_begun);
    RUN(a_stopped_process_is_woken_to_hear_sigterm);
    RUN(the_wall_timeout_ends_a_trial);
    RUN(the_idle_timeout_spares_who_prints_and_ends_who_is_silent);
    RUN(the_memory_of_the_whole_tree_is_limited);
    RUN(a_command_that_cannot_start_says_why);
    RUN(lack_of_descriptors_fails_the_start_and_nothing_else);
    RUN(slots_are_counted);
    RUN(the_next_attempt_keeps_the_checkpoint_and_discard_removes_it);
    fault_close(&f);
    fault_deinit(&f);
    DONE();
}
