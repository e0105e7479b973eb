/* From arguments to an open study. */
#include "cli/cli.h"

#include <fidelio/catalog.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int cli_complain(const fid_error *err)
{
    fprintf(stderr, "fidelio: %s\n",
            err->message[0] ? err->message : fid_status_text(err->code));
    if (err->code == FID_CORRUPT)
        fprintf(stderr, "'fidelio rescue' keeps what is intact\n");
    switch (err->code) {
    case FID_LOCKED:
    case FID_CORRUPT:
    case FID_IO:
        return EXIT_STORE;
    case FID_INVALID:
    case FID_PARSE:
    case FID_NOT_FOUND:
        return EXIT_USAGE;
    default:
        return EXIT_FAILED;
    }
}

/* `fidelio-runner` beside this program starts faster; this program can do it too. */
const char *cli_runner(void)
{
    static char path[4096 + 16];
    ssize_t n = readlink("/proc/self/exe", path, 4095);
    if (n <= 0)
        return "fidelio-runner";
    path[n] = '\0';
    (void)strcpy(path + n, "-runner");
    if (access(path, X_OK) != 0)
        path[n] = '\0';
    return path;
}

bool cli_make_folders(const char *path)
{
    char copy[4096];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof copy)
        return false;
    memcpy(copy, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (copy[i] != '/' && copy[i] != '\0')
            continue;
        char kept = copy[i];
        copy[i] = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            return false;
        copy[i] = kept;
    }
    return true;
}

static char *join(const char *folder, const char *name)
{
    fid_text text = {0};
    fid_text_printf(&text, "%s/%s", folder, name);
    return fid_text_take(&text);
}

