/* The Gaussian-process sampler for several objectives, and for constraints that only a
 * trial shows. Private to the room. */
#ifndef SAMPLER_MULTI_H
#define SAMPLER_MULTI_H

#include <fidelio/sampler.h>

typedef struct fid__multi fid__multi;

/* Whether an outline has more than one metric to learn. */
bool fid__multi_serves(const fid_outline *outline);

/* As the functions of fid_sampler_type. */
fid_status fid__multi_create(fid__multi **out, const fid_space *space,
                             const fid_outline *outline,
                             const fid_sampler_options *options, fid_error *err);
fid_status fid__multi_suggest(fid__multi *s, const fid_history *history, fid_rng *rng,
                              double *u, fid_suggestion *why);
void fid__multi_destroy(fid__multi *s); /* NULL is fine */

#endif
