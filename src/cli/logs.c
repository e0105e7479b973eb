/* `logs`: what a trial printed, also while it does. */
#include "cli/cli.h"

#include <fidelio/exec.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

/* On a terminal, bytes that would act on it are shown as '?'. */
static void print(const char *s, size_t n)
{
    if (!isatty(STDOUT_FILENO)) {
        fwrite(s, 1, n, stdout);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        putchar((c < 32 && c != '\n' && c != '\t') || c == 127 ? '?' : c);
    }
}

/* Print what an attempt's log holds beyond `*shown` bytes. A log whose middle was dropped
 * to keep it small is shorter than what was shown: then it goes on from its end. */
static void print_news(const char *folder, uint64_t trial, uint32_t attempt,
                       fid_collect_source from, size_t *shown)
{
    fid_text text = {0};
    if (fid_exec_local_log(folder, trial, attempt, from, 0, &text) == FID_OK &&
        text.data && text.len > *shown)
        print(text.data + *shown, text.len - *shown);
    *shown = text.len;
    fid_text_deinit(&text);
}

typedef struct {
    fid_trial_state state;
    uint32_t attempt;
} standing;

/* The store is read again each time: an engine writes to it. */
static int look(const cli_args *args, cli_place *place, standing *out)
{
    uint64_t trial;
    int code = cli_open_reading(place);
    if (code == EXIT_OK && !cli_number_of_trial(args, place->study, &trial))
        code = EXIT_USAGE;
    if (code == EXIT_OK) {
        const fid_trial *t = fid_history_trial(fid_study_history(place->study), trial);
        *out = (standing){t->state, t->attempt};
    }
    fid_study_close(place->study);
    place->study = NULL;
    return code;
}

static bool goes_on(standing now)
{
    return now.state == FID_TRIAL_RUNNING || now.state == FID_TRIAL_WAITING;
}

/* Attempt by attempt; with --follow until the trial runs no more. */
static int print_logs(const cli_args *args, cli_place *place, uint64_t trial)
{
    standing now = {0};
    uint32_t attempt = 1;
    size_t shown[2] = {0, 0};
    bool titled = false;
    for (;;) {
        int code = look(args, place, &now);
        if (code != EXIT_OK)
            return code;
        for (; attempt <= now.attempt; attempt++) {
            if (!titled)
                fprintf(stderr, "== attempt %u\n", attempt);
            titled = true;
            print_news(place->trials, trial, attempt, FID_FROM_STDOUT, &shown[0]);
            print_news(place->trials, trial, attempt, FID_FROM_STDERR, &shown[1]);
            if (attempt == now.attempt && goes_on(now))
                break;
            titled = false;
            shown[0] = shown[1] = 0;
        }
        if (fflush(stdout) != 0 || !args->follow || !goes_on(now))
            return EXIT_OK;
        struct timespec nap = {.tv_nsec = 200000000};
        (void)nanosleep(&nap, NULL);
    }
}

int cli_logs(const cli_args *args)
{
    cli_place place;
    int64_t trial = -1;
    int code = cli_find(args, &place);
    const char *word = cli_word(args, 0);
    if (code == EXIT_OK && word)
        (void)fid_parse_int(word, strlen(word), &trial);
    if (code == EXIT_OK)
        code = print_logs(args, &place, (uint64_t)trial);
    cli_close(&place);
    return code;
}
