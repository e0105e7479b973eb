/* What every part needs: an end with words, room, random streams. */
#include "mlp.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("fidelio-mlp: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}

void *room(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p)
        die("out of memory");
    return p;
}

stream stream_of(uint64_t seed, uint64_t purpose, uint64_t index)
{
    stream s = {seed * 0x9E3779B97F4A7C15u + purpose};
    s.state = stream_u64(&s) + index;
    s.state = stream_u64(&s);
    return s;
}

/* splitmix64: Steele, Lea, Flood 2014. */
uint64_t stream_u64(stream *s)
{
    uint64_t z = s->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double stream_unit(stream *s)
{
    return (double)(stream_u64(s) >> 11) * 0x1p-53;
}

double stream_normal(stream *s)
{
    double r = sqrt(-2 * log(1 - stream_unit(s)));
    return r * cos(2 * 3.14159265358979323846 * stream_unit(s));
}
