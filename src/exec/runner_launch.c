/* Starting the trial. */
#include "exec/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The last words go to the trial's stderr, the number to the runner. */
static void give_up(int report, const char *what)
{
    int error = errno;
    (void)dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(error));
    (void)!write(report, &error, sizeof error);
    _exit(127);
}

/* In the child. Its parent-death signal is the last word when the runner is killed. */
static void become_trial(const fid__runner *r, pid_t runner, const int output[2],
                         int report)
{
    sigset_t none;
    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != runner)
        _exit(127);
    if (dup2(output[0], STDOUT_FILENO) < 0 || dup2(output[1], STDERR_FILENO) < 0)
        give_up(report, "dup2");
    if (r->order.workdir && chdir(r->order.workdir) != 0)
        give_up(report, r->order.workdir);
    if (r->has_file_limit)
        (void)setrlimit(RLIMIT_FSIZE, &r->file_limit);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execvp(r->order.command[0], r->order.command);
    give_up(report, r->order.command[0]);
}

static bool make_pipe(int ends[2])
{
    ends[0] = ends[1] = -1;
    return pipe2(ends, O_CLOEXEC) == 0;
}

static void close_pipe(int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

bool fid__runner_launch(fid__runner *r)
{
    int out[2], err[2] = {-1, -1}, report[2] = {-1, -1};
    pid_t self = getpid();
    if (!make_pipe(out) || !make_pipe(err) || !make_pipe(report))
        goto bad;
    pid_t child = fork();
    if (child < 0)
        goto bad;
    if (child == 0)
        become_trial(r, self, (int[2]){out[1], err[1]}, report[1]);
    close(out[1]);
    close(err[1]);
    close(report[1]);
    r->child = child;
    r->launch_pipe = report[0];
    fid__runner_open_output(r, (int[2]){out[0], err[0]});
    return true;
bad:
    r->ending.code = errno;
    close_pipe(out);
    close_pipe(err);
    close_pipe(report);
    return false;
}
