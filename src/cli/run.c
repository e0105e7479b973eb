/* `run`: the study's loop with local processes, a progress line, two-step Ctrl-C. */
#include "cli/cli.h"
#include "cli/front.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked; /* 0, 1, 2: as fid_run_hooks.stop_requested */
static volatile sig_atomic_t draining;

static void on_signal(int number)
{
    (void)number;
    if (asked < 2)
        asked++;
}

static void on_drain(int number)
{
    (void)number;
    draining = 1;
}

typedef struct {
    bool tty, quiet;
    bool hinted;  /* how a metric is reported */
    bool refused; /* the store does not take events at present */
    double began, last;
    size_t width;   /* of the line that stands there */
    size_t started; /* attempts, by this run */
    int told;       /* of what was asked */
} progress;

static int stop_requested(void *ctx)
{
    (void)ctx;
    return asked ? asked : draining ? 3 : 0;
}

void cli_status_line(const fid_study *study, char *out, size_t size)
{
    const fid_history *history = fid_study_history(study);
    const fid_study_settings *settings = fid_study_get_settings(study);
    uint64_t best;
    char most[24] = "";
    if (settings->max_trials)
        (void)snprintf(most, sizeof most, "/%zu", settings->max_trials);
    int n = snprintf(
        out, size,
        "%zu%s trials: %zu running, %zu paused, %zu complete, %zu pruned, %zu failed",
        fid_history_n_trials(history), most,
        fid_history_count(history, FID_TRIAL_RUNNING),
        fid_history_count(history, FID_TRIAL_PAUSED),
        fid_history_count(history, FID_TRIAL_COMPLETE),
        fid_history_count(history, FID_TRIAL_PRUNED),
        fid_history_count(history, FID_TRIAL_FAILED));
    if (n <= 0 || (size_t)n >= size || !fid_history_incumbent(history, &best))
        return;
    cli_front front;
    if (!cli_has_front(study))
        (void)snprintf(out + n, size - (size_t)n, "; best %s %.6g (trial %llu)",
                       settings->outline.metrics[0].name,
                       fid_history_sign(history, 0) *
                           fid_history_loss(history, best, 0),
                       (unsigned long long)best);
    else if (cli_front_find(study, &front)) {
        (void)snprintf(out + n, size - (size_t)n, "; front of %zu, hypervolume %.6g",
                       front.n, front.volume);
        cli_front_deinit(&front);
    }
}

static void append_time(double seconds, char *out, size_t size)
{
    size_t n = strlen(out);
    unsigned long s = (unsigned long)seconds;
    if (s < 3600)
        (void)snprintf(out + n, size - n, "; %lum%02lus", s / 60, s % 60);
    else
        (void)snprintf(out + n, size - n, "; %luh%02lum", s / 3600, s / 60 % 60);
}

/* A line that wraps cannot be drawn over. */
static size_t columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
               ? size.ws_col - 1u
               : 79;
}

/* What the first and the second Ctrl-C do. */
static void tell_request(progress *self, const fid_study *study)
{
    if (asked <= self->told)
        return;
    self->told = asked;
    if (self->told == 2)
        fprintf(stderr, "%skilling the trials\n", self->tty ? "\n" : "");
    else if (fid_history_count(fid_study_history(study), FID_TRIAL_RUNNING))
        fprintf(stderr,
                "%sending: running trials have %g s to save; once more kills them\n",
                self->tty ? "\n" : "", fid_study_get_settings(study)->grace);
    self->width = 0;
}

static void on_tick(void *ctx, const fid_study *study)
{
    progress *self = ctx;
    double now = cli_seconds();
    tell_request(self, study);
    if (self->quiet || now - self->last < (self->tty ? 0.2 : 30))
        return;
    self->last = now;
    char line[400];
    cli_status_line(study, line, sizeof line);
    append_time(now - self->began, line, sizeof line);
    if (self->tty && strlen(line) > columns())
        line[columns()] = '\0';
    size_t n = strlen(line);
    if (self->tty)
        fprintf(stderr, "\r%s%*s", line, n < self->width ? (int)(self->width - n) : 0,
                "");
    else
        fprintf(stderr, "%s\n", line);
    self->width = n;
}

