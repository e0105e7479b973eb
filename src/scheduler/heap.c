#include "scheduler/heap.h"

#include <fidelio/base.h>

#include <assert.h>
#include <stdlib.h>

static bool is_better(const fid__entry *a, const fid__entry *b)
{
    return a->value < b->value || (a->value == b->value && a->arrival < b->arrival);
}

bool fid__heap_push(fid__heap *heap, fid__entry entry)
{
    fid__entry *grown = fid_grow(heap->entry, &heap->cap, heap->n + 1, sizeof *grown);
    if (!grown)
        return false;
    heap->entry = grown;
    size_t i = heap->n++;
    for (; i > 0 && is_better(&entry, &grown[(i - 1) / 2]); i = (i - 1) / 2)
        grown[i] = grown[(i - 1) / 2];
    grown[i] = entry;
    return true;
}

void fid__heap_pop(fid__heap *heap)
{
    assert(heap->n > 0);
    fid__entry *e = heap->entry, last = e[--heap->n];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap->n)
            break;
        if (child + 1 < heap->n && is_better(&e[child + 1], &e[child]))
            child++;
        if (!is_better(&e[child], &last))
            break;
        e[i] = e[child];
        i = child;
    }
    e[i] = last;
}

void fid__heap_deinit(fid__heap *heap)
{
    free(heap->entry);
    *heap = (fid__heap){0};
}
