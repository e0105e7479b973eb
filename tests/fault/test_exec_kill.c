/* kill -9 at random moments of the engine, of runners, of trials: every step that a trial
 * wrote is taken exactly once, nothing is left running, no attempt stays in limbo.
 *
 * The engine here keeps a journal: S trial attempt (before the start), R trial attempt step
 * offset, E trial attempt end. What the journal says at its next start is all it knows. */
#include "fault/harness.h"

#include <signal.h>
#include <sys/wait.h>

enum {
    STEPS = 30, /* of the trial, 2 ms each */
    RUNNING = 6,
    MAX_TRIALS = 4000,
    MAX_ATTEMPTS = 400,
};

static fault f;
static char journal[300];
static int kills_wanted = FAULT_SLOW ? 40 : 200;

/* What the journal says of the latest attempt of each trial. */
typedef struct {
    unsigned attempt, n_started;
    bool running, done;
    unsigned long long offset;
} memory;

static memory known[MAX_TRIALS];
static size_t n_known;

/* --- the engine */

static void remember(char kind, unsigned long trial, unsigned attempt, const char *rest)
{
    memory *m = &known[trial];
    if (trial >= n_known)
        n_known = trial + 1;
    if (kind == 'S')
        *m = (memory){.attempt = attempt, .running = true};
    else if (kind == 'R' && attempt == m->attempt)
        m->offset = strtoull(strchr(rest, ' ') + 1, NULL, 10);
    else if (kind == 'E' && attempt == m->attempt) {
        m->running = false;
        m->done = atoi(rest) == FID_END_DONE;
    }
}

/* Whole lines only; a torn one is cut off, as a store would. */
static void read_journal(void)
{
    FILE *in = fopen(journal, "r");
    char line[200];
    long good = 0;
    memset(known, 0, sizeof known);
    n_known = 0;
    while (in && fgets(line, sizeof line, in) && strchr(line, '\n')) {
        unsigned long trial;
        unsigned attempt;
        int at = 0;
        if (sscanf(line + 1, " %lu %u %n", &trial, &attempt, &at) == 2 &&
            trial < MAX_TRIALS)
            remember(line[0], trial, attempt, line + 1 + at);
        good = ftell(in);
    }
    if (in)
        fclose(in);
    (void)!truncate(journal, good);
}

static void note(int fd, fid_text *text)
{
    if (text->len && write(fd, text->data, text->len) != (ssize_t)text->len)
        _exit(3);
    fid_text_clear(text);
}

static void begin(int fd, fid_text *text, unsigned long trial)
{
    unsigned attempt = known[trial].attempt + 1;
    fid_text_printf(text, "S %lu %u \n", trial, attempt);
    note(fd, text);
    remember('S', trial, attempt, "");
    fault_start(&f, trial, attempt);
}

static void write_down(const fid_exec_report *r, fid_text *text)
{
    char rest[64];
    if (r->kind == FID_EXEC_REPORT)
        snprintf(rest, sizeof rest, "%.0f %llu", r->step,
                 (unsigned long long)r->offset);
    else
        snprintf(rest, sizeof rest, "%d", (int)r->end);
    char kind = r->kind == FID_EXEC_REPORT ? 'R' : 'E';
    fid_text_printf(text, "%c %llu %u %s\n", kind, (unsigned long long)r->trial,
                    r->attempt, rest);
    remember(kind, r->trial, r->attempt, rest);
}

static size_t count_running(void)
{
    size_t n = 0;
    for (size_t t = 0; t < n_known; t++)
        n += known[t].running;
    return n;
}

/* The next trial to run: one that failed, else a new one below `total`. */
static bool next_trial(size_t total, unsigned long *out)
{
    for (*out = 0; *out < n_known; ++*out)
        if (!known[*out].running && !known[*out].done)
            return true;
    return n_known < total;
}

