/* Lists of strings, and the paths of an attempt. */
#include "exec/command.h"

#include <inttypes.h>
#include <stdlib.h>

void fid__words_add(fid__words *words, const char *s, size_t n)
{
    char *copy = words->failed ? NULL : fid_strndup(s, n);
    char **grown =
        copy ? fid_grow(words->items, &words->cap, words->n + 2, sizeof(char *)) : NULL;
    if (!grown) {
        words->failed = true;
        free(copy);
        return;
    }
    words->items = grown;
    words->items[words->n++] = copy;
    words->items[words->n] = NULL;
}

void fid__words_deinit(fid__words *words)
{
    for (size_t i = 0; i < words->n; i++)
        free(words->items[i]);
    free(words->items);
    *words = (fid__words){0};
}

static char *make_path(const char *folder, uint64_t trial, const char *rest,
                       uint32_t attempt, const char *file)
{
    fid_text path = {0};
    fid_text_printf(&path, "%s/%" PRIu64 "%s", folder, trial, rest);
    if (attempt)
        fid_text_printf(&path, "%" PRIu32 "%s", attempt, file);
    return fid_text_take(&path);
}

fid_status fid__paths_init(fid__paths *paths, const char *folder, const fid_job *job,
                           fid_error *err)
{
    *paths = (fid__paths){
        .trial = make_path(folder, job->trial, "", 0, ""),
        .attempt = make_path(folder, job->trial, "/attempt-", job->attempt, ""),
        .checkpoint = make_path(folder, job->trial, "/checkpoint", 0, ""),
        .params =
            make_path(folder, job->trial, "/attempt-", job->attempt, "/params.json"),
        .report = make_path(folder, job->trial, "/attempt-", job->attempt, "/report"),
    };
    bool parent = job->parent >= 0;
    if (parent)
        paths->parent_checkpoint =
            make_path(folder, (uint64_t)job->parent, "/checkpoint", 0, "");
    if (paths->trial && paths->attempt && paths->checkpoint && paths->params &&
        paths->report && (!parent || paths->parent_checkpoint))
        return FID_OK;
    fid__paths_deinit(paths);
    return fid_error_set(err, FID_NOMEM, "out of memory");
}

void fid__paths_deinit(fid__paths *paths)
{
    free(paths->trial);
    free(paths->attempt);
    free(paths->checkpoint);
    free(paths->parent_checkpoint);
    free(paths->params);
    free(paths->report);
    *paths = (fid__paths){0};
}
