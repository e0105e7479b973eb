/* fidelio/base.h -- status codes, errors with a place, checked allocation, growable
 * text, locale-free numbers. Shared by every room. */
#ifndef FID_BASE_H
#define FID_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FID_EXPORT __attribute__((visibility("default")))
#define FID_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FID_EXPORT
#define FID_PRINTF(fmt, args)
#endif

/* Marks what the shared library exports, a function or an object; everything else is
 * hidden. From C++ the names are C's. */
#ifdef __cplusplus
#define FID_API extern "C" FID_EXPORT
#define FID_API_DATA FID_API
#else
#define FID_API FID_EXPORT
#define FID_API_DATA FID_EXPORT extern
#endif

/* How a call ended. What an algorithm or a trial came to (converged, pruned, ...) is
 * a result, not a status, and has its own enum beside the thing it describes.
 * Append only: the numbers are part of the C and Python interfaces. */
#define FID_STATUS_MAP(X)                                                              \
    X(OK, 0, "success")                                                                \
    X(INVALID, 1, "invalid argument")                                                  \
    X(NOMEM, 2, "out of memory")                                                       \
    X(IO, 3, "input/output error")                                                     \
    X(PARSE, 4, "malformed input")                                                     \
    X(NOT_PD, 5, "matrix is not positive definite")                                    \
    X(EXHAUSTED, 6, "nothing left to suggest")                                         \
    X(STATE, 7, "not allowed in the present state")                                    \
    X(SUPERSEDED, 8, "a newer attempt or engine has taken over")                       \
    X(LOCKED, 9, "held by another engine")                                             \
    X(CORRUPT, 10, "stored data is damaged")                                           \
    X(NOT_FOUND, 11, "not found")                                                      \
    X(UNSUPPORTED, 12, "not supported")                                                \
    X(LIMIT, 13, "over a limit")                                                       \
    X(WAIT, 14, "nothing to do until a running trial reports")

typedef enum {
#define X(name, value, text) FID_##name = (value),
    FID_STATUS_MAP(X)
#undef X
} fid_status;

/* Short English text for `status`; never NULL, static storage. */
FID_API const char *fid_status_text(fid_status status);

/* Return from the enclosing function when `expr` fails. Only for functions that own
 * nothing yet; those that do use `goto done`. */
#define FID_TRY(expr)                                                                  \
    do {                                                                               \
        fid_status try_status_ = (expr);                                               \
        if (try_status_ != FID_OK)                                                     \
            return try_status_;                                                        \
    } while (0)

/* What went wrong and where. Lives with the caller or in the object that failed;
 * `file` is "" and `line`, `column` are 0 (they count from 1) where there is none. */
typedef struct {
    fid_status code;
    int line, column;
    char file[256];
    char message[512];
} fid_error;

/* Fill `err` (NULL is fine) and return `code`. Over-long text is cut. */
FID_API fid_status fid_error_set(fid_error *err, fid_status code, const char *format, ...)
    FID_PRINTF(3, 4);
FID_API fid_status fid_error_at(fid_error *err, fid_status code, const char *file,
                                int line, int column, const char *format, ...)
    FID_PRINTF(6, 7);

/* Zeroed room for n objects of `size` bytes; NULL when out of memory or when n * size
 * overflows. n = 0 gives a unique pointer. Release with free(). */
FID_API void *fid_alloc(size_t n, size_t size);

/* Grow `array` (NULL at first) to hold at least `need` objects, doubling; *cap is
 * updated, new room is zeroed. NULL when out of memory: then `array` is untouched and
 * still the caller's. */
FID_API void *fid__grow(void *array, size_t *cap, size_t need, size_t size);
static inline void *fid_grow(void *array, size_t *cap, size_t need, size_t size)
{
    return need <= *cap ? array : fid__grow(array, cap, need, size);
}

/* A copy of the first n bytes of s, terminated; NULL when out of memory. */
FID_API char *fid_strndup(const char *s, size_t n);
FID_API char *fid_strdup(const char *s); /* fid_strdup(NULL) is NULL */

/* Text that grows. Zero-initialise; release with fid_text_deinit. `data` is always
 * terminated (NULL while empty and never written). Appending after an allocation
 * failure does nothing; look at `failed` once, at the end. */
typedef struct {
    char *data;
    size_t len, cap;
    bool failed;
} fid_text;

FID_API void fid_text_deinit(fid_text *text);
FID_API void fid_text_clear(fid_text *text); /* keeps the memory */
FID_API void fid_text_append(fid_text *text, const char *s);
FID_API void fid_text_append_n(fid_text *text, const char *s, size_t n);
/* Room for n bytes and a NUL at the end, for a writer that then adds what it used to
 * `len` and writes the NUL; NULL: failed. */
FID_API char *fid_text_room(fid_text *text, size_t n);
FID_API void fid_text_printf(fid_text *text, const char *format, ...) FID_PRINTF(2, 3);
/* A double that reads back bit for bit, in as few digits as do; NaN, Infinity and
 * -Infinity as Python's json writes them. Always with '.', whatever the locale. */
FID_API void fid_text_append_double(fid_text *text, double x);
/* A JSON string with quotes. Control bytes, <, >, &, U+2028 and U+2029 are escaped (so
 * the result is safe inside HTML); bytes that are not UTF-8 become U+FFFD. */
FID_API void fid_text_append_json(fid_text *text, const char *s, size_t n);
/* The text, which is now the caller's to free(); NULL when anything failed. */
FID_API char *fid_text_take(fid_text *text);

/* The whole of s[0..n) as a number, independent of the locale. Accepts what C and
 * Python print: 1e-3, -nan, inf, Infinity. No white space, no hex, no "1,5"; "1e400" is
 * inf. false: not a number, *out untouched. */
FID_API bool fid_parse_double(const char *s, size_t n, double *out);
FID_API bool fid_parse_int(const char *s, size_t n, int64_t *out); /* false on overflow */

/* Damerau-Levenshtein distance for "did you mean"; at most 64 bytes are looked at. */
FID_API size_t fid_edit_distance(const char *a, const char *b);

/* --- Order. */

typedef struct {
    double value; /* not NaN */
    size_t index;
} fid_ranked;

/* Sort n of them by value, ties by index. O(n log n). */
FID_API void fid_rank(fid_ranked *items, size_t n);

#endif
