"""Sums up what savings.sh wrote: for each way the training spent and the best value, median and
quartiles over seeds; against the first way, seeds in which the value is better and worse, and
the two-sided sign test.    python3 benchmarks/savings.py OUT [maximize]"""
import math
import statistics
import sys

runs = {}
for line in open(sys.argv[1]):
    way, seed, spent, best = line.split()
    runs.setdefault(way, {})[seed] = (float(spent), float(best))
sign = -1 if sys.argv[2:] == ["maximize"] else 1


def spread(values):
    if len(values) == 1:
        return f"{values[0]:.4g}"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.4g} ({low:.4g}, {high:.4g})"


def sign_test(better, worse):
    n, k = better + worse, min(better, worse)
    return min(1, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)


reference = next(iter(runs.values()))
print("| way | seeds | trained | best value | better, worse | p |\n|---|---|---|---|---|---|")
for way, by_seed in runs.items():
    gaps = [sign * (value - reference[seed][1]) for seed, (_, value) in by_seed.items()
            if seed in reference]
    better, worse = sum(g < 0 for g in gaps), sum(g > 0 for g in gaps)
    print(f"| {way} | {len(by_seed)} | {spread([s for s, _ in by_seed.values()])}"
          f" | {spread([v for _, v in by_seed.values()])} | {better}, {worse}"
          f" | {sign_test(better, worse):.2g} |")
