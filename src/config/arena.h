/* Memory that is released all at once: a sweep's strings and arrays, a file's nodes. */
#ifndef FID_CONFIG_ARENA_H
#define FID_CONFIG_ARENA_H

#include <fidelio/base.h>

typedef struct fid__chunk fid__chunk;

/* Zero-initialise. After a failure `failed` stays set and everything asked for is NULL.
 */
typedef struct {
    fid__chunk *chunks;
    bool failed;
} fid__arena;

void fid__arena_deinit(fid__arena *arena);
/* Zeroed room for n objects; NULL when out of memory. */
void *fid__arena_alloc(fid__arena *arena, size_t n, size_t size);
/* A terminated copy of s[0..n). */
char *fid__arena_copy(fid__arena *arena, const char *s, size_t n);
/* The text moves into the arena and *text is empty afterwards. */
char *fid__arena_take(fid__arena *arena, fid_text *text);

#endif
