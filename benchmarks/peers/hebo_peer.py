"""HEBO: METHOD is `default`. Conditions are flattened; it knows nothing of running trials."""
import fidelio_peer
import warnings

import numpy as np
import pandas as pd
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

torch.set_num_threads(1)
warnings.simplefilter("ignore")


def parameter(p):
    if p.kind == "categorical":
        return {"name": p.name, "type": "cat", "categories": p.choices}
    if p.kind == "ordered":  # by its index
        return {"name": p.name, "type": "int", "lb": 0, "ub": len(p.choices) - 1}
    kind = {"float": ("num", "pow"), "int": ("int", "pow_int")}[p.kind][p.log]
    return {"name": p.name, "type": kind, "lb": p.low, "ub": p.high, "base": 10}


class Hebo(fidelio_peer.Adapter):
    def create(self, request):
        np.random.seed(self.seed)
        torch.manual_seed(self.seed)
        self.optimizer = HEBO(DesignSpace().parse([parameter(p) for p in self.parameters]),
                              scramble_seed=self.seed % 2**31)

    def propose(self):
        row = self.optimizer.suggest(n_suggestions=1)
        found = row.iloc[0]
        config = {}
        for p in self.parameters:
            value = found[p.name]
            config[p.name] = p.choices[int(value)] if p.kind == "ordered" else value
        return row, config

    def adopt(self, config):
        values = {p.name: config.get(p.name, p.default()) for p in self.parameters}
        return pd.DataFrame([{p.name: p.choices.index(values[p.name]) if p.kind == "ordered"
                              else values[p.name] for p in self.parameters}])

    def observe(self, row, config, loss):
        self.optimizer.observe(row, np.array([[self.or_worst(loss)]]))


fidelio_peer.serve(Hebo())
