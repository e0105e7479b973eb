"""NePS: METHOD is bayesian_optimization, random_search; with a fidelity asha, hyperband,
async_hb, priorband. Conditions are flattened."""
import fidelio_peer
import logging
import random

import neps
import numpy as np
import torch

torch.set_num_threads(1)
logging.disable(logging.WARNING)


def domain(p):
    if p.kind == "float":
        return neps.HPOFloat(lower=p.low, upper=p.high, log=p.log)
    if p.kind == "int":
        return neps.HPOInteger(lower=p.low, upper=p.high, log=p.log)
    if p.kind == "ordered":  # by its index
        return neps.HPOInteger(lower=0, upper=len(p.choices) - 1)
    return neps.HPOCategorical(choices=p.choices)


class Neps(fidelio_peer.Adapter):
    adopts = False

    def create(self, request):
        random.seed(self.seed)
        np.random.seed(self.seed)
        torch.manual_seed(self.seed)
        fidelity = request["fidelity"]
        made = {p.name: domain(p) for p in self.parameters}
        if fidelity:
            make = neps.HPOInteger if fidelity["integer"] else neps.HPOFloat
            kind = int if fidelity["integer"] else float
            made["fidelity__"] = make(lower=kind(fidelity["min"]), upper=kind(fidelity["max"]),
                                      is_fidelity=True)
        optimizer = getattr(neps.algorithms, request["method"])(neps.SearchSpace(made))
        self.peer = neps.AskAndTell(optimizer=optimizer)
        self.ids = {}

    def propose(self):
        trial = self.peer.ask()
        found = dict(trial.config)
        config = self.active({p.name: p.choices[found[p.name]] if p.kind == "ordered" else found[p.name]
                              for p in self.parameters})
        if "fidelity__" not in found:
            return trial.metadata.id, config
        # 7_1 is the second rung of configuration 7
        stem = trial.metadata.id.split("_")[0]
        number = self.ids.setdefault(stem, self.n)
        self.n += number == self.n
        self.trials[number] = [trial.metadata.id, config]
        return {"id": number, "config": config, "budget": float(found["fidelity__"])}

    def observe(self, name, config, loss):
        self.peer.tell(name, self.or_worst(loss))


fidelio_peer.serve(Neps())
