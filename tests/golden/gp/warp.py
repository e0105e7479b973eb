#!/usr/bin/env python3
"""Known answers for the output warps from SciPy 1.10.1. Run: /usr/bin/python3 warp.py > warp.txt
First x, lambda and yeo_johnson(x); then a line of lambda of largest likelihood for a sample
drawn from the generator of make.py, as exp(2 draw())."""
import numpy as np
from scipy import stats

for lam in [-2, -0.5, 0, 0.3, 1, 2, 3.1]:
    for x in [-40, -1.5, -1e-3, 0, 1e-3, 0.7, 12]:
        print(x, lam, f"{stats.yeojohnson(np.array([float(x)]), lam)[0]:.17g}")
state = 0
sample = []
for _ in range(40):
    state = (state * 1664525 + 1013904223) % 2**32
    sample.append(np.exp(2 * (state + 0.5) / 2**32))
x = np.array(sample)
best = max((stats.yeojohnson_llf(l, x), l) for l in np.linspace(-4, 4, 80001))
print(f"{best[1]:.6g} 0 0")