fid_status cli_read_file(const char *path, size_t most, fid_text *out, fid_error *err)
{
    char bytes[65536];
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    size_t n;
    if (!file)
        return fid_error_set(err, FID_NOT_FOUND, "%s: %s", path, strerror(errno));
    fid_text_append(out, "");
    while (out->len <= most && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        fid_text_append_n(out, bytes, n);
    bool bad = ferror(file) != 0;
    if (file != stdin)
        (void)fclose(file);
    if (bad || out->failed)
        return fid_error_set(err, bad ? FID_IO : FID_NOMEM, "%s: cannot be read", path);
    return FID_OK;
}

/* From standard input the study lies in the present folder. */
static fid_status read_sweep(const char *path, fid_sweep **out, fid_diagnostics *d)
{
    enum { MOST = 4 << 20 }; /* more than is accepted */
    fid_text text = {0};
    if (strcmp(path, "-") != 0)
        return fid_sweep_load(out, path, d);
    fid_error err = {0};
    fid_status status = cli_read_file(path, MOST, &text, &err);
    if (status == FID_OK)
        status = fid_sweep_parse(out, text.data, text.len, "stdin", d);
    else
        fprintf(stderr, "fidelio: %s\n", err.message);
    fid_text_deinit(&text);
    return status;
}

static int load_sweep(const cli_args *args, cli_place *out)
{
    fid_diagnostics d = {0};
    fid_text text = {0};
    fid_status status = read_sweep(args->words[0], &out->sweep, &d);
    fid_diagnostics_to_text(&d, args->talk, &text);
    if (text.len)
        fputs(text.data, stderr);
    if (status != FID_OK && args->json) {
        fid_text_clear(&text);
        fid_diagnostics_to_json(&d, &text);
        printf("{\"diagnostics\":%s}\n", text.data ? text.data : "[]");
    }
    fid_text_deinit(&text);
    fid_diagnostics_deinit(&d);
    return status == FID_OK ? EXIT_OK : EXIT_USAGE;
}

int cli_find(const cli_args *args, cli_place *out)
{
    *out = (cli_place){0};
    if (args->study) {
        out->folder = fid_strdup(args->study);
    } else if (args->n_words) {
        int code = load_sweep(args, out);
        if (code != EXIT_OK)
            return code;
        fid_text text = {0};
        fid_text_printf(&text, "%s/runs/%s", out->sweep->folder, out->sweep->name);
        out->folder = fid_text_take(&text);
    } else {
        fprintf(stderr, "fidelio: which study? give a sweep file or --study FOLDER\n");
        return EXIT_USAGE;
    }
    out->store = out->folder ? join(out->folder, "study.db") : NULL;
    out->trials = out->folder ? join(out->folder, "trials") : NULL;
    return out->store && out->trials ? EXIT_OK : EXIT_FAILED;
}

static int say_nothing_has_run(const cli_place *place, const char *why)
{
    fprintf(stderr, "fidelio: nothing has run here yet (%s: %s)\n", place->store, why);
    return EXIT_USAGE;
}

static bool has_run(const cli_place *place)
{
    if (access(place->store, R_OK) == 0)
        return true;
    (void)say_nothing_has_run(place, strerror(errno));
    return false;
}

fid_status cli_open_stored(cli_place *place, fid_error *err)
{
    fid_study_settings settings = {.sampler = &fid_sampler_random,
                                   .scheduler = &fid_scheduler_none,
                                   .read_only = true};
    fid_store_options options = {.path = place->store, .read_only = true};
    return fid_study_open_stored(&place->study, &settings, &fid_store_sqlite, &options,
                                 err);
}

int cli_open_reading(cli_place *place)
{
    fid_error err = {0};
    if (!has_run(place))
        return EXIT_USAGE;
    fid_status status = cli_open_stored(place, &err);
    if (status == FID_NOT_FOUND) /* an engine is making it */
        return say_nothing_has_run(place, err.message);
    return status == FID_OK ? EXIT_OK : cli_complain(&err);
}

static bool needs_sweep(const cli_place *place)
{
    if (!place->sweep)
        fprintf(stderr, "fidelio: this command needs the sweep file\n");
    return place->sweep != NULL;
}

bool cli_has_command(const cli_place *place)
{
    return place->sweep->n_command || place->sweep->program;
}

bool cli_needs_command(const cli_place *place)
{
    if (!cli_has_command(place))
        fprintf(stderr, "fidelio: the sweep file has no command to run\n");
    return cli_has_command(place);
}

static int complain_of_change(const fid_error *err, const fid_text *diff, bool extend)
{
    int code = cli_complain(err);
    if (diff->len)
        fprintf(stderr, "%s%s--new starts afresh\n", diff->data,
                extend ? "" : "--extend goes on with the new definition, ");
    return code;
}

int cli_open_asking(cli_place *place)
{
    if (!needs_sweep(place) || !has_run(place))
        return EXIT_USAGE;
    fid_error err = {0};
    fid_study_settings settings;
    fid_text diff = {0};
    fid_sweep_settings(place->sweep, &settings);
    settings.read_only = true;
    fid_store_options options = {.path = place->store, .read_only = true};
    fid_status status = fid_study_open(&place->study, place->sweep->space, &settings,
                                       &fid_store_sqlite, &options, &diff, &err);
    int code = status == FID_OK ? EXIT_OK : complain_of_change(&err, &diff, false);
    fid_text_deinit(&diff);
    return code;
}

static int enqueue_all(cli_place *place, fid_error *err)
{
    const fid_sweep *sweep = place->sweep;
    if (fid_history_n_trials(fid_study_history(place->study)))
        return EXIT_OK;
    size_t n_params = fid_space_n_params(sweep->space);
    for (size_t i = 0; i < sweep->n_enqueued; i++)
        if (fid_study_enqueue(place->study, sweep->enqueued + i * n_params,
                              FID_ORIGIN_USER, NULL, err) != FID_OK)
            return cli_complain(err);
    return EXIT_OK;
}

double cli_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* `run` keeps the store for long, every other command for an instant. */
static bool holder_is_brief(const char *store)
{
    fid_store_holder holder = {0};
    return fid_store_find_holder(store, &holder) == FID_OK &&
           (!holder.held || strcmp(holder.label, "run") != 0);
}

/* After an attempt that came to `status`: whether it may be otherwise in a moment. */
static bool is_worth_waiting(const cli_place *place, fid_status status, double patience)
{
    const struct timespec nap = {.tv_nsec = 10000000};
    bool moved = status == FID_IO && access(place->folder, F_OK) != 0; /* by --new */
    bool busy = status == FID_LOCKED && holder_is_brief(place->store);
    if ((!busy && !moved) || cli_seconds() > patience)
        return false;
    (void)nanosleep(&nap, NULL);
    return true;
}

static const double most_patience = 10;

static fid_status make_folder(const cli_place *place, fid_error *err)
{
    return cli_make_folders(place->folder)
               ? FID_OK
               : fid_error_set(err, FID_IO, "%s: %s", place->folder, strerror(errno));
}

static fid_status open_patiently(cli_place *place, const fid_study_settings *settings,
                                 const char *command, fid_text *diff, fid_error *err)
{
    fid_store_options options = {.path = place->store, .holder = command};
    double patience = cli_seconds() + most_patience;
    fid_status status;
    do {
        status = make_folder(place, err);
        if (status == FID_OK)
            status = fid_study_open(&place->study, place->sweep->space, settings,
                                    &fid_store_sqlite, &options, diff, err);
    } while (is_worth_waiting(place, status, patience));
    return status;
}

/* What was there gets another name, and is never removed. */
static fid_status rename_aside(const char *folder, fid_error *err)
{
    char target[4200];
    int k = 1;
    do
        (void)snprintf(target, sizeof target, "%s.%d", folder, k);
    while (access(target, F_OK) == 0 && k++ < 10000);
    if (rename(folder, target) != 0)
        return fid_error_set(err, FID_IO, "%s: %s", folder, strerror(errno));
    fprintf(stderr, "the earlier study is now %s\n", target);
    return FID_OK;
}

/* --new. No engine runs the earlier study while it is moved, and none of its trials goes on
 * under a name that a new one will have. */
static fid_status put_aside(const cli_place *place, const char *command, fid_error *err)
{
    fid_store_hold *hold;
    double patience = cli_seconds() + most_patience;
    fid_status status;
    size_t n;
    do {
        if (access(place->folder, F_OK) != 0)
            return FID_OK;
        status = fid_store_hold_take(&hold, place->store, command, err);
    } while (is_worth_waiting(place, status, patience));
    FID_TRY(status);
    status =
        fid_exec_local_end_all(place->trials, place->sweep->resources.grace, &n, err);
    if (status == FID_OK)
        status = rename_aside(place->folder, err);
    fid_store_hold_release(hold);
    return status;
}

int cli_open_writing(cli_place *place, const cli_args *args)
{
    fid_error err = {0};
    if (!needs_sweep(place))
        return EXIT_USAGE;
    if (args->fresh && put_aside(place, args->command, &err) != FID_OK)
        return cli_complain(&err);
    fid_study_settings settings;
    fid_sweep_settings(place->sweep, &settings);
    settings.extend = args->extend;
    if (args->n_parallel)
        settings.parallel = args->n_parallel;
    if (args->n_trials)
        settings.max_trials = args->n_trials;
    fid_text diff = {0};
    fid_status status = open_patiently(place, &settings, args->command, &diff, &err);
    int code = status == FID_OK ? EXIT_OK
                                : complain_of_change(&err, &diff, args->extend);
    fid_text_deinit(&diff);
    return code == EXIT_OK ? enqueue_all(place, &err) : code;
}

void cli_close(cli_place *place)
{
    fid_study_close(place->study);
    fid_sweep_destroy(place->sweep);
    free(place->folder);
    free(place->store);
    free(place->trials);
    *place = (cli_place){0};
}

const char *cli_word(const cli_args *args, size_t k)
{
    size_t at = args->study ? k : k + 1;
    return at < args->n_words ? args->words[at] : NULL;
}

bool cli_number_of_trial(const cli_args *args, const fid_study *study, uint64_t *out)
{
    const char *word = cli_word(args, 0);
    size_t n_trials = fid_history_n_trials(fid_study_history(study));
    int64_t n = -1;
    if (word && fid_parse_int(word, strlen(word), &n) && n >= 0 &&
        (uint64_t)n < n_trials) {
        *out = (uint64_t)n;
        return true;
    }
    fprintf(stderr, "fidelio: which trial? there are %zu, numbered from 0\n", n_trials);
    return false;
}
