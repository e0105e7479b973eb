#!/usr/bin/env python3
"""Write optuna.txt: random traces with the decisions that Optuna's pruners take.

Needs optuna and scipy (5.0.0 and 1.17.1 when the file was made). Lines:
  case RULE min|max KEY=VALUE...      a new study
  report TRIAL STEP VALUE DECISION    1 = should_prune()
  complete TRIAL | prune TRIAL        the end of a trial
"""
import math
import random
import warnings

import optuna
from optuna.pruners import (MedianPruner, PatientPruner, PercentilePruner,
                            SuccessiveHalvingPruner, ThresholdPruner, WilcoxonPruner)

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")

CASES = [
    ("median", {}, MedianPruner()),
    ("median", {"min_trials": 1, "min_step": 2, "interval": 3}, MedianPruner(1, 2, 3)),
    ("percentile", {"percentile": 25, "min_trials": 2}, PercentilePruner(25, 2)),
    ("percentile", {"percentile": 73.5, "min_trials": 1, "interval": 2},
     PercentilePruner(73.5, 1, 0, 2)),
    ("threshold", {"lower": 0.2, "upper": 0.9, "min_step": 3},
     ThresholdPruner(0.2, 0.9, 3)),
    ("threshold", {"upper": 0.8, "min_step": 1, "interval": 4}, ThresholdPruner(None, 0.8, 1, 4)),
    ("patience", {"patience": 1}, PatientPruner(None, 1)),
    ("patience", {"patience": 4, "min_delta": 0.05}, PatientPruner(None, 4, 0.05)),
    ("wilcoxon", {}, WilcoxonPruner()),
    ("wilcoxon", {"p_threshold": 0.3, "min_trials": 5},
     WilcoxonPruner(p_threshold=0.3, n_startup_steps=5)),
    ("asha", {"eta": 3}, SuccessiveHalvingPruner(1, 3)),
    ("asha", {"eta": 2}, SuccessiveHalvingPruner(1, 2)),
]


def value_of(rule, rng, quality, step, sign):
    if rule == "asha":  # distinct values: ours breaks ties by arrival, Optuna keeps both
        return sign * (quality + 1 / (1 + step) + 0.3 * rng.random())
    if rule != "wilcoxon" and rng.random() < 0.03:
        return math.nan
    y = quality + (0 if rule == "wilcoxon" else 1 / (2 + step)) + 0.4 * rng.random()
    return sign * round(y / 1.5, 1 if rng.random() < 0.5 else 4)  # ties and zeros


def order_of_steps(rule, rng):
    n = rng.randint(3, 60 if rule == "wilcoxon" else 24)
    steps = list(range(1, n + 1))
    if rule == "wilcoxon":
        rng.shuffle(steps)
    elif rule != "asha":  # gaps, and sometimes a step out of order
        steps = [s for s in steps if rng.random() < 0.85] or [1]
        for i in range(1, len(steps)):
            if rng.random() < 0.03:
                steps[i - 1], steps[i] = steps[i], steps[i - 1]
    return steps


def run(out, rule, keys, pruner, direction, rng):
    study = optuna.create_study(direction=direction, pruner=pruner,
                                sampler=optuna.samplers.RandomSampler(seed=0))
    sign = 1 if direction == "minimize" else -1
    words = " ".join(f"{k}={v}" for k, v in keys.items())
    print("case", rule, direction[:3], words, file=out)
    running, n = [], 0
    while n < 24 or running:
        if n < 24 and len(running) < 3:
            running.append((study.ask(), order_of_steps(rule, rng), rng.random(), []))
            n += 1
            continue
        i = rng.randrange(len(running))
        trial, steps, quality, seen = running[i]
        if steps:
            step = steps.pop(0)
            y = value_of(rule, rng, quality, step, sign)
            trial.report(y, step)
            seen.append(y)
            stop = trial.should_prune()
            print("report", trial.number, step, repr(y), int(stop), file=out)
            if not stop or (rule != "asha" and rng.random() < 0.6):  # some go on regardless
                continue
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            print("prune", trial.number, file=out)
        else:
            mean = sum(seen) / len(seen)  # what users of the Wilcoxon rule return
            study.tell(trial, 0.0 if math.isnan(mean) else mean)
            print("complete", trial.number, file=out)
        running.pop(i)


with open("optuna.txt", "w") as f:
    for number, (rule_, keys_, pruner_) in enumerate(CASES):
        for direction_ in ("minimize", "maximize"):
            run(f, rule_, keys_, pruner_, direction_, random.Random(number))
