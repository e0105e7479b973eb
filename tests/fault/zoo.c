/* zoo SHAPE [NUMBER]: programs that trials should not be, and some that they should. Plain
 * C, no library, so that it starts fast. README.md says what is expected of each. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static long number; /* the second argument */
static volatile sig_atomic_t asked;

static void rest(double seconds)
{
    struct timespec t = {(time_t)seconds,
                         (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) != 0 && errno == EINTR && !asked)
        continue;
}

static void for_ever(void)
{
    for (;;)
        rest(1000);
}

static void put(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);
        if (done <= 0)
            return;
        data += done;
        n -= (size_t)done;
    }
}

static int report_fd = -1;

static void report_bytes(const char *data, size_t n)
{
    const char *path = getenv("FIDELIO_REPORT");
    if (report_fd < 0 && path)
        report_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    put(report_fd, data, n);
}

static void report(const char *text)
{
    report_bytes(text, strlen(text));
}

static void report_step(long step)
{
    char line[64];
    snprintf(line, sizeof line, "step=%ld loss=%ld.5\n", step, step);
    report(line);
}

/* Open a file in the checkpoint folder. */
static FILE *checkpoint(const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("FIDELIO_CHECKPOINT_DIR"), name);
    return fopen(path, mode);
}

/* --- good ones */

static int train(void) /* NUMBER steps, one each 2 ms */
{
    for (long step = 1; step <= number; step++) {
        report_step(step);
        rest(0.002);
    }
    return 0;
}

static int fast(void) /* NUMBER steps, as fast as can be, one write each */
{
    for (long step = 1; step <= number; step++)
        report_step(step);
    return 0;
}

static int quick(void)
{
    report("loss=0.5\n");
    return 0;
}

static int leave(void)
{
    fputs("last words\n", stderr);
    return (int)number;
}

static int die(void)
{
    raise((int)number);
    return 0;
}

static void on_term(int signal)
{
    (void)signal;
    asked = 1;
}

static int polite(void) /* checkpoints when asked to end */
{
    (void)signal(SIGTERM, on_term);
    report("step=1 loss=1\n");
    while (!asked)
        rest(0.05);
    fclose(checkpoint("saved", "w"));
    return 0;
}

static int dump(void) /* what it was given, for the test to read */
{
    FILE *out = checkpoint("given", "w");
    for (char **e = environ; *e; e++)
        fprintf(out, "%s%c", *e, 0);
    fclose(out);
    out = checkpoint("fds", "w");
    for (int fd = 0; fd < 1000; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            fprintf(out, "%d ", fd);
    fclose(out);
    return 0;
}

/* --- bad output */

static int flood(void) /* NUMBER MiB to stdout, with metrics in between */
{
    char block[65536];
    memset(block, 'x', sizeof block);
    for (size_t i = 99; i < sizeof block; i += 100)
        block[i] = '\n';
    block[sizeof block - 1] = '\n';
    for (long k = 0; k < number * 16; k++) {
        put(1, block, sizeof block);
        if (k % 160 == 159) {
            char line[64];
            int n = snprintf(line, sizeof line, "at %ld loss %ld.25\n", k / 160 + 1,
                             k / 160 + 1);
            put(1, line, (size_t)n);
        }
    }
    report("step=99 loss=9\n");
    return 0;
}

static int
long_line(void) /* NUMBER MiB without a newline, to stdout and to the report */
{
    char block[65536];
    memset(block, 'y', sizeof block);
    report("step=1 loss=1\n");
    for (long k = 0; k < number * 16; k++) {
        put(1, block, sizeof block);
        report_bytes(block, sizeof block);
    }
    put(1, "\nat 7 loss 0.5\n", 15);
    report("\nstep=2 loss=2\n");
    return 0;
}

static int junk(void)
{
    unsigned char bytes[4096];
    const char *colour = "\n\033[31mat 1 loss 2\033[0m\n";
    unsigned seed = 7;
    for (int round = 1; round <= 20; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
        put(1, (char *)bytes, sizeof bytes);
        put(2, (char *)bytes, sizeof bytes);
        report_bytes((char *)bytes, sizeof bytes);
        report("\n");
        report_step(round);
        put(1, colour, strlen(colour));
    }
    return 1;
}

static int nans(void)
{
    report(
        "step=1 loss=nan\nstep=2 loss=-nan\nstep=3 loss=inf\n{\"step\": 4, \"loss\": NaN}\n"
        "{\"step\": 5, \"loss\": -Infinity}\nstep=6 loss=1e400\nstep=7 loss=0x1p3\n"
        "step=8 loss=1,5\n{\"step\": 9, \"loss\": {\"a\": 1}}\nstep=10 loss=4.9e-324\n");
    return 0;
}

static int steps(void)
{
    report(
        "step=2 loss=2\nstep=1 loss=1\nstep=2 loss=2\nstep=2 loss=3\nstep=100 loss=4\n"
        "step=-1 loss=5\nstep=9223372036854775808 loss=6\nloss=7\n");
    return 0;
}

static int half(void) /* a last line without newline, then exit NUMBER or a signal */
{
    report("step=1 loss=1\nstep=2 loss=2.");
    if (number < 0)
        raise((int)-number);
    return (int)number;
}

static void leftover(void);

static int
half_family(void) /* the same, with a process left that might have written it */
{
    if (fork() == 0)
        leftover();
    rest(0.05);
    number = 0;
    return half();
}

static int pieces(void) /* lines that come in pieces */
{
    const char *text = "step=1 loss=1.25\nstep=2 loss=2.5\n";
    for (; *text; text++) {
        report_bytes(text, 1);
        rest(0.002);
    }
    return 0;
}

static int truncating(void) /* > where >> was meant */
{
    for (int i = 1; i <= 3; i++) {
        FILE *f = fopen(getenv("FIDELIO_REPORT"), "w");
        fprintf(f, i == 1 ? "step=1 loss=1.0000\n" : "step=%d loss=1\n", i);
        fclose(f);
        rest(0.05);
    }
    return 0;
}

static int infeasible(void)
{
    report("status=infeasible message=too big\n");
    return (int)number;
}

static int deaf(void) /* closes its output and goes on */
{
    close(0);
    close(1);
    close(2);
    for (int i = 1; i <= 5; i++) {
        report_step(i);
        rest(0.01);
    }
    return 0;
}

/* --- bad behaviour */

static int stubborn(void) /* ignores SIGTERM; reports that it is ready */
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    report("step=1 loss=1\n");
    for_ever();
    return 0;
}

