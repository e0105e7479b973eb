/* A binary heap of trials, the best on top. */
#ifndef FID_SCHEDULER_HEAP_H
#define FID_SCHEDULER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    double value;     /* smaller is better */
    uint64_t arrival; /* of equal values the first come is better */
    uint64_t trial;
} fid__entry;

/* Zero-initialise; heap.entry[0] is the best of heap.n. */
typedef struct {
    fid__entry *entry;
    size_t n, cap;
} fid__heap;

bool fid__heap_push(fid__heap *heap, fid__entry entry); /* false: out of memory */
void fid__heap_pop(fid__heap *heap);                    /* n > 0 */
void fid__heap_deinit(fid__heap *heap);

#endif
