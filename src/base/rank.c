#include <fidelio/base.h>

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const fid_ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

void fid_rank(fid_ranked *items, size_t n)
{
    qsort(items, n, sizeof *items, by_value);
}
