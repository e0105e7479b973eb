#ifndef SPACE_DESCRIBE_H
#define SPACE_DESCRIBE_H

#include "space/model.h"

/* The members of a parameter in its JSON, but for its name; NULL-terminated. */
extern const char *const fid__attributes[];
/* Append one of them as JSON; nothing when the parameter has none. */
void fid__attribute(const fid__param *param, const char *key, fid_text *out);

const char *fid__kind_name(fid_param_kind kind);
const char *fid__scale_name(fid_scale scale);

#endif
