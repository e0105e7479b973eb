/* ending.h -- how an attempt ended, as the runner writes it into the file `exit`: words
 * key=value on one line. Pure. */
#ifndef EXEC_ENDING_H
#define EXEC_ENDING_H

#include <fidelio/base.h>

/* Why it is over. EXITED covers exit codes and signals that nobody of us sent. */
#define FID__WHY_MAP(X)                                                                \
    X(EXITED, "exited")                                                                \
    X(STOPPED, "stopped") /* the engine asked */                                       \
    X(TIMEOUT, "timeout")                                                              \
    X(IDLE, "idle")                                                                    \
    X(MEMORY, "memory")                                                                \
    X(LAUNCH, "launch")       /* code is errno */                                      \
    X(ORPHANED, "orphaned")   /* the engine died, and orphans are to be killed */      \
    X(SIGNALLED, "signalled") /* somebody asked the runner itself to end */

typedef enum {
#define X(name, word) FID__WHY_##name,
    FID__WHY_MAP(X)
#undef X
        FID__N_WHY
} fid__why;

typedef struct {
    fid__why why;
    int code;       /* exit code, -signal, errno for LAUNCH */
    double seconds; /* wall */
    double cpu;     /* seconds, all processes that were waited for */
    uint64_t peak;  /* bytes: largest resident size of one process, or of the tree where
                        it was measured */
    uint32_t outlived;  /* processes that were still there after the trial's end */
    uint32_t left;      /* processes that could not be killed */
    uint64_t n_cut;     /* output lines that were too long */
    uint64_t n_dropped; /* metrics that could not be written */
} fid__ending;

void fid__ending_write(const fid__ending *ending, fid_text *out);
/* false: malformed, e.g. truncated by a power failure. */
bool fid__ending_read(const char *text, size_t n, fid__ending *out);

#endif
