#include "check.h"
#include "store_kit.h"

#include "store/codec.h"

TEST(the_checksum_is_crc_32c)
{
    /* "Catalogue of parametrised CRC algorithms", CRC-32/ISCSI; RFC 3720, B.4: 32 zeros */
    static const char zeros[32];
    CHECK(fid__crc32c("123456789", 9) == 0xE3069283u);
    CHECK(fid__crc32c(zeros, 32) == 0x8A9136AAu);
    CHECK(fid__crc32c("", 0) == 0);
}

static bool survives(const char *bytes, size_t n, fid_event_room *room)
{
    fid_event event;
    fid_text again = {0};
    char *exact =
        malloc(n ? n : 1); /* so that the sanitizer sees a read past the end */
    memcpy(exact, bytes, n);
    bool good = fid_event_decode(exact, n, room, &event) == FID_OK;
    if (good)
        fid_event_encode(&event, &again);
    /* whatever is accepted has no other encoding */
    CHECK(!good || (again.len == n && memcmp(again.data, exact, n) == 0));
    fid_text_deinit(&again);
    free(exact);
    return good;
}

TEST(an_event_decodes_to_itself_and_only_whole)
{
    kit_room *lent = calloc(1, sizeof *lent);
    fid_event_room room = {0};
    for (uint64_t seq = 0; seq < 400; seq++) {
        fid_event event = kit_event(seq, lent);
        fid_text bytes = {0};
        fid_event_encode(&event, &bytes);
        CHECK(survives(bytes.data, bytes.len, &room));
        for (size_t n = 0; n < bytes.len; n += 1 + n / 50)
            CHECK(!survives(bytes.data, n, &room));
        fid_text_append_n(&bytes, "", 1);
        CHECK(!survives(bytes.data, bytes.len, &room));
        fid_text_deinit(&bytes);
    }
    fid_event_room_deinit(&room);
    free(lent);
}

TEST(damaged_bytes_are_refused_or_mean_another_event)
{
    kit_room *lent = calloc(1, sizeof *lent);
    fid_event_room room = {0};
    fid_rng rng = fid_rng_stream(5, FID_RNG_TEST, 0);
    size_t accepted = 0;
    for (uint64_t i = 0; i < 30000; i++) {
        fid_event event = kit_event(i % 97, lent);
        fid_text bytes = {0};
        fid_event_encode(&event, &bytes);
        for (uint64_t k = 1 + fid_rng_below(&rng, 4); k > 0; k--) {
            size_t at =
                (size_t)fid_rng_below(&rng, fid_rng_below(&rng, 2) ? bytes.len : 24);
            bytes.data[at] = (char)fid_rng_below(&rng, 256);
        }
        accepted += survives(bytes.data, bytes.len, &room);
        fid_text_deinit(&bytes);
    }
    CHECK(accepted > 100 && accepted < 29900);
    fid_event_room_deinit(&room);
    free(lent);
}

TEST(a_report_takes_at_most_64_bytes)
{
    double value = 0.25;
    fid_event event = {.seq = 9,
                       .time_us = 1,
                       .kind = FID_EVENT_REPORT,
                       .trial = 3,
                       .attempt = 1,
                       .offset = 77,
                       .step = 4,
                       .values = &value,
                       .n_values = 1};
    fid_text bytes = {0};
    fid_event_encode(&event, &bytes);
    CHECK(bytes.len <= 64);
    fid_text_deinit(&bytes);
}

TEST(a_missing_text_is_not_an_empty_one)
{
    fid_event event = {.kind = FID_EVENT_NOTE}, back;
    fid_event_room room = {0};
    for (int i = 0; i < 2; i++) {
        fid_text bytes = {0};
        event.text = i ? "" : NULL;
        fid_event_encode(&event, &bytes);
        CHECK(fid_event_decode(bytes.data, bytes.len, &room, &back) == FID_OK);
        CHECK((back.text != NULL) == (i == 1));
        fid_text_deinit(&bytes);
    }
    fid_event_room_deinit(&room);
}

int main(void)
{
    RUN(the_checksum_is_crc_32c);
    RUN(an_event_decodes_to_itself_and_only_whole);
    RUN(damaged_bytes_are_refused_or_mean_another_event);
    RUN(a_report_takes_at_most_64_bytes);
    RUN(a_missing_text_is_not_an_empty_one);
    DONE();
}
