/* The sections of a sweep file that are not parameters. */
#ifndef FID_CONFIG_SWEEP_H
#define FID_CONFIG_SWEEP_H

#include "config/draft.h"

/* Choose the sampler that sweep->method names; complain at `at`. */
void fid__choose_method(fid__walk *w, const fid__node *at);

#endif
