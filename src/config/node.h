/* A YAML file as a tree whose nodes know where they stood. */
#ifndef FID_CONFIG_NODE_H
#define FID_CONFIG_NODE_H

#include "config/arena.h"
#include "config/log.h"

typedef enum { FID__SCALAR, FID__LIST, FID__MAP } fid__node_kind;

typedef struct fid__node fid__node;
struct fid__node {
    fid__node_kind kind;
    bool plain;    /* SCALAR without quotes, so it may be more than a string */
    bool verbatim; /* SCALAR whose characters stand in the file as they are, from
                      `mark` (+1 when quoted) on one line */
    fid__mark mark;
    const char *text; /* SCALAR: terminated, may hold no NUL */
    size_t n;         /* bytes of text; children of LIST; pairs of MAP */
    fid__node *first; /* LIST: elements; MAP: keys (always scalars, all different) */
    fid__node *next;
    fid__node *value; /* of a key */
};

/* What a scalar is by the YAML 1.2 core schema; a quoted one is a string. */
typedef enum {
    FID__NULL,
    FID__BOOL,
    FID__INT,
    FID__HUGE, /* an integer beyond 64 bits; f holds it rounded */
    FID__FLOAT,
    FID__STRING,
} fid__scalar_kind;

typedef struct {
    fid__scalar_kind kind;
    int64_t i; /* BOOL, INT */
    double f;  /* INT, HUGE, FLOAT */
} fid__scalar;

fid__scalar fid__scalar_of(const fid__node *node);
/* The same for a plain scalar's text. */
fid__scalar fid__scalar_resolve(const char *text, size_t n);

/* Value of a key, NULL when there is none. */
fid__node *fid__node_get(const fid__node *map, const char *key);
bool fid__node_is(const fid__node *scalar, const char *text);

/* Read YAML into a tree that lives in `arena`. NULL when the file cannot be used at
 * all; complaints are in `log` (also about pieces of a tree that is returned). */
fid__node *fid__read_yaml(fid__arena *arena, fid__log *log);

#endif
