/* The trainer's back-propagation against central differences of its own loss. */
#include "../../../benchmarks/mlp/base.c"
#include "../../../benchmarks/mlp/data.c"
#include "../../../benchmarks/mlp/net.c"
#include "check.h"

enum { ROWS = 7, FEATURES = 5, CLASSES = 3 };

static double loss_at(net *m, const float *x, const int *y, float *weight, float value)
{
    size_t wrong = 0;
    float keep = *weight;
    *weight = value;
    double loss = net_forward(m, x, y, ROWS, NULL, &wrong);
    *weight = keep;
    return loss;
}

static void check_gradient(activation act, size_t depth)
{
    net m;
    float x[ROWS * FEATURES];
    int y[ROWS];
    stream s = stream_of(5, 0, 0);
    for (size_t i = 0; i < ROWS * FEATURES; i++)
        x[i] = (float)stream_normal(&s);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (int)(i % CLASSES);
    net_init(&m, FEATURES, 6, depth, CLASSES, act, 0, ROWS, 3);
    size_t wrong = 0;
    (void)net_forward(&m, x, y, ROWS, NULL, &wrong);
    net_backward(&m, x, y, ROWS);
    for (size_t i = 0; i < m.n_weights; i++) {
        float w = m.weights[i], h = 0x1p-7f;
        double up = loss_at(&m, x, y, &m.weights[i], w + h);
        double down = loss_at(&m, x, y, &m.weights[i], w - h);
        /* Single precision: rounding 1e-7 / h, truncation h^2. */
        CHECK(fabs((up - down) / (2 * h) - m.gradient[i]) < 1e-3);
    }
    net_deinit(&m);
}

TEST(back_propagation_agrees_with_central_differences)
{
    for (size_t depth = 0; depth <= 3; depth++) {
        check_gradient(TANH, depth);
        check_gradient(SIGMOID, depth);
        check_gradient(SILU, depth);
    }
}

int main(void)
{
    RUN(back_propagation_agrees_with_central_differences);
    DONE();
}
