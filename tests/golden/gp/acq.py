#!/usr/bin/env python3
"""Known answers for acq from mpmath with 80 digits. Run: /usr/bin/python3 acq.py > acq.txt
Lines: z, log h(z), d log h/dz, log Phi(z), phi/Phi, erfcx(-z)."""
from mpmath import erfc, exp, log, mp, mpf, pi, sqrt

mp.dps = 80
for z in ["3", "1", "0.3", "0", "-0.5", "-0.999", "-1", "-1.001", "-2.5", "-3", "-4.2",
          "-5", "-7.9", "-8.1", "-10", "-20", "-37", "-59", "-61", "-100", "-1e3"]:
    x = mpf(z)
    mp.dps = 80 + int(abs(x))
    log_phi = -x * x / 2 - log(2 * pi) / 2
    # erfc underflows nowhere in mpmath, but it needs the digits above
    cdf = erfc(-x / sqrt(2)) / 2
    h = exp(log_phi) + x * cdf
    row = [log(h), cdf / h, log(cdf), exp(log_phi) / cdf, exp(x * x) * erfc(-x)]
    print(z, *(mp.nstr(v, 20) for v in row))
