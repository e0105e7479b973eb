#include <fidelio/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(fid_error *err, fid_status code, const char *file, int line,
                 int column, const char *format, va_list args)
{
    err->code = code;
    err->line = line;
    err->column = column;
    (void)snprintf(err->file, sizeof err->file, "%s", file ? file : "");
    (void)vsnprintf(err->message, sizeof err->message, format, args);
}

fid_status fid_error_set(fid_error *err, fid_status code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        fill(err, code, NULL, 0, 0, format, args);
        va_end(args);
    }
    return code;
}

fid_status fid_error_at(fid_error *err, fid_status code, const char *file, int line,
                        int column, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        fill(err, code, file, line, column, format, args);
        va_end(args);
    }
    return code;
}
