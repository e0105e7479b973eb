/* Reads events out of the bytes of a damaged SQLite file. No page, no pointer and no
 * header is believed: every offset is tried as the start of a row, and a row counts when
 * its checksum is right. Rows never change, so a stale copy of one is as good.
 *
 * File format: https://www.sqlite.org/fileformat2.html, sections 1.6 (cells, overflow
 * pages) and 2.1 (records). */
#include "store/place.h"
#include "store/row.h"
#include "store/wal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    uint64_t seq;
    size_t at, len; /* in `kept` */
} found_event;

typedef struct {
    FILE *file, *wal; /* either may be NULL */
    uint32_t n_pages, n_frames;
    unsigned char page[FID__PAGE], overflow[FID__PAGE];
    fid_text record, string, bytes, kept; /* kept: encoded events */
    fid_event_room room;
    found_event *found;
    size_t n_found, cap;
    bool no_memory;
} rescue;

/* --- pages */

static bool read_at(FILE *file, int64_t at, unsigned char *to, size_t n)
{
    return file && fseeko(file, at, SEEK_SET) == 0 && fread(to, n, 1, file) == 1;
}

static int64_t frame_at(uint32_t frame)
{
    return FID__WAL_HEADER + (int64_t)frame * (FID__FRAME_HEADER + FID__PAGE);
}

static bool read_from_wal(rescue *r, uint32_t number)
{
    for (uint32_t f = r->n_frames; f-- > 0;) {
        unsigned char header[4];
        if (read_at(r->wal, frame_at(f), header, 4) && fid__get_be32(header) == number)
            return read_at(r->wal, frame_at(f) + FID__FRAME_HEADER, r->overflow,
                           FID__PAGE);
    }
    return false;
}

static bool read_overflow(rescue *r, uint32_t number, bool wal_first)
{
    if (number == 0)
        return false;
    if (wal_first && read_from_wal(r, number))
        return true;
    return read_at(r->file, (int64_t)(number - 1) * FID__PAGE, r->overflow,
                   FID__PAGE) ||
           (!wal_first && read_from_wal(r, number));
}

/* --- records */

/* A big-endian number of 7 bits a byte; its length, 0 where it runs over the end. */
static size_t get_varint(const unsigned char *at, size_t left, uint64_t *out)
{
    uint64_t x = 0;
    for (size_t i = 0; i < 9 && i < left; i++) {
        if (i == 8) {
            *out = x << 8 | at[i];
            return 9;
        }
        x = x << 7 | (at[i] & 0x7F);
        if (!(at[i] & 0x80)) {
            *out = x;
            return i + 1;
        }
    }
    return 0;
}

static size_t size_of_type(uint64_t type)
{
    static const unsigned char sizes[12] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    return type < 12 ? sizes[type] : (size_t)((type - 12) / 2);
}

