/* Complaints being collected while a file is read. */
#ifndef FID_CONFIG_LOG_H
#define FID_CONFIG_LOG_H

#include <fidelio/config.h>

/* A place in the file; line 0 is the file as a whole. */
typedef struct {
    int line, column, length;
} fid__mark;

typedef struct {
    fid_diagnostics *out;
    const char *text; /* of the file */
    size_t n;
    uint32_t *starts; /* [n_lines] where each line starts */
    size_t n_lines;
} fid__log;

/* `text` is borrowed; lines end where libyaml ends them. */
void fid__log_init(fid__log *log, fid_diagnostics *out, const char *text, size_t n);
void fid__log_deinit(fid__log *log);

/* `remedy` may be NULL. */
void fid__complain(fid__log *log, fid_severity severity, fid__mark at,
                   const char *remedy, const char *format, ...) FID_PRINTF(5, 6);
#define fid__error(log, at, ...) fid__complain(log, FID_SEVERITY_ERROR, at, __VA_ARGS__)
#define fid__warn(log, at, ...)                                                        \
    fid__complain(log, FID_SEVERITY_WARNING, at, __VA_ARGS__)
#define fid__note(log, at, ...) fid__complain(log, FID_SEVERITY_NOTE, at, __VA_ARGS__)

/* The place of a byte of the text. */
fid__mark fid__log_place(const fid__log *log, size_t byte);
/* Order by place; equal places in order of arrival. */
void fid__log_sort(fid__log *log);

/* User text for a message, cut to a few words. */
typedef struct {
    char text[72];
} fid__shown;
fid__shown fid__show(const char *text, size_t n);

#endif
