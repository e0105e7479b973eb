#include "store/row.h"

/* The first failure sticks. */
typedef struct {
    sqlite3_stmt *row;
    int rc;
} binder;

static void note(binder *b, int rc)
{
    if (b->rc == SQLITE_OK)
        b->rc = rc;
}

static void bind_int(binder *b, int column, uint64_t word)
{
    note(b, sqlite3_bind_int64(b->row, column + 1, (sqlite3_int64)word));
}

static void bind_double(binder *b, int column, double x)
{
    unsigned char bytes[8];
    if (x == x && fid__bits(x) != fid__bits(-0.0)) {
        note(b, sqlite3_bind_double(b->row, column + 1, x));
        return;
    }
    fid__put_le(bytes, fid__bits(x), 8);
    note(b, sqlite3_bind_blob(b->row, column + 1, bytes, 8, SQLITE_TRANSIENT));
}

static void bind_doubles(binder *b, int column, const char *at, size_t n)
{
    note(b, n ? sqlite3_bind_blob64(b->row, column + 1, at, 8 * n, SQLITE_STATIC)
              : sqlite3_bind_null(b->row, column + 1));
}

static void bind_numbers(binder *b, const fid_event *e)
{
    bind_int(b, FID__SEQ, e->seq);
    bind_int(b, FID__TIME, (uint64_t)e->time_us);
    bind_int(b, FID__KIND, (uint64_t)e->kind);
    bind_int(b, FID__TRIAL, e->trial);
    bind_int(b, FID__ATTEMPT, e->attempt);
    bind_int(b, FID__REASON, (uint64_t)e->reason);
    bind_int(b, FID__DECISION, (uint64_t)e->decision);
    bind_int(b, FID__ORIGIN, (uint64_t)e->origin);
    bind_int(b, FID__LEVEL, (uint64_t)(int64_t)e->level);
    bind_int(b, FID__TAG, (uint64_t)e->tag);
    bind_int(b, FID__VISIBLE, e->visible);
    bind_int(b, FID__READ_TO, e->offset);
    bind_double(b, FID__BUDGET, e->budget);
    bind_double(b, FID__STEP, e->step);
    if (e->n_values)
        bind_double(b, FID__VALUE, e->values[0]);
    else
        note(b, sqlite3_bind_null(b->row, FID__VALUE + 1));
}

int fid__row_bind(sqlite3_stmt *row, const fid_event *e, fid_text *bytes)
{
    binder b = {.row = row};
    fid__spans spans;
    fid_text_clear(bytes);
    fid__event_encode(e, bytes, &spans);
    if (bytes->failed)
        return SQLITE_NOMEM;
    bind_numbers(&b, e);
    /* The arrays are little-endian in the encoding already. */
    bind_doubles(&b, FID__FURTHER, bytes->data + spans.values + 8,
                 e->n_values ? e->n_values - 1 : 0);
    bind_doubles(&b, FID__POINT, bytes->data + spans.point, e->n_point);
    bind_doubles(&b, FID__MEMO, bytes->data + spans.memo, e->n_memo);
    note(&b, sqlite3_bind_text(row, FID__TEXT + 1, e->text, -1, SQLITE_STATIC));
    bind_int(&b, FID__SUM, fid__crc32c(bytes->data, bytes->len));
    return b.rc;
}

void fid__row_cells(sqlite3_stmt *row, fid__cell cells[FID__N_COLUMNS])
{
    for (int c = 0; c < FID__N_COLUMNS; c++) {
        fid__cell *cell = &cells[c];
        *cell = (fid__cell){0};
        switch (sqlite3_column_type(row, c)) {
        case SQLITE_INTEGER:
            cell->kind = FID__INT;
            cell->i = sqlite3_column_int64(row, c);
            break;
        case SQLITE_FLOAT:
            cell->kind = FID__REAL;
            cell->x = sqlite3_column_double(row, c);
            break;
        case SQLITE_BLOB:
            cell->kind = FID__BLOB;
            cell->bytes = sqlite3_column_blob(row, c);
            cell->n = (size_t)sqlite3_column_bytes(row, c);
            break;
        case SQLITE_TEXT:
            cell->kind = FID__STRING;
            cell->bytes = sqlite3_column_text(row, c);
            break;
        }
    }
}

