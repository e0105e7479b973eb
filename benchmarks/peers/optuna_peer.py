"""Optuna: METHOD is SAMPLER[+PRUNER]: random, tpe, mtpe, gp, cmaes, nsga2, nsga3; median, sha,
hyperband. All but cmaes also for several objectives and constraints."""
import fidelio_peer
import optuna


def limits(trial):
    return trial.user_attrs["limits"]


def sampler(name, seed, limited):
    options = {"seed": seed, **({"constraints_func": limits} if limited else {})}
    make = {"random": optuna.samplers.RandomSampler,
            "tpe": optuna.samplers.TPESampler,
            "gp": optuna.samplers.GPSampler,
            "cmaes": optuna.samplers.CmaEsSampler,
            "nsga2": optuna.samplers.NSGAIISampler,
            "nsga3": optuna.samplers.NSGAIIISampler}
    if name == "mtpe":
        return optuna.samplers.TPESampler(multivariate=True, group=True, **options)
    return make[name](**({"seed": seed} if name == "random" else options))


def pruner(name, fidelity):
    if not name or not fidelity:
        return optuna.pruners.NopPruner()
    low, high = max(1, round(fidelity["min"])), round(fidelity["max"])
    if name == "median":
        return optuna.pruners.MedianPruner()
    if name == "sha":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=low)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=low, max_resource=high)
    raise ValueError("unknown pruner " + name)


class Optuna(fidelio_peer.Adapter):
    many = True

    def create(self, request):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        first, _, second = request["method"].partition("+")
        self.adopts = first != "cmaes"  # which would never hear of its own points
        self.pruned = set()
        self.limited = len(self.metrics) > self.n_objectives
        self.study = optuna.create_study(directions=["minimize"] * self.n_objectives,
                                         sampler=sampler(first, self.seed, self.limited),
                                         pruner=pruner(second, request["fidelity"]))

    def suggest(self, trial, p):
        if p.kind == "float":
            return trial.suggest_float(p.name, p.low, p.high, log=p.log, step=p.step)
        if p.kind == "int":
            return trial.suggest_int(p.name, p.low, p.high, log=p.log)
        # Optuna has no ordered choices: an index is its nearest thing
        if p.kind == "ordered":
            return p.choices[trial.suggest_int(p.name, 0, len(p.choices) - 1)]
        return trial.suggest_categorical(p.name, p.choices)

    def propose(self):
        trial, config = self.study.ask(), {}
        for p in self.parameters:
            if p.is_active(config):
                config[p.name] = self.suggest(trial, p)
        return trial, config

    def adopt(self, config):
        ordered = [p for p in self.parameters if p.kind == "ordered" and p.name in config]
        self.study.enqueue_trial({**config, **{p.name: p.choices.index(config[p.name])
                                               for p in ordered}})
        return self.propose()[0]

    def drop(self, trial):
        self.study.tell(trial, state=optuna.trial.TrialState.FAIL)

    def report(self, trial, step, loss):
        trial.report(float("inf") if loss is None else loss, int(step))
        if trial.should_prune():
            self.pruned.add(trial.number)
        return trial.number not in self.pruned

    def observe(self, trial, config, loss):
        if loss is None:
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        elif trial.number in self.pruned:
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            losses = loss if self.metrics else [loss]
            if self.limited:
                trial.set_user_attr("limits", losses[self.n_objectives:])
            self.study.tell(trial, losses[:self.n_objectives])


fidelio_peer.serve(Optuna())
