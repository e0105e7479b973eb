#if defined(__x86_64__)
#define LANES 4
#define WIDTH 2
#define OPS   fid__linalg_avx2
#define NAME  "AVX2"
#include "linalg/tile_body.h"
#else
typedef int fid__not_for_this_machine;
#endif