/* A cell of another kind than was written gives 0: the checksum tells. */
static uint64_t get_int(const fid__cell *cell)
{
    return cell->kind == FID__INT ? (uint64_t)cell->i : 0;
}

static double get_double(const fid__cell *cell)
{
    switch (cell->kind) {
    case FID__INT: /* SQLite writes a whole REAL as an integer */
        return (double)cell->i;
    case FID__REAL:
        return cell->x;
    case FID__BLOB:
        return cell->n == 8 ? fid__double(fid__get_le(cell->bytes, 8)) : 0.0;
    default:
        return 0.0;
    }
}

static size_t n_doubles(const fid__cell *cell)
{
    return cell->kind == FID__BLOB ? cell->n / 8 : 0;
}

static const double *get_doubles(const fid__cell *cell, size_t n, double *to)
{
    if (n == 0)
        return NULL;
    fid__get_doubles(cell->bytes, n, to);
    return to;
}

static bool get_arrays(const fid__cell *cells, fid_event_room *room, fid_event *e)
{
    size_t first = cells[FID__VALUE].kind != FID__NULL;
    e->n_values = first + n_doubles(&cells[FID__FURTHER]);
    e->n_point = n_doubles(&cells[FID__POINT]);
    e->n_memo = n_doubles(&cells[FID__MEMO]);
    double *at = fid__room(room, e->n_values + e->n_point + e->n_memo);
    if (!at)
        return false;
    if (e->n_values) {
        at[0] = get_double(&cells[FID__VALUE]);
        (void)get_doubles(&cells[FID__FURTHER], e->n_values - first, at + first);
        e->values = at;
    }
    e->point = get_doubles(&cells[FID__POINT], e->n_point, at + e->n_values);
    e->memo = get_doubles(&cells[FID__MEMO], e->n_memo, at + e->n_values + e->n_point);
    return true;
}

static void get_numbers(const fid__cell *cells, fid_event *e)
{
    e->seq = get_int(&cells[FID__SEQ]);
    e->time_us = (int64_t)get_int(&cells[FID__TIME]);
    e->kind = (fid_event_kind)get_int(&cells[FID__KIND]);
    e->trial = get_int(&cells[FID__TRIAL]);
    e->attempt = (uint32_t)get_int(&cells[FID__ATTEMPT]);
    e->reason = (fid_reason)get_int(&cells[FID__REASON]);
    e->decision = (fid_decision_kind)get_int(&cells[FID__DECISION]);
    e->origin = (fid_origin)get_int(&cells[FID__ORIGIN]);
    e->level = (int32_t)get_int(&cells[FID__LEVEL]);
    e->tag = (int64_t)get_int(&cells[FID__TAG]);
    e->visible = get_int(&cells[FID__VISIBLE]);
    e->offset = get_int(&cells[FID__READ_TO]);
    e->budget = get_double(&cells[FID__BUDGET]);
    e->step = get_double(&cells[FID__STEP]);
}

fid_status fid__row_read(const fid__cell cells[FID__N_COLUMNS], fid_event_room *room,
                         fid_text *bytes, fid_event *out)
{
    *out = (fid_event){0};
    get_numbers(cells, out);
    if (!get_arrays(cells, room, out))
        return FID_NOMEM;
    if (cells[FID__TEXT].kind == FID__STRING)
        out->text = (const char *)cells[FID__TEXT].bytes;
    fid_text_clear(bytes);
    fid_event_encode(out, bytes);
    if (bytes->failed)
        return FID_NOMEM;
    bool whole = get_int(&cells[FID__SUM]) == fid__crc32c(bytes->data, bytes->len);
    return whole ? FID_OK : FID_CORRUPT;
}
