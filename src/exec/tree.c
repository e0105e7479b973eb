#include "exec/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static size_t read_file(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    if (fd < 0)
        return 0;
    for (ssize_t got; n < size && (got = read(fd, buffer + n, size - n)) > 0;)
        n += (size_t)got;
    close(fd);
    return n;
}

static void add_pid(fid__pids *out, pid_t pid)
{
    pid_t *grown = fid_grow(out->pids, &out->cap, out->n + 1, sizeof *out->pids);
    if (!grown)
        return;
    out->pids = grown;
    out->pids[out->n++] = pid;
}

/* Call `visit` for every entry of a folder of /proc that is a number. */
static void each_number(const char *folder, void (*visit)(void *ctx, pid_t id),
                        void *ctx)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (isdigit((unsigned char)entry->d_name[0]))
            visit(ctx, (pid_t)strtol(entry->d_name, NULL, 10));
    closedir(dir);
}

/* --- by /proc/PID/task/TID/children, where the kernel has it */

typedef struct {
    pid_t parent;
    fid__pids *out;
} children_context;

static void add_children(void *ctx, pid_t task)
{
    children_context *c = ctx;
    char path[64], *list = NULL;
    size_t size = 4096, n = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)c->parent, (int)task);
    for (;; size *= 2) {
        char *grown = realloc(list, size);
        if (!grown)
            break;
        list = grown;
        n = read_file(path, list, size - 1);
        if (n < size - 1)
            break;
    }
    if (list) {
        list[n] = '\0';
        char *s = list, *end;
        for (long pid; (pid = strtol(s, &end, 10)) > 0 && end != s; s = end)
            add_pid(c->out, (pid_t)pid);
    }
    free(list);
}

static bool have_children_files(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    return access(path, R_OK) == 0;
}

static void list_by_children(pid_t parent, fid__pids *out)
{
    char folder[64];
    children_context c = {parent, out};
    snprintf(folder, sizeof folder, "/proc/%d/task", (int)parent);
    each_number(folder, add_children, &c);
}

/* --- by the parent that each process names, where it has not */

typedef struct {
    fid__pids pids, parents;
} all_processes;

static void add_process(void *ctx, pid_t pid)
{
    all_processes *all = ctx;
    char path[64], stat[512];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    size_t n = read_file(path, stat, sizeof stat - 1);
    stat[n] = '\0';
    const char *after_name = strrchr(stat, ')');
    if (!after_name || sscanf(after_name + 1, " %*c %d", &parent) != 1)
        return;
    add_pid(&all->pids, pid);
    add_pid(&all->parents, (pid_t)parent);
}

static void list_all(all_processes *all)
{
    each_number("/proc", add_process, all);
    if (all->parents.n < all->pids.n)
        all->pids.n = all->parents.n; /* out of memory */
}

static void list_by_parents(const all_processes *all, pid_t parent, fid__pids *out)
{
    for (size_t i = 0; i < all->pids.n; i++)
        if (all->parents.pids[i] == parent)
            add_pid(out, all->pids.pids[i]);
}

/* --- the tree */

static void list(pid_t root, bool deep, fid__pids *out)
{
    all_processes all = {0};
    bool quick = have_children_files();
    if (!quick)
        list_all(&all);
    out->n = 0;
    for (size_t next = 0; next <= out->n && (deep || next == 0); next++) {
        pid_t parent = next ? out->pids[next - 1] : root;
        if (quick)
            list_by_children(parent, out);
        else
            list_by_parents(&all, parent, out);
    }
    free(all.pids.pids);
    free(all.parents.pids);
}

void fid__tree_list(pid_t root, fid__pids *out)
{
    list(root, true, out);
}

void fid__tree_children(pid_t parent, fid__pids *out)
{
    list(parent, false, out);
}

/* --- memory */

static uint64_t resident(pid_t pid)
{
    char path[64], statm[128];
    unsigned long long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    statm[read_file(path, statm, sizeof statm - 1)] = '\0';
    if (sscanf(statm, "%*u %llu", &pages) != 1)
        return 0;
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t proportional(pid_t pid)
{
    char path[64], rollup[2048];
    unsigned long long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    rollup[read_file(path, rollup, sizeof rollup - 1)] = '\0';
    const char *at = strstr(rollup, "\nPss:");
    if (!at || sscanf(at + 5, " %llu", &kib) != 1)
        return resident(pid);
    return (uint64_t)kib * 1024;
}

uint64_t fid__tree_resident(const fid__pids *pids, uint64_t enough)
{
    uint64_t sum = 0, shared_once = 0;
    for (size_t i = 0; i < pids->n; i++)
        sum += resident(pids->pids[i]);
    if (sum <= enough || pids->n < 2)
        return sum;
    for (size_t i = 0; i < pids->n; i++)
        shared_once += proportional(pids->pids[i]);
    return shared_once;
}

/* --- by environment */

static bool has_tag(pid_t pid, const char *tag, char *buffer, size_t size)
{
    char path[64];
    size_t tag_len = strlen(tag);
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    size_t n = read_file(path, buffer, size - 1);
    buffer[n] = '\0';
    for (size_t at = 0; at < n; at += strlen(buffer + at) + 1)
        if (strncmp(buffer + at, tag, tag_len) == 0)
            return true;
    return false;
}

typedef struct {
    const char *tag;
    char *buffer;
    size_t size, found;
} sweep_context;

/* The descriptor is taken before the environment is read, so that a number that is used
 * again for another process cannot be hit. The group goes too: a process that forks and
 * dies, again and again, is gone before a signal to itself arrives. */
static void kill_if_tagged(void *ctx, pid_t pid)
{
    sweep_context *s = ctx;
    if (pid == getpid())
        return;
    pid_t group = getpgid(pid);
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return;
    if (has_tag(pid, s->tag, s->buffer, s->size)) {
        s->found++;
        if (group > 1 && group != getpgrp() && getpgid(pid) == group)
            (void)kill(-group, SIGKILL);
        (void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    }
    close(fd);
}

/* Processes created since the machine started; 0 = unknown. */
static unsigned long long count_forks(char *buffer, size_t size)
{
    unsigned long long n = 0;
    buffer[read_file("/proc/stat", buffer, size - 1)] = '\0';
    const char *at = strstr(buffer, "\nprocesses ");
    return at && sscanf(at + 11, "%llu", &n) == 1 ? n : 0;
}

/* A look at /proc that finds nobody proves it only when no process was created meanwhile;
 * else one may have slipped from a number not read yet to one read already. On a busy
 * machine several such looks in a row must do. */
size_t fid__tree_sweep(const char *tag, double seconds, size_t *left)
{
    enum { BUFFER = 1 << 21, PAUSE_US = 1000, EMPTY_LOOKS = 10 };
    sweep_context s = {tag, malloc(BUFFER), BUFFER, 0};
    size_t most = 0;
    int empty = 0;
    *left = 0;
    for (double waited = 0; s.buffer && waited <= seconds; waited += PAUSE_US * 1e-6) {
        unsigned long long before = count_forks(s.buffer, s.size);
        s.found = 0;
        each_number("/proc", kill_if_tagged, &s);
        most = s.found > most ? s.found : most;
        *left = s.found;
        empty = s.found ? 0 : empty + 1;
        if (empty && before && before == count_forks(s.buffer, s.size))
            break;
        if (empty >= EMPTY_LOOKS)
            break;
        nanosleep(&(struct timespec){0, PAUSE_US * 1000}, NULL);
    }
    free(s.buffer);
    return most;
}
