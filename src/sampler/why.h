#ifndef SAMPLER_WHY_H
#define SAMPLER_WHY_H

#include <fidelio/sampler.h>

#include <math.h>

/* A suggestion that predicts nothing. */
static inline fid_suggestion fid__why(const char *model)
{
    return (fid_suggestion){.model = model, .mean = NAN, .sd = NAN, .acquisition = NAN};
}

#endif
