#!/usr/bin/python3
"""The loop in Python: tune a support vector machine of scikit-learn.
Run: PYTHONPATH=python /usr/bin/python3 examples/loop.py"""
import fidelio
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

space = {
    "C": fidelio.Float(1e-3, 1e3, log=True),
    "kernel": fidelio.Categorical(["rbf", "poly", "linear"]),
    "gamma": fidelio.Float(1e-4, 10, log=True, when={"kernel": ["rbf", "poly"]}),
    "degree": fidelio.Int(2, 5, when={"kernel": "poly"}),
}
x, y = load_wine(return_X_y=True)

with fidelio.Study(space, metric="accuracy", goal="maximize", trials=25, seed=1) as study:
    for trial in study:
        with trial:  # an exception makes it a failed trial, and the loop goes on
            model = make_pipeline(StandardScaler(), SVC(**trial.params))
            trial.report(cross_val_score(model, x, y, cv=3).mean())
    best = study.best
print(f"best of 25 trials: {best.params}, accuracy = {best.value:.4f}")