static int64_t get_signed(const unsigned char *at, size_t n)
{
    uint64_t x = n && at[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        x = x << 8 | at[i];
    return (int64_t)x;
}

static bool set_cell(rescue *r, fid__cell *cell, uint64_t type, const unsigned char *at)
{
    size_t n = size_of_type(type);
    *cell = (fid__cell){.n = n, .bytes = at};
    if (type == 7) {
        cell->kind = FID__REAL;
        cell->x = fid__double((uint64_t)get_signed(at, 8));
    } else if (type > 0 && type < 10) {
        cell->kind = FID__INT;
        cell->i = type == 8 ? 0 : type == 9 ? 1 : get_signed(at, n);
    } else if (type >= 12 && type % 2 == 0) {
        cell->kind = FID__BLOB;
    } else if (type >= 13) { /* there is one text column */
        fid_text_clear(&r->string);
        fid_text_append_n(&r->string, (const char *)at, n);
        cell->kind = FID__STRING;
        cell->bytes = (const unsigned char *)r->string.data;
    }
    return !r->string.failed;
}

/* The types of the columns when the record's header is one of ours and fits its length. */
static bool read_header(const unsigned char *at, size_t left, uint64_t payload,
                        uint64_t types[FID__N_COLUMNS], size_t *header)
{
    uint64_t len, total;
    size_t used = get_varint(at, left, &len);
    if (!used || len > left || len <= FID__N_COLUMNS || len > payload)
        return false;
    total = len;
    for (int c = 0; c < FID__N_COLUMNS; c++) {
        size_t n = get_varint(at + used, (size_t)len - used, &types[c]);
        if (!n || (c == FID__SEQ && types[c] != 0)) /* the rowid stands for it */
            return false;
        used += n;
        total += size_of_type(types[c]);
        if (total > payload)
            return false;
    }
    *header = used;
    return used == len && total == payload;
}

static void keep(rescue *r, uint64_t seq)
{
    found_event *grown = fid_grow(r->found, &r->cap, r->n_found + 1, sizeof *grown);
    if (grown) {
        r->found = grown;
        r->found[r->n_found++] = (found_event){seq, r->kept.len, r->bytes.len};
        fid_text_append_n(&r->kept, r->bytes.data, r->bytes.len);
    }
    r->no_memory |= !grown || r->kept.failed;
}

/* Whether the record is an event, which is kept then. */
static bool read_record(rescue *r, const unsigned char *record, const uint64_t *types,
                        size_t header, uint64_t rowid)
{
    fid__cell cells[FID__N_COLUMNS];
    fid_event event;
    size_t at = header;
    for (int c = 0; c < FID__N_COLUMNS; c++) {
        if (!set_cell(r, &cells[c], types[c], record + at)) {
            r->no_memory = true;
            return false;
        }
        at += size_of_type(types[c]);
    }
    cells[FID__SEQ] = (fid__cell){.kind = FID__INT, .i = (int64_t)rowid};
    fid_status status = fid__row_read(cells, &r->room, &r->bytes, &event);
    r->no_memory |= status == FID_NOMEM;
    if (status == FID_OK)
        keep(r, rowid);
    return status == FID_OK;
}

/* --- cells */

/* How much of a payload lies in the cell itself. */
static size_t local_size(uint64_t payload)
{
    enum {
        USABLE = FID__PAGE,
        MOST = USABLE - 35,
        LEAST = (USABLE - 12) * 32 / 255 - 23
    };
    if (payload <= MOST)
        return (size_t)payload;
    size_t local = LEAST + (size_t)((payload - LEAST) % (USABLE - 4));
    return local <= MOST ? local : LEAST;
}

/* The whole payload of a cell that goes on elsewhere, in r->record. */
static bool gather(rescue *r, const unsigned char *at, size_t local, uint64_t payload,
                   bool wal_first)
{
    fid_text_clear(&r->record);
    fid_text_append_n(&r->record, (const char *)at, local);
    uint32_t next = fid__get_be32(at + local);
    while (r->record.len < payload) {
        if (r->record.failed || !read_overflow(r, next, wal_first))
            return false;
        size_t left = (size_t)payload - r->record.len;
        next = fid__get_be32(r->overflow);
        fid_text_append_n(&r->record, (const char *)r->overflow + 4,
                          left < FID__PAGE - 4 ? left : FID__PAGE - 4);
    }
    return !r->record.failed;
}

static void try_cell(rescue *r, const unsigned char *at, size_t left)
{
    uint64_t payload, rowid, types[FID__N_COLUMNS];
    size_t header, used = get_varint(at, left, &payload);
    if (!used || payload > 64 << 20)
        return;
    size_t more = get_varint(at + used, left - used, &rowid);
    used += more;
    size_t local = local_size(payload);
    bool whole = local == payload;
    if (!more || local + (whole ? 0 : 4) > left - used ||
        !read_header(at + used, local, payload, types, &header))
        return;
    if (whole)
        (void)read_record(r, at + used, types, header, rowid);
    else
        for (int wal_first = 0; wal_first < 2; wal_first++)
            if (gather(r, at + used, local, payload, wal_first) &&
                read_record(r, (const unsigned char *)r->record.data, types, header,
                            rowid))
                return;
}

static void scan(rescue *r, size_t n)
{
    for (size_t i = 0; i < n && !r->no_memory; i++)
        try_cell(r, r->page + i, n - i);
}

/* --- the whole */

static fid_status open_both(rescue *r, const char *path, fid_error *err)
{
    char *wal = fid__place_beside(path, "-wal");
    if (!wal)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    r->file = fopen(path, "rbe");
    int why = errno;
    r->wal = fopen(wal, "rbe");
    int64_t frames = fid__place_size(wal) - FID__WAL_HEADER;
    free(wal);
    r->n_pages = (uint32_t)((fid__place_size(path) + FID__PAGE - 1) / FID__PAGE);
    r->n_frames = frames > 0 ? (uint32_t)(frames / (FID__FRAME_HEADER + FID__PAGE)) : 0;
    if (!r->file && !r->wal)
        return fid_error_set(err, why == ENOENT ? FID_NOT_FOUND : FID_IO, "%s: %s",
                             path, strerror(why));
    return FID_OK;
}

static void scan_all(rescue *r)
{
    for (uint32_t p = 0; p < r->n_pages && r->file; p++)
        if (fseeko(r->file, (int64_t)p * FID__PAGE, SEEK_SET) == 0)
            scan(r, fread(r->page, 1, FID__PAGE, r->file)); /* the last may be cut */
    for (uint32_t f = 0; f < r->n_frames; f++)
        if (read_at(r->wal, frame_at(f) + FID__FRAME_HEADER, r->page, FID__PAGE))
            scan(r, FID__PAGE);
}

static int by_seq(const void *a, const void *b)
{
    const found_event *x = a, *y = b;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static fid_status visit_all(rescue *r,
                            fid_status (*visit)(void *ctx, const fid_event *event),
                            void *ctx, fid_rescue *out, fid_error *err)
{
    fid_event event;
    for (size_t i = 0; i < r->n_found; i++) {
        const found_event *f = &r->found[i];
        if (i && f->seq == f[-1].seq)
            continue;
        if (fid_event_decode(r->kept.data + f->at, f->len, &r->room, &event))
            return fid_error_set(err, FID_NOMEM, "out of memory");
        FID_TRY(visit(ctx, &event));
        out->n_intact++;
        out->n_prefix += f->seq == out->n_prefix;
        out->end = f->seq + 1;
    }
    return FID_OK;
}

fid_status fid_store_rescue(const char *path,
                            fid_status (*visit)(void *ctx, const fid_event *event),
                            void *ctx, fid_rescue *out, fid_error *err)
{
    *out = (fid_rescue){0};
    rescue *r = fid_alloc(1, sizeof *r);
    if (!r)
        return fid_error_set(err, FID_NOMEM, "out of memory");
    fid_status status = open_both(r, path, err);
    if (!status)
        scan_all(r);
    if (r->no_memory)
        status = fid_error_set(err, FID_NOMEM, "out of memory");
    if (r->n_found)
        qsort(r->found, r->n_found, sizeof *r->found, by_seq);
    if (!status)
        status = visit_all(r, visit, ctx, out, err);
    if (r->file)
        (void)fclose(r->file);
    if (r->wal)
        (void)fclose(r->wal);
    fid_text_deinit(&r->record);
    fid_text_deinit(&r->string);
    fid_text_deinit(&r->bytes);
    fid_text_deinit(&r->kept);
    fid_event_room_deinit(&r->room);
    free(r->found);
    free(r);
    return status;
}
