/* The inner loops of the forward pass, included once for each instruction set: TARGET
 * is the function attribute, KERNEL(name) the name with the set's suffix. The same sums
 * in the same order whatever the width of a register. No include guard, on purpose. */

/* sum over i of x[i] w[i][lane] for the gate's and the linear weights of LANES units: one
 * row of x, in four chains to hide the latency of the additions */
TARGET static inline void KERNEL(units)(const float *gate, const float *linear,
                                        const float *x, size_t d, lanes *g, lanes *v)
{
    lanes g0 = {0}, g1 = {0}, g2 = {0}, g3 = {0}, v0 = {0}, v1 = {0}, v2 = {0}, v3 = {0};
    for (size_t i = 0; i < d; i += 4) {
        const lanes *a = (const lanes *)(gate + i * LANES);
        const lanes *b = (const lanes *)(linear + i * LANES);
        g0 += x[i] * a[0];
        v0 += x[i] * b[0];
        g1 += x[i + 1] * a[1];
        v1 += x[i + 1] * b[1];
        g2 += x[i + 2] * a[2];
        v2 += x[i + 2] * b[2];
        g3 += x[i + 3] * a[3];
        v3 += x[i + 3] * b[3];
    }
    *g += (g0 + g1) + (g2 + g3);
    *v += (v0 + v1) + (v2 + v3);
}

/* The same for two rows, which share the loads of the weights. */
TARGET static inline void KERNEL(units_of_two)(const float *gate, const float *linear,
                                               const float *x, const float *y, size_t d,
                                               lanes *gx, lanes *vx, lanes *gy, lanes *vy)
{
    lanes g0 = {0}, g1 = {0}, g2 = {0}, g3 = {0}, v0 = {0}, v1 = {0}, v2 = {0}, v3 = {0};
    lanes p0 = {0}, p1 = {0}, p2 = {0}, p3 = {0}, q0 = {0}, q1 = {0}, q2 = {0}, q3 = {0};
    for (size_t i = 0; i < d; i += 4) {
        const lanes *a = (const lanes *)(gate + i * LANES);
        const lanes *b = (const lanes *)(linear + i * LANES);
        g0 += x[i] * a[0];
        p0 += y[i] * a[0];
        v0 += x[i] * b[0];
        q0 += y[i] * b[0];
        g1 += x[i + 1] * a[1];
        p1 += y[i + 1] * a[1];
        v1 += x[i + 1] * b[1];
        q1 += y[i + 1] * b[1];
        g2 += x[i + 2] * a[2];
        p2 += y[i + 2] * a[2];
        v2 += x[i + 2] * b[2];
        q2 += y[i + 2] * b[2];
        g3 += x[i + 3] * a[3];
        p3 += y[i + 3] * a[3];
        v3 += x[i + 3] * b[3];
        q3 += y[i + 3] * b[3];
    }
    *gx += (g0 + g1) + (g2 + g3);
    *vx += (v0 + v1) + (v2 + v3);
    *gy += (p0 + p1) + (p2 + p3);
    *vy += (q0 + q1) + (q2 + q3);
}

/* h[0..4*LANES) += sum over the open units of g[u] back[u] */
TARGET static inline void KERNEL(project)(const float *back, size_t d, const float *g,
                                          const unsigned short *open, size_t n,
                                          float *h)
{
    lanes s0 = *(lanes *)h, s1 = *(lanes *)(h + LANES), s2 = *(lanes *)(h + 2 * LANES),
          s3 = *(lanes *)(h + 3 * LANES);
    for (size_t u = 0; u < n; u++) {
        const lanes *row = (const lanes *)(back + open[u] * d);
        s0 += g[open[u]] * row[0];
        s1 += g[open[u]] * row[1];
        s2 += g[open[u]] * row[2];
        s3 += g[open[u]] * row[3];
    }
    *(lanes *)h = s0;
    *(lanes *)(h + LANES) = s1;
    *(lanes *)(h + 2 * LANES) = s2;
    *(lanes *)(h + 3 * LANES) = s3;
}

/* h += V g(BN(h)) + c for n <= GROUP rows. Rows share a pass over the weights, which
 * are larger than the cache: a block of units is used for all rows while it is near. */
TARGET static void KERNEL(run_block)(const bench__net_block *block, size_t d,
                                     size_t hidden, size_t n, float *h, float *scratch)
{
    float *normed = scratch, *gates = normed + GROUP * d,
          *values = gates + GROUP * hidden;
    unsigned short open[MAX_HIDDEN];
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < d; i++)
            normed[r * d + i] = h[r * d + i] * block->gain[i] + block->offset[i];
    for (size_t k = 0; k < hidden; k += LANES) {
        const float *gate = block->gate + k * d, *linear = block->linear + k * d;
        const lanes gate_bias = *(const lanes *)(block->gate_bias + k),
                    linear_bias = *(const lanes *)(block->linear_bias + k);
        for (size_t r = 0; r < n; r += 2) {
            const float *x = normed + r * d;
            lanes *g = (lanes *)(gates + r * hidden + k), *v = (lanes *)(values + r * hidden + k);
            *g = gate_bias;
            *v = linear_bias;
            if (r + 1 == n) {
                KERNEL(units)(gate, linear, x, d, g, v);
                break;
            }
            lanes *h1 = (lanes *)(gates + (r + 1) * hidden + k),
                  *v1 = (lanes *)(values + (r + 1) * hidden + k);
            *h1 = gate_bias;
            *v1 = linear_bias;
            KERNEL(units_of_two)(gate, linear, x, x + d, d, g, v, h1, v1);
        }
    }
    for (size_t r = 0; r < n; r++) {
        float *gate = gates + r * hidden, *value = values + r * hidden,
              *row = h + r * d;
        size_t n_open = 0;
        for (size_t k = 0; k < hidden; k++) {
            open[n_open] = (unsigned short)k;
            n_open += gate[k] > 0.0f;
            value[k] *= gate[k];
        }
        for (size_t i = 0; i < d; i++)
            row[i] += block->back_bias[i];
        for (size_t i = 0; i < d; i += 4 * LANES)
            KERNEL(project)(block->back + i, d, value, open, n_open, row + i);
    }
}
