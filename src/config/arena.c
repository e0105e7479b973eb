#include "config/arena.h"

#include <stdlib.h>
#include <string.h>

struct fid__chunk {
    fid__chunk *next;
    size_t used, cap;
    max_align_t data[];
};

enum { CHUNK_BYTES = 16384 };

void fid__arena_deinit(fid__arena *arena)
{
    for (fid__chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    *arena = (fid__arena){0};
}

static fid__chunk *add_chunk(fid__arena *arena, size_t bytes)
{
    size_t cap = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    fid__chunk *chunk = malloc(sizeof *chunk + cap);
    if (!chunk)
        return NULL;
    chunk->used = 0;
    chunk->cap = cap;
    chunk->next = arena->chunks;
    return arena->chunks = chunk;
}

void *fid__arena_alloc(fid__arena *arena, size_t n, size_t size)
{
    size_t bytes, align = sizeof(max_align_t);
    if (arena->failed || __builtin_mul_overflow(n, size, &bytes) ||
        bytes > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    bytes = (bytes + align - 1) / align * align;
    fid__chunk *chunk = arena->chunks;
    if (!chunk || chunk->cap - chunk->used < bytes)
        chunk = add_chunk(arena, bytes);
    if (!chunk) {
        arena->failed = true;
        return NULL;
    }
    char *room = (char *)chunk->data + chunk->used;
    chunk->used += bytes;
    return memset(room, 0, bytes);
}

char *fid__arena_copy(fid__arena *arena, const char *s, size_t n)
{
    char *copy = fid__arena_alloc(arena, n + 1, 1);
    if (copy && n)
        memcpy(copy, s, n);
    return copy;
}

char *fid__arena_take(fid__arena *arena, fid_text *text)
{
    char *copy = text->failed
                     ? NULL
                     : fid__arena_copy(arena, text->data ? text->data : "", text->len);
    if (!copy)
        arena->failed = true;
    fid_text_deinit(text);
    return copy;
}
