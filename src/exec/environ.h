/* environ.h -- the variables that a trial gets. Pure. */
#ifndef EXEC_ENVIRON_H
#define EXEC_ENVIRON_H

#include "exec/command.h"

/* `inherited` without PG*, FIDELIO_* and what is set here, then the protocol's variables.
 * devices: CUDA_VISIBLE_DEVICES; NULL = as inherited. */
fid_status fid__environ_build(const fid_exec_local_options *options, const fid_job *job,
                              const fid__paths *paths, const char *const *inherited,
                              const char *devices, fid__words *out, fid_error *err);

/* The devices of `slot`, "2,3", from the list that the engine itself was given (NULL = all,
 * numbered from 0). false: the list is too short. */
bool fid__environ_devices(const char *given, size_t slot, size_t per_slot,
                          fid_text *out);

#endif
