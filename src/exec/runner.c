#include "exec/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double leftover_grace = 1; /* seconds for what the trial left behind */
static const double kill_patience = 10; /* then what cannot be killed is given up */
static const double mem_interval = 0.25, mem_interval_near = 0.02;
static const double exit_retry = 0.1; /* the disk is full */
enum { ROUNDS = 4 };                  /* buffers of output between two looks around */

static double clock_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- signals to the trial */

static void signal_group(const fid__runner *r, int signal)
{
    if (r->child > 0 && !r->child_over) {
        (void)kill(-r->child, signal);
        (void)kill(r->child, signal); /* before it has its group */
    }
}

static void signal_tree(fid__runner *r, int signal)
{
    fid__tree_list(getpid(), &r->pids);
    for (size_t i = 0; i < r->pids.n; i++)
        (void)kill(r->pids.pids[i], signal);
}

/* One round of SIGKILL. A group is killed at once, which a process that forks all the time
 * cannot outrun; all groups below us are the trial's, because it began a session. */
static void kill_tree(fid__runner *r)
{
    pid_t own = getpgrp();
    fid__tree_list(getpid(), &r->pids);
    for (size_t i = 0; i < r->pids.n; i++) {
        pid_t pid = r->pids.pids[i], group = getpgid(pid);
        if (group > 1 && group != own)
            (void)kill(-group, SIGKILL);
        (void)kill(pid, SIGKILL);
    }
}

/* --- phases */

static void enter_kill(fid__runner *r)
{
    r->phase = FID__KILL;
    r->kill_pause = 0.001;
    r->deadline = r->now + kill_patience;
    signal_group(r, SIGKILL);
}

static void ask_to_end(fid__runner *r, fid__why why, double grace)
{
    if (r->phase == FID__RUN) {
        r->phase = FID__ASK;
        r->ending.why = why;
        r->deadline = r->now + grace;
        signal_group(r, SIGTERM);
        signal_group(r, SIGCONT);
    }
    if (r->phase == FID__ASK || r->phase == FID__LEFTOVERS) {
        r->deadline = fmin(r->deadline, r->now + grace);
        if (r->deadline <= r->now)
            enter_kill(r);
    }
}

static void enter_leftovers(fid__runner *r)
{
    r->phase = FID__LEFTOVERS;
    r->deadline = fmin(r->deadline, r->now + fmin(leftover_grace, r->order.grace));
    signal_tree(r, SIGTERM);
    r->ending.outlived = (uint32_t)r->pids.n;
    signal_tree(r, SIGCONT);
}

static void child_ended(fid__runner *r, int status)
{
    int error;
    r->child_over = true;
    if (r->phase == FID__RUN)
        r->ending.why = FID__WHY_EXITED;
    r->ending.code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    if (read(r->launch_pipe, &error, sizeof error) == sizeof error) {
        r->ending.why = FID__WHY_LAUNCH;
        r->ending.code = error;
    }
}

static void reap(fid__runner *r)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR)
            continue;
        r->none_left = pid < 0; /* ECHILD: we are the subreaper, so nobody is left */
        if (pid <= 0)
            return;
        if (pid == r->child)
            child_ended(r, status);
    }
}

static void check_memory(fid__runner *r)
{
    if (!r->order.mem || r->phase != FID__RUN || r->now < r->next_mem_look)
        return;
    fid__tree_list(getpid(), &r->pids);
    uint64_t used = fid__tree_resident(&r->pids, r->order.mem);
    if (used > r->ending.peak)
        r->ending.peak = used;
    bool near = used > r->order.mem / 4 * 3;
    r->next_mem_look = r->now + (near ? mem_interval_near : mem_interval);
    if (used > r->order.mem)
        ask_to_end(r, FID__WHY_MEMORY, 0); /* more grace is more memory */
}

