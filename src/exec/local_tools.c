/* What commands like `check`, `best` and `logs` ask, without an executor. */
#include "exec/local.h"

#include "exec/folder.h"
#include "exec/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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
