/* What commands like `check`, `best` and `logs` ask, without an executor. */
#include "exec/local.h"

#include "exec/folder.h"
#include "exec/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Pointers first, strings behind them. */
static char **flatten(const fid__words *words)
{
    size_t size = (words->n + 1) * sizeof(char *), at = size;
    for (size_t i = 0; i < words->n; i++)
        size += strlen(words->items[i]) + 1;
    char **out = malloc(size);
    for (size_t i = 0; out && i < words->n; i++) {
        size_t len = strlen(words->items[i]) + 1;
        out[i] = memcpy((char *)out + at, words->items[i], len);
        at += len;
    }
    if (out)
        out[words->n] = NULL;
    return out;
}

fid_status fid_exec_local_argv(const fid_exec_local_options *options,
                               const fid_job *job, char ***out, size_t *n,
                               fid_error *err)
{
    fid__paths paths;
    fid__words words = {0};
    char *folder = realpath(options->folder, NULL); /* where it exists */
    const char *const *environment =
        options->environment ? options->environment : (const char *const *)environ;
    *out = NULL;
    *n = 0;
    fid_status status =
        fid__paths_init(&paths, folder ? folder : options->folder, job, err);
    if (status == FID_OK)
        status = fid__command_expand(options, job, &paths, environment, &words, err);
    if (status == FID_OK && !(*out = flatten(&words)))
        status = fid_error_set(err, FID_NOMEM, "out of memory");
    if (status == FID_OK)
        *n = words.n;
    free(folder);
    fid__words_deinit(&words);
    fid__paths_deinit(&paths);
    return status;
}

static uint32_t latest_attempt(int trial)
{
    uint32_t latest = 0;
    int fd = openat(trial, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        int64_t attempt;
        if (strncmp(name, "attempt-", 8) == 0 &&
            fid_parse_int(name + 8, strlen(name + 8), &attempt) && attempt > latest &&
            attempt <= UINT32_MAX)
            latest = (uint32_t)attempt;
    }
    if (dir)
        closedir(dir);
    return latest;
}

/* Descriptor of the latest attempt of each trial below `folder` that still runs. */
static int *find_running(const char *folder, size_t *n)
{
    char name[FID__NAME_SIZE];
    int *found = NULL;
    size_t cap = 0;
    DIR *dir = opendir(folder);
    *n = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        int64_t number;
        if (!fid_parse_int(entry->d_name, strlen(entry->d_name), &number))
            continue;
        int trial = fid__folder_enter(dirfd(dir), entry->d_name, false);
        fid__folder_attempt_name(name, trial < 0 ? 0 : latest_attempt(trial));
        int attempt = trial < 0 ? -1 : fid__folder_enter(trial, name, false);
        bool runs = attempt >= 0 && fid__local_is_locked(attempt);
        int *grown = runs ? fid_grow(found, &cap, *n + 1, sizeof *found) : NULL;
        if (grown) {
            found = grown;
            found[(*n)++] = attempt;
        } else if (attempt >= 0) {
            close(attempt);
        }
        if (trial >= 0)
            close(trial);
    }
    if (dir)
        closedir(dir);
    return found;
}

fid_status fid_exec_local_end_all(const char *folder, double grace, size_t *n,
                                  fid_error *err)
{
    const double patience = 15; /* the runner's own is less */
    const struct timespec nap = {.tv_nsec = 10 * 1000 * 1000};
    int *running = find_running(folder, n);
    double until = fid__local_clock() + grace + patience;
    bool all_ended = true;
    for (size_t i = 0; i < *n; i++)
        (void)fid__local_tell_stop(running[i], grace);
    for (size_t i = 0; i < *n; i++) {
        bool runs;
        while ((runs = fid__local_is_locked(running[i])) && fid__local_clock() < until)
            (void)nanosleep(&nap, NULL);
        all_ended &= !runs;
        close(running[i]);
    }
    free(running);
    return all_ended ? FID_OK
                     : fid_error_set(err, FID_IO, "%s: a trial does not end", folder);
}

fid_status fid_exec_local_log(const char *folder, uint64_t trial, uint32_t attempt,
                              fid_collect_source from, size_t tail, fid_text *out)
{
    char name[FID__NAME_SIZE];
    fid_status status = FID_NOT_FOUND;
    int top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fid__folder_trial_name(name, trial);
    int dir = top < 0 ? -1 : fid__folder_enter(top, name, false);
    fid__folder_attempt_name(name, attempt || dir < 0 ? attempt : latest_attempt(dir));
    int log = dir < 0 ? -1 : fid__folder_enter(dir, name, false);
    if (log >= 0)
        status = fid__log_read(log, from == FID_FROM_STDOUT ? "stdout" : "stderr", tail,
                               out);
    if (log >= 0)
        close(log);
    if (dir >= 0)
        close(dir);
    if (top >= 0)
        close(top);
    return status;
}
