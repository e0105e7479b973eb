"""Makes the tables mlp/NAME that ship with the source: every configuration of a grid, a
few seeds, trained by fidelio-mlp; a loss and an error for every epoch, true CPU seconds.

    python3 benchmarks/tables/make.py DATA_FOLDER [--jobs N] [--seeds N] [--sets A,B]

DATA_FOLDER has NAME.csv (numbers, the last column is the class). What was trained is
kept in build/tables/NAME.jsonl, so a run that was ended goes on; the tables (mfh1, half
precision) are written for those seeds that every configuration has. Only Python's own
library is used."""
import argparse
import collections
import concurrent.futures
import itertools
import json
import math
import os
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EPOCHS = 27

GRID = [  # name, kind, choices
    ("lr", "ord", ["0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3"]),
    ("batch", "ord", ["32", "128"]),
    ("width", "ord", ["8", "32", "128"]),
    ("depth", "ord", ["1", "2"]),
    ("optimizer", "cat", ["sgd", "adam"]),
    ("schedule", "cat", ["constant", "cosine"]),
    ("weight-decay", "ord", ["0", "0.001"]),
    ("dropout", "ord", ["0", "0.3"]),
]
SOURCES = {
    "digits8x8": "UCI Optical Recognition of Handwritten Digits (test part), CC BY 4.0",
    "segment": "UCI Image Segmentation, CC BY 4.0",
    "vehicle": "UCI Statlog Vehicle Silhouettes, CC BY 4.0",
}


def train(job):
    trainer, data, row, values, seed = job
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report")
        options = ["--%s=%s" % (name, value) for (name, _, _), value in zip(GRID, values)]
        subprocess.run(
            [trainer, "--data=" + data, "--epochs=%d" % EPOCHS, "--seed=%d" % seed,
             "--report=" + path] + options, check=True)
        with open(path) as file:
            lines = [json.loads(line) for line in file]
    return row, seed, [[x["valid_loss"], x["valid_error"]] for x in lines], lines[-1]["seconds"] / len(lines)


def train_all(trainer, data, raw, configs, seeds, jobs):
    done = {}
    if os.path.exists(raw):
        with open(raw) as file:
            for line in file:
                if line.endswith("\n"):
                    row, seed, curve, seconds = json.loads(line)
                    done[row, seed] = curve, seconds
    todo = [(trainer, data, row, values, seed) for seed in range(seeds)
            for row, values in enumerate(configs) if (row, seed) not in done]
    with open(raw, "a") as file, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(train, todo):
            file.write(json.dumps(result) + "\n")
            done[result[0], result[1]] = result[2:]
    return done


def half(x):
    """What a diverged run reports is kept as NaN."""
    return struct.pack("<e", x if math.isfinite(x) and abs(x) < 65504 else math.nan)


def write(name, configs, done):
    count = collections.Counter(seed for _, seed in done)
    seeds = [s for s in sorted(count) if count[s] == len(configs)]
    n, arrays, header, blob = len(configs), [], ["mfh1", "name mlp/" + name], []
    for role_name, column in (("valid_loss", 0), ("valid_error", 1)):
        values = []
        for row in range(n):
            for seed in seeds:
                curve = [point[column] for point in done[row, seed][0]]
                values += curve + [math.nan] * (EPOCHS - len(curve))
        arrays.append((role_name, "metric", "min", values, [len(seeds), EPOCHS]))
    seconds = [1e3 * sum(done[row, s][1] for s in seeds) / len(seeds) for row in range(n)]
    arrays.append(("epoch_milliseconds", "cost", "-", seconds, [1]))
    index = [float(choices.index(v)) for values in configs
             for (_, _, choices), v in zip(GRID, values)]
    arrays.insert(0, ("configs", "config", "-", index, [len(GRID)]))
    header += ["nconf %d" % n, "nhp %d" % len(GRID)]
    header += ["hp %s %s %d %s" % (h, kind, len(c), " ".join(c)) for h, kind, c in GRID]
    header.append("fid epoch %d %s" % (EPOCHS, " ".join(str(e + 1) for e in range(EPOCHS))))
    offset = 0
    for array, role, goal, values, shape in arrays:
        header.append("array %s %s %s %d %d %d %s" % (
            array, role, goal, offset, 1 + len(shape), n, " ".join(map(str, shape))))
        blob += map(half, values)
        offset += 2 * len(values)
    header += ["bytes %d" % offset, "storage f16"]
    base = os.path.join(HERE, "mlp", name)
    with open(base + ".hdr", "w") as file:
        file.write("\n".join(header) + "\n")
    with open(base + ".f16", "wb") as file:
        file.write(b"".join(blob))
    with open(base + ".json", "w") as file:
        json.dump({"name": "mlp/" + name, "source": "trained by benchmarks/tables/make.py",
                   "data": SOURCES[name], "licence": "MIT", "seeds": len(seeds),
                   "configurations": n, "epochs": EPOCHS,
                   "cost": "mean CPU milliseconds of an epoch"}, file, indent=1)
        file.write("\n")
    print(name, n, "configurations", len(seeds), "seeds", offset, "bytes")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trainer",
                        default=os.path.join(ROOT, "build/release/benchmarks/mlp/fidelio-mlp"))
    parser.add_argument("--sets", default=",".join(SOURCES))
    arguments = parser.parse_args()
    configs = list(itertools.product(*(choices for _, _, choices in GRID)))
    os.makedirs(os.path.join(ROOT, "build/tables"), exist_ok=True)
    for name in arguments.sets.split(","):
        data = os.path.join(arguments.data, name + ".csv")
        raw = os.path.join(ROOT, "build/tables", name + ".jsonl")
        write(name, configs, train_all(arguments.trainer, data, raw, configs, arguments.seeds,
                                       arguments.jobs))


main()
