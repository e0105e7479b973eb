#!/usr/bin/python3
"""Write the data of the example sweeps from Debian's python3-sklearn: no download.

digits (UCI optical recognition of handwritten digits, CC BY 4.0): digits.csv for
fidelio-mlp, digits.train.libsvm and digits.valid.libsvm for xgboost.
"""
import os
import sys

from sklearn.datasets import load_digits

here = os.path.dirname(os.path.abspath(__file__))
done = os.path.join(here, "digits.valid.libsvm")
if os.path.exists(done) and "--force" not in sys.argv:
    sys.exit(0)

x, y = load_digits(return_X_y=True)
order = sorted(range(len(y)), key=lambda i: (i * 7919) % 1797)


def libsvm(name, rows):
    path = os.path.join(here, name)
    with open(path + ".part", "w") as out:
        for i in rows:
            cells = " ".join(f"{j}:{v:g}" for j, v in enumerate(x[i]) if v)
            out.write(f"{y[i]} {cells}\n")
    os.replace(path + ".part", path)


with open(os.path.join(here, "digits.csv"), "w") as out:
    out.write(",".join(f"p{j}" for j in range(64)) + ",label\n")
    for i in order:
        out.write(",".join(f"{v:g}" for v in x[i]) + f",{y[i]}\n")
libsvm("digits.train.libsvm", order[:1200])
libsvm("digits.valid.libsvm", order[1200:])
