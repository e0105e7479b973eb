"""The training script of wandb-sweep.yaml: least squares by gradient descent."""
import argparse
import json
import os

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float)
parser.add_argument("--momentum", type=float)
parser.add_argument("--optimizer")
args = parser.parse_args()

w, v, s = [4.0, -3.0], [0.0, 0.0], [1e-8, 1e-8]
with open(os.environ["FIDELIO_REPORT"], "a") as report:
    for step in range(1, 28):
        g = [2.0 * w[0], 20.0 * w[1]]
        for i in range(2):
            if args.optimizer == "adam":
                s[i] = 0.9 * s[i] + 0.1 * g[i] * g[i]
                g[i] /= s[i] ** 0.5
            v[i] = args.momentum * v[i] + g[i]
            w[i] -= args.learning_rate * v[i]
        loss = min(w[0] ** 2 + 10 * w[1] ** 2, 1e30)
        report.write(json.dumps({"step": step, "loss": loss}) + "\n")
        report.flush()
