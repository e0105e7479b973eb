/* What every store must do. */
#include "check.h"

#include <fidelio/rand.h>
#include <fidelio/store.h>

#include <string.h>
#include <unistd.h>

static const fid_store_type *type;
static char folder[64], path[96];
static fid_error err;

static void *must_open(void)
{
    void *state = calloc(1, type->state_size);
    fid_store_options options = {.path = type == &fid_store_memory ? NULL : path};
    CHECK(type->open(state, &options, &err) == FID_OK);
    return state;
}

static void shut(void *state)
{
    type->close(state);
    type->close(state); /* twice is fine */
    free(state);
    char command[200];
    (void)snprintf(command, sizeof command, "rm -f %s/*", folder);
    CHECK(system(command) == 0);
}

/* Events with hostile members, from a seed; arrays in storage that the caller lends. */
typedef struct {
    double point[40], values[16], memo[60];
    char text[9000];
} lent;

static double hostile(fid_rng *rng)
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

static size_t fill(fid_rng *rng, double *x, size_t most)
{
    size_t n = (size_t)fid_rng_below(rng, most + 1);
    for (size_t i = 0; i < n; i++)
        x[i] = hostile(rng);
    return n;
}

static fid_event make_event(uint64_t seq, lent *room)
{
    fid_rng rng = fid_rng_stream(11, FID_RNG_TEST, seq);
    fid_event e = {.seq = seq, .kind = (fid_event_kind)(1 + seq % 12)};
    e.time_us = (int64_t)fid_rng_u64(&rng);
    e.trial = fid_rng_u64(&rng) >> fid_rng_below(&rng, 64);
    e.attempt = (uint32_t)fid_rng_u64(&rng);
    e.reason = (fid_reason)fid_rng_below(&rng, 14);
    e.decision = (fid_decision_kind)fid_rng_below(&rng, 3);
    e.origin = (fid_origin)fid_rng_below(&rng, 4);
    e.level = (int32_t)fid_rng_u64(&rng);
    e.tag = (int64_t)fid_rng_u64(&rng);
    e.visible = fid_rng_u64(&rng);
    e.offset = fid_rng_u64(&rng);
    e.budget = hostile(&rng);
    e.step = hostile(&rng);
    e.n_point = fill(&rng, room->point, 40);
    e.n_values = fill(&rng, room->values, 16);
    e.n_memo = fill(&rng, room->memo, 60);
    e.point = e.n_point ? room->point : NULL;
    e.values = e.n_values ? room->values : NULL;
    e.memo = e.n_memo ? room->memo : NULL;
    size_t n = (size_t)fid_rng_below(&rng, seq % 7 == 0 ? sizeof room->text : 30);
    for (size_t i = 0; i < n; i++)
        room->text[i] = (char)(1 + fid_rng_below(&rng, 255)); /* not UTF-8 either */
    room->text[n] = '\0';
    e.text = fid_rng_below(&rng, 3) ? room->text : NULL;
    return e;
}

static void append_range(void *state, uint64_t from, size_t n)
{
    fid_event *events = calloc(n, sizeof *events);
    lent *rooms = calloc(n, sizeof *rooms);
    for (size_t i = 0; i < n; i++)
        events[i] = make_event(from + i, &rooms[i]);
    CHECK(type->append(state, events, n, &err) == FID_OK);
    free(events);
    free(rooms);
}

typedef struct {
    uint64_t next, stop;
    size_t different;
} comparison;

static fid_status compare(void *ctx, const fid_event *event)
{
    comparison *c = ctx;
    lent *room = calloc(1, sizeof *room);
    fid_event want = make_event(c->next, room);
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

TEST(what_goes_in_comes_out_bit_for_bit)
{
    void *state = must_open();
    append_range(state, 0, 1);
    append_range(state, 1, 500);
    append_range(state, 501, 3);
    comparison c = {0};
    CHECK(type->replay(state, 0, compare, &c, &err) == FID_OK);
    CHECK(c.next == 504 && c.different == 0);
    shut(state);
}

TEST(replay_starts_anywhere_and_ends_when_the_visitor_says)
{
    void *state = must_open();
    append_range(state, 0, 300);
    for (uint64_t from = 0; from <= 301; from += 43) {
        comparison c = {.next = from};
        CHECK(type->replay(state, from, compare, &c, &err) == FID_OK);
        CHECK(c.next == (from > 300 ? from : 300) && c.different == 0);
    }
    comparison c = {.stop = 7};
    CHECK(type->replay(state, 0, compare, &c, &err) == FID_EXHAUSTED && c.next == 7);
    append_range(state, 300, 1); /* the ended replay is no obstacle */
    shut(state);
}

TEST(an_empty_store_replays_nothing_and_appends_nothing)
{
    void *state = must_open();
    comparison c = {0};
    CHECK(type->replay(state, 0, compare, &c, &err) == FID_OK && c.next == 0);
    CHECK(type->append(state, NULL, 0, &err) == FID_OK);
    shut(state);
}

TEST(a_gap_or_a_repeated_number_is_refused_and_nothing_is_kept)
{
    void *state = must_open();
    append_range(state, 0, 5);
    fid_event events[3] = {{.seq = 5, .kind = FID_EVENT_NOTE},
                           {.seq = 6, .kind = FID_EVENT_NOTE},
                           {.seq = 8, .kind = FID_EVENT_NOTE}};
    CHECK(type->append(state, events, 3, &err) == FID_INVALID);
    events[0].seq = 4;
    CHECK(type->append(state, events, 1, &err) == FID_INVALID);
    comparison c = {0};
    CHECK(type->replay(state, 0, compare, &c, &err) == FID_OK && c.next == 5);
    append_range(state, 5, 4);
    shut(state);
}

int main(void)
{
    static const fid_store_type *const types[] = {&fid_store_memory, &fid_store_sqlite};
    (void)snprintf(folder, sizeof folder, "/tmp/fidelio-store-XXXXXX");
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    (void)snprintf(path, sizeof path, "%s/study.db", folder);
    for (size_t i = 0; i < 2; i++) {
        type = types[i];
        printf("# %s\n", type->name);
        RUN(what_goes_in_comes_out_bit_for_bit);
        RUN(replay_starts_anywhere_and_ends_when_the_visitor_says);
        RUN(an_empty_store_replays_nothing_and_appends_nothing);
        RUN(a_gap_or_a_repeated_number_is_refused_and_nothing_is_kept);
    }
    (void)rmdir(folder);
    DONE();
}
