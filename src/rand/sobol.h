#ifndef RAND_SOBOL_H
#define RAND_SOBOL_H

#include <fidelio/rand.h>

/* Dimension j + 1 of the sequence (dimension 0 is van der Corput's): its primitive
 * polynomial as bits, the leading one included, and m_1 .. m_degree. */
typedef struct {
    uint16_t polynomial;
    uint16_t m[13];
} fid__sobol_row;

extern const fid__sobol_row fid__sobol_table[FID_SOBOL_MAX_DIM - 1];

#endif
