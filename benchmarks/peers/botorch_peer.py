"""BoTorch, as its tutorials do it: METHOD is logei (SingleTaskGP + LogEI) or ei.
Categories are one-hot, conditions are flattened; running trials are pending points."""
import fidelio_peer
import warnings

import torch
from botorch.acquisition import (ExpectedImprovement, LogExpectedImprovement,
                                 qExpectedImprovement, qLogExpectedImprovement)
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch.quasirandom import SobolEngine

torch.set_num_threads(1)
torch.set_default_dtype(torch.double)
warnings.simplefilter("ignore")


class BoTorch(fidelio_peer.Adapter):
    def create(self, request):
        torch.manual_seed(self.seed)
        self.improvement = {"logei": (LogExpectedImprovement, qLogExpectedImprovement),
                            "ei": (ExpectedImprovement, qExpectedImprovement)}[request["method"]]
        self.cube = fidelio_peer.UnitCube(self.parameters)
        self.sobol = SobolEngine(self.cube.dim, scramble=True, seed=self.seed)
        self.left = 0 if self.initial else max(5, min(20, 2 * len(self.parameters)))
        self.x, self.y, self.pending = [], [], []

    def propose(self):
        if self.left > 0 or not self.x:
            self.left -= 1
            u = self.sobol.draw(1)[0]
        else:
            u = self.maximise()
        config = self.cube.decode(u.tolist())
        return self.adopt(self.active(config)), config

    def maximise(self):
        x, y = torch.tensor(self.x), -torch.tensor(self.y).unsqueeze(-1)
        model = SingleTaskGP(x, y, outcome_transform=Standardize(m=1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        one, several = self.improvement
        acquisition = (several(model, best_f=y.max(), X_pending=torch.tensor(self.pending))
                       if self.pending else one(model, best_f=y.max()))
        bounds = torch.stack([torch.zeros(self.cube.dim), torch.ones(self.cube.dim)])
        return optimize_acqf(acquisition, bounds, q=1, num_restarts=10, raw_samples=512)[0][0]

    def adopt(self, config):
        u = self.cube.encode(config)  # as it was rounded
        self.pending.append(u)
        return u

    def drop(self, u):
        self.pending.remove(u)

    def observe(self, u, config, loss):
        self.pending.remove(u)
        self.x.append(u)
        self.y.append(self.or_worst(loss))


fidelio_peer.serve(BoTorch())
