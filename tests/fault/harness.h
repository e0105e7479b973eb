/* harness.h -- a small engine around fid_exec_local, for fault tests. */
#ifndef FAULT_HARNESS_H
#define FAULT_HARNESS_H

#include "check.h"

#include <fidelio/exec.h>

#include "exec/folder.h"
#include "exec/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Sanitizers make everything slower and bigger. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { FAULT_SLOW = 1 };
#else
enum { FAULT_SLOW = 0 };
#endif

/* Seconds for what takes an instant on a machine that is not starved. */
enum { FAULT_PATIENCE = 250 };

typedef struct {
    fid_space *space;
    fid_value config[2];
    fid_outline outline;
    char folder[256], zoo[PATH_MAX], runner[PATH_MAX];
    const char *command[3];
    char number[32];
    fid_exec_local_options options;
    void *state;
} fault;

static inline double fault_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline void fault_rest(double seconds)
{
    struct timespec t = {(time_t)seconds,
                         (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
}

/* Programs lie beside the test: build/X/tests/fault_test_y, build/X/tests/zoo,
 * build/X/fidelio-runner. */
static inline void fault_init(fault *f, const char *name)
{
    char self[PATH_MAX - 64];
    fid_error err;
    memset(f, 0, sizeof *f);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    const char *folder = dirname(self);
    snprintf(f->zoo, sizeof f->zoo, "%s/zoo", folder);
    snprintf(f->runner, sizeof f->runner, "%s/../fidelio-runner", folder);
    /* A killed process leaves its page cache, so memory is as good a test as a disk. */
    snprintf(f->folder, sizeof f->folder, "%s/fid-%s-%d", check_place(), name,
             (int)getpid());
    CHECK(fid_space_create(&f->space) == FID_OK);
    CHECK(fid_space_add_float(f->space, "lr", 0.1, 0.9, FID_SCALE_LINEAR, 0, &err) ==
          FID_OK);
    CHECK(fid_space_add_int(f->space, "depth/of.tree", 1, 9, FID_SCALE_LINEAR, 1,
                            &err) == FID_OK);
    CHECK(fid_space_freeze(f->space, &err) == FID_OK);
    f->config[0] = (fid_value){.active = true, .f = 0.25};
    f->config[1] = (fid_value){.active = true, .f = 3, .i = 3};
    f->outline = (fid_outline){
        .metrics = {{.name = "loss"}},
        .n_metrics = 1,
        .n_objectives = 1,
        .fidelity = {
            .mode = FID_MODE_RESUME, .name = "epochs", .min = 1, .max = 9, .eta = 3}};
    f->options = (fid_exec_local_options){.runner = f->runner,
                                          .folder = f->folder,
                                          .study = "zoo study",
                                          .command = f->command,
                                          .n_command = 3,
                                          .parallel = 4,
                                          .grace = 0.3};
}

static inline void fault_open(fault *f)
{
    fid_error err = {0};
    f->state = calloc(1, fid_exec_local.state_size);
    fid_status status = fid_exec_local.open(f->state, &f->options, &err);
    CHECK(status == FID_OK);
    if (status != FID_OK)
        printf("%s\n", err.message);
}

static inline void fault_close(fault *f)
{
    fid_exec_local.close(f->state);
    free(f->state);
    f->state = NULL;
}

static inline void fault_deinit(fault *f)
{
    fid__folder_remove(AT_FDCWD, f->folder);
    fid_space_destroy(f->space);
}

/* Open with the command `zoo shape number`. */
static inline void fault_shape(fault *f, const char *shape, long number)
{
    snprintf(f->number, sizeof f->number, "%ld", number);
    f->command[0] = f->zoo;
    f->command[1] = shape;
    f->command[2] = f->number;
    if (f->state)
        fault_close(f);
    fault_open(f);
}

static inline fid_job fault_job(const fault *f, uint64_t trial, uint32_t attempt)
{
    return (fid_job){.trial = trial,
                     .attempt = attempt,
                     .seed = UINT64_C(0x100000007),
                     .space = f->space,
                     .config = f->config,
                     .outline = &f->outline,
                     .budget = 9,
                     .parent = -1};
}

static inline void fault_start(fault *f, uint64_t trial, uint32_t attempt)
{
    fid_error err = {0};
    fid_job job = fault_job(f, trial, attempt);
    CHECK(fid_exec_local.start(f->state, &job, &err) == FID_OK);
}

static inline void fault_adopt(fault *f, uint64_t trial, uint32_t attempt,
                               uint64_t offset)
{
    fid_error err = {0};
    fid_job job = fault_job(f, trial, attempt);
    job.offset = offset;
    CHECK(fid_exec_local.adopt(f->state, &job, &err) == FID_OK);
}

/* The next thing that happens within `seconds`; false: nothing. Its text lives until the
 * next call. */
static inline bool fault_next(fault *f, double seconds, fid_exec_report *out)
{
    fid_error err;
    size_t n = 0;
    double end = fault_now() + seconds;
    do {
        double left = end - fault_now();
        CHECK(fid_exec_local.poll(f->state, left > 0 ? left : 0, out, 1, &n, &err) ==
              FID_OK);
    } while (n == 0 && fault_now() < end);
    return n == 1;
}

/* Read until the end of the attempt that runs: at most max reports are kept. */
typedef struct {
    size_t n;
    fid_exec_report reports[4096];
    fid_exec_report end;
    char text[4096], extra[4096]; /* of the end, and of the last report that had one */
    bool ended;
} fault_log;

static inline void fault_read(fault *f, double seconds, fault_log *log)
{
    fid_exec_report r;
    double end = fault_now() + seconds;
    memset(log, 0, sizeof *log);
    while (!log->ended && fault_next(f, end - fault_now(), &r)) {
        if (r.kind == FID_EXEC_ENDED) {
            log->end = r;
            log->ended = true;
            snprintf(log->text, sizeof log->text, "%s", r.text ? r.text : "");
            break;
        }
        if (r.text)
            snprintf(log->extra, sizeof log->extra, "%s", r.text);
        if (log->n < sizeof log->reports / sizeof *log->reports)
            log->reports[log->n++] = r;
    }
    CHECK(log->ended);
}

static inline void fault_run(fault *f, uint64_t trial, double seconds, fault_log *log)
{
    fault_start(f, trial, 1);
    fault_read(f, seconds, log);
}

static inline void fault_stop(fault *f, uint64_t trial, double grace)
{
    CHECK(fid_exec_local.stop(f->state, trial, grace) == FID_OK);
}

/* Say who is left: pid, state, parent, command. */
static inline void fault_show(const char *pid)
{
    char path[300], text[400];
    static const char *const names[] = {"stat", "cmdline"};
    printf("  left:");
    for (int k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "/proc/%s/%s", pid, names[k]);
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
        for (ssize_t i = 0; i < n && i < (k ? 300 : 40); i++)
            putchar(text[i] >= ' ' ? text[i] : ' ');
        if (fd >= 0)
            close(fd);
    }
    putchar('\n');
}

/* Processes, zombies aside, whose environment mentions this test's folder. */
static inline size_t fault_look(const fault *f, bool show)
{
    size_t count = 0;
    DIR *proc = opendir("/proc");
    static char environment[1 << 20];
    for (struct dirent *e; proc && (e = readdir(proc));) {
        char path[300];
        if (e->d_name[0] < '0' || e->d_name[0] > '9' ||
            atoi(e->d_name) == (int)getpid())
            continue;
        snprintf(path, sizeof path, "/proc/%s/environ", e->d_name);
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, environment, sizeof environment);
        if (fd >= 0)
            close(fd);
        if (n > 0 && memmem(environment, (size_t)n, f->folder, strlen(f->folder))) {
            count++;
            if (show)
                fault_show(e->d_name);
        }
    }
    if (proc)
        closedir(proc);
    return count;
}

