#define LANES 2
#define WIDTH 2
#define OPS   fid__linalg_base
#define NAME  "base"
#include "linalg/tile_body.h"
