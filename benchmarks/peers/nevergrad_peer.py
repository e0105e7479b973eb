"""Nevergrad: METHOD is the name of one of its optimizers (NGOpt, TwoPointsDE, ...)."""
import fidelio_peer
import nevergrad as ng
import numpy as np


def variable(p):
    if p.is_numeric():
        made = (ng.p.Log if p.log else ng.p.Scalar)(lower=p.low, upper=p.high)
        return made.set_integer_casting() if p.kind == "int" else made
    return ng.p.TransitionChoice(p.choices) if p.kind == "ordered" else ng.p.Choice(p.choices)


class Nevergrad(fidelio_peer.Adapter):
    adopts = False  # not by all of its optimizers

    def create(self, request):
        # conditions are flattened: Nevergrad proposes all, inactive ones are dropped
        space = ng.p.Dict(**{p.name: variable(p) for p in self.parameters})
        space.random_state = np.random.RandomState(self.seed)
        self.optimizer = ng.optimizers.registry[request["method"]](
            space, budget=int(request["budget"]), num_workers=request["workers"])

    def propose(self):
        candidate = self.optimizer.ask()
        return candidate, candidate.value

    def observe(self, candidate, config, loss):
        self.optimizer.tell(candidate, 1e300 if loss is None else loss)


fidelio_peer.serve(Nevergrad())
