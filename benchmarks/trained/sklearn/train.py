#!/usr/bin/python3
"""Models of scikit-learn on the data sets that come with it, really trained: problems for
fidelio-bench in its JSON lines (benchmarks/README.md). `train.py TASK`; the JSON files beside
it have the spaces. Losses come from cross-validation with fixed folds and seeds, so that a
configuration has one value; those of mlp_* and boost_* are learning curves on a held-out
third, one value an epoch or a round of trees."""
import json
import os
import sys
import warnings

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from sklearn import datasets
from sklearn.ensemble import (GradientBoostingClassifier, GradientBoostingRegressor,
                              HistGradientBoostingClassifier, RandomForestClassifier)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

DATA = {
    "cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "digits": lambda: tuple(a[:600] for a in datasets.load_digits(return_X_y=True)),
    "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
    "friedman": lambda: datasets.make_friedman1(300, noise=1.0, random_state=3),
    "clusters": lambda: datasets.make_classification(
        900, 20, n_informative=8, n_classes=4, flip_y=0.05, class_sep=1.2, random_state=5),
}


def scaled(model):
    return make_pipeline(StandardScaler(), model)


def hidden(config):
    return [config.pop(f"width{i}") for i in range(1, config.pop("layers") + 1)]


def network(config):
    return scaled(MLPClassifier(hidden(config), max_iter=8, random_state=0, **config))


# Of cross-validation: data, score, folds, model of a configuration.
SCORES = {
    "svc": ("digits", "accuracy", 3, lambda c: scaled(SVC(**c))),
    "knn": ("digits", "accuracy", 3,
            lambda c: scaled(KNeighborsClassifier(algorithm="brute", **c))),
    "sgd": ("clusters", "accuracy", 3, lambda c: scaled(SGDClassifier(max_iter=20, random_state=0, **c))),
    "forest": ("clusters", "neg_log_loss", 2,
               lambda c: RandomForestClassifier(n_estimators=20, random_state=0, **c)),
    "hist": ("cancer", "neg_log_loss", 3,
             lambda c: HistGradientBoostingClassifier(max_iter=30, random_state=0, **c)),
    "network": ("wine", "neg_log_loss", 2, network),
    "svr": ("friedman", "neg_mean_squared_error", 3, lambda c: scaled(SVR(**c))),
    "ridge": ("friedman", "neg_mean_squared_error", 3, lambda c: scaled(KernelRidge(**c))),
    "boost": ("diabetes", "neg_mean_squared_error", 2,
              lambda c: GradientBoostingRegressor(random_state=0, **c)),
    "boost2": ("cancer", "neg_log_loss", 2,
               lambda c: GradientBoostingClassifier(random_state=0, **c)),
}


def score(task, config):
    data, scoring, folds, make = SCORES[task]
    x, y = DATA[data]()
    split = KFold if scoring == "neg_mean_squared_error" else StratifiedKFold
    result = cross_val_score(make(config), x, y, scoring=scoring, error_score="raise",
                             cv=split(folds, shuffle=True, random_state=0)).mean()
    return 1 - result if scoring == "accuracy" else -result


class Epochs:
    """A network trained epoch by epoch."""

    def __init__(self, config, data, kind, seed):
        x, y = DATA[data]()
        split = train_test_split(x, y, test_size=1 / 3, random_state=0)
        scaler = StandardScaler().fit(split[0])
        self.x, self.vx = (scaler.transform(a) for a in split[:2])
        self.y, self.vy = split[2:]
        self.classes = np.unique(y) if kind is MLPClassifier else None
        self.model = kind(hidden(config), random_state=seed, **config)

    def epoch(self):
        if self.classes is None:
            self.model.partial_fit(self.x, self.y)
            return mean_squared_error(self.vy, self.model.predict(self.vx))
        self.model.partial_fit(self.x, self.y, classes=self.classes)
        return log_loss(self.vy, self.model.predict_proba(self.vx), labels=self.classes)


class Trees:
    """Boosting, four trees a step."""

    def __init__(self, config, data, kind, seed):
        x, y = DATA[data]()
        self.x, self.vx, self.y, self.vy = train_test_split(x, y, test_size=1 / 3, random_state=0)
        self.model = kind(n_estimators=0, warm_start=True, random_state=seed, **config)

    def epoch(self):
        self.model.set_params(n_estimators=self.model.n_estimators + 4)
        self.model.fit(self.x, self.y)
        if isinstance(self.model, GradientBoostingRegressor):
            return mean_squared_error(self.vy, self.model.predict(self.vx))
        return log_loss(self.vy, self.model.predict_proba(self.vx), labels=self.model.classes_)


# With a fidelity: how it is trained, data, model.
CURVES = {
    "mlp_digits": (Epochs, "digits", MLPClassifier),
    "mlp_clusters": (Epochs, "clusters", MLPClassifier),
    "mlp_friedman": (Epochs, "friedman", MLPRegressor),
    "boost_cancer": (Trees, "cancer", GradientBoostingClassifier),
    "boost_friedman": (Trees, "friedman", GradientBoostingRegressor),
}


def curve(kept, task, query):
    """The loss at a fidelity; what was trained on the way there is kept."""
    train, data, kind = CURVES[task]
    key = json.dumps([query["config"], query["seed"]])
    if key not in kept:
        kept[key] = (train(query["config"], data, kind, query["seed"] % 2**32), [])
    trainer, losses = kept[key]
    while len(losses) < query["fidelity"]:
        losses.append(trainer.epoch())
    return losses[int(query["fidelity"]) - 1]


def main():
    task, kept = sys.argv[1], {}
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for line in sys.stdin:
        query = json.loads(line)
        try:
            loss = curve(kept, task, query) if task in CURVES else score(task, query["config"])
        except ValueError:  # weights that overflowed
            loss = float("nan")
        fine = np.isfinite(loss)
        print(json.dumps({"value": float(loss)} if fine else {"status": "failed"}), flush=True)


main()
