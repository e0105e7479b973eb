#include "scheduler/ranks.h"

#include <fidelio/base.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LEAF = 64, FAN = 128 };

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

/* How many keys lie under the first i children. */
static size_t count_before(const inner *node, unsigned i)
{
    size_t n = 0;
    for (unsigned j = 0; j < i; j++)
        n += node->count[j];
    return n;
}

static bool is_full(const void *node, unsigned height)
{
    return height == 0 ? ((const leaf *)node)->n == LEAF
                       : ((const inner *)node)->n == FAN;
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
        to->n = LEAF - LEAF / 2;
        from->n = LEAF / 2;
        memcpy(to->key, from->key + LEAF / 2, (LEAF - LEAF / 2) * sizeof *to->key);
        low = to->key[0];
        moved = to->n;
    } else {
        inner *from = parent->child[i], *to = made;
        to->n = FAN - FAN / 2;
        from->n = FAN / 2;
        memcpy(to->count, from->count + FAN / 2, (FAN - FAN / 2) * sizeof *to->count);
        memcpy(to->low, from->low + FAN / 2, (FAN - FAN / 2) * sizeof *to->low);
        memcpy(to->child, from->child + FAN / 2, (FAN - FAN / 2) * sizeof *to->child);
        low = to->low[0];
        moved = count_before(to, to->n);
    }
    unsigned after = parent->n - i - 1;
    memmove(parent->count + i + 2, parent->count + i + 1,
            after * sizeof *parent->count);
    memmove(parent->low + i + 2, parent->low + i + 1, after * sizeof *parent->low);
    memmove(parent->child + i + 2, parent->child + i + 1,
            after * sizeof *parent->child);
    parent->n++;
    parent->child[i + 1] = made;
    parent->low[i + 1] = low;
    parent->count[i] -= moved;
    parent->count[i + 1] = moved;
    return true;
}

/* Put a new root above a full one, so that the way down meets no full node. */
static bool grow_root(fid__ranks *ranks)
{
    inner *root = fid_alloc(1, sizeof *root);
    if (!root)
        return false;
    root->n = 1;
    root->child[0] = ranks->root;
    root->count[0] = ranks->n;
    ranks->root = root;
    ranks->height++;
    return split_child(root, 0, ranks->height - 1);
}

bool fid__ranks_insert(fid__ranks *ranks, fid__key key, size_t *below)
{
    assert(key.value == key.value);
    if (!ranks->root && !(ranks->root = fid_alloc(1, sizeof(leaf))))
        return false;
    if (is_full(ranks->root, ranks->height) && !grow_root(ranks))
        return false;
    ranks->n++;
    size_t n = 0;
    void *node = ranks->root;
    for (unsigned height = ranks->height; height > 0; height--) {
        inner *in = node;
        unsigned i = child_of(in, key);
        if (is_full(in->child[i], height - 1)) {
            if (!split_child(in, i, height - 1))
                return false;
            i += !is_less(key, in->low[i + 1]);
        }
        n += count_before(in, i);
        in->count[i]++;
        node = in->child[i];
    }
    leaf *at = node;
    unsigned i = count_less(at->key, at->n, key);
    memmove(at->key + i + 1, at->key + i, (at->n - i) * sizeof *at->key);
    at->key[i] = key;
    at->n++;
    if (below)
        *below = n + i;
    return true;
}

size_t fid__ranks_below(const fid__ranks *ranks, fid__key key)
{
    if (!ranks->root)
        return 0;
    size_t rank = 0;
    const void *node = ranks->root;
    for (unsigned height = ranks->height; height > 0; height--) {
        const inner *in = node;
        unsigned i = child_of(in, key);
        rank += count_before(in, i);
        node = in->child[i];
    }
    const leaf *at = node;
    return rank + count_less(at->key, at->n, key);
}

fid__key fid__ranks_at(const fid__ranks *ranks, size_t k)
{
    assert(k < ranks->n);
    const void *node = ranks->root;
    for (unsigned height = ranks->height; height > 0; height--) {
        const inner *in = node;
        unsigned i = 0;
        while (k >= in->count[i])
            k -= in->count[i++];
        node = in->child[i];
    }
    return ((const leaf *)node)->key[k];
}

/* The interpolation is written as NumPy's, so that it rounds as NumPy's. */
double fid__ranks_percentile(const fid__ranks *ranks, double percent)
{
    double at = percent / 100 * (double)(ranks->n - 1);
    size_t k = (size_t)at;
    double t = at - (double)k;
    double a = fid__ranks_at(ranks, k).value;
    double b = k + 1 < ranks->n ? fid__ranks_at(ranks, k + 1).value : a;
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

void fid__ranks_deinit(fid__ranks *ranks)
{
    free_node(ranks->root, ranks->height);
    *ranks = (fid__ranks){0};
}
