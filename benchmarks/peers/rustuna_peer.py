"""Rustuna: METHOD is random, tpe, mtpe or cmaes."""
import fidelio_peer
import rustuna


def sampler(name, seed):
    if name == "random":
        return rustuna.samplers.RandomSampler(seed=seed)
    if name == "cmaes":
        return rustuna.samplers.CmaEsSampler(seed=seed)
    return rustuna.samplers.TPESampler(seed=seed, multivariate=name == "mtpe")


class Rustuna(fidelio_peer.Adapter):
    adopts = False

    def create(self, request):
        self.study = rustuna.create_study(direction="minimize",
                                          sampler=sampler(request["method"], self.seed))

    def suggest(self, trial, p):
        if p.kind == "float":
            return trial.suggest_float(p.name, p.low, p.high, log=p.log)
        if p.kind == "int":
            return trial.suggest_int(p.name, p.low, p.high, log=p.log)
        if p.kind == "ordered":  # by its index
            return p.choices[trial.suggest_int(p.name, 0, len(p.choices) - 1)]
        return trial.suggest_categorical(p.name, p.choices)

    def propose(self):
        trial, config = self.study.ask(), {}
        for p in self.parameters:
            if p.is_active(config):
                config[p.name] = self.suggest(trial, p)
        return trial.number, config

    def observe(self, number, config, loss):
        if loss is None:
            self.study.tell(number, state=rustuna.trial.TrialState.FAIL)
        else:
            self.study.tell(number, loss)


fidelio_peer.serve(Rustuna())
