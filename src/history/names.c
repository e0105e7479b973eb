#include <fidelio/history.h>

#include <string.h>

const char *fid_trial_state_name(fid_trial_state state)
{
    static const char *const names[] = {"waiting",  "running", "paused",
                                        "complete", "pruned",  "failed"};
    return (size_t)state < sizeof names / sizeof *names ? names[state] : "unknown";
}

const char *fid_reason_name(fid_reason reason)
{
    static const char *const names[] = {"none",    "infeasible",   "timeout",  "memory",
                                        "crashed", "superseded",   "diverged", "launch",
                                        "lost",    "no metric",    "rule",     "user",
                                        "ended",   "checkpointed", "shortage"};
    return (size_t)reason < sizeof names / sizeof *names ? names[reason] : "unknown";
}

/* A quiet NaN with a payload that no arithmetic makes. */
static const uint64_t absent_bits = UINT64_C(0x7ff8f1d0abcde000);

double fid_absent(void)
{
    double x;
    memcpy(&x, &absent_bits, sizeof x);
    return x;
}

bool fid_is_absent(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits == absent_bits;
}