static void engine(size_t total)
{
    fid_exec_report reports[64];
    fid_text text = {0};
    size_t n;
    unsigned long trial;
    read_journal();
    int fd = open(journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    fault_shape(&f, "train", STEPS);
    for (unsigned long t = 0; t < n_known; t++)
        if (known[t].running)
            fault_adopt(&f, t, known[t].attempt, known[t].offset);
    for (;;) {
        while (count_running() < RUNNING && next_trial(total, &trial))
            begin(fd, &text, trial);
        if (count_running() == 0)
            _exit(check_failures ? 4 : 0);
        if (fid_exec_local.poll(f.state, 5, reports, 64, &n, NULL) != FID_OK)
            _exit(5);
        for (size_t i = 0; i < n; i++)
            write_down(&reports[i], &text);
        note(fd, &text); /* acknowledged from here on */
    }
}

/* --- the killer */

static unsigned seed = 1;

static unsigned pick(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % n;
}

/* A process with this test's tag whose program is `program`; 0 = none. */
static pid_t find_victim(const char *program)
{
    DIR *proc = opendir("/proc");
    pid_t found[200];
    unsigned n = 0;
    static char text[1 << 18];
    for (struct dirent *e; proc && n < 200 && (e = readdir(proc));) {
        char path[300], exe[PATH_MAX];
        if (e->d_name[0] < '0' || e->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%s/exe", e->d_name);
        ssize_t len = readlink(path, exe, sizeof exe - 1);
        exe[len > 0 ? len : 0] = '\0';
        const char *base = strrchr(exe, '/');
        if (!base || strcmp(base + 1, program) != 0)
            continue;
        snprintf(path, sizeof path, "/proc/%s/environ", e->d_name);
        int fd = open(path, O_RDONLY);
        len = fd < 0 ? 0 : read(fd, text, sizeof text);
        if (fd >= 0)
            close(fd);
        if (len > 0 && memmem(text, (size_t)len, f.folder, strlen(f.folder)))
            found[n++] = (pid_t)atoi(e->d_name);
    }
    if (proc)
        closedir(proc);
    return n ? found[pick(n)] : 0;
}

static pid_t start_engine(size_t total)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        engine(total);
    return pid;
}

static void check_engine_ended_well(int status)
{
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        printf("  engine: status %x\n", (unsigned)status);
}

/* --- what must be true at the end */

typedef struct {
    unsigned n_steps;
    bool bad, ended;
    int end;
} history;

static history *attempts; /* [MAX_TRIALS][MAX_ATTEMPTS] */

static history *attempt_of(unsigned long trial, unsigned attempt)
{
    static history outside;
    if (trial >= MAX_TRIALS || attempt >= MAX_ATTEMPTS) {
        outside.bad = true;
        return &outside;
    }
    return &attempts[trial * MAX_ATTEMPTS + attempt];
}

static size_t lines_written(unsigned long trial, unsigned attempt)
{
    char path[400];
    size_t lines = 0;
    snprintf(path, sizeof path, "%s/%lu/attempt-%u/report", f.folder, trial, attempt);
    FILE *in = fopen(path, "r");
    for (int c; in && (c = getc(in)) != EOF;)
        lines += c == '\n';
    if (in)
        fclose(in);
    return lines;
}

static void check_journal(size_t total)
{
    FILE *in = fopen(journal, "r");
    char line[200];
    size_t reports = 0, lost = 0;
    attempts = calloc((size_t)MAX_TRIALS * MAX_ATTEMPTS, sizeof *attempts);
    while (in && fgets(line, sizeof line, in)) {
        unsigned long trial;
        unsigned attempt;
        unsigned value = 0;
        if (sscanf(line + 1, " %lu %u %u", &trial, &attempt, &value) < 2)
            continue;
        history *h = attempt_of(trial, attempt);
        if (line[0] == 'R') {
            reports++;
            h->bad |= value != ++h->n_steps ||
                      h->ended; /* lost, twice, or after the end */
        } else if (line[0] == 'E') {
            h->bad |= h->ended;
            h->ended = true;
            h->end = (int)value;
        }
    }
    if (in)
        fclose(in);
    for (unsigned long t = 0; t < total; t++) {
        bool done = false;
        for (unsigned a = 1; a <= known[t].attempt; a++) {
            history *h = attempt_of(t, a);
            CHECK(!h->bad && h->ended && !done);
            CHECK(h->n_steps == lines_written(t, a));
            CHECK(h->end != FID_END_DONE || h->n_steps == STEPS);
            done |= h->end == FID_END_DONE;
            lost += h->end != FID_END_DONE;
        }
        CHECK(done);
    }
    printf("  %zu trials, %zu reports, %zu attempts failed\n", total, reports, lost);
    free(attempts);
}

TEST(no_kill_loses_or_doubles_a_report_or_leaves_a_process)
{
    size_t total = 40;
    int kills[3] = {0, 0, 0}, done = 0, status;
    double start = fault_now();
    pid_t pid = start_engine(total);
    while (done < kills_wanted && fault_now() - start < 200) {
        fault_rest(0.001 * (1 + pick(FAULT_SLOW ? 200 : 40)));
        if (waitpid(pid, &status, WNOHANG) == pid) { /* all done: more work */
            check_engine_ended_well(status);
            total += 20;
            pid = start_engine(total);
            continue;
        }
        unsigned whom = pick(5);
        pid_t victim = whom == 3   ? find_victim("fidelio-runner")
                       : whom == 4 ? find_victim("zoo")
                                   : pid;
        if (victim <= 0 || kill(victim, SIGKILL) != 0)
            continue;
        kills[whom < 3 ? 0 : whom - 2]++;
        done++;
        if (victim == pid) {
            waitpid(pid, &status, 0);
            pid = start_engine(total);
        }
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    check_engine_ended_well(status);
    printf("  kills: %d engine, %d runner, %d trial, in %.1f s\n", kills[0], kills[1],
           kills[2], fault_now() - start);
    CHECK(fault_nobody_left(&f));
    read_journal();
    CHECK(n_known == total);
    check_journal(total);
}

int main(void)
{
    /* The leak checker looks on from a process of its own; killed, it leaves the one that
     * it looked at waiting for ever. */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    fault_init(&f, "kill");
    int fd;
    char *absolute;
    bool made;
    CHECK(fid__folder_make_path(f.folder, &fd, &absolute, &made, NULL) == FID_OK);
    free(absolute);
    close(fd);
    snprintf(journal, sizeof journal, "%s/journal", f.folder);
    f.options.parallel = RUNNING;
    RUN(no_kill_loses_or_doubles_a_report_or_leaves_a_process);
    fault_deinit(&f);
    DONE();
}
