/* order.h -- what the engine tells a runner, in its argv:
 *   PROGRAM runner key=value... -- COMMAND...
 * The trial's environment is the runner's own. Three descriptors are inherited. */
#ifndef EXEC_ORDER_H
#define EXEC_ORDER_H

#include "exec/command.h"

enum {
    FID__FD_LOCK = 3,    /* flock'ed: held as long as the runner lives */
    FID__FD_CONTROL = 4, /* a FIFO, open both ways: lines "stop SECONDS" */
    FID__FD_DIR = 5,     /* the attempt's folder */
};

typedef struct {
    double timeout, idle_timeout, grace; /* seconds; 0 = no timeout */
    uint64_t mem, log_cap;               /* bytes; mem 0 = no limit */
    int64_t engine;       /* kill the trial when this process dies; 0 = no */
    double budget_done;   /* for collect */
    const char *workdir;  /* NULL = as it is */
    fid_collect *collect; /* [n_collect]; regex borrowed */
    size_t n_collect;
    char *const *command; /* NULL at the end; borrowed from argv */
} fid__order;

/* command, collect and workdir are taken from `order`. */
void fid__order_write(const fid__order *order, fid__words *out);
/* argv as main got it. false: not an order. Release with fid__order_deinit. */
bool fid__order_read(int argc, char **argv, fid__order *out);
void fid__order_deinit(fid__order *order);

#endif
