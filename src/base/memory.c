#include <fidelio/base.h>

#include <stdlib.h>
#include <string.h>

void *fid_alloc(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        return NULL;
    return calloc(1, total ? total : 1);
}

void *fid__grow(void *array, size_t *cap, size_t need, size_t size)
{
    size_t room = *cap ? *cap : 8;
    while (room < need)
        if (__builtin_mul_overflow(room, (size_t)2, &room))
            return NULL;
    size_t bytes;
    if (__builtin_mul_overflow(room, size, &bytes))
        return NULL;
    char *grown = realloc(array, bytes);
    if (!grown)
        return NULL;
    memset(grown + *cap * size, 0, (room - *cap) * size);
    *cap = room;
    return grown;
}

char *fid_strndup(const char *s, size_t n)
{
    char *copy = n + 1 ? malloc(n + 1) : NULL;
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *fid_strdup(const char *s)
{
    return s ? fid_strndup(s, strlen(s)) : NULL;
}