static void on_event(void *ctx, const fid_study *study, const fid_event *event)
{
    progress *self = ctx;
    if (self->refused)
        fprintf(stderr, "the store takes events again\n");
    self->refused = false;
    self->started += event->kind == FID_EVENT_STARTED;
    if (event->kind != FID_EVENT_FAILED && event->kind != FID_EVENT_RETRIED)
        return;
    if (event->reason == FID_REASON_ENDED || event->reason == FID_REASON_CHECKPOINTED)
        return;
    fprintf(stderr, "%strial %llu: %s%s\n", self->tty && self->width ? "\n" : "",
            (unsigned long long)event->trial, fid_reason_name(event->reason),
            event->kind == FID_EVENT_RETRIED ? ", tried again" : "");
    if (event->text)
        fprintf(stderr, "%s%s", event->text,
                event->text[0] && event->text[strlen(event->text) - 1] == '\n' ? ""
                                                                               : "\n");
    if (event->reason == FID_REASON_NO_METRIC && !self->hinted)
        fprintf(
            stderr,
            "      = let it append '%s=VALUE' to the file $FIDELIO_REPORT, or 'collect:' "
            "what it prints\n",
            fid_study_get_settings(study)->outline.metrics[0].name);
    self->hinted = self->hinted || event->reason == FID_REASON_NO_METRIC;
    self->width = 0;
}

/* Waits until there is room again; whoever interrupts does not have to wait. */
static bool on_store_error(void *ctx, const fid_error *err)
{
    progress *self = ctx;
    if (!self->refused)
        fprintf(
            stderr,
            "the store refuses (%s); nothing new starts until it takes events again\n",
            err->message);
    self->refused = true;
    return !asked;
}

/* A running trial takes two or three descriptors. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void print_best(const cli_place *place, uint64_t best)
{
    const fid_space *space = fid_study_space(place->study);
    const fid_history *history = fid_study_history(place->study);
    fid_value *config = fid_alloc(fid_space_n_params(space), sizeof *config);
    fid_text cell = {0};
    if (!config)
        return;
    fid_space_decode(space, fid_history_point(history, best), config);
    fprintf(stderr, "best: %s = %.6g, trial %llu at %s %g\n",
            fid_history_outline(history)->metrics[0].name,
            fid_history_sign(history, 0) * fid_history_loss(history, best, 0),
            (unsigned long long)best,
            fid_history_outline(history)->fidelity.mode == FID_MODE_NONE
                ? "step"
                : fid_history_outline(history)->fidelity.name,
            fid_history_trial(history, best)->step);
    for (size_t p = 0; p < fid_space_n_params(space); p++) {
        if (!config[p].active)
            continue;
        fid_text_clear(&cell);
        fid_space_value_to_text(space, p, &config[p], &cell);
        fprintf(stderr, "  %s = %s\n", fid_space_param_name(space, p), cell.data);
    }
    fid_text_deinit(&cell);
    free(config);
}

/* Several objectives: the front. */
static void print_front(const cli_place *place, bool json)
{
    cli_front front;
    fid_text text = {0};
    if (!cli_front_find(place->study, &front))
        return;
    (json ? cli_front_json : cli_front_append_table)(place->study, &front, &text);
    if (json)
        puts(text.data ? text.data : "");
    else
        fputs(text.data ? text.data : "", stderr);
    fid_text_deinit(&text);
    cli_front_deinit(&front);
}

static int finish(const cli_place *place, fid_run_outcome outcome, size_t started,
                  const cli_args *args)
{
    char line[400];
    uint64_t best;
    bool found = fid_history_incumbent(fid_study_history(place->study), &best);
    cli_status_line(place->study, line, sizeof line);
    fprintf(stderr, "%s\n", line);
    if (found && cli_has_front(place->study)) {
        print_front(place, args->json);
    } else if (found && args->json) {
        fid_text text = {0};
        cli_trial_json(place->study, best, false, &text);
        puts(text.data);
        fid_text_deinit(&text);
    } else if (found) {
        print_best(place, best);
        if (strcmp(args->words[0], "-") == 0)
            fprintf(stderr, "next: fidelio best --study %s\n", place->folder);
        else
            fprintf(stderr, "next: fidelio best %s --command\n", args->words[0]);
    }
    if (!started && outcome == FID_RUN_FINISHED)
        fprintf(
            stderr,
            "nothing was left to do: raise the budget in the sweep file (or --trials) to go on, "
            "or start afresh with --new\n");
    switch (outcome) {
    case FID_RUN_FAILURES:
        fprintf(stderr, "stopped: too many failures in a row\n");
        return EXIT_FAILURES;
    case FID_RUN_DRAINED:
    case FID_RUN_KILLED:
        fprintf(stderr, "interrupted; the same command continues\n");
        return EXIT_INTERRUPTED;
    case FID_RUN_FINISHED:
    case FID_RUN_TARGET:
        break;
    }
    return found ? EXIT_OK : EXIT_NO_RESULT;
}

