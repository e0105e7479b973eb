"""Nevergrad: METHOD is the name of one of its optimizers (NGOpt, TwoPointsDE, ...)."""
import fidelio_peer
import nevergrad as ng
import numpy as np


def variable(p):
    if p.kind == "float":
        make = ng.p.Log if p.log else ng.p.Scalar
        return make(lower=p.low, upper=p.high)
    if p.kind == "int":
        make = ng.p.Log if p.log else ng.p.Scalar
        return make(lower=p.low, upper=p.high).set_integer_casting()
    if p.kind == "ordered":
        return ng.p.TransitionChoice(p.choices)
    return ng.p.Choice(p.choices)


class Adapter:
    def create(self, request):
        self.parameters = fidelio_peer.parameters(request)
        self.sign = -1.0 if request["goal"] == "maximize" else 1.0
        # conditions are flattened: Nevergrad proposes all, inactive ones are dropped
        space = ng.p.Dict(**{p.name: variable(p) for p in self.parameters})
        space.random_state = np.random.RandomState(request["seed"] % 2**32)
        self.optimizer = ng.optimizers.registry[request["method"]](
            space, budget=int(request["budget"]), num_workers=request["workers"])
        self.trials, self.n = {}, 0

    def ask(self):
        candidate = self.optimizer.ask()
        config = {}
        for p in self.parameters:
            if p.is_active(config):
                value = candidate.value[p.name]
                config[p.name] = int(value) if p.kind == "int" else value
                if p.kind in ("float", "int"):
                    config[p.name] = min(max(config[p.name], p.low), p.high)
        self.trials[self.n] = candidate
        self.n += 1
        return {"id": self.n - 1, "config": config}

    def report(self, request):
        return "continue"

    def tell(self, request):
        value = request["value"]
        self.optimizer.tell(self.trials.pop(request["id"]),
                            1e300 if value is None else self.sign * value)


fidelio_peer.serve(Adapter())
