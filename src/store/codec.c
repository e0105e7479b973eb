/* One event as bytes:
 *
 *   version u8 = 1, kind u8, mask u16, seq u64, time_us u64, then the members whose bit
 *   is set in the mask, in the order of the table below. Integers and doubles are
 *   little-endian, arrays and text start with a u32 count, text ends with a NUL that is
 *   not counted.
 *
 * A bit is set exactly when the member's bits are not all zero (text: when it is not
 * NULL), so that there is one encoding for an event. */
#include "store/codec.h"

#include <assert.h>
#include <stdlib.h>

enum { VERSION = 1, HEADER = 20 };

enum {
    HAS_TRIAL = 1 << 0,
    HAS_ATTEMPT = 1 << 1,
    HAS_REASON = 1 << 2,
    HAS_DECISION = 1 << 3,
    HAS_ORIGIN = 1 << 4,
    HAS_LEVEL = 1 << 5,
    HAS_TAG = 1 << 6,
    HAS_VISIBLE = 1 << 7,
    HAS_OFFSET = 1 << 8,
    HAS_BUDGET = 1 << 9,
    HAS_STEP = 1 << 10,
    HAS_POINT = 1 << 11,
    HAS_VALUES = 1 << 12,
    HAS_MEMO = 1 << 13,
    HAS_TEXT = 1 << 14,
    HAS_ALL = (1 << 15) - 1,
};

/* --- encode */

/* A writer into room that was reserved for the whole event. */
typedef struct {
    unsigned char *start, *at;
    unsigned mask;
} writer;

static void put(writer *w, uint64_t word, size_t width)
{
    fid__put_le(w->at, word, width);
    w->at += width;
}

/* A member, when it is not zero; its bit goes into the mask. */
static void put_word(writer *w, unsigned bit, uint64_t word, size_t width)
{
    if (word == 0)
        return;
    put(w, word, width);
    w->mask |= bit;
}

static void put_doubles(writer *w, unsigned bit, const double *x, size_t n,
                        size_t *span)
{
    if (n == 0)
        return;
    assert(n <= UINT32_MAX);
    put(w, n, 4);
    *span = (size_t)(w->at - w->start);
    for (size_t i = 0; i < n; i++)
        put(w, fid__bits(x[i]), 8);
    w->mask |= bit;
}

static void put_text(writer *w, const char *text, size_t n)
{
    if (!text)
        return;
    assert(n <= UINT32_MAX);
    put(w, n, 4);
    memcpy(w->at, text, n + 1);
    w->at += n + 1;
    w->mask |= HAS_TEXT;
}

static void put_members(writer *w, const fid_event *e)
{
    put_word(w, HAS_TRIAL, e->trial, 8);
    put_word(w, HAS_ATTEMPT, e->attempt, 4);
    put_word(w, HAS_REASON, (uint32_t)e->reason, 4);
    put_word(w, HAS_DECISION, (uint32_t)e->decision, 4);
    put_word(w, HAS_ORIGIN, (uint32_t)e->origin, 4);
    put_word(w, HAS_LEVEL, (uint32_t)e->level, 4);
    put_word(w, HAS_TAG, (uint64_t)e->tag, 8);
    put_word(w, HAS_VISIBLE, e->visible, 8);
    put_word(w, HAS_OFFSET, e->offset, 8);
    put_word(w, HAS_BUDGET, fid__bits(e->budget), 8);
    put_word(w, HAS_STEP, fid__bits(e->step), 8);
}

void fid__event_encode(const fid_event *e, fid_text *out, fid__spans *spans)
{
    enum { WORDS = HEADER + 8 * 11 + 4 * 4 };
    size_t n_text = e->text ? strlen(e->text) : 0, before = out->len;
    size_t most = WORDS + 8 * (e->n_point + e->n_values + e->n_memo) + n_text + 1;
    *spans = (fid__spans){0};
    char *room = fid_text_room(out, most);
    if (!room)
        return;
    writer w = {.start = (unsigned char *)room, .at = (unsigned char *)room};
    put(&w, VERSION, 1);
    put(&w, (uint64_t)e->kind, 1);
    put(&w, 0, 2);
    put(&w, e->seq, 8);
    put(&w, (uint64_t)e->time_us, 8);
    put_members(&w, e);
    put_doubles(&w, HAS_POINT, e->point, e->n_point, &spans->point);
    put_doubles(&w, HAS_VALUES, e->values, e->n_values, &spans->values);
    put_doubles(&w, HAS_MEMO, e->memo, e->n_memo, &spans->memo);
    put_text(&w, e->text, n_text);
    fid__put_le(w.start + 2, w.mask, 2);
    *w.at = '\0';
    out->len += (size_t)(w.at - w.start);
    /* spans count from the beginning of the text */
    spans->point += spans->point ? before : 0;
    spans->values += spans->values ? before : 0;
    spans->memo += spans->memo ? before : 0;
}