/* Early: who stops us may do so while we wait for the store. */
static void listen(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    action.sa_handler = on_drain;
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file over its limit is a store that refuses */
}

int cli_run_processes(cli_place *place, const cli_args *args, fid_run_outcome *outcome,
                      size_t *started)
{
    fid_error err = {0};
    fid_exec_local_options options;
    fid_sweep_exec_options(place->sweep, &options);
    options.runner = cli_runner();
    options.subreaper = true;
    options.folder = place->trials;
    if (args->n_parallel)
        options.parallel = args->n_parallel;
    listen();
    raise_file_limit();
    void *exec = fid_alloc(1, fid_exec_local.state_size);
    if (!exec)
        return EXIT_FAILED;
    progress shown = {
        .tty = isatty(2) == 1, .quiet = args->quiet, .last = cli_seconds()};
    shown.began = shown.last;
    fid_run_hooks hooks = {.ctx = &shown,
                           .stop_requested = stop_requested,
                           .on_event = on_event,
                           .on_tick = on_tick,
                           .on_store_error = on_store_error};
    fid_status status = fid_exec_local.open(exec, &options, &err);
    if (status == FID_OK) {
        status =
            fid_study_run(place->study, &fid_exec_local, exec, &hooks, outcome, &err);
        fid_exec_local.close(exec);
    }
    free(exec);
    *started = shown.started;
    if (shown.tty && shown.width)
        fputc('\n', stderr);
    return status == FID_OK ? EXIT_OK : cli_complain(&err);
}

int cli_run(const cli_args *args)
{
    cli_place place;
    fid_run_outcome outcome = FID_RUN_FINISHED;
    size_t started = 0;
    int code = cli_find(args, &place);
    if (code == EXIT_OK && !cli_needs_command(&place))
        code = EXIT_USAGE;
    listen();
    if (code == EXIT_OK)
        code = cli_open_writing(&place, args);
    if (code == EXIT_OK) {
        const char *note = fid_study_store_note(place.study);
        if (note)
            fprintf(stderr, "note: %s\n", note);
        code = cli_run_processes(&place, args, &outcome, &started);
        if (code == EXIT_OK)
            code = finish(&place, outcome, started, args);
    }
    cli_close(&place);
    return code;
}

/* --- stop: whoever holds the store's lock is the engine */

/* The engine that runs the study here; 0 = none, -1 = on another host, which was said. */
static pid_t find_engine(const cli_place *place)
{
    fid_store_holder holder = {0};
    char host[sizeof holder.host] = "";
    (void)gethostname(host, sizeof host - 1);
    if (fid_store_find_holder(place->store, &holder) != FID_OK || !holder.held ||
        holder.pid <= 1 || strcmp(holder.label, "run") != 0)
        return 0;
    if (strcmp(holder.host, host) == 0)
        return (pid_t)holder.pid;
    fprintf(stderr, "fidelio: the engine runs on %s: stop it there\n", holder.host);
    return -1;
}

/* An engine that was killed leaves its trials with their runners. */
static int end_what_was_left(const cli_place *place, const cli_args *args)
{
    fid_error err = {0};
    size_t n = 0;
    double grace = place->sweep ? place->sweep->resources.grace : 10;
    if (!args->drain &&
        fid_exec_local_end_all(place->trials, grace, &n, &err) != FID_OK)
        return cli_complain(&err);
    if (n)
        fprintf(stderr,
                "no engine runs this study; ended %zu trials that it had left\n", n);
    else
        fprintf(stderr, "no engine runs this study\n");
    return n ? EXIT_OK : EXIT_FAILED;
}

int cli_stop(const cli_args *args)
{
    cli_place place;
    int code = cli_find(args, &place);
    if (code == EXIT_OK) {
        pid_t engine = find_engine(&place);
        if (engine > 0 && kill(engine, args->drain ? SIGUSR1 : SIGTERM) == 0)
            fprintf(stderr, "asked the engine (pid %ld) to end\n", (long)engine);
        else
            code = engine < 0 ? EXIT_FAILED : end_what_was_left(&place, args);
    }
    cli_close(&place);
    return code;
}
