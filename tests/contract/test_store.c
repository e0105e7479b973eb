/* What every store must do. */
#include "check.h"
#include "store_kit.h"

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
    kit_clear(folder);
}

static void append_range(void *state, uint64_t from, size_t n)
{
    CHECK(kit_append(type, state, from, n, &err) == FID_OK);
}

TEST(what_goes_in_comes_out_bit_for_bit)
{
    void *state = must_open();
    append_range(state, 0, 1);
    append_range(state, 1, 500);
    append_range(state, 501, 3);
    kit_comparison c = {0};
    CHECK(type->replay(state, 0, kit_compare, &c, &err) == FID_OK);
    CHECK(c.next == 504 && c.different == 0);
    shut(state);
}

TEST(replay_starts_anywhere_and_ends_when_the_visitor_says)
{
    void *state = must_open();
    append_range(state, 0, 300);
    for (uint64_t from = 0; from <= 301; from += 43) {
        kit_comparison c = {.next = from};
        CHECK(type->replay(state, from, kit_compare, &c, &err) == FID_OK);
        CHECK(c.next == (from > 300 ? from : 300) && c.different == 0);
    }
    kit_comparison c = {.stop = 7};
    CHECK(type->replay(state, 0, kit_compare, &c, &err) == FID_EXHAUSTED &&
          c.next == 7);
    append_range(state, 300, 1); /* the ended replay is no obstacle */
    shut(state);
}

TEST(an_empty_store_replays_nothing_and_appends_nothing)
{
    void *state = must_open();
    kit_comparison c = {0};
    CHECK(type->replay(state, 0, kit_compare, &c, &err) == FID_OK && c.next == 0);
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
    kit_comparison c = {0};
    CHECK(type->replay(state, 0, kit_compare, &c, &err) == FID_OK && c.next == 5);
    append_range(state, 5, 4);
    shut(state);
}

int main(void)
{
    static const fid_store_type *const types[] = {&fid_store_memory, &fid_store_sqlite};
    kit_folder(folder);
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
