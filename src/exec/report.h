/* report.h -- one line of a report file to values. Pure.
 *
 *   {"step": 3, "loss": 0.25, "note": "x"}      a flat JSON object
 *   step=3 loss=0.25 note="two words"           words; message=takes the rest of a line
 *
 * NaN, -nan, inf, Infinity are numbers in both forms; JSON null is NaN. Empty lines and
 * lines that begin with # say nothing. Everything else is refused as a whole, with the
 * reason: a nested value, a word without =, a metric that is not a number (1,5 or 0x1p3),
 * a negative or non-finite step, a NUL, a cut line. */
#ifndef EXEC_REPORT_H
#define EXEC_REPORT_H

#include <fidelio/history.h>

typedef struct {
    double step; /* NaN: not given */
    double values[FID_MAX_METRICS];
    uint32_t given;
    bool infeasible;
    fid_text extra; /* what is not a metric, as a JSON object; len 0 when nothing */
} fid__report;

typedef enum {
    FID__REPORT_SAYS,
    FID__REPORT_EMPTY,
    FID__REPORT_REFUSED
} fid__report_kind;

/* loose: a key also names the metric whose other characters became '_' (regex groups
 * cannot be called val/loss). *why is set when refused: static text. `out` is reused
 * from line to line; release with fid__report_deinit. */
fid__report_kind fid__report_parse(const char *line, size_t n,
                                   const fid_outline *outline, bool loose,
                                   fid__report *out, const char **why);
void fid__report_deinit(fid__report *report);

#endif
