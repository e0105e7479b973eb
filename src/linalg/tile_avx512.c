#if defined(__x86_64__)
#define LANES 8
#define WIDTH 4
#define OPS   fid__linalg_avx512
#define NAME  "AVX-512"
#include "linalg/tile_body.h"
#else
typedef int fid__not_for_this_machine;
#endif
