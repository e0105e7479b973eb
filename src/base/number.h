#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>

/* The shortest of 15, 16, 17 digits that reads back; returns the length. */
size_t fid__format_double(char out[32], double x);
/* The same where exact arithmetic is quick; 0 where it is not, and `out` is spoilt. */
size_t fid__format_exactly(char out[32], double x);

#endif
