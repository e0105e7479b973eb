#include "check.h"

#include "golden/bbob.h"
#include "problems/bbob.h"

TEST(values_agree_with_coco)
{
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        const bbob_golden *g = &golden[i];
        bench_bbob *f = bench_bbob_create(g->function, g->d, g->instance);
        double value = bench_bbob_value(f, g->x);
        if (!(fabs(value - g->value) <= 1e-9 * fmax(1.0, fabs(g->value))))
            printf("f%u i%u d%zu\n", g->function, g->instance, g->d);
        CHECK_NEAR(value, g->value, 1e-9);
        CHECK(bench_bbob_optimum(f) <= value);
        bench_bbob_destroy(f);
    }
}

int main(void)
{
    RUN(values_agree_with_coco);
    DONE();
}
