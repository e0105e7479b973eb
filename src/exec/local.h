/* local.h -- the executor of local processes; shared by its files. */
#ifndef EXEC_LOCAL_H
#define EXEC_LOCAL_H

#include "exec/command.h"
#include "exec/ending.h"
#include "exec/lines.h"
#include "exec/report.h"

#include <sys/types.h>

enum {
    FID__READ_SIZE = 2 * FID__LINE_MAX
}; /* holds the longest line and its newline */

/* A file of report lines that is read as it grows. */
typedef struct {
    int fd;            /* -1: not there */
    int watch;         /* of inotify; -1 = none */
    bool loose;        /* names are those of regex groups */
    bool in_cut;       /* position is inside a line that is too long */
    uint64_t position; /* just after the last line taken */
    uint64_t n_lines;
} fid__source;

typedef enum { FID__REPORT_FILE, FID__COLLECTED_FILE, FID__N_SOURCES } fid__source_kind;

/* One attempt. */
typedef struct {
    uint64_t trial;
    uint32_t attempt;
    size_t slot;  /* SIZE_MAX: none (adopted beyond `parallel`) */
    pid_t runner; /* our child; 0 = adopted or over */
    int dir, dir_watch;
    fid_outline outline;
    fid__source sources[FID__N_SOURCES];
    bool dirty; /* there may be something to read */
    bool infeasible;
    bool over;       /* the runner is gone; what is left is to read and to say so */
    bool has_ending; /* it left word */
    fid__ending ending;
    double started;
    double look_at, pause; /* when to see whether the runner lives */
    uint64_t refused;
    char complaint[256]; /* about the first refused line */
} fid__local_job;

typedef struct {
    fid_exec_local_options options; /* strings are in `kept` */
    fid__words kept;
    fid_collect *collect;
    char *folder_path;
    int folder, inotify;
    fid__local_job **jobs;
    size_t n_jobs, cap_jobs, next_job; /* next_job: whose turn it is */
    bool *slots;                       /* [parallel] taken */
    pid_t *leaving; /* runners that have said all, not waited for yet */
    size_t n_leaving, cap_leaving;
    fid__words texts;   /* of the reports of the last poll */
    fid__report report; /* scratch */
    fid__lines *lines;
    char *buffer; /* [FID__READ_SIZE] */
} fid__local;

/* Where poll puts what happened. */
typedef struct {
    fid_exec_report *reports;
    size_t cap, n;
} fid__sink;

double fid__local_clock(void); /* CLOCK_MONOTONIC, seconds */
const char *const *fid__local_environment(const fid__local *local);

/* local_start.c: make the folders and start the runner; what goes wrong becomes the job's
 * ending. Open an attempt that was started before. */
void fid__local_launch(fid__local *local, fid__local_job *job, const fid_job *what);
void fid__local_reopen(fid__local *local, fid__local_job *job, const fid_job *what);

/* local_read.c: the job's news, while there is room in the sink. true: more may follow. */
bool fid__local_read(fid__local *local, fid__local_job *job, fid__sink *sink);
/* After a reopen: skip what was taken before `offset`. */
void fid__local_seek(fid__local *local, fid__local_job *job, uint64_t offset);

/* local_end.c */
/* Whether the runner lives; if not, job->over and its ending are set. */
bool fid__local_is_alive(fid__local *local, fid__local_job *job);
bool fid__local_is_locked(int dir);
/* Tell the runner of the attempt in `dir` to stop it. true: told, or there is none. */
bool fid__local_tell_stop(int dir, double grace);
/* The ENDED report. */
void fid__local_say_end(fid__local *local, fid__local_job *job, fid_exec_report *out);

#endif
