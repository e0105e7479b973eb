/* `rescue`: a damaged store becomes a whole one again, as far as its events go without a
 * gap. What lay behind a gap cannot be folded, but reports of trials that still ran are
 * in their folders and are read again by the next run. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Events on their way into the new store, a batch a commit. */
enum { BATCH = 1024 };

typedef struct {
    void *store;    /* of fid_store_sqlite, open */
    uint64_t next;  /* the seq that it wants */
    fid_text bytes; /* encoded events */
    size_t starts[BATCH + 1], n;
    fid_event_room rooms[BATCH];
    fid_event events[BATCH];
    fid_error *err;
} copier;

static fid_status write_batch(copier *self)
{
    for (size_t i = 0; i < self->n; i++)
        FID_TRY(fid_event_decode(self->bytes.data + self->starts[i],
                                 self->starts[i + 1] - self->starts[i], &self->rooms[i],
                                 &self->events[i]));
    size_t n = self->n;
    self->n = 0;
    fid_status status =
        n ? fid_store_sqlite.append(self->store, self->events, n, self->err) : FID_OK;
    fid_text_clear(&self->bytes);
    return status;
}

static fid_status copy(void *ctx, const fid_event *event)
{
    copier *self = ctx;
    if (event->seq != self->next)
        return FID_OK;
    self->next++;
    fid_event_encode(event, &self->bytes);
    self->starts[++self->n] = self->bytes.len;
    if (self->bytes.failed)
        return FID_NOMEM;
    return self->n == BATCH ? write_batch(self) : FID_OK;
}

static fid_status copy_intact(const char *from, const char *to, fid_rescue *found,
                              fid_error *err)
{
    copier *self = fid_alloc(1, sizeof *self);
    void *store = fid_alloc(1, fid_store_sqlite.state_size);
    fid_store_options options = {.path = to, .holder = "rescue"};
    fid_status status = self && store ? fid_store_sqlite.open(store, &options, err)
                                      : FID_NOMEM;
    if (status == FID_OK) {
        self->store = store;
        self->err = err;
        status = fid_store_rescue(from, copy, self, found, err);
        if (status == FID_OK)
            status = write_batch(self);
        fid_store_sqlite.close(store);
    }
    for (size_t i = 0; self && i < BATCH; i++)
        fid_event_room_deinit(&self->rooms[i]);
    if (self)
        fid_text_deinit(&self->bytes);
    free(self);
    free(store);
    return status;
}

/* PATH and its companions get a name that is free; nothing is removed. */
static bool move_aside(const char *path, char *aside, size_t size)
{
    static const char *const parts[] = {"-wal", "-shm", ""};
    int k = 1;
    do
        (void)snprintf(aside, size, "%s.damaged-%d", path, k);
    while (access(aside, F_OK) == 0 && ++k < 10000);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char from[4400], to[4400];
        (void)snprintf(from, sizeof from, "%s%s", path, parts[i]);
        (void)snprintf(to, sizeof to, "%s%s", aside, parts[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            return false;
    }
    return true;
}

static int finish(const cli_args *args, const cli_place *place, const char *made,
                  const fid_rescue *found)
{
    char aside[4300];
    if (found->n_prefix == 0) {
        fprintf(
            stderr,
            "fidelio: the definition of the study itself is lost; %s has what is left\n",
            made);
        return EXIT_STORE;
    }
    if (!move_aside(place->store, aside, sizeof aside) ||
        rename(made, place->store) != 0) {
        fprintf(stderr, "fidelio: %s: %s\n", place->store, strerror(errno));
        return EXIT_STORE;
    }
    char lock[4400];
    (void)snprintf(lock, sizeof lock, "%s.lock", made);
    (void)unlink(lock);
    unsigned long long kept = found->n_prefix,
                       beyond = found->n_intact - found->n_prefix;
    if (args->json)
        printf("{\"kept\":%llu,\"beyond_a_gap\":%llu,\"damaged\":\"%s\"}\n", kept,
               beyond, aside);
    else
        printf(
            "kept %llu events; %llu intact ones lay beyond a gap; the damaged file is now %s\n",
            kept, beyond, aside);
    return EXIT_OK;
}

static bool is_sound(cli_place *place)
{
    fid_error err = {0};
    fid_status status = cli_open_stored(place, &err);
    if (status != FID_OK)
        fprintf(stderr, "%s\n", err.message);
    return status == FID_OK;
}

static int rescue(const cli_args *args, const cli_place *place)
{
    fid_error err = {0};
    fid_rescue found;
    char made[4300];
    (void)snprintf(made, sizeof made, "%s.rescued", place->store);
    if (unlink(made) != 0 && errno != ENOENT) {
        fprintf(stderr, "fidelio: %s: %s\n", made, strerror(errno));
        return EXIT_STORE;
    }
    fid_status status = copy_intact(place->store, made, &found, &err);
    return status == FID_OK ? finish(args, place, made, &found) : cli_complain(&err);
}

/* Nothing may be moved from under an engine, and none may begin meanwhile. */
static int rescue_alone(const cli_args *args, const cli_place *place)
{
    fid_error err = {0};
    fid_store_hold *hold;
    if (fid_store_hold_take(&hold, place->store, "rescue", &err) != FID_OK)
        return cli_complain(&err);
    int code = rescue(args, place);
    fid_store_hold_release(hold);
    return code;
}

int cli_rescue(const cli_args *args)
{
    cli_place place;
    fid_store_holder holder = {0};
    int code = cli_find(args, &place);
    if (code != EXIT_OK) {
        cli_close(&place);
        return code;
    }
    if (fid_store_find_holder(place.store, &holder) == FID_OK && holder.held) {
        fprintf(stderr,
                "fidelio: an engine (pid %lld on %s) has the store: stop it first\n",
                (long long)holder.pid, holder.host);
        code = EXIT_STORE;
    } else if (is_sound(&place)) {
        fprintf(stderr, "the store is sound: there is nothing to rescue\n");
    } else {
        code = rescue_alone(args, &place);
    }
    cli_close(&place);
    return code;
}
