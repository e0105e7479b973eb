"""Optuna: METHOD is SAMPLER[+PRUNER]: random, tpe, gp, cmaes; median, sha, hyperband."""
import math

import fidelio_peer
import optuna


def sampler(name, seed):
    seed %= 2**32
    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    if name == "gp":
        return optuna.samplers.GPSampler(seed=seed)
    if name == "cmaes":
        return optuna.samplers.CmaEsSampler(seed=seed)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    raise ValueError("unknown sampler " + name)


def pruner(name, fidelity):
    if name == "none" or not fidelity:
        return optuna.pruners.NopPruner()
    low, high = max(1, round(fidelity["min"])), round(fidelity["max"])
    if name == "median":
        return optuna.pruners.MedianPruner()
    if name == "sha":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=low)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=low, max_resource=high)
    raise ValueError("unknown pruner " + name)


class Adapter:
    def create(self, request):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        first, _, second = request["method"].partition("+")
        self.parameters = fidelio_peer.parameters(request)
        self.sign = -1.0 if request["goal"] == "maximize" else 1.0
        self.study = optuna.create_study(
            direction="minimize",
            sampler=sampler(first, request["seed"]),
            pruner=pruner(second or "none", request["fidelity"]))
        self.trials, self.pruned = {}, set()

    def suggest(self, trial, p):
        if p.kind == "float":
            return trial.suggest_float(p.name, p.low, p.high, log=p.log)
        if p.kind == "int":
            return trial.suggest_int(p.name, p.low, p.high, log=p.log)
        # Optuna has no ordered choices: an index is its nearest thing
        if p.kind == "ordered":
            return p.choices[trial.suggest_int(p.name, 0, len(p.choices) - 1)]
        return trial.suggest_categorical(p.name, p.choices)

    def ask(self):
        trial = self.study.ask()
        config = {}
        for p in self.parameters:
            if p.is_active(config):
                config[p.name] = self.suggest(trial, p)
        self.trials[trial.number] = trial
        return {"id": trial.number, "config": config}

    def report(self, request):
        trial, value = self.trials[request["id"]], request["value"]
        value = math.inf if value is None else self.sign * value
        trial.report(value, int(request["step"]))
        if trial.should_prune():
            self.pruned.add(request["id"])
            return "stop"
        return "continue"

    def tell(self, request):
        trial, value = self.trials.pop(request["id"]), request["value"]
        if request["status"] in ("failed", "infeasible") or value is None:
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        elif request["id"] in self.pruned:
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            self.study.tell(trial, self.sign * value)


fidelio_peer.serve(Adapter())
