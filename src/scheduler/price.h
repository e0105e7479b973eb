/* What training is worth, when one may look at every rung and stop.
 *
 * A trial that waits on rung k of n is believed to end at a loss `mean`. To go on to rung
 * k + 1 costs cost[k + 1] and moves that belief by N(shift[k], sd[k]^2); on the last rung
 * it is the truth, and max(0, goal - mean) is won. Under a price p for a unit of
 * training its value is
 *
 *     V_n-1(m) = max(0, goal - m),
 *     V_k(m) = max(0, E V_k+1(m + N(shift, sd^2)) - p cost[k + 1]),
 *
 * and the highest p at which V_k(m) > 0 is its index: what to do next is what has the
 * highest index (Gittins 1979; Weitzman, "Optimal search for the best alternative", 1979,
 * for one stage; Xie et al., "Cost-aware Bayesian optimization via the Pandora's box
 * Gittins index", 2024). With one rung to go it is expected improvement by cost. A new
 * configuration costs cost[0] and then is a trial on rung 0, with one of the `offers` as
 * its mean, none more likely than another. */
#ifndef FID_SCHEDULER_PRICE_H
#define FID_SCHEDULER_PRICE_H

#include "scheduler/ladder.h"

typedef struct {
    size_t n; /* rungs */
    double cost[FID__MAX_RUNGS];
    double shift[FID__MAX_RUNGS], sd[FID__MAX_RUNGS]; /* [n - 1] */
    double goal;
} fid__prospect;

enum { FID__NOTHING = -2, FID__NEW = -1 };

/* The rung whose trial goes on, given the least mean on each (INFINITY: none waits), or
 * FID__NEW, or FID__NOTHING when nothing is worth any price. n_offers = 0: no new one may
 * start. *price: its index, to 1e-3 of it. Some 0.2 ms. */
int fid__price_best(const fid__prospect *prospect, const double *mean,
                    const double *offers, size_t n_offers, double *price);

#endif
