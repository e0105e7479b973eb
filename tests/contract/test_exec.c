/* What every executor keeps to: the call, local processes. (The simulator has virtual time
 * and its own test.) */
#include "fault/harness.h"

#include <signal.h>

/* The objective and the zoo's `train` do the same: steps 1.. with loss step + 0.5. */
enum { STEPS = 20 };
static int n_told;

static fid_end train(void *ctx, const fid_job *job, fid_call *call)
{
    long steps = *(const long *)ctx;
    for (long step = 1; step <= steps; step++) {
        double value = (double)step + 0.5;
        if (fid_call_report(call, (double)step, &value, 1)) {
            n_told++;
            return FID_END_DONE;
        }
    }
    return job->config[1].i == 3 ? FID_END_DONE : FID_END_CRASHED;
}

typedef struct {
    const fid_exec_type *type;
    void *state;
    long steps;
} subject;

static fault f;

static void open_subject(subject *s, const fid_exec_type *type, long steps)
{
    fid_error err = {0};
    *s = (subject){.type = type, .state = calloc(1, type->state_size), .steps = steps};
    const fid_exec_call_options call = {train, &s->steps};
    snprintf(f.number, sizeof f.number, "%ld", steps);
    f.command[0] = f.zoo;
    f.command[1] = "train";
    f.command[2] = f.number;
    const void *options = type == &fid_exec_call ? (const void *)&call : &f.options;
    CHECK(type->open(s->state, options, &err) == FID_OK);
}

static void close_subject(subject *s)
{
    s->type->close(s->state);
    free(s->state);
}

static bool next(subject *s, fid_exec_report *out)
{
    size_t n = 0;
    double end = fault_now() + 30;
    while (n == 0 && fault_now() < end)
        CHECK(s->type->poll(s->state, 5, out, 1, &n, NULL) == FID_OK);
    return n == 1;
}

static void start(subject *s, uint64_t trial, uint32_t attempt)
{
    fid_error err = {0};
    fid_job job = fault_job(&f, trial, attempt);
    CHECK(s->type->start(s->state, &job, &err) == FID_OK);
}

static void reports_come_in_order_and_then_the_end(const fid_exec_type *type)
{
    static uint64_t trial = 10;
    subject s;
    fid_exec_report r;
    uint64_t offset = 0;
    open_subject(&s, type, STEPS);
    size_t slots = type->free_slots(s.state);
    CHECK(slots >= 1);
    for (uint32_t attempt = 1; attempt <= 2; attempt++) {
        start(&s, trial, attempt);
        CHECK(type->free_slots(s.state) == slots - 1);
        for (int step = 1; step <= STEPS; step++) {
            CHECK(next(&s, &r) && r.kind == FID_EXEC_REPORT);
            CHECK(r.trial == trial && r.attempt == attempt && r.step == step);
            CHECK(r.given == 1 && r.values[0] == step + 0.5 && isnan(r.values[1]));
            CHECK(r.offset > offset);
            offset = r.offset;
        }
        CHECK(next(&s, &r) && r.kind == FID_EXEC_ENDED && r.end == FID_END_DONE);
        CHECK(r.trial == trial && r.attempt == attempt && r.seconds > 0);
        CHECK(type->free_slots(s.state) == slots);
        offset = 0;
    }
    trial++;
    close_subject(&s);
}

static void
a_full_executor_refuses_and_a_stranger_is_not_found(const fid_exec_type *type)
{
    subject s;
    fid_exec_report r;
    open_subject(&s, type, 1000000);
    size_t slots = type->free_slots(s.state);
    for (size_t i = 0; i < slots; i++)
        start(&s, 20 + i, 1);
    fid_job job = fault_job(&f, 99, 1);
    CHECK(type->start(s.state, &job, NULL) == FID_LIMIT);
    CHECK(type->stop(s.state, 99, 0) == FID_NOT_FOUND);
    for (size_t i = 0; i < slots; i++)
        CHECK(type->stop(s.state, 20 + i, 0.1) == FID_OK);
    for (size_t ended = 0; ended < slots && next(&s, &r);)
        ended += r.kind == FID_EXEC_ENDED && r.end == FID_END_STOPPED;
    CHECK(type->free_slots(s.state) == slots);
    close_subject(&s);
}

static void a_look_does_not_wait(const fid_exec_type *type)
{
    subject s;
    fid_exec_report r;
    size_t n;
    open_subject(&s, type, 1000000);
    CHECK(type->poll(s.state, 0, &r, 1, &n, NULL) == FID_OK && n == 0);
    CHECK(type->poll(s.state, -1, &r, 1, &n, NULL) == FID_OK && n == 0);
    start(&s, 30, 1);
    for (int i = 0; i < 50; i++)
        CHECK(type->poll(s.state, 0, &r, 1, &n, NULL) == FID_OK && n <= 1);
    CHECK(type->stop(s.state, 30, 0) == FID_OK);
    while (next(&s, &r) && r.kind != FID_EXEC_ENDED)
        continue;
    CHECK(r.end == FID_END_STOPPED && r.trial == 30);
    close_subject(&s);
}

TEST(reports_in_order)
{
    reports_come_in_order_and_then_the_end(&fid_exec_call);
    reports_come_in_order_and_then_the_end(&fid_exec_local);
}

TEST(full_and_stranger)
{
    a_full_executor_refuses_and_a_stranger_is_not_found(&fid_exec_call);
    CHECK(n_told == 1);
    a_full_executor_refuses_and_a_stranger_is_not_found(&fid_exec_local);
}

TEST(look)
{
    a_look_does_not_wait(&fid_exec_call);
    a_look_does_not_wait(&fid_exec_local);
}

TEST(a_call_that_is_closed_while_it_runs_is_told_to_return)
{
    subject s;
    fid_exec_report r;
    int before = n_told;
    open_subject(&s, &fid_exec_call, 1000000);
    start(&s, 40, 1);
    CHECK(next(&s, &r));
    close_subject(&s);
    CHECK(n_told == before + 1);
    open_subject(&s, &fid_exec_call, 1000000);
    start(&s, 41, 1);
    close_subject(&s);
    CHECK(n_told == before + 2);
}

TEST(a_local_executor_refuses_bad_options)
{
    fid_error err;
    void *state = calloc(1, fid_exec_local.state_size);
    const fid_collect bad = {FID_FROM_STDOUT, "(", FID_STEP_TOTAL, 0};
    fid_exec_local_options o = f.options;
    o.runner = "/no/such/runner";
    CHECK(fid_exec_local.open(state, &o, &err) == FID_INVALID);
    CHECK(strstr(err.message, "/no/such/runner") != NULL);
    o = f.options;
    o.parallel = 0;
    CHECK(fid_exec_local.open(state, &o, &err) == FID_INVALID);
    o = f.options;
    o.collect = &bad;
    o.n_collect = 1;
    CHECK(fid_exec_local.open(state, &o, &err) == FID_INVALID && err.column > 0);
    o = f.options;
    o.folder = "/proc/no/such";
    CHECK(fid_exec_local.open(state, &o, &err) == FID_IO);
    free(state);
}

int main(void)
{
    fault_init(&f, "contract");
    RUN(reports_in_order);
    RUN(full_and_stranger);
    RUN(look);
    RUN(a_call_that_is_closed_while_it_runs_is_told_to_return);
    RUN(a_local_executor_refuses_bad_options);
    CHECK(fault_nobody_left(&f));
    fault_deinit(&f);
    DONE();
}
