/* One event as a row of the table `events`. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "store/codec.h"

#include <sqlite3.h>

/* In the order of FID__COLUMNS. */
enum {
    FID__SEQ,
    FID__TIME,
    FID__KIND,
    FID__TRIAL,
    FID__ATTEMPT,
    FID__REASON,
    FID__DECISION,
    FID__ORIGIN,
    FID__LEVEL,
    FID__TAG,
    FID__VISIBLE,
    FID__READ_TO,
    FID__BUDGET,
    FID__STEP,
    FID__VALUE,
    FID__FURTHER,
    FID__POINT,
    FID__MEMO,
    FID__TEXT,
    FID__SUM,
    FID__N_COLUMNS
};

#define FID__COLUMNS                                                                   \
    "seq, time_us, kind, trial, attempt, reason, decision, origin, level, tag, "       \
    "visible, read_to, budget, step, value, further, point, memo, text, sum"

/* Bind an event to an INSERT of all columns; `bytes` is scratch and must stay as it is
 * until the statement was stepped. An SQLite code; SQLITE_OK when everything is bound. */
int fid__row_bind(sqlite3_stmt *row, const fid_event *event, fid_text *bytes);

/* What a column holds, from SQLite or from the bytes of its record. */
typedef struct {
    enum { FID__NULL, FID__INT, FID__REAL, FID__BLOB, FID__STRING } kind;
    int64_t i;
    double x;
    const unsigned char *bytes; /* of BLOB; of STRING, terminated */
    size_t n;
} fid__cell;

/* The columns of a SELECT's present row; they live until the next step. */
void fid__row_cells(sqlite3_stmt *row, fid__cell cells[FID__N_COLUMNS]);

/* The event of a row; its text is the cell's, its arrays lie in `room`. FID_CORRUPT when
 * its checksum is wrong, FID_NOMEM. `bytes` gets its encoding. */
fid_status fid__row_read(const fid__cell cells[FID__N_COLUMNS], fid_event_room *room,
                         fid_text *bytes, fid_event *out);

#endif
