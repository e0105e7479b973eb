/* The report's tables as Markdown. */
#ifndef BENCH_MARKDOWN_H
#define BENCH_MARKDOWN_H

#include "numbers.h"

void bench_markdown_table(const bench_table *t, const char *group,
                          const bench_numbers *x);

/* Median and quartiles of every problem at the end: a row a problem. */
void bench_markdown_problems(const bench_table *t, const bench_numbers *x);

/* See pairs.h. */
fid_status bench_markdown_pairs(const bench_table *arenas, size_t n_arenas,
                                const bench_result *results, size_t n,
                                const char *against);

#endif
