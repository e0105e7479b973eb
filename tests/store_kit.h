/* store_kit.h -- the events that store tests write, and how they are told again. */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include "check.h"

#include <fidelio/rand.h>
#include <fidelio/store.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sanitizers slow things down: how much less to do under them. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { KIT_LESS = 12 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { KIT_LESS = 12 };
#else
enum { KIT_LESS = 1 };
#endif
#else
enum { KIT_LESS = 1 };
#endif

/* Event `seq` of the one list that all store tests write: every member hostile, a function
 * of seq alone. Arrays lie in storage that the caller lends. */
typedef struct {
    double point[20], values[16], memo[30];
    char text[9000];
} kit_room;

static inline double kit_hostile(fid_rng *rng)
{
    static const double rare[] = {0.0,  -0.0, INFINITY, -INFINITY, 5e-324, -5e-324, 1e300, -1e300,
                                  0x1p53, 0x1p63, 1.0,    -1.0,     3.0,    1e15,  0.1};
    uint64_t bits = fid_rng_u64(rng);
    double x;
    switch (fid_rng_below(rng, 3)) {
    case 0: /* any bits: NaNs with payloads come from the next case */
        memcpy(&x, &bits, sizeof x);
        return x;
    case 1:
        bits |= (uint64_t)0x7FF << 52;
        memcpy(&x, &bits, sizeof x);
        return x;
    default:
        return rare[fid_rng_below(rng, sizeof rare / sizeof *rare)];
    }
}

static inline size_t kit_fill(fid_rng *rng, double *x, size_t most)
{
    size_t n = (size_t)fid_rng_below(rng, most + 1);
    for (size_t i = 0; i < n; i++)
        x[i] = kit_hostile(rng);
    return n;
}

static inline fid_event kit_event(uint64_t seq, kit_room *room)
{
    fid_rng rng = fid_rng_stream(11, FID_RNG_TEST, seq);
    fid_event e = {.seq = seq, .kind = (fid_event_kind)(1 + seq % 12)};
    e.time_us = (int64_t)fid_rng_u64(&rng);
    e.trial = fid_rng_u64(&rng);
    e.trial >>= fid_rng_below(&rng, 64);
    e.attempt = (uint32_t)fid_rng_u64(&rng);
    e.reason = (fid_reason)fid_rng_below(&rng, 14);
    e.decision = (fid_decision_kind)fid_rng_below(&rng, 3);
    e.origin = (fid_origin)fid_rng_below(&rng, 4);
    e.level = (int32_t)fid_rng_u64(&rng);
    e.tag = (int64_t)fid_rng_u64(&rng);
    e.visible = fid_rng_u64(&rng);
    e.offset = fid_rng_u64(&rng);
    e.budget = kit_hostile(&rng);
    e.step = kit_hostile(&rng);
    e.n_point = kit_fill(&rng, room->point, 20);
    e.n_values = kit_fill(&rng, room->values, 16);
    e.n_memo = kit_fill(&rng, room->memo, 30);
    e.point = e.n_point ? room->point : NULL;
    e.values = e.n_values ? room->values : NULL;
    e.memo = e.n_memo ? room->memo : NULL;
    size_t n = (size_t)fid_rng_below(&rng, seq % 13 == 0 ? sizeof room->text : 30);
    for (size_t i = 0; i < n; i += 8) { /* any bytes but NUL: not UTF-8 either */
        uint64_t bytes = fid_rng_u64(&rng) | 0x0101010101010101;
        memcpy(room->text + i, &bytes, n - i < 8 ? n - i : 8);
    }
    room->text[n] = '\0';
    e.text = fid_rng_below(&rng, 3) ? room->text : NULL;
    return e;
}

/* Append events from .. from + n-1 in one batch. */
static inline fid_status kit_append(const fid_store_type *type, void *state, uint64_t from,
                                    size_t n, fid_error *err)
{
    fid_event *events = calloc(n, sizeof *events);
    kit_room *rooms = calloc(n, sizeof *rooms);
    for (size_t i = 0; i < n; i++)
        events[i] = kit_event(from + i, &rooms[i]);
    fid_status status = type->append(state, events, n, err);
    free(events);
    free(rooms);
    return status;
}

/* A visitor that counts events which are not what was written. */
typedef struct {
    uint64_t next;    /* seq expected next */
    uint64_t stop;    /* end the visit here; 0 = never */
    bool any_order;   /* take the seq from the event */
    size_t different;
} kit_comparison;

static inline fid_status kit_compare(void *ctx, const fid_event *event)
{
    kit_comparison *c = ctx;
    kit_room *room = malloc(sizeof *room);
    fid_event want = kit_event(c->any_order ? event->seq : c->next, room);
    fid_text a = {0}, b = {0};
    fid_event_encode(&want, &a);
    fid_event_encode(event, &b);
    c->different += a.len != b.len || memcmp(a.data, b.data, a.len) != 0;
    fid_text_deinit(&a);
    fid_text_deinit(&b);
    free(room);
    c->next++;
    return c->next == c->stop ? FID_EXHAUSTED : FID_OK;
}

static inline void kit_folder(char folder[64])
{
    (void)snprintf(folder, 64, "%s/fidelio-test-XXXXXX", check_place());
    if (!mkdtemp(folder))
        abort();
}

static inline void kit_clear(const char *folder)
{
    static const char *const names[] = {"", "-wal", "-shm", "-journal", ".lock", ".new",
                                        ".new-journal", ".v1.bak", ".v1.bak.new",
                                        ".v1.bak.new-journal"};
    char name[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(name, sizeof name, "%s/study.db%s", folder, names[i]);
        (void)unlink(name);
    }
}

static inline void *kit_open(const char *path, bool read_only, fid_status *status, fid_error *err)
{
    void *state = calloc(1, fid_store_sqlite.state_size);
    fid_store_options options = {.path = path, .read_only = read_only, .holder = "a test"};
    *status = fid_store_sqlite.open(state, &options, err);
    return state;
}

static inline void kit_close(void *state)
{
    fid_store_sqlite.close(state);
    free(state);
}

/* How many events the store at `path` has, all as written; -1 otherwise. */
static inline int64_t kit_count(void *state, fid_error *err)
{
    kit_comparison c = {0};
    if (fid_store_sqlite.replay(state, 0, kit_compare, &c, err) != FID_OK || c.different)
        return -1;
    return (int64_t)c.next;
}

#endif
