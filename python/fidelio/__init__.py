"""fidelio: find good hyperparameters with as little training as possible.

    import fidelio

    space = {"lr": fidelio.Float(1e-5, 1e-1, log=True), "width": fidelio.Int(16, 512)}
    with fidelio.Study(space, metric="loss", fidelity=fidelio.Fidelity(1, 27),
                       trials=30, path="study.db") as study:
        for trial in study:
            with trial:
                model = build(**trial.params)
                for epoch in trial.steps():
                    trial.report(train_an_epoch(model))
        print(study.best.params)

The work is done by the shared library libfidelio.so, found in this package's folder, by
the variable FIDELIO_LIBRARY, or where the system looks for libraries.
"""

from .errors import (CorruptError, Error, Exhausted, InvalidError, LockedError, NotFoundError,
                     StateError, StorageError, SupersededError, UnsupportedError, Wait)
from .space import Categorical, Fixed, Float, Int
from .study import Decision, Fidelity, Metric, Study, Trial, TrialInfo, methods, schedulers

__all__ = ["Categorical", "CorruptError", "Decision", "Error", "Exhausted", "Fidelity", "Fixed",
           "Float", "Int", "InvalidError", "LockedError", "Metric", "NotFoundError", "StateError",
           "StorageError", "Study", "SupersededError", "Trial", "TrialInfo", "UnsupportedError",
           "Wait", "methods", "schedulers"]
__version__ = "0.1.0"
