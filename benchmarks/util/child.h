/* A child process that is asked in lines and answers in lines. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <fidelio/base.h>

typedef struct bench_child bench_child;

/* argv ends with NULL; argv[0] is looked up in PATH. It starts in `folder` (NULL:
 * here). The child leads a session of its own, so that all it starts ends with it.
 * FID_IO when it cannot be started. */
fid_status bench_child_start(bench_child **out, char *const argv[], const char *folder,
                             fid_error *err);

/* Send `line` (a newline is added). FID_IO: the child is gone. */
fid_status bench_child_send(bench_child *child, const char *line, fid_error *err);

/* The next line without its newline; it lives until the next call. FID_LIMIT: nothing
 * within `timeout` seconds; FID_IO: the child is gone; FID_PARSE: a line beyond 16 MiB.
 * The words name how it ended and what it last wrote to stderr. */
fid_status bench_child_receive(bench_child *child, double timeout, const char **line,
                               fid_error *err);

/* The last bytes of its stderr, without line ends; "" when it was silent. */
const char *bench_child_last_words(bench_child *child);

/* CPU seconds that its process has used (not its children). */
double bench_child_cpu(const bench_child *child);

/* Close its stdin, give it a moment to go, kill its session. NULL is fine. */
void bench_child_stop(bench_child *child);

#endif
