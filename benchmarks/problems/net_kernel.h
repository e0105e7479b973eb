/* The inner loops of the forward pass, included once for each instruction set: TARGET
 * is the function attribute, KERNEL(name) the name with the set's suffix. The same sums
 * in the same order whatever the width of a register. No include guard, on purpose. */

/* sum over i of x[i] w[i][lane], for two rows of x: four chains each, to hide the
 * latency of the additions */
TARGET static inline void KERNEL(units)(const float *w, const float *x0,
                                        const float *x1, size_t d, const float *bias,
                                        float *y0, float *y1)
{
    lanes a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0}, b0 = {0}, b1 = {0}, b2 = {0},
          b3 = {0};
    for (size_t i = 0; i < d; i += 4) {
        const lanes *column = (const lanes *)(w + i * LANES);
        a0 += x0[i] * column[0];
        b0 += x1[i] * column[0];
        a1 += x0[i + 1] * column[1];
        b1 += x1[i + 1] * column[1];
        a2 += x0[i + 2] * column[2];
        b2 += x1[i + 2] * column[2];
        a3 += x0[i + 3] * column[3];
        b3 += x1[i + 3] * column[3];
    }
    *(lanes *)y0 = (a0 + a1) + (a2 + a3) + *(const lanes *)bias;
    *(lanes *)y1 = (b0 + b1) + (b2 + b3) + *(const lanes *)bias;
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
    for (size_t k = 0; k < hidden; k += LANES)
        for (size_t r = 0; r < n; r += 2) {
            size_t s = r + 1 < n ? r + 1 : r; /* an odd last row is computed twice */
            const float *x0 = normed + r * d, *x1 = normed + s * d;
            KERNEL(units)
            (block->gate + k * d, x0, x1, d, block->gate_bias + k,
             gates + r * hidden + k, gates + s * hidden + k);
            KERNEL(units)
            (block->linear + k * d, x0, x1, d, block->linear_bias + k,
             values + r * hidden + k, values + s * hidden + k);
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
