/* Events in memory, encoded (a report takes about 64 bytes), in chunks that never move. */
#include "store/codec.h"

#include <stdlib.h>

enum { CHUNK = 64 * 1024 };

typedef struct {
    uint64_t first; /* seq of its first event */
    size_t len, cap;
    char *bytes; /* per event: u32 length, then the encoding */
} chunk;

typedef struct {
    chunk *chunks;
    size_t n_chunks, cap;
    uint64_t next;
    fid_text batch;
    fid_event_room room;
} memory_store;

static fid_status memory_open(void *state, const fid_store_options *options,
                              fid_error *err)
{
    (void)state;
    if (options->path)
        return fid_error_set(err, FID_INVALID, "the memory store has no file: %s",
                             options->path);
    return FID_OK;
}

static void memory_close(void *state)
{
    memory_store *s = state;
    for (size_t i = 0; i < s->n_chunks; i++)
        free(s->chunks[i].bytes);
    free(s->chunks);
    fid_text_deinit(&s->batch);
    fid_event_room_deinit(&s->room);
    *s = (memory_store){0};
}

static void encode_batch(fid_text *batch, const fid_event *events, size_t n)
{
    fid_text_clear(batch);
    for (size_t i = 0; i < n; i++) {
        size_t start = batch->len;
        fid_text_append_n(batch, "\0\0\0\0", 4);
        fid_event_encode(&events[i], batch);
        if (!batch->failed)
            fid__put_le((unsigned char *)batch->data + start, batch->len - start - 4,
                        4);
    }
}

/* A chunk with room for `need` bytes more, NULL when out of memory. */
static chunk *reserve(memory_store *s, size_t need)
{
    chunk *last = s->n_chunks ? &s->chunks[s->n_chunks - 1] : NULL;
    if (last && last->cap - last->len >= need)
        return last;
    chunk *grown = fid_grow(s->chunks, &s->cap, s->n_chunks + 1, sizeof *grown);
    if (!grown)
        return NULL;
    s->chunks = grown;
    chunk fresh = {.first = s->next, .cap = need > CHUNK ? need : CHUNK};
    fresh.bytes = malloc(fresh.cap);
    if (!fresh.bytes)
        return NULL;
    s->chunks[s->n_chunks] = fresh;
    return &s->chunks[s->n_chunks++];
}

static fid_status memory_append(void *state, const fid_event *events, size_t n,
                                fid_error *err)
{
    memory_store *s = state;
    if (n == 0)
        return FID_OK;
    FID_TRY(fid__check_seq(events, n, s->next, err));
    encode_batch(&s->batch, events, n);
    chunk *to = s->batch.failed ? NULL : reserve(s, s->batch.len);
    if (!to)
        return fid_error_set(err, FID_NOMEM, "out of memory for %zu events", n);
    memcpy(to->bytes + to->len, s->batch.data, s->batch.len);
    to->len += s->batch.len;
    s->next += n;
    return FID_OK;
}

static size_t chunk_of(const memory_store *s, uint64_t seq)
{
    size_t low = 0, high = s->n_chunks;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (s->chunks[mid].first <= seq)
            low = mid;
        else
            high = mid;
    }
    return low;
}

static fid_status replay_chunk(memory_store *s, const chunk *from, uint64_t first,
                               fid_status (*visit)(void *ctx, const fid_event *event),
                               void *ctx, fid_error *err)
{
    fid_event event;
    uint64_t seq = from->first;
    for (size_t at = 0; at < from->len; seq++) {
        size_t len = (size_t)fid__get_le((const unsigned char *)from->bytes + at, 4);
        if (seq >= first) {
            fid_status status =
                fid_event_decode(from->bytes + at + 4, len, &s->room, &event);
            if (status)
                return fid_error_set(err, status, "event %llu: %s",
                                     (unsigned long long)seq, fid_status_text(status));
            FID_TRY(visit(ctx, &event));
        }
        at += 4 + len;
    }
    return FID_OK;
}

static fid_status memory_replay(void *state, uint64_t from,
                                fid_status (*visit)(void *ctx, const fid_event *event),
                                void *ctx, fid_error *err)
{
    memory_store *s = state;
    for (size_t i = chunk_of(s, from); i < s->n_chunks; i++)
        FID_TRY(replay_chunk(s, &s->chunks[i], from, visit, ctx, err));
    return FID_OK;
}

static const char *memory_note(const void *state)
{
    (void)state;
    return NULL;
}

const fid_store_type fid_store_memory = {
    .name = "memory",
    .summary = "gone when the program ends",
    .state_size = sizeof(memory_store),
    .open = memory_open,
    .append = memory_append,
    .replay = memory_replay,
    .close = memory_close,
    .note = memory_note,
};