static int silent(void)
{
    for_ever();
    return 0;
}

static int chatty(void) /* prints but does not report; for the idle timeout */
{
    for (long i = 0; i < number; i++) {
        put(1, ".", 1);
        rest(0.05);
    }
    return 0;
}

static void hold_memory(long mib)
{
    size_t n = (size_t)mib << 20;
    char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; p != MAP_FAILED && i < n; i += 4096) {
        p[i] = 1;
        if (i % (1 << 20) == 0)
            rest(0.001);
    }
}

static int hog(void)
{
    report("step=1 loss=1\n");
    hold_memory(number);
    for_ever();
    return 0;
}

static int hog_family(void) /* four children that share the sum */
{
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            setsid();
            hold_memory(number / 4);
            for_ever();
        }
    for_ever();
    return 0;
}

/* What is left behind: sleeps for ever, deaf to SIGTERM. */
static void leftover(void)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    for_ever();
}

enum { N_FAMILIES = 7 };

/* Begin one kind of descendant that is meant to escape. */
static void begin_family(long kind)
{
    if (fork() != 0)
        return;
    switch (kind) {
    case 0: /* a plain child */
        break;
    case 1: /* a group of its own */
        setpgid(0, 0);
        break;
    case 2: /* a session of its own */
        setsid();
        break;
    case 3: /* a daemon: session, and its parent is gone */
        setsid();
        if (fork() != 0)
            _exit(0);
        break;
    case 4: /* a daemon of a daemon without descriptors */
        setsid();
        if (fork() != 0)
            _exit(0);
        setsid();
        for (int fd = 0; fd < 100; fd++)
            close(fd);
        break;
    case 5: /* a grandchild that has children, in sessions */
        setsid();
        for (int i = 0; i < 3; i++)
            if (fork() == 0) {
                setsid();
                break;
            }
        break;
    default: /* forks again and again, and the parent dies */
        for (int i = 0; i < 200; i++) {
            rest(0.005);
            if (fork() != 0)
                _exit(0);
        }
    }
    leftover();
}

static int family(void) /* kind NUMBER, then waits to be stopped */
{
    begin_family(number);
    rest(0.05);
    report("step=1 loss=1\n");
    for_ever();
    return 0;
}

static int family_exit(void) /* kind NUMBER, then ends well */
{
    begin_family(number);
    rest(0.05);
    report("step=1 loss=1\n");
    return 0;
}

static int late(void) /* a daemon that reports after the trial's end */
{
    report("step=1 loss=1\n");
    if (fork() == 0) {
        setsid();
        (void)signal(SIGTERM, SIG_IGN);
        for (long step = 2;; step++) {
            report_step(step);
            rest(0.01);
        }
    }
    rest(0.05);
    return 0;
}

static int
bare_daemon(void) /* a daemon that has cleared its environment, and so its tag */
{
    char seconds[] = "1000", zoo[] = "zoo", shape[] = "silent";
    char *argv[] = {zoo, shape, seconds, NULL}, *nothing[] = {NULL};
    if (fork() == 0) {
        setsid();
        (void)signal(SIGTERM, SIG_IGN);
        execve("/proc/self/exe", argv, nothing);
        _exit(1);
    }
    rest(0.1);
    report("step=1 loss=1\n");
    for_ever();
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} shapes[] = {
    {"train", train},
    {"fast", fast},
    {"quick", quick},
    {"leave", leave},
    {"die", die},
    {"polite", polite},
    {"dump", dump},
    {"flood", flood},
    {"long-line", long_line},
    {"junk", junk},
    {"nans", nans},
    {"steps", steps},
    {"half", half},
    {"pieces", pieces},
    {"truncating", truncating},
    {"half-family", half_family},
    {"infeasible", infeasible},
    {"deaf", deaf},
    {"stubborn", stubborn},
    {"silent", silent},
    {"chatty", chatty},
    {"hog", hog},
    {"hog-family", hog_family},
    {"family", family},
    {"family-exit", family_exit},
    {"late", late},
    {"bare-daemon", bare_daemon},
};

int main(int argc, char **argv)
{
    number = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    for (size_t i = 0; argc > 1 && i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(argv[1], shapes[i].name) == 0)
            return shapes[i].run();
    return 99;
}
