#if defined(__x86_64__)
#define OPS fid__gp_avx512
#include "gp/rows_body.h"
#else
typedef int fid__not_for_this_machine;
#endif
