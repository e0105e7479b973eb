#include "scheduler/ranks.h"

#include <fidelio/base.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LEAF = 32, FAN = 32, HALF = 16 };

typedef struct {
    unsigned n;
    fid__key key[LEAF];
} leaf;

/* low[i] is the smallest key ever put under child[i]; low[0] is not looked at. */
typedef struct {
    unsigned n;
    size_t count[FAN];
    fid__key low[FAN];
    void *child[FAN];
} inner;

static bool is_less(fid__key a, fid__key b)
{
    return a.value < b.value || (a.value == b.value && a.id < b.id);
}

/* How many of the ascending keys[0..n) are less than `key`. */
static unsigned count_less(const fid__key *keys, unsigned n, fid__key key)
{
    unsigned first = 0;
    while (n > 0) {
        unsigned half = n / 2;
        bool right = is_less(keys[first + half], key);
        first = right ? first + half + 1 : first;
        n = right ? n - half - 1 : half;
    }
    return first;
}

/* The child whose range holds `key`. */
static unsigned child_of(const inner *node, fid__key key)
{
    unsigned i = 1 + count_less(node->low + 1, node->n - 1, key);
    bool equal = i < node->n && !is_less(key, node->low[i]);
    return equal ? i : i - 1;
}

static bool is_full(const void *node, unsigned height)
{
    return height == 0 ? ((const leaf *)node)->n == LEAF : ((const inner *)node)->n == FAN;
}

/* Move the upper half of child i to a new child i + 1. `height` is the children's. */
static bool split_child(inner *parent, unsigned i, unsigned height)
{
    void *made = fid_alloc(1, height == 0 ? sizeof(leaf) : sizeof(inner));
    if (!made)
        return false;
    fid__key low;
    size_t moved = 0;
    if (height == 0) {
        leaf *from = parent->child[i], *to = made;
        to->n = LEAF - HALF;
        from->n = HALF;
        memcpy(to->key, from->key + HALF, (LEAF - HALF) * sizeof *to->key);
        low = to->key[0];
        moved = to->n;
    } else {
        inner *from = parent->child[i], *to = made;
        to->n = FAN - HALF;
        from->n = HALF;
        memcpy(to->count, from->count + HALF, (FAN - HALF) * sizeof *to->count);
        memcpy(to->low, from->low + HALF, (FAN - HALF) * sizeof *to->low);
        memcpy(to->child, from->child + HALF, (FAN - HALF) * sizeof *to->child);
        low = to->low[0];
        for (unsigned j = 0; j < to->n; j++)
            moved += to->count[j];
    }
    unsigned after = parent->n - i - 1;
    memmove(parent->count + i + 2, parent->count + i + 1, after * sizeof *parent->count);
    memmove(parent->low + i + 2, parent->low + i + 1, after * sizeof *parent->low);
    memmove(parent->child + i + 2, parent->child + i + 1, after * sizeof *parent->child);
    parent->n++;
    parent->child[i + 1] = made;
    parent->low[i + 1] = low;
    parent->count[i] -= moved;
    parent->count[i + 1] = moved;
    return true;
}

/* Put a new root above a full one, so that the way down meets no full node. */
static bool grow_root(fid__ranks *order)
{
    inner *root = fid_alloc(1, sizeof *root);
    if (!root)
        return false;
    root->n = 1;
    root->child[0] = order->root;
    root->count[0] = order->n;
    order->root = root;
    order->height++;
    return split_child(root, 0, order->height - 1);
}

bool fid__ranks_insert(fid__ranks *order, fid__key key)
{
    assert(key.value == key.value);
    if (!order->root && !(order->root = fid_alloc(1, sizeof(leaf))))
        return false;
    if (is_full(order->root, order->height) && !grow_root(order))
        return false;
    order->n++;
    void *node = order->root;
    for (unsigned height = order->height; height > 0; height--) {
        inner *in = node;
        unsigned i = child_of(in, key);
        if (is_full(in->child[i], height - 1)) {
            if (!split_child(in, i, height - 1))
                return false;
            i += !is_less(key, in->low[i + 1]);
        }
        in->count[i]++;
        node = in->child[i];
    }
    leaf *at = node;
    unsigned i = count_less(at->key, at->n, key);
    memmove(at->key + i + 1, at->key + i, (at->n - i) * sizeof *at->key);
    at->key[i] = key;
    at->n++;
    return true;
}

size_t fid__ranks_below(const fid__ranks *order, fid__key key)
{
    if (!order->root)
        return 0;
    size_t rank = 0;
    const void *node = order->root;
    for (unsigned height = order->height; height > 0; height--) {
        const inner *in = node;
        unsigned i = child_of(in, key);
        for (unsigned j = 0; j < i; j++)
            rank += in->count[j];
        node = in->child[i];
    }
    const leaf *at = node;
    return rank + count_less(at->key, at->n, key);
}

fid__key fid__ranks_at(const fid__ranks *order, size_t k)
{
    assert(k < order->n);
    const void *node = order->root;
    for (unsigned height = order->height; height > 0; height--) {
        const inner *in = node;
        unsigned i = 0;
        while (k >= in->count[i])
            k -= in->count[i++];
        node = in->child[i];
    }
    return ((const leaf *)node)->key[k];
}

/* The interpolation is written as NumPy's, so that it rounds as NumPy's. */
double fid__ranks_percentile(const fid__ranks *order, double percent)
{
    double at = percent / 100 * (double)(order->n - 1);
    size_t k = (size_t)at;
    double t = at - (double)k;
    double a = fid__ranks_at(order, k).value;
    double b = k + 1 < order->n ? fid__ranks_at(order, k + 1).value : a;
    if (a == b) /* also where both are infinite */
        return a;
    return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
}

static void free_node(void *node, unsigned height)
{
    if (node && height > 0) {
        inner *in = node;
        for (unsigned i = 0; i < in->n; i++)
            free_node(in->child[i], height - 1);
    }
    free(node);
}

void fid__ranks_deinit(fid__ranks *order)
{
    free_node(order->root, order->height);
    *order = (fid__ranks){0};
}
