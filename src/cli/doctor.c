/* `doctor`: what this installation is made of, and what may be wrong with it. */
#include "cli/cli.h"

#include <fidelio/catalog.h>
#include <fidelio/linalg.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Findings are pairs of words, shown as lines or as one JSON object. */
typedef struct {
    fid_text *out;
    bool json, ill;
    size_t n;
} report;

static void say(report *self, const char *key, const char *value)
{
    if (self->json) {
        fid_text_append(self->out, self->n ? "," : "{");
        fid_text_append_json(self->out, key, strlen(key));
        fid_text_append(self->out, ":");
        fid_text_append_json(self->out, value, strlen(value));
    } else {
        fid_text_printf(self->out, "%-11s %s\n", key, value);
    }
    self->n++;
}

/* --- the parts */

static void say_sqlite(report *self)
{
    bool fixed;
    fid_text words = {0};
    const char *version = fid_store_sqlite_version(&fixed);
    fid_text_printf(&words, "%s (%s)", version,
                    fixed ? "free of the WAL-reset race"
                          : "has the WAL-reset race; safe here: one connection writes");
    say(self, "sqlite", words.data ? words.data : "");
    fid_text_deinit(&words);
}

static void say_linalg(report *self)
{
    fid_text words = {0};
    fid_text_printf(&words, "our own kernels, %s, one thread; no BLAS is loaded",
                    fid_linalg_instructions());
    say(self, "linalg", words.data ? words.data : "");
    fid_text_deinit(&words);
}

static void say_cpus(report *self)
{
    char number[32];
    (void)snprintf(number, sizeof number, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    say(self, "cpus", number);
}

static void say_runner(report *self)
{
    const char *path = cli_runner();
    bool found = access(path, X_OK) == 0;
    fid_text words = {0};
    fid_text_printf(&words, "%s%s%s", path, found ? "" : ": ",
                    found ? "" : strerror(errno));
    say(self, "runner", words.data ? words.data : "");
    self->ill |= !found;
    fid_text_deinit(&words);
}

static void say_kinds(report *self)
{
    fid_text words = {0};
    for (const fid_sampler_type *const *t = fid_catalog_samplers(); *t; t++)
        fid_text_printf(&words, "%s%s", words.len ? " " : "", (*t)->name);
    say(self, "samplers", words.data ? words.data : "");
    fid_text_clear(&words);
    for (const fid_scheduler_type *const *t = fid_catalog_schedulers(); *t; t++)
        fid_text_printf(&words, "%s%s", words.len ? " " : "", (*t)->name);
    say(self, "schedulers", words.data ? words.data : "");
    fid_text_deinit(&words);
}

/* --- where a study lies */

static const char *file_system_name(long magic)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {{0xEF53, "ext"},       {0x58465342, "xfs"},    {0x9123683E, "btrfs"},
                 {0x01021994, "tmpfs"}, {0x6969, "NFS"},        {0x794C7630, "overlay"},
                 {0x2FC12FC1, "zfs"},   {0xF2F52010, "f2fs"},   {0x65735546, "FUSE"},
                 {0xFF534D42, "CIFS"},  {0x0BD00BD0, "Lustre"}, {0x00C36400, "Ceph"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].magic == ((unsigned long)magic & 0xFFFFFFFFUL))
            return known[i].name;
    return "another";
}

/* The folder, or the nearest one above it that is there. */
static bool stat_above(char *path, struct statfs *info)
{
    while (statfs(path, info) != 0) {
        char *slash = strrchr(path, '/');
        if (!slash)
            return statfs(".", info) == 0;
        if (slash == path)
            return false;
        *slash = '\0';
    }
    return true;
}

static void say_file_system(report *self, const char *folder)
{
    struct statfs info;
    char *path = fid_strdup(folder);
    fid_text words = {0};
    if (path && stat_above(path, &info)) {
        fid_text_printf(&words, "%s, %.1f GB free", file_system_name((long)info.f_type),
                        (double)info.f_bavail * (double)info.f_bsize * 1e-9);
        say(self, "file_system", words.data ? words.data : "");
    }
    fid_text_deinit(&words);
    free(path);
}

static void say_store(report *self, const cli_place *place)
{
    const fid_store_type *type = &fid_store_sqlite;
    fid_store_options options = {.path = place->store, .read_only = true};
    fid_error err = {0};
    void *state = fid_alloc(1, type->state_size);
    if (!state)
        return;
    fid_status status = type->open(state, &options, &err);
    const char *note = status == FID_OK && type->note ? type->note(state) : NULL;
    say(self, "store", status == FID_OK ? "sound" : err.message);
    if (note)
        say(self, "note", note);
    self->ill |= status != FID_OK;
    if (status == FID_OK)
        type->close(state);
    free(state);
}

static void say_holder(report *self, const cli_place *place)
{
    fid_store_holder holder = {0};
    fid_text words = {0};
    if (fid_store_find_holder(place->store, &holder) != FID_OK || !holder.held)
        return;
    fid_text_printf(&words, "fidelio %s, pid %lld on %s since %s", holder.label,
                    (long long)holder.pid, holder.host, holder.since);
    say(self, "engine", words.data ? words.data : "");
    fid_text_deinit(&words);
}

static int say_study(report *self, const cli_args *args)
{
    cli_place place;
    int code = cli_find(args, &place);
    if (code == EXIT_OK) {
        say(self, "study", place.folder);
        say_file_system(self, place.folder);
        if (access(place.store, F_OK) == 0)
            say_store(self, &place);
        say_holder(self, &place);
    }
    cli_close(&place);
    return code;
}

int cli_doctor(const cli_args *args)
{
    fid_text out = {0};
    report self = {.out = &out, .json = args->json};
    int code = EXIT_OK;
    say(&self, "version", FID_VERSION);
    say_sqlite(&self);
    say_linalg(&self);
    say_cpus(&self);
    say_runner(&self);
    say_kinds(&self);
    if (args->n_words || args->study)
        code = say_study(&self, args);
    else
        say_file_system(&self, "runs");
    if (out.data)
        printf("%s%s", out.data, args->json ? "}\n" : "");
    fid_text_deinit(&out);
    return code == EXIT_OK && self.ill ? EXIT_FAILED : code;
}