static void check_idle(fid__runner *r)
{
    struct stat st;
    double limit = r->order.idle_timeout;
    if (limit <= 0 || r->phase != FID__RUN || r->now < r->next_idle_look)
        return;
    r->next_idle_look = r->now + fmin(1, limit / 8);
    if (fstatat(FID__FD_DIR, "report", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        st.st_size != r->report_size) {
        r->report_size = st.st_size;
        r->last_active = r->now;
    }
    if (r->now - r->last_active >= limit)
        ask_to_end(r, FID__WHY_IDLE, r->order.grace);
}

static void step(fid__runner *r)
{
    r->now = clock_now();
    reap(r);
    if (r->none_left)
        r->phase = FID__OVER;
    else if (r->child_over && (r->phase == FID__RUN || r->phase == FID__ASK))
        enter_leftovers(r);
    check_memory(r);
    check_idle(r);
    if (r->phase == FID__RUN && r->order.timeout > 0 &&
        r->now - r->started >= r->order.timeout)
        ask_to_end(r, FID__WHY_TIMEOUT, r->order.grace);
    if ((r->phase == FID__ASK || r->phase == FID__LEFTOVERS) && r->now >= r->deadline)
        enter_kill(r);
    if (r->phase == FID__KILL) {
        kill_tree(r);
        r->kill_pause = fmin(r->kill_pause * 2, 0.1);
        if (r->now >= r->deadline) {
            r->ending.left = (uint32_t)r->pids.n;
            r->phase = FID__OVER;
        }
    }
}

/* --- waiting */

static int poll_timeout(const fid__runner *r)
{
    double until = (double)INFINITY;
    if (r->phase == FID__RUN) {
        if (r->order.timeout > 0)
            until = r->started + r->order.timeout;
        if (r->order.idle_timeout > 0)
            until = fmin(until, r->next_idle_look);
        if (r->order.mem)
            until = fmin(until, r->next_mem_look);
    } else if (r->phase == FID__KILL) {
        until = r->now + r->kill_pause;
    } else {
        until = r->deadline;
    }
    if (r->pending.len)
        until = fmin(until, r->next_flush);
    if (isinf(until))
        return -1;
    double ms = ceil((until - clock_now()) * 1e3);
    return ms <= 0 ? 0 : ms > 60000 ? 60000 : (int)ms;
}

/* Lines "stop SECONDS"; written at once, so they arrive whole. */
static void read_control(fid__runner *r)
{
    char text[512];
    ssize_t n = read(FID__FD_CONTROL, text, sizeof text);
    for (char *s = text, *end; n > 0; n -= end - s, s = end) {
        double grace;
        char *newline = memchr(s, '\n', (size_t)n);
        if (!newline)
            return;
        end = newline + 1;
        if (newline - s > 5 && memcmp(s, "stop ", 5) == 0 &&
            fid_parse_double(s + 5, (size_t)(newline - s) - 5, &grace) && grace >= 0)
            ask_to_end(r, FID__WHY_STOPPED, grace);
    }
}

static void read_signals(fid__runner *r)
{
    struct signalfd_siginfo info;
    while (read(r->signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD) /* which `step` looks after */
            ask_to_end(r, FID__WHY_SIGNALLED, r->order.grace);
}

static void wait_for_something(fid__runner *r)
{
    struct pollfd fds[] = {
        {r->streams[0].pipe, POLLIN, 0}, {r->streams[1].pipe, POLLIN, 0},
        {FID__FD_CONTROL, POLLIN, 0},    {r->signals, POLLIN, 0},
        {r->engine, POLLIN, 0},
    };
    int n = poll(fds, sizeof fds / sizeof *fds, poll_timeout(r));
    r->now = clock_now();
    if (r->pending.len && r->now >= r->next_flush)
        fid__runner_flush(r);
    if (n <= 0)
        return;
    for (int from = 0; from < 2; from++)
        if (fds[from].revents)
            fid__runner_read(r, (fid_collect_source)from, ROUNDS);
    if (fds[2].revents)
        read_control(r);
    if (fds[3].revents)
        read_signals(r);
    if (fds[4].revents) {
        close(r->engine);
        r->engine = -1;
        ask_to_end(r, FID__WHY_ORPHANED, r->order.grace);
    }
}

/* --- from beginning to end */

static bool write_exit(const char *text, size_t n)
{
    int fd = openat(FID__FD_DIR, "exit.new",
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == ENOENT; /* the folder was removed: nobody wants to know */
    bool ok = write(fd, text, n) == (ssize_t)n;
    bool never = !ok && errno == EFBIG; /* unlike a full disk, a limit stays */
    ok = close(fd) == 0 && ok;
    return never || (ok && renameat(FID__FD_DIR, "exit.new", FID__FD_DIR, "exit") == 0);
}

static void finish(fid__runner *r)
{
    struct rusage usage;
    fid_text text = {0};
    if (getrusage(RUSAGE_CHILDREN, &usage) == 0) {
        uint64_t peak = (uint64_t)usage.ru_maxrss * 1024;
        r->ending.cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) *
                            1e-6;
        r->ending.peak = peak > r->ending.peak ? peak : r->ending.peak;
    }
    r->ending.seconds = clock_now() - r->started;
    fid__ending_write(&r->ending, &text);
    while (!text.failed && !write_exit(text.data, text.len))
        (void)usleep((unsigned)(exit_retry * 1e6));
    fid_text_deinit(&text);
    close(FID__FD_LOCK); /* the engine's sign that all is written */
}

static int watch_engine(int64_t engine)
{
    int fd = engine ? (int)syscall(SYS_pidfd_open, (pid_t)engine, 0) : -1;
    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* The limit of a file's size is meant for the trial, not for the words about it. */
static void lift_file_limit(fid__runner *r)
{
    if (getrlimit(RLIMIT_FSIZE, &r->file_limit) != 0)
        return;
    struct rlimit most = r->file_limit;
    most.rlim_cur = most.rlim_max;
    (void)setrlimit(RLIMIT_FSIZE, &most);
    r->has_file_limit = r->file_limit.rlim_cur != most.rlim_cur;
}

static bool prepare(fid__runner *r)
{
    sigset_t mask;
    for (int fd = FID__FD_LOCK; fd <= FID__FD_DIR; fd++)
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
            return false;
    (void)syscall(SYS_close_range, FID__FD_DIR + 1, ~0U, 0);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &mask, NULL);
    lift_file_limit(r);
    r->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    r->engine = watch_engine(r->order.engine);
    r->started = r->last_active = r->now = clock_now();
    r->deadline = (double)INFINITY;
    r->launch_pipe = r->collected = r->streams[0].pipe = r->streams[1].pipe = -1;
    return r->signals >= 0;
}

static void supervise(fid__runner *r)
{
    bool engine_gone = r->order.engine &&
                       (r->engine < 0 || getppid() != r->order.engine);
    fid_status status = FID_OK;
    if (r->order.n_collect)
        status = fid__collector_create(&r->collector, r->order.collect,
                                       r->order.n_collect, r->order.budget_done, NULL);
    if (status != FID_OK || !fid__runner_launch(r)) {
        r->ending.why = FID__WHY_LAUNCH;
        r->ending.code = status == FID_OK      ? r->ending.code
                         : status == FID_NOMEM ? ENOMEM
                                               : EINVAL;
        return;
    }
    if (engine_gone)
        ask_to_end(r, FID__WHY_ORPHANED, r->order.grace);
    for (step(r); r->phase != FID__OVER; step(r))
        wait_for_something(r);
    fid__runner_close_output(r);
}

int fid_runner_main(int argc, char **argv)
{
    int code = 2;
    fid__runner *r = fid_alloc(1, sizeof *r);
    if (!r || !fid__order_read(argc, argv, &r->order)) {
        free(r);
        return code;
    }
    if (prepare(r)) {
        supervise(r);
        finish(r);
        code = 0;
    }
    fid__collector_destroy(r->collector);
    fid_text_deinit(&r->pending);
    fid__order_deinit(&r->order);
    free(r->pids.pids);
    free(r);
    return code;
}
