"""bayesian-optimization: METHOD is `default`. It knows neither log scales nor
conditions nor trials that still run: numbers are given as [0,1] with log scales
straightened, all parameters are proposed, and one worker is what it is made for."""
import fidelio_peer
from bayes_opt import BayesianOptimization

INITIAL = 5  # random points, its own default


class BayesOpt(fidelio_peer.Adapter):
    def create(self, request):
        bounds = {p.name: tuple(p.choices) if p.kind == "categorical" else (0.0, 1.0)
                  for p in self.parameters}
        self.optimizer = BayesianOptimization(f=None, pbounds=bounds, random_state=self.seed,
                                              verbose=0, allow_duplicate_points=True)
        self.seen = len(self.initial)

    def propose(self):
        self.seen += 1
        point = (self.optimizer.random_sample(1)[0] if self.seen <= INITIAL
                 else self.optimizer.suggest())
        return point, {p.name: point[p.name] if p.kind == "categorical" else p.from_unit(point[p.name])
                       for p in self.parameters}

    def adopt(self, config):
        values = {p.name: config.get(p.name, p.default()) for p in self.parameters}
        return {p.name: values[p.name] if p.kind == "categorical" else p.to_unit(values[p.name])
                for p in self.parameters}

    def observe(self, point, config, loss):
        self.optimizer.register(point, -self.or_worst(loss))


fidelio_peer.serve(BayesOpt())
