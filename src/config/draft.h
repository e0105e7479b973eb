/* What the steps of reading a sweep leave for later steps. */
#ifndef FID_CONFIG_DRAFT_H
#define FID_CONFIG_DRAFT_H

#include "config/walk.h"

/* The nodes of one parameter, NULL where a key is absent. */
typedef struct {
    const fid__node *distribution;
    const fid__node *value, *values, *min, *max, *scale, *step, *q, *ordered;
    const fid__node *probabilities, *mu, *sigma, *a, *b;
    const fid__node *preset, *when, *prior, *parameters; /* preset: `default` */
} fid__spec;

typedef struct fid__param fid__param;
struct fid__param {
    const char *name; /* with those of its groups: "optimizer.lr" */
    fid__mark mark;   /* of its key */
    fid__spec spec;
    fid__param *next;
};

/* An expression that the space was given. */
typedef struct fid__rule fid__rule;
struct fid__rule {
    const char *owner; /* the parameter whose `when` it is; NULL = a constraint */
    const char *expression;
    size_t prefix; /* bytes of it before the text of `node` */
    const fid__node *node;
    fid__rule *next;
};

struct fid__draft {
    const fid__node *root;
    fid__param *params, **last_param;
    fid__rule *rules;
    const char *workdir;
    const fid__node *name, *parameters, *constraints, *forbidden, *enqueue, *metric;
    const fid__node *method, *fidelity, *early_terminate, *scheduler, *collect;
    const fid__node *command, *resume_args;
    bool has_mode;              /* the fidelity says which */
    const char *scheduler_name; /* NULL = not given */
};

/* parameter.c: the section `parameters` into draft->params, then each into the space.
 */
void fid__read_parameters(fid__walk *w, const fid__node *node);
/* Constant of a node; a list or mapping becomes JSON. Complains and returns false. */
bool fid__literal_of(fid__walk *w, const fid__node *node, const char *where,
                     fid_literal *out);
const fid__param *fid__find_param(const fid__walk *w, const char *name);
/* "did you mean" over the parameters. */
fid__remedy fid__near_param(const fid__walk *w, const char *name);

/* range.c: parameters between two numbers, ours and W&B's distributions. */
typedef void fid__add(fid__walk *w, const fid__param *param);
fid__add fid__add_range, fid__add_int_uniform, fid__add_uniform, fid__add_q_uniform,
    fid__add_log_uniform, fid__add_log_uniform_values, fid__add_inv_log_uniform,
    fid__add_q_log_uniform, fid__add_q_log_uniform_values, fid__add_normal,
    fid__add_q_normal, fid__add_log_normal, fid__add_q_log_normal, fid__add_beta,
    fid__add_q_beta;
/* Complain with the space's words, at the node when there is one. false: it had failed.
 */
bool fid__added(fid__walk *w, const fid__param *param, const fid__node *at,
                fid_status status, const fid_error *err);

/* condition.c: `when`, `constraints`, `forbidden`. */
void fid__add_when(fid__walk *w, const fid__param *param);
void fid__add_constraints(fid__walk *w);
/* What freezing the space said, at the expression it is about. */
void fid__complain_of_rule(fid__walk *w, const fid_error *err);

/* space.c: the whole space, frozen, or NULL when something is wrong; then `enqueue`. */
void fid__build_space(fid__walk *w);
void fid__read_enqueue(fid__walk *w);
/* json.c */
void fid__node_to_json(const fid__node *node, fid_text *out);

/* metric.c, fidelity.c, method.c, collect.c, command.c: sections, read into w->sweep.
 */
fid__read fid__read_metric, fid__read_fidelity, fid__read_early_terminate,
    fid__read_method, fid__read_collect, fid__read_command, fid__read_resume_args;
/* What can only be said once all sections are read. */
void fid__choose_mode(fid__walk *w);
void fid__choose_scheduler(fid__walk *w);
void fid__try_sampler(fid__walk *w);
void fid__check_collect(fid__walk *w);
void fid__check_command(fid__walk *w);

/* settings.c: what goes into event 0 of the study. NULL: out of memory. */
const char *fid__definition_of(fid__arena *arena, const fid_sweep *sweep);

/* file.c: more than `most` bytes are FID_LIMIT. The caller frees *out, which is
 * terminated. */
fid_status fid__read_file(const char *path, size_t most, char **out, size_t *n,
                          fid_error *err);
/* The folder of a path, "." for a bare name; folder/name, or name when it is absolute;
 * a name made fit for a folder. NULL: out of memory. */
const char *fid__folder_of(fid__arena *arena, const char *path);
const char *fid__path_under(fid__arena *arena, const char *folder, const char *name);
const char *fid__folder_name(fid__arena *arena, const char *name, size_t n);

#endif
