/* runner.h -- the supervisor of one attempt; shared by its files.
 *
 * A single loop over poll(2): output pipes, the control FIFO, a signalfd, the engine's
 * pidfd. The phase says what is waited for:
 *
 *   RUN --exit--> LEFTOVERS --none left--> OVER
 *   RUN --stop, timeout, memory--> ASK --exit--> LEFTOVERS
 *   ASK, LEFTOVERS --deadline--> KILL --none left--> OVER */
#ifndef EXEC_RUNNER_H
#define EXEC_RUNNER_H

#include "exec/collect.h"
#include "exec/ending.h"
#include "exec/lines.h"
#include "exec/log.h"
#include "exec/order.h"
#include "exec/tree.h"

#include <sys/resource.h>

typedef struct {
    int pipe; /* -1: the trial has closed it */
    bool collected;
    fid__log log;
    fid__lines lines;
} fid__stream;

typedef enum { FID__RUN, FID__ASK, FID__LEFTOVERS, FID__KILL, FID__OVER } fid__phase;

typedef struct {
    fid__order order;
    fid__ending ending;
    fid__phase phase;
    double now, started; /* CLOCK_MONOTONIC, seconds */
    double deadline;     /* of the phase; INFINITY = none */
    double last_active;  /* output or report grew */
    double next_idle_look, next_mem_look, next_flush;
    double kill_pause; /* seconds between two rounds of SIGKILL */
    int64_t report_size;
    pid_t child; /* 0: not started */
    bool child_over, none_left;
    int launch_pipe;                /* errno of a failed exec comes here */
    int signals, engine, collected; /* descriptors, -1 = none */
    fid__stream streams[2];         /* by fid_collect_source */
    fid__collector *collector;
    fid_text pending;         /* collected lines that are not written yet */
    fid__pids pids;           /* scratch */
    struct rlimit file_limit; /* the trial's, where it differs from ours */
    bool has_file_limit;
} fid__runner;

/* runner_launch.c: start the command; false: errno in ending.code. */
bool fid__runner_launch(fid__runner *r);

/* runner_output.c */
void fid__runner_open_output(fid__runner *r, int pipes[2]);
/* Read what is there, at most `rounds` buffers. */
void fid__runner_read(fid__runner *r, fid_collect_source from, int rounds);
void fid__runner_flush(fid__runner *r);
/* After the tree is gone: the rest of the pipes, and the logs. */
void fid__runner_close_output(fid__runner *r);

#endif
