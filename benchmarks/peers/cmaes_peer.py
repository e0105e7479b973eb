"""cmaes: METHOD is cma, sepcma or ipop (cma with restarts at twice the population).
Categories are one-hot, conditions are flattened."""
import fidelio_peer
import math

import cmaes
import numpy as np


class Cmaes(fidelio_peer.Adapter):
    adopts = False

    def create(self, request):
        self.method = request["method"]
        self.cube = fidelio_peer.UnitCube(self.parameters)
        self.rng = np.random.RandomState(self.seed)
        self.told = []
        self.start(4 + math.floor(3 * math.log(self.cube.dim)))

    def start(self, population):
        kind = cmaes.SepCMA if self.method == "sepcma" else cmaes.CMA
        d = self.cube.dim
        self.optimizer = kind(mean=np.full(d, 0.5), sigma=0.3,
                              bounds=np.tile([0.0, 1.0], (d, 1)), population_size=population,
                              seed=int(self.rng.randint(2**31 - 1)))
        self.told = []

    def propose(self):
        u = self.optimizer.ask()
        return (self.optimizer, u), self.cube.decode(u)

    def observe(self, handle, config, loss):
        optimizer, u = handle
        if optimizer is not self.optimizer:
            return  # of the run before a restart
        self.told.append((u, self.or_worst(loss)))
        if len(self.told) >= optimizer.population_size:
            n = optimizer.population_size
            optimizer.tell(self.told[:n])
            self.told = self.told[n:]
            if self.method == "ipop" and optimizer.should_stop():
                self.start(2 * n)


fidelio_peer.serve(Cmaes())
