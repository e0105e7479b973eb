/* What several objectives come to: the trials that no other dominates. */
#ifndef CLI_FRONT_H
#define CLI_FRONT_H

#include "cli/cli.h"

typedef struct {
    size_t n, m;         /* trials; objectives */
    uint64_t *trials;    /* in order of the first objective */
    double reference[4]; /* in the metrics' own directions */
    double volume;       /* dominated from there on */
} cli_front;

/* Whether the study has several objectives; only then is there a front. */
bool cli_has_front(const fid_study *study);
bool cli_front_find(const fid_study *study, cli_front *out); /* false: no memory */
void cli_front_deinit(cli_front *front);

/* "hypervolume 0.83 from loss 0.9, latency 30" */
void cli_front_append_volume(const fid_study *study, const cli_front *front,
                             fid_text *out);
/* The same and the trials, a line each. */
void cli_front_append_table(const fid_study *study, const cli_front *front,
                            fid_text *out);
/* "hypervolume":..,"reference":{..} */
void cli_front_append_json(const fid_study *study, const cli_front *front,
                           fid_text *out);
/* {"hypervolume":..,"reference":{..},"front":[trial, ..]} */
void cli_front_json(const fid_study *study, const cli_front *front, fid_text *out);

#endif
