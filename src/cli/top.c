/* `top`: the study while it runs: how far it is, what runs, what is best. */
#include "cli/cli.h"

#include <fidelio/report.h>

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    size_t rows, columns;
} screen;

static screen screen_size(void)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 5 &&
                 size.ws_col > 1;
    return known ? (screen){size.ws_row, size.ws_col} : (screen){24, 80};
}

static size_t find_running(const fid_history *history, uint64_t *list, size_t most)
{
    size_t n = 0;
    for (uint64_t t = 0; t < fid_history_n_trials(history) && n < most; t++)
        if (fid_history_trial(history, t)->state == FID_TRIAL_RUNNING)
            list[n++] = t;
    return n;
}

/* Half of the room at most for what runs, the rest for what is best. */
static int look(const cli_place *place, size_t rows, fid_text *out)
{
    char line[400];
    const fid_study *study = place->study;
    const fid_history *history = fid_study_history(study);
    size_t room = rows > 8 ? rows - 8 : 2, n_best;
    uint64_t *running = fid_alloc(room, sizeof *running);
    if (!running)
        return EXIT_FAILED;
    size_t n = find_running(history, running, room / 2);
    uint64_t *best = fid_report_rank(history, room - n, &n_best);
    cli_status_line(study, line, sizeof line);
    fid_text_printf(out, "%s\n\nrunning\n", line);
    int code = best ? cli_trials_table(study, running, n, out) : EXIT_FAILED;
    fid_text_append(out, "\nbest\n");
    if (code == EXIT_OK)
        code = cli_trials_table(study, best, n_best, out);
    free(running);
    free(best);
    return code;
}

/* In place of what stands there, no line wider than the screen. */
static void draw(const char *text, size_t columns)
{
    fputs("\033[H", stdout);
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, "\n"), shown = 0, bytes = 0;
        for (; bytes < n; bytes++) {
            shown += ((unsigned char)at[bytes] & 0xC0) != 0x80;
            if (shown > columns)
                break;
        }
        fwrite(at, 1, bytes, stdout);
        fputs(at[n] && at[n + 1] ? "\033[K\n" : "\033[K", stdout);
        at += n + (at[n] == '\n');
    }
    fputs("\033[J", stdout);
    fflush(stdout);
}

static bool is_running(const cli_place *place)
{
    fid_store_holder holder = {0};
    return fid_store_find_holder(place->store, &holder) == FID_OK && holder.held;
}

/* On a terminal again every second until nothing runs it; elsewhere once. */
static int watch(cli_place *place)
{
    bool tty = isatty(STDOUT_FILENO) == 1;
    for (;;) {
        fid_text text = {0};
        screen size = screen_size();
        bool goes_on = tty && is_running(place);
        int code = cli_open_reading(place);
        if (code == EXIT_OK)
            code = look(place, size.rows, &text);
        if (code == EXIT_OK && tty)
            draw(text.data, size.columns);
        else if (code == EXIT_OK)
            fputs(text.data, stdout);
        fid_text_deinit(&text);
        fid_study_close(place->study);
        place->study = NULL;
        if (code != EXIT_OK || !goes_on) {
            if (tty)
                putchar('\n');
            return code;
        }
        struct timespec nap = {.tv_sec = 1};
        (void)nanosleep(&nap, NULL);
    }
}

int cli_top(const cli_args *args)
{
    cli_place place;
    int code = cli_find(args, &place);
    if (code == EXIT_OK)
        code = watch(&place);
    cli_close(&place);
    return code;
}
