#!/usr/bin/env python3
"""Known answers for max-value entropy search from mpmath with 80 digits.
Run: /usr/bin/python3 mes.py > mes.txt
Lines: g, log h(g), d log h/dg; h(g) = g phi/(2 Phi) - log Phi."""
from mpmath import erfc, exp, log, mp, mpf, pi, sqrt

for g in ["60", "31", "29", "12", "5.1", "4", "2", "1", "0.3", "0", "-0.5", "-1", "-2.5",
          "-3.9", "-4.1", "-8", "-20", "-60", "-200"]:
    x = mpf(g)
    mp.dps = 80 + int(x * x / 2)  # 1 - Phi or Phi itself is that small
    phi, cdf = exp(-x * x / 2) / sqrt(2 * pi), erfc(-x / sqrt(2)) / 2
    r = phi / cdf
    h = x * r / 2 - log(cdf)
    print(g, mp.nstr(log(h), 20), mp.nstr(-r / 2 * (1 + x * (x + r)) / h, 20))