static inline size_t fault_count(const fault *f)
{
    return fault_look(f, false);
}

/* There are at least n, after a moment; one look may miss a process that is just forking. */
static inline bool fault_at_least(const fault *f, size_t n)
{
    for (int i = 0; i < 300; i++) {
        if (fault_count(f) >= n)
            return true;
        fault_rest(0.01);
    }
    return false;
}

/* Nobody is left, after a moment for those that are just exiting, in several looks. */
static inline bool fault_nobody_left(const fault *f)
{
    for (int i = 0, empty = 0; i < 300; i++) {
        empty = fault_count(f) == 0 ? empty + 1 : 0;
        if (empty == 5)
            return true;
        fault_rest(0.01);
    }
    (void)fault_look(f, true);
    return false;
}

/* The supervisor of an attempt, found by who holds the lock; 0 = none. */
static inline pid_t fault_runner_of(const fault *f, uint64_t trial)
{
    char want[400], path[300], arg[400];
    snprintf(want, sizeof want, "FIDELIO_REPORT=%s/%llu/", f->folder,
             (unsigned long long)trial);
    DIR *proc = opendir("/proc");
    pid_t found = 0;
    static char text[1 << 20];
    for (struct dirent *e; proc && !found && (e = readdir(proc));) {
        if (e->d_name[0] < '0' || e->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%s/environ", e->d_name);
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
        if (fd >= 0)
            close(fd);
        if (n <= 0 || !memmem(text, (size_t)n, want, strlen(want)))
            continue;
        snprintf(path, sizeof path, "/proc/%s/exe", e->d_name);
        n = readlink(path, arg, sizeof arg - 1);
        arg[n > 0 ? n : 0] = '\0';
        if (strstr(arg, "fidelio-runner"))
            found = (pid_t)atoi(e->d_name);
    }
    if (proc)
        closedir(proc);
    return found;
}

#endif
