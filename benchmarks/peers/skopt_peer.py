"""scikit-optimize: METHOD is the base estimator: gp, rf, et, gbrt, dummy."""
import fidelio_peer
import numpy as np

np.int = int  # which its release of 2024 still names
import skopt
from skopt.space import Categorical, Integer, Real


def dimension(p):
    prior = "log-uniform" if p.log else "uniform"
    if p.kind == "float":
        return Real(p.low, p.high, prior=prior, name=p.name)
    if p.kind == "int":
        return Integer(p.low, p.high, prior=prior, name=p.name)
    if p.kind == "ordered":  # by its index
        return Integer(0, len(p.choices) - 1, name=p.name)
    return Categorical(p.choices, name=p.name)


class Skopt(fidelio_peer.Adapter):
    def create(self, request):
        self.optimizer = skopt.Optimizer([dimension(p) for p in self.parameters],
                                         base_estimator=request["method"].upper(),
                                         random_state=self.seed)
        self.running = 0

    def propose(self):
        # one asked twice gives the same point: ask for as many as run, by its liar
        points = self.optimizer.ask(n_points=self.running + 1) if self.running else [self.optimizer.ask()]
        self.running += 1
        config = {}
        for p, value in zip(self.parameters, points[-1]):
            config[p.name] = p.choices[int(value)] if p.kind == "ordered" else value
        return points[-1], {name: getattr(v, "item", lambda: v)() for name, v in config.items()}

    def adopt(self, config):
        self.running += 1
        point = [config.get(p.name, p.default()) for p in self.parameters]
        return [p.choices.index(v) if p.kind == "ordered" else v
                for p, v in zip(self.parameters, point)]

    def drop(self, point):
        self.running -= 1

    def observe(self, point, config, loss):
        self.running -= 1
        self.optimizer.tell(point, self.or_worst(loss))


fidelio_peer.serve(Skopt())
