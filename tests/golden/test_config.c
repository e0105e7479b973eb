/* What is said of wrong sweep files, word for word: tests/golden/config/wrong.txt, written
 * by make.py beside it. And hostile files: a clear error, soon, in little memory. */
#include "check.h"

#include <fidelio/config.h>

#include <string.h>
#include <sys/resource.h>
#include <time.h>

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    fid_text text = {0};
    char bytes[65536];
    for (size_t n; file && (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        fid_text_append_n(&text, bytes, n);
    if (file)
        (void)fclose(file);
    return fid_text_take(&text);
}

static void say(const char *file, size_t n, fid_text *out, fid_status *status)
{
    fid_sweep *sweep = NULL;
    fid_diagnostics d = {0};
    *status = fid_sweep_parse(&sweep, file, n, "sweep.yaml", &d);
    fid_diagnostics_to_text(&d, FID_SEVERITY_NOTE, out);
    fid_diagnostics_deinit(&d);
    fid_sweep_destroy(sweep);
}

static void check_case(const char *name, const char *file, size_t n, const char *want,
                       size_t n_want)
{
    fid_text got = {0};
    fid_status status;
    say(file, n, &got, &status);
    bool same = got.len == n_want && memcmp(got.data, want, n_want) == 0;
    if (!same || status != FID_PARSE)
        printf("%s: %s\n", name, got.data ? got.data : "");
    CHECK(same);
    CHECK(status == FID_PARSE);
    fid_text_deinit(&got);
}

TEST(every_wrong_file_is_answered_as_it_was_read_and_agreed)
{
    fid_text path = {0};
    fid_text_printf(&path, "%s/tests/golden/config/wrong.txt",
                    getenv("FIDELIO_SOURCE") ? getenv("FIDELIO_SOURCE") : ".");
    char *text = read_whole(path.data), *at = text;
    size_t n = 0;
    while (at && strncmp(at, "==== ", 5) == 0) {
        char *name = at + 5, *file = strchr(name, '\n') + 1;
        char *bar = strncmp(file, "----\n", 5) == 0 ? file
                                                    : strstr(file, "\n----\n") + 1;
        char *said = bar + 5, *next = strstr(said, "\n==== ");
        size_t n_said = next ? (size_t)(next + 1 - said) : strlen(said);
        file[-1] = '\0';
        check_case(name, file, (size_t)(bar - file), said, n_said);
        at = next ? next + 1 : NULL;
        n++;
    }
    CHECK(n >= 60);
    free(text);
    fid_text_deinit(&path);
}

/* --- hostile files */

static void repeat(fid_text *out, const char *piece, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fid_text_append(out, piece);
}

static void check_hostile(const char *name, const fid_text *file)
{
    struct timespec before, after;
    fid_text said = {0};
    fid_status status;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    say(file->data, file->len, &said, &status);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double took = (double)(after.tv_sec - before.tv_sec) +
                  1e-9 * (double)(after.tv_nsec - before.tv_nsec);
    printf("%s: %.1f ms, %zu bytes of words\n", name, took * 1e3, said.len);
    CHECK(status == FID_PARSE);
    CHECK(said.len > 0 && said.len < 20000);
    fid_text_deinit(&said);
}

TEST(hostile_files_end_in_a_clear_error)
{
    fid_text file = {0};
    repeat(&file, "[", 100000);
    check_hostile("deep list", &file);
    fid_text_clear(&file);
    repeat(&file, "{a: ", 100000);
    check_hostile("deep mapping", &file);
    fid_text_clear(&file);
    fid_text_append(&file,
                    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n");
    repeat(&file, "c: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n", 20);
    check_hostile("aliases", &file);
    fid_text_clear(&file);
    fid_text_append(&file, "metric: ");
    repeat(&file, "x", 1000000);
    check_hostile("one scalar of a megabyte", &file);
    fid_text_clear(&file);
    for (size_t i = 0; i < 200000; i++)
        fid_text_append_n(&file, (const char[]){(char)(i * 7919 >> 3), (char)i, 0}, 3);
    check_hostile("binary", &file);
    fid_text_clear(&file);
    fid_text_append_n(&file,
                      "\xFF\xFE"
                      "a\0:\0 \0b\0",
                      10);
    check_hostile("UTF-16", &file);
    fid_text_clear(&file);
    repeat(&file, "- a\n", 200000);
    check_hostile("many nodes", &file);
    fid_text_deinit(&file);
}

TEST(mutated_files_never_crash)
{
    static const char good[] =
        "metric: {name: loss, goal: minimize}\ncommand: [train, \"${args}\"]\n"
        "parameters:\n  x: {min: 1e-3, max: 1.0, scale: log, when: {b: u}}\n  b: {values: [u, v]}\n"
        "constraints: [\"x * 2 < 1.5\"]\nfidelity: {min: 1, max: 27, mode: resume}\n"
        "collect: [{from: stdout, regex: '(?<loss>.*)'}]\nbudget: {time: 1h, trials: 9}\n";
    fid_rng rng = fid_rng_stream(1, FID_RNG_TEST, 0);
    for (int i = 0; i < 3000; i++) {
        char copy[sizeof good];
        memcpy(copy, good, sizeof good);
        size_t n = sizeof good - 1;
        for (uint64_t k = fid_rng_below(&rng, 6); k < 6; k++)
            copy[fid_rng_below(&rng, n)] = (char)fid_rng_below(&rng, 256);
        if (i % 3 == 0)
            n = (size_t)fid_rng_below(&rng, n);
        fid_text said = {0};
        fid_status status;
        say(copy, n, &said, &status);
        CHECK(status == FID_OK || (status == FID_PARSE && said.len));
        fid_text_deinit(&said);
    }
}

int main(void)
{
    RUN(every_wrong_file_is_answered_as_it_was_read_and_agreed);
    RUN(hostile_files_end_in_a_clear_error);
    RUN(mutated_files_never_crash);
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("peak memory %ld KiB\n", usage.ru_maxrss);
    DONE();
}
