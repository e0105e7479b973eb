/* check.h -- the whole test framework. A test program is a list of TESTs and a main
 * that RUNs them; a failed CHECK prints where and what, and the program exits 1. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int check_failures;
static int check_skipped;

#define TEST(name) static void name(void)

#define RUN(name)                                                                      \
    do {                                                                               \
        int before_ = check_failures;                                                  \
        check_skipped = 0;                                                             \
        name();                                                                        \
        printf("%s %s\n",                                                              \
               check_failures != before_ ? "not ok" : check_skipped ? "skip  " : "ok    ", \
               #name);                                                                 \
        fflush(stdout);                                                                \
    } while (0)

/* Where a test makes its files: $TMPDIR, else in memory where there is /dev/shm. */
static inline const char *check_place(void)
{
    const char *chosen = getenv("TMPDIR");
    return chosen && *chosen                 ? chosen
           : access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                             : "/tmp";
}

#define DONE() return check_failures ? EXIT_FAILURE : EXIT_SUCCESS

/* Leave the TEST and count it as skipped, saying why. */
#define SKIP(why)                                                                      \
    do {                                                                               \
        check_skipped = 1;                                                             \
        printf("skipped: %s\n", why);                                                  \
        return;                                                                        \
    } while (0)

#define CHECK(cond)                                                                    \
    do {                                                                               \
        if (!(cond)) {                                                                 \
            check_failures++;                                                          \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #cond);                          \
        }                                                                              \
    } while (0)

/* |got - want| <= rel * max(1, |want|) */
#define CHECK_NEAR(got, want, rel)                                                     \
    do {                                                                               \
        double got_ = (got), want_ = (want), rel_ = (rel);                             \
        if (!(fabs(got_ - want_) <= rel_ * fmax(1.0, fabs(want_)))) {                  \
            check_failures++;                                                          \
            printf("%s:%d: %s = %.17g, want %.17g within %.1e\n", __FILE__, __LINE__,  \
                   #got, got_, want_, rel_);                                           \
        }                                                                              \
    } while (0)

#endif
