/* How an event becomes bytes; shared by the stores. */
#ifndef STORE_CODEC_H
#define STORE_CODEC_H

#include <fidelio/store.h>

#include <endian.h>
#include <string.h>

static inline void fid__put_le(unsigned char *at, uint64_t word, size_t width)
{
    uint64_t little = htole64(word);
    memcpy(at, &little, width);
}

static inline uint64_t fid__get_le(const unsigned char *at, size_t width)
{
    uint64_t little = 0;
    memcpy(&little, at, width);
    return le64toh(little);
}

static inline uint64_t fid__bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double fid__double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Where in the encoded bytes the arrays lie (little-endian doubles). */
typedef struct {
    size_t point, values, memo;
} fid__spans;

void fid__event_encode(const fid_event *event, fid_text *out, fid__spans *spans);

/* n doubles from little-endian bytes into out. */
void fid__get_doubles(const unsigned char *at, size_t n, double *out);

/* Room for n numbers, NULL when out of memory. */
double *fid__room(fid_event_room *room, size_t n);

/* FID_INVALID unless events are numbered next, next + 1, ... */
fid_status fid__check_seq(const fid_event *events, size_t n, uint64_t next,
                          fid_error *err);

/* CRC-32C (Castagnoli). */
uint32_t fid__crc32c(const char *bytes, size_t n);

#endif
