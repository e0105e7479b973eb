/* tree.h -- processes below one, found in /proc. */
#ifndef EXEC_TREE_H
#define EXEC_TREE_H

#include <fidelio/base.h>

#include <sys/types.h>

typedef struct {
    pid_t *pids;
    size_t n, cap;
} fid__pids;

/* All descendants of `root`, itself not included; zombies too. Best effort: what cannot be
 * read or allocated is missing. Release pids with free(). */
void fid__tree_list(pid_t root, fid__pids *out);
/* Its children only. */
void fid__tree_children(pid_t parent, fid__pids *out);

/* Resident bytes of the processes. Where plain sizes add up to more than `enough`, memory
 * that they share is counted once (PSS), which costs more to find out. */
uint64_t fid__tree_resident(const fid__pids *pids, uint64_t enough);

/* Kill every process whose environment has an entry that begins with `tag`
 * ("FIDELIO_REPORT=/..."), and wait up to `seconds` until none is left. Never the caller itself. Returns how many were
 * killed; *left = how many remain. Zombies do not count. */
size_t fid__tree_sweep(const char *tag, double seconds, size_t *left);

#endif
