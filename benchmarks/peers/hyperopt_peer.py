"""hyperopt: METHOD is tpe, atpe (when its packages are there) or random."""
import fidelio_peer
import math

import hyperopt
import numpy as np
from hyperopt import hp
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_RUNNING, Domain


def node(p):
    if p.kind == "float":
        if p.log:
            return hp.loguniform(p.name, math.log(p.low), math.log(p.high))
        return hp.uniform(p.name, p.low, p.high)
    if p.kind == "int":
        if p.log:
            return hp.qloguniform(p.name, math.log(p.low), math.log(p.high), 1)
        return hp.uniformint(p.name, p.low, p.high)
    return hp.uniformint(p.name, 0, len(p.choices) - 1)  # ordered: by its index


class Hyperopt(fidelio_peer.Adapter):
    def create(self, request):
        self.suggest = getattr(hyperopt, {"random": "rand"}.get(request["method"], request["method"])).suggest
        self.all = hyperopt.Trials()
        self.rng = np.random.default_rng(self.seed)
        self.domain = Domain(lambda config: 0.0, self.tree(None, None))

    def tree(self, parent, value):
        """Children of a choice live inside its branch; one under several values is in
        each of them."""
        made = {}
        for p in self.parameters:
            if p.parent != parent or (parent and value not in p.parent_values):
                continue
            if p.kind == "categorical":
                made[p.name] = hp.choice(p.name, [self.tree(p.name, c) for c in p.choices])
            else:
                if not hasattr(p, "node"):
                    p.node = node(p)
                made[p.name] = p.node
        return made

    def propose(self):
        ids = self.all.new_trial_ids(1)
        self.all.refresh()
        doc = self.suggest(ids, self.domain, self.all, int(self.rng.integers(2**31 - 1)))[0]
        config, values = {}, doc["misc"]["vals"]
        for p in self.parameters:
            if p.is_active(config):
                value = values[p.name][0]
                config[p.name] = p.legal(value) if p.is_numeric() else p.choices[int(value)]
        return self.insert(doc), config

    def insert(self, doc):
        doc["state"] = JOB_STATE_RUNNING
        self.all.insert_trial_docs([doc])
        self.all.refresh()
        return next(t for t in self.all._dynamic_trials if t["tid"] == doc["tid"])

    def adopt(self, config):
        tid = self.all.new_trial_ids(1)[0]
        values = {p.name: [] for p in self.parameters}
        for name, value in config.items():
            p = next(p for p in self.parameters if p.name == name)
            values[name] = [value if p.is_numeric() else p.choices.index(value)]
        misc = {"tid": tid, "cmd": self.domain.cmd, "workdir": None, "vals": values,
                "idxs": {name: [tid] * len(v) for name, v in values.items()}}
        return self.insert(self.all.new_trial_docs([tid], [None], [{"status": "new"}], [misc])[0])

    def drop(self, doc):
        self.observe(doc, None, None)

    def observe(self, doc, config, loss):
        doc["state"] = JOB_STATE_DONE
        doc["result"] = ({"status": hyperopt.STATUS_FAIL} if loss is None
                         else {"status": hyperopt.STATUS_OK, "loss": loss})
        self.all.refresh()


fidelio_peer.serve(Hyperopt())
