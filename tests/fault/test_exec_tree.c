/* Whatever a trial forks is gone when the attempt is over, whoever was killed: the trial,
 * its runner, or the engine. */
#include "fault/harness.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { N_FAMILIES = 7 }; /* of the zoo */

static fault f;
static fault_log got;
static uint64_t trial;

static void begin(const char *shape, long kind)
{
    fid_exec_report r;
    fault_shape(&f, shape, kind);
    fault_start(&f, ++trial, 1);
    CHECK(fault_next(&f, FAULT_PATIENCE, &r) && r.kind == FID_EXEC_REPORT);
}

TEST(a_stop_ends_every_kind_of_descendant)
{
    for (long kind = 0; kind < N_FAMILIES; kind++) {
        begin("family", kind);
        CHECK(fault_at_least(&f, 3)); /* the runner, the trial, and more */
        fault_stop(&f, trial, 0.1);
        fault_read(&f, FAULT_PATIENCE, &got);
        CHECK(got.end.end == FID_END_STOPPED && fault_nobody_left(&f));
    }
}

TEST(a_normal_end_ends_every_kind_of_descendant)
{
    for (long kind = 0; kind < N_FAMILIES; kind++) {
        begin("family-exit", kind);
        fault_read(&f, FAULT_PATIENCE, &got);
        CHECK(got.end.end == FID_END_DONE && got.end.code == 0 &&
              fault_nobody_left(&f));
    }
}

/* What is written before the tree is gone counts; nothing comes after the end. */
TEST(reports_after_the_trials_end_stop_with_the_attempt)
{
    fid_exec_report r;
    fault_shape(&f, "late", 0);
    fault_run(&f, ++trial, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_DONE && got.n >= 1 && fault_nobody_left(&f));
    for (size_t i = 0; i < got.n; i++)
        CHECK(got.reports[i].step == (double)(i + 1));
    CHECK(!fault_next(&f, 0.2, &r));
}

TEST(a_killed_runner_takes_its_trial_along)
{
    for (long kind = 0; kind < N_FAMILIES; kind++) {
        begin("family", kind);
        pid_t runner = fault_runner_of(&f, trial);
        CHECK(runner > 0 && kill(runner, SIGKILL) == 0);
        fault_read(&f, FAULT_PATIENCE, &got);
        CHECK(got.end.end == FID_END_LOST && strstr(got.text, "supervisor") != NULL);
        CHECK(fault_nobody_left(&f));
    }
}

static bool is_alive(pid_t pid)
{
    char path[64], stat[300] = {0};
    snprintf(path, sizeof path, "proc/%d/stat", (int)pid);
    int root = open("/", O_RDONLY | O_DIRECTORY);
    bool there = fid__folder_read(root, path, stat, sizeof stat - 1) > 0;
    close(root);
    const char *state = there ? strrchr(stat, ')') : NULL;
    return state && state[2] != 'Z';
}

/* Only a subreaper can find who has cleared its environment. */
TEST(a_killed_runner_takes_a_daemon_without_environment_along)
{
    f.options.subreaper = true;
    begin("bare-daemon", 0);
    pid_t runner = fault_runner_of(&f, trial);
    fid__pids pids = {0};
    fid__tree_list(runner, &pids);
    CHECK(pids.n == 2);
    CHECK(kill(runner, SIGKILL) == 0);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_LOST);
    for (int i = 0;
         i < 200 && pids.n == 2 && (is_alive(pids.pids[0]) || is_alive(pids.pids[1]));
         i++)
        fault_rest(0.01);
    for (size_t i = 0; i < pids.n; i++)
        CHECK(!is_alive(pids.pids[i]));
    free(pids.pids);
    f.options.subreaper = false;
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* A process that starts `kind`, says so through a pipe, and waits to be killed. */
static pid_t engine_with(const char *shape, long kind, bool orphans_kill)
{
    int ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    fault_close(&f);
    trial++;
    pid_t engine = fork();
    if (engine == 0) {
        fid_exec_report r;
        f.options.orphans_kill = orphans_kill;
        fault_shape(&f, shape, kind);
        fault_start(&f, trial, 1);
        if (fault_next(&f, FAULT_PATIENCE, &r))
            (void)!write(ready[1], "x", 1);
        for (;;)
            pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    CHECK(kill(engine, SIGKILL) == 0 && waitpid(engine, NULL, 0) == engine);
    fault_open(&f);
    return engine;
}

TEST(a_killed_engine_leaves_a_trial_that_is_adopted_and_stopped)
{
    for (long kind = 0; kind < N_FAMILIES; kind++) {
        engine_with("family", kind, false);
        CHECK(fault_at_least(&f, 3));
        fault_adopt(&f, trial, 1, 0);
        CHECK(fid_exec_local.free_slots(f.state) == 3);
        fault_stop(&f, trial, 0.1);
        fault_read(&f, FAULT_PATIENCE, &got);
        CHECK(got.n == 1 && got.end.end == FID_END_STOPPED && fault_nobody_left(&f));
    }
}

TEST(a_killed_engine_ends_its_orphans_when_told_to)
{
    for (long kind = 0; kind < N_FAMILIES; kind++) {
        engine_with("family", kind, true);
        CHECK(fault_nobody_left(&f));
        fault_adopt(&f, trial, 1, 0);
        fault_read(&f, FAULT_PATIENCE, &got);
        CHECK(got.n == 1 && got.end.end == FID_END_LOST);
        CHECK(strstr(got.text, "engine had died") != NULL);
    }
}

/* Engine and runner both: nobody is there to look, until the next start. */
TEST(the_next_start_sweeps_what_a_dead_engine_and_a_dead_runner_left)
{
    for (long kind = 0; kind < N_FAMILIES; kind++) {
        engine_with("family", kind, false);
        CHECK(kill(fault_runner_of(&f, trial), SIGKILL) == 0);
        fault_adopt(&f, trial, 1, 0);
        fault_read(&f, FAULT_PATIENCE, &got);
        CHECK(got.n == 1 && got.end.end == FID_END_LOST && fault_nobody_left(&f));
    }
}

TEST(an_attempt_that_was_never_there_is_lost)
{
    fault_adopt(&f, 999999, 1, 0);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.n == 0 && got.end.end == FID_END_LOST && got.end.trial == 999999);
}

TEST(a_runner_that_is_told_to_end_by_a_signal_ends_its_trial)
{
    begin("family", 3);
    CHECK(kill(fault_runner_of(&f, trial), SIGTERM) == 0);
    fault_read(&f, FAULT_PATIENCE, &got);
    CHECK(got.end.end == FID_END_LOST && strstr(got.text, "signal") != NULL);
    CHECK(fault_nobody_left(&f));
}

int main(void)
{
    fault_init(&f, "tree");
    f.options.grace = 0.1;
    RUN(a_stop_ends_every_kind_of_descendant);
    RUN(a_normal_end_ends_every_kind_of_descendant);
    RUN(reports_after_the_trials_end_stop_with_the_attempt);
    RUN(a_killed_runner_takes_its_trial_along);
    RUN(a_killed_runner_takes_a_daemon_without_environment_along);
    RUN(a_killed_engine_leaves_a_trial_that_is_adopted_and_stopped);
    RUN(a_killed_engine_ends_its_orphans_when_told_to);
    RUN(the_next_start_sweeps_what_a_dead_engine_and_a_dead_runner_left);
    RUN(an_attempt_that_was_never_there_is_lost);
    RUN(a_runner_that_is_told_to_end_by_a_signal_ends_its_trial);
    fault_close(&f);
    fault_deinit(&f);
    DONE();
}
