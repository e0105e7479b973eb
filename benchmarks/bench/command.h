/* The subcommands of fidelio-bench. Each returns the exit code: 0 fine, 1 failed, 2
 * usage. stdout is data, stderr is talk. */
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

#include "contest.h"

#include <stdio.h>

typedef struct {
    bench_places places;
    const char *suites;                           /* folder */
    const char *methods, *problems, *seeds, *out; /* --NAME VALUE, or NULL */
    const char *half, *reference_method, *workers, *html, *gnuplot;
    size_t jobs;
    double budget; /* 0 = the suite's */
    long initial;  /* -1 = the suite's */
    bool json, csv, markdown, pairs, quiet, dry_run, problems_too, kurobako, curves;
    char **words; /* [n_words] what is no option */
    size_t n_words;
} bench_command;

int bench_command_list(const bench_command *command);
int bench_command_show(const bench_command *command);
int bench_command_verify(const bench_command *command);
int bench_command_run(const bench_command *command);
int bench_command_report(const bench_command *command);
int bench_command_reference(const bench_command *command);
int bench_command_speed(const bench_command *command);
int bench_command_solver(const bench_command *command);
int bench_command_bridge(const bench_command *command);
int bench_command_calibrate(const bench_command *command);

/* What benchmarks/peers/setup.sh made of each peer: "installed", "failed" with the reason (a
 * peer may have several), "absent". */
typedef void bench_peer_visit(void *ctx, const char *peer, const char *state,
                              const char *words);
void bench_each_peer(const bench_places *places, bench_peer_visit *visit, void *ctx);
void bench_print_failed_peers(const bench_places *places);

/* Prints what went wrong to stderr; returns 1. */
int bench_fail(const fid_error *err);

#endif
