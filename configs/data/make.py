#!/usr/bin/python3
"""Write the data sets of the sweeps in this folder: digits and breast cancer, both part
of Debian's python3-sklearn. Nothing is downloaded.

  digits.csv                    64 pixels, class        (1797 rows; Alpaydin and Kaynak 1998)
  digits.train, digits.valid    the same in libsvm's format, split 3:1
  cancer.train, cancer.valid    30 measurements, class  (569 rows; Street et al. 1993)
"""
import os
import random
import sys

from sklearn.datasets import load_breast_cancer, load_digits


def write(path, lines):
    """Whole or not at all: sweeps may start at once."""
    part = "%s.%d" % (path, os.getpid())
    with open(part, "w") as file:
        file.writelines(line + "\n" for line in lines)
    os.replace(part, path)


def libsvm(features, label):
    cells = ("%d:%.9g" % (j, x) for j, x in enumerate(features) if x)
    return "%d %s" % (label, " ".join(cells))


def split(folder, name, data):
    rows = [libsvm(x, y) for x, y in zip(data.data, data.target)]
    random.Random(0).shuffle(rows)
    n = len(rows) * 3 // 4
    write(os.path.join(folder, name + ".train"), rows[:n])
    write(os.path.join(folder, name + ".valid"), rows[n:])


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    digits = load_digits()
    write(os.path.join(folder, "digits.csv"),
          [",".join("%d" % x for x in row) + ",%d" % y
           for row, y in zip(digits.data, digits.target)])
    split(folder, "digits", digits)
    split(folder, "cancer", load_breast_cancer())


if __name__ == "__main__":
    main()
