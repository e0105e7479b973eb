/* From the node tree to typed values, by tables of keys. Every complaint names the
 * place in words ("fidelity.eta") as well as by line and column. */
#ifndef FID_CONFIG_WALK_H
#define FID_CONFIG_WALK_H

#include "config/node.h"

typedef struct fid__draft fid__draft;

/* What all readers pass around. */
typedef struct {
    fid__arena *arena; /* of the sweep that is being made */
    fid__log *log;
    fid_sweep *sweep;
    fid__draft *draft; /* what later steps need of earlier ones */
} fid__walk;

typedef struct fid__field fid__field;
/* Read `node` into `into`; `where` is "budget.time". Complains and leaves `into` alone
 * when it cannot. */
typedef void fid__read(fid__walk *w, const fid__field *field, const fid__node *node,
                       const char *where, void *into);

struct fid__field {
    const char *key;
    fid__read *read;
    size_t offset;    /* of what it fills, in the structure that is being filled */
    double low, high; /* numbers: legal range; both 0: any */
    bool above;       /* numbers: `low` itself is not legal */
    bool required;
    const char *const *words; /* of a choice; NULL-terminated. The index is stored */
};

/* Fill `into` by the table, in the table's order. `where` is "" at the top. Unknown
 * keys and missing required ones are errors. false: not a mapping. */
bool fid__read_map(fid__walk *w, const fid__field *fields, size_t n,
                   const fid__node *node, const char *where, void *into);

/* Readers for tables; what they fill is in brackets. */
fid__read fid__read_text;   /* [const char *] any scalar that is not null, as written */
fid__read fid__read_flag;   /* [bool] */
fid__read fid__read_number; /* [double] */
fid__read fid__read_count;  /* [size_t] whole number in low..high */
fid__read fid__read_choice; /* [int] */
fid__read fid__read_seconds; /* [double] 90, 1.5, 90s, 10m, 1h30m, 2d */
fid__read fid__read_bytes;   /* [uint64_t] 1024, 512M, 4G, 4GiB, 1.5G */
fid__read fid__read_node;    /* [const fid__node *] as it is, for later */

/* The pieces of which they are made. They complain and return false. */
bool fid__want_map(fid__walk *w, const fid__node *node, const char *where);
bool fid__want_list(fid__walk *w, const fid__node *node, const char *where);
bool fid__want_scalar(fid__walk *w, const fid__node *node, const char *where,
                      const char *what);
bool fid__want_number(fid__walk *w, const fid__node *node, const char *where,
                      double *out);
bool fid__want_text(fid__walk *w, const fid__node *node, const char *where,
                    const char **out);

/* Seconds of "1h30m"; bytes of "4G". false: not of that form. */
bool fid__parse_seconds(const char *text, size_t n, double *out);
bool fid__parse_bytes(const char *text, size_t n, double *out);

/* What a node is, for "must be a number, not ...": "a list", "'abc'". */
fid__shown fid__describe(const fid__node *node);

/* The nearest of the words; NULL when none is near. */
const char *fid__nearest(const char *word, const char *const *words, size_t n);
/* "did you mean 'X'?" for the word, "" when nothing is near. */
typedef struct {
    char text[160];
} fid__remedy;
fid__remedy fid__did_you_mean(const char *word, const char *const *words, size_t n);

/* where + "." + key, cut when too long. */
typedef struct {
    char text[200];
} fid__path;
fid__path fid__path_join(const char *where, const char *key);
fid__path fid__path_index(const char *where, size_t index);

#endif
