#define OPS fid__gp_base
#include "gp/rows_body.h"