void fid_event_encode(const fid_event *event, fid_text *out)
{
    fid__spans spans;
    fid__event_encode(event, out, &spans);
}

/* --- decode */

typedef struct {
    const unsigned char *at;
    size_t left;
    unsigned mask;
    bool bad;
} reader;

static uint64_t get(reader *r, size_t width)
{
    if (r->bad || r->left < width) {
        r->bad = true;
        return 0;
    }
    uint64_t word = fid__get_le(r->at, width);
    r->at += width;
    r->left -= width;
    return word;
}

static uint64_t get_word(reader *r, unsigned bit, size_t width)
{
    if (!(r->mask & bit))
        return 0;
    uint64_t word = get(r, width);
    r->bad |= word == 0; /* a zero member is left out: one encoding for an event */
    return word;
}

/* Where an array starts; NULL when it has none or is malformed. */
static const unsigned char *get_array(reader *r, unsigned bit, size_t *n)
{
    *n = 0;
    if (!(r->mask & bit))
        return NULL;
    size_t count = (size_t)get(r, 4);
    r->bad |= count == 0 || count > r->left / 8;
    if (r->bad)
        return NULL;
    const unsigned char *start = r->at;
    r->at += 8 * count;
    r->left -= 8 * count;
    *n = count;
    return start;
}

static const char *get_text(reader *r)
{
    if (!(r->mask & HAS_TEXT))
        return NULL;
    size_t n = (size_t)get(r, 4);
    r->bad |= n >= r->left;
    if (r->bad)
        return NULL;
    const char *text = (const char *)r->at;
    r->bad |= strnlen(text, n + 1) != n;
    r->at += n + 1;
    r->left -= n + 1;
    return text;
}

static void get_members(reader *r, fid_event *e)
{
    e->trial = get_word(r, HAS_TRIAL, 8);
    e->attempt = (uint32_t)get_word(r, HAS_ATTEMPT, 4);
    e->reason = (fid_reason)get_word(r, HAS_REASON, 4);
    e->decision = (fid_decision_kind)get_word(r, HAS_DECISION, 4);
    e->origin = (fid_origin)get_word(r, HAS_ORIGIN, 4);
    e->level = (int32_t)(uint32_t)get_word(r, HAS_LEVEL, 4);
    e->tag = (int64_t)get_word(r, HAS_TAG, 8);
    e->visible = get_word(r, HAS_VISIBLE, 8);
    e->offset = get_word(r, HAS_OFFSET, 8);
    e->budget = fid__double(get_word(r, HAS_BUDGET, 8));
    e->step = fid__double(get_word(r, HAS_STEP, 8));
}

void fid__get_doubles(const unsigned char *at, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = fid__double(fid__get_le(at + 8 * i, 8));
}

double *fid__room(fid_event_room *room, size_t n)
{
    double *grown = fid_grow(room->numbers, &room->cap, n ? n : 1, sizeof *grown);
    if (grown)
        room->numbers = grown;
    return grown;
}

void fid_event_room_deinit(fid_event_room *room)
{
    free(room->numbers);
    *room = (fid_event_room){0};
}

fid_status fid_event_decode(const char *bytes, size_t n, fid_event_room *room,
                            fid_event *out)
{
    reader r = {.at = (const unsigned char *)bytes, .left = n};
    *out = (fid_event){0};
    r.bad = get(&r, 1) != VERSION;
    out->kind = (fid_event_kind)get(&r, 1);
    r.mask = (unsigned)get(&r, 2);
    out->seq = get(&r, 8);
    out->time_us = (int64_t)get(&r, 8);
    r.bad |= r.mask & ~(unsigned)HAS_ALL;
    get_members(&r, out);
    const unsigned char *point = get_array(&r, HAS_POINT, &out->n_point);
    const unsigned char *values = get_array(&r, HAS_VALUES, &out->n_values);
    const unsigned char *memo = get_array(&r, HAS_MEMO, &out->n_memo);
    out->text = get_text(&r);
    if (r.bad || r.left) {
        *out = (fid_event){0};
        return FID_CORRUPT;
    }
    double *at = fid__room(room, out->n_point + out->n_values + out->n_memo);
    if (!at)
        return FID_NOMEM;
    fid__get_doubles(point, out->n_point, at);
    fid__get_doubles(values, out->n_values, at + out->n_point);
    fid__get_doubles(memo, out->n_memo, at + out->n_point + out->n_values);
    out->point = out->n_point ? at : NULL;
    out->values = out->n_values ? at + out->n_point : NULL;
    out->memo = out->n_memo ? at + out->n_point + out->n_values : NULL;
    return FID_OK;
}

fid_status fid__check_seq(const fid_event *events, size_t n, uint64_t next,
                          fid_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (events[i].seq != next + i)
            return fid_error_set(err, FID_INVALID, "event %llu: the next one is %llu",
                                 (unsigned long long)events[i].seq,
                                 (unsigned long long)(next + i));
    return FID_OK;
}
