/* The conductor's own layout; shared by the files of this room. */
#ifndef STUDY_STUDY_H
#define STUDY_STUDY_H

#include <fidelio/study.h>

typedef struct fid__chunk fid__chunk;

/* Events that were folded but are not durable yet, with everything they point to. */
typedef struct {
    fid_event *events;
    size_t n, cap;
    fid__chunk *chunks; /* memory of points, values, texts */
} fid__queue;

/* Best complete trials whose checkpoints are kept, best first. */
typedef struct {
    uint64_t *trials;
    size_t n;
} fid__kept;

struct fid_study {
    fid_study_settings settings;
    const fid_space *space;
    fid_space *own_space; /* of open_stored */
    char *own_name;
    char *definition;
    fid_history *history;

    const fid_store_type *store;
    void *store_state;
    bool store_open;

    void *sampler_state, *scheduler_state;
    fid__queue queue;

    uint64_t *waiting; /* trials to run next, oldest first, from `waiting_head` */
    size_t waiting_head, n_waiting, waiting_cap;

    size_t failures_in_a_row;
    bool target_reached;
    bool exhausted;          /* the sampler has nothing new */
    int64_t active_us;       /* time under an engine, all sessions */
    int64_t last_us;         /* time of the latest event */
    bool busy;               /* a trial ran after it */
    int64_t clock_offset_us; /* of the time of day to CLOCK_MONOTONIC, at opening */

    fid_value *config; /* of the last ask */
    double *point;     /* scratch [dim] */
    fid__kept kept;
    size_t unswept;             /* changes since all paused trials were looked at */
    const fid_run_hooks *hooks; /* while running */
    const fid_exec_type *exec_type;
    void *exec;
};

/* --- journal.c: fold now, durable at commit. */

/* Stamp, fold, tell sampler and scheduler, queue for the store. */
fid_status fid__emit(fid_study *study, fid_event *event, fid_error *err);
/* Make the queue durable. On failure it stays queued. */
fid_status fid__commit(fid_study *study, fid_error *err);
void fid__queue_deinit(fid__queue *queue);
/* What follows from a folded event outside the history: used live and in replay. */
fid_status fid__follow(fid_study *study, const fid_event *event);
int64_t fid__now_us(const fid_study *study);
void fid__set_clock(fid_study *study);
/* Time under an engine when it is `now_us`. */
int64_t fid__active_until(const fid_study *study, int64_t now_us);

/* --- definition.c */
fid_status fid__definition_write(const fid_study_settings *settings,
                                 const fid_space *space, fid_text *out);
typedef struct {
    fid_space *space;
    fid_outline outline;
    uint64_t seed;
    char *sampler, *scheduler, *name;
} fid__definition;
fid_status fid__definition_read(const char *text, fid__definition *out, fid_error *err);
void fid__definition_deinit(fid__definition *definition);
/* Words for what differs between two outlines; nothing when equal. */
void fid__outline_diff(const fid_outline *before, const fid_outline *after,
                       fid_text *out);

/* --- ask.c, report.c without the commit: for the loop, which commits once a round. The
 * ask comes without its config: the loop decodes that when it starts the trial. */
fid_status fid__ask(fid_study *study, fid_ask *out, fid_error *err);
fid_status fid__enqueue(fid_study *study, const fid_value *config, fid_origin origin,
                        uint64_t *trial, fid_error *err);
fid_status fid__report(fid_study *study, const fid_event *report, fid_decision *out,
                       fid_error *err);
fid_status fid__end(fid_study *study, uint64_t trial, uint32_t attempt, fid_end how,
                    const char *words, fid_error *err);
/* --- inherit.c: trials whose checkpoints others begin with; -1 = none. While running. */
int64_t fid__choose_parent(const fid_study *study, uint64_t id);
int64_t fid__parent_of(const fid_study *study, uint64_t id); /* while it is there */
bool fid__is_needed_by_children(const fid_study *study, uint64_t id);

/* The study's own limits: nothing new may start. */
bool fid__over(const fid_study *study);
/* {"rule":..} for DECIDED and STARTED. */
void fid__numbers_json(const fid_decision *numbers, fid_text *out);

/* --- setup.c: sampler and scheduler states from settings. */
fid_status fid__make_sampler(const fid_study *study, void **state, fid_error *err);
fid_status fid__make_scheduler(const fid_study *study, void **state, fid_error *err);

/* --- checkpoints.c: after `trial` changed, discard what the policy lets go. O(log n) on
 * average. */
void fid__collect_garbage(fid_study *study, const fid_exec_type *type, void *exec,
                          uint64_t trial);
/* The same for all trials, and for all paused ones. */
void fid__collect_all(fid_study *study, const fid_exec_type *type, void *exec);
void fid__sweep_garbage(fid_study *study, const fid_exec_type *type, void *exec);

#endif
